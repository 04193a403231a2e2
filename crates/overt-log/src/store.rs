//! Where a log, a witness or a mirror keeps its bytes.
//!
//! One trait with few operations, each of which says `Ok` only when the result would survive the loss of power. It is
//! synchronous: its callers are a writer with a thread of its own, recovery, and readers of files in the page cache. An
//! operation is a step that a simulator can break ([`crate::simulated`]), and most of what this crate promises is proven so.

mod directory;
mod files;
mod flusher;
mod journal;
mod memory;
pub(crate) mod objects;
mod place;
mod preflight;
mod remote;

use crate::key::Key;
use crate::staging;

pub use directory::DirectoryStore;
pub use files::{Disk, Files, Guard, Hold};
pub use memory::MemoryStore;
pub use preflight::{Unfit, preflight};
pub use remote::RemoteStore;

/// The largest object that is read, in bytes: twice the largest staged batch.
pub const LARGEST_OBJECT: u64 = 64 << 20;

/// An object that is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its name.
    pub key: Key,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// A batch of a log, and the swap that makes it part of it.
#[derive(Clone, Copy, Debug)]
pub struct Commit<'c> {
    /// Where the batch lies until it is published, in a store that can't do all at once.
    pub staging: &'c Key,
    /// What it writes once: packs, bundles and tiles.
    pub objects: &'c [Object],
    /// The lock, and what will be in it.
    pub lock: &'c Object,
    /// What is in the lock.
    pub expected: &'c [u8],
    /// The checkpoint that is public after the batch.
    pub checkpoint: &'c Object,
}

/// How far a store went by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// The lock is swapped. Objects and checkpoint are still to be stored, from the staged copy if need be.
    Swapped,
    /// Everything is stored, the checkpoint last.
    Stored,
}

/// What [`Store::put_new`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// Nothing was there.
    Created,
    /// The same bytes were there; they are durable now.
    Identical,
}

/// Durable bytes by name.
///
/// An error from [`put_new`](Store::put_new) or [`delete`](Store::delete) leaves open whether it happened, and asking
/// again is safe. Only for [`compare_and_swap`](Store::compare_and_swap) the difference matters, so its error tells.
pub trait Store: Send + Sync {
    /// Stores an object under a name that nobody has used for other bytes. Never overwrites.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when other bytes are there.
    fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<Put, StoreError>;

    /// As [`put_new`](Store::put_new) for several objects, in any order: when it fails, any of them may be stored.
    ///
    /// # Errors
    /// The first one met.
    fn put_all(&self, objects: &[Object]) -> Result<(), StoreError> {
        objects.iter().try_for_each(|object| self.put_new(&object.key, &object.bytes).map(drop))
    }

    /// Commits a batch of a log: swaps its lock, and makes sure that the batch's objects can be stored whatever happens then.
    ///
    /// # Errors
    /// As [`compare_and_swap`](Store::compare_and_swap). A store that failed beforehand, or that has other bytes under one of
    /// the names, is [`SwapError::NotMade`].
    fn commit(&self, commit: &Commit<'_>) -> Result<Done, SwapError> {
        staging::commit(self, commit)
    }

    /// Leaves no copy of anything but what is under the objects' names, after all of that is durable.
    ///
    /// # Errors
    /// When the store fails. Nothing is lost.
    fn settle(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Goes on with [`settle`](Store::settle) where that holds nobody up, as far as this process wrote something. For whoever has
    /// nothing else to do, again and again.
    ///
    /// # Errors
    /// When the store fails. Nothing is lost.
    fn rest(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// What is stored under this name. What a process that died wrote last may be readable before it is durable;
    /// whoever builds on it writes it again first.
    ///
    /// # Errors
    /// When the store cannot say.
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError>;

    /// How many bytes an object has; `None` if there is none.
    ///
    /// # Errors
    /// When the store cannot say.
    fn size(&self, key: &Key) -> Result<Option<u64>, StoreError> {
        Ok(self.get(key)?.map(|bytes| bytes.len() as u64))
    }

    /// Replaces exactly `expected` (nothing there, if `None`) by `bytes`. This compares values, which is as safe as
    /// comparing versions where values never return, as those of a lock that only grows. Swapping a value for itself is
    /// allowed and makes it durable.
    ///
    /// # Errors
    /// Whether it is known that nothing happened: see [`SwapError`].
    fn compare_and_swap(&self, key: &Key, expected: Option<&[u8]>, bytes: &[u8]) -> Result<(), SwapError>;

    /// Removes an object that is not [permanent](Key::is_permanent). Nothing there is no error.
    ///
    /// # Errors
    /// [`StoreError::Permanent`], or when the store cannot say.
    fn delete(&self, key: &Key) -> Result<(), StoreError>;

    /// As [`delete`](Store::delete) for several objects.
    ///
    /// # Errors
    /// The first one met; any of the objects may be gone then.
    fn delete_all(&self, keys: &[Key]) -> Result<(), StoreError> {
        keys.iter().try_for_each(|key| self.delete(key))
    }

    /// The keys below a directory, sorted. For what is few: staging, the partial versions of one tile, the packs of one bundle.
    ///
    /// # Errors
    /// When the store cannot say.
    fn list(&self, directory: &Key) -> Result<Vec<Key>, StoreError>;
}

/// Why the store did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Other bytes are stored under a name that is written once.
    #[error(
        "{key} is already stored with other bytes; it was not overwritten: run `overt log fsck` to see which are right"
    )]
    Conflict {
        /// The name.
        key: Key,
    },
    /// Somebody tried to delete what must stay.
    #[error("{key} may not be deleted: full tiles, bundles, bodies, checkpoints and locks are kept for ever")]
    Permanent {
        /// The name.
        key: Key,
    },
    /// An object is larger than any that this program writes.
    #[error("{key} is larger than {LARGEST_OBJECT} bytes, so it was not written by this program")]
    TooLarge {
        /// The name.
        key: Key,
    },
    /// The operating system refused.
    #[error("cannot {step} {path}: {source}")]
    Io {
        /// Which step failed, as a verb.
        step: &'static str,
        /// The path below the store's directory.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A remote store refused or did not answer.
    #[error("cannot {step} {key}: {source}")]
    Remote {
        /// Which step failed, as a verb.
        step: &'static str,
        /// The name.
        key: Key,
        /// What the client said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An earlier flush to the disk failed, so nothing that this process reads can be trusted to be on the disk.
    #[error("an earlier flush to the disk failed: the process must end; check the disk, then start it again")]
    Poisoned,
}

/// Why a compare-and-swap did not answer `Ok`.
#[derive(Debug, thiserror::Error)]
pub enum SwapError {
    /// Something else was there. Nothing happened.
    #[error("{key} was changed by another writer")]
    Lost {
        /// The name.
        key: Key,
    },
    /// It is certain that nothing happened.
    #[error("the swap was not made: {0}")]
    NotMade(#[source] StoreError),
    /// It may or may not have happened; only reading the store again can tell.
    #[error("it is not known whether the swap was made: {0}")]
    Unknown(#[source] StoreError),
}
