//! A task that has been read, with all that is needed to find its data.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use overt_schema::{Digest, Task};

use crate::catalogue::CatalogueError;
use crate::embedded;
use crate::error::DatasetError;
use crate::prepare;
use crate::samples::{Samples, Selection};
use crate::source::Bytes;

/// How the origin of a task begins that is part of the binary.
pub const BUILT_IN: &str = "built-in:";

/// A task with its origin.
#[derive(Clone, Debug)]
pub struct LoadedTask {
    /// The task.
    pub task: Task,
    /// Where it was read.
    pub origin: Origin,
    /// Digest of the task's canonical JSON.
    pub digest: Digest,
    /// Of samples that a program makes: the digest of what it wrote, once [`LoadedTask::make`] has run it. A run that
    /// goes on sets it to what its manifest says, so that its samples stay what they were.
    pub made: Option<Digest>,
}

/// Where a task was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is part of the binary.
    BuiltIn {
        /// Path below the crate's directory `suites`.
        file: &'static str,
    },
    /// A file.
    File {
        /// As it was given.
        path: PathBuf,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn { file } => write!(f, "{BUILT_IN}{file}"),
            Self::File { path } => path.display().fmt(f),
        }
    }
}

/// How far a slow step has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The dataset is coming over the network.
    Fetching {
        /// Bytes that have come.
        received: u64,
        /// Bytes in all, if the server says.
        total: Option<u64>,
    },
    /// The dataset is being read.
    Reading {
        /// Rows so far.
        rows: u64,
    },
}

impl LoadedTask {
    /// Reads a task file.
    ///
    /// # Errors
    /// When there is no such file, or it is not a task.
    pub fn read(path: &Path) -> Result<Self, CatalogueError> {
        let text = crate::catalogue::read_text(path)?;
        Self::parse(&text, Origin::File { path: path.to_owned() })
    }

    /// A task that a run keeps, with its origin as [`Origin`] displays it: the data is looked for where it was.
    ///
    /// # Errors
    /// When the origin is a built-in task that this build does not have.
    pub fn restore(origin: &str, task: Task) -> Result<Self, CatalogueError> {
        let origin = match origin.strip_prefix(BUILT_IN) {
            None => Origin::File { path: origin.into() },
            Some(name) => match embedded::tasks().find(|(_, file)| *file == name) {
                Some((_, file)) => Origin::BuiltIn { file },
                None => return Err(CatalogueError::NotBuiltIn(origin.to_owned())),
            },
        };
        Self::with_digest(task, origin)
    }

    /// Whether it is a built-in task as this build has it, so that its data is in the binary, whoever names it.
    pub fn is_built_in(&self) -> bool {
        match &self.origin {
            Origin::BuiltIn { file } => Self::built_in(file).is_ok_and(|known| known.digest == self.digest),
            Origin::File { .. } => false,
        }
    }

    /// A built-in task, by its file.
    pub(crate) fn built_in(file: &'static str) -> Result<Self, CatalogueError> {
        let bytes = embedded::read(file).ok_or_else(|| CatalogueError::NotBuiltIn(file.to_owned()))?;
        Self::parse(&String::from_utf8_lossy(bytes), Origin::BuiltIn { file })
    }

    pub(crate) fn parse(text: &str, origin: Origin) -> Result<Self, CatalogueError> {
        let task = Task::parse(&origin.to_string(), text)?;
        Self::with_digest(task, origin)
    }

    fn with_digest(task: Task, origin: Origin) -> Result<Self, CatalogueError> {
        let digest = Digest::of_json(&task)
            .map_err(|source| CatalogueError::NotCanonical { file: origin.to_string(), source })?;
        Ok(Self { task, origin, digest, made: None })
    }

    /// Reads the dataset and makes the run's samples ready. What comes over the network must have been fetched before.
    ///
    /// Blocks while it reads. A large dataset leaves an unnamed temporary file in `cache`, which goes with the
    /// [`Samples`]. If the selection or the task limits the number of samples and nothing is shuffled, rows after the
    /// last one needed are hashed but not looked at.
    ///
    /// # Errors
    /// [`DatasetError`] says what is wrong, where, and what to do.
    pub fn prepare(
        &self,
        selection: &Selection,
        cache: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Samples, DatasetError> {
        prepare::prepare(self, selection, cache, progress)
    }

    /// The folder in which the task's programs run: that of its file.
    pub fn folder(&self) -> PathBuf {
        let folder = match &self.origin {
            Origin::File { path } => path.parent().filter(|folder| *folder != Path::new("")),
            Origin::BuiltIn { .. } => None,
        };
        folder.unwrap_or(Path::new(".")).to_owned()
    }

    /// The bytes of a data file that the task names, and what to call them in messages.
    pub(crate) fn resolve_data(&self, path: &str) -> Result<(Bytes, String), DatasetError> {
        match &self.origin {
            Origin::BuiltIn { file } => {
                let directory = file.rsplit_once('/').map_or("", |(directory, _)| directory);
                let full = format!("{directory}/{path}");
                let bytes = embedded::read(&full).ok_or_else(|| DatasetError::NotEmbedded(full.clone()))?;
                Ok((Bytes::Embedded(bytes), format!("{BUILT_IN}{full}")))
            }
            Origin::File { path: task } => {
                let full = beside(task, path);
                let name = full.display().to_string();
                Ok((Bytes::File(full), name))
            }
        }
    }

    /// What a run's manifest says about the source of a data file: never a path of the machine that ran it.
    pub(crate) fn data_source(&self, path: &str) -> String {
        match &self.origin {
            Origin::BuiltIn { .. } => "embedded".into(),
            Origin::File { .. } => path.to_owned(),
        }
    }
}

/// A path relative to a file's directory, without `./` inside.
pub(crate) fn beside(file: &Path, relative: &str) -> PathBuf {
    let joined = file.parent().unwrap_or(Path::new("")).join(relative);
    let first_dot = matches!(joined.components().next(), Some(Component::CurDir));
    let plain: PathBuf = joined.components().filter(|part| *part != Component::CurDir).collect();
    if first_dot { Path::new(".").join(plain) } else { plain }
}
