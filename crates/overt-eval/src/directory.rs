//! The run directory: plain files that outlive overt.
//!
//! `run.json` says what was run and what came out, `tasks.json` holds the tasks as they were, `samples.parquet` the
//! samples. While a run goes on, `journal.jsonl` stands in for the table. Every file but the journal is written to a
//! temporary name, synced and renamed, so that a reader never sees half of one.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use overt_schema::{Digest, RUN_FORMAT, Run, SampleRow, Status, canonical_json};
use serde::Deserialize;

use crate::Materials;
use crate::journal::{self, JournalError};
use crate::table::{self, TableError};

/// The manifest.
pub const MANIFEST: &str = "run.json";
/// The tasks as they were run.
pub const TASKS: &str = "tasks.json";
/// The samples of a finished run.
pub const SAMPLES: &str = "samples.parquet";
/// The samples of a run that goes on.
pub const JOURNAL: &str = "journal.jsonl";

/// The most bytes of a manifest or of a run's tasks that are read. A directory may come from a stranger.
pub const MAX_MANIFEST: u64 = 32 << 20;

/// The way from a directory to a file. The file may be a link: its data lies beside the link, so that is not followed.
fn way_between(directory: &Path, file: &Path) -> Option<PathBuf> {
    let file = std::path::absolute(file).ok()?;
    let parent = file.parent()?.canonicalize().ok()?;
    pathdiff::diff_paths(parent.join(file.file_name()?), directory.canonicalize().ok()?)
}

/// A run directory.
#[derive(Debug)]
pub struct RunDirectory {
    path: PathBuf,
    /// Held while this process may write: an advisory lock on the directory itself.
    _lock: Option<File>,
}

impl RunDirectory {
    /// Creates `runs/id` and takes its lock. If the name is taken, a number is put behind it.
    pub fn create(runs: &Path, id: &str) -> Result<Self, RunError> {
        let wrap = |path: &Path, source| RunError::Io {
            path: path.to_owned(),
            doing: "create the run directory",
            source,
        };
        fs::create_dir_all(runs).map_err(|source| wrap(runs, source))?;
        for attempt in 1..1000 {
            let name = if attempt == 1 { id.to_owned() } else { format!("{id}-{attempt}") };
            let path = runs.join(name);
            match fs::create_dir(&path) {
                Ok(()) => {
                    let lock = lock(&path)?;
                    sync_directory(runs).map_err(|source| wrap(runs, source))?;
                    return Ok(Self { path, _lock: Some(lock) });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(wrap(&path, source)),
            }
        }
        Err(wrap(&runs.join(id), io::ErrorKind::AlreadyExists.into()))
    }

    /// Opens a run directory to read it. Another process may be writing it.
    pub fn open(path: &Path) -> Result<Self, RunError> {
        let manifest = path.join(MANIFEST);
        if !manifest.is_file() {
            return Err(RunError::NotARun { path: path.to_owned(), missing: !path.exists() });
        }
        Ok(Self { path: path.to_owned(), _lock: None })
    }

    /// Opens a run directory to go on with it: takes the lock.
    pub fn open_locked(path: &Path) -> Result<Self, RunError> {
        let directory = Self::open(path)?;
        let lock = lock(path)?;
        let directory = Self { path: directory.path, _lock: Some(lock) };
        directory.drop_stale_journal()?;
        Ok(directory)
    }

    /// Removes the journal of a finished run, which a process leaves that dies in its very last step.
    fn drop_stale_journal(&self) -> Result<(), RunError> {
        let finished = self.manifest().is_ok_and(|run| run.status == Status::Finished);
        let path = self.path.join(JOURNAL);
        if finished && path.exists() {
            let doing = "remove the journal of the finished run";
            fs::remove_file(&path).map_err(|source| RunError::Io { path, doing, source })?;
        }
        Ok(())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory's name, which is the run's id.
    pub fn id(&self) -> String {
        let canonical = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        canonical.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// The manifest.
    pub fn manifest(&self) -> Result<Run, RunError> {
        let path = self.path.join(MANIFEST);
        let bytes = self.read(MANIFEST)?;
        let header: Header = serde_json::from_slice(&bytes)
            .map_err(|source| RunError::Garbled { path: path.clone(), source })?;
        if header.format != RUN_FORMAT {
            return Err(RunError::OtherFormat { path, found: header.format });
        }
        serde_json::from_slice(&bytes).map_err(|source| RunError::Garbled { path, source })
    }

    /// What the run is made of.
    ///
    /// Files that tasks came from are found from where the run directory is now.
    pub fn materials(&self) -> Result<Materials, RunError> {
        let mut materials: Materials = serde_json::from_slice(&self.read(TASKS)?)
            .map_err(|source| RunError::Garbled { path: self.path.join(TASKS), source })?;
        for path in materials.files() {
            *path = self.path.join(&*path).to_string_lossy().into_owned();
        }
        Ok(materials)
    }

    /// The samples so far, in the run's order, each once.
    pub fn rows(&self) -> Result<Rows, RunError> {
        let table = self.path.join(SAMPLES);
        // While a run goes on the journal is the truth, also when a finished run is taken up again.
        if self.manifest()?.status == Status::Finished {
            Ok(Rows(Source::Table(Box::new(table::read(&table)?))))
        } else {
            let path = self.path.join(JOURNAL);
            if path.exists() {
                Ok(Rows(Source::Journal(journal::read_only(&path)?)))
            } else {
                Ok(Rows(Source::None))
            }
        }
    }

    /// Whether the digest of the samples says nothing to who guesses them: the table holds a number that was drawn for it.
    /// Tables of early versions have none.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn is_unguessable(&self) -> Result<bool, RunError> {
        Ok(table::is_unguessable(&self.path.join(SAMPLES))?)
    }

    /// Whether the files are those that the manifest names: each file's digest is taken anew.
    pub fn check_files(&self) -> Result<(), RunError> {
        for (name, expected) in &self.manifest()?.files {
            let path = self.path.join(name);
            let found = digest_of(&path).map_err(|source| RunError::Io {
                path: path.clone(),
                doing: "read",
                source,
            })?;
            if found != *expected {
                return Err(RunError::Altered { path, expected: *expected, found });
            }
        }
        Ok(())
    }

    pub(crate) fn write_manifest(&self, run: &Run) -> Result<(), RunError> {
        let path = self.path.join(MANIFEST);
        let bytes = canonical_json(run).map_err(|source| RunError::Garbled { path, source })?;
        self.write(MANIFEST, &bytes)
    }

    /// Writes what the run is made of, with files named by the way from the run directory: so that a run resumes from
    /// any working directory, moves along with its tasks, and names no home directory.
    pub(crate) fn write_materials(&self, materials: &Materials) -> Result<(), RunError> {
        let path = self.path.join(TASKS);
        let mut materials = materials.clone();
        for file in materials.files() {
            if let Some(way) = way_between(&self.path, Path::new(&*file)) {
                *file = way.to_string_lossy().into_owned();
            }
        }
        let bytes = canonical_json(&materials).map_err(|source| RunError::Garbled { path, source })?;
        self.write(TASKS, &bytes)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), RunError> {
        let path = self.path.join(name);
        write_atomically(&path, |file| file.write_all(bytes)).map_err(|source| RunError::Io {
            path,
            doing: "write",
            source,
        })
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, RunError> {
        let path = self.path.join(name);
        let read = || {
            let mut bytes = Vec::new();
            open_file(&path)?.take(MAX_MANIFEST + 1).read_to_end(&mut bytes)?;
            if bytes.len() as u64 > MAX_MANIFEST {
                let why = format!("it has more than {MAX_MANIFEST} bytes, and no run's has");
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
            }
            Ok(bytes)
        };
        read().map_err(|source| RunError::Io { path, doing: "read", source })
    }
}

/// The part of a manifest that every version has.
#[derive(Deserialize)]
struct Header {
    format: String,
}

/// The rows of a run in order.
#[derive(Debug)]
pub struct Rows(Source);

#[derive(Debug)]
enum Source {
    Table(Box<table::Reader>),
    Journal(journal::JournalReader),
    None,
}

impl Iterator for Rows {
    type Item = Result<SampleRow, RunError>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Source::Table(rows) => rows.next().map(|row| row.map_err(RunError::from)),
            Source::Journal(rows) => rows.next().map(|row| row.map_err(RunError::from)),
            Source::None => None,
        }
    }
}

fn lock(path: &Path) -> Result<File, RunError> {
    let wrap = |source| RunError::Io { path: path.to_owned(), doing: "lock", source };
    let directory = File::open(path).map_err(wrap)?;
    match directory.try_lock() {
        Ok(()) => Ok(directory),
        Err(fs::TryLockError::WouldBlock) => Err(RunError::Busy { path: path.to_owned() }),
        Err(fs::TryLockError::Error(source)) => Err(wrap(source)),
    }
}

/// Writes a file so that a reader sees all of it or nothing, also after a crash: temporary name in the same
/// directory, sync, rename, sync of the directory.
pub fn write_atomically(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut temporary = tempfile::Builder::new().prefix(".overt-").suffix(".tmp").tempfile_in(directory)?;
    write(temporary.as_file_mut())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        temporary.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|error| error.error)?;
    sync_directory(directory)
}

fn sync_directory(path: &Path) -> io::Result<()> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path)?.sync_all()
}

/// Opens a file to read it, and nothing that only looks like one: a pipe would be waited for without end.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    if fs::metadata(path)?.is_file() {
        File::open(path)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"))
    }
}

/// The digest of a file, read piece by piece.
///
/// # Errors
/// When it cannot be read.
pub fn digest_of(path: &Path) -> io::Result<Digest> {
    let mut hasher = overt_schema::Hasher::default();
    let mut file = open_file(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finish()),
            n => hasher.update(&buffer[..n]),
        }
    }
}

/// Why a run directory could not be used.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The operating system said no.
    #[error("cannot {doing}\n  path   {}\n  cause  {source}", path.display())]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// There is no manifest.
    #[error("{}", not_a_run(path, *missing))]
    NotARun {
        /// What was named.
        path: PathBuf,
        /// Whether there is nothing at all.
        missing: bool,
    },
    /// Another version wrote it.
    #[error(
        "this run has another format than this version of overt reads\n  file   {}\n  format {found:?}, this version reads {RUN_FORMAT:?}\n  next   use the version of overt that wrote it, or a newer one",
        path.display()
    )]
    OtherFormat {
        /// The manifest.
        path: PathBuf,
        /// Its format.
        found: String,
    },
    /// A file is not what overt writes.
    #[error("a file of the run is damaged\n  file   {}\n  cause  {source}", path.display())]
    Garbled {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A file is not the one that the manifest names.
    #[error(
        "a file of the run was changed after it was finished\n  file     {}\n  expected sha256 {expected}\n  found    sha256 {found}",
        path.display()
    )]
    Altered {
        /// The file.
        path: PathBuf,
        /// The manifest's digest.
        expected: Digest,
        /// The file's digest.
        found: Digest,
    },
    /// Another process writes it.
    #[error(
        "another process is writing this run\n  run    {}\n  next   wait for it, or stop it; a run has one writer at a time",
        path.display()
    )]
    Busy {
        /// The run.
        path: PathBuf,
    },
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The table.
    #[error(transparent)]
    Table(#[from] TableError),
}

fn not_a_run(path: &Path, missing: bool) -> String {
    let what = if missing { "there is no such run" } else { "this is not a run directory" };
    let why = if missing { "nothing is there" } else { "it has no run.json" };
    format!(
        "{what}\n  path   {} ({why})\n  next   name a directory that `overt eval` made; they are under `runs/` by default",
        path.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_writer_is_refused_until_the_first_is_gone() {
        let home = tempfile::tempdir().unwrap();
        let first = RunDirectory::create(home.path(), "a").unwrap();
        fs::write(first.path().join(MANIFEST), "{}").unwrap();
        let path = first.path().to_owned();
        assert!(matches!(RunDirectory::open_locked(&path), Err(RunError::Busy { .. })));
        RunDirectory::open(&path).unwrap();
        drop(first);
        // Another test that starts a program holds copies of all open files until the program has begun.
        let free = || RunDirectory::open_locked(&path).is_ok();
        assert!((0..500).any(|_| free() || {
            std::thread::sleep(std::time::Duration::from_millis(10));
            false
        }));
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let home = tempfile::tempdir().unwrap();
        let one = RunDirectory::create(home.path(), "a").unwrap();
        let two = RunDirectory::create(home.path(), "a").unwrap();
        assert_eq!((one.id().as_str(), two.id().as_str()), ("a", "a-2"));
    }

    #[test]
    fn a_newer_format_is_named() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(MANIFEST), r#"{"format":"overt-run/9","new":1}"#).unwrap();
        let error = RunDirectory::open(home.path()).unwrap().manifest().unwrap_err();
        assert!(matches!(&error, RunError::OtherFormat { found, .. } if found == "overt-run/9"), "{error}");
        let nothing = RunDirectory::open(&home.path().join("none")).unwrap_err();
        assert!(nothing.to_string().contains("no such run"), "{nothing}");
    }
}
