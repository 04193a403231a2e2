//! Comparisons of two systems, or two conditions, on the same samples.
//!
//! Pairing takes the difficulty of the samples out of the comparison and is usually worth more than doubling the
//! number of samples (Miller 2024, arXiv:2411.00640, section 4.2). For yes-or-no scores only the discordant pairs
//! tell anything: those where one side succeeds and the other fails.

use crate::design::{FEW, degrees_of_freedom, effective_size};
use crate::special::{bisect, exp2, fair_coin_cdf, t_two_sided};
use crate::{Clusters, Estimate, Interval, Level, Method, Sampling};

/// Pairs of yes-or-no scores, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pairs {
    first_only: u64,
    second_only: u64,
    all: u64,
}

impl Pairs {
    /// Pairs in which only the first succeeds, in which only the second does, and all pairs. Returns `None` without
    /// pairs or with more discordant pairs than pairs.
    pub fn new(first_only: u64, second_only: u64, all: u64) -> Option<Self> {
        let discordant = first_only.checked_add(second_only)?;
        (all > 0 && discordant <= all).then_some(Self { first_only, second_only, all })
    }

    /// The first's rate minus the second's, in `-1..=1`.
    pub fn difference(self) -> f64 {
        (self.first_only as f64 - self.second_only as f64) / self.all as f64
    }
}

/// The two-sided exact p-value of McNemar's test: under the hypothesis of equal rates a discordant pair falls to either
/// side like a fair coin (McNemar 1947; exact form: Fagerland, Lydersen and Laake 2013, BMC Med. Res. Methodol. 13:91).
pub fn mcnemar_exact(pairs: Pairs) -> f64 {
    let discordant = pairs.first_only + pairs.second_only;
    (2.0 * fair_coin_cdf(pairs.first_only.min(pairs.second_only), discordant)).min(1.0)
}

/// The score interval of Tango (1998, Stat. Med. 17:891) for the difference of two paired proportions: the differences
/// that a score test at `level` would not reject.
pub fn tango(pairs: Pairs, level: Level) -> Interval {
    let n = pairs.all as f64;
    tango_at(pairs.first_only as f64 / n, pairs.second_only as f64 / n, n, level)
}

/// Tango's interval for shares of discordant pairs among `n > 0` pairs, which need not be whole.
pub(crate) fn tango_at(first: f64, second: f64, n: f64, level: Level) -> Interval {
    let z = level.normal_quantile();
    let observed = first - second;
    let score = |delta: f64| tango_score(first, second, n, delta);
    // The score falls from positive to negative as the hypothesis moves up through the observed difference.
    let low = if observed <= -1.0 { -1.0 } else { bisect(-1.0, observed, |delta| score(delta) > z) };
    let high = if observed >= 1.0 { 1.0 } else { bisect(observed, 1.0, |delta| score(delta) > -z) };
    Interval::ordered(low, high)
}

/// Tango's eq. 3: the standardised distance of the observed difference from `delta`, with the variance at the most
/// likely table that has this difference.
fn tango_score(first: f64, second: f64, n: f64, delta: f64) -> f64 {
    // The most likely share of second-only pairs solves 2q² + Bq + C = 0 (eq. 4, divided by n).
    let linear = -(first + second) + (2.0 - first + second) * delta;
    let constant = -second * delta * (1.0 - delta);
    let q = ((linear * linear - 8.0 * constant).max(0.0).sqrt() - linear) / 4.0;
    let variance = ((2.0 * q + delta * (1.0 - delta)) / n).max(0.0);
    let distance = first - second - delta;
    if variance > 0.0 {
        distance / variance.sqrt()
    } else if distance == 0.0 {
        0.0
    } else {
        distance * f64::INFINITY
    }
}

/// The mean of paired yes-or-no differences (each -1, 0 or 1), with the interval that fits.
///
/// `discordant` is the share of pairs, in `0..=1`, whose sides differ. Independent pairs get [`tango`]; otherwise the
/// number of pairs in Tango's interval is the effective one, made as in [`crate::proportion::effective_observations`].
pub fn estimate(differences: &Clusters, discordant: f64, level: Level) -> Estimate {
    let (mean, pairs) = (differences.mean().clamp(-1.0, 1.0), differences.weight());
    let discordant = discordant.clamp(mean.abs(), 1.0);
    let alone = (discordant - mean * mean).max(0.0) / (pairs - 1.0);
    let effective = effective_size(differences, alone, pairs, level);
    let exact = differences.sampling() == Sampling::Independent && effective >= pairs;
    let (first, second) = (0.5 * (discordant + mean), 0.5 * (discordant - mean));
    Estimate {
        value: mean,
        interval: tango_at(first, second, effective, level).reaching(mean),
        method: if exact { Method::Tango } else { Method::TangoEffective },
    }
}

/// A test of the hypothesis that there is no difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// What was compared with its distribution: t, or for the sign-flip test the mean difference.
    pub statistic: f64,
    /// How often a statistic as extreme would be seen if there were no difference, both directions counted.
    pub p: f64,
    /// Which test.
    pub method: Method,
}

/// The two-sided test of the hypothesis that the mean of the differences is zero.
///
/// Student's t with the variance between clusters (for independent pairs the paired t-test). With too few clusters for
/// it, and up to 14 of them, the exact sign-flip test: under the hypothesis each cluster's sum could as well have had
/// the other sign, so the observed mean is compared with those under all assignments of signs (Fisher 1935, section 21;
/// for clusters Canay, Romano and Shaikh 2017, Econometrica 85:1013). Its smallest value is `2^(1-G)`.
pub fn test(differences: &Clusters) -> Test {
    let error = differences.standard_error().unwrap_or(0.0);
    let freedom = degrees_of_freedom(differences);
    let no_spread = error <= 1e-12 * differences.mean().abs();
    if no_spread || (freedom < FEW && differences.count() <= MOST_FLIPS) {
        let statistic = differences.mean();
        return Test { statistic, p: sign_flip(differences), method: Method::SignFlip };
    }
    let method = match differences.sampling() {
        Sampling::Independent => Method::T,
        Sampling::Clustered => Method::ClusteredT,
    };
    let statistic = differences.mean() / error;
    Test { statistic, p: t_two_sided(statistic, freedom), method }
}

/// All signs of this many clusters are tried: 2^14 sums.
const MOST_FLIPS: usize = 14;

fn sign_flip(differences: &Clusters) -> f64 {
    let sums: Vec<f64> = differences.items().iter().map(|c| c.sum).filter(|&sum| sum != 0.0).collect();
    if sums.len() > MOST_FLIPS {
        // Only samples without spread come here, all of one sign: the observed assignment and its mirror are the
        // most extreme.
        return exp2(1.0 - sums.len() as f64);
    }
    let observed = sums.iter().sum::<f64>().abs();
    let total = 1_u32 << sums.len();
    let extreme = (0..total).filter(|signs| {
        let flipped: f64 =
            sums.iter().enumerate().map(|(i, s)| if signs >> i & 1 == 1 { -s } else { *s }).sum();
        flipped.abs() >= observed * (1.0 - 1e-12)
    });
    extreme.count() as f64 / f64::from(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cluster;

    const P95: Level = Level::P95;

    fn pairs(first: u64, second: u64, all: u64) -> Pairs {
        Pairs::new(first, second, all).unwrap()
    }

    fn close(interval: Interval, low: f64, high: f64, within: f64) {
        assert!(
            (interval.low() - low).abs() < within && (interval.high() - high).abs() < within,
            "{interval:?}"
        );
    }

    #[test]
    fn tangos_interval_agrees_with_a_direct_maximisation() {
        // Made with SciPy 1.17: the score test inverted with the likelihood maximised numerically over the table.
        // The second table is the example of Fagerland, Lydersen and Laake (2014, Stat. Med. 33:2850).
        close(tango(pairs(12, 2, 50), P95), 0.061_112_4, 0.344_708_7, 1e-6);
        close(tango(pairs(1, 7, 21), P95), -0.517_232_3, -0.026_003_0, 1e-6);
        close(tango(pairs(40, 20, 160), P95), 0.030_864_5, 0.218_064_2, 1e-6);
        close(tango(pairs(5, 0, 30), P95), 0.034_234_4, 0.335_643_5, 1e-6);
    }

    #[test]
    fn without_discordant_pairs_tangos_interval_has_its_closed_form() {
        // The score is √n δ / √(δ(1 - δ)), so the end is z² / (n + z²).
        let z = P95.normal_quantile();
        let end = z * z / (50.0 + z * z);
        close(tango(pairs(0, 0, 50), P95), -end, end, 1e-12);
    }

    #[test]
    fn exchanging_the_sides_mirrors_the_interval() {
        for (b, c, n) in [(3, 9, 40), (0, 6, 6), (1, 0, 1), (10, 10, 20)] {
            let (there, back) = (tango(pairs(b, c, n), P95), tango(pairs(c, b, n), P95));
            close(there, -back.high(), -back.low(), 1e-9);
            assert!(there.contains(pairs(b, c, n).difference()));
        }
    }

    #[test]
    fn mcnemars_p_is_the_coins() {
        // Fagerland, Lydersen and Laake (2013): 1 against 7 gives 18/256.
        assert!((mcnemar_exact(pairs(1, 7, 21)) - 18.0 / 256.0).abs() < 1e-12);
        assert!((mcnemar_exact(pairs(0, 5, 5)) - 0.0625).abs() < 1e-12);
        assert!((mcnemar_exact(pairs(4, 4, 9)) - 1.0).abs() < 1e-12);
        assert!((mcnemar_exact(pairs(0, 0, 9)) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn impossible_tables_are_refused() {
        assert!(Pairs::new(0, 0, 0).is_none() && Pairs::new(3, 2, 4).is_none());
        assert!(Pairs::new(u64::MAX, 1, u64::MAX).is_none());
    }

    #[test]
    fn independent_pairs_get_tangos_interval() {
        let values = (0..50).map(|i| {
            if i < 12 {
                1.0
            } else if i < 14 {
                -1.0
            } else {
                0.0
            }
        });
        let found = estimate(&Clusters::independent(values).unwrap(), 14.0 / 50.0, P95);
        assert_eq!(found.method, Method::Tango);
        let direct = tango(pairs(12, 2, 50), P95);
        close(found.interval, direct.low(), direct.high(), 1e-9);
    }

    #[test]
    fn pairs_in_clusters_get_a_wider_interval() {
        let sums = [5.0, 5.0, -2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let values = sums.map(|sum| Cluster { sum, weight: 5.0 });
        let found = estimate(&Clusters::new(values).unwrap(), 12.0 / 50.0, P95);
        assert_eq!(found.method, Method::TangoEffective);
        assert!(found.interval.width() > 1.5 * tango(pairs(10, 2, 50), P95).width());
    }

    #[test]
    fn the_t_test_is_students() {
        // Student (1908), the sleep data: t = 4.0621 with 9 degrees of freedom, p = 0.00283.
        let hours = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4];
        let Test { p, method, .. } = test(&Clusters::independent(hours).unwrap());
        assert_eq!(method, Method::T);
        assert!((p - 0.002_833).abs() < 1e-6, "{p}");
    }

    #[test]
    fn few_clusters_get_the_sign_flip_test() {
        // Fisher's enumeration by hand: sums 3, 2, 1; only +++ and --- are as extreme: 2 of 8.
        let clusters = [3.0, 2.0, 1.0].map(|sum| Cluster { sum, weight: 3.0 });
        let Test { p, method, .. } = test(&Clusters::new(clusters).unwrap());
        assert_eq!(method, Method::SignFlip);
        assert!((p - 0.25).abs() < 1e-12);
    }

    #[test]
    fn equal_differences_have_the_p_of_the_coin_and_zeros_have_one() {
        let same = |value: f64| test(&Clusters::independent(vec![value; 30]).unwrap()).p;
        assert!((same(0.2) - 0.5_f64.powi(29)).abs() < 1e-15);
        assert!((same(0.0) - 1.0).abs() < 1e-15);
    }
}
