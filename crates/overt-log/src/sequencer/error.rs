//! What can stop a batch, and what can stop a log.

use overt_record::merkle::TreeHead;
use overt_record::tile::{NotABundle, NotATile, ReadError};

use crate::key::{Key, NotAKey};
use crate::keys::{CannotSign, NotOurs};
use crate::lock::BadLock;
use crate::reader::{FetchError, ReaderError};
use crate::seen::SeenError;
use crate::sequencer::{MAX_BATCH_BYTES, MAX_BATCH_ENTRIES};
use crate::store::{StoreError, SwapError};

/// Why a batch was not begun. Nothing of it is in the log.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// Empty, or more than one batch holds.
    #[error(
        "a batch has 1 to {MAX_BATCH_ENTRIES} entries and at most {MAX_BATCH_BYTES} bytes; this one has {entries} of {bytes} bytes"
    )]
    Size {
        /// Its entries.
        entries: usize,
        /// Their bytes.
        bytes: usize,
    },
    /// An entry whose length cannot be written.
    #[error("an entry of {0} bytes is too long for a bundle")]
    EntryTooLong(usize),
    /// Time must not run back.
    #[error(
        "the clock says {now} ms since 1970, and the log's last checkpoint was made at {last}: set the clock"
    )]
    Clock {
        /// What the clock says.
        now: u64,
        /// When the last checkpoint was made.
        last: u64,
    },
    /// No number is left.
    #[error("the log has as many entries as can be counted")]
    Full,
    /// The last bundle does not take the entry.
    #[error(transparent)]
    Bundle(#[from] NotABundle),
    /// A tile has no name.
    #[error(transparent)]
    Tile(#[from] NotATile),
    /// A tile's path is no key.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The staged batch has no name.
    #[error(transparent)]
    Key(#[from] NotAKey),
    /// The checkpoint was not signed.
    #[error("the checkpoint could not be signed: {0}")]
    Sign(#[from] CannotSign),
    /// The store failed before anything had happened.
    #[error("the batch could not be stored: {0}")]
    Store(#[from] StoreError),
}

/// Why a writer no longer knows what the log is.
#[derive(Debug, thiserror::Error)]
pub enum Doubt {
    /// The swap was lost, failed, or has an unknown outcome.
    #[error(transparent)]
    Swap(#[from] SwapError),
    /// The store failed after the commit.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was written does not read back.
    #[error("{0} does not read back as it was written: check the disk or the network")]
    ReadBack(Key),
    /// The published checkpoint is not this log's.
    #[error("the published checkpoint cannot be replaced: {0}")]
    NotOurs(#[from] NotOurs),
    /// The published checkpoint contradicts the lock.
    #[error("the published checkpoint of size {} has root {}, and the lock has {}", published.size, published.root, committed.root)]
    Forked {
        /// What is published.
        published: TreeHead,
        /// What the lock says.
        committed: TreeHead,
    },
    /// Others publish all the time.
    #[error("other writers replaced the published checkpoint again and again")]
    Restless,
    /// The checkpoint was not signed.
    #[error("the checkpoint could not be signed: {0}")]
    Sign(#[from] CannotSign),
    /// The writer was given up by its owner.
    #[error("the writer was given up")]
    Abandoned,
}

/// Why a log cannot be opened for writing.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no log.
    #[error(
        "there is no log here: create it once with `overt log init`. If there was one, its lock is lost: do not create it anew"
    )]
    NoLog,
    /// There is one already.
    #[error("there is a log here already; it was left as it is")]
    Exists,
    /// The lock cannot be read.
    #[error("the lock cannot be used: {0}")]
    BadLock(#[from] BadLock),
    /// The published checkpoint is not this log's.
    #[error("the published checkpoint cannot be used: {0}")]
    NotOurs(#[from] NotOurs),
    /// The checkpoint is gone.
    #[error(
        "the lock has {0} entries and there is no published checkpoint: restore it, or find out who removed it"
    )]
    NoCheckpoint(u64),
    /// Same size, other root.
    #[error("the lock and the published checkpoint have size {} and different roots, {} and {}: the log has forked", locked.size, locked.root, published.root)]
    Forked {
        /// What the lock says.
        locked: TreeHead,
        /// What is published.
        published: TreeHead,
    },
    /// The lock is older than what was published.
    #[error(
        "the lock has {locked} entries, and {published} are published: the lock was rolled back, and writing on would fork the log"
    )]
    RolledBack {
        /// What the lock says.
        locked: u64,
        /// What is published.
        published: u64,
    },
    /// The published checkpoint is none that this lock grew from.
    #[error(
        "{published} entries are published, and the lock grew from {from} to {locked}: the checkpoint was replaced by an old one"
    )]
    Gap {
        /// What is published.
        published: u64,
        /// The size before the last commit.
        from: u64,
        /// What the lock says.
        locked: u64,
    },
    /// A committed batch is neither applied nor staged.
    #[error(
        "the committed batch {0} is missing or damaged, so its entries are lost: restore it from a backup of the store"
    )]
    NoStaging(Key),
    /// The newest tiles do not give the root.
    #[error("the newest tiles give the root {} for {} entries, the checkpoint says {}: run `overt log fsck`", found.root, found.size, expected.root)]
    Edge {
        /// What the checkpoint says.
        expected: TreeHead,
        /// What the tiles give.
        found: TreeHead,
    },
    /// The newest entries do not give their hashes.
    #[error("the newest entries do not have the hashes in the tile above them: run `overt log fsck`")]
    Bundle,
    /// The store went back in time while the writer ran.
    #[error("the store has {} entries with root {}, and this writer knew {} with root {}: the store went back in time", found.size, found.root, known.size, known.root)]
    WentBack {
        /// What the writer knew.
        known: TreeHead,
        /// What the store has.
        found: TreeHead,
    },
    /// Others write all the time.
    #[error("other writers changed the log again and again while it was read; try again")]
    Restless,
    /// A name of this program is no key.
    #[error(transparent)]
    Key(#[from] NotAKey),
    /// A tile cannot be read.
    #[error(transparent)]
    Tile(#[from] ReadError<FetchError>),
    /// Something cannot be read.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// The entries cannot be mapped.
    #[error("the log's entries could not be mapped: {0}")]
    Seen(#[from] SeenError),
    /// The batch could not be finished.
    #[error("the last batch could not be finished: {0}")]
    Finish(#[from] Doubt),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A swap failed.
    #[error(transparent)]
    Swap(#[from] SwapError),
}

impl LoadError {
    /// Whether trying again may help: a store failed or others were writing. All else is for a person to look at.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Store(error) | Self::Finish(Doubt::Store(error)) | Self::Seen(SeenError::Store(error)) => {
                passes(error)
            }
            Self::Swap(error) | Self::Finish(Doubt::Swap(error)) => match error {
                SwapError::Lost { .. } => true,
                SwapError::NotMade(error) | SwapError::Unknown(error) => passes(error),
            },
            Self::Tile(ReadError::Fetch { source: FetchError::Store(error), .. }) => passes(error),
            Self::Reader(error) | Self::Seen(SeenError::Reader(error)) => {
                error.store_error().is_some_and(passes)
            }
            Self::Restless | Self::Finish(Doubt::Restless) => true,
            _ => false,
        }
    }
}

fn passes(error: &StoreError) -> bool {
    matches!(error, StoreError::Io { .. } | StoreError::Remote { .. })
}
