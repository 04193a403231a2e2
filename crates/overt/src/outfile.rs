//! The files that commands write: whole or not at all, and never over what is there unless somebody says so.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use overt_eval::write_atomically;

use crate::failure::Failure;

/// What becomes of a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It stays, and the command is refused.
    Stays,
    /// The new one takes its place: `--force`.
    Goes,
}

impl Existing {
    /// As the flag `--force` says.
    pub(crate) const fn unless(force: bool) -> Self {
        if force { Self::Goes } else { Self::Stays }
    }

    /// Refuses a file that is there. To be asked before any work is done.
    pub(crate) fn check_file(self, path: &Path) -> Result<(), Failure> {
        if self == Self::Goes || fs::symlink_metadata(path).is_err() {
            return Ok(());
        }
        Err(there(path, "there is a file already"))
    }

    /// Refuses a folder that is there and not empty.
    pub(crate) fn check_folder(self, path: &Path) -> Result<(), Failure> {
        if self == Self::Goes || is_free(path)? {
            return Ok(());
        }
        Err(there(path, "the folder is not empty"))
    }
}

/// Whether nothing is there, or an empty folder.
pub(crate) fn is_free(path: &Path) -> Result<bool, Failure> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(Failure::file("read", path, error).of_option("--out")),
    }
}

/// What is said of a place that is taken.
pub(crate) fn there(path: &Path, what: &str) -> Failure {
    Failure::usage(format!(
        "{what}, and it was left as it is\n  where  {}\n  next   another place with --out, or --force to replace what is there",
        path.display()
    ))
}

/// Writes a file whole, or not at all; its folder is created.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error| Failure::file("write", path, error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    write_atomically(path, |file| file.write_all(bytes)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays_unless_somebody_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/b.json");
        assert!(Existing::Stays.check_file(&file).is_ok() && Existing::Stays.check_folder(&file).is_ok());
        write(&file, b"precious").unwrap();
        let refused = Existing::unless(false).check_file(&file).unwrap_err();
        assert!(refused.message.contains("--force") && refused.message.contains("b.json"), "{refused:?}");
        assert!(Existing::unless(true).check_file(&file).is_ok());
        assert!(Existing::Stays.check_folder(file.parent().unwrap()).is_err());
        assert!(Existing::Stays.check_folder(&file).is_err(), "a file is no folder");
        assert_eq!(fs::read(&file).unwrap(), b"precious");
    }
}
