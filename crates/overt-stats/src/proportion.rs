//! Intervals for a proportion.
//!
//! Evaluations are small: a few hundred samples, often near 0 or 1, where the textbook interval (estimate ± 1.96
//! standard errors) is far too narrow (Bowyer, Aitchison and Ivanova 2025, arXiv:2503.01747). [`wilson`] is the
//! default; [`clopper_pearson`] is for claims of the form "at most", which must never be optimistic; [`bayes`] is the
//! posterior under a flat prior; [`estimate`] is the one to use where samples come in clusters.

use crate::design::{FEW, degrees_of_freedom, effective_size};
use crate::special::{beta_quantile, t_quantile};
use crate::{Clusters, Estimate, Interval, Level, Method, Sampling};

/// Successes among trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    successes: u64,
    trials: u64,
}

impl Count {
    /// Returns `None` if there are no trials or more successes than trials.
    pub fn new(successes: u64, trials: u64) -> Option<Self> {
        (trials > 0 && successes <= trials).then_some(Self { successes, trials })
    }

    /// The observed share, in `0..=1`.
    pub fn share(self) -> f64 {
        self.successes as f64 / self.trials as f64
    }

    /// How many successes.
    pub fn successes(self) -> u64 {
        self.successes
    }

    /// How many trials.
    pub fn trials(self) -> u64 {
        self.trials
    }
}

/// The score interval of Wilson (1927), eq. 4: the proportions that a normal test at `level` would not reject.
///
/// Coverage stays near `level` down to about ten trials; at zero successes the lower end is exactly 0.
pub fn wilson(count: Count, level: Level) -> Interval {
    wilson_at(count.share(), count.trials as f64, level)
}

/// Wilson's interval for a share `p` in `0..=1` among `n > 0` trials, which need not be whole.
pub(crate) fn wilson_at(p: f64, n: f64, level: Level) -> Interval {
    let z = level.normal_quantile();
    let shrink = 1.0 + z * z / n;
    let centre = (p + z * z / (2.0 * n)) / shrink;
    let half = z / shrink * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    // At p = 0 and 1 the near end equals p exactly; rounding would leave it a hair beside.
    Interval::around(centre, half).clamped(Interval::UNIT).reaching(p)
}

/// The exact interval of Clopper and Pearson (1934): covers at least `level`, whatever the truth.
pub fn clopper_pearson(count: Count, level: Level) -> Interval {
    exact_at(count.share(), count.trials as f64, level)
}

/// Clopper and Pearson's interval for a share `p` in `0..=1` among `n > 0` trials, which need not be whole.
pub(crate) fn exact_at(p: f64, n: f64, level: Level) -> Interval {
    let (successes, failures) = (p * n, (1.0 - p) * n);
    let tail = level.tail();
    let low = if successes <= 0.0 { 0.0 } else { beta_quantile(tail, successes, failures + 1.0) };
    let high = if failures <= 0.0 { 1.0 } else { beta_quantile(1.0 - tail, successes + 1.0, failures) };
    Interval::ordered(low, high)
}

/// The central credible interval under a flat prior, that is of Beta(1 + successes, 1 + failures) (Bayes 1763).
pub fn bayes(count: Count, level: Level) -> Interval {
    let (x, n) = (count.successes as f64, count.trials as f64);
    let quantile = |p| beta_quantile(p, 1.0 + x, 1.0 + n - x);
    Interval::ordered(quantile(level.tail()), quantile(1.0 - level.tail()))
}

/// The proportion of a sample that may come in clusters, with the interval that fits it.
///
/// Values lie in `0..=1`; `observations` is the number of yes-or-no observations behind them: their number, or that
/// times the repetitions if each value is a share over repetitions.
///
/// - Independent yes-or-no values: [`wilson`].
/// - At least 300 observations, a share in `0.05..=0.95` and enough clusters: the mean ± t standard errors.
/// - Otherwise the interval of Korn and Graubard (1998, Surv. Methodol. 24:193): Clopper and Pearson's with the
///   effective number of observations ([`effective_observations`]). Wilson's interval, being exact on average only,
///   falls to 0.86 here where clusters are few; `tests/coverage.rs` holds what this one keeps.
pub fn estimate(sample: &Clusters, observations: f64, level: Level) -> Estimate {
    let share = sample.mean().clamp(0.0, 1.0);
    let freedom = degrees_of_freedom(sample);
    if sample.sampling() == Sampling::Clustered
        && freedom >= FEW
        && observations >= 300.0
        && (0.05..=0.95).contains(&share)
        && let Some(error) = sample.standard_error().filter(|&error| error > 0.0)
    {
        let interval =
            Interval::around(share, error * t_quantile(level.tail(), freedom)).clamped(Interval::UNIT);
        return Estimate { value: share, interval, method: Method::ClusteredT };
    }
    let effective = effective_observations(sample, observations, level);
    if sample.sampling() == Sampling::Independent
        && observations <= sample.weight()
        && effective >= observations
    {
        return Estimate {
            value: share,
            interval: wilson_at(share, observations, level),
            method: Method::Wilson,
        };
    }
    Estimate { value: share, interval: exact_at(share, effective, level), method: Method::KornGraubard }
}

/// How many independent yes-or-no observations carry as much as these: `observations / deff · (z / t)²`, the effective
/// sample size of Korn and Graubard (1998, eq. 1), with the degrees of freedom of [`crate::design`].
///
/// It is never above `observations`, never below [`Clusters::effective_count`], and exactly the latter if all values are
/// equal, since then nothing is known about how alike the members of a cluster are.
pub fn effective_observations(sample: &Clusters, observations: f64, level: Level) -> f64 {
    let share = sample.mean();
    effective_size(sample, share * (1.0 - share) / (observations - 1.0), observations, level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cluster;

    const P95: Level = Level::P95;

    fn count(successes: u64, trials: u64) -> Count {
        Count::new(successes, trials).unwrap()
    }

    fn close(interval: Interval, low: f64, high: f64) {
        assert!((interval.low() - low).abs() < 1e-6 && (interval.high() - high).abs() < 1e-6, "{interval:?}");
    }

    #[test]
    fn the_reference_vectors_come_out() {
        close(wilson(count(45, 50), P95), 0.786_398, 0.956_524);
        close(clopper_pearson(count(45, 50), P95), 0.781_865, 0.966_725);
        close(bayes(count(45, 50), P95), 0.785_855, 0.955_580);
        close(wilson(count(0, 30), P95), 0.0, 0.113_513);
        close(clopper_pearson(count(0, 30), P95), 0.0, 0.115_703);
        close(wilson(count(8, 10), P95), 0.490_162, 0.943_318);
        close(clopper_pearson(count(8, 10), P95), 0.443_905, 0.974_789);
        close(bayes(count(8, 10), P95), 0.482_244, 0.939_782);
    }

    #[test]
    fn newcombes_published_intervals_come_out() {
        // Newcombe (1998, Stat. Med. 17:857), table I, methods 3 (Wilson) and 5 (Clopper-Pearson), to four places.
        for (x, n, score, exact) in [
            (81, 263, [0.2553, 0.3662], [0.2527, 0.3676]),
            (15, 148, [0.0624, 0.1605], [0.0578, 0.1617]),
            (0, 20, [0.0, 0.1611], [0.0, 0.1684]),
            (1, 29, [0.0061, 0.1718], [0.0009, 0.1776]),
        ] {
            for (found, published) in
                [(wilson(count(x, n), P95), score), (clopper_pearson(count(x, n), P95), exact)]
            {
                assert!((found.low() - published[0]).abs() < 6e-5, "{x}/{n}: {found:?}");
                assert!((found.high() - published[1]).abs() < 6e-5, "{x}/{n}: {found:?}");
            }
        }
    }

    #[test]
    fn without_failures_the_exact_bound_has_its_closed_form() {
        let high = clopper_pearson(count(0, 100), P95).high();
        assert!((high - (1.0 - 0.025_f64.powf(0.01))).abs() < 1e-12);
    }

    #[test]
    fn failures_mirror_successes() {
        for x in 0..=17 {
            let (there, back) = (count(x, 17), count(17 - x, 17));
            for method in [wilson, clopper_pearson, bayes] {
                let (a, b) = (method(there, P95), method(back, P95));
                assert!((a.low() + b.high() - 1.0).abs() < 1e-12 && a.low() >= 0.0);
            }
            assert!(wilson(there, P95).contains(there.share()));
            assert!(clopper_pearson(there, P95).contains(there.share()));
        }
        assert!(wilson(count(0, 17), P95).contains(0.0) && wilson(count(17, 17), P95).contains(1.0));
    }

    #[test]
    fn impossible_counts_are_refused() {
        assert!(Count::new(0, 0).is_none() && Count::new(4, 3).is_none());
    }

    #[test]
    fn independent_answers_get_wilson() {
        let sample = Clusters::independent((0..50).map(|i| f64::from(u8::from(i < 45)))).unwrap();
        let estimate = estimate(&sample, 50.0, P95);
        assert_eq!(estimate.method, Method::Wilson);
        assert_eq!(estimate.interval, wilson(count(45, 50), P95));
    }

    #[test]
    fn all_alike_clusters_count_as_one_trial_each() {
        let sample = Clusters::new((0..12).map(|_| Cluster { sum: 10.0, weight: 10.0 })).unwrap();
        assert!((effective_observations(&sample, 120.0, P95) - 12.0).abs() < 1e-9);
        let found = estimate(&sample, 120.0, P95);
        assert_eq!(found.method, Method::KornGraubard);
        assert_eq!(found.interval, clopper_pearson(count(12, 12), P95));
    }

    #[test]
    fn members_that_agree_completely_leave_as_many_trials_as_clusters() {
        let sample =
            Clusters::new((0..20).map(|i| Cluster { sum: if i < 7 { 5.0 } else { 0.0 }, weight: 5.0 }))
                .unwrap();
        assert!((effective_observations(&sample, 100.0, P95) - 20.0).abs() < 1e-9);
    }

    #[test]
    fn large_samples_away_from_the_edges_get_the_clustered_t() {
        let sample = Clusters::new((0..60).map(|i| Cluster { sum: f64::from(i % 7), weight: 6.0 })).unwrap();
        let found = estimate(&sample, 360.0, P95);
        assert_eq!(found.method, Method::ClusteredT);
        let half = sample.standard_error().unwrap() * t_quantile(0.025, degrees_of_freedom(&sample));
        assert!((found.interval.width() - 2.0 * half).abs() < 1e-12);
    }
}
