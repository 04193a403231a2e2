//! Worlds that fail on purpose, for the tests of everything that is built on a [`Store`](crate::store::Store).
//!
//! [`Faults`] breaks whole operations of a store: one fails, or fails after it took effect, or the process ends before or
//! after it. [`Power`] breaks below that: it is a disk that keeps only what was flushed, and loses the rest in any
//! combination when the power goes. Both are deterministic: the same plan gives the same history.

mod faults;
mod power;

pub use faults::{Fault, Faults};
pub use power::{Break, Power};
