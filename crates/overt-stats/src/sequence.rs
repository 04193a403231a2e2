//! Intervals that may be looked at after every value: confidence sequences.
//!
//! An ordinary interval covers the truth with its level if the number of values was fixed beforehand. Whoever looks
//! after each value and stops when the interval looks good is wrong far more often. A confidence sequence covers at all
//! times at once: with probability `level` none of its intervals misses. So a run may stop when the interval is narrow
//! enough or clear of a bound, at whatever time, for whatever reason. The price is width: near twice that of an interval
//! for a fixed number (Waudby-Smith and Ramdas 2024, J. R. Stat. Soc. B 86:1, arXiv:2010.09686).
//!
//! [`RateSequence`] takes yes-or-no values, [`MeanSequence`] values in `0..=1`. Both know two kinds of [`Population`]. In
//! a finite one, a benchmark of N samples asked in random order, what is sought is the mean of all N, nothing is asked
//! twice, and after the last value the interval is a point.
//!
//! Both assume that the order is random, or that the values are independent: a benchmark must be shuffled first. Values
//! that come in clusters are not such; take the means of the clusters, in random order.

use std::num::NonZeroU64;

use crate::Interval;

mod mean;
mod rate;

pub use mean::MeanSequence;
pub use rate::RateSequence;

/// Where the values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Population {
    /// Independent draws. The mean sought is the expectation.
    Infinite,
    /// Draws without replacement, in random order, from so many values. The mean sought is the mean of all of them.
    Finite(NonZeroU64),
}

/// Why a sequence does not take a value.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum SequenceError {
    /// The value is outside of `0..=1`, or NaN.
    #[error(
        "a confidence sequence takes values from 0 to 1; found {0}; move the values into this range first"
    )]
    Outside(f64),
    /// All values of a finite population have been taken.
    #[error("all {0} values of the population have been taken; the mean is known")]
    Complete(NonZeroU64),
}

/// The values taken so far.
#[derive(Clone, Copy, Debug)]
struct Taken {
    population: Population,
    count: u64,
    sum: f64,
}

impl Taken {
    fn new(population: Population) -> Self {
        Self { population, count: 0, sum: 0.0 }
    }

    /// Whether the next value may be this one.
    fn admits(&self, value: f64) -> Result<(), SequenceError> {
        if !(0.0..=1.0).contains(&value) {
            return Err(SequenceError::Outside(value));
        }
        match self.population {
            Population::Finite(size) if self.count >= size.get() => Err(SequenceError::Complete(size)),
            _ => Ok(()),
        }
    }

    fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
    }

    fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }

    /// The means that the population may have if the values left are all 0, or all 1.
    fn possible(&self) -> Interval {
        match self.population {
            Population::Infinite => Interval::UNIT,
            Population::Finite(size) => {
                let (all, left) = (size.get() as f64, (size.get() - self.count) as f64);
                Interval::ordered(self.sum / all, (self.sum + left) / all).clamped(Interval::UNIT)
            }
        }
    }
}

/// The running intersection of a confidence sequence: what all intervals so far have in common. As none of them misses
/// with probability `level`, neither does this.
///
/// If an interval has nothing in common with those before, one of them has missed, and the intersection starts anew from
/// the last one, which knows most; where none has missed this does not happen, so the guarantee is kept.
fn intersection(before: Interval, latest: Interval) -> Interval {
    Interval::new(before.low().max(latest.low()), before.high().min(latest.high())).unwrap_or(latest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(low: f64, high: f64) -> Interval {
        Interval::new(low, high).unwrap()
    }

    #[test]
    fn the_intersection_never_grows_and_starts_anew_where_nothing_is_left() {
        let before = interval(0.2, 0.6);
        assert_eq!(intersection(before, interval(0.1, 0.5)), interval(0.2, 0.5));
        assert_eq!(intersection(before, interval(0.3, 0.9)), interval(0.3, 0.6));
        assert_eq!(intersection(before, interval(0.7, 0.9)), interval(0.7, 0.9));
    }

    #[test]
    fn what_was_seen_bounds_the_mean_of_a_finite_population() {
        let mut taken = Taken::new(Population::Finite(NonZeroU64::new(4).unwrap()));
        taken.add(1.0);
        assert_eq!(taken.possible(), interval(0.25, 1.0));
        taken.add(0.0);
        assert_eq!(taken.possible(), interval(0.25, 0.75));
        taken.add(0.5);
        taken.add(0.5);
        assert_eq!(taken.possible(), interval(0.5, 0.5));
        assert!(matches!(taken.admits(0.5), Err(SequenceError::Complete(_))));
    }
}
