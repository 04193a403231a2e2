//! Plan, run, journal, resume: the engine of an evaluation.

mod system;

pub use system::{Capabilities, System};
