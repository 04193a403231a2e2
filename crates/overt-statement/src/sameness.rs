//! Whether two signatures may be one person's, and whether many of them came at once: hints for a person who decides.
//!
//! Nothing here refuses a signature. There are honest namesakes, and a newspaper's call brings hundreds in an hour; so
//! each hint says what was seen, and each threshold stands in a table with its reason.

mod burst;
mod folded;
mod known;
mod network;
mod oddity;

pub use self::burst::{BURST_RULES, Burst, BurstRule, Dimension, Shared, Signing, bursts};
pub use self::folded::FoldedName;
pub use self::known::{How, Known, Likeness, NEAR_RULES, NearRule};
pub use self::network::Network;
pub use self::oddity::{Oddity, oddities};

#[cfg(test)]
mod tests;
