//! A store in a directory of the local file system.
//!
//! An object is written under a temporary name, flushed, linked to its own name (which fails if the name is taken) and
//! unlinked from the temporary one; then the directory is flushed. A swap holds a file lock, compares, and renames.
//! Reading needs no lock: a name leads to a whole object or to none.
//!
//! After a failed flush the kernel may say that all is well while the disk has nothing, so the store then refuses
//! everything: the process has to end. Any number of processes may use one directory, if its file system has working
//! locks (NFS and FUSE over an object store often have not).

use std::collections::{BTreeSet, HashSet};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::key::Key;
use crate::store::files::{Disk, Files, Guard, Hold};
use crate::store::{LARGEST_OBJECT, Object, Put, Store, StoreError, SwapError};

/// Where files are written before they get their name. No key begins with a dot.
const TEMPORARY: &str = ".tmp";
/// Held alone by whoever swaps.
const SWAP_LOCK: &str = ".swap.lock";
/// Shared by all who use the directory, so that whoever is alone may clear away what the dead left.
const USERS_LOCK: &str = ".users.lock";

/// A [`Store`] in a directory.
pub struct DirectoryStore<F = Disk> {
    files: F,
    /// Directories that exist and whose parents are flushed, as far as this process knows.
    made: Mutex<HashSet<String>>,
    failed: AtomicBool,
    /// Temporary names are this process, this store, and a count.
    prefix: String,
    next: AtomicU64,
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
        Self::over(disk)
    }
}

impl<F: Files> DirectoryStore<F> {
    /// Opens the store over other system calls.
    ///
    /// # Errors
    /// When they fail.
    pub fn over(files: F) -> Result<Self, StoreError> {
        static OPENED: AtomicU64 = AtomicU64::new(0);
        let prefix = format!("{}-{}", std::process::id(), OPENED.fetch_add(1, Ordering::Relaxed));
        let alone = files.lock(USERS_LOCK, Hold::ExclusiveIfFree).map_err(io_error("lock", USERS_LOCK))?;
        if alone.is_some() {
            let (leftovers, _) = files.list(TEMPORARY).map_err(io_error("list", TEMPORARY))?;
            for name in leftovers {
                let path = format!("{TEMPORARY}/{name}");
                files.unlink(&path).map_err(io_error("remove", &path))?;
            }
        }
        drop(alone);
        let user = files.lock(USERS_LOCK, Hold::Shared).map_err(io_error("lock", USERS_LOCK))?;
        files.create_directory(TEMPORARY).map_err(io_error("create", TEMPORARY))?;
        let (made, failed, next) = (Mutex::default(), AtomicBool::new(false), AtomicU64::new(0));
        Ok(Self { files, made, failed, prefix, next, _user: user })
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.failed.load(Ordering::Acquire) { Err(StoreError::Poisoned) } else { Ok(()) }
    }

    /// Passes on the outcome of a flush. After a failed one nothing else is done.
    fn flushed(&self, path: &str, outcome: io::Result<()>) -> Result<(), StoreError> {
        if outcome.is_err() {
            self.failed.store(true, Ordering::Release);
        }
        outcome.map_err(io_error("flush to the disk", path))
    }

    fn read(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        let bytes = self.files.read(key.as_str(), LARGEST_OBJECT).map_err(io_error("read", key.as_str()))?;
        match bytes {
            Some(bytes) if bytes.len() as u64 > LARGEST_OBJECT => {
                Err(StoreError::TooLarge { key: key.clone() })
            }
            bytes => Ok(bytes),
        }
    }

    /// Makes the directory and those above it, so that they survive.
    fn make_directory(&self, path: &str) -> Result<(), StoreError> {
        // A panic cannot leave the set wrong: a name is added when its directory is flushed.
        if path.is_empty() || self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(path) {
            return Ok(());
        }
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        self.make_directory(parent)?;
        self.files.create_directory(path).map_err(io_error("create", path))?;
        // Also if it was there: whoever made it may have died before flushing.
        self.flushed(parent, self.files.sync_directory(parent))?;
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned());
        Ok(())
    }

    fn temporary(&self) -> String {
        format!("{TEMPORARY}/{}-{}", self.prefix, self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Writes all contents under temporary names, then flushes all: the disk sees them as one burst.
    fn write_temporaries(&self, contents: &[(String, &[u8])]) -> Result<(), StoreError> {
        for (path, bytes) in contents {
            self.files.write(path, bytes).map_err(io_error("write", path))?;
        }
        contents.iter().try_for_each(|(path, _)| self.flushed(path, self.files.sync_file(path)))
    }

    /// Names a file; if the name is taken, by the same bytes, makes those durable.
    fn link(&self, temporary: &str, object: &Object) -> Result<Put, StoreError> {
        let path = object.key.as_str();
        match self.files.link(temporary, path) {
            Ok(()) => Ok(Put::Created),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if self.read(&object.key)?.as_deref() != Some(&object.bytes) {
                    return Err(StoreError::Conflict { key: object.key.clone() });
                }
                self.flushed(path, self.files.sync_file(path))?;
                Ok(Put::Identical)
            }
            Err(error) => Err(io_error("name", path)(error)),
        }
    }

    fn put(&self, objects: &[Object]) -> Result<Vec<Put>, StoreError> {
        self.check()?;
        let temporaries: Vec<(String, &[u8])> =
            objects.iter().map(|object| (self.temporary(), object.bytes.as_slice())).collect();
        let outcome = self.put_through(&temporaries, objects);
        for (path, _) in &temporaries {
            // What stays behind costs space only, and the next lone user removes it.
            let _ = self.files.unlink(path);
        }
        outcome
    }

    fn put_through(
        &self,
        temporaries: &[(String, &[u8])],
        objects: &[Object],
    ) -> Result<Vec<Put>, StoreError> {
        self.write_temporaries(temporaries)?;
        let directories: BTreeSet<&str> = objects.iter().map(|object| object.key.parent()).collect();
        directories.iter().try_for_each(|directory| self.make_directory(directory))?;
        let linked = temporaries.iter().zip(objects).map(|((path, _), object)| self.link(path, object));
        let puts = linked.collect::<Result<_, _>>()?;
        for directory in directories {
            self.flushed(directory, self.files.sync_directory(directory))?;
        }
        Ok(puts)
    }

    /// Everything before the rename: the swap is certainly not made if this fails.
    fn prepare_swap(&self, key: &Key, bytes: &[u8]) -> Result<String, StoreError> {
        let temporary = self.temporary();
        let written = self
            .write_temporaries(&[(temporary.clone(), bytes)])
            .and_then(|()| self.make_directory(key.parent()));
        if let Err(error) = written {
            let _ = self.files.unlink(&temporary);
            return Err(error);
        }
        Ok(temporary)
    }

    fn list_into(&self, directory: &str, keys: &mut Vec<Key>) -> Result<(), StoreError> {
        let (files, directories) = self.files.list(directory).map_err(io_error("list", directory))?;
        keys.extend(files.iter().filter_map(|name| Key::new(format!("{directory}/{name}")).ok()));
        for name in directories.iter().filter(|name| Key::new(name.as_str()).is_ok()) {
            self.list_into(&format!("{directory}/{name}"), keys)?;
        }
        Ok(())
    }
}

impl<F: Files> Store for DirectoryStore<F> {
    fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<Put, StoreError> {
        let puts = self.put(&[Object { key: key.clone(), bytes: bytes.to_vec() }])?;
        Ok(puts.first().copied().unwrap_or(Put::Created))
    }

    fn put_all(&self, objects: &[Object]) -> Result<(), StoreError> {
        self.put(objects).map(drop)
    }

    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.check()?;
        self.read(key)
    }

    fn compare_and_swap(&self, key: &Key, expected: Option<&[u8]>, bytes: &[u8]) -> Result<(), SwapError> {
        self.check().map_err(SwapError::NotMade)?;
        let lock = self.files.lock(SWAP_LOCK, Hold::Exclusive);
        let _guard = lock.map_err(io_error("lock", SWAP_LOCK)).map_err(SwapError::NotMade)?;
        if self.read(key).map_err(SwapError::NotMade)?.as_deref() != expected {
            return Err(SwapError::Lost { key: key.clone() });
        }
        let temporary = self.prepare_swap(key, bytes).map_err(SwapError::NotMade)?;
        let renamed = self.files.rename(&temporary, key.as_str());
        renamed.map_err(io_error("rename to", key.as_str())).map_err(SwapError::Unknown)?;
        self.flushed(key.parent(), self.files.sync_directory(key.parent())).map_err(SwapError::Unknown)
    }

    fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.delete_all(std::slice::from_ref(key))
    }

    fn delete_all(&self, keys: &[Key]) -> Result<(), StoreError> {
        self.check()?;
        if let Some(key) = keys.iter().find(|key| key.is_permanent()) {
            return Err(StoreError::Permanent { key: key.clone() });
        }
        let mut directories = BTreeSet::new();
        for key in keys {
            match self.files.unlink(key.as_str()) {
                Ok(()) => drop(directories.insert(key.parent())),
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
                Err(error) => return Err(io_error("remove", key.as_str())(error)),
            }
        }
        directories.into_iter().try_for_each(|path| self.flushed(path, self.files.sync_directory(path)))
    }

    fn list(&self, directory: &Key) -> Result<Vec<Key>, StoreError> {
        self.check()?;
        let mut keys = Vec::new();
        self.list_into(directory.as_str(), &mut keys)?;
        keys.sort_unstable();
        Ok(keys)
    }
}

fn io_error(step: &'static str, path: &str) -> impl FnOnce(io::Error) -> StoreError {
    move |source| StoreError::Io { step, path: path.to_owned(), source }
}
