//! The runs of a directory. What is half written, damaged or something else is listed as that: it is no reason to show nothing.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use overt_eval::{MANIFEST, RunDirectory};
use overt_schema::{MetricResult, Run, Status};

use super::ViewError;
use super::samples::is_published;

/// What is in a directory of runs.
#[derive(Debug)]
pub struct Listing {
    root: PathBuf,
    /// The root is itself a run, and the only one.
    is_run: bool,
    known: Mutex<HashMap<String, (Stamp, State)>>,
}

type Stamp = Option<(SystemTime, u64)>;

/// One directory.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name, by which it is opened.
    pub name: String,
    /// What it is.
    pub state: State,
}

/// What a directory is.
#[derive(Clone, Debug)]
pub enum State {
    /// A run.
    Run(Arc<Line>),
    /// A run that cannot be read, and why.
    Damaged(String),
    /// Something else: it has no manifest.
    NotARun,
}

/// What the list says of a run.
#[derive(Clone, Debug)]
pub struct Line {
    /// When it was begun.
    pub created: String,
    /// Where it stands.
    pub status: Status,
    /// Whether samples of it may be withheld.
    pub is_published: bool,
    /// Who was asked.
    pub system: String,
    /// What was asked: the suite, or the tasks.
    pub what: String,
    /// How many tasks it has.
    pub tasks: usize,
    /// Samples with an outcome, and those that are planned.
    pub done: u64,
    /// Samples times epochs.
    pub planned: u64,
    /// Samples that brought no answer.
    pub failed: u64,
    /// The first metric of the first task, if there is one.
    pub headline: Option<MetricResult>,
    /// How many requirements were met, missed, and not decided.
    pub requirements: [u64; 3],
}

impl Line {
    fn of(run: &Run, is_published: bool) -> Self {
        let names: Vec<&str> = run.tasks.iter().map(|task| task.name.as_str()).collect();
        let counts = run.tasks.iter().flat_map(|task| &task.outcomes);
        let verdict = |held| run.requirements.iter().filter(|found| found.held == held).count() as u64;
        Self {
            created: run.created.clone(),
            status: run.status,
            is_published,
            system: run.system.name.clone(),
            what: run
                .suite
                .as_ref()
                .map_or_else(|| names.join(", "), |suite| format!("{} {}", suite.name, suite.version)),
            tasks: run.tasks.len(),
            done: counts.clone().map(|(_, n)| n).sum(),
            planned: run.tasks.iter().map(|task| task.planned).sum(),
            failed: counts.filter(|(outcome, _)| !outcome.has_answer()).map(|(_, n)| n).sum(),
            headline: run.tasks.first().and_then(|task| task.metrics.first()).cloned(),
            requirements: [verdict(Some(true)), verdict(Some(false)), verdict(None)],
        }
    }
}

impl Listing {
    /// The runs of a directory; of a directory that is itself a run, that one.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), is_run: root.join(MANIFEST).is_file(), known: Mutex::default() }
    }

    /// Everything in the directory that may be a run, the newest first, then what is damaged, then what is none.
    ///
    /// # Errors
    /// When the directory itself cannot be read.
    pub fn entries(&self) -> Result<Vec<Entry>, ViewError> {
        let mut entries: Vec<Entry> =
            self.names()?.into_iter().map(|name| Entry { state: self.state(&name), name }).collect();
        entries.sort_by(|a, b| key(b).cmp(&key(a)).then_with(|| b.name.cmp(&a.name)));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() > entries.len() + 64 {
            known.clear();
        }
        Ok(entries)
    }

    /// The folder of a name, if the directory has it. No name leads out of the directory.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn folder(&self, name: &str) -> Result<PathBuf, ViewError> {
        let missing = ViewError::Missing { what: "such run" };
        if self.is_run {
            return if name == own_name(&self.root) { Ok(self.root.clone()) } else { Err(missing) };
        }
        let is_plain = !name.is_empty()
            && !name.starts_with('.')
            && !name.contains(['/', '\\', '\0'])
            && Path::new(name).components().count() == 1;
        let path = self.root.join(name);
        if is_plain && path.is_dir() { Ok(path) } else { Err(missing) }
    }

    fn names(&self) -> Result<Vec<String>, ViewError> {
        if self.is_run {
            return Ok(vec![own_name(&self.root)]);
        }
        let io = |source| ViewError::Io { path: self.root.clone(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.root).map_err(io)? {
            // Names that are no text cannot be linked to.
            let Ok(name) = entry.map_err(io)?.file_name().into_string() else { continue };
            if !name.starts_with('.') && self.root.join(&name).is_dir() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn state(&self, name: &str) -> State {
        let folder = if self.is_run { self.root.clone() } else { self.root.join(name) };
        let there = fs::metadata(folder.join(MANIFEST)).ok();
        let stamp = there.and_then(|there| Some((there.modified().ok()?, there.len())));
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, state)) = lock().get(name)
            && *known == stamp
        {
            return state.clone();
        }
        let state = read(&folder);
        lock().insert(name.to_owned(), (stamp, state.clone()));
        state
    }
}

fn read(folder: &Path) -> State {
    let Ok(directory) = RunDirectory::open(folder) else { return State::NotARun };
    match directory.manifest() {
        Ok(run) => State::Run(Arc::new(Line::of(&run, is_published(folder)))),
        Err(error) => State::Damaged(error.to_string()),
    }
}

/// Newest first, then the damaged, then the rest.
fn key(entry: &Entry) -> (u8, &str) {
    match &entry.state {
        State::Run(line) => (2, &line.created),
        State::Damaged(_) => (1, ""),
        State::NotARun => (0, ""),
    }
}

fn own_name(root: &Path) -> String {
    let path = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    path.file_name().map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned())
}
