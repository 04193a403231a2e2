//! A mirror: a verified copy of a log that somebody else writes, and the memory that catches it when it lies.
//!
//! Every checkpoint is compared with the last one before anything else. A log that grew is copied tile by tile, each
//! checked against the signed root before it is stored, so what lies in the mirror is what the log signed, and served
//! by [`crate::serve::files_router`] it is a log like the first. A log that shows another history than before is not
//! followed: both checkpoints are kept, with a proof that anybody can check ([`overt_record::fork`]).

mod bodies;
mod difference;
mod files;
mod takedowns;

use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _};
use overt_record::checkpoint::{Checkpoint, CheckpointError};
use overt_record::fork::{ForkError, ForkProof};
use overt_record::json::JsonError;
use overt_record::merkle::TreeHead;
use overt_record::note::{MAX_NOTE_BYTES, Note, NoteError};
use overt_record::tile::{Tile, tiles_grown};
use overt_record::{Hash, VerifierKey};

use crate::admission::NotErased;
use crate::bodies::{BodyError, NotAPack};
use crate::client::{Source, SourceError, TreeError, VerifiedTree};
use crate::cosign::with_cosignatures;
use crate::files::FilesError;
use crate::key::{Key, NotAKey};
use crate::keys::SignedHead;
use crate::reader::ReaderError;
use crate::store::{Object, Store, StoreError, SwapError};

pub use bodies::CopiedBodies;
pub use difference::first_difference;
pub use files::CopiedFiles;
pub use takedowns::{Kept, TakenDown};

/// How many tiles are fetched at once, and stored at once.
const PARALLEL: usize = 16;

/// A copy of one log.
pub struct Mirror {
    store: Arc<dyn Store>,
    source: Source,
    log: VerifierKey,
}

/// What one look at the log came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Synced {
    /// It has not changed.
    Unchanged(TreeHead),
    /// It grew, and the copy has grown with it.
    Grown {
        /// What the copy was.
        from: TreeHead,
        /// What it is.
        to: TreeHead,
    },
}

/// Why the copy did not follow.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// The log showed two histories.
    #[error("the log {} has forked; the proof is kept in {kept}", proof.log().name())]
    Forked {
        /// The proof.
        proof: Box<ForkProof>,
        /// Where it is stored.
        kept: Key,
    },
    /// The log shows a smaller tree than before, which is part of it: an old answer, or a log that was set back.
    #[error("the log shows {shown} entries, and it had {known} before; the checkpoint is kept in {kept}")]
    RolledBack {
        /// What was known.
        known: u64,
        /// What is shown.
        shown: u64,
        /// Where the checkpoint is stored.
        kept: Key,
    },
    /// The log's tiles are not what it signed, so nothing can be copied or proven.
    #[error("the log can't be copied: {0}")]
    Tree(#[from] TreeError),
    /// A file could not be had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The log has no checkpoint.
    #[error("the log has no checkpoint")]
    NoCheckpoint,
    /// Its checkpoint is not signed by its key, or no note.
    #[error("the checkpoint: {0}")]
    Note(#[from] NoteError),
    /// Its checkpoint is none.
    #[error("the checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// It is another log's.
    #[error("the checkpoint is of {found:?}, and the log's key is that of {expected:?}")]
    Origin {
        /// The name of the key.
        expected: String,
        /// The origin.
        found: String,
    },
    /// What was found does not make a proof.
    #[error("the log contradicts itself, and no proof of it could be made: {0}")]
    NoProof(#[from] ForkError),
    /// The proof can't be written.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The copy can't be read.
    #[error("the copy: {0}")]
    Reader(#[from] ReaderError),
    /// Bodies can't be read or stored.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// What the log showed as bodies can't be kept.
    #[error("the bodies can't be kept: {0}")]
    Pack(#[from] NotAPack),
    /// What the log took down can't be taken out of the copy.
    #[error("the copy can't follow a redaction: {0}")]
    Redaction(#[from] NotErased),
    /// Files beside the log, or the copy, can't be read.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// It has no name in a store.
    #[error(transparent)]
    Key(#[from] NotAKey),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The swap failed: another process may mirror into the same store.
    #[error(transparent)]
    Swap(#[from] SwapError),
    /// Work was given up.
    #[error("the store could not be asked")]
    Interrupted,
}

/// Does what waits for the store where it holds nobody up.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, MirrorError> + Send + 'static,
) -> Result<T, MirrorError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| MirrorError::Interrupted)?
}

impl Mirror {
    /// A copy in a store, empty at first, of the log with this key.
    pub fn new(store: Arc<dyn Store>, source: Source, log: VerifierKey) -> Self {
        Self { store, source, log }
    }

    /// The checkpoint of the copy, if there is one.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn head(&self) -> Result<Option<SignedHead>, MirrorError> {
        let bytes = Source::Store(self.store.clone()).get("checkpoint", MAX_NOTE_BYTES).await?;
        bytes.map(|bytes| read(&self.log, &bytes)).transpose()
    }

    /// A number that the copy keeps. To begin at 0 does no harm, so what cannot be read is as nothing.
    async fn number(&self, name: &'static str) -> Result<u64, MirrorError> {
        let store = self.store.clone();
        let found = blocking(move || Ok(store.get(&Key::new(name)?)?)).await?;
        Ok(found.and_then(|bytes| str::from_utf8(&bytes).ok()?.trim_end().parse().ok()).unwrap_or(0))
    }

    /// Keeps something under a name of the copy's own.
    async fn remember(&self, name: &'static str, bytes: Vec<u8>) -> Result<(), MirrorError> {
        let store = self.store.clone();
        blocking(move || {
            let key = Key::new(name)?;
            let before = store.get(&key)?;
            if before.as_ref() == Some(&bytes) {
                return Ok(());
            }
            Ok(store.compare_and_swap(&key, before.as_deref(), &bytes)?)
        })
        .await
    }

    /// Looks at the log, checks what it says against what it said before, and copies what is new.
    ///
    /// # Errors
    /// When the log can't be had or followed. Copied so far is kept, and the next look goes on.
    pub async fn sync(&self) -> Result<Synced, MirrorError> {
        let bytes = self.source.get("checkpoint", MAX_NOTE_BYTES).await?.ok_or(MirrorError::NoCheckpoint)?;
        let shown = read(&self.log, &bytes)?;
        let Some(known) = self.head().await? else {
            return self.copy(None, &shown).await;
        };
        self.compare(&known, &shown, self.source.clone()).await?;
        if shown.head.size > known.head.size {
            return self.copy(Some(&known), &shown).await;
        }
        // The same tree with further cosignatures, perhaps newer ones.
        if let Ok(note) = with_cosignatures(&known.note, shown.note.signatures())
            && note != known.note
        {
            self.publish(Some(&known), &SignedHead { note, ..shown }).await?;
        }
        Ok(Synced::Unchanged(known.head))
    }

    /// Compares a checkpoint that somebody else got with the copy. `source` is where the tiles of its tree are.
    ///
    /// # Errors
    /// [`MirrorError::Forked`] if the log showed them another history, and what prevents comparing.
    pub async fn check(&self, note: &[u8], source: Source) -> Result<(), MirrorError> {
        let shown = read(&self.log, note)?;
        match self.head().await? {
            None => Ok(()),
            Some(known) => match self.compare(&known, &shown, source).await {
                // What somebody was shown earlier may well be smaller.
                Err(MirrorError::RolledBack { .. }) => Ok(()),
                other => other,
            },
        }
    }

    async fn compare(
        &self,
        known: &SignedHead,
        shown: &SignedHead,
        source: Source,
    ) -> Result<(), MirrorError> {
        if known.head.size == shown.head.size {
            if known.head.root == shown.head.root {
                return Ok(());
            }
            let notes = [known.note.clone(), shown.note.clone()];
            return Err(self.forked(ForkProof::new(self.log.clone(), notes, None)).await);
        }
        let ours = VerifiedTree::open(Source::Store(self.store.clone()), known.head).await?;
        if shown.head.size < known.head.size && ours.root_at(shown.head.size).await? == shown.head.root {
            let kept = self.keep("rolled-back", "txt", shown.note.to_string().into_bytes()).await?;
            return Err(MirrorError::RolledBack { known: known.head.size, shown: shown.head.size, kept });
        }
        // Kept before a proof is looked for: the log may not let its tiles be read for long.
        let both = format!("{}\n\n{}", known.note, shown.note);
        if shown.head.size < known.head.size {
            self.keep("contradictions", "txt", both.clone().into_bytes()).await?;
        }
        let theirs = VerifiedTree::open(source, shown.head).await?;
        if shown.head.size > known.head.size && theirs.root_at(known.head.size).await? == known.head.root {
            return Ok(());
        }
        self.keep("contradictions", "txt", both.into_bytes()).await?;
        let leaf = first_difference(&ours, &theirs).await?;
        let notes = [known.note.clone(), shown.note.clone()];
        Err(self.forked(ForkProof::new(self.log.clone(), notes, leaf)).await)
    }

    /// Keeps a proof, once it is sure that it is one.
    async fn forked(&self, proof: ForkProof) -> MirrorError {
        let kept = async {
            proof.verify()?;
            self.keep("forks", "fork.json", proof.to_json()?).await
        };
        match kept.await {
            Ok(kept) => MirrorError::Forked { proof: Box::new(proof), kept },
            Err(error) => error,
        }
    }

    async fn keep(&self, sort: &str, ending: &str, bytes: Vec<u8>) -> Result<Key, MirrorError> {
        let key = Key::new(format!("{sort}/{}.{ending}", Hash::of(&bytes)))?;
        let (store, put) = (self.store.clone(), key.clone());
        tokio::task::spawn_blocking(move || store.put_new(&put, &bytes))
            .await
            .map_err(|_| MirrorError::Interrupted)??;
        Ok(key)
    }

    async fn copy(&self, known: Option<&SignedHead>, shown: &SignedHead) -> Result<Synced, MirrorError> {
        let from =
            known.map_or(TreeHead { size: 0, root: overt_record::merkle::empty_root() }, |known| known.head);
        let tree = VerifiedTree::open(self.source.clone(), shown.head).await?;
        let fetched = futures_util::stream::iter(tiles_grown(from.size, shown.head.size))
            .map(|tile| fetch(&tree, tile))
            .buffered(PARALLEL);
        let mut chunks = std::pin::pin!(fetched.try_ready_chunks(PARALLEL));
        while let Some(objects) = chunks.next().await {
            let objects = objects.map_err(|error| error.1)?;
            let store = self.store.clone();
            let stored = tokio::task::spawn_blocking(move || store.put_all(&objects)).await;
            stored.map_err(|_| MirrorError::Interrupted)??;
        }
        self.publish(known, shown).await?;
        Ok(Synced::Grown { from, to: shown.head })
    }

    /// Makes a checkpoint that of the copy, whose tiles are all there.
    async fn publish(&self, known: Option<&SignedHead>, shown: &SignedHead) -> Result<(), MirrorError> {
        let key = Key::new("checkpoint")?;
        let (old, new) = (known.map(|known| known.note.to_string()), shown.note.to_string());
        let store = self.store.clone();
        let swapped = tokio::task::spawn_blocking(move || {
            store.compare_and_swap(&key, old.as_deref().map(str::as_bytes), new.as_bytes())
        });
        Ok(swapped.await.map_err(|_| MirrorError::Interrupted)??)
    }
}

async fn fetch(tree: &VerifiedTree, tile: Tile) -> Result<Object, MirrorError> {
    let bytes = tree.tile(tile).await?.to_vec();
    Ok(Object { key: Key::new(tile.to_string())?, bytes })
}

/// Reads a checkpoint that the log signed.
fn read(log: &VerifierKey, bytes: &[u8]) -> Result<SignedHead, MirrorError> {
    let note = Note::parse(bytes)?;
    note.verify([log])?;
    let checkpoint = Checkpoint::parse(note.text())?;
    if checkpoint.origin() != log.name().as_str() {
        let (expected, found) = (log.name().to_string(), checkpoint.origin().chars().take(80).collect());
        return Err(MirrorError::Origin { expected, found });
    }
    Ok(SignedHead { head: checkpoint.head(), note })
}
