//! Every mistake of a task and its data at once, without asking a model.

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use overt_schema::{Conversation, Dataset, Diagnostic, Sample, Step, Suite};

use crate::catalogue::{self, CatalogueError};
use crate::error::{DatasetError, Place, RowError, RowProblem};
use crate::feed::{Feed, Item};
use crate::hub::{Asked, Record};
use crate::images::Images;
use crate::loaded::{LoadedTask, Origin};
use crate::needs::Needs;
use crate::rows::Trouble;

/// Bad rows that are told one by one.
const MOST_ROWS: usize = 20;

/// Conversations that are shown.
const PREVIEWS: usize = 3;

/// What is found in a task or suite file.
#[derive(Debug, Default)]
pub struct Report {
    /// The name of the task or suite, if the file could be read so far.
    pub name: Option<String>,
    /// What has to be mended. Empty if all is well.
    pub mistakes: Vec<Mistake>,
    /// Bad rows beyond those among the mistakes.
    pub more_rows: u64,
    /// What may be meant so.
    pub warnings: Vec<Warning>,
    /// How many samples the task has.
    pub samples: u64,
    /// The first conversations, for looking at.
    pub previews: Vec<Preview>,
}

/// Something that has to be mended.
#[derive(Debug)]
pub enum Mistake {
    /// In the task or suite file.
    File(Diagnostic),
    /// In the data, or between task and data.
    Dataset(DatasetError),
    /// In what a suite refers to.
    Reference(CatalogueError),
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(diagnostic) => diagnostic.fmt(f),
            Self::Dataset(error) => write!(f, "error: {error}"),
            Self::Reference(error) => write!(f, "error: {error}"),
        }
    }
}

/// Something odd that may be meant so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// The samples do not differ.
    #[error(
        "all {samples} samples render the same prompt\n  next     use the samples' fields in it, for example {{{{ question }}}}"
    )]
    AllAlike {
        /// How many.
        samples: u64,
    },
    /// The dataset's revision may move.
    #[error(
        "the dataset hf:{hf} is not pinned: its owner may change what is asked\n  next     {}",
        pin(commit.as_deref())
    )]
    Unpinned {
        /// `organisation/name`.
        hf: String,
        /// The commit that it is at now, if the cache has it.
        commit: Option<String>,
    },
    /// A program makes the samples, and checking runs none.
    #[error(
        "the samples are made by a program, which is not run here: only the task file was checked\n  program  {0}\n  next     read the program; then `overt eval TASK --dry-run --allow-commands` tries it without asking a system"
    )]
    NotMade(String),
    /// Some samples ask the same.
    #[error(
        "{again} samples render a prompt that another one has already\n  first    {first_id:?} at {first}\n  again    {second_id:?} at {second}"
    )]
    Alike {
        /// How many repeat another one.
        again: u64,
        /// The first that is repeated.
        first_id: String,
        /// Where it stands.
        first: Place,
        /// The first that repeats it.
        second_id: String,
        /// Where it stands.
        second: Place,
    },
}

fn pin(commit: Option<&str>) -> String {
    match commit {
        Some(commit) => format!("add `revision: \"{commit}\"` to the task's dataset"),
        None => "add `revision:` with a commit's 40 hexadecimal digits, which a run's manifest shows".into(),
    }
}

/// A sample's conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The sample.
    pub id: String,
    /// What is said, and where the system answers.
    pub script: Vec<Step>,
}

/// Checks a task file or a suite file.
///
/// A task's data is read to its end: rows that a limit would leave out are looked at too. What comes over the
/// network has to be in `cache` already. A program that makes samples is not run: what it once wrote is checked if the
/// task pins its digest and the cache has it. What scorers need beyond fields (a schema that compiles, a target that is a number) is not
/// known here.
///
/// # Errors
/// When the file itself cannot be read. Mistakes in it are in the report.
pub fn check(path: &Path, cache: &Path) -> Result<Report, CatalogueError> {
    let text = catalogue::read_text(path)?;
    if catalogue::is_suite(&text) {
        return Ok(check_suite(path, &text));
    }
    match LoadedTask::parse(&text, Origin::File { path: path.to_owned() }) {
        Ok(task) => Ok(check_task(&task, cache)),
        Err(CatalogueError::Mistakes(diagnostics)) => {
            let mistakes = diagnostics.0.into_iter().map(Mistake::File).collect();
            Ok(Report { mistakes, ..Report::default() })
        }
        Err(other) => Err(other),
    }
}

fn check_suite(path: &Path, text: &str) -> Report {
    let suite = match Suite::parse(&path.display().to_string(), text) {
        Ok(suite) => suite,
        Err(diagnostics) => {
            let mistakes = diagnostics.0.into_iter().map(Mistake::File).collect();
            return Report { mistakes, ..Report::default() };
        }
    };
    let loaded = catalogue::tasks_of(&suite, Some(path)).and_then(|tasks| catalogue::refuse_twice(&tasks));
    let mistakes = loaded.err().map(Mistake::Reference).into_iter().collect();
    Report { name: Some(suite.name), mistakes, ..Report::default() }
}

/// Checks a task that has been read: its data, and what comes of the two together.
pub fn check_task(task: &LoadedTask, cache: &Path) -> Report {
    let mut check = Check { report: Report::default(), seen: Seen::default() };
    check.report.name = Some(task.task.name.clone());
    check.warn_of_moving(&task.task.dataset, cache);
    if let Err(error) = check.run(task, cache) {
        check.report.mistakes.push(Mistake::Dataset(error));
    }
    check.report
}

struct Check {
    report: Report,
    seen: Seen,
}

/// What has to be remembered of earlier samples.
#[derive(Default)]
struct Seen {
    /// Line of each id.
    ids: HashMap<String, u64>,
    /// Id and line of each prompt, by its hash.
    prompts: HashMap<u64, (String, u64)>,
    /// Samples whose prompt has been there before.
    again: u64,
    alike: Option<((String, u64), (String, u64))>,
}

impl Check {
    fn run(&mut self, task: &LoadedTask, cache: &Path) -> Result<(), DatasetError> {
        // The file was parsed, so templates compile; an example that cannot be rendered is found here.
        let conversation = Conversation::new(&task.task);
        let mut feed = match Feed::open(task, cache) {
            Err(DatasetError::NotMade(program)) => {
                self.report.warnings.push(Warning::NotMade(program));
                return conversation.map(drop).map_err(|error| DatasetError::Prompt(error.into()));
            }
            feed => feed?,
        };
        let needs = Needs::of(&task.task);
        let images = task.images();
        let mut samples = 0;
        loop {
            match feed.next() {
                Ok(None) => break,
                Ok(Some(item)) => {
                    samples += 1;
                    self.sample(
                        &feed,
                        item,
                        &needs,
                        conversation.as_ref().ok().map(|conversation| (conversation, &images)),
                    );
                }
                Err(Trouble::Row(error)) => self.row(error),
                Err(Trouble::Fatal(error)) => self.report.mistakes.push(Mistake::Dataset(error)),
            }
        }
        if let Err(error) = conversation {
            self.report.mistakes.push(Mistake::Dataset(DatasetError::Prompt(error.into())));
        }
        self.report.samples = task.task.dataset.limit.map_or(samples, |limit| limit.min(samples));
        self.warn(&feed, samples);
        self.refuse_empty(&feed, task, samples)?;
        feed.finish().map(drop)
    }

    fn row(&mut self, error: Box<RowError>) {
        if self.report.mistakes.len() < MOST_ROWS {
            self.report.mistakes.push(Mistake::Dataset(error.into()));
        } else {
            self.report.more_rows += 1;
        }
    }

    fn sample(
        &mut self,
        feed: &Feed<'_>,
        item: Item,
        needs: &Needs,
        conversation: Option<(&Conversation, &Images)>,
    ) {
        let Item { at, id, fields } = item;
        let name = feed.name();
        if let Some(first) = self.seen.ids.insert(id.clone(), at) {
            let (first, second) = (name.at(first).into(), name.at(at).into());
            let error = DatasetError::DuplicateId { id: id.clone(), first, second };
            self.report.mistakes.push(Mistake::Dataset(error));
        }
        let mut problems = needs.missing(&fields);
        let sample = Sample { id, fields };
        let image = |images: &Images, path: &str| {
            let mut image = images.read(path).map_err(|error| error.to_string())?;
            image.forget();
            Ok(image)
        };
        let script = conversation
            .map(|(conversation, images)| conversation.script_with(&sample, &|path| image(images, path)));
        match script {
            None => {}
            Some(Ok(script)) => self.script(&sample.id, at, script),
            Some(Err(error)) => {
                problems.push(RowProblem::Render { id: sample.id.clone(), reason: error.to_string() });
            }
        }
        for problem in problems {
            self.row(RowError { place: name.at(at), problem, text: feed.shown() }.into());
        }
    }

    fn script(&mut self, id: &str, at: u64, script: Vec<Step>) {
        let mut hasher = DefaultHasher::new();
        for step in &script {
            match step {
                Step::Say(message) => (message.role, message.shown()).hash(&mut hasher),
                Step::Ask => 0.hash(&mut hasher),
            }
        }
        if self.report.previews.len() < PREVIEWS {
            self.report.previews.push(Preview { id: id.to_owned(), script });
        }
        let this = (id.to_owned(), at);
        let seen = &mut self.seen;
        match seen.prompts.get(&hasher.finish()) {
            None => {
                seen.prompts.insert(hasher.finish(), this);
            }
            Some(first) => {
                seen.again += 1;
                seen.alike.get_or_insert_with(|| (first.clone(), this));
            }
        }
    }

    fn warn_of_moving(&mut self, dataset: &Dataset, cache: &Path) {
        let Some(asked) = Asked::of(dataset).filter(|asked| !asked.is_at_commit()) else { return };
        let commit = Record::read(cache, &asked).map(|record| record.commit);
        self.report.warnings.push(Warning::Unpinned { hf: asked.hf, commit });
    }

    fn warn(&mut self, feed: &Feed<'_>, samples: u64) {
        let Some(((first_id, first), (second_id, second))) = self.seen.alike.take() else { return };
        let warning = if self.seen.again + 1 == samples {
            Warning::AllAlike { samples }
        } else {
            let (first, second) = (feed.name().at(first), feed.name().at(second));
            Warning::Alike { again: self.seen.again, first_id, first, second_id, second }
        };
        self.report.warnings.push(warning);
    }

    fn refuse_empty(&self, feed: &Feed<'_>, task: &LoadedTask, samples: u64) -> Result<(), DatasetError> {
        if samples > 0 || !self.report.mistakes.is_empty() {
            return Ok(());
        }
        Err(DatasetError::nothing(&feed.name().file, feed.seen(), task.task.dataset.filter.as_deref()))
    }
}
