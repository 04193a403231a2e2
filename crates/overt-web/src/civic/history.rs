//! How the number of signatures came to be, out of a few signatures of a long list.

use overt_record::Hash;
use overt_site::Index;
use overt_site::index::{PageSize, Seek, SignatoryView};

use super::fault::Fault;
use crate::kit::Point;

/// How many signatures of the list are looked at for the line.
const POINTS: u64 = 48;

/// A line of signatures over time: numbers of the list, so those that were withdrawn since are in it.
pub(super) struct History {
    pub(super) points: Vec<Point>,
    /// The first day and the last.
    pub(super) ends: Option<[String; 2]>,
}

/// The history of the list under a statement. It costs as many look-ups under a million signatures as under a hundred.
pub(super) fn history(index: &Index, of: &Hash) -> Result<History, Fault> {
    let last = last_number(index, of)?;
    let mut found: Vec<SignatoryView> = Vec::new();
    for step in 0..POINTS.min(last) {
        let behind = step * last.saturating_sub(1) / POINTS.min(last).saturating_sub(1).max(1);
        found.extend(behind_number(index, of, behind)?);
    }
    let day = |signed: Option<&SignatoryView>| {
        signed.map(|signed| signed.time.to_string().chars().take(10).collect())
    };
    let ends = day(found.first()).zip(day(found.last())).map(<[String; 2]>::from);
    let mut points: Vec<Point> = Vec::with_capacity(found.len() + 1);
    for signed in &found {
        let at = signed.time.to_unix() as f64;
        // The line begins with nobody.
        if points.is_empty() {
            points.push(Point { at: at - 1.0, value: 0.0 });
        }
        points.push(Point { at, value: signed.number as f64 });
    }
    Ok(History { points, ends })
}

fn behind_number(index: &Index, of: &Hash, number: u64) -> Result<Option<SignatoryView>, Fault> {
    Ok(index.signatories(of, Seek::Behind(number), PageSize::clamped(1))?.items.pop())
}

/// The highest number that stands in the list: doubled until there is nothing behind it, then halved towards it.
fn last_number(index: &Index, of: &Hash) -> Result<u64, Fault> {
    let (mut low, mut high) = (0, 1);
    while behind_number(index, of, high)?.is_some() {
        low = high;
        high *= 2;
    }
    // Something is behind `low`, unless the list is empty, and nothing behind `high`.
    while low + 1 < high {
        let middle = low.midpoint(high);
        match behind_number(index, of, middle)? {
            Some(_) => low = middle,
            None => high = middle,
        }
    }
    Ok(behind_number(index, of, low)?.map_or(0, |signed| signed.number))
}
