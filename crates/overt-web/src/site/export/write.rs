//! The export's directory: written anew beside the old one, and exchanged when it is whole.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::address::Address;
use super::{ExportError, Exported};

/// Says that a directory is an export.
const MARK: &str = ".overt-export";

/// An export that is being written.
pub(super) struct Target {
    out: PathBuf,
    new: tempfile::TempDir,
    exported: Exported,
}

impl Target {
    /// Begins beside the place that it will have.
    pub(super) fn open(out: &Path) -> Result<Self, ExportError> {
        if out.exists() && !out.join(MARK).is_file() {
            let mut inside = fs::read_dir(out).map_err(io_error(out))?;
            if inside.next().is_some() {
                return Err(ExportError::NotAnExport(out.to_owned()));
            }
        }
        let parent = match out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(io_error(parent))?;
        let new =
            tempfile::Builder::new().prefix(".overt-export-").tempdir_in(parent).map_err(io_error(parent))?;
        fs::write(new.path().join(MARK), "An export of a site made with overt.\n")
            .map_err(io_error(new.path()))?;
        Ok(Self { out: out.to_owned(), new, exported: Exported::default() })
    }

    /// Writes one file. One that is the same as before is the same file as before, where the file system can do that.
    pub(super) fn write(&mut self, address: &Address, bytes: &[u8]) -> Result<(), ExportError> {
        let name = address.file();
        let path = self.new.path().join(&name);
        if !path.starts_with(self.new.path()) || path.exists() {
            return Err(ExportError::Address(address.request()));
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(io_error(folder))?;
        }
        self.exported.files += 1;
        self.exported.bytes += bytes.len() as u64;
        let before = self.out.join(&name);
        let is_same = fs::read(&before).is_ok_and(|old| old == bytes);
        if is_same && fs::hard_link(&before, &path).is_ok() {
            return Ok(());
        }
        self.exported.changed += u64::from(!is_same);
        let written = fs::File::create_new(&path).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        written.map_err(io_error(&path))
    }

    /// Puts it in its place.
    pub(super) fn finish(self) -> Result<Exported, ExportError> {
        let Self { out, new, exported } = self;
        readable(new.path())?;
        let new = new.keep();
        let old = new.with_extension("old");
        if out.exists() {
            fs::rename(&out, &old).map_err(io_error(&out))?;
        }
        if let Err(source) = fs::rename(&new, &out) {
            // What was there goes back to its place.
            let _ = fs::rename(&old, &out);
            return Err(ExportError::Io { path: out, source });
        }
        match fs::remove_dir_all(&old) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(ExportError::Io { path: old, source })
            }
            _ => Ok(exported),
        }
    }
}

/// A temporary directory is its owner's alone; what is public may be read by a file server.
fn readable(directory: &Path) -> Result<(), ExportError> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).map_err(io_error(directory))
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> ExportError {
    let path = path.to_owned();
    move |source| ExportError::Io { path, source }
}
