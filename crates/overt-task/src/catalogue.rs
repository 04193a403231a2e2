//! From names on a command line to tasks: built-in ones by name, others by file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use overt_schema::{Diagnostics, Suite, SuiteTask, nearest};

use crate::embedded;
use crate::error::DatasetError;
use crate::feed::Feed;
use crate::loaded::{LoadedTask, Origin, beside};

/// The most bytes that a task or suite file may have.
const MAX_FILE: u64 = 16 << 20;

/// Why names do not lead to tasks.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// No name was given.
    #[error(
        "no task or suite is named\n  next     name one; `overt task list` shows those that are built in"
    )]
    NoNames,
    /// No built-in task or suite has this name.
    #[error("there is no task or suite `{name}`{}\n  next     `overt task list` shows the built-in ones; a file is named by its path, for example ./{name}.yaml", meant(nearest.as_deref()))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The name that may have been meant.
        nearest: Option<String>,
    },
    /// There is no such file.
    #[error("there is no file {}{}\n  next     mend the path; `overt task new NAME` writes a task to begin with", path.display(), meant(nearest.as_deref()))]
    NoFile {
        /// The path.
        path: PathBuf,
        /// A file in the same directory that may have been meant.
        nearest: Option<String>,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file has mistakes.
    #[error(transparent)]
    Mistakes(#[from] Diagnostics),
    /// The task has no canonical form, so it can have no digest.
    #[error("the task {file} cannot be written as canonical JSON: {source}")]
    NotCanonical {
        /// The task file.
        file: String,
        /// Why.
        source: serde_json::Error,
    },
    /// A suite means another version of a task.
    #[error(
        "suite {suite} needs version {wanted} of task {task}, and {found} is here\n  next     get that version of the task, or raise both versions in the suite if the change is meant"
    )]
    Version {
        /// The suite.
        suite: String,
        /// The task.
        task: String,
        /// What the suite says.
        wanted: String,
        /// What the task says.
        found: String,
    },
    /// A run names a built-in task that this build does not have.
    #[error("this build has no task {0}\n  next     use the version of overt that made the run")]
    NotBuiltIn(String),
    /// Two tasks of one run have the same name, so their results could not be told apart.
    #[error(
        "the task `{name}` would run twice: {first} and {second}\n  next     name it once, or rename one of them"
    )]
    Twice {
        /// The task.
        name: String,
        /// Where it comes from.
        first: Origin,
        /// Where it comes from again.
        second: Origin,
    },
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// What there is to run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Catalogue(());

/// What the names given came to.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The suite, if exactly one of the names was one.
    pub suite: Option<Suite>,
    /// The tasks in the order of the names, a suite's tasks in its own order. At least one; no two have one name.
    pub tasks: Vec<LoadedTask>,
}

/// A built-in task or suite, for a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// Its version.
    pub version: String,
    /// SPDX expression.
    pub licence: String,
    /// How many samples it has.
    pub samples: u64,
    /// The names of a suite's tasks, in order; empty for a task.
    pub tasks: Vec<String>,
}

/// What one name stands for.
enum Named {
    Suite(Suite, Vec<LoadedTask>),
    Task(Box<LoadedTask>),
}

impl Catalogue {
    /// The built-in suite that is run when none is named.
    pub const DEFAULT: &str = "starter";

    /// The catalogue of this build. Nothing is read before it is asked for.
    pub fn new() -> Self {
        Self(())
    }

    /// The tasks that the names stand for. A name with a slash or ending in `.yaml` or `.yml` is a file, any other is
    /// built in; a file with the key `tasks` is a suite.
    ///
    /// # Errors
    /// When a name leads nowhere, a file has mistakes, a suite needs another version of a task, or a task would run
    /// twice.
    pub fn resolve(&self, names: &[String]) -> Result<Resolved, CatalogueError> {
        let (mut suites, mut tasks) = (Vec::new(), Vec::new());
        for name in names {
            match named(name)? {
                Named::Suite(suite, of_suite) => {
                    suites.push(suite);
                    tasks.extend(of_suite);
                }
                Named::Task(task) => tasks.push(*task),
            }
        }
        if tasks.is_empty() {
            return Err(CatalogueError::NoNames);
        }
        refuse_twice(&tasks)?;
        let suite = if suites.len() == 1 { suites.pop() } else { None };
        Ok(Resolved { suite, tasks })
    }

    /// One task, by name or file.
    ///
    /// # Errors
    /// As [`Catalogue::resolve`]; a suite is not a task.
    pub fn task(&self, name: &str) -> Result<LoadedTask, CatalogueError> {
        if is_path(name) { LoadedTask::read(Path::new(name)) } else { built_in_task(name) }
    }

    /// The built-in tasks, by suite and name.
    ///
    /// # Errors
    /// Never in a released build: a test reads them all.
    pub fn tasks(&self) -> Result<Vec<Entry>, ListError> {
        embedded::tasks().map(|(_, file)| Ok(task_entry(&LoadedTask::built_in(file)?)?)).collect()
    }

    /// The built-in suites, by name.
    ///
    /// # Errors
    /// Never in a released build: a test reads them all.
    pub fn suites(&self) -> Result<Vec<Entry>, ListError> {
        let entry = |name| {
            let suite = built_in_suite(name)?;
            let mut samples = 0;
            for task in tasks_of(&suite, None)? {
                samples += task_entry(&task)?.samples;
            }
            Ok(suite_entry(suite, samples))
        };
        embedded::suites().map(entry).collect()
    }
}

/// Why the built-in tasks cannot be listed: a bug.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// A task file.
    #[error(transparent)]
    Task(#[from] CatalogueError),
    /// A dataset.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

fn is_path(name: &str) -> bool {
    name.contains(['/', '\\']) || [".yaml", ".yml"].iter().any(|ending| name.ends_with(ending))
}

fn named(name: &str) -> Result<Named, CatalogueError> {
    if is_path(name) {
        let path = Path::new(name);
        let text = read_text(path)?;
        if !is_suite(&text) {
            let origin = Origin::File { path: path.to_owned() };
            return LoadedTask::parse(&text, origin).map(|task| Named::Task(Box::new(task)));
        }
        let suite = Suite::parse(name, &text)?;
        let tasks = tasks_of(&suite, Some(path))?;
        return Ok(Named::Suite(suite, tasks));
    }
    if embedded::suite_file(name).is_some() {
        let suite = built_in_suite(name)?;
        let tasks = tasks_of(&suite, None)?;
        return Ok(Named::Suite(suite, tasks));
    }
    built_in_task(name).map(|task| Named::Task(Box::new(task)))
}

fn built_in_task(name: &str) -> Result<LoadedTask, CatalogueError> {
    match embedded::task_file(name) {
        Some(file) => LoadedTask::built_in(file),
        None => Err(unknown(name)),
    }
}

fn built_in_suite(name: &str) -> Result<Suite, CatalogueError> {
    let (file, bytes) = embedded::suite_file(name).ok_or_else(|| unknown(name))?;
    Ok(Suite::parse(&format!("built-in:{file}"), &String::from_utf8_lossy(bytes))?)
}

fn unknown(name: &str) -> CatalogueError {
    let known = embedded::suites().chain(embedded::tasks().map(|(name, _)| name));
    CatalogueError::Unknown { name: name.to_owned(), nearest: nearest(name, known).map(str::to_owned) }
}

/// Whether a file is a suite: it has the key `tasks` at the left margin, where no text inside a value can stand.
pub(crate) fn is_suite(text: &str) -> bool {
    let has_key = |line: &str| {
        ["tasks", "\"tasks\"", "'tasks'"]
            .iter()
            .any(|key| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':')))
    };
    text.trim_start_matches('\u{feff}').lines().any(has_key)
}

pub(crate) fn tasks_of(suite: &Suite, file: Option<&Path>) -> Result<Vec<LoadedTask>, CatalogueError> {
    let load = |SuiteTask { task: name, version }: &SuiteTask| {
        let task = match file {
            Some(file) if is_path(name) => LoadedTask::read(&beside(file, name))?,
            _ => built_in_task(name)?,
        };
        if task.task.version == *version {
            return Ok(task);
        }
        Err(CatalogueError::Version {
            suite: suite.name.clone(),
            task: name.clone(),
            wanted: version.clone(),
            found: task.task.version,
        })
    };
    suite.tasks.iter().map(load).collect()
}

pub(crate) fn refuse_twice(tasks: &[LoadedTask]) -> Result<(), CatalogueError> {
    let mut seen: BTreeMap<&str, &Origin> = BTreeMap::new();
    for LoadedTask { task, origin, .. } in tasks {
        if let Some(first) = seen.insert(&task.name, origin) {
            return Err(CatalogueError::Twice {
                name: task.name.clone(),
                first: first.clone(),
                second: origin.clone(),
            });
        }
    }
    Ok(())
}

pub(crate) fn read_text(path: &Path) -> Result<String, CatalogueError> {
    let read_error = |source| CatalogueError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => CatalogueError::NoFile { path: path.to_owned(), nearest: neighbour(path) },
        _ => read_error(source),
    })?;
    let mut text = String::new();
    file.take(MAX_FILE + 1).read_to_string(&mut text).map_err(read_error)?;
    if text.len() as u64 > MAX_FILE {
        return Err(read_error(io::ErrorKind::FileTooLarge.into()));
    }
    Ok(text)
}

/// A YAML file beside the path whose name is near to the one that was asked for.
fn neighbour(path: &Path) -> Option<String> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut names: Vec<String> = std::fs::read_dir(parent)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| is_path(name))
        .collect();
    names.sort_unstable();
    let wanted = path.file_name()?.to_str()?;
    nearest(wanted, names.iter().map(String::as_str))
        .map(|near| path.with_file_name(near).display().to_string())
}

fn task_entry(loaded: &LoadedTask) -> Result<Entry, DatasetError> {
    let mut feed = Feed::open(loaded, Path::new(""))?;
    let mut samples = 0;
    while feed.next()?.is_some() {
        samples += 1;
    }
    let task = &loaded.task;
    Ok(Entry {
        name: task.name.clone(),
        title: task.title.clone(),
        version: task.version.clone(),
        licence: task.licence.clone(),
        samples: task.dataset.limit.map_or(samples, |limit| limit.min(samples)),
        tasks: Vec::new(),
    })
}

fn suite_entry(suite: Suite, samples: u64) -> Entry {
    Entry {
        name: suite.name,
        title: suite.title,
        version: suite.version,
        licence: suite.licence,
        samples,
        tasks: suite.tasks.into_iter().map(|task| task.task).collect(),
    }
}
