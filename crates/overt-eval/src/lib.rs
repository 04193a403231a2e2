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

//!
//! ```
//! use overt_eval::{Plan, RunDirectory};
//! use overt_schema::Settings;
//! use overt_task::Catalogue;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let tasks = Catalogue::new().resolve(&["languages".into()])?.tasks;
//! let settings = Settings {
//!     seed: 0, epochs: None, limit: Some(5), sample_ids: Vec::new(), concurrency: 4, max_attempts: 1, level: 0.95,
//!     early: None,
//! };
//! let plan = Plan::prepare(None, tasks, settings, &std::env::temp_dir())?;
//! assert_eq!((plan.name(), plan.extent().requests), ("languages", 5));
//!
//! // A directory that `overt eval` left is read back with:
//! let nothing = RunDirectory::open("runs/none".as_ref()).unwrap_err();
//! assert!(nothing.to_string().contains("there is no such run"));
//! # Ok(())
//! # }
//! ```

mod access;
mod allowance;
mod ask;
mod budget;
mod commanding;
mod desk;
mod directory;
mod early;
mod engine;
mod error;
mod evaluation;
mod event;
mod finish;
mod health;
pub mod host;
mod journal;
mod judging;
mod ledger;
mod measured;
mod outcome;
mod plan;
mod program;
mod retry;
mod seed;
mod sightings;
mod system;
mod table;
mod tally;

pub use access::{Access, Glance, GlancedScore, Texts};
pub use allowance::{Allowance, Exceeded};
pub use budget::{Budget, Limit, Tolerance};
pub use directory::{
    JOURNAL, MANIFEST, MAX_MANIFEST, Rows, RunDirectory, RunError, SAMPLES, TASKS, digest_of,
    write_atomically,
};
pub use engine::{Conclusion, Stop};
pub use error::EvalError;
pub use evaluation::{Evaluation, Recorded};
pub use event::{Event, Observer, Unobserved};
pub use health::{Interruption, Party};
pub use journal::JournalError;
pub use outcome::contradiction;
pub use plan::{Extent, Materials, Plan, TaskSource, built_in_ids, dataset_cache};
pub use program::{Program, ProgramError, ProgramSpec};
pub use system::{Capabilities, System, Systems};
pub use table::TableError;
pub use tally::Tally;

/// A time as overt writes it: UTC, ISO 8601, to the second.
pub fn timestamp(at: &jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
