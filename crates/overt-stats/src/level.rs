//! The level of an interval.

use crate::special::normal_quantile;

/// The share of repetitions in which an interval is meant to cover the truth: more than 0, less than 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Level(f64);

/// Why a number is not a level.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("the level of an interval lies between 0 and 1, for example 0.95; found {0}")]
pub struct NotALevel(f64);

impl Level {
    /// The customary level.
    pub const P95: Self = Self(0.95);

    /// # Errors
    /// Unless `0 < level < 1`.
    pub fn new(level: f64) -> Result<Self, NotALevel> {
        if level > 0.0 && level < 1.0 { Ok(Self(level)) } else { Err(NotALevel(level)) }
    }

    /// The number, for example 0.95.
    pub fn get(self) -> f64 {
        self.0
    }

    /// What is left to each side, for example 0.025.
    pub fn tail(self) -> f64 {
        (1.0 - self.0) / 2.0
    }

    /// The normal quantile that leaves [`Level::tail`] above it, for example 1.959964.
    pub fn normal_quantile(self) -> f64 {
        -normal_quantile(self.tail())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_between_zero_and_one_are_levels() {
        for bad in [0.0, 1.0, -0.1, 95.0, f64::NAN, f64::INFINITY] {
            assert!(Level::new(bad).is_err(), "{bad}");
        }
        assert_eq!(Level::new(0.95), Ok(Level::P95));
    }

    #[test]
    fn the_quantile_of_95_percent_is_the_textbook_one() {
        assert!((Level::P95.normal_quantile() - 1.959_963_984_540_054).abs() < 1e-12);
    }
}
