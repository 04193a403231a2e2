//! What has happened to a list of signatures, day by day, for whoever follows it. It says how many and not who: a name that is
//! withdrawn tomorrow would stay in whatever was read today.

use overt_record::{Hash, Timestamp};
use rusqlite::{CachedStatement, OptionalExtension as _, params};
use serde::Serialize;

use super::signatories::STANDING;
use super::{Index, IndexError};
use crate::row::{Columns as _, integer};

const SECONDS_A_DAY: u64 = 86_400;

/// The signatures of a day that still stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedDay {
    /// Its first second.
    pub day: Timestamp,
    /// When the last one was logged.
    pub newest: Timestamp,
    /// The number of the first one.
    pub first: u64,
    /// The number of the last one.
    pub last: u64,
    /// How many there are of which somebody has checked something.
    pub checked: u64,
    /// How many there are by keys that speak for themselves alone.
    pub own: u64,
}

/// The signatures that were taken away on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemovedDay {
    /// Its first second.
    pub day: Timestamp,
    /// When the last one was.
    pub newest: Timestamp,
    /// How many were withdrawn by who had signed.
    pub withdrawn: u64,
    /// How many have another signature in their place.
    pub corrected: u64,
    /// How many were taken down for another reason.
    pub taken_down: u64,
}

impl Index {
    /// The last days on which somebody signed a record, newest first. A day costs a few look-ups and the counting of its own
    /// signatures, however many others there are.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn signed_days(&self, of: &Hash, most: usize) -> Result<Vec<SignedDay>, IndexError> {
        self.database.read(|connection| {
            let before = "SELECT number, time FROM endorsement WHERE of = ? AND number < ? ORDER BY number DESC LIMIT 1";
            let mut before = connection.prepare_cached(before)?;
            let behind = "SELECT number, time FROM endorsement WHERE of = ? AND number >= ? ORDER BY number LIMIT 1";
            let mut behind = connection.prepare_cached(behind)?;
            let count = format!(
                "SELECT count(*) AS signed, coalesce(sum({STANDING} = 'own'), 0) AS own \
                 FROM endorsement WHERE of = ? AND number BETWEEN ? AND ?"
            );
            let mut count = connection.prepare_cached(&count)?;
            let mut days: Vec<SignedDay> = Vec::new();
            let mut bound = i64::MAX;
            while days.len() < most {
                let last = before.query_row(params![of.as_bytes(), bound], |row| {
                    Ok((row.count("number")?, row.time("time")?))
                });
                let Some((last, newest)) = last.optional()? else { break };
                let day = newest.to_unix() / SECONDS_A_DAY * SECONDS_A_DAY;
                let first = first_since(&mut behind, of, last, day)?;
                let (signed, own) = count
                    .query_row(params![of.as_bytes(), integer(first), integer(last)], |row| {
                        Ok((row.count("signed")?, row.count("own")?))
                    })?;
                let day = Timestamp::from_unix(day).unwrap_or(newest);
                days.push(SignedDay { day, newest, first, last, checked: signed.saturating_sub(own), own });
                bound = integer(first);
            }
            Ok(days)
        })
    }

    /// The last days on which signatures under a record were taken away, newest first.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn removed_days(&self, of: &Hash, most: usize) -> Result<Vec<RemovedDay>, IndexError> {
        // What was taken down is little, and has an index of its own. With the plus the planner does not take that of kinds,
        // in which a million signatures are one.
        let select = "SELECT logged.time / 86400 * 86400 AS day, max(logged.time) AS newest, \
                sum(why.corrected_by IS NOT NULL) AS corrected, \
                sum(why.corrected_by IS NULL AND why.reason = 'withdrawn') AS withdrawn, \
                sum(why.corrected_by IS NULL AND why.reason != 'withdrawn') AS taken_down \
             FROM entry AS gone CROSS JOIN reference ON reference.target = ?1 AND reference.idx = gone.idx \
             JOIN entry AS logged ON logged.idx = gone.redaction JOIN redaction AS why ON why.idx = gone.redaction \
             WHERE gone.state = 'taken_down' AND max(gone.idx, gone.redaction) >= 0 AND +gone.kind = 'endorsement' \
             GROUP BY 1 ORDER BY 1 DESC LIMIT ?2";
        self.list(select, params![of.as_bytes(), integer(most as u64)], |row| {
            Ok(RemovedDay {
                day: row.time("day")?,
                newest: row.time("newest")?,
                withdrawn: row.count("withdrawn")?,
                corrected: row.count("corrected")?,
                taken_down: row.count("taken_down")?,
            })
        })
    }
}

/// The number of the first signature since a moment, which the one with the number `last` is not before. Numbers and times
/// grow together, so halving finds it.
fn first_since(
    behind: &mut CachedStatement<'_>,
    of: &Hash,
    last: u64,
    moment: u64,
) -> Result<u64, rusqlite::Error> {
    let (mut low, mut high) = (0, last);
    while low < high {
        let middle = low + (high - low) / 2;
        let (number, time) = behind.query_row(params![of.as_bytes(), integer(middle)], |row| {
            Ok((row.count("number")?, row.time("time")?))
        })?;
        if time.to_unix() >= moment { high = middle } else { low = number + 1 }
    }
    behind.query_row(params![of.as_bytes(), integer(high)], |row| row.count("number"))
}
