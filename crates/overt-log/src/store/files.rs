//! The few system calls that the directory store is made of.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, FlockOperation, Gid, Mode, OFlags, Uid};

use crate::store::flusher::Flusher;
use crate::store::place::is_absent;

/// A lock on a file, held until it is dropped.
pub trait Guard: Send + Sync {}

/// How a lock is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Alone; waits for the others.
    Exclusive,
    /// With others who share; waits for whoever is alone.
    Shared,
    /// Alone, or not at all: does not wait.
    ExclusiveIfFree,
}

/// System calls on paths below one directory.
///
/// Nothing here promises durability but the `sync`s: what was written before [`sync_file`](Files::sync_file), and
/// which names a directory holds before [`sync_directory`](Files::sync_directory). A directory store over
/// [`crate::simulated::Power`] meets every loss that this allows.
pub trait Files: Send + Sync {
    /// Creates a directory; one that exists already is no error.
    ///
    /// # Errors
    /// What the system says.
    fn create_directory(&self, path: &str) -> io::Result<()>;

    /// Creates a read-only file with this content, not flushed.
    ///
    /// # Errors
    /// What the system says; [`ErrorKind::AlreadyExists`] if there is one.
    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()>;

    /// Writes at a place of a file, over what may be there, not flushed. The file is created if need be; only this user can read
    /// it.
    ///
    /// # Errors
    /// What the system says. Part of the bytes may be there then.
    fn write_at(&self, path: &str, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Fills the buffer from a place of a file; whether there are so many bytes.
    ///
    /// # Errors
    /// What the system says; [`ErrorKind::NotFound`] if there is no file.
    fn read_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> io::Result<bool>;

    /// Flushes a file's content to the disk, and how long it is.
    ///
    /// # Errors
    /// What the system says. After that the content must be taken for lost, whatever a second flush says.
    fn sync_file(&self, path: &str) -> io::Result<()>;

    /// Flushes a directory's names to the disk; the empty path is the top.
    ///
    /// # Errors
    /// What the system says.
    fn sync_directory(&self, path: &str) -> io::Result<()>;

    /// Flushes several files and directories, in any order. A directory that is not there needs none.
    ///
    /// # Errors
    /// What the system says of one of them. After that, the content of all must be taken for lost.
    fn sync_all(&self, files: &[&str], directories: &[&str]) -> io::Result<()> {
        let present = |outcome: io::Result<()>| match outcome {
            Err(error) if is_absent(&error) => Ok(()),
            outcome => outcome,
        };
        files.iter().try_for_each(|path| self.sync_file(path))?;
        directories.iter().try_for_each(|path| present(self.sync_directory(path)))
    }

    /// Gives a file a second name.
    ///
    /// # Errors
    /// What the system says; [`ErrorKind::AlreadyExists`] if the name is taken.
    fn link(&self, from: &str, to: &str) -> io::Result<()>;

    /// Moves a file, in place of one that may be there.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file's name.
    ///
    /// # Errors
    /// What the system says; [`ErrorKind::NotFound`] if there is none.
    fn unlink(&self, path: &str) -> io::Result<()>;

    /// Reads a whole file if it is not longer than `limit`, else `limit` + 1 bytes of it; `None` if there is none.
    ///
    /// # Errors
    /// What the system says.
    fn read(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>>;

    /// How long a file is; `None` if there is none.
    ///
    /// # Errors
    /// What the system says.
    fn length(&self, path: &str) -> io::Result<Option<u64>>;

    /// The names of files and of directories in a directory; none if it does not exist.
    ///
    /// # Errors
    /// What the system says.
    fn list(&self, path: &str) -> io::Result<(Vec<String>, Vec<String>)>;

    /// Takes a lock on a file, which is created if need be; `None` if it is not free for [`Hold::ExclusiveIfFree`].
    ///
    /// # Errors
    /// What the system says.
    fn lock(&self, path: &str, hold: Hold) -> io::Result<Option<Box<dyn Guard>>>;
}

/// A real directory.
#[derive(Debug)]
pub struct Disk {
    directory: OwnedFd,
    flusher: Flusher,
    /// Whose everything has to be, if the administrator works in somebody else's directory.
    owner: Option<(Uid, Gid)>,
}

impl Disk {
    /// Opens an existing directory.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(directory: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open(directory, flags, Mode::empty())?;
        let about = rustix::fs::fstat(&directory)?;
        let (user, group) = (Uid::from_raw(about.st_uid), Gid::from_raw(about.st_gid));
        let owner = (rustix::process::geteuid().is_root() && !user.is_root()).then_some((user, group));
        Ok(Self { directory, flusher: Flusher::default(), owner })
    }

    /// A file that may be new, and is its owner's then, too. Only one that is empty and has no other name is given away: the owner
    /// might have put another one in its place.
    fn own_file(&self, path: &str, flags: OFlags, mode: u32) -> io::Result<File> {
        let file = self.file(path, flags | OFlags::CREATE, mode)?;
        if let Some((user, group)) = self.owner {
            let about = rustix::fs::fstat(&file)?;
            if about.st_size == 0 && about.st_nlink == 1 {
                rustix::fs::fchown(&file, Some(user), Some(group))?;
            }
        }
        Ok(file)
    }

    fn file(&self, path: &str, flags: OFlags, mode: u32) -> io::Result<File> {
        let path = if path.is_empty() { "." } else { path };
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        Ok(rustix::fs::openat(&self.directory, path, flags, Mode::from_raw_mode(mode))?.into())
    }
}

impl Guard for File {}

impl Files for Disk {
    fn create_directory(&self, path: &str) -> io::Result<()> {
        // What is hidden is nobody else's: checkpoints lie there that are signed and may never be committed.
        let mode = if path.starts_with('.') { 0o700 } else { 0o755 };
        match rustix::fs::mkdirat(&self.directory, path, Mode::from_raw_mode(mode)) {
            Ok(()) => match self.owner {
                Some((user, group)) => {
                    let flags = AtFlags::SYMLINK_NOFOLLOW;
                    Ok(rustix::fs::chownat(&self.directory, path, Some(user), Some(group), flags)?)
                }
                None => Ok(()),
            },
            // A file of this name is found out before anything is built on it.
            Err(rustix::io::Errno::EXIST) => self.file(path, OFlags::PATH | OFlags::DIRECTORY, 0).map(drop),
            Err(error) => Err(error.into()),
        }
    }

    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.own_file(path, OFlags::WRONLY | OFlags::EXCL, 0o444)?.write_all(bytes)
    }

    fn write_at(&self, path: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.own_file(path, OFlags::WRONLY, 0o600)?.write_all_at(bytes, offset)
    }

    fn read_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> io::Result<bool> {
        match self.file(path, OFlags::RDONLY, 0)?.read_exact_at(buffer, offset) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
            outcome => outcome.map(|()| true),
        }
    }

    fn sync_file(&self, path: &str) -> io::Result<()> {
        self.file(path, OFlags::RDONLY, 0)?.sync_data()
    }

    fn sync_directory(&self, path: &str) -> io::Result<()> {
        self.file(path, OFlags::RDONLY | OFlags::DIRECTORY, 0)?.sync_all()
    }

    fn sync_all(&self, files: &[&str], directories: &[&str]) -> io::Result<()> {
        let open = |paths: &[&str], flags: OFlags| -> io::Result<Vec<File>> {
            let opened = paths.iter().map(|path| self.file(path, OFlags::RDONLY | flags, 0));
            let is_needed =
                |file: &io::Result<File>| flags.is_empty() || !file.as_ref().is_err_and(is_absent);
            opened.filter(is_needed).collect()
        };
        self.flusher.flush(open(files, OFlags::empty())?, open(directories, OFlags::DIRECTORY)?)
    }

    fn link(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::linkat(&self.directory, from, &self.directory, to, AtFlags::empty())?)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.directory, from, &self.directory, to)?)
    }

    fn unlink(&self, path: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.directory, path, AtFlags::empty())?)
    }

    fn read(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        match self.file(path, OFlags::RDONLY, 0) {
            Ok(file) => {
                let length = file.metadata()?.len().min(limit);
                let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
                file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
                Ok(Some(bytes))
            }
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn length(&self, path: &str) -> io::Result<Option<u64>> {
        match self.file(path, OFlags::RDONLY, 0) {
            Ok(file) => Ok(Some(file.metadata()?.len())),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn list(&self, path: &str) -> io::Result<(Vec<String>, Vec<String>)> {
        let (mut files, mut directories) = (Vec::new(), Vec::new());
        let directory = match self.file(path, OFlags::RDONLY | OFlags::DIRECTORY, 0) {
            Ok(directory) => directory,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok((files, directories)),
            Err(error) => return Err(error),
        };
        for entry in rustix::fs::Dir::read_from(&directory)? {
            let entry = entry?;
            // A name that is not UTF-8 is no key; the store did not write it.
            let Ok(name) = entry.file_name().to_str() else { continue };
            match entry.file_type() {
                rustix::fs::FileType::Directory if matches!(name, "." | "..") => {}
                rustix::fs::FileType::Directory => directories.push(name.to_owned()),
                _ => files.push(name.to_owned()),
            }
        }
        Ok((files, directories))
    }

    fn lock(&self, path: &str, hold: Hold) -> io::Result<Option<Box<dyn Guard>>> {
        let file = self.own_file(path, OFlags::RDWR, 0o644)?;
        let operation = match hold {
            Hold::Exclusive => FlockOperation::LockExclusive,
            Hold::Shared => FlockOperation::LockShared,
            Hold::ExclusiveIfFree => FlockOperation::NonBlockingLockExclusive,
        };
        loop {
            match rustix::fs::flock(&file, operation) {
                Ok(()) => return Ok(Some(Box::new(file))),
                Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
