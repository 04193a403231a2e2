//! How often each score was given.

use maud::{Markup, html};
use overt_schema::TaskRun;

use super::RunPage;
use crate::kit::link::Query;
use crate::kit::number::{count, decimal, grouped};
use crate::kit::text::{inline, plain};
use crate::kit::{Align, Bar, Column, Table, histogram};

/// Bars for scores that are a measure.
const BINS: usize = 10;

/// One bar: the scores from `low` to `high`.
struct Bin {
    label: String,
    low: f64,
    high: f64,
    count: u64,
}

/// The scores of a scorer.
#[derive(Default)]
struct Scores {
    bins: Vec<Bin>,
    missing: u64,
}

pub(super) fn scores(page: &RunPage<'_>, position: usize, task: &TaskRun) -> Markup {
    let scorers = page.view.sketch.scorers(position);
    html! {
        @if !scorers.is_empty() {
            h3 { "Scores" }
            div.columns { @for scorer in scorers { (one(page, position, task, scorer)) } }
        }
    }
}

fn one(page: &RunPage<'_>, position: usize, task: &TaskRun, scorer: &str) -> Markup {
    let scores = Scores::of(|| page.view.sketch.scores(position, scorer));
    let bars =
        scores.bins.iter().map(|bin| Bar { label: bin.label.clone(), count: bin.count, is_missing: false });
    let missing = (scores.missing > 0).then(|| Bar {
        label: "missing".into(),
        count: scores.missing,
        is_missing: true,
    });
    let bars: Vec<Bar> = bars.chain(missing).collect();
    let title = format!("How often each score was given by {}", plain(scorer, 60));
    let columns = vec![Column::new("Score", Align::Start), Column::new("Samples", Align::End)];
    let mut table = Table::new(title.clone(), columns).class("small").quiet();
    let link = |more: &dyn Fn(Query) -> Query, label: &str, n: u64| {
        let to = page.place.samples_of(&task.name, |query| more(query.with("scorer", scorer)));
        vec![
            html! { (label) },
            html! { a href=(to) aria-label={ (grouped(n)) " with score " (label) } { (grouped(n)) } },
        ]
    };
    for bin in scores.bins.iter().filter(|bin| bin.count > 0) {
        let range = |query: Query| query.with("from", bin.low.to_string()).with("to", bin.high.to_string());
        table.push(link(&range, &bin.label, bin.count));
    }
    if scores.missing > 0 {
        table.push(link(&|query| query.with("score", "missing"), "missing", scores.missing));
    }
    html! {
        figure {
            figcaption { b { (inline(scorer, 60)) } " · " (count(bars.iter().map(|bar| bar.count).sum(), "answer")) }
            @if scores.bins.len() > 2 { (histogram(&title, &bars)) }
            (table.render())
        }
    }
}

impl Scores {
    /// The scores in bars: one for each value if there are few, else [`BINS`] of equal width.
    fn of<I: Iterator<Item = f32>>(scores: impl Fn() -> I) -> Self {
        let mut missing = 0;
        let mut distinct: Vec<(f32, u64)> = Vec::new();
        let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
        for score in scores() {
            if !score.is_finite() {
                missing += 1;
                continue;
            }
            (least, most) = (least.min(score), most.max(score));
            match distinct.iter().position(|(known, _)| known.to_bits() == score.to_bits()) {
                Some(at) => distinct[at].1 += 1,
                None if distinct.len() <= BINS => distinct.push((score, 1)),
                None => {}
            }
        }
        if distinct.len() <= BINS {
            distinct.sort_by(|a, b| a.0.total_cmp(&b.0));
            let bins = distinct.into_iter().map(|(score, count)| {
                let score = f64::from(score);
                Bin { label: short(score), low: score, high: score, count }
            });
            return Self { bins: bins.collect(), missing };
        }
        let width = (f64::from(most) - f64::from(least)) / BINS as f64;
        let bin = |at: usize| {
            let low = f64::from(least) + at as f64 * width;
            Bin {
                label: format!("{} – {}", short(low), short(low + width)),
                low,
                high: low + width,
                count: 0,
            }
        };
        let mut bins: Vec<Bin> = (0..BINS).map(bin).collect();
        for score in scores().filter(|score| score.is_finite()) {
            let at = ((f64::from(score) - f64::from(least)) / width) as usize;
            bins[at.min(BINS - 1)].count += 1;
        }
        Self { bins, missing }
    }
}

fn short(score: f64) -> String {
    let text = decimal(score, 2);
    match text.split_once('.') {
        Some((whole, rest)) if rest.chars().all(|c| c == '0') => whole.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(scores: &[f32]) -> (Vec<u64>, u64) {
        let scores = Scores::of(|| scores.iter().copied());
        (scores.bins.iter().map(|bin| bin.count).collect(), scores.missing)
    }

    #[test]
    fn every_score_is_in_one_bar() {
        assert_eq!(counts(&[1.0, 0.0, 1.0, f32::NAN]), (vec![1, 2], 1));
        assert_eq!(counts(&[]), (vec![], 0));
        let many: Vec<f32> = (0..1000).map(|i| i as f32 / 7.0).collect();
        let (bars, missing) = counts(&many);
        assert_eq!((bars.len(), bars.iter().sum::<u64>(), missing), (BINS, 1000, 0));
        assert!(bars.iter().all(|count| (90..=110).contains(count)), "{bars:?}");
        let (bars, _) = counts(&[f32::INFINITY, f32::MAX, f32::MIN]);
        assert_eq!(bars.iter().sum::<u64>(), 2);
    }
}
