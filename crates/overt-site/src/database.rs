//! SQLite with one thread that writes and a few connections that read.
//!
//! [`Database::write`] hands a step to the writing thread. All that wait share one transaction, each in a savepoint of
//! its own: a step that fails takes back what it did and nobody else's work. The answer comes after the commit, which
//! is durable (WAL, `synchronous=FULL`): what was answered survives a loss of power. A lone step waits for no company.

mod watch;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;

use crate::database::watch::Watch;
use crate::database::writer::{Step, Writer};

/// How many connections for reading are kept for the next reader.
const KEPT_READERS: usize = 8;

/// How many prepared statements a connection keeps: more than there are. One that is not kept costs as much to prepare as ten
/// rows cost to read.
const STATEMENTS: usize = 256;

/// How many steps may wait before more are turned away.
const WAITING: usize = 4096;

/// A database. Clones share it.
#[derive(Clone)]
pub(crate) struct Database {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    writer: Writer,
    readers: Mutex<Vec<Connection>>,
    watch: Watch,
}

/// What a database is made for.
pub(crate) struct Schema {
    /// Marks the file as this one (`application_id`).
    pub(crate) application: i32,
    /// The steps from nothing to the newest form; a database that is a truth remembers how many it has seen, and one that is
    /// derived which form it has (`user_version`).
    pub(crate) versions: &'static [&'static str],
    /// Whether a commit waits for the disk.
    pub(crate) durability: Durability,
}

/// Whether a commit waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// It does: the database is the truth.
    Full,
    /// It doesn't: after a loss of power the newest transactions may be missing, as a whole. For what is derived.
    Derived,
}

/// Why a database failed.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// SQLite said so.
    #[error("{path}: {source}", path = .path.display())]
    Sql {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: rusqlite::Error,
    },
    /// SQLite said so, within a step.
    #[error("the database failed: {0}")]
    Step(#[from] rusqlite::Error),
    /// The file is something else.
    #[error("{0} is a database of something else; move it away")]
    Foreign(PathBuf),
    /// Of a later format.
    #[error("{0} was written by a later version of overt; use that one")]
    Later(PathBuf),
    /// It is derived, and was made in another form than this version's.
    #[error("{0} was made by another version of overt; it has to be made anew")]
    OtherForm(PathBuf),
    /// The commit failed: nothing of what waited for it was done.
    #[error("nothing was written: {0}")]
    NotCommitted(Arc<str>),
    /// Too much is waiting.
    #[error("too much is waiting to be written; try again in a second")]
    Busy,
    /// The writer is gone. Whether the step was written is not known.
    #[error("the writing thread has ended; start the site again")]
    Ended,
    /// No thread.
    #[error("the writing thread could not be started: {0}")]
    Thread(#[from] std::io::Error),
    /// One of another form is in the way.
    #[error("it could not be removed to be made anew: {0}")]
    Remove(std::io::Error),
}

impl Database {
    /// Opens a database, makes or brings up to date what it holds, and starts its writer.
    pub(crate) fn open(path: &Path, schema: &Schema) -> Result<Self, DatabaseError> {
        let connection = open_for_writing(path, schema)?;
        let writer = Writer::start(connection, WAITING)?;
        let shared =
            Shared { path: path.to_owned(), writer, readers: Mutex::default(), watch: Watch::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Does a step in the next transaction, and answers when that is durable.
    ///
    /// # Errors
    /// The step's own, after which it has done nothing, or the database's.
    pub(crate) async fn write<T, E>(
        &self,
        step: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let answer = self.submit(step)?;
        answer.await.unwrap_or_else(|_| Err(DatabaseError::Ended.into()))
    }

    /// As [`write`](Self::write), for a thread that runs no asynchronous tasks.
    pub(crate) fn write_and_wait<T, E>(
        &self,
        step: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let answer = self.submit(step)?;
        answer.blocking_recv().unwrap_or_else(|_| Err(DatabaseError::Ended.into()))
    }

    fn submit<T, E>(
        &self,
        step: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, E>>, DatabaseError>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.shared.writer.submit(Step::new(step, reply))?;
        Ok(answer)
    }

    /// Reads from a state in which nothing is half done.
    pub(crate) fn read<T, E: From<DatabaseError>>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let kept = self.shared.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = kept.map_or_else(|| self.shared.open_for_reading(), Ok)?;
        let step = |sql| connection.prepare_cached(sql)?.execute([]);
        // One transaction, so that several statements of a query see the same state.
        step("BEGIN").map_err(DatabaseError::from)?;
        let found = query(&connection);
        let ended = step("COMMIT");
        let mut readers = self.shared.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if ended.is_ok() && readers.len() < KEPT_READERS {
            readers.push(connection);
        }
        found
    }
}

impl Database {
    /// Which state the next reader sees: a number that every commit changes, also one of another process, and that no two
    /// states share for as long as the database is open. Whoever keeps what was read keeps it with the number from before.
    pub(crate) fn generation(&self) -> Result<u64, DatabaseError> {
        self.shared.watch.look(|| self.shared.open_for_reading())
    }
}

impl Shared {
    fn open_for_reading(&self) -> Result<Connection, DatabaseError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || {
            let connection = Connection::open_with_flags(&self.path, flags)?;
            keep_plans(&connection)?;
            connection.busy_timeout(Duration::from_secs(5))?;
            connection
                .execute_batch("PRAGMA query_only=1; PRAGMA trusted_schema=0; PRAGMA cache_size=-8192;")?;
            Ok(connection)
        };
        open().map_err(|source| DatabaseError::Sql { path: self.path.clone(), source })
    }
}

/// Prepares each statement once. Where a table has partial indexes, SQLite else looks at the values that are bound, and
/// prepares a statement anew each time that they are: a quarter of what signing by mail took.
fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

fn open_for_writing(path: &Path, schema: &Schema) -> Result<Connection, DatabaseError> {
    let sql = |source| DatabaseError::Sql { path: path.to_owned(), source };
    let connection = Connection::open(path).map_err(sql)?;
    // What is derived is made anew from a million entries, with an index by digest in almost every table: pages that are not in
    // memory are read again for each entry. In KiB.
    let (synchronous, cache) = match schema.durability {
        Durability::Full => ("FULL", 2 << 10),
        Durability::Derived => ("NORMAL", 64 << 10),
    };
    // secure_delete: what is deleted, addresses above all, is overwritten and not merely let go.
    let settings = format!(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; PRAGMA foreign_keys=1; PRAGMA secure_delete=1; \
         PRAGMA trusted_schema=0; PRAGMA temp_store=2; PRAGMA cache_size=-{cache};"
    );
    connection.busy_timeout(Duration::from_secs(5)).map_err(sql)?;
    keep_plans(&connection).map_err(sql)?;
    connection.execute_batch(&settings).map_err(sql)?;
    migrate(&connection, path, schema)?;
    Ok(connection)
}

fn migrate(connection: &Connection, path: &Path, schema: &Schema) -> Result<(), DatabaseError> {
    let sql = |source| DatabaseError::Sql { path: path.to_owned(), source };
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i32>(0));
    let (application, version) =
        (pragma("application_id").map_err(sql)?, pragma("user_version").map_err(sql)?);
    let tables = "SELECT count(*) FROM sqlite_schema";
    let empty = connection.query_row(tables, [], |row| row.get::<_, i64>(0)).map_err(sql)? == 0;
    if application != schema.application && !(application == 0 && empty) {
        return Err(DatabaseError::Foreign(path.to_owned()));
    }
    let form = form_of(schema.versions);
    let steps: Vec<(i32, &str)> = match schema.durability {
        Durability::Derived if version == form => return Ok(()),
        Durability::Derived if version == 0 => schema.versions.iter().map(|text| (form, *text)).collect(),
        Durability::Derived => return Err(DatabaseError::OtherForm(path.to_owned())),
        Durability::Full => {
            let seen = usize::try_from(version).unwrap_or(usize::MAX);
            if seen > schema.versions.len() {
                return Err(DatabaseError::Later(path.to_owned()));
            }
            (1..).zip(schema.versions.iter().copied()).skip(seen).collect()
        }
    };
    for (number, text) in steps {
        let application = schema.application;
        let step = format!(
            "BEGIN IMMEDIATE; {text}; PRAGMA application_id={application}; PRAGMA user_version={number}; COMMIT;"
        );
        connection.execute_batch(&step).map_err(sql)?;
    }
    Ok(())
}

/// A number, above zero, for what makes a database what it is.
fn form_of(versions: &[&str]) -> i32 {
    let digest = Sha256::digest(versions.concat());
    let bytes = [digest[0], digest[1], digest[2], digest[3]];
    (i32::from_be_bytes(bytes) & i32::MAX).max(1)
}

#[cfg(test)]
mod tests;
