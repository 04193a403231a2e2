//! Proof, before anything is signed, that a store keeps its word.
//!
//! Some stores that speak S3 ignore the conditions on a write (`If-Match`, `If-None-Match`), and some file systems
//! have locks that lock nothing. A log on such a store forks as soon as two writers meet, so it is tried out first.

use std::hash::{BuildHasher as _, RandomState};

use crate::key::Key;
use crate::store::{Put, Store, StoreError, SwapError};

/// Why no log may be kept in a store.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// It did something that it must refuse.
    #[error("this store {0}, so two writers would fork the log: use a store with conditional writes")]
    BreaksItsWord(&'static str),
    /// An operation failed.
    #[error("the store could not be tried out: {0}")]
    Failed(#[from] StoreError),
    /// A swap failed.
    #[error("the store could not be tried out: {0}")]
    SwapFailed(#[from] SwapError),
}

/// Tries all of what a log relies on, on objects of its own that it removes again.
///
/// # Errors
/// When the store overwrites, swaps on a stale value, or forgets.
pub fn preflight(store: &dyn Store) -> Result<(), Unfit> {
    // Fresh names, so that what an interrupted trial left is not in the way. The hasher's keys are random.
    let trial = RandomState::new().hash_one(std::process::id());
    let key = |name: &str| {
        Key::new(format!("preflight/{trial:016x}-{name}")).map_err(|_| Unfit::BreaksItsWord("has no names"))
    };
    let (once, swapped) = (key("once")?, key("swapped")?);
    let outcome = written_once(store, &once).and_then(|()| swaps(store, &swapped));
    for key in [once, swapped] {
        store.delete(&key)?;
    }
    outcome
}

fn written_once(store: &dyn Store, key: &Key) -> Result<(), Unfit> {
    demand(store.put_new(key, b"first")? == Put::Created, "says that a new name is taken")?;
    demand(store.put_new(key, b"first")? == Put::Identical, "does not know the bytes that it holds")?;
    match store.put_new(key, b"second") {
        Err(StoreError::Conflict { .. }) => {}
        Err(error) => return Err(error.into()),
        Ok(_) => return Err(Unfit::BreaksItsWord("overwrites what is written once")),
    }
    demand(store.get(key)?.as_deref() == Some(b"first"), "does not return what was written first")
}

fn swaps(store: &dyn Store, key: &Key) -> Result<(), Unfit> {
    store.compare_and_swap(key, None, b"first")?;
    lost(store.compare_and_swap(key, None, b"stale"), "swaps where something is already")?;
    lost(store.compare_and_swap(key, Some(b"other"), b"stale"), "swaps on a stale value")?;
    store.compare_and_swap(key, Some(b"first"), b"second")?;
    lost(store.compare_and_swap(key, Some(b"first"), b"stale"), "swaps on a stale value")?;
    demand(store.get(key)?.as_deref() == Some(b"second"), "does not return what was swapped in")
}

fn lost(outcome: Result<(), SwapError>, otherwise: &'static str) -> Result<(), Unfit> {
    match outcome {
        Err(SwapError::Lost { .. }) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(()) => Err(Unfit::BreaksItsWord(otherwise)),
    }
}

fn demand(kept: bool, otherwise: &'static str) -> Result<(), Unfit> {
    if kept { Ok(()) } else { Err(Unfit::BreaksItsWord(otherwise)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{DirectoryStore, MemoryStore};

    #[test]
    fn an_honest_store_passes_and_nothing_is_left_behind() {
        let memory = MemoryStore::new();
        preflight(&memory).unwrap();
        assert!(memory.objects().is_empty());
        let directory = tempfile::tempdir().unwrap();
        let store = DirectoryStore::open(directory.path()).unwrap();
        preflight(&store).unwrap();
        assert!(store.list(&Key::new("preflight").unwrap()).unwrap().is_empty());
    }

    /// What an S3 clone without conditional writes does.
    struct Careless(MemoryStore, &'static str);

    impl Store for Careless {
        fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<Put, StoreError> {
            if self.1 == "overwrites" {
                self.0.overwrite(key, Some(bytes.to_vec()));
                return Ok(Put::Created);
            }
            self.0.put_new(key, bytes)
        }
        fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
            self.0.get(key)
        }
        fn compare_and_swap(
            &self,
            key: &Key,
            expected: Option<&[u8]>,
            bytes: &[u8],
        ) -> Result<(), SwapError> {
            if self.1 == "swaps blindly" || (self.1 == "ignores if-match" && expected.is_some()) {
                self.0.overwrite(key, Some(bytes.to_vec()));
                return Ok(());
            }
            self.0.compare_and_swap(key, expected, bytes)
        }
        fn delete(&self, key: &Key) -> Result<(), StoreError> {
            self.0.delete(key)
        }
        fn list(&self, directory: &Key) -> Result<Vec<Key>, StoreError> {
            self.0.list(directory)
        }
    }

    #[test]
    fn a_store_that_ignores_conditions_is_refused() {
        for fault in ["overwrites", "swaps blindly", "ignores if-match"] {
            let store = Careless(MemoryStore::new(), fault);
            assert!(matches!(preflight(&store), Err(Unfit::BreaksItsWord(_))), "{fault}");
        }
    }
}
