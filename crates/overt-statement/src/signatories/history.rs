//! How a number of signatures came to be.

use std::collections::BTreeMap;

use overt_record::Timestamp;

use super::Entry;

/// A place of the log at which the number of signatures that stand changed. Whoever has the log can check each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The place.
    pub index: u64,
    /// Its time, by the log's clock.
    pub time: Timestamp,
    /// How many signatures began to count there.
    pub joined: u64,
    /// How many ceased to.
    pub left: u64,
    /// How many stand after it.
    pub standing: u64,
}

pub(super) fn of(entries: &[Entry]) -> Vec<Point> {
    let mut changes: BTreeMap<u64, (Timestamp, u64, u64)> = BTreeMap::new();
    for entry in entries {
        match entry.left {
            Some(left) if left.index <= entry.index => {}
            left => {
                changes.entry(entry.index).or_insert((entry.time, 0, 0)).1 += 1;
                if let Some(left) = left {
                    changes.entry(left.index).or_insert((left.time, 0, 0)).2 += 1;
                }
            }
        }
    }
    let mut standing = 0;
    let changed = changes.into_iter().filter(|(_, (_, joined, left))| joined != left);
    let points = changed.map(|(index, (time, joined, left))| {
        standing = standing + joined - left;
        Point { index, time, joined, left, standing }
    });
    points.collect()
}
