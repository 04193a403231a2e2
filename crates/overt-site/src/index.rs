//! The index over the log: what pages ask, answered without reading the log.
//!
//! It follows the log ([`Index::follow`]) and remembers how far in the same transaction as what it took in, so that a stop
//! at any moment loses nothing and does nothing twice. An entry that it cannot read it counts and passes over. What a
//! redaction takes down disappears from it. It may be deleted: the log makes it anew, and the same.

mod apply;
mod body;
mod changes;
mod cursor;
mod domains;
mod endorsements;
mod entries;
mod follow;
mod fresh;
mod history;
mod incidents;
mod recent;
mod results;
mod signatories;
mod statements;
mod systems;
mod taken_down;
mod tasks;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use overt_log::ReaderError;
use overt_log::bodies::BodyError;
use overt_record::KeyId;
use serde::Serialize;

pub use self::changes::{RemovedDay, SignedDay};
pub use self::cursor::{Page, PageSize, Seek};
pub use self::entries::{EntryState, EntryView, RecordView, RedactionView};
pub use self::follow::Followed;
pub use self::history::Signed;
pub use self::incidents::{IncidentFilter, IncidentView};
pub use self::recent::{DayGrowth, Recent};
pub use self::results::{Announced, EvaluationFilter, EvaluationView, ResultView, Withheld};
pub use self::signatories::{ListedView, SignatoryView, Standing};
pub use self::statements::{ListingView, SignatureCount, StatementView, Translation};
pub use self::systems::{SystemHistory, SystemView};
pub use self::tasks::{Alike, TaskResults, TaskView};

pub(crate) use self::fresh::Fresh;
use crate::database::{Database, DatabaseError, Durability, Schema};

const SCHEMA: Schema = Schema {
    application: 0x6f76_6978, // "ovix"
    versions: &[include_str!("index/schema.sql")],
    durability: Durability::Derived,
};

/// The index over one log.
#[derive(Clone)]
pub struct Index {
    database: Database,
    believed: Arc<Believed>,
    fresh: Fresh,
}

/// Whose word counts. With others, the index has to be made anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Believed {
    /// Keys that vouch for others: the site's own, with those it had before. What they say was checked, was checked.
    pub vouching: BTreeSet<KeyId>,
    /// Keys whose redactions are carried out for every record. Everybody's are for their own.
    pub authorities: BTreeSet<KeyId>,
}

impl Believed {
    fn standing(&self, key: KeyId) -> &'static str {
        if self.vouching.contains(&key) { "vouched" } else { "own" }
    }
}

/// Why the index failed.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The database.
    #[error("the index: {0} (`overt index rebuild` makes it anew)")]
    Database(#[from] DatabaseError),
    /// The log.
    #[error(transparent)]
    Log(#[from] ReaderError),
    /// What lies beside the log.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The index has followed another log, or this one further than it goes.
    #[error("the index has followed {found} entries, and the log has {size}: it is another log's; delete it")]
    AnotherLog {
        /// How far it has followed.
        found: u64,
        /// How long the log is.
        size: u64,
    },
}

impl From<rusqlite::Error> for IndexError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.into())
    }
}

/// How far the index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// How many entries were taken in.
    pub next: u64,
    /// How many of their bodies could not be read, those that were taken down not among them.
    pub unreadable: u64,
}

impl Index {
    /// Opens the index, or makes an empty one: also of one that another version of overt has made.
    ///
    /// # Errors
    /// When the file is not an index, or can't be opened.
    pub fn open(path: &Path, believed: Believed) -> Result<Self, IndexError> {
        let database = match Database::open(path, &SCHEMA) {
            Err(DatabaseError::OtherForm(_)) => {
                remove(path).map_err(DatabaseError::Remove)?;
                Database::open(path, &SCHEMA)
            }
            opened => opened,
        }?;
        Ok(Self { database, believed: believed.into(), fresh: Fresh::default() })
    }

    /// Whether the word of this key counts here: the site's own, those it had before, and the authorities of its log.
    pub fn believes(&self, key: KeyId) -> bool {
        self.believed.vouching.contains(&key) || self.believed.authorities.contains(&key)
    }

    /// Where records are noted that this process signs.
    pub(crate) fn fresh(&self) -> &Fresh {
        &self.fresh
    }

    /// Which state of the index whoever reads now sees: a number that every commit changes, whoever made it, and that no two
    /// states share while the index is open. What was read after asking for it is as good as new for as long as asking gives
    /// the same.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn generation(&self) -> Result<u64, IndexError> {
        Ok(self.database.generation()?)
    }

    /// How far the index is.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn position(&self) -> Result<Position, IndexError> {
        self.database.read(|connection| {
            let read = "SELECT next, unreadable FROM position";
            Ok(connection.query_row(read, [], |row| {
                use crate::row::Columns as _;
                Ok(Position { next: row.count("next")?, unreadable: row.count("unreadable")? })
            })?)
        })
    }
}

/// Removes an index, so that it is made anew. Nobody may have it open.
///
/// # Errors
/// When a file of it can't be removed.
pub fn remove(path: &Path) -> std::io::Result<()> {
    for ending in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
