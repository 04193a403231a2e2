//! A store in a directory of the local file system.
//!
//! What is written once gets a temporary name, is flushed, linked to its own name (which fails if the name is taken) and
//! unlinked from the temporary one; then the directory is flushed. What is swapped, and a batch of a log, goes into a journal
//! first, which is flushed, and gets its name after that ([`journal`](crate::store::journal)): a batch waits for the disk once,
//! however many tiles it has. Reading needs no lock: a name leads to a whole object or to none.
//!
//! After a failed flush the kernel may say that all is well while the disk has nothing, so the store then refuses
//! everything: the process has to end. After a loss of power the directory is as it should be once this store has opened it;
//! what serves its files without it has to wait for that. Any number of processes of one machine may use one directory, if its
//! file system has working locks (NFS and FUSE over an object store often have not).

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use crate::key::Key;
use crate::store::files::{Disk, Files, Guard, Hold};
use crate::store::journal::{Journal, Turn};
use crate::store::place::{OTHER, Place, io_error};
use crate::store::{Commit, Done, Object, Put, Store, StoreError, SwapError};

/// Shared by all who use the directory, so that whoever is alone may clear away what the dead left.
const USERS_LOCK: &str = ".users.lock";

/// Held alone by whoever opens the directory.
const OPEN_LOCK: &str = ".open.lock";

/// How long a segment of the journal gets, in bytes: about what is written anew after a loss of power.
const SEGMENT_BYTES: u64 = 16 << 20;

/// A [`Store`] in a directory.
pub struct DirectoryStore<F: Files + 'static = Disk> {
    place: Arc<Place<F>>,
    journal: Journal<F>,
    _user: Option<Box<dyn Guard>>,
}

impl DirectoryStore {
    /// Opens the store in a directory that exists.
    ///
    /// # Errors
    /// When the directory cannot be used.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self, StoreError> {
        let directory = directory.as_ref();
        let disk = Disk::open(directory).map_err(|source| StoreError::Io {
            step: "open",
            path: directory.display().to_string(),
            source,
        })?;
        Self::with(disk, SEGMENT_BYTES, true)
    }
}

impl<F: Files + 'static> DirectoryStore<F> {
    /// Opens the store over other system calls, which are all made in the order of its operations: nothing is flushed by a
    /// thread of its own. A segment of its journal is closed when it has `segment_bytes` or more.
    ///
    /// # Errors
    /// When they fail.
    pub fn over(files: F, segment_bytes: u64) -> Result<Self, StoreError> {
        Self::with(files, segment_bytes, false)
    }

    fn with(files: F, segment_bytes: u64, aside: bool) -> Result<Self, StoreError> {
        // So that whoever is not alone finds a directory that somebody else has finished opening.
        let opening = files.lock(OPEN_LOCK, Hold::Exclusive).map_err(io_error("lock", OPEN_LOCK))?;
        let alone = files.lock(USERS_LOCK, Hold::ExclusiveIfFree).map_err(io_error("lock", USERS_LOCK))?;
        let place = Arc::new(Place::new(files));
        let journal = Journal::new(place.clone(), segment_bytes, aside);
        place.open(alone.is_some())?;
        journal.open(alone.is_some())?;
        drop(alone);
        let user = place.files.lock(USERS_LOCK, Hold::Shared).map_err(io_error("lock", USERS_LOCK))?;
        drop(opening);
        Ok(Self { place, journal, _user: user })
    }

    /// Names a file; if the name is taken, by the same bytes, makes those durable.
    fn link(&self, temporary: &str, object: &Object) -> Result<Put, StoreError> {
        let path = object.key.as_str();
        match self.place.files.link(temporary, path) {
            Ok(()) => Ok(Put::Created),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if self.place.read(&object.key)?.as_deref() != Some(&object.bytes) {
                    return Err(StoreError::Conflict { key: object.key.clone() });
                }
                self.place.flushed(path, self.place.files.sync_file(path))?;
                Ok(Put::Identical)
            }
            Err(error) => Err(io_error("name", path)(error)),
        }
    }

    fn put(&self, objects: &[Object]) -> Result<Vec<Put>, StoreError> {
        self.place.check()?;
        let temporaries = self.place.write(OTHER, objects.iter().map(|object| object.bytes.as_slice()))?;
        let outcome = self.put_through(objects, &temporaries);
        self.place.remove_temporaries(&temporaries);
        outcome
    }

    fn put_through(&self, objects: &[Object], temporaries: &[String]) -> Result<Vec<Put>, StoreError> {
        self.place.flush_files(temporaries.iter().map(String::as_str))?;
        let new = self.place.create_directories(objects.iter().map(|object| &object.key))?;
        let linked = temporaries.iter().zip(objects).map(|(path, object)| self.link(path, object));
        let puts = linked.collect::<Result<_, _>>()?;
        self.place.flush_names(objects.iter().map(|object| object.key.parent()), &new)?;
        Ok(puts)
    }

    /// The turn of whoever swaps, if `key` still has the expected value.
    fn turn_to_swap(&self, key: &Key, expected: Option<&[u8]>) -> Result<Turn<'_, F>, SwapError> {
        self.place.check().map_err(SwapError::NotMade)?;
        let turn = self.journal.turn().map_err(SwapError::NotMade)?;
        if self.place.read(key).map_err(SwapError::NotMade)?.as_deref() == expected {
            Ok(turn)
        } else {
            Err(SwapError::Lost { key: key.clone() })
        }
    }

    /// What is written once is never overwritten, not even by a batch.
    fn check_free(&self, objects: &[Object]) -> Result<(), StoreError> {
        for Object { key, bytes } in objects {
            if self.place.read(key)?.is_some_and(|there| there != *bytes) {
                return Err(StoreError::Conflict { key: key.clone() });
            }
        }
        Ok(())
    }

    fn list_into(&self, directory: &str, keys: &mut Vec<Key>) -> Result<(), StoreError> {
        let (files, directories) = self.place.files.list(directory).map_err(io_error("list", directory))?;
        keys.extend(files.iter().filter_map(|name| Key::new(format!("{directory}/{name}")).ok()));
        for name in directories.iter().filter(|name| Key::new(name.as_str()).is_ok()) {
            self.list_into(&format!("{directory}/{name}"), keys)?;
        }
        Ok(())
    }
}

impl<F: Files + 'static> Store for DirectoryStore<F> {
    fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<Put, StoreError> {
        let puts = self.put(&[Object { key: key.clone(), bytes: bytes.to_vec() }])?;
        Ok(puts.first().copied().unwrap_or(Put::Created))
    }

    fn put_all(&self, objects: &[Object]) -> Result<(), StoreError> {
        self.put(objects).map(drop)
    }

    fn commit(&self, commit: &Commit<'_>) -> Result<Done, SwapError> {
        let mut turn = self.turn_to_swap(&commit.lock.key, Some(commit.expected))?;
        self.check_free(commit.objects).map_err(SwapError::NotMade)?;
        let mut all = commit.objects.to_vec();
        all.extend([commit.lock.clone(), commit.checkpoint.clone()]);
        turn.write(&all)?;
        Ok(Done::Stored)
    }

    fn settle(&self) -> Result<(), StoreError> {
        self.place.check()?;
        self.journal.turn()?.settle()
    }

    fn rest(&self) -> Result<(), StoreError> {
        self.place.check()?;
        if self.journal.is_at_rest() { Ok(()) } else { self.journal.turn()?.rest() }
    }

    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.place.check()?;
        self.place.read(key)
    }

    fn size(&self, key: &Key) -> Result<Option<u64>, StoreError> {
        self.place.check()?;
        self.place.files.length(key.as_str()).map_err(io_error("look at", key.as_str()))
    }

    fn compare_and_swap(&self, key: &Key, expected: Option<&[u8]>, bytes: &[u8]) -> Result<(), SwapError> {
        let mut turn = self.turn_to_swap(key, expected)?;
        turn.write(&[Object { key: key.clone(), bytes: bytes.to_vec() }])
    }

    fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.delete_all(std::slice::from_ref(key))
    }

    fn delete_all(&self, keys: &[Key]) -> Result<(), StoreError> {
        self.place.check()?;
        if let Some(key) = keys.iter().find(|key| key.is_permanent()) {
            return Err(StoreError::Permanent { key: key.clone() });
        }
        if keys.is_empty() {
            return Ok(());
        }
        let mut turn = self.journal.turn()?;
        // A record would bring it back.
        if keys.iter().any(|key| turn.names(key)) {
            turn.settle()?;
        }
        for key in keys {
            self.place.remove(key.as_str())?;
        }
        // Also where nothing was: whoever removed it may have died before flushing.
        let directories: BTreeSet<&str> = keys.iter().map(Key::parent).collect();
        self.place.flush_names(directories, &BTreeSet::new())
    }

    fn list(&self, directory: &Key) -> Result<Vec<Key>, StoreError> {
        self.place.check()?;
        let mut keys = Vec::new();
        self.list_into(directory.as_str(), &mut keys)?;
        keys.sort_unstable();
        Ok(keys)
    }
}

impl<F: Files + 'static> Drop for DirectoryStore<F> {
    /// Leaves a directory that other programs may serve or copy, whatever happens to the machine then. If that fails, whoever
    /// opens it next does it.
    fn drop(&mut self) {
        if self.journal.has_own() {
            let _ = self.settle();
        }
    }
}

#[cfg(test)]
mod tests;
