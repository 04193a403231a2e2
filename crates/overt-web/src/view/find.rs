//! A page of samples, and the neighbours of one.

use std::cmp::Ordering;

use super::filter::Test;
use super::samples::{Row, Samples};
use super::search::{Hits, search, search_back};
use super::{Filter, Sketch, Sort, ViewError};

/// Rows of a page.
pub const PAGE: usize = 50;

/// One page of a list of samples.
#[derive(Debug)]
pub struct Page {
    /// The rows with their positions.
    pub rows: Vec<(u64, Row)>,
    /// How many rows the filter leaves, if all of it is known without reading texts.
    pub total: Option<u64>,
    /// Which page it is, from 1, and how many there are; for a search in texts both are 1.
    pub page: u64,
    /// How many pages there are.
    pub pages: u64,
    /// Where a search in texts goes on.
    pub rest: Option<Rest>,
}

/// What a search has not looked at yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// The position to go on from.
    pub after: u64,
    /// How many samples were looked at, of those that the filter leaves.
    pub seen: u64,
    /// How many the filter leaves, its text apart.
    pub of: u64,
}

/// The samples before and after one in its list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// The one before: task, id, epoch.
    pub before: Option<(usize, String, u32)>,
    /// The one after.
    pub after: Option<(usize, String, u32)>,
    /// Its place in the list, from 1, and the list's length, where that is known.
    pub place: Option<(u64, u64)>,
}

/// Which rows a page of a list has.
#[derive(Debug)]
pub(super) struct Listed {
    positions: Vec<u64>,
    total: u64,
    page: u64,
    pages: u64,
}

impl Listed {
    /// The page itself.
    pub(super) fn read(&self, samples: &Samples) -> Result<Page, ViewError> {
        let Self { total, page, pages, .. } = *self;
        Ok(Page { rows: samples.at(&self.positions)?, total: Some(total), page, pages, rest: None })
    }
}

/// A page of the list of samples that a filter leaves, its text apart; `left` are the rows that it leaves.
pub(super) fn listed(sketch: &Sketch, filter: &Filter, tasks: &[String], left: &[u32], page: u64) -> Listed {
    let total = left.len() as u64;
    let (page, pages) = turned(page, total);
    let from = (page - 1) as usize * PAGE;
    let positions: Vec<u64> = if filter.sort == Sort::Order {
        left.iter().skip(from).take(PAGE).map(|row| u64::from(*row)).collect()
    } else {
        let test = filter.test(sketch, tasks);
        let mut rows = left.to_vec();
        let shown = window(&mut rows, from, PAGE, |a, b| order(filter.sort, sketch, &test, a, b));
        shown.iter().map(|row| u64::from(*row)).collect()
    };
    Listed { positions, total, page, pages }
}

/// A page of the run as it is: nothing has to be looked through.
pub(super) fn listed_as_run(sketch: &Sketch, page: u64) -> Listed {
    let total = sketch.len() as u64;
    let (page, pages) = turned(page, total);
    let from = (page - 1) * PAGE as u64;
    Listed { positions: (from..total).take(PAGE).collect(), total, page, pages }
}

/// The page that is shown of those that there are, both from 1.
fn turned(page: u64, total: u64) -> (u64, u64) {
    let pages = total.div_ceil(PAGE as u64).max(1);
    (page.clamp(1, pages), pages)
}

/// The page of the samples that have a text, of those that the filter leaves apart from it. `after` is where it goes on.
pub(super) fn searched(samples: &Samples, left: &[u32], text: &str, after: u64) -> Result<Page, ViewError> {
    let begin = left.partition_point(|row| u64::from(*row) < after);
    let Hits { found, looked_at, is_done } = search(samples, &left[begin..], text, PAGE)?;
    let seen = (begin + looked_at) as u64;
    let next = left.get(begin + looked_at).map(|row| u64::from(*row));
    let rest = next.filter(|_| !is_done).map(|after| Rest { after, seen, of: left.len() as u64 });
    Ok(Page { rows: samples.at(&found)?, total: None, page: 1, pages: 1, rest })
}

/// What stands before and after a row of the run as it is.
pub(super) fn neighbours_as_run(sketch: &Sketch, position: u64) -> Neighbours {
    let Ok(here) = u32::try_from(position) else { return Neighbours::default() };
    let after = here.checked_add(1).filter(|after| (*after as usize) < sketch.len());
    Neighbours {
        before: here.checked_sub(1).map(|row| named(sketch, row)),
        after: after.map(|row| named(sketch, row)),
        place: Some((position + 1, sketch.len() as u64)),
    }
}

/// What names a row.
fn named(sketch: &Sketch, row: u32) -> (usize, String, u32) {
    let row = row as usize;
    (sketch.task(row), sketch.id(row).to_owned(), sketch.epoch(row))
}

/// What stands before and after a row in the list that a filter leaves; `left` are the rows that it leaves, its text apart.
pub(super) fn neighbours(
    samples: &Samples,
    sketch: &Sketch,
    filter: &Filter,
    tasks: &[String],
    left: &[u32],
    position: u64,
) -> Result<Neighbours, ViewError> {
    let Ok(here) = u32::try_from(position) else { return Ok(Neighbours::default()) };
    let named = |row: &u32| named(sketch, *row);
    let at = left.partition_point(|row| *row < here);
    let behind = left.partition_point(|row| *row <= here);
    if let Some(text) = &filter.text {
        let next = search(samples, &left[behind..], text, 1)?.found.first().copied();
        let before = search_back(samples, &left[..at], text)?;
        let row = |position: u64| named(&(position as u32));
        return Ok(Neighbours { before: before.map(row), after: next.map(row), place: None });
    }
    let place = |place: u64| (at < behind).then_some((place, left.len() as u64));
    if filter.sort == Sort::Order {
        return Ok(Neighbours {
            before: at.checked_sub(1).map(|before| named(&left[before])),
            after: left.get(behind).map(named),
            place: place(at as u64 + 1),
        });
    }
    let test = filter.test(sketch, tasks);
    let compare = |a: &u32, b: &u32| order(filter.sort, sketch, &test, a, b);
    let before = left.iter().filter(|row| compare(row, &here) == Ordering::Less);
    let after = left.iter().filter(|row| compare(row, &here) == Ordering::Greater);
    let number = before.clone().count() as u64 + 1;
    Ok(Neighbours {
        before: before.max_by(|a, b| compare(a, b)).map(named),
        after: after.min_by(|a, b| compare(a, b)).map(named),
        place: place(number),
    })
}

/// Whether the list is the run itself: then nothing has to be looked through.
pub(super) fn is_as_run(filter: &Filter) -> bool {
    filter.is_all() && filter.sort == Sort::Order
}

/// The rows that a filter leaves, its text apart, in the order of the run.
pub(super) fn left(sketch: &Sketch, filter: &Filter, tasks: &[String]) -> Vec<u32> {
    let test = filter.test(sketch, tasks);
    (0..sketch.len()).filter(|row| test.holds(*row)).map(|row| row as u32).collect()
}

/// What would stand from a place on, if all were sorted; only as much is sorted as is shown.
fn window(rows: &mut [u32], from: usize, count: usize, compare: impl Fn(&u32, &u32) -> Ordering) -> &[u32] {
    let from = from.min(rows.len());
    let to = (from + count).min(rows.len());
    if from > 0 && from < rows.len() {
        rows.select_nth_unstable_by(from, &compare);
    }
    let rest = &mut rows[from..];
    let count = to - from;
    if count > 0 && count < rest.len() {
        rest.select_nth_unstable_by(count, &compare);
    }
    rest[..count].sort_unstable_by(&compare);
    &rest[..count]
}

/// A total order: rows with equal keys keep that of the run, and missing scores come last.
fn order(sort: Sort, sketch: &Sketch, test: &Test<'_>, a: &u32, b: &u32) -> Ordering {
    let (one, two) = (*a as usize, *b as usize);
    let score = |row: usize| Some(test.score(row)).filter(|score| !score.is_nan());
    let by_score = |turn: fn(Ordering) -> Ordering| match (score(one), score(two)) {
        (Some(one), Some(two)) => turn(one.total_cmp(&two)),
        (one, two) => two.is_some().cmp(&one.is_some()),
    };
    let by = match sort {
        Sort::Order => Ordering::Equal,
        Sort::ScoreUp => by_score(|order| order),
        Sort::ScoreDown => by_score(Ordering::reverse),
        Sort::Tokens => sketch.tokens(two).cmp(&sketch.tokens(one)),
        Sort::Seconds => sketch.seconds(two).total_cmp(&sketch.seconds(one)),
    };
    by.then(a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_what_sorting_all_would_show() {
        let rows: Vec<u32> = (0..997_u32).map(|i| i * 7919 % 997).collect();
        let mut sorted = rows.clone();
        sorted.sort_unstable();
        for from in [0, 1, 49, 50, 500, 990, 996, 997, 5000] {
            let mut scrambled = rows.clone();
            let expected: Vec<u32> = sorted.iter().skip(from).take(50).copied().collect();
            assert_eq!(window(&mut scrambled, from, 50, Ord::cmp), expected, "from {from}");
        }
        assert_eq!(window(&mut [], 3, 50, Ord::cmp), [0; 0]);
    }
}
