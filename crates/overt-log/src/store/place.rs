//! What a directory store does with files: temporary names, directories, and flushes after which nothing else may be done.

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::key::Key;
use crate::store::files::Files;
use crate::store::{LARGEST_OBJECT, StoreError};

/// Where files are written before they get their name. No key begins with a dot.
const TEMPORARY: &str = ".tmp";

/// How the temporary names begin of what is in a record, which only one process at a time writes, and of all else.
pub(super) const RECORD: &str = "record";
pub(super) const OTHER: &str = "other";

/// How many files are flushed at once. Each is open meanwhile.
const FLUSHED_AT_ONCE: usize = 32;

/// The system's numbers for too many open files, of the process and of all.
const EMFILE: i32 = rustix::io::Errno::MFILE.raw_os_error();
const ENFILE: i32 = rustix::io::Errno::NFILE.raw_os_error();

/// Files below one directory.
pub(super) struct Place<F> {
    pub(super) files: F,
    /// Directories that exist and whose parents are flushed, as far as this process knows.
    made: Mutex<HashSet<String>>,
    failed: AtomicBool,
    /// Temporary names are this process, this store, something random, and a count.
    prefix: String,
    next: AtomicU64,
}

impl<F: Files> Place<F> {
    pub(super) fn new(files: F) -> Self {
        static OPENED: AtomicU64 = AtomicU64::new(0);
        let opened = OPENED.fetch_add(1, Ordering::Relaxed);
        // The hasher's keys are random: in two containers, two processes may have one number.
        let random = RandomState::new().hash_one(opened) as u32;
        let prefix = format!("{}-{opened}-{random:08x}", std::process::id());
        let (failed, next) = (AtomicBool::new(false), AtomicU64::new(0));
        Self { files, made: Mutex::default(), failed, prefix, next }
    }

    /// Makes ready for temporary files; whoever is alone removes those of the dead.
    pub(super) fn open(&self, alone: bool) -> Result<(), StoreError> {
        if alone {
            self.remove_all("")?;
        }
        self.files.create_directory(TEMPORARY).map_err(io_error("create", TEMPORARY))
    }

    /// Removes all files whose temporary names begin so, for certain.
    pub(super) fn remove_all(&self, beginning: &str) -> Result<(), StoreError> {
        let (mut left, _) = self.files.list(TEMPORARY).map_err(io_error("list", TEMPORARY))?;
        left.retain(|name| name.starts_with(beginning));
        for name in &left {
            let path = format!("{TEMPORARY}/{name}");
            self.files.unlink(&path).map_err(io_error("remove", &path))?;
        }
        // Also where none were: a name that a file was moved from may come back.
        self.flush_names([TEMPORARY], &BTreeSet::new())
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.failed.load(Ordering::Acquire) { Err(StoreError::Poisoned) } else { Ok(()) }
    }

    /// Passes on the outcome of a flush. After a failed one nothing else is done.
    pub(super) fn flushed(&self, path: &str, outcome: io::Result<()>) -> Result<(), StoreError> {
        // What could not be opened, since it is gone or too many are open, says nothing of the disk.
        let opened =
            |error: &io::Error| !is_absent(error) && !matches!(error.raw_os_error(), Some(EMFILE | ENFILE));
        if outcome.as_ref().is_err_and(opened) {
            self.failed.store(true, Ordering::Release);
        }
        outcome.map_err(io_error("flush to the disk", path))
    }

    pub(super) fn read(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        let bytes = self.files.read(key.as_str(), LARGEST_OBJECT).map_err(io_error("read", key.as_str()))?;
        match bytes {
            Some(bytes) if bytes.len() as u64 > LARGEST_OBJECT => {
                Err(StoreError::TooLarge { key: key.clone() })
            }
            bytes => Ok(bytes),
        }
    }

    /// Writes contents under temporary names, not flushed. After a failure there are none.
    pub(super) fn write<'b>(
        &self,
        beginning: &str,
        contents: impl IntoIterator<Item = &'b [u8]>,
    ) -> Result<Vec<String>, StoreError> {
        let mut temporaries = Vec::new();
        for bytes in contents {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let path = format!("{TEMPORARY}/{beginning}-{}-{number}", self.prefix);
            if let Err(error) = self.files.write(&path, bytes) {
                self.remove_temporaries(&temporaries);
                // One that is there already is somebody else's.
                if error.kind() != ErrorKind::AlreadyExists {
                    self.remove_temporaries(std::slice::from_ref(&path));
                }
                return Err(io_error("write", &path)(error));
            }
            temporaries.push(path);
        }
        Ok(temporaries)
    }

    /// Removes a file, if it is there; whether it was.
    pub(super) fn remove(&self, path: &str) -> Result<bool, StoreError> {
        match self.files.unlink(path) {
            Err(error) if is_absent(&error) => Ok(false),
            outcome => outcome.map(|()| true).map_err(io_error("remove", path)),
        }
    }

    /// What stays behind costs space only, and the next lone user removes it.
    pub(super) fn remove_temporaries(&self, paths: &[String]) {
        for path in paths {
            let _ = self.files.unlink(path);
        }
    }

    fn made(&self) -> MutexGuard<'_, HashSet<String>> {
        // A panic cannot leave the set wrong: a name is added when it is flushed.
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the directories of keys and those above them; gives those that are not known to survive.
    pub(super) fn create_directories<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k Key>,
    ) -> Result<BTreeSet<String>, StoreError> {
        let paths: BTreeSet<&str> = keys.into_iter().map(Key::parent).collect();
        let mut new = BTreeSet::new();
        for path in paths {
            self.create_directory(path, &mut new)?;
        }
        Ok(new)
    }

    fn create_directory(&self, path: &str, new: &mut BTreeSet<String>) -> Result<(), StoreError> {
        if path.is_empty() || new.contains(path) || self.made().contains(path) {
            return Ok(());
        }
        self.create_directory(parent(path), new)?;
        self.files.create_directory(path).map_err(io_error("create", path))?;
        // Also if it was there: whoever made it may have died before flushing.
        new.insert(path.to_owned());
        Ok(())
    }

    /// Flushes files; the disk sees them as one burst.
    pub(super) fn flush_files<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> Result<(), StoreError> {
        self.flush(paths, |paths| self.files.sync_all(paths, &[]))
    }

    /// Flushes the names in directories, and those of directories that are new.
    pub(super) fn flush_names<'p>(
        &self,
        directories: impl IntoIterator<Item = &'p str>,
        new: &'p BTreeSet<String>,
    ) -> Result<(), StoreError> {
        let parents = new.iter().map(|path| parent(path));
        let all: BTreeSet<&str> = directories.into_iter().chain(parents).collect();
        self.flush(all, |paths| self.files.sync_all(&[], paths))?;
        self.made().extend(new.iter().cloned());
        Ok(())
    }

    fn flush<'p>(
        &self,
        paths: impl IntoIterator<Item = &'p str>,
        sync: impl Fn(&[&str]) -> io::Result<()>,
    ) -> Result<(), StoreError> {
        let paths: Vec<&str> = paths.into_iter().collect();
        let mut parts = paths.chunks(FLUSHED_AT_ONCE);
        parts.try_for_each(|part| self.flushed(part.first().unwrap_or(&""), sync(part)))
    }
}

pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

pub(super) fn io_error(step: &'static str, path: &str) -> impl FnOnce(io::Error) -> StoreError {
    move |source| StoreError::Io { step, path: path.to_owned(), source }
}
