//! A site's directory: what lies where, whose it is, and that one process at a time has it.
//!
//! ```text
//! DATA/
//!   overt-site        says that this directory is a site's; locked by the process that has it
//!   log/              the log
//!   private.sqlite    the truth of what must not be public
//!   secret.key        encrypts addresses and contacts in private.sqlite
//!   derived/          may be deleted: index.sqlite, laid-out run directories
//! ```

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::random::NoRandomness;
use crate::secret::{SECRET_BYTES, Secret};

const MARK: &str = "overt-site";
const MARK_TEXT: &[u8] = b"overt-site v1\n";
const SECRET: &str = "secret.key";
const PRIVATE: &str = "private.sqlite";

/// A site's directory, held by this process until it is dropped.
pub struct Data {
    root: PathBuf,
    secret: Secret,
    /// Holds the lock.
    _mark: File,
}

/// Why a directory can't be a site's.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// Something else lies there.
    #[error("{0} is not empty and not a site's; give an empty directory, or one that does not exist yet")]
    NotASite(PathBuf),
    /// Of a later format.
    #[error("{0} was written by a later version of overt; use that one")]
    Later(PathBuf),
    /// Another process has it.
    #[error("{0} is in use by another process; a site is served by one process at a time")]
    InUse(PathBuf),
    /// Others can read the secret.
    #[error("{path} can be read by others (mode {mode:03o}); run `chmod 600` on it")]
    ReadableByOthers {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The secret is not one.
    #[error("{path} has {found} bytes instead of {SECRET_BYTES}; restore it from the backup")]
    NotASecret {
        /// The file.
        path: PathBuf,
        /// Its length.
        found: u64,
    },
    /// There is private state, and not what it is encrypted with.
    #[error(
        "{0} is missing, and private.sqlite can't be read without it; restore it from the backup, or move \
         private.sqlite away and begin anew"
    )]
    SecretLost(PathBuf),
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The file system.
    #[error("cannot {step} {path}: {source}")]
    Io {
        /// What was tried.
        step: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Data {
    /// Opens a site's directory; makes one of a directory that is empty or not there.
    ///
    /// # Errors
    /// When it is something else's, in use, or can't be written to.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, DataError> {
        let root = root.into();
        if !root.exists() {
            let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&root);
            made.map_err(|source| DataError::Io { step: "create", path: root.clone(), source })?;
        }
        let mark = claim(&root)?;
        let secret = load_secret(&root)?;
        for part in ["log", "derived"] {
            make_private_directory(&root.join(part))?;
        }
        Ok(Self { root, secret, _mark: mark })
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the log lies.
    pub fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    /// Where the private state lies.
    pub fn private(&self) -> PathBuf {
        self.root.join(PRIVATE)
    }

    /// Where what can be made anew lies.
    pub fn derived(&self) -> PathBuf {
        self.root.join("derived")
    }

    /// Where the index lies.
    pub fn index(&self) -> PathBuf {
        self.derived().join("index.sqlite")
    }

    /// The secret.
    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }
}

/// Marks the directory as a site's, and locks it.
fn claim(root: &Path) -> Result<File, DataError> {
    let path = root.join(MARK);
    if !path.exists() {
        let mut inside = fs::read_dir(root).map_err(io_error("read", root))?;
        if inside.next().is_some() {
            return Err(DataError::NotASite(root.to_owned()));
        }
        // Not as open as the caller's umask may have left an empty directory.
        fs::set_permissions(root, fs::Permissions::from_mode(0o700)).map_err(io_error("protect", root))?;
        write_new(&path, MARK_TEXT)?;
    }
    let mut mark = OpenOptions::new().read(true).open(&path).map_err(io_error("open", &path))?;
    match mark.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(DataError::InUse(root.to_owned())),
        Err(TryLockError::Error(source)) => return Err(DataError::Io { step: "lock", path, source }),
    }
    let mut text = Vec::new();
    (&mut mark).take(64).read_to_end(&mut text).map_err(io_error("read", &path))?;
    match text.as_slice() {
        MARK_TEXT => Ok(mark),
        text if text.starts_with(b"overt-site v") => Err(DataError::Later(root.to_owned())),
        _ => Err(DataError::NotASite(root.to_owned())),
    }
}

fn load_secret(root: &Path) -> Result<Secret, DataError> {
    let path = root.join(SECRET);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if root.join(PRIVATE).exists() {
                return Err(DataError::SecretLost(path));
            }
            let secret = Secret::draw()?;
            write_new(&path, secret.as_bytes())?;
            return Ok(secret);
        }
        Err(source) => return Err(DataError::Io { step: "open", path, source }),
    };
    let metadata = file.metadata().map_err(io_error("look at", &path))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(DataError::ReadableByOthers { path, mode });
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_BYTES + 1));
    file.take(SECRET_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(io_error("read", &path))?;
    match <[u8; SECRET_BYTES]>::try_from(bytes.as_slice()) {
        Ok(bytes) => Ok(Secret::from_bytes(Zeroizing::new(bytes))),
        Err(_) => Err(DataError::NotASecret { path, found: metadata.len() }),
    }
}

fn make_private_directory(path: &Path) -> Result<(), DataError> {
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(DataError::Io { step: "create", path: path.to_owned(), source }),
    }
}

/// Writes a file that is not there, readable by its owner alone, under its name only when it is whole and durable.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    let temporary = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&temporary).map_err(io_error("create", &temporary))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io_error("write", &temporary))?;
    fs::rename(&temporary, path).map_err(io_error("name", path))?;
    let directory = path.parent().unwrap_or(path);
    File::open(directory).and_then(|open| open.sync_all()).map_err(io_error("sync", directory))
}

fn io_error(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DataError {
    let path = path.to_owned();
    move |source| DataError::Io { step, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_directory_is_its_owners_alone_and_opens_again_with_the_same_secret() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("a/site");
        let data = Data::open(&root).unwrap();
        let secret = *data.secret().as_bytes();
        assert_eq!(mode(&root), 0o700);
        assert_eq!(mode(&root.join(SECRET)), 0o600);
        drop(data);
        assert_eq!(*Data::open(&root).unwrap().secret().as_bytes(), secret);
    }

    #[test]
    fn one_process_at_a_time_has_a_directory() {
        let root = tempfile::tempdir().unwrap();
        let first = Data::open(root.path()).unwrap();
        assert!(matches!(Data::open(root.path()), Err(DataError::InUse(_))));
        drop(first);
        assert!(Data::open(root.path()).is_ok());
    }

    #[test]
    fn somebody_elses_directory_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("notes.txt"), "mine").unwrap();
        assert!(matches!(Data::open(root.path()), Err(DataError::NotASite(_))));
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
        fs::write(root.path().join(MARK), "overt-site v2\n").unwrap();
        assert!(matches!(Data::open(root.path()), Err(DataError::Later(_))));
        fs::write(root.path().join(MARK), "something else").unwrap();
        assert!(matches!(Data::open(root.path()), Err(DataError::NotASite(_))));
    }

    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        let root = tempfile::tempdir().unwrap();
        drop(Data::open(root.path()).unwrap());
        let path = root.path().join(SECRET);
        for open in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
            let found = Data::open(root.path()).map(drop);
            assert!(matches!(found, Err(DataError::ReadableByOthers { mode, .. }) if mode == open));
        }
    }

    #[test]
    fn a_damaged_secret_is_an_error_and_a_lost_one_is_not_replaced() {
        let root = tempfile::tempdir().unwrap();
        drop(Data::open(root.path()).unwrap());
        let path = root.path().join(SECRET);
        for bytes in [[0; 31].as_slice(), &[0; 33], &[]] {
            fs::write(&path, bytes).unwrap();
            let found = Data::open(root.path()).map(drop);
            assert!(matches!(found, Err(DataError::NotASecret { found, .. }) if found == bytes.len() as u64));
        }
        fs::remove_file(&path).unwrap();
        fs::write(root.path().join(PRIVATE), "").unwrap();
        assert!(matches!(Data::open(root.path()), Err(DataError::SecretLost(_))));
        assert!(!path.exists());
    }
}
