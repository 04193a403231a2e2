//! What can stop an evaluation.

use overt_schema::{ScriptError, TemplateError};
use overt_score::{ScoreError, ScorerError, SummaryError};
use overt_task::DatasetError;

use crate::directory::RunError;
use crate::journal::JournalError;
use crate::program::ProgramError;

/// Why an evaluation could not be planned, run or finished.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// The data cannot be used.
    #[error("task {task}: {source}")]
    Dataset {
        /// The task.
        task: String,
        /// Why.
        source: Box<DatasetError>,
    },
    /// A template does not compile.
    #[error("task {task}: a template does not compile\n  cause  {source}")]
    Template {
        /// The task.
        task: String,
        /// Why.
        source: TemplateError,
    },
    /// A prompt cannot be rendered for a sample.
    #[error(
        "task {task}: the prompt cannot be rendered\n  sample {sample}\n  cause  {source}\n  next   `overt task check` shows every such sample at once"
    )]
    Prompt {
        /// The task.
        task: String,
        /// The sample's id.
        sample: String,
        /// Why.
        source: ScriptError,
    },
    /// A scorer cannot be built.
    #[error("task {task}: {source}")]
    Scorer {
        /// The task.
        task: String,
        /// Why.
        source: ScorerError,
    },
    /// A sample lacks what a scorer needs.
    #[error(transparent)]
    Score(#[from] ScoreError),
    /// A metric cannot be built.
    #[error(transparent)]
    Summary(#[from] SummaryError),
    /// A metric over several answers to a sample, and too few are asked for.
    #[error(
        "task {task}: {metric} is over {k} answers to a sample, and {epochs} are asked for\n  next   --epochs {k} or more"
    )]
    TooFewEpochs {
        /// The task.
        task: String,
        /// The metric.
        metric: String,
        /// How many answers it needs.
        k: u32,
        /// How many there will be.
        epochs: u32,
    },
    /// A task cannot stop early.
    #[error("task {task} cannot stop early: {why}\n  next   ask all of its samples, or watch another metric")]
    Early {
        /// The task.
        task: String,
        /// Why.
        why: String,
    },
    /// A requirement cannot be read.
    #[error("the suite's requirement {expression:?} cannot be read\n  cause  {source}")]
    Requirement {
        /// The expression.
        expression: String,
        /// Why.
        source: overt_schema::RequirementError,
    },
    /// Nothing is left after limits and filters.
    #[error(
        "there is nothing to ask: no sample is left\n  next   look at --limit, --sample-id and the dataset's `where`"
    )]
    NothingToDo,
    /// A run cannot go on since what it runs has changed.
    #[error(
        "run {run} cannot go on: {what}\n  next   put back what was run (tasks.json in the run directory has it), or start a new run"
    )]
    Changed {
        /// The run.
        run: String,
        /// What differs.
        what: String,
    },
    /// A run cannot go on with another system.
    #[error(
        "run {run} cannot go on with another system\n  was    {was}\n  now    {now}\n  next   start a new run; two systems in one run would measure neither"
    )]
    OtherSystem {
        /// The run.
        run: String,
        /// What was asked before.
        was: String,
        /// What would be asked now.
        now: String,
    },
    /// A program that scores does not work.
    #[error(
        "task {task}: the program of the scorer {scorer} does not work\n  cause  {source}\n  next   run it by hand: it reads a JSON object a line and writes one a line (docs/programs.md)"
    )]
    Program {
        /// The task.
        task: String,
        /// The scorer.
        scorer: String,
        /// What went wrong.
        source: ProgramError,
    },
    /// A task needs of the system what it cannot do.
    #[error(
        "task {task}: {system} cannot take {what}\n  next   ask a system behind an interface that takes them, or leave the task out"
    )]
    Incapable {
        /// The task.
        task: String,
        /// The system.
        system: String,
        /// What it cannot take.
        what: &'static str,
    },
    /// A scorer decides by log-probabilities, and there will be none.
    #[error(
        "task {task}: {scorer} decides by log-probabilities, and {system} gives none\n  next   ask a system that gives them (docs/systems.md), or let the scorer decide `by: answer`; if the system has changed\n         since it was probed: overt model probe"
    )]
    NoLogprobs {
        /// The task.
        task: String,
        /// The scorer.
        scorer: String,
        /// The system.
        system: String,
    },
    /// A task needs a judge and there is none.
    #[error(
        "a scorer needs a judge\n  next   name the system that judges: --judge SYSTEM, or `judge` under `[eval]` in overt.toml"
    )]
    NoJudge,
    /// A measurement does not speak of this run's judge.
    #[error(
        "the measurement of {scorer} says nothing about this run: {why}\n  next   measure the judge that is used, by the rubric that is used: overt judge measure"
    )]
    Measurement {
        /// What was measured.
        scorer: String,
        /// What differs.
        why: String,
    },
    /// A value cannot be written as JSON.
    #[error("a value cannot be written as JSON: {0}")]
    Json(#[source] serde_json::Error),
    /// The run directory.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl EvalError {
    pub(crate) fn dataset(task: &str, source: DatasetError) -> Self {
        Self::Dataset { task: task.to_owned(), source: Box::new(source) }
    }
}

impl From<JournalError> for EvalError {
    fn from(error: JournalError) -> Self {
        Self::Run(error.into())
    }
}
