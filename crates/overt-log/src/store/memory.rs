//! A store that forgets everything when the process ends.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::key::Key;
use crate::store::{Put, Store, StoreError, SwapError};

/// A [`Store`] in memory, for tests and demonstrations. Several writers may share one.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<BTreeMap<Key, Vec<u8>>>);

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of everything stored.
    pub fn objects(&self) -> BTreeMap<Key, Vec<u8>> {
        self.lock().clone()
    }

    /// Puts anything anywhere, against all rules: how tests damage a store.
    pub fn overwrite(&self, key: &Key, bytes: Option<Vec<u8>>) {
        let mut objects = self.lock();
        match bytes {
            Some(bytes) => objects.insert(key.clone(), bytes),
            None => objects.remove(key),
        };
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Vec<u8>>> {
        // No operation panics half-way, so the map of a panicked thread is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<Put, StoreError> {
        let mut objects = self.lock();
        match objects.get(key) {
            None => {
                objects.insert(key.clone(), bytes.to_vec());
                Ok(Put::Created)
            }
            Some(there) if there == bytes => Ok(Put::Identical),
            Some(_) => Err(StoreError::Conflict { key: key.clone() }),
        }
    }

    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.lock().get(key).cloned())
    }

    fn size(&self, key: &Key) -> Result<Option<u64>, StoreError> {
        Ok(self.lock().get(key).map(|bytes| bytes.len() as u64))
    }

    fn compare_and_swap(&self, key: &Key, expected: Option<&[u8]>, bytes: &[u8]) -> Result<(), SwapError> {
        let mut objects = self.lock();
        if objects.get(key).map(Vec::as_slice) != expected {
            return Err(SwapError::Lost { key: key.clone() });
        }
        objects.insert(key.clone(), bytes.to_vec());
        Ok(())
    }

    fn delete(&self, key: &Key) -> Result<(), StoreError> {
        if key.is_permanent() {
            return Err(StoreError::Permanent { key: key.clone() });
        }
        self.lock().remove(key);
        Ok(())
    }

    fn list(&self, directory: &Key) -> Result<Vec<Key>, StoreError> {
        let below = |key: &&Key| {
            key.as_str().strip_prefix(directory.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        Ok(self.lock().keys().filter(below).cloned().collect())
    }
}
