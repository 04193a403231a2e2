//! The confidence sequence of a mean of values in `0..=1`.

use super::{Population, SequenceError, Taken, intersection};
use crate::special::ln;
use crate::{Estimate, Interval, Level, Method};

/// The confidence sequence of a mean by betting: the hedged capital process of Waudby-Smith and Ramdas (2024, J. R. Stat.
/// Soc. B 86:1, arXiv:2010.09686, theorem 3), in a finite population that of their section 5.
///
/// For every mean `m` that may be the true one somebody starts with a capital of 1 and bets, value by value, that the
/// values are larger; another, that they are smaller. If `m` is the mean such bets are fair, and a capital that starts at
/// 1 reaches `2 / (1 - level)` with probability `(1 - level) / 2` at most (Ville 1939). So a mean at which either has
/// become so rich is rejected. The stakes come from the values before (their "predictable plug-in"): the larger,
/// the less the values vary; never more than would lose half the capital at once.
///
/// The interval is made of a grid of 2000 steps, rounded outwards: each end is up to 0.0005 farther out than the exact
/// one, never farther in. A value costs two multiplications per step of the grid, and the values are not kept.
///
/// ```
/// use std::num::NonZeroU64;
/// use overt_stats::{Level, sequence::{MeanSequence, Population}};
///
/// // Four hundred samples in random order; we may stop when the mean is known to within 0.15.
/// let size = NonZeroU64::new(400).unwrap();
/// let mut mean = MeanSequence::new(Population::Finite(size), Level::P95);
/// while mean.running().width() > 0.3 {
///     mean.push(if mean.count() % 2 == 0 { 0.5 } else { 0.9 }).unwrap();
/// }
/// assert!(mean.count() < 60 && mean.running().contains(0.7));
/// ```
#[derive(Clone, Debug)]
pub struct MeanSequence {
    taken: Taken,
    /// 2 / (1 - level): the capital that rejects a mean.
    enough: f64,
    /// The grid: the means that are tried, from 0 to 1.
    means: Vec<f64>,
    /// For each of them the capital of the one who bets on larger values.
    larger: Vec<f64>,
    /// For each of them the capital of the one who bets on smaller values.
    smaller: Vec<f64>,
    /// Sum of squared distances of each value from the mean that was estimated with it, and a quarter.
    spread: f64,
    running: Interval,
}

/// Steps of the grid of means.
const STEPS: u16 = 2000;

/// The share of the capital that a bet may lose at most: `c` of Waudby-Smith and Ramdas, who use ½ or ¾.
const AT_STAKE: f64 = 0.5;

/// A capital below this counts as lost, which is safe, since the poor reject nothing. Numbers smaller than f64 can hold
/// in full precision are slow.
const NOTHING: f64 = 1e-290;

impl MeanSequence {
    /// A sequence without values yet: its interval is `0..=1`.
    pub fn new(population: Population, level: Level) -> Self {
        Self {
            taken: Taken::new(population),
            enough: 1.0 / level.tail(),
            means: (0..=STEPS).map(|i| f64::from(i) / f64::from(STEPS)).collect(),
            larger: vec![1.0; usize::from(STEPS) + 1],
            smaller: vec![1.0; usize::from(STEPS) + 1],
            spread: 0.25,
            running: Interval::UNIT,
        }
    }

    /// Takes the next value.
    ///
    /// # Errors
    /// [`SequenceError::Outside`] unless it lies in `0..=1`, [`SequenceError::Complete`] after the last value of a finite
    /// population; the sequence stays as it was.
    pub fn push(&mut self, value: f64) -> Result<(), SequenceError> {
        self.taken.admits(value)?;
        self.bet(value);
        self.taken.add(value);
        let estimated = (0.5 + self.taken.sum) / (self.taken.count as f64 + 1.0);
        self.spread += (value - estimated) * (value - estimated);
        self.running = intersection(self.running, self.interval());
        Ok(())
    }

    /// How many values were taken.
    pub fn count(&self) -> u64 {
        self.taken.count
    }

    /// The interval after the values so far.
    pub fn interval(&self) -> Interval {
        let possible = self.taken.possible();
        // The one capital falls with the mean that is assumed, the other rises: the rejected ones are at the ends.
        let rejected_below = self.larger.partition_point(|&capital| capital >= self.enough);
        let kept_below = self.smaller.partition_point(|&capital| capital < self.enough);
        let low = self.means[rejected_below.saturating_sub(1)];
        let high = self.means[kept_below.min(usize::from(STEPS))];
        // Should they reject all, or leave nothing that is possible, they say nothing.
        Interval::new(low.max(possible.low()), high.min(possible.high())).unwrap_or(possible)
    }

    /// What all intervals so far have in common: never wider than [`Self::interval`], and as sure.
    pub fn running(&self) -> Interval {
        self.running
    }

    /// The mean so far with the running interval, `None` before the first value. Should the mean have left the interval,
    /// the interval is widened to hold it.
    pub fn estimate(&self) -> Option<Estimate> {
        let value = self.taken.mean()?;
        Some(Estimate { value, interval: self.running.reaching(value), method: Method::BettingSequence })
    }

    fn bet(&mut self, value: f64) {
        let stake = self.stake();
        let (scale, shift) = self.expectation();
        for (mean, (larger, smaller)) in self.means.iter().zip(self.larger.iter_mut().zip(&mut self.smaller))
        {
            // Impossible means are put at the nearest possible one; the interval leaves them out anyway.
            let expected = (scale * mean - shift).clamp(0.0, 1.0);
            let gain = value - expected;
            *larger = kept(*larger * (1.0 + stake.min(AT_STAKE / expected) * gain));
            *smaller = kept(*smaller * (1.0 - stake.min(AT_STAKE / (1.0 - expected)) * gain));
        }
    }

    /// λ of the next bet, before it is capped: `√(2 ln(2/α) / (σ̂² t ln(1 + t)))`, from the values before.
    fn stake(&self) -> f64 {
        let next = self.taken.count as f64 + 1.0;
        let variance = self.spread / next;
        (2.0 * ln(self.enough) / (variance * next * ln(1.0 + next))).sqrt()
    }

    /// The expectation of the next value if `m` is the mean is `scale * m - shift`: `m` itself, or in a finite population
    /// the mean of what is left, `(N m - sum) / (N - count)`.
    fn expectation(&self) -> (f64, f64) {
        match self.taken.population {
            Population::Infinite => (1.0, 0.0),
            Population::Finite(size) => {
                let left = (size.get() - self.taken.count) as f64;
                (size.get() as f64 / left, self.taken.sum / left)
            }
        }
    }
}

fn kept(capital: f64) -> f64 {
    if capital < NOTHING { 0.0 } else { capital }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use proptest::prelude::*;

    use super::*;
    use crate::special::bisect;

    fn finite(size: usize) -> Population {
        Population::Finite(NonZeroU64::new(size as u64).unwrap())
    }

    fn after(population: Population, values: &[f64]) -> MeanSequence {
        let mut sequence = MeanSequence::new(population, Level::P95);
        for &value in values {
            sequence.push(value).unwrap();
        }
        sequence
    }

    /// The definition, for one mean, with all values at hand; in logarithms.
    fn ln_capitals(values: &[f64], size: Option<usize>, m: f64) -> (f64, f64) {
        let (mut larger, mut smaller) = (0.0, 0.0);
        for t in 1..=values.len() {
            let (past, x) = (&values[..t - 1], values[t - 1]);
            let estimates: Vec<f64> =
                (1..t).map(|i| (0.5 + past[..i].iter().sum::<f64>()) / (i as f64 + 1.0)).collect();
            let squares: f64 = past.iter().zip(&estimates).map(|(x, mu)| (x - mu).powi(2)).sum();
            let variance = (0.25 + squares) / t as f64;
            let lambda = (2.0 * 40.0_f64.ln() / (variance * t as f64 * (1.0 + t as f64).ln())).sqrt();
            let mu = size.map_or(m, |n| (n as f64 * m - past.iter().sum::<f64>()) / (n - t + 1) as f64);
            larger += (1.0 + lambda.min(0.5 / mu) * (x - mu)).ln();
            smaller += (1.0 - lambda.min(0.5 / (1.0 - mu)) * (x - mu)).ln();
        }
        (larger, smaller)
    }

    /// The exact interval, by bisection between the means that are possible.
    fn exact(values: &[f64], size: Option<usize>) -> Interval {
        let (sum, count) = (values.iter().sum::<f64>(), values.len());
        let (least, most) =
            size.map_or((0.0, 1.0), |n| (sum / n as f64, (sum + (n - count) as f64) / n as f64));
        let low = bisect(least, most, |m| ln_capitals(values, size, m).0 >= 40.0_f64.ln());
        let high = bisect(least, most, |m| ln_capitals(values, size, m).1 < 40.0_f64.ln());
        Interval::new(low, high).unwrap()
    }

    fn encloses_within_a_step(found: Interval, exact: Interval) -> bool {
        let step = 1.0 / f64::from(STEPS) + 1e-9;
        (-1e-9..=step).contains(&(exact.low() - found.low()))
            && (-1e-9..=step).contains(&(found.high() - exact.high()))
    }

    #[test]
    fn the_interval_is_the_exact_one_rounded_outwards() {
        let values: Vec<f64> = (0..60).map(|i| f64::from(i * 37 % 60) / 80.0).collect();
        for count in [1, 5, 20, 60] {
            let values = &values[..count];
            let (found, exact) = (after(Population::Infinite, values).interval(), exact(values, None));
            assert!(encloses_within_a_step(found, exact), "{count}: {found:?} {exact:?}");
        }
        for count in [1, 5, 20, 55] {
            let values = &values[..count];
            let found = after(finite(60), values).interval();
            let exact = exact(values, Some(60));
            assert!(encloses_within_a_step(found, exact), "{count} of 60: {found:?} {exact:?}");
        }
    }

    #[test]
    fn the_ends_are_those_of_the_authors_program() {
        // confseq (gostevehoward/confseq at 70b1ef30ae), betting_mart with its defaults, bisected for the ends.
        let scores: Vec<f64> = (0..60).map(|i| f64::from(i * 37 % 60) / 80.0).collect();
        let answers: Vec<f64> = (0..200).map(|i| f64::from(u8::from(i * 7 % 10 < 8))).collect();
        for (values, population, low, high) in [
            (&scores[..], Population::Infinite, 0.282_304_661_4, 0.458_796_426_6),
            (&scores[..30], finite(60), 0.262_537_519_7, 0.462_997_581_7),
            (&scores[..], finite(100), 0.304_603_951_7, 0.426_361_369_0),
            (&answers[..], Population::Infinite, 0.705_749_331_0, 0.893_250_643_1),
            (&answers[..], finite(250), 0.745_240_976_4, 0.84),
        ] {
            let found = after(population, values).interval();
            let published = Interval::new(low, high).unwrap();
            assert!(encloses_within_a_step(found, published), "{found:?} {published:?}");
        }
    }

    #[test]
    fn ones_only_have_a_lower_end_in_closed_form() {
        // With ones only every stake is capped at 1/(2m), so that the capital is ((1 + m) / (2m))^n, rejected at 40.
        let low = 1.0 / (2.0 * 40.0_f64.powf(0.1) - 1.0);
        let found = after(Population::Infinite, &[1.0; 10]).interval();
        assert!((0.0..=0.0005).contains(&(low - found.low())), "{found:?} {low}");
        assert!(found.high() >= 1.0);
    }

    #[test]
    fn values_out_of_range_and_beyond_the_last_are_refused_and_change_nothing() {
        let mut sequence = after(finite(3), &[0.2, 0.4]);
        let before = sequence.interval();
        for bad in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(matches!(sequence.push(bad), Err(SequenceError::Outside(_))), "{bad}");
        }
        assert_eq!((sequence.count(), sequence.interval()), (2, before));
        sequence.push(0.9).unwrap();
        assert!(matches!(sequence.push(0.5), Err(SequenceError::Complete(_))));
    }

    #[test]
    fn nothing_seen_allows_everything() {
        let sequence = after(Population::Infinite, &[]);
        assert_eq!((sequence.interval(), sequence.running()), (Interval::UNIT, Interval::UNIT));
        assert_eq!(sequence.estimate(), None);
    }

    #[test]
    fn very_many_values_neither_overflow_nor_get_stuck() {
        let mut sequence = MeanSequence::new(Population::Infinite, Level::P95);
        for i in 0..20_000 {
            sequence.push(f64::from(i % 10 / 9)).unwrap();
        }
        let interval = sequence.interval();
        assert!(interval.contains(0.1) && interval.width() < 0.03, "{interval:?}");
    }

    proptest! {
        #[test]
        fn at_the_end_of_a_population_the_interval_is_its_mean(values in prop::collection::vec(0.0..=1.0_f64, 1..60)) {
            let sequence = after(finite(values.len()), &values);
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            for interval in [sequence.interval(), sequence.running(), sequence.estimate().unwrap().interval] {
                prop_assert!((interval.low() - mean).abs() < 1e-15 && (interval.high() - mean).abs() < 1e-15);
            }
        }

        #[test]
        fn small_values_mirror_large_ones(values in prop::collection::vec(0.0..=1.0_f64, 1..60), more in 0_usize..100) {
            let mirrored: Vec<f64> = values.iter().map(|v| 1.0 - v).collect();
            for population in [Population::Infinite, finite(values.len() + more)] {
                let (there, back) = (after(population, &values).interval(), after(population, &mirrored).interval());
                // A mean of the grid may fall to either side by rounding.
                prop_assert!((there.low() + back.high() - 1.0).abs() < 0.0006);
            }
        }

        #[test]
        fn the_running_interval_lies_in_the_latest(values in prop::collection::vec(0.0..=1.0_f64, 1..60)) {
            let mut sequence = MeanSequence::new(finite(60), Level::P95);
            for value in values {
                sequence.push(value).unwrap();
                let (running, latest) = (sequence.running(), sequence.interval());
                prop_assert!(latest.low() <= running.low() && running.high() <= latest.high());
            }
        }
    }
}
