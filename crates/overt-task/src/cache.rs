//! Datasets that were fetched or made: one file each, named by its digest, so a name can only ever mean one content.
//!
//! ```text
//! datasets/46e805b3…        a file; its time of change is when it was last used
//! datasets/46e805b3….part   what an interrupted download left
//! datasets/hub/….json       what a dataset of the hub turned out to be, and which files it has
//! datasets/url/….json       which file came from an address, or from a program
//! ```
//!
//! Anything else in there, links included, is somebody else's: it is neither listed nor removed.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use overt_schema::Digest;

use crate::fetch::{FromUrl, sync_directory};
use crate::hub::Record;
use crate::source::Bytes;

pub use sweep::{Keep, Swept, Waste, Why, find_waste, remove_waste};

pub(crate) use hold::Hold;

mod hold;
mod sweep;

/// How exactly it is kept when a file was last used.
const USED_WITHIN: Duration = Duration::from_mins(10);

/// A file in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedDataset {
    /// Its name.
    pub sha256: Digest,
    /// Its size.
    pub bytes: u64,
    /// Where it is.
    pub path: PathBuf,
    /// Where it is from, as manifests name it: addresses, datasets of the hub, programs. Empty if that is not known.
    pub sources: Vec<String>,
    /// When it was last used, or else fetched, to some minutes.
    pub used: Option<SystemTime>,
}

/// A file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// The file.
    pub dataset: CachedDataset,
    /// What is wrong with it.
    pub damage: Damage,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It has another digest than its name says.
    Content(Digest),
    /// It cannot be read, for this reason.
    Unreadable(String),
}

/// The cache cannot be read or changed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {}: {source}\n  next     check the permissions of the cache directory", path.display())]
pub struct CacheError {
    /// What was tried.
    pub doing: &'static str,
    /// With which file.
    pub path: PathBuf,
    /// Why not.
    pub source: io::Error,
}

/// The files in the cache, in the order of their digests.
///
/// # Errors
/// When a directory cannot be read. One that is not there holds nothing.
pub fn cached_datasets(cache: &Path) -> Result<Vec<CachedDataset>, CacheError> {
    let notes = notes(cache)?;
    let mut datasets = Vec::new();
    for Plain { path, bytes, changed } in files(&directory(cache))? {
        let Some(sha256) = digest_in(&path, "") else { continue };
        let sources: BTreeSet<&String> =
            notes.iter().filter(|note| note.digests.contains(&sha256)).map(|note| &note.source).collect();
        let sources = sources.into_iter().cloned().collect();
        datasets.push(CachedDataset { sha256, bytes, path, sources, used: changed });
    }
    datasets.sort_by_key(|dataset| dataset.sha256);
    Ok(datasets)
}

/// Puts a copy of a file into the cache, under its digest: a dataset that came by another way than the network.
///
/// # Errors
/// When the file cannot be read, or the cache not written.
pub fn add_to_cache(file: &Path, cache: &Path) -> Result<CachedDataset, CacheError> {
    let about = file.metadata().map_err(error("read", file))?;
    if !about.is_file() {
        return Err(error("read", file)(io::Error::new(
            io::ErrorKind::InvalidData,
            "it is not a regular file",
        )));
    }
    let directory = directory(cache);
    std::fs::create_dir_all(&directory).map_err(error("make", &directory))?;
    let mut copy = tempfile::NamedTempFile::new_in(&directory).map_err(error("write in", &directory))?;
    let mut source = File::open(file).map_err(error("read", file))?;
    let bytes = io::copy(&mut source, &mut copy).map_err(error("copy", file))?;
    // The copy is what counts: the file may be changing.
    let sha256 = digest_of(copy.path()).map_err(error("read", copy.path()))?;
    let path = path(cache, &sha256);
    copy.as_file().sync_all().map_err(error("write", &path))?;
    copy.persist(&path).map_err(|failed| error("write", &path)(failed.error))?;
    sync_directory(&directory).map_err(error("write", &directory))?;
    Ok(CachedDataset { sha256, bytes, path, sources: Vec::new(), used: None })
}

/// Reads every file, tells each to `checked`, and returns those that are not what their names say.
///
/// # Errors
/// When the directory cannot be read.
pub fn verify_cache(
    cache: &Path,
    checked: &mut dyn FnMut(&CachedDataset),
) -> Result<Vec<Damaged>, CacheError> {
    let mut damaged = Vec::new();
    for dataset in cached_datasets(cache)? {
        let damage = dataset.damage();
        checked(&dataset);
        damaged.extend(damage.map(|damage| Damaged { dataset, damage }));
    }
    Ok(damaged)
}

impl CachedDataset {
    /// Reads the file and says what is wrong with it. One that is gone by now is no damage.
    pub fn damage(&self) -> Option<Damage> {
        match digest_of(&self.path) {
            Ok(found) if found == self.sha256 => None,
            Ok(found) => Some(Damage::Content(found)),
            Err(_) if !self.path.exists() => None,
            Err(error) => Some(Damage::Unreadable(error.to_string())),
        }
    }
}

/// Where the dataset with this digest is, or will be.
pub(crate) fn path(cache: &Path, digest: &Digest) -> PathBuf {
    directory(cache).join(digest.to_string())
}

/// Where fetched datasets are.
pub(crate) fn directory(cache: &Path) -> PathBuf {
    cache.join("datasets")
}

/// Where it is kept what datasets of the hub turned out to be.
pub(crate) fn records(cache: &Path) -> PathBuf {
    directory(cache).join("hub")
}

/// Where it is kept which file came from which address.
pub(crate) fn addresses(cache: &Path) -> PathBuf {
    directory(cache).join("url")
}

/// The file of a digest, if the cache has it. Whoever asks is about to use it, so it counts as used.
pub(crate) fn find(cache: &Path, digest: &Digest) -> Option<PathBuf> {
    let path = path(cache, digest);
    let metadata = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
    let recent = |at: SystemTime| at.elapsed().is_ok_and(|age| age < USED_WITHIN);
    if !metadata.modified().is_ok_and(recent) {
        // A cache that others look after cannot be written, and need not be.
        let _ = File::options().write(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
    }
    Some(path)
}

/// Writes a note that is there whole or not at all.
pub(crate) fn write_note(path: &Path, note: &impl serde::Serialize) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory)?;
    let mut temporary = tempfile::NamedTempFile::new_in(directory)?;
    temporary.write_all(&serde_json::to_vec_pretty(note)?)?;
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|error| error.error)?;
    sync_directory(directory)
}

/// What is known of a source.
struct Note {
    plain: Plain,
    source: String,
    /// The files that it has.
    digests: Vec<Digest>,
}

/// What is known of where files are from.
fn notes(cache: &Path) -> Result<Vec<Note>, CacheError> {
    let mut notes = Vec::new();
    for directory in [records(cache), addresses(cache)] {
        let plain = files(&directory)?.into_iter();
        notes.extend(plain.filter(|plain| digest_in(&plain.path, ".json").is_some()).map(Note::read));
    }
    Ok(notes)
}

impl Note {
    /// One that cannot be read has no source and no files.
    fn read(plain: Plain) -> Self {
        let of_hub = || {
            let record = Record::read_file(&plain.path)?;
            Some((record.source(), record.files.iter().map(|file| file.sha256).collect()))
        };
        let from_url = || FromUrl::read(&plain.path).map(|from| (from.url, vec![from.sha256]));
        let (source, digests) = of_hub().or_else(from_url).unwrap_or_default();
        Self { plain, source, digests }
    }
}

/// A plain file.
struct Plain {
    path: PathBuf,
    bytes: u64,
    changed: Option<SystemTime>,
}

impl Plain {
    /// `None` if there is none at this path; a link is none.
    fn at(path: PathBuf) -> Option<Self> {
        let metadata = std::fs::symlink_metadata(&path).ok()?;
        let (bytes, changed) = (metadata.len(), metadata.modified().ok());
        metadata.is_file().then_some(Self { path, bytes, changed })
    }
}

/// The plain files of a directory in the order of their names; none if there is no such directory.
fn files(directory: &Path) -> Result<Vec<Plain>, CacheError> {
    let entries = match std::fs::read_dir(directory) {
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(error("read", directory))?,
    };
    let mut files = Vec::new();
    for entry in entries {
        // One that is gone since was removed by another process.
        files.extend(Plain::at(entry.map_err(error("read", directory))?.path()));
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The digest that a file is named by, before the ending.
fn digest_in(path: &Path, ending: &str) -> Option<Digest> {
    path.file_name()?.to_str()?.strip_suffix(ending)?.parse().ok()
}

fn digest_of(path: &Path) -> io::Result<Digest> {
    let stored = Bytes::File(path.to_owned()).stored(&path.display().to_string(), None);
    stored.map_err(io::Error::other)?.finish()
}

fn error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CacheError {
    let path = path.to_owned();
    move |source| CacheError { doing, path, source }
}

#[cfg(test)]
mod tests;
