//! What is new, and how the log grew.

use overt_record::Timestamp;
use overt_record::record::Kind;
use serde::Serialize;

use super::entries::read_entry;
use super::{EntryView, Index, IndexError, PageSize};
use crate::row::Columns as _;

/// What feeds show: everything but signatures, which would drown the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recent {
    /// Everything that somebody may want to read.
    Everything,
    /// Evaluations and reproductions.
    Evaluations,
    /// Incidents and alarms.
    Incidents,
    /// Statements.
    Statements,
}

/// A day of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DayGrowth {
    /// Its first second.
    pub day: Timestamp,
    /// The type of records.
    pub kind: Kind,
    /// How many were logged.
    pub entries: u64,
}

impl Recent {
    const fn kinds(self) -> &'static str {
        match self {
            Self::Everything => {
                "'evaluation', 'plan', 'reproduction', 'alarm', 'incident', 'statement', 'listing', 'key'"
            }
            Self::Evaluations => "'evaluation', 'reproduction'",
            Self::Incidents => "'incident', 'alarm'",
            Self::Statements => "'statement', 'listing'",
        }
    }
}

impl Index {
    /// The newest records that can be read, newest first.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn recent(&self, what: Recent, size: PageSize) -> Result<Vec<EntryView>, IndexError> {
        let select = format!(
            "SELECT entry.idx, time, kind, key, state, redaction, digest, issuer, title \
             FROM entry JOIN record USING (idx) WHERE kind IN ({}) ORDER BY entry.idx DESC LIMIT ?",
            what.kinds()
        );
        self.list(&select, [size.and_one() - 1], read_entry)
    }

    /// Entries by day and type, oldest first.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn growth(&self) -> Result<Vec<DayGrowth>, IndexError> {
        let select = "SELECT day * 86400 AS day, kind, entries FROM day ORDER BY 1, 2";
        self.list(select, [], |row| {
            Ok(DayGrowth { day: row.time("day")?, kind: row.parsed("kind")?, entries: row.count("entries")? })
        })
    }
}
