//! Why something cannot be shown.

use std::io;
use std::path::PathBuf;

use overt_eval::RunError;
use overt_score::SummaryError;

/// Why a view cannot be made. Every variant but [`ViewError::Missing`] and [`ViewError::Asked`] means that what is on the
/// disk is damaged or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// There is no such run, task, sample or file.
    #[error("there is no {what} here")]
    Missing {
        /// What was asked for.
        what: &'static str,
    },
    /// The question makes no sense for this run.
    #[error("{why}")]
    Asked {
        /// Why, and what would.
        why: String,
    },
    /// The run directory.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The samples of a published folder.
    #[error("the published samples cannot be read\n  file   {}\n  cause  {why}", path.display())]
    Published {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A file.
    #[error("cannot read a file\n  path   {}\n  cause  {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The task cannot be summarised.
    #[error("the task of this run is damaged: {0}")]
    Summary(#[from] SummaryError),
}
