//! A store in a directory of the local file system.
//!
//! An object is written under a temporary name, flushed, linked to its own name (which fails if the name is taken) and
//! unlinked from the temporary one; then the directory is flushed. A swap holds a file lock, compares, and renames.
//! Reading needs no lock: a name leads to a whole object or to none.
//!
//! What takes time is flushing. The files of one step are flushed at once, and what later steps will store is written and
//! flushed with the first ([`Store::put_before`]): it lies under its temporary name, whole and durable, and wants only its own.
//! Names that are safe elsewhere are flushed with the next swap ([`Store::put_until_swap`]). So a log's batch waits for the
//! disk three times: for its contents, for the lock, and for the names of its tiles together with the checkpoint's.
//!
//! After a failed flush the kernel may say that all is well while the disk has nothing, so the store then refuses
//! everything: the process has to end. Any number of processes may use one directory, if its file system has working
//! locks (NFS and FUSE over an object store often have not).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

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
    /// What is durable under a temporary name, and waits to be stored.
    ahead: Mutex<HashMap<Key, Ahead>>,
    /// What the next swap flushes.
    unflushed: Mutex<Names>,
    failed: AtomicBool,
    /// Temporary names are this process, this store, and a count.
    prefix: String,
    next: AtomicU64,
    _user: Option<Box<dyn Guard>>,
}

struct Ahead {
    temporary: String,
    bytes: Vec<u8>,
}

/// Names that are not flushed yet.
#[derive(Default)]
struct Names {
    /// Directories that hold some.
    directories: BTreeSet<String>,
    /// Directories that are new themselves.
    new: BTreeSet<String>,
}

impl Names {
    fn merge(&mut self, other: Self) {
        self.directories.extend(other.directories);
        self.new.extend(other.new);
    }
}

/// When names are flushed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flush {
    /// After the contents.
    After,
    /// Along with the contents.
    Along,
    /// By the next swap.
    WithSwap,
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
        let (made, ahead, unflushed) = (Mutex::default(), Mutex::default(), Mutex::default());
        let (failed, next) = (AtomicBool::new(false), AtomicU64::new(0));
        Ok(Self { files, made, ahead, unflushed, failed, prefix, next, _user: user })
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
        let mut names = Names::default();
        self.create_directories(path, &mut names.new)?;
        self.flush_names(&[], &names)
    }

    /// Makes the directory and those above it, and notes which of them are not known to survive.
    fn create_directories(&self, path: &str, new: &mut BTreeSet<String>) -> Result<(), StoreError> {
        if path.is_empty() || self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(path) {
            return Ok(());
        }
        self.create_directories(parent(path), new)?;
        self.files.create_directory(path).map_err(io_error("create", path))?;
        // Also if it was there: whoever made it may have died before flushing.
        new.insert(path.to_owned());
        Ok(())
    }

    /// Flushes contents, the names in directories, and those of directories that are new.
    fn flush_names(&self, contents: &[(String, &[u8])], names: &Names) -> Result<(), StoreError> {
        let parents = names.new.iter().map(|path| parent(path));
        let paths: BTreeSet<&str> = names.directories.iter().map(String::as_str).chain(parents).collect();
        self.flush(contents, &paths.into_iter().collect::<Vec<_>>())?;
        // A panic cannot leave the set wrong: a name is added when it is flushed.
        self.made.lock().unwrap_or_else(PoisonError::into_inner).extend(names.new.iter().cloned());
        Ok(())
    }

    fn unflushed(&self) -> MutexGuard<'_, Names> {
        // A panic cannot leave it wrong: names are taken out when they are flushed.
        self.unflushed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn temporary(&self) -> String {
        format!("{TEMPORARY}/{}-{}", self.prefix, self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Writes contents under temporary names.
    fn write(&self, contents: &[(String, &[u8])]) -> Result<(), StoreError> {
        contents
            .iter()
            .try_for_each(|(path, bytes)| self.files.write(path, bytes).map_err(io_error("write", path)))
    }

    /// Flushes contents and names: the disk sees them as one burst.
    fn flush(&self, contents: &[(String, &[u8])], directories: &[&str]) -> Result<(), StoreError> {
        let files: Vec<&str> = contents.iter().map(|(path, _)| path.as_str()).collect();
        let path = directories.first().or(files.first()).unwrap_or(&"");
        self.flushed(path, self.files.sync_all(&files, directories))
    }

    /// The temporary name under which an object's bytes are durable, if they were written ahead.
    fn take_ahead(&self, key: &Key, bytes: &[u8]) -> Option<String> {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if ahead.get(key)?.bytes != bytes {
            return None;
        }
        ahead.remove(key).map(|ahead| ahead.temporary)
    }

    /// Removes what was written ahead and not stored: its batch came to nothing.
    fn forget_ahead(&self) {
        let ahead = std::mem::take(&mut *self.ahead.lock().unwrap_or_else(PoisonError::into_inner));
        self.remove_temporaries(ahead.values().map(|ahead| &ahead.temporary));
    }

    /// What stays behind costs space only, and the next lone user removes it.
    fn remove_temporaries(&self, paths: impl IntoIterator<Item: AsRef<str>>) {
        for path in paths {
            let _ = self.files.unlink(path.as_ref());
        }
    }

    /// Names a file; if the name is taken, by the same bytes, makes those durable. Those that were named before they were
    /// flushed can't be: a flush may have failed, and whoever knew be dead.
    fn link(&self, temporary: &str, object: &Object, flush: Flush) -> Result<Put, StoreError> {
        let path = object.key.as_str();
        match self.files.link(temporary, path) {
            Ok(()) => Ok(Put::Created),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if flush == Flush::Along || self.read(&object.key)?.as_deref() != Some(&object.bytes) {
                    return Err(StoreError::Conflict { key: object.key.clone() });
                }
                self.flushed(path, self.files.sync_file(path))?;
                Ok(Put::Identical)
            }
            Err(error) => Err(io_error("name", path)(error)),
        }
    }

    fn put(&self, objects: &[Object], next: &[Object], flush: Flush) -> Result<Vec<Put>, StoreError> {
        self.check()?;
        let (mut temporaries, mut contents) = (Vec::new(), Vec::new());
        for Object { key, bytes } in objects {
            let temporary = self.take_ahead(key, bytes).unwrap_or_else(|| {
                let temporary = self.temporary();
                contents.push((temporary.clone(), bytes.as_slice()));
                temporary
            });
            temporaries.push(temporary);
        }
        if !next.is_empty() {
            self.forget_ahead();
        }
        let ahead: Vec<(String, &[u8])> =
            next.iter().map(|object| (self.temporary(), object.bytes.as_slice())).collect();
        let outcome = self.put_through(objects, &temporaries, contents, &ahead, flush);
        self.remove_temporaries(&temporaries);
        let ahead = ahead.into_iter().map(|(temporary, _)| temporary).zip(next);
        if outcome.is_ok() {
            let durable = ahead.map(|(temporary, Object { key, bytes })| {
                (key.clone(), Ahead { temporary, bytes: bytes.clone() })
            });
            self.ahead.lock().unwrap_or_else(PoisonError::into_inner).extend(durable);
        } else {
            self.remove_temporaries(ahead.map(|(temporary, _)| temporary));
        }
        outcome
    }

    /// Writes what is new and what is written ahead, and gives all objects their names.
    fn put_through<'b>(
        &self,
        objects: &[Object],
        temporaries: &[String],
        mut contents: Vec<(String, &'b [u8])>,
        ahead: &[(String, &'b [u8])],
        flush: Flush,
    ) -> Result<Vec<Put>, StoreError> {
        contents.extend(ahead.iter().cloned());
        self.write(&contents)?;
        if flush != Flush::Along && !contents.is_empty() {
            self.flush(&contents, &[])?;
            contents.clear();
        }
        let mut names = Names::default();
        names.directories.extend(objects.iter().map(|object| object.key.parent().to_owned()));
        for directory in &names.directories {
            self.create_directories(directory, &mut names.new)?;
        }
        let linked = temporaries.iter().zip(objects).map(|(path, object)| self.link(path, object, flush));
        let puts = linked.collect::<Result<_, _>>()?;
        match flush {
            Flush::After | Flush::Along => self.flush_names(&contents, &names)?,
            Flush::WithSwap => self.unflushed().merge(names),
        }
        Ok(puts)
    }

    /// Everything before the rename: the swap is certainly not made if this fails.
    fn prepare_swap(&self, key: &Key, bytes: &[u8]) -> Result<String, StoreError> {
        let ahead = self.take_ahead(key, bytes);
        let is_durable = ahead.is_some();
        let temporary = ahead.unwrap_or_else(|| self.temporary());
        let content = [(temporary.clone(), bytes)];
        let written =
            if is_durable { Ok(()) } else { self.write(&content).and_then(|()| self.flush(&content, &[])) };
        if let Err(error) = written.and_then(|()| self.make_directory(key.parent())) {
            self.remove_temporaries([&temporary]);
            return Err(error);
        }
        Ok(temporary)
    }

    /// Removes names; gives the directories that held them.
    fn unlink_all<'k>(&self, keys: &'k [Key]) -> Result<BTreeSet<&'k str>, StoreError> {
        self.check()?;
        if let Some(key) = keys.iter().find(|key| key.is_permanent()) {
            return Err(StoreError::Permanent { key: key.clone() });
        }
        for key in keys {
            match self.files.unlink(key.as_str()) {
                Ok(()) => {}
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(io_error("remove", key.as_str())(error)),
            }
        }
        Ok(keys.iter().map(Key::parent).collect())
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
        let puts = self.put(&[Object { key: key.clone(), bytes: bytes.to_vec() }], &[], Flush::After)?;
        Ok(puts.first().copied().unwrap_or(Put::Created))
    }

    fn put_all(&self, objects: &[Object]) -> Result<(), StoreError> {
        self.put(objects, &[], Flush::After).map(drop)
    }

    fn put_until_swap(&self, objects: &[Object]) -> Result<(), StoreError> {
        self.put(objects, &[], Flush::WithSwap).map(drop)
    }

    fn put_before(&self, objects: &[Object], next: &[Object]) -> Result<(), StoreError> {
        self.put(objects, next, Flush::Along).map(drop)
    }

    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.check()?;
        self.read(key)
    }

    fn size(&self, key: &Key) -> Result<Option<u64>, StoreError> {
        self.check()?;
        self.files.length(key.as_str()).map_err(io_error("look at", key.as_str()))
    }

    fn compare_and_swap(&self, key: &Key, expected: Option<&[u8]>, bytes: &[u8]) -> Result<(), SwapError> {
        let lock = self.files.lock(SWAP_LOCK, Hold::Exclusive);
        let _guard = lock.map_err(io_error("lock", SWAP_LOCK)).map_err(SwapError::NotMade)?;
        // With the lock: another thread's swap may have flushed this one's names, and failed.
        self.check().map_err(SwapError::NotMade)?;
        if self.read(key).map_err(SwapError::NotMade)?.as_deref() != expected {
            return Err(SwapError::Lost { key: key.clone() });
        }
        let temporary = self.prepare_swap(key, bytes).map_err(SwapError::NotMade)?;
        let renamed = self.files.rename(&temporary, key.as_str());
        renamed.map_err(io_error("rename to", key.as_str())).map_err(SwapError::Unknown)?;
        // If this flush fails, there is no next one.
        let mut names = std::mem::take(&mut *self.unflushed());
        names.directories.insert(key.parent().to_owned());
        self.flush_names(&[], &names).map_err(SwapError::Unknown)
    }

    fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.delete_all(std::slice::from_ref(key))
    }

    fn delete_all(&self, keys: &[Key]) -> Result<(), StoreError> {
        // Also where nothing was: whoever removed it may have died before flushing.
        for path in self.unlink_all(keys)? {
            match self.files.sync_directory(path) {
                Err(error) if is_absent(&error) => {}
                outcome => self.flushed(path, outcome)?,
            }
        }
        Ok(())
    }

    fn discard(&self, key: &Key) -> Result<(), StoreError> {
        self.unlink_all(std::slice::from_ref(key)).map(drop)
    }

    fn list(&self, directory: &Key) -> Result<Vec<Key>, StoreError> {
        self.check()?;
        let mut keys = Vec::new();
        self.list_into(directory.as_str(), &mut keys)?;
        keys.sort_unstable();
        Ok(keys)
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn io_error(step: &'static str, path: &str) -> impl FnOnce(io::Error) -> StoreError {
    move |source| StoreError::Io { step, path: path.to_owned(), source }
}
