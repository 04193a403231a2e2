//! How a long list of signatures came to be, out of a few of them.

use overt_record::{Hash, Timestamp};
use rusqlite::OptionalExtension as _;
use serde::Serialize;

use super::{Index, IndexError};
use crate::row::{Columns as _, integer};

/// A moment of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Signed {
    /// The number in the list, so with those before it that were withdrawn since.
    pub number: u64,
    /// When it was logged.
    pub time: Timestamp,
}

impl Index {
    /// The first signature under a record, the last one, and others at even distances between them: at most `points`, which
    /// is at least 2. It costs as many look-ups under a million signatures as under a hundred.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn history(&self, of: &Hash, points: u64) -> Result<Vec<Signed>, IndexError> {
        self.database.read(|connection| {
            let last = "SELECT max(number) AS number FROM endorsement WHERE of = ?";
            let last = connection
                .prepare_cached(last)?
                .query_row([of.as_bytes()], |row| row.optional_count("number"))?
                .unwrap_or(0);
            let select =
                "SELECT number, time FROM endorsement WHERE of = ? AND number > ? ORDER BY number LIMIT 1";
            let mut select = connection.prepare_cached(select)?;
            let steps = points.min(last);
            let mut found: Vec<Signed> = Vec::new();
            for step in 0..steps {
                let behind = step * (last - 1) / steps.saturating_sub(1).max(1);
                let next = select.query_row((of.as_bytes(), integer(behind)), |row| {
                    Ok(Signed { number: row.count("number")?, time: row.time("time")? })
                });
                found.extend(next.optional()?);
            }
            // Where many were withdrawn, two steps may come to the same.
            found.dedup();
            Ok(found)
        })
    }
}
