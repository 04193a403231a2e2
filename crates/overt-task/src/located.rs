//! Where the bytes of a task's dataset are: a file, or several that are read one after the other.

use std::collections::VecDeque;
use std::path::Path;

use overt_schema::{Dataset, Digest, Format};

use crate::cache;
use crate::error::DatasetError;
use crate::hub::{Asked, Record};
use crate::loaded::LoadedTask;
use crate::making;
use crate::source::Bytes;

/// A dataset's files, and how a run's manifest names them.
pub(crate) struct Located {
    /// For the manifest: never a path of the machine.
    pub(crate) source: String,
    /// What the whole is called in messages.
    pub(crate) name: String,
    pub(crate) parts: VecDeque<Part>,
    /// What the task says about the bytes of all files, one after the other.
    pub(crate) pinned: Option<Pinned>,
}

/// A file of a dataset.
pub(crate) struct Part {
    pub(crate) bytes: Bytes,
    /// What it is called in messages.
    pub(crate) name: String,
    pub(crate) format: Format,
    /// On the hub `.json` is the name of JSON Lines as often as of an array.
    pub(crate) is_from_hub: bool,
    pub(crate) pinned: Option<Pinned>,
}

/// What bytes have to be, and what to do if they are not.
#[derive(Clone)]
pub(crate) struct Pinned {
    pub(crate) expected: Digest,
    pub(crate) next: String,
}

impl Pinned {
    pub(crate) fn check(&self, file: &str, found: Digest) -> Result<(), DatasetError> {
        if found == self.expected {
            return Ok(());
        }
        let (file, expected, next) = (file.to_owned(), self.expected, self.next.clone());
        Err(DatasetError::Digest { file, expected, found, next })
    }
}

impl Located {
    /// Finds the dataset of a task that has one outside the task file. What comes over the network must be in the cache
    /// already.
    pub(crate) fn of(task: &LoadedTask, cache: &Path) -> Result<Self, DatasetError> {
        let dataset = &task.task.dataset;
        match (&dataset.path, &dataset.url, &dataset.hf, &dataset.samples, &dataset.command) {
            (Some(path), None, None, None, None) => of_path(task, path),
            (None, Some(url), None, None, None) => of_url(dataset, url, cache),
            (None, None, Some(_), None, None) => of_hub(dataset, cache),
            (None, None, None, None, Some(command)) => of_program(task, command, cache),
            _ => Err(DatasetError::Source),
        }
    }
}

fn of_path(task: &LoadedTask, path: &str) -> Result<Located, DatasetError> {
    let (bytes, name) = task.resolve_data(path)?;
    let next = "restore the file, or, if the change is meant, update dataset.sha256";
    let pinned = pinned(&task.task.dataset, next.to_owned());
    let format = format_of(&task.task.dataset, path)?;
    Ok(alone(task.data_source(path), Part { bytes, name, format, is_from_hub: false, pinned }))
}

fn of_url(dataset: &Dataset, url: &str, cache: &Path) -> Result<Located, DatasetError> {
    let digest = dataset.sha256.ok_or_else(|| DatasetError::Unpinned(url.to_owned()))?;
    let file = cache::find(cache, &digest)
        .ok_or_else(|| DatasetError::NotFetched { url: url.to_owned(), path: cache::path(cache, &digest) })?;
    let pinned = pinned(dataset, format!("delete {} and run the task again", file.display()));
    let (bytes, name, format) = (Bytes::File(file), url.to_owned(), format_of(dataset, url)?);
    Ok(alone(url.to_owned(), Part { bytes, name, format, is_from_hub: false, pinned }))
}

fn of_program(task: &LoadedTask, command: &[String], cache: &Path) -> Result<Located, DatasetError> {
    let not_made = || DatasetError::NotMade(command.join(" "));
    let expected = task.known_digest().ok_or_else(not_made)?;
    let file = task.made_file(cache).ok_or_else(not_made)?;
    let next = format!("delete {} and run the task again", file.display());
    let (bytes, source) = (Bytes::File(file), making::source(command));
    let (name, pinned) = (source.clone(), Some(Pinned { expected, next }));
    Ok(alone(source, Part { bytes, name, format: Format::Jsonl, is_from_hub: false, pinned }))
}

fn of_hub(dataset: &Dataset, cache: &Path) -> Result<Located, DatasetError> {
    let asked = Asked::of(dataset).ok_or(DatasetError::Source)?;
    let record = Record::read(cache, &asked).filter(|record| record.is_complete(cache));
    let record = record
        .ok_or_else(|| DatasetError::NotFetched { url: asked.to_string(), path: asked.record_path(cache) })?;
    let part = |file: &crate::hub::RecordedFile| {
        let path = cache::path(cache, &file.sha256);
        let next = format!("delete {} and run the task again", path.display());
        Ok(Part {
            name: format!("{}:{}", asked, file.path),
            bytes: Bytes::File(path),
            format: format_of(dataset, &file.path)?,
            is_from_hub: true,
            pinned: Some(Pinned { expected: file.sha256, next }),
        })
    };
    let next = "compare with what the dataset's page shows; if the change is meant, update dataset.sha256";
    Ok(Located {
        source: record.source(),
        name: record.source(),
        parts: record.files.iter().map(part).collect::<Result<_, DatasetError>>()?,
        pinned: pinned(dataset, next.to_owned()),
    })
}

fn alone(source: String, part: Part) -> Located {
    Located { source, name: part.name.clone(), parts: VecDeque::from([part]), pinned: None }
}

fn pinned(dataset: &Dataset, next: String) -> Option<Pinned> {
    dataset.sha256.map(|expected| Pinned { expected, next })
}

/// The format that the task says, or else the one that the name's ending says.
fn format_of(dataset: &Dataset, name: &str) -> Result<Format, DatasetError> {
    if let Some(format) = dataset.format {
        return Ok(format);
    }
    let file = name.split(['?', '#']).next().unwrap_or_default();
    Format::of_name(file).ok_or_else(|| DatasetError::UnknownFormat(name.to_owned()))
}
