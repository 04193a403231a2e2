//! What can go wrong between a run and its record.

use std::path::PathBuf;

use overt_eval::{EvalError, RunError};
use overt_score::{ScoreError, ScorerError};

/// Why a record cannot be made of a run, or a run not be checked against one.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// A word of the manifest is empty, or holds nothing that may be signed.
    #[error(
        "the run does not name its {what}\n  next   a record names it; run again with a name, or correct the task"
    )]
    Nameless {
        /// What lacks a name.
        what: &'static str,
    },
    /// A result is infinite or no number.
    #[error("a {what} of the run is no finite number, which no record can carry")]
    NotANumber {
        /// What it is.
        what: &'static str,
    },
    /// The run is not over.
    #[error("the run is not finished\n  run    {run}\n  next   overt resume {run}")]
    Unfinished {
        /// Its directory.
        run: PathBuf,
    },
    /// A run would be published into itself.
    #[error(
        "a run cannot be published into its own directory, whose samples would be taken away\n  run    {run}\n  next   name another folder",
        run = run.display()
    )]
    Itself {
        /// The run's directory.
        run: PathBuf,
    },
    /// Samples would be withheld whose digest is public.
    #[error(
        "the samples of this run were written by an early version, and their digest would tell a guesser of withheld ones that the guess is right\n  run    {run}\n  next   publish the run whole, or run it again with this version",
        run = run.display()
    )]
    Guessable {
        /// The run's directory.
        run: PathBuf,
    },
    /// Two runs have no metric of the same name.
    #[error(
        "the two runs have no task and metric in common\n  next   run the tasks of the original: overt reproduce does"
    )]
    NothingInCommon,
    /// A file could not be read or written.
    #[error("cannot {doing} {path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: {why}", path = path.display())]
    Garbled {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The run directory.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The results cannot be computed.
    #[error(transparent)]
    Eval(#[from] EvalError),
    /// A scorer cannot be made.
    #[error(transparent)]
    Scorer(#[from] ScorerError),
    /// An answer cannot be scored.
    #[error(transparent)]
    Score(#[from] ScoreError),
    /// A value cannot be written as JSON.
    #[error("a part of the run cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}
