//! Records of the site's own on their way into the log.
//!
//! A record is signed and stored with its salt, in the transaction of the act that it follows from, before anybody else sees
//! it. From then on a stop loses nothing: [`Issuer::go_on`] takes every record that is not done the rest of the way.
//!
//! ```text
//! signed ──submit──> logged ──[erase what it redacts]──> done
//! ```
//!
//! Each arrow may be taken again. The same submission gets the same index, and erasing what is erased changes nothing.

use std::sync::Arc;

use overt_log::Reader;
use overt_log::admission::{BadSubmission, Submission};
use overt_log::store::Store;
use overt_record::dsse::{DsseError, Envelope};
use overt_record::record::{BadRecord, Body, Header};
use overt_record::verify::VerifiedRecord;
use overt_record::{Hash, Record, Salt, Timestamp, in_toto, sigstore};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;
use tokio::sync::Mutex;

use crate::database::DatabaseError;
use crate::index::IndexError;
use crate::private::{Private, PrivateError};
use crate::publish::{Publish, PublishError};
use crate::random::{self, NoRandomness};
use crate::row::{Columns as _, integer, timestamp};

/// A record that was signed, ready to be stored.
pub(crate) struct Signed {
    pub(crate) record: Hash,
    submission: Vec<u8>,
    erases: Option<Erases>,
}

/// A record whose body goes when another one is logged.
#[derive(Clone, Copy)]
pub(crate) struct Erases {
    pub(crate) record: Hash,
    /// Where it is; `None` if this site issued it, and so knows.
    pub(crate) index: Option<u64>,
}

/// Why a record was not issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The private state.
    #[error(transparent)]
    Private(#[from] PrivateError),
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// What is to be said makes no record.
    #[error(transparent)]
    Record(#[from] BadRecord),
    /// It can't be signed.
    #[error(transparent)]
    Envelope(#[from] DsseError),
    /// It can't be submitted.
    #[error(transparent)]
    Submission(#[from] BadSubmission),
    /// The log.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl From<DatabaseError> for IssueError {
    fn from(error: DatabaseError) -> Self {
        Self::Private(error.into())
    }
}

impl From<rusqlite::Error> for IssueError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Private(error.into())
    }
}

impl From<NoRandomness> for IssueError {
    fn from(error: NoRandomness) -> Self {
        Self::Private(error.into())
    }
}

impl Signed {
    /// Signs a record as the site, now.
    pub(crate) fn new(
        private: &Private,
        body: impl Into<Body>,
        erases: Option<Erases>,
    ) -> Result<Self, IssueError> {
        let header = Header { issuer: private.issuer(), issued_at: timestamp(private.now()) };
        let key = header.issuer.key.id();
        let record = Record::new(header, body)?;
        let envelope = Envelope::sign(in_toto::PAYLOAD_TYPE, record.to_payload()?, &private.identity.key)?;
        let digest = envelope.digest();
        let salt = Salt::from_bytes(random::bytes()?);
        private.index.fresh().signed(VerifiedRecord { record, digest, key }, salt);
        let submission = Submission::new(salt, &sigstore::Bundle::new(envelope))?.to_bytes()?;
        Ok(Self { record: digest, submission, erases })
    }

    /// Stores it in the transaction of the act that it follows from. A record that is stored already stays as it is: what
    /// says the same in the same second is the same record.
    pub(crate) fn store(self, connection: &Connection, now: u64) -> Result<i64, IssueError> {
        let insert = "INSERT OR IGNORE INTO issue(record, submission, state, erases, erases_idx, created) \
                      VALUES (?, ?, 'signed', ?, ?, ?)";
        connection.prepare_cached(insert)?.execute(params![
            self.record.as_bytes(),
            self.submission,
            self.erases.map(|erases| *erases.record.as_bytes()),
            self.erases.and_then(|erases| erases.index).map(integer),
            integer(now),
        ])?;
        let select = "SELECT id FROM issue WHERE record = ?";
        Ok(connection.prepare_cached(select)?.query_row([self.record.as_bytes()], |row| row.get(0))?)
    }
}

/// A record of the site's own that is signed, and not where it is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unfinished {
    /// The record digest.
    pub record: Hash,
    /// Since when.
    pub since: Timestamp,
    /// Its place, if it is in the log; then what it takes down is still there.
    pub index: Option<u64>,
    /// Why it did not get further the last time it was tried.
    pub trouble: Option<String>,
}

/// What stands in the table.
struct Row {
    submission: Option<Vec<u8>>,
    index: Option<u64>,
    erases: Option<Hash>,
    erases_index: Option<u64>,
}

const LOGGED: &str = "UPDATE issue SET state = 'logged', idx = ?, submission = NULL WHERE id = ?";
const DONE: &str = "UPDATE issue SET state = 'done', trouble = NULL, idx = ?, submission = NULL WHERE id = ?";

/// Takes records into the log.
#[derive(Clone)]
pub(crate) struct Issuer {
    private: Arc<Private>,
    publish: Arc<dyn Publish>,
    reader: Reader,
    store: Arc<dyn Store>,
    /// One at a time follows the log.
    following: Arc<Mutex<()>>,
}

impl Issuer {
    pub(crate) fn new(private: Arc<Private>, publish: Arc<dyn Publish>, store: Arc<dyn Store>) -> Self {
        let reader = Reader::new(store.clone());
        Self { private, publish, reader, store, following: Arc::default() }
    }

    /// Takes in what the log has grown by.
    pub(crate) async fn follow(&self) -> Result<u64, IndexError> {
        let _one = self.following.lock().await;
        Ok(self.private.index.follow(&self.reader, &self.store, self.publish.size()).await?.entries)
    }

    /// Takes one stored record the rest of the way, and answers with its place. Where it got stuck is noted.
    pub(crate) async fn take(&self, id: i64) -> Result<u64, IssueError> {
        let taken = self.take_further(id).await;
        if let Err(error) = &taken {
            let trouble = error.to_string();
            let note = move |connection: &Connection| -> Result<(), PrivateError> {
                let update = "UPDATE issue SET trouble = ? WHERE id = ?";
                Ok(connection.execute(update, params![trouble, id]).map(drop)?)
            };
            self.private.database.write(note).await?;
        }
        taken
    }

    async fn take_further(&self, id: i64) -> Result<u64, IssueError> {
        let row = self.row(id)?;
        let index = match (row.index, row.submission) {
            (Some(index), _) => index,
            (None, Some(submission)) => {
                let index = self.publish.submit(submission).await?;
                // Without anything to take down the step after this one is the last; after a stop, the same submission
                // gets the same place.
                if row.erases.is_some() {
                    self.mark(id, LOGGED, index).await?;
                }
                index
            }
            (None, None) => return Err(PublishError::Never("its signed bytes are gone".into()).into()),
        };
        self.follow().await?;
        if let Some(erases) = row.erases {
            let target = match row.erases_index {
                Some(target) => target,
                None => self.place_of(erases)?,
            };
            self.publish.erase(target, index).await?;
        }
        self.mark(id, DONE, index).await?;
        Ok(index)
    }

    /// What is not done yet, oldest first.
    pub(crate) fn unfinished(&self) -> Result<Vec<Unfinished>, PrivateError> {
        self.private.database.read(|connection| {
            let select = "SELECT record, created, idx, trouble FROM issue WHERE state != 'done' ORDER BY id";
            let mut select = connection.prepare_cached(select)?;
            let found = select.query_map([], |row| {
                Ok(Unfinished {
                    record: row.hash("record")?,
                    since: timestamp(row.count("created")?),
                    index: row.optional_count("idx")?,
                    trouble: row.get("trouble")?,
                })
            })?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }

    /// Takes every stored record the rest of the way, in the order in which they were signed. One that can't be taken now
    /// keeps no other from it.
    pub(crate) async fn go_on(&self) -> Result<usize, IssueError> {
        let mut done = 0;
        for id in self.open()? {
            match self.take(id).await {
                Ok(_) => done += 1,
                Err(IssueError::Publish(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// Where a record is that was issued here.
    pub(crate) fn place(&self, id: i64) -> Result<Option<(Hash, Option<u64>)>, PrivateError> {
        self.private.database.read(|connection| {
            let select = "SELECT record, idx FROM issue WHERE id = ?";
            let read = |row: &rusqlite::Row<'_>| Ok((row.hash("record")?, row.optional_count("idx")?));
            Ok(connection.prepare_cached(select)?.query_row([id], read).optional()?)
        })
    }

    fn open(&self) -> Result<Vec<i64>, PrivateError> {
        self.private.database.read(|connection| {
            let mut select =
                connection.prepare_cached("SELECT id FROM issue WHERE state != 'done' ORDER BY id")?;
            Ok(select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
    }

    fn row(&self, id: i64) -> Result<Row, PrivateError> {
        self.private.database.read(|connection| {
            let select = "SELECT submission, idx, erases, erases_idx FROM issue WHERE id = ?";
            Ok(connection.prepare_cached(select)?.query_row([id], |row| {
                Ok(Row {
                    submission: row.get("submission")?,
                    index: row.optional_count("idx")?,
                    erases: row.optional_hash("erases")?,
                    erases_index: row.optional_count("erases_idx")?,
                })
            })?)
        })
    }

    /// Where a record is that was issued here. If it is still on its way, what erases it has to wait.
    fn place_of(&self, record: Hash) -> Result<u64, IssueError> {
        let found = self.private.database.read(|connection| {
            let select = "SELECT idx FROM issue WHERE record = ?";
            let read = |row: &rusqlite::Row<'_>| row.optional_count("idx");
            let found = connection.prepare_cached(select)?.query_row([record.as_bytes()], read).optional()?;
            Ok::<_, PrivateError>(found.flatten())
        })?;
        found.ok_or_else(|| PublishError::Later("what it redacts is not logged yet".into()).into())
    }

    async fn mark(&self, id: i64, update: &'static str, index: u64) -> Result<(), PrivateError> {
        let values = (integer(index), id);
        let step = move |connection: &Connection| -> Result<(), PrivateError> {
            Ok(connection.prepare_cached(update)?.execute(values).map(drop)?)
        };
        self.private.database.write(step).await
    }
}
