//! Noticing that somebody has committed.

use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use crate::database::DatabaseError;

/// A connection that does nothing but look.
#[derive(Default)]
pub(super) struct Watch(Mutex<Looking>);

#[derive(Default)]
struct Looking {
    connection: Option<Connection>,
    /// How often one was opened. What SQLite counts is good for one connection alone.
    opened: u64,
}

impl Watch {
    /// A number that changes with every commit. SQLite's `data_version` says that somebody else has committed, and to this
    /// connection everybody is somebody else; it costs no more than looking at shared memory.
    pub(super) fn look(
        &self,
        open: impl FnOnce() -> Result<Connection, DatabaseError>,
    ) -> Result<u64, DatabaseError> {
        let mut looking = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken out, so that one that has failed is not asked again.
        let connection = if let Some(connection) = looking.connection.take() {
            connection
        } else {
            looking.opened += 1;
            open()?
        };
        let version = version(&connection)?;
        looking.connection = Some(connection);
        Ok(looking.opened << 32 | u64::from(version))
    }
}

fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
}
