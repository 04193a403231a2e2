//! The pages of runs: from a view to markup. The viewer and the public site show the same ones; only where they lie, and what
//! surrounds them, is theirs ([`Place`], [`crate::kit::Frame`]).

mod compare;
mod failure;
mod metric;
mod place;
mod run;
mod runs;
mod sample;
mod samples;

pub use compare::{ComparedRun, compare};
pub use failure::failure;
pub use metric::{direction, forests, metric_row};
pub use place::Place;
pub use run::{Grouping, RunPage, run};
pub use runs::{Runs, runs};
pub use sample::{Part, SamplePage, part_of, sample};
pub use samples::{SamplesPage, samples};
