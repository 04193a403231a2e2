//! What a publisher keeps of a published run: the secret behind the salts, and what makes a second try say the same.
//!
//! It is made before the record is signed and is never changed. A publication that was interrupted is taken up with the
//! same secret and the same salt, so that the log finds the record it has already.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use overt_record::{Hash, SampleSecret};
use serde::{Deserialize, Serialize};

use crate::error::EvidenceError;

/// The publisher's own part of one publication.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Keepsake {
    /// Where the salts of all samples come from; whoever has it can open every sample.
    secret: Hash,
    /// The salt of the entry in the log.
    log_salt: Hash,
}

impl Keepsake {
    /// The one of a run, by the digest of its manifest. If there is none it is made of `entropy` (64 random bytes), and
    /// is on disk when this returns.
    pub fn of(home: &Path, manifest: Hash, entropy: &[u8; 64]) -> Result<Self, EvidenceError> {
        if let Some(kept) = Self::find(home, manifest)? {
            return Ok(kept);
        }
        let half = |from: usize| {
            let mut bytes = [0; 32];
            bytes.copy_from_slice(&entropy[from..from + 32]);
            Hash::from(bytes)
        };
        let kept = Self { secret: half(0), log_salt: half(32) };
        let path = path(home, manifest);
        match kept.write(&path) {
            Ok(()) => Ok(kept),
            // Another process was quicker: its secret is the one.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Self::find(home, manifest)?.ok_or_else(|| failed(&path, "read")(error))
            }
            Err(error) => Err(failed(&path, "write")(error)),
        }
    }

    /// The one of a run, if it was published from here.
    pub fn find(home: &Path, manifest: Hash) -> Result<Option<Self>, EvidenceError> {
        let path = path(home, manifest);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| EvidenceError::Garbled { path, why: error.to_string() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&path, "read")(error)),
        }
    }

    /// Where the salts come from.
    pub fn secret(&self) -> SampleSecret {
        SampleSecret::from_bytes(*self.secret.as_bytes())
    }

    /// The salt of the entry in the log.
    pub fn log_salt(&self) -> [u8; 32] {
        *self.log_salt.as_bytes()
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        // A temporary file is readable by its owner alone.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut file, self)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        fs::File::open(folder)?.sync_all()
    }
}

impl std::fmt::Debug for Keepsake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keepsake(…)")
    }
}

fn path(home: &Path, manifest: Hash) -> PathBuf {
    home.join("published").join(format!("{manifest}.json"))
}

fn failed<'a>(path: &'a Path, doing: &'static str) -> impl Fn(io::Error) -> EvidenceError + 'a {
    move |source| EvidenceError::Io { path: path.to_owned(), doing, source }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

    use super::*;

    #[test]
    fn a_second_try_gets_what_the_first_one_kept() {
        let home = tempfile::tempdir().unwrap();
        let run = Hash::of("run.json");
        assert!(Keepsake::find(home.path(), run).unwrap().is_none());
        let first = Keepsake::of(home.path(), run, &[1; 64]).unwrap();
        let second = Keepsake::of(home.path(), run, &[2; 64]).unwrap();
        assert_eq!(first.secret(), second.secret());
        assert_eq!(second.log_salt(), [1; 32]);
        assert!(!format!("{second:?}").contains("0101"), "secrets do not reach debug output");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        Keepsake::of(home.path(), Hash::of(""), &[1; 64]).unwrap();
        let mode = fs::metadata(path(home.path(), Hash::of(""))).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}
