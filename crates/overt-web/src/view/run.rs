//! A run that is looked at: its manifest, its samples, and the sketch of them.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use overt_eval::{Materials, RunDirectory};
use overt_schema::{Outcome, Run, Task, ToolDefinition};
use overt_score::{GroupedResults, TaskComparison};

use super::find::{self, Listed, Neighbours, Page};
use super::samples::{Row, Samples, is_published};
use super::{Filter, Sketch, Sort, ViewError, groups};

/// Files that a run directory or a published folder may hand out.
const FILES: [&str; 6] =
    ["run.json", "tasks.json", "samples.parquet", "samples.jsonl.gz", "openings.json", "journal.jsonl"];
/// Results that are kept of each run, so that a page that is looked at again is not computed again.
const KEPT: usize = 16;
/// How many lists of rows are: four bytes a row.
const LISTS: usize = 2;

/// A run, opened.
#[derive(Debug)]
pub struct RunView {
    /// Where it is.
    pub folder: PathBuf,
    /// Its manifest.
    pub run: Run,
    /// The names of its tasks, in order.
    pub tasks: Vec<String>,
    /// What it is made of, if that can be read.
    pub materials: Option<Materials>,
    /// Its samples.
    pub samples: Samples,
    /// The sketch of them.
    pub sketch: Sketch,
    /// No other view has the same.
    pub(super) id: u64,
    pub(super) grouped: Kept<String, Vec<GroupedResults>>,
    pub(super) compared: Kept<u64, Vec<TaskComparison>>,
    failed: Kept<usize, Vec<Failures>>,
    /// By what is asked and the page: which rows it has.
    listed: Kept<(String, u64), Listed>,
    /// By what is asked: all rows that are left.
    left: Kept<String, Vec<u32>, LISTS>,
}

/// Why samples have no answer, with one of them.
#[derive(Debug)]
pub struct Failures {
    /// What became of them.
    pub outcome: Outcome,
    /// How many there are.
    pub count: u64,
    /// The first of them, if it can be read.
    pub example: Option<Row>,
}

/// A file that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The digest that the manifest gives, if it does.
    pub sha256: Option<String>,
}

impl RunView {
    /// Opens a run directory or a published folder, and glances through its samples.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn open(folder: &Path) -> Result<Self, ViewError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let directory = RunDirectory::open(folder)?;
        let run = directory.manifest()?;
        let samples = Samples::open(folder)?;
        let sketch = Sketch::of(&samples)?;
        Ok(Self {
            folder: folder.to_owned(),
            tasks: run.tasks.iter().map(|task| task.name.clone()).collect(),
            run,
            materials: directory.materials().ok(),
            samples,
            sketch,
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            grouped: Kept::default(),
            compared: Kept::default(),
            failed: Kept::default(),
            listed: Kept::default(),
            left: Kept::default(),
        })
    }

    /// About how many bytes of memory it takes.
    pub fn memory(&self) -> usize {
        let left = self.left.sum(|rows| rows.capacity() * size_of::<u32>());
        self.sketch.memory() + self.samples.memory() + left + (64 << 10)
    }

    /// Whether samples of it may be withheld.
    pub fn is_published(&self) -> bool {
        is_published(&self.folder)
    }

    /// A page of the samples that a filter leaves. `after` is where a search in texts goes on.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn page(&self, filter: &Filter, page: u64, after: u64) -> Result<Page, ViewError> {
        if find::is_as_run(filter) {
            return find::listed_as_run(&self.sketch, page).read(&self.samples);
        }
        if let Some(text) = &filter.text {
            return find::searched(&self.samples, &self.left(filter)?, text, after);
        }
        let listed = self.listed.get_or((filter.query().on(""), page), || {
            Ok(find::listed(&self.sketch, filter, &self.tasks, &self.left(filter)?, page))
        });
        listed?.read(&self.samples)
    }

    /// The rows that a filter leaves, its text apart.
    fn left(&self, filter: &Filter) -> Result<Arc<Vec<u32>>, ViewError> {
        let bare = Filter { text: None, sort: Sort::Order, ..filter.clone() };
        self.left.get_or(bare.query().on(""), || Ok(find::left(&self.sketch, filter, &self.tasks)))
    }

    /// What stands before and after a sample in the list that a filter leaves.
    ///
    /// # Errors
    /// When texts are searched and cannot be read.
    pub fn neighbours(&self, filter: &Filter, position: u64) -> Result<Neighbours, ViewError> {
        if find::is_as_run(filter) {
            return Ok(find::neighbours_as_run(&self.sketch, position));
        }
        let left = self.left(filter)?;
        find::neighbours(&self.samples, &self.sketch, filter, &self.tasks, &left, position)
    }

    /// A task's sample in an epoch, and its position.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn row(&self, task: &str, id: &str, epoch: u32) -> Result<(u64, Row), ViewError> {
        let missing = ViewError::Missing { what: "such sample" };
        let at = self.tasks.iter().position(|known| known == task);
        let position = at.and_then(|task| self.sketch.find(task, id, epoch));
        let Some(position) = position else { return Err(missing) };
        self.samples.at(&[position])?.pop().ok_or(missing)
    }

    /// The task at a position as it was run.
    pub fn task(&self, position: usize) -> Option<&Task> {
        self.materials.as_ref()?.tasks.get(position).map(|source| &source.task)
    }

    /// The tools that a task offers.
    pub fn tools(&self, position: usize) -> &[ToolDefinition] {
        self.task(position).map_or(&[], |task| &task.prompt.tools)
    }

    /// Why samples of a task have no answer, by kind.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn failures(&self, task: usize) -> Result<Arc<Vec<Failures>>, ViewError> {
        self.failed.get_or(task, || {
            let (counts, _) = self.sketch.outcomes(task);
            let counted = Outcome::ALL.into_iter().zip(counts);
            let failed = counted.filter(|(outcome, count)| *count > 0 && !outcome.has_answer());
            let failures = failed.map(|(outcome, count)| {
                let first: Vec<u64> = self.sketch.first(task, outcome).into_iter().collect();
                let example = self.samples.at(&first)?.pop().map(|(_, row)| row);
                Ok(Failures { outcome, count, example })
            });
            failures.collect()
        })
    }

    /// The results of each group of samples by a field; `overt show --group` computes the same.
    ///
    /// # Errors
    /// When the field does not group, or samples cannot be read.
    pub fn grouped(&self, field: &str) -> Result<Arc<Vec<GroupedResults>>, ViewError> {
        self.grouped.get_or(field.to_owned(), || groups::grouped(self, field))
    }

    /// The files that can be fetched.
    pub fn downloads(&self) -> Vec<Download> {
        downloads(&self.folder, &self.run)
    }
}

/// The files of a folder that can be fetched: those with known names that are plain files.
fn downloads(folder: &Path, run: &Run) -> Vec<Download> {
    let found = FILES.iter().filter_map(|name| {
        let there = fs::symlink_metadata(folder.join(name)).ok().filter(fs::Metadata::is_file)?;
        let sha256 = run.files.get(*name).map(ToString::to_string);
        Some(Download { name: (*name).to_owned(), bytes: there.len(), sha256 })
    });
    found.collect()
}

/// The path of a file that can be fetched from a folder; `None` for every other name, and for what is no plain file.
pub fn download(folder: &Path, name: &str) -> Option<PathBuf> {
    let name = FILES.iter().find(|known| **known == name)?;
    let path = folder.join(name);
    fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file).map(|_| path)
}

/// A few results by what was asked, the oldest given up first.
#[derive(Debug)]
pub(super) struct Kept<K, V, const MOST: usize = KEPT>(Mutex<Results<K, V>>);

#[derive(Debug)]
struct Results<K, V> {
    /// Counts what was ever kept.
    ever: u64,
    kept: HashMap<K, (u64, Arc<V>)>,
}

impl<K, V, const MOST: usize> Default for Kept<K, V, MOST> {
    fn default() -> Self {
        Self(Mutex::new(Results { ever: 0, kept: HashMap::new() }))
    }
}

impl<K: std::hash::Hash + Eq + Clone, V, const MOST: usize> Kept<K, V, MOST> {
    pub(super) fn get_or(
        &self,
        key: K,
        make: impl FnOnce() -> Result<V, ViewError>,
    ) -> Result<Arc<V>, ViewError> {
        if let Some((_, found)) = self.lock().kept.get(&key) {
            return Ok(Arc::clone(found));
        }
        let made = Arc::new(make()?);
        let mut results = self.lock();
        results.ever += 1;
        let age = results.ever;
        results.kept.insert(key, (age, Arc::clone(&made)));
        if results.kept.len() > MOST {
            let oldest = results.kept.iter().min_by_key(|(_, (age, _))| *age).map(|(key, _)| key.clone());
            oldest.map(|oldest| results.kept.remove(&oldest));
        }
        Ok(made)
    }

    /// What all that is kept comes to.
    fn sum(&self, of: impl Fn(&V) -> usize) -> usize {
        self.lock().kept.values().map(|(_, kept)| of(kept)).sum()
    }

    fn lock(&self) -> MutexGuard<'_, Results<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
