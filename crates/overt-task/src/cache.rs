//! Datasets that were fetched: one file each, named by its digest, so a name can only ever mean one content.
//!
//! ```text
//! datasets/46e805b3…        a file
//! datasets/46e805b3….part   what an interrupted download left
//! datasets/hub/….json       what a dataset of the hub turned out to be, and which files it has
//! ```

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use overt_schema::Digest;

use crate::fetch::ENDING;
use crate::hub::{Asked, Record};
use crate::loaded::LoadedTask;
use crate::source::Bytes;

/// A part of this age is no download's any more.
const OLD: Duration = Duration::from_hours(1);

/// A file in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedDataset {
    /// Its name.
    pub sha256: Digest,
    /// Its size.
    pub bytes: u64,
    /// Where it is.
    pub path: PathBuf,
    /// The datasets of the hub that it belongs to, as manifests name them. A file from a URL has none.
    pub belongs_to: Vec<String>,
}

/// A file whose content is not what its name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrupt {
    /// The file.
    pub dataset: CachedDataset,
    /// The digest of what it holds.
    pub found: Digest,
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// How many files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
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
    let records = all_records(cache)?;
    let mut datasets = Vec::new();
    for (path, bytes) in files(&directory(cache))? {
        let Some(sha256) = name(&path).and_then(|name| name.parse::<Digest>().ok()) else { continue };
        let has_it = |record: &&Record| record.files.iter().any(|file| file.sha256 == sha256);
        let belongs_to: BTreeSet<String> =
            records.iter().map(|(_, record)| record).filter(has_it).map(Record::source).collect();
        datasets.push(CachedDataset { sha256, bytes, path, belongs_to: belongs_to.into_iter().collect() });
    }
    datasets.sort_by_key(|dataset| dataset.sha256);
    Ok(datasets)
}

/// Reads every file, tells each to `checked`, and returns those that are not what their names say.
///
/// # Errors
/// When a file cannot be read.
pub fn verify_cache(
    cache: &Path,
    checked: &mut dyn FnMut(&CachedDataset),
) -> Result<Vec<Corrupt>, CacheError> {
    let mut corrupt = Vec::new();
    for dataset in cached_datasets(cache)? {
        let found = digest_of(&dataset.path).map_err(error("read", &dataset.path))?;
        checked(&dataset);
        if found != dataset.sha256 {
            corrupt.push(Corrupt { dataset, found });
        }
    }
    Ok(corrupt)
}

/// Removes what none of these tasks uses: files, records, and what interrupted downloads left an hour ago or more.
///
/// Nothing that a running evaluation needs is lost: it has read its dataset before it asks.
///
/// # Errors
/// When something cannot be removed. What went before is removed.
pub fn clean_cache(cache: &Path, keep: &[LoadedTask]) -> Result<Removed, CacheError> {
    let (mut digests, mut records) = (BTreeSet::new(), BTreeSet::new());
    for task in keep {
        let dataset = &task.task.dataset;
        if dataset.url.is_some() {
            digests.extend(dataset.sha256);
        }
        if let Some(asked) = Asked::of(dataset)
            && let Some(record) = Record::read(cache, &asked)
        {
            digests.extend(record.files.iter().map(|file| file.sha256));
            records.insert(asked.record_path(cache));
        }
    }
    let mut removed = Removed::default();
    for (path, _) in all_records(cache)?.into_iter().filter(|(path, _)| !records.contains(path)) {
        removed.file(&path)?;
    }
    for (path, _) in files(&directory(cache))? {
        let digest = name(&path).and_then(|name| name.parse::<Digest>().ok());
        let is_unused = match digest {
            Some(digest) => !digests.contains(&digest),
            None => name(&path).is_some_and(|name| name.ends_with(ENDING)) && is_old(&path),
        };
        if is_unused {
            removed.file(&path)?;
        }
    }
    Ok(removed)
}

impl Removed {
    fn file(&mut self, path: &Path) -> Result<(), CacheError> {
        let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        std::fs::remove_file(path).map_err(error("remove", path))?;
        self.files += 1;
        self.bytes += bytes;
        Ok(())
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

/// The records that can be read. One that cannot is of no use, but also nobody's to remove.
fn all_records(cache: &Path) -> Result<Vec<(PathBuf, Record)>, CacheError> {
    let paths = files(&records(cache))?.into_iter().map(|(path, _)| path);
    Ok(paths.filter_map(|path| Record::read_file(&path).map(|record| (path, record))).collect())
}

/// The plain files of a directory and their sizes; none if there is no such directory.
fn files(directory: &Path) -> Result<Vec<(PathBuf, u64)>, CacheError> {
    let entries = match std::fs::read_dir(directory) {
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(error("read", directory))?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(error("read", directory))?;
        let metadata = entry.metadata().map_err(error("read", &entry.path()))?;
        if metadata.is_file() {
            files.push((entry.path(), metadata.len()));
        }
    }
    files.sort();
    Ok(files)
}

fn name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

fn is_old(path: &Path) -> bool {
    let modified = std::fs::metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|age| age >= OLD))
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
