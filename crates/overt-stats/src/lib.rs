//! Numbers in, intervals out.
//!
//! **Charter.** Estimators with honest uncertainty, for the sizes and shapes that evaluations have: a few hundred samples,
//! rates near 0 and 1, samples in clusters, the same samples asked of two systems. This crate knows no noun of overt. It
//! is pure: randomness comes from a seed argument only, `exp` and `ln` from a portable library, so the same numbers
//! give the same interval everywhere.
//!
//! # A tour
//!
//! - [`Level`] says how sure, [`Interval`] is the answer, [`Method`] names how it was made, [`Estimate`] holds all three.
//! - [`Clusters`] is a sample. Independent values are clusters of one; [`design`] says what clusters cost.
//! - [`proportion`] and [`mean`] give each sample the interval that fits it; [`Tally`] does so while it still grows.
//! - [`paired`] compares on the same samples, [`difference`] on different ones, [`power`] says what a comparison can find.
//! - [`bias`] has BBQ's scores, [`calibration`] and [`mod@ece`] ask whether stated probabilities mean what they say.
//! - [`mod@pass_at_k`] is the share of problems that one of several attempts solves.
//! - [`sequence`] has intervals that may be looked at after every value, so that a run can stop when it knows enough.
//! - [`agreement`] says how well a judge does against people's labels. What it counted is put right by
//!   [`prediction_powered`] if the labelled samples are some of those counted, by [`misclassified`] if they are others.
//! - [`multiple`] keeps many comparisons from finding what is not there.
//!
//! Every formula names its source. `tests/` measures by simulation how often each interval covers the truth;
//! where that led to a choice, the choice says so.
//!
//! # Example
//!
//! Forty-five of fifty answers are right. They come from ten documents; in one of them everything fails.
//!
//! ```
//! use overt_stats::{Cluster, Clusters, Level, proportion};
//!
//! let plain = proportion::wilson(proportion::Count::new(45, 50).unwrap(), Level::P95);
//! assert_eq!(format!("{:.2}..{:.2}", plain.low(), plain.high()), "0.79..0.96");
//!
//! let documents = (0..10).map(|i| Cluster { sum: if i == 0 { 0.0 } else { 5.0 }, weight: 5.0 });
//! let clustered = proportion::estimate(&Clusters::new(documents).unwrap(), 50.0, Level::P95);
//! assert_eq!(clustered.method.name(), "korn-graubard");
//! assert_eq!(format!("{:.2}..{:.2}", clustered.interval.low(), clustered.interval.high()), "0.55..1.00");
//! ```

pub mod agreement;
pub mod bias;
mod bootstrap;
pub mod calibration;
mod cluster;
pub mod design;
pub mod difference;
pub mod ece;
mod estimate;
mod interval;
mod level;
pub mod mean;
mod method;
pub mod misclassified;
pub mod multiple;
pub mod paired;
pub mod pass_at_k;
pub mod power;
pub mod prediction_powered;
pub mod proportion;
mod rng;
pub mod sequence;
mod special;
mod tally;

pub use cluster::{Cluster, Clusters, Sampling};
pub use estimate::Estimate;
pub use interval::Interval;
pub use level::{Level, NotALevel};
pub use method::Method;
pub use tally::Tally;
