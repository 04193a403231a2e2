//! Rows that were shown a moment ago: reading fifty of a million unpacks pages of the table, and people go back and forth.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ViewError;
use super::samples::Row;

/// The most bytes that the rows of a run take here.
const MOST: usize = 8 << 20;
/// In memory a row takes about so many times the bytes of its JSON, and so many beside them.
const FOLD: usize = 3;
const BESIDE: usize = 512;

/// Rows by position.
#[derive(Debug, Default)]
pub(super) struct ShownRows(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    rows: HashMap<u64, Row>,
    bytes: usize,
}

impl ShownRows {
    /// About how many bytes of memory they take.
    pub(super) fn memory(&self) -> usize {
        self.lock().bytes
    }

    /// The rows at these positions, in the order given. `read` gets those that are not here, ascending and each once, and
    /// may bring more. Positions that it does not bring are passed over.
    pub(super) fn at(
        &self,
        positions: &[u64],
        read: impl FnOnce(&[u64]) -> Result<Vec<(u64, Row)>, ViewError>,
    ) -> Result<Vec<(u64, Row)>, ViewError> {
        let mut found: HashMap<u64, Row> = {
            let held = self.lock();
            let known = |position: &u64| Some((*position, held.rows.get(position)?.clone()));
            positions.iter().filter_map(known).collect()
        };
        let mut missing: Vec<u64> =
            positions.iter().copied().filter(|position| !found.contains_key(position)).collect();
        missing.sort_unstable();
        missing.dedup();
        if !missing.is_empty() {
            let rows = read(&missing)?;
            found.extend(rows.iter().cloned());
            self.keep(rows);
        }
        Ok(positions.iter().filter_map(|position| Some((*position, found.get(position)?.clone()))).collect())
    }

    fn keep(&self, rows: Vec<(u64, Row)>) {
        for (position, row) in rows {
            let bytes = size(&row);
            if bytes > MOST / 2 {
                continue;
            }
            let mut held = self.lock();
            if held.bytes + bytes > MOST {
                // What is looked at is back with the next page.
                *held = Held::default();
            }
            if held.rows.insert(position, row).is_none() {
                held.bytes += bytes;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// About how many bytes of memory a row takes.
fn size(row: &Row) -> usize {
    let mut count = Count(0);
    let written = match row {
        Row::Whole(row) => serde_json::to_writer(&mut count, &**row),
        Row::Withheld(shown) => serde_json::to_writer(&mut count, &**shown),
    };
    // Counting does not fail; a row that could not be written is not kept.
    if written.is_err() { usize::MAX } else { count.0.saturating_mul(FOLD).saturating_add(BESIDE) }
}

struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use overt_evidence::Shown;
    use overt_schema::Outcome;

    use super::*;

    fn row(position: u64, length: usize) -> (u64, Row) {
        let shown = Shown {
            task: 0,
            index: position,
            id: format!("{position}-{}", "x".repeat(length)),
            epoch: 0,
            outcome: Outcome::Ok,
            scores: Vec::new(),
            fields: serde_json::Map::new(),
        };
        (position, Row::Withheld(Arc::new(shown)))
    }

    fn positions(rows: &[(u64, Row)]) -> Vec<u64> {
        rows.iter()
            .map(|(position, row)| {
                assert!(row.id().starts_with(&format!("{position}-")));
                *position
            })
            .collect()
    }

    #[test]
    fn what_was_read_is_read_once_and_comes_in_the_order_asked() {
        let rows = ShownRows::default();
        let found = rows.at(&[7, 3, 7, 99], |missing| {
            assert_eq!(missing, [3, 7, 99]);
            Ok(vec![row(3, 1), row(4, 1), row(7, 1)])
        });
        assert_eq!(positions(&found.unwrap()), [7, 3, 7]);
        let found = rows.at(&[4, 3], |missing| panic!("{missing:?} are here"));
        assert_eq!(positions(&found.unwrap()), [4, 3]);
        let failed = rows.at(&[3, 5], |_| Err(ViewError::Missing { what: "such row" }));
        assert!(failed.is_err());
    }

    #[test]
    fn rows_take_no_more_room_than_they_may_and_huge_ones_none() {
        let rows = ShownRows::default();
        for position in 0..100 {
            rows.at(&[position], |_| Ok(vec![row(position, 200 << 10)])).unwrap();
            assert!(rows.memory() <= MOST && rows.memory() > 0);
        }
        let before = rows.memory();
        let huge = rows.at(&[1000], |_| Ok(vec![row(1000, MOST)])).unwrap();
        assert_eq!((huge.len(), rows.memory()), (1, before));
    }
}
