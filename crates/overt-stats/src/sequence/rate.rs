//! The confidence sequence of a rate.

use statrs::function::beta::ln_beta;
use statrs::function::gamma::ln_gamma;

use super::{Population, SequenceError, Taken, intersection};
use crate::special::{bisect, ln};
use crate::{Estimate, Interval, Level, Method};

/// The confidence sequence of a rate by Robbins' mixture (1970, Ann. Math. Stat. 41:1397): a rate is rejected once a
/// mixture over all rates, with Jeffreys' prior Beta(½, ½), has made what was seen `1 / (1 - level)` times as likely as
/// the rate has made it. The rejected ones lie on both sides of the observed share, so that a bisection on each side
/// finds the ends.
///
/// In a finite population the number of successes in it takes the place of the rate, with the prior that Jeffreys' gives
/// it (beta-binomial), and the probability of the draws is that of drawing without replacement: the prior-posterior
/// ratio of Waudby-Smith and Ramdas (2020, NeurIPS 33, arXiv:2006.04347, section 2). Its ends are whole
/// numbers of successes divided by the population's size.
///
/// An interval costs some hundred evaluations of the likelihood, whatever the number of values; no value is kept. The
/// logarithms of factorials are exact to about 1e-5 in a population of a billion, and to 0.01 in one of 10¹².
///
/// ```
/// use overt_stats::{Level, sequence::{Population, RateSequence}};
///
/// let mut rate = RateSequence::new(Population::Infinite, Level::P95);
/// for i in 0..50 {
///     rate.push(i % 5 < 3).unwrap();
/// }
/// assert_eq!(format!("{:.3}..{:.3}", rate.interval().low(), rate.interval().high()), "0.375..0.799");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RateSequence {
    taken: Taken,
    /// ln(1 / (1 - level)): the evidence that rejects a rate.
    enough: f64,
    running: Interval,
}

impl RateSequence {
    /// A sequence without values yet: its interval is `0..=1`.
    pub fn new(population: Population, level: Level) -> Self {
        Self { taken: Taken::new(population), enough: -ln(2.0 * level.tail()), running: Interval::UNIT }
    }

    /// Takes the next value.
    ///
    /// # Errors
    /// [`SequenceError::Complete`] after the last value of a finite population; the sequence stays as it was.
    pub fn push(&mut self, success: bool) -> Result<(), SequenceError> {
        let value = f64::from(u8::from(success));
        self.taken.admits(value)?;
        self.taken.add(value);
        self.running = intersection(self.running, self.interval());
        Ok(())
    }

    /// How many values were taken.
    pub fn count(&self) -> u64 {
        self.taken.count
    }

    /// The interval after the values so far.
    pub fn interval(&self) -> Interval {
        match self.taken.population {
            Population::Infinite => self.of_rates(),
            Population::Finite(size) => self.of_totals(size.get()),
        }
    }

    /// What all intervals so far have in common: never wider than [`Self::interval`], and as sure.
    pub fn running(&self) -> Interval {
        self.running
    }

    /// The observed share with the running interval, `None` before the first value. Should the share have left the
    /// interval, the interval is widened to hold it.
    pub fn estimate(&self) -> Option<Estimate> {
        let value = self.taken.mean()?;
        Some(Estimate { value, interval: self.running.reaching(value), method: Method::BetaBinomialSequence })
    }

    fn of_rates(&self) -> Interval {
        let (successes, failures) = self.successes_and_failures();
        let share = self.taken.mean().unwrap_or(0.5);
        let too_low = self.too_low();
        let rejected = |p: f64| times_ln(successes, p) + times_ln(failures, 1.0 - p) <= too_low;
        let low = if rejected(0.0) { bisect(0.0, share, rejected) } else { 0.0 };
        let high = if rejected(1.0) { bisect(share, 1.0, |p| !rejected(p)) } else { 1.0 };
        Interval::ordered(low, high)
    }

    fn of_totals(&self, size: u64) -> Interval {
        let (count, successes) = (self.taken.count, self.taken.sum as u64);
        let (least, most) = (successes, size - (count - successes));
        // The probability of these draws from a population with `total` successes: of all orders of the population,
        // those that begin so.
        let (too_low, left) = (self.too_low(), (size - count) as f64);
        let rejected = |total: u64| {
            let total = total as f64;
            ln_choose(left, total - successes as f64) - ln_choose(size as f64, total) <= too_low
        };
        // The probability is greatest at this total (the hypergeometric likelihood) and falls on both sides of it.
        let likeliest = u128::from(successes) * (u128::from(size) + 1) / u128::from(count.max(1));
        let likeliest = u64::try_from(likeliest).unwrap_or(most).clamp(least, most);
        let low = first_where(least, likeliest, |total| !rejected(total));
        let high = first_where(likeliest, most, |total| total == most || rejected(total + 1));
        Interval::ordered(low as f64 / size as f64, high as f64 / size as f64)
    }

    /// A hypothesis is rejected if the log-probability that it gives these draws is as low as this: the mixture gives them
    /// `B(½ + s, ½ + f) / B(½, ½)`, in a finite population as well, since an urn filled at a random rate looks so.
    fn too_low(&self) -> f64 {
        let (successes, failures) = self.successes_and_failures();
        ln_beta(0.5 + successes, 0.5 + failures) - ln_beta(0.5, 0.5) - self.enough
    }

    fn successes_and_failures(&self) -> (f64, f64) {
        (self.taken.sum, self.taken.count as f64 - self.taken.sum)
    }
}

/// `k ln p`, and 0 where nothing was seen that `p` would have to explain.
fn times_ln(k: f64, p: f64) -> f64 {
    if k > 0.0 { k * ln(p) } else { 0.0 }
}

fn ln_choose(n: f64, k: f64) -> f64 {
    ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)
}

/// The first whole number from `low` to `high` where `reached` holds, `high` if nowhere before; once it holds it goes on.
fn first_where(mut low: u64, mut high: u64, reached: impl Fn(u64) -> bool) -> u64 {
    while low < high {
        let middle = low + (high - low) / 2;
        if reached(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use proptest::prelude::*;

    use super::*;

    fn finite(size: u64) -> Population {
        Population::Finite(NonZeroU64::new(size).unwrap())
    }

    fn after(population: Population, values: impl IntoIterator<Item = bool>) -> RateSequence {
        let mut sequence = RateSequence::new(population, Level::P95);
        for value in values {
            sequence.push(value).unwrap();
        }
        sequence
    }

    fn close(interval: Interval, low: f64, high: f64, by: f64) {
        assert!((interval.low() - low).abs() < by && (interval.high() - high).abs() < by, "{interval:?}");
    }

    #[test]
    fn the_reference_vectors_come_out() {
        close(after(Population::Infinite, (0..50).map(|i| i < 30)).interval(), 0.374_827, 0.799_200, 1e-6);
        close(after(Population::Infinite, (0..50).map(|i| i < 45)).interval(), 0.713_462, 0.984_153, 1e-6);
    }

    #[test]
    fn without_failures_the_lower_end_has_its_closed_form() {
        // p^n = α B(½ + n, ½) / B(½, ½), and the ratio of beta functions is Π (i - ½) / i.
        let mixture: f64 = (1..=20).map(|i| (f64::from(i) - 0.5) / f64::from(i)).product();
        let found = after(Population::Infinite, (0..20).map(|_| true)).interval();
        assert!((found.low() - (0.05 * mixture).powf(1.0 / 20.0)).abs() < 1e-12);
        assert!(found.high() >= 1.0);
    }

    #[test]
    fn a_large_population_is_as_good_as_an_infinite_one() {
        for successes in [0, 1, 30, 50] {
            let values = || (0..50).map(|i| i < successes);
            let (infinite, large) =
                (after(Population::Infinite, values()), after(finite(1_000_000_000), values()));
            close(large.interval(), infinite.interval().low(), infinite.interval().high(), 1e-6);
        }
    }

    #[test]
    fn a_finite_population_is_never_less_certain() {
        for count in [1, 5, 20, 80] {
            for successes in 0..=count {
                let values = || (0..count).map(|i| i < successes);
                let infinite = after(Population::Infinite, values()).interval();
                for more in [1, 10, 200] {
                    let size = count + more;
                    let some = after(finite(size), values()).interval();
                    // Totals are whole numbers.
                    let step = 1.0 / size as f64;
                    assert!(some.width() <= infinite.width() + step, "{successes} of {count} of {size}");
                }
            }
        }
    }

    /// The prior-posterior ratio as its authors write it: the beta-binomial prior over totals, its posterior by Bayes'
    /// rule from the hypergeometric probability, every total tried.
    fn by_prior_and_posterior(size: u64, count: u64, successes: u64) -> (u64, u64) {
        let choose = |n: u64, k: u64| (0..k).map(|i| (n - i) as f64 / (k - i) as f64).product::<f64>();
        let half_rising = |k: u64| (0..k).map(|i| 0.5 + i as f64).product::<f64>();
        let prior = |total: u64| choose(size, total) * half_rising(total) * half_rising(size - total);
        let likelihood = |total: u64| {
            if total < successes || size - total < count - successes {
                return 0.0;
            }
            choose(total, successes) * choose(size - total, count - successes) / choose(size, count)
        };
        let all: f64 = (0..=size).map(prior).sum();
        let evidence: f64 = (0..=size).map(|total| prior(total) / all * likelihood(total)).sum();
        let kept: Vec<u64> = (0..=size).filter(|&total| evidence < 20.0 * likelihood(total)).collect();
        (kept[0], kept[kept.len() - 1])
    }

    #[test]
    fn finite_intervals_are_those_of_prior_and_posterior() {
        // Not 40: there one total is just as likely as its rejection needs, and rounding decides.
        for size in [1_u64, 2, 7, 37] {
            for count in 0..=size {
                for successes in 0..=count {
                    let found = after(finite(size), (0..count).map(|i| i < successes)).interval();
                    let (low, high) = by_prior_and_posterior(size, count, successes);
                    close(found, low as f64 / size as f64, high as f64 / size as f64, 1e-12);
                }
            }
        }
    }

    /// The exact probability that some interval misses the rate, over all paths of `steps` draws: the interval depends
    /// on the count of successes only, so the paths that have not missed yet are counted by it.
    fn ever_misses(population: Population, steps: u64, rate: f64) -> f64 {
        let mut alive = vec![1.0];
        let mut missed = 0.0;
        for step in 0..steps {
            let mut next = vec![0.0; alive.len() + 1];
            for (successes, weight) in alive.iter().enumerate() {
                let p = match population {
                    Population::Infinite => rate,
                    Population::Finite(size) => {
                        let size = size.get() as f64;
                        ((rate * size - successes as f64) / (size - step as f64)).clamp(0.0, 1.0)
                    }
                };
                next[successes] += weight * (1.0 - p);
                next[successes + 1] += weight * p;
            }
            for (successes, weight) in next.iter_mut().enumerate() {
                let mut sequence = RateSequence::new(population, Level::P95);
                sequence.taken.count = step + 1;
                sequence.taken.sum = successes as f64;
                if *weight > 0.0 && !sequence.interval().contains(rate) {
                    missed += *weight;
                    *weight = 0.0;
                }
            }
            alive = next;
        }
        missed
    }

    #[test]
    fn no_more_than_five_in_a_hundred_paths_ever_miss() {
        for rate in [0.01, 0.1, 0.5, 0.93] {
            let missed = ever_misses(Population::Infinite, 200, rate);
            assert!(missed <= 0.05, "{missed} at {rate}");
        }
        for (size, total) in [(20_u64, 0_u64), (20, 3), (60, 30), (100, 97)] {
            let missed = ever_misses(finite(size), size, total as f64 / size as f64);
            assert!(missed <= 0.05, "{missed} at {total} of {size}");
        }
        // Not empty talk: the guarantee is used up to a good part.
        assert!(ever_misses(Population::Infinite, 200, 0.5) > 0.01);
    }

    #[test]
    fn nothing_seen_allows_everything_and_more_than_all_is_refused() {
        for population in [Population::Infinite, finite(3)] {
            let sequence = after(population, []);
            assert_eq!(sequence.interval(), Interval::UNIT);
            assert_eq!(sequence.estimate(), None);
        }
        let mut sequence = after(finite(3), [true, false, true]);
        assert!(sequence.push(true).is_err());
        assert_eq!(sequence.count(), 3);
    }

    proptest! {
        #[test]
        fn at_the_end_of_a_population_the_interval_is_its_rate(values in prop::collection::vec(any::<bool>(), 1..60)) {
            let sequence = after(finite(values.len() as u64), values.iter().copied());
            let rate = values.iter().filter(|&&v| v).count() as f64 / values.len() as f64;
            close(sequence.interval(), rate, rate, 1e-15);
            close(sequence.running(), rate, rate, 1e-15);
        }

        #[test]
        fn failures_mirror_successes(values in prop::collection::vec(any::<bool>(), 1..80), more in 0_u64..200) {
            let size = values.len() as u64 + more;
            let there = after(finite(size), values.iter().copied()).interval();
            let back = after(finite(size), values.iter().map(|v| !v)).interval();
            // Where a total is just about rejected, rounding decides.
            prop_assert!((there.low() + back.high() - 1.0).abs() < 1.001 / size as f64);
        }

        #[test]
        fn the_running_interval_lies_in_every_interval_that_it_met(values in prop::collection::vec(any::<bool>(), 1..80)) {
            let mut sequence = RateSequence::new(Population::Infinite, Level::P95);
            for value in values {
                let before = sequence.running();
                sequence.push(value).unwrap();
                let (running, latest) = (sequence.running(), sequence.interval());
                prop_assert!(latest.low() <= running.low() && running.high() <= latest.high());
                let disjoint = latest.low() > before.high() || latest.high() < before.low();
                prop_assert!(disjoint || (before.low() <= running.low() && running.high() <= before.high()));
            }
        }
    }
}
