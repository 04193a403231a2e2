//! Plan, run, journal, resume: the engine of an evaluation.
//!
//! **Charter.** From tasks and a system to a run directory. It owns the trait [`System`] and knows no HTTP and no
//! model; it prints nothing and tells everything through one stream of [`Event`]s.
//!
//! **A tour, in the order in which data passes.** [`Plan::prepare`] reads the datasets and checks that every prompt
//! renders. [`Evaluation::start`] makes the directory. [`Evaluation::execute`] asks with bounded concurrency, scores
//! each answer as it comes, and appends it to the journal; a killed process loses nothing that was finished, and
//! [`Evaluation::resume`] asks only the rest. At the end the journal becomes `samples.parquet`, the scores become
//! results, and `run.json` says so. [`RunDirectory`] reads all of it back.

mod ask;
mod directory;
mod engine;
mod error;
mod evaluation;
mod event;
mod finish;
pub mod host;
mod journal;
mod ledger;
mod plan;
mod retry;
mod seed;
mod system;
mod table;

pub use directory::{JOURNAL, MANIFEST, Rows, RunDirectory, RunError, SAMPLES, TASKS};
pub use engine::{Conclusion, Interruption, Stop};
pub use error::EvalError;
pub use evaluation::Evaluation;
pub use event::{Event, Observer, Unobserved};
pub use journal::JournalError;
pub use plan::{Extent, Materials, Plan, TaskSource, dataset_cache};
pub use system::{Capabilities, System};
pub use table::TableError;

/// A time as overt writes it: UTC, ISO 8601, to the second.
pub fn timestamp(at: &jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
