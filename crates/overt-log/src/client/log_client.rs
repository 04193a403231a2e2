//! One log, as somebody sees it who trusts nothing but a policy.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use overt_record::log_entry::BadEntry;
use overt_record::merkle::TreeHead;
use overt_record::note::{Note, NoteError};
use overt_record::policy::{Freshness, NotAssessed, Policy, Quorum, Shortfall};
use overt_record::tlog_proof::{TlogProof, TlogProofError};
use overt_record::{LogEntry, LogOpening};
use tokio::sync::Mutex;

use super::http::Reply;
use super::persist::{MAX_ANSWER_BYTES, persistently, said};
use super::source::{Source, SourceError, Target};
use super::tree::{TreeError, VerifiedTree};
use crate::admission::{BadSubmission, Door, Refused, Submission};
use crate::clock::Clock;
use crate::cosign::WITNESSED;
use crate::keys::SignedHead;
use crate::retry::Backoff;
use crate::store::{DirectoryStore, StoreError};

/// The longest note that is read.
const MAX_NOTE_BYTES: usize = overt_record::note::MAX_NOTE_BYTES;

/// How often a log is asked for a new checkpoint while somebody waits.
const POLLING: Backoff = Backoff { first: Duration::from_millis(20), longest: Duration::from_secs(2) };

/// A log and what was seen of it last.
pub struct LogClient {
    source: Source,
    policy: Policy,
    clock: Arc<dyn Clock>,
    door: Option<Arc<Door>>,
    seen: Mutex<Option<Remembered>>,
}

struct Remembered {
    signed: Arc<SignedHead>,
    /// `None` until something of it is needed.
    tree: Option<Arc<VerifiedTree>>,
}

struct Seen {
    signed: Arc<SignedHead>,
    tree: Arc<VerifiedTree>,
}

/// An entry, and the proof that it is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The entry.
    pub entry: Vec<u8>,
    /// The proof against the newest checkpoint.
    pub proof: TlogProof,
}

/// Two checkpoints that a log signed, of which the one shown later does not grow from the one shown before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What was shown before.
    pub before: Arc<SignedHead>,
    /// What was shown now.
    pub now: Arc<SignedHead>,
}

/// Why a log could not be used, or is not to be believed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// A file could not be had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Tiles could not be had, or are not what was signed.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The checkpoint is no note.
    #[error("the log's checkpoint: {0}")]
    Note(#[from] NoteError),
    /// No log that the policy believes signed it.
    #[error("the log's checkpoint: {0}")]
    NotAssessed(#[from] NotAssessed),
    /// Too few witnesses.
    #[error("too few witnesses cosigned the log's checkpoint: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Quorum(Vec<Shortfall>),
    /// The log showed two histories.
    #[error(
        "the log has forked: it showed a tree of {} entries, and now one of {} that does not agree with it",
        .0.before.head.size, .0.now.head.size
    )]
    Forked(Box<Evidence>),
    /// The submission can't be written.
    #[error(transparent)]
    Submission(#[from] BadSubmission),
    /// The log's own door refused it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The server refused it.
    #[error("the log answered with status {status}: {message}")]
    Answered {
        /// The status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// A directory takes nothing in by itself.
    #[error("a log in a directory is written with its keys: open it, and give the client its door")]
    NoDoor,
    /// The entry is no record's.
    #[error(transparent)]
    Entry(#[from] BadEntry),
    /// The entry is of another submission.
    #[error("entry {0} of the log is not that of this record")]
    OtherEntry(u64),
    /// The proof can't be written.
    #[error(transparent)]
    Proof(#[from] TlogProofError),
    /// It took too long.
    #[error("entry {0} is not in a checkpoint that the policy accepts yet; ask again later")]
    NotYet(u64),
}

impl LogClient {
    /// A client of a log, which believes what a policy believes.
    pub fn new(source: Source, policy: Policy, clock: Arc<dyn Clock>) -> Self {
        Self { source, policy, clock, door: None, seen: Mutex::new(None) }
    }

    /// A client of the log of this name.
    ///
    /// # Errors
    /// When there is no such directory, or no HTTP client.
    pub fn of_target(target: &Target, policy: Policy, clock: Arc<dyn Clock>) -> Result<Self, SourceError> {
        Ok(Self::new(Source::of_target(target)?, policy, clock))
    }

    /// The same for a log that this process writes.
    #[must_use]
    pub fn with_door(self, door: Arc<Door>) -> Self {
        Self { door: Some(door), ..self }
    }

    /// Where the log's files come from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// What is believed.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The newest checkpoint that the policy accepts, checked to have grown from the one that was seen before.
    ///
    /// # Errors
    /// When there is none, or the log has forked.
    pub async fn checkpoint(&self) -> Result<Arc<SignedHead>, ClientError> {
        Ok(self.newest().await?.signed)
    }

    /// The tree of the newest checkpoint.
    ///
    /// # Errors
    /// As [`LogClient::checkpoint`].
    pub async fn tree(&self) -> Result<Arc<VerifiedTree>, ClientError> {
        Ok(self.newest().await?.tree)
    }

    /// A checkpoint and its tree, with more than `size` entries if the log has them. The log is asked only if what was seen
    /// last has not.
    ///
    /// # Errors
    /// As [`LogClient::checkpoint`].
    pub async fn checkpoint_and_tree_beyond(
        &self,
        size: u64,
    ) -> Result<(Arc<SignedHead>, Arc<VerifiedTree>), ClientError> {
        if let Some(Remembered { signed, tree: Some(tree) }) = &*self.seen.lock().await
            && signed.head.size > size
        {
            return Ok((signed.clone(), tree.clone()));
        }
        let Seen { signed, tree } = self.newest().await?;
        Ok((signed, tree))
    }

    /// Begins from a checkpoint that was seen earlier: what comes must have grown from it.
    pub async fn remember(&self, signed: Arc<SignedHead>) {
        *self.seen.lock().await = Some(Remembered { signed, tree: None });
    }

    /// Submits a record, and says where the log has it.
    ///
    /// # Errors
    /// What each one says about whether it is in the log is true.
    pub async fn add(&self, submission: &Submission) -> Result<u64, ClientError> {
        let body = submission.to_bytes()?;
        if let Some(door) = &self.door {
            return Ok(door.submit(body, None).await?.added.index);
        }
        let Source::Http(source) = &self.source else { return Err(ClientError::NoDoor) };
        let url = source.url("add")?;
        let body = Bytes::from(body);
        // The same submission gets the same index, so that asking again is safe.
        let reply = persistently(async || source.http().post(&url, body.clone(), MAX_ANSWER_BYTES).await);
        index_in(&reply.await.map_err(SourceError::from)?)
    }

    /// Proves that an entry is in the log.
    ///
    /// # Errors
    /// When it is not in the newest checkpoint, or something can't be had.
    pub async fn prove(&self, index: u64) -> Result<Proven, ClientError> {
        let Seen { signed, tree } = self.newest().await?;
        if index >= signed.head.size {
            return Err(ClientError::NotYet(index));
        }
        let (entry, inclusion) = (tree.entry(index).await?, tree.prove_inclusion(index).await?);
        Ok(Proven { entry, proof: TlogProof::new(index, inclusion, signed.note.clone()) })
    }

    /// Proves that a record is in the log: the proof carries its entry and the salt.
    ///
    /// # Errors
    /// As [`LogClient::prove`], and when the entry is another's.
    pub async fn prove_submission(
        &self,
        index: u64,
        submission: &Submission,
    ) -> Result<TlogProof, ClientError> {
        let Proven { entry, proof } = self.prove(index).await?;
        let leaf = LogEntry::parse(&entry)?;
        if leaf.commit != submission.commit() {
            return Err(ClientError::OtherEntry(index));
        }
        let opening = LogOpening { leaf, salt: *submission.salt() };
        Ok(proof.with_extra(opening.to_bytes()?)?)
    }

    /// Waits until an entry is in a checkpoint that the policy accepts.
    ///
    /// # Errors
    /// When that takes too long, or the log is not to be believed.
    pub async fn wait_for(&self, index: u64, at_most: Duration) -> Result<Arc<SignedHead>, ClientError> {
        let waiting = async {
            for looks in 1.. {
                match self.checkpoint().await {
                    Ok(signed) if index < signed.head.size => return Ok(signed),
                    // Witnesses may be on their way, and a server may come back.
                    Ok(_) | Err(ClientError::Quorum(_) | ClientError::Source(_)) => {}
                    Err(error) => return Err(error),
                }
                tokio::time::sleep(POLLING.wait(looks)).await;
            }
            Err(ClientError::NotYet(index))
        };
        tokio::time::timeout(at_most, waiting).await.unwrap_or(Err(ClientError::NotYet(index)))
    }

    async fn newest(&self) -> Result<Seen, ClientError> {
        let shown = Arc::new(self.accepted().await?);
        let mut seen = self.seen.lock().await;
        // Whatever it shows, and if this is given up half-way: the log stays held to what it showed before.
        let newest = match &*seen {
            None => Seen { tree: self.open(shown.head).await?, signed: shown },
            Some(before) => self.newer(before, shown).await?,
        };
        *seen = Some(Remembered { signed: newest.signed.clone(), tree: Some(newest.tree.clone()) });
        Ok(newest)
    }

    /// What is to be believed of a checkpoint after another one.
    async fn newer(&self, before: &Remembered, shown: Arc<SignedHead>) -> Result<Seen, ClientError> {
        let (old, new) = (before.signed.head, shown.head);
        let forked =
            || ClientError::Forked(Box::new(Evidence { before: before.signed.clone(), now: shown.clone() }));
        if new.size > old.size {
            let tree = self.open(new).await?;
            return if tree.root_at(old.size).await? == old.root {
                Ok(Seen { signed: shown, tree })
            } else {
                Err(forked())
            };
        }
        if new.size == old.size && new.root != old.root {
            return Err(forked());
        }
        let tree = match &before.tree {
            Some(tree) => tree.clone(),
            None => self.open(old).await?,
        };
        if new.size == old.size {
            return Ok(Seen { signed: shown, tree });
        }
        // An answer from a cache, or an older witnessed one, is no harm if it is true.
        let agrees = tree.root_at(new.size).await? == new.root;
        if agrees { Ok(Seen { signed: before.signed.clone(), tree }) } else { Err(forked()) }
    }

    async fn open(&self, head: TreeHead) -> Result<Arc<VerifiedTree>, TreeError> {
        Ok(Arc::new(VerifiedTree::open(self.source.clone(), head).await?))
    }

    /// The first of the log's checkpoints that the policy accepts.
    async fn accepted(&self) -> Result<SignedHead, ClientError> {
        let paths: &[&str] = match &self.source {
            Source::Store(_) => &["checkpoint", WITNESSED],
            Source::Http(_) => &["checkpoint"],
        };
        let mut refused = ClientError::Source(SourceError::Missing("checkpoint".into()));
        for path in paths {
            let Some(bytes) = self.source.get(path, MAX_NOTE_BYTES).await? else { continue };
            match self.assess(&bytes) {
                Ok(signed) => return Ok(signed),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    fn assess(&self, bytes: &[u8]) -> Result<SignedHead, ClientError> {
        let note = Note::parse(bytes)?;
        let assessment = self.policy.assess(&note, Freshness::AsOf(self.clock.now() / 1000))?;
        let head = assessment.checkpoint.head();
        match assessment.quorum {
            Quorum::Missing(shortfalls) => Err(ClientError::Quorum(shortfalls)),
            Quorum::NotRequired | Quorum::Met => Ok(SignedHead { head, note }),
        }
    }
}

fn index_in(reply: &Reply) -> Result<u64, ClientError> {
    match (reply.status, String::from_utf8_lossy(&reply.body).trim_end().parse()) {
        (200 | 202, Ok(index)) => Ok(index),
        (status, _) => Err(ClientError::Answered { status, message: said(reply) }),
    }
}

impl Source {
    /// The log of this name.
    ///
    /// # Errors
    /// When there is no such directory, or no HTTP client.
    pub fn of_target(target: &Target) -> Result<Self, SourceError> {
        match target {
            Target::Directory(path) => Ok(Self::Store(open_directory(path)?)),
            Target::Url(url) => Self::http(url.clone()),
        }
    }
}

fn open_directory(path: &std::path::Path) -> Result<Arc<dyn crate::store::Store>, StoreError> {
    Ok(Arc::new(DirectoryStore::open(path)?))
}
