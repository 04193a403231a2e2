//! From runs to evidence and back: builds records of runs, and checks runs against records.
//!
//! **Charter.** It joins the run directory, which `overt-eval` owns, to the record, which `overt-record` owns; the command
//! line and pages enter here. It prints nothing, signs nothing and asks nobody: keys, logs and systems stay above it.
//!
//! **A tour.** To publish a run, a [`Keepsake`] holds the secret behind the salts, [`sample_tree`] binds the samples,
//! [`evaluation`] makes the record, and [`write_files`] lays out what a stranger needs. [`check_files`] is that stranger:
//! it makes every prompt again, scores every answer again, and computes every result again; [`check_plan`] looks whether
//! the run was announced. [`plan`] makes the record
//! of what is going to be run; [`deviations`] says whether a run kept to it, and the [`Ledger`] counts the runs.
//! [`reproduction`] compares a run with the one that it repeats, and [`reveal`] opens single samples.
//!
//! ```
//! use overt_evidence::Ledger;
//! use overt_record::Hash;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let home = tempfile::tempdir()?;
//! let ledger = Ledger::of(home.path(), Hash::of("the record of a plan"));
//! assert_eq!((ledger.begin()?, ledger.begin()?), (1, 2));
//! // Whoever publishes the second run says that there was a first.
//! assert_eq!(ledger.others(2)?.len(), 1);
//! # Ok(())
//! # }
//! ```

mod check;
mod describe;
mod deviation;
mod error;
mod keepsake;
mod leaf;
mod ledger;
mod publish;
mod record;
mod reproduce;
mod reveal;
mod rows;
mod samples_file;
mod shown;

pub use check::{Came, Checked, PlanCheck, RunCheck, check_files, check_plan, plan_of};
pub use deviation::{deviations, followed};
pub use error::EvidenceError;
pub use keepsake::Keepsake;
pub use leaf::PublishedSample;
pub use ledger::Ledger;
pub use publish::{OPENINGS, write_files};
pub use record::{Intention, Publication, evaluation, plan, sample_tree, selected};
pub use reproduce::{Margin, reproduction};
pub use reveal::reveal;
pub use samples_file::SAMPLES_FILE;
pub use shown::Shown;
