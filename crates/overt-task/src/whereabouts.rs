//! Where the data of a task is, for whoever wants it here before it is needed.

use std::path::{Path, PathBuf};

use crate::cache::{self, CachedDataset, Damage, Damaged};
use crate::hub::{Asked, Record};
use crate::loaded::{LoadedTask, Origin};

/// Where the data of a task is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// In the task file itself.
    Inline,
    /// In the binary.
    BuiltIn,
    /// In a file beside the task.
    File(PathBuf),
    /// A program makes it when the task is run, this one.
    Program(String),
    /// In the cache, once it is fetched.
    Cache {
        /// Where it is from: an address, or `hf:ORGANISATION/NAME@COMMIT/CONFIG/SPLIT` once that is known.
        source: String,
        /// Its files in their order; none if they are not all there.
        files: Vec<CachedDataset>,
    },
}

impl LoadedTask {
    /// Where the data of the task is. Nothing is read of it.
    pub fn whereabouts(&self, cache: &Path) -> Whereabouts {
        let dataset = &self.task.dataset;
        if let Some(url) = &dataset.url {
            let file = dataset.sha256.and_then(|digest| CachedDataset::of(cache, digest, url));
            return Whereabouts::Cache { source: url.clone(), files: file.into_iter().collect() };
        }
        if let Some(asked) = Asked::of(dataset) {
            let Some(record) = Record::read(cache, &asked) else {
                return Whereabouts::Cache { source: asked.to_string(), files: Vec::new() };
            };
            let source = record.source();
            let file = |file: &crate::hub::RecordedFile| CachedDataset::of(cache, file.sha256, &source);
            let files = record.files.iter().map(file).collect::<Option<_>>().unwrap_or_default();
            return Whereabouts::Cache { source, files };
        }
        if let Some(command) = &dataset.command {
            return Whereabouts::Program(command.join(" "));
        }
        match (&dataset.path, &self.origin) {
            (None, _) => Whereabouts::Inline,
            (Some(_), Origin::BuiltIn { .. }) => Whereabouts::BuiltIn,
            (Some(path), Origin::File { path: task }) => Whereabouts::File(crate::loaded::beside(task, path)),
        }
    }

    /// Reads the task's files in the cache and removes those whose content is not what their names say, so that
    /// [`LoadedTask::fetch`] brings them again. Tells which they were.
    pub fn discard_damaged(&self, cache: &Path) -> Vec<Damaged> {
        let Whereabouts::Cache { files, .. } = self.whereabouts(cache) else { return Vec::new() };
        let damaged = files.into_iter().filter_map(|dataset| {
            let damage = dataset.damage().filter(|damage| matches!(damage, Damage::Content(_)))?;
            // Where it cannot be removed, reading it will say what is wrong, as it would have without us.
            std::fs::remove_file(&dataset.path).ok()?;
            Some(Damaged { dataset, damage })
        });
        damaged.collect()
    }
}

impl CachedDataset {
    fn of(cache: &Path, sha256: overt_schema::Digest, source: &str) -> Option<Self> {
        let path = cache::path(cache, &sha256);
        let metadata = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
        let (bytes, used) = (metadata.len(), metadata.modified().ok());
        Some(Self { sha256, bytes, path, sources: vec![source.to_owned()], used })
    }
}
