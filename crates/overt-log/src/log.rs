//! The log that others submit to: many at once, each with an answer of its own.
//!
//! One thread writes. It takes what has gathered while the batch before was written, and writes it as the next batch: a
//! lone submitter waits for one batch, a crowd shares one, and no timer waits for company. An entry is acknowledged
//! when it is in a published checkpoint. The same submission again, at once or years later, gets the index it has.

mod writer;

use std::sync::Arc;
use std::thread::JoinHandle;

use overt_record::Hash;
use overt_record::tile::MAX_ENTRY_BYTES;
use tokio::sync::{oneshot, watch};

use crate::bodies::MAX_BODY_BYTES;
use crate::clock::Clock;
use crate::keys::{LogKeys, SignedHead};
use crate::log::writer::Writer;
use crate::queue::{Bounds, Queue, Turned, Weighs};
use crate::reader::Reader;
use crate::seen::{Identity, Seen, SeenError};
use crate::sequencer::{Idle, LoadError};
use crate::store::{Store, Unfit, preflight};

/// What a log lets in.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest entry in bytes.
    pub entry_bytes: usize,
    /// How much may wait before submitters are turned away.
    pub waiting: Bounds,
}

impl Default for Limits {
    /// Entries of 1 KiB, four batches waiting.
    fn default() -> Self {
        Self { entry_bytes: 1024, waiting: Bounds { entries: 16_384, bytes: 32 << 20 } }
    }
}

/// A running log.
pub struct Log {
    queue: Arc<Queue<Submission>>,
    head: watch::Receiver<Arc<SignedHead>>,
    reader: Reader,
    identity: Identity,
    origin: String,
    entry_bytes: usize,
    thread: Option<JoinHandle<()>>,
}

/// The answer to a submission: it is in the log.
#[derive(Clone, Debug)]
pub struct Added {
    /// Its place.
    pub index: u64,
    /// A published checkpoint that has it.
    pub signed_head: Arc<SignedHead>,
    /// Whether this submission put it there.
    pub arrival: Arrival,
}

/// Whether a submission was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It was not in the log before.
    First,
    /// It was submitted before, and is where it was.
    Again,
}

/// Why a submission was not acknowledged.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AddError {
    /// Larger than this log takes.
    #[error("an entry has at most {limit} bytes; this one has {found}")]
    TooLong {
        /// Its length.
        found: usize,
        /// The most there may be.
        limit: usize,
    },
    /// Its body is larger than any. It is not in the log.
    #[error("a body has at most {MAX_BODY_BYTES} bytes; this one has {0}")]
    BodyTooLong(usize),
    /// Too many are waiting. It is not in the log.
    #[error("{entries} entries of {bytes} bytes are waiting to be written: submit again in a second")]
    Busy {
        /// How many entries wait.
        entries: usize,
        /// How many bytes they and their bodies have.
        bytes: usize,
    },
    /// It is not in the log.
    #[error("not logged: {0}")]
    NotLogged(Arc<str>),
    /// It may or may not be in the log. The same submission again tells.
    #[error("it is not known whether this was logged; submit the same again: {0}")]
    Unsettled(Arc<str>),
    /// The log takes nothing more in. It is not in the log.
    #[error("the log has stopped writing; its operator has to look at it")]
    Stopped,
}

/// Why a log could not be started.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its store does not keep its word.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// It cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Its entries cannot be mapped.
    #[error("the log's entries could not be mapped: {0}")]
    Seen(#[from] SeenError),
    /// There is no thread for it.
    #[error("the writer's thread could not be started: {0}")]
    Thread(#[from] std::io::Error),
}

pub(crate) struct Submission {
    pub(crate) entry: Vec<u8>,
    /// Found out by whoever submits, so that the writer need not.
    pub(crate) identity: Hash,
    /// Without bytes if there is none.
    pub(crate) body: Vec<u8>,
    pub(crate) reply: oneshot::Sender<Result<Added, AddError>>,
}

impl Weighs for Submission {
    fn bytes(&self) -> usize {
        self.entry.len() + self.body.len()
    }
}

impl Log {
    /// Tries the store out, opens the log in it, and starts to write. This reads much; it is not for a thread that runs
    /// asynchronous tasks.
    ///
    /// # Errors
    /// When the store is unfit or the log cannot be loaded.
    pub fn open(
        store: Arc<dyn Store>,
        keys: Arc<LogKeys>,
        clock: Arc<dyn Clock>,
        identity: Identity,
        limits: Limits,
    ) -> Result<Self, OpenError> {
        preflight(store.as_ref())?;
        let origin = keys.origin().to_owned();
        let idle = Idle::load(store.clone(), keys)?;
        let reader = idle.reader();
        let seen = Seen::load(store.as_ref(), &reader, identity, idle.head().size)?;
        let queue = Arc::new(Queue::new(limits.waiting));
        let (published, head) = watch::channel(idle.signed_head().clone());
        let writer = Writer { store, reader: reader.clone(), clock, queue: queue.clone(), published, seen };
        let thread = std::thread::Builder::new().name("overt-log".into()).spawn(move || writer.run(idle))?;
        let entry_bytes = limits.entry_bytes.min(MAX_ENTRY_BYTES);
        Ok(Self { queue, head, reader, identity, origin, entry_bytes, thread: Some(thread) })
    }

    /// Submits an entry, and waits until it is in a published checkpoint.
    ///
    /// # Errors
    /// What each one says about whether it is in the log is true.
    pub async fn add(&self, entry: Vec<u8>) -> Result<Added, AddError> {
        self.add_with_body(entry, Vec::new()).await
    }

    /// As [`add`](Log::add), and stores a body beside the entry, for good and with the same certainty: both are there, or
    /// neither is. An entry that is in the log already keeps the body that it has, or has not any more.
    ///
    /// # Errors
    /// As [`add`](Log::add).
    pub async fn add_with_body(&self, entry: Vec<u8>, body: Vec<u8>) -> Result<Added, AddError> {
        let identity = (self.identity.of)(&entry);
        self.add_identified(entry, identity, body).await
    }

    /// As [`add_with_body`](Log::add_with_body), for an entry whose identity is known.
    pub(crate) async fn add_identified(
        &self,
        entry: Vec<u8>,
        identity: Hash,
        body: Vec<u8>,
    ) -> Result<Added, AddError> {
        if entry.len() > self.entry_bytes {
            return Err(AddError::TooLong { found: entry.len(), limit: self.entry_bytes });
        }
        if body.len() > MAX_BODY_BYTES {
            return Err(AddError::BodyTooLong(body.len()));
        }
        let (reply, answer) = oneshot::channel();
        self.queue.push(Submission { entry, identity, body, reply }).map_err(|turned| match turned {
            Turned::Full { entries, bytes } => AddError::Busy { entries, bytes },
            Turned::Closed => AddError::Stopped,
        })?;
        // The writer answers everything it takes, unless its thread died.
        answer.await.unwrap_or_else(|_| Err(AddError::Unsettled("the writer has ended".into())))
    }

    /// The newest published checkpoint, and each one after it.
    pub fn head(&self) -> watch::Receiver<Arc<SignedHead>> {
        self.head.clone()
    }

    /// A reader of the log's entries and proofs.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// What the log is called in its checkpoints.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What makes two entries the same submission here.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Takes nothing in any more, and waits until what was taken in is written and answered. Dropping it does the same.
    pub fn close(self) {}
}

impl Drop for Log {
    /// Waits for the writer, so that whoever opens the log next, or ends the process, finds nothing half done. That takes as
    /// long as the batches that wait; a store that hangs makes it hang.
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported, and there is nothing left to do.
            let _ = thread.join();
        }
    }
}
