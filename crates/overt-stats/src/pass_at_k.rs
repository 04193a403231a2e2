//! The share of problems solved by at least one of `k` attempts.
//!
//! A system that writes programs is often asked several times and counts as right if one attempt passes the tests. With
//! `n >= k` attempts at each problem the share can be estimated without bias and with less chance in it than by taking
//! `k` of them (Chen et al. 2021, arXiv:2107.03374, section 2.1).

use std::collections::BTreeMap;

use crate::proportion::{self, Count};
use crate::{Cluster, Clusters, Estimate, Interval, Level, Sampling, mean};

/// The attempts at one problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The right ones among all.
    pub attempts: Count,
    /// Which cluster the problem belongs to: equal numbers, equal clusters.
    pub cluster: usize,
}

/// The unbiased estimate that one of `k` attempts is right, for one problem, in `0..=1`: the share of the ways of choosing
/// `k` of the `n` attempts that contain one of the `c` right ones, `1 - C(n-c, k) / C(n, k)` (Chen et al. 2021, eq. 1).
///
/// Their product form, which meets no large number: `1 - Π (1 - k/i)` over `i` from `n-c+1` to `n`. By the symmetry of
/// the hypergeometric distribution `k` and `c` can change places, so that the shorter product is taken.
///
/// `None` if `k` is 0 or there are fewer than `k` attempts: then there is no unbiased estimate.
pub fn pass_at_k(attempts: Count, k: u64) -> Option<f64> {
    let (n, c) = (attempts.trials(), attempts.successes());
    if k == 0 || k > n {
        return None;
    }
    if n - c < k {
        return Some(1.0); // fewer failures than attempts chosen
    }
    let (few, many) = (k.min(c), k.max(c));
    let all_fail: f64 = (n - few + 1..=n).map(|i| 1.0 - many as f64 / i as f64).product();
    Some(1.0 - all_fail)
}

/// The mean of [`pass_at_k`] over problems, with the interval that fits: where every problem is surely passed or surely
/// failed (as with `n = k` attempts) that of [`proportion::estimate`], otherwise that of [`mean::estimate`] over `0..=1`.
/// Every problem weighs the same, however many attempts it has.
///
/// If every problem is a cluster of its own, they are taken as independent. `seed` is for the bootstrap that few clusters
/// need. `None` without problems, or if one has fewer than `k` attempts or `k` is 0.
pub fn estimate(problems: &[Problem], k: u64, level: Level, seed: u64) -> Option<Estimate> {
    let mut clusters: BTreeMap<usize, Cluster> = BTreeMap::new();
    let mut certain = true;
    for problem in problems {
        let passed = pass_at_k(problem.attempts, k)?;
        certain &= passed <= 0.0 || passed >= 1.0;
        let cluster = clusters.entry(problem.cluster).or_insert(Cluster { sum: 0.0, weight: 0.0 });
        cluster.sum += passed;
        cluster.weight += 1.0;
    }
    let alone = clusters.len() == problems.len();
    let sampling = if alone { Sampling::Independent } else { Sampling::Clustered };
    let sample = Clusters::with_sampling(clusters.into_values(), sampling)?;
    Some(if certain {
        proportion::estimate(&sample, sample.weight(), level)
    } else {
        mean::estimate(&sample, Interval::UNIT, level, seed)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Method;

    fn count(right: u64, attempts: u64) -> Count {
        Count::new(right, attempts).unwrap()
    }

    #[test]
    fn small_cases_counted_by_hand_come_out() {
        // Of the 10 ways of choosing 2 of 5, one avoids three right ones, three avoid two, six avoid one.
        for (right, avoid) in [(3, 1.0), (2, 3.0), (1, 6.0), (0, 10.0)] {
            assert!((pass_at_k(count(right, 5), 2).unwrap() - (1.0 - avoid / 10.0)).abs() < 1e-15);
        }
    }

    #[test]
    fn the_ends_are_exact_and_too_few_attempts_have_no_estimate() {
        assert_eq!(pass_at_k(count(0, 10), 10), Some(0.0));
        assert_eq!(pass_at_k(count(1, 10), 10), Some(1.0));
        assert_eq!(pass_at_k(count(6, 10), 5), Some(1.0));
        assert_eq!(pass_at_k(count(3, 10), 11), None);
        assert_eq!(pass_at_k(count(3, 10), 0), None);
    }

    #[test]
    fn very_many_attempts_are_no_trouble() {
        // C(n-c, k) / C(n, k) tends to (1 - c/n)^k.
        let found = pass_at_k(count(1_000_000_000, 10_000_000_000), 20).unwrap();
        assert!((found - (1.0 - 0.9_f64.powi(20))).abs() < 1e-8);
        assert!((pass_at_k(count(1, 1_000_000_000_000), 1).unwrap() - 1e-12).abs() < 1e-15);
    }

    #[test]
    fn problems_weigh_the_same_and_clusters_are_honoured() {
        let problem = |right, attempts, cluster| Problem { attempts: count(right, attempts), cluster };
        let mixed: Vec<Problem> = (0..40).map(|i| problem(i as u64 % 5, 10, i)).collect();
        let alone = estimate(&mixed, 2, Level::P95, 1).unwrap();
        assert_eq!(alone.method, Method::T);
        // Mean over 0 to 4 right ones of 1 - (10-c)(9-c)/90.
        let expected = (0.0 + 18.0 + 34.0 + 48.0 + 60.0) / 90.0 / 5.0;
        assert!((alone.value - expected).abs() < 1e-12);
        let together: Vec<Problem> =
            mixed.iter().map(|p| Problem { cluster: p.cluster % 20, ..*p }).collect();
        let clustered = estimate(&together, 2, Level::P95, 1).unwrap();
        assert_eq!(clustered.method, Method::ClusteredT);
        assert!(clustered.interval.width() > alone.interval.width());
    }

    #[test]
    fn one_attempt_each_is_a_rate() {
        let problems: Vec<Problem> =
            (0..50).map(|i| Problem { attempts: count(u64::from(i < 45), 1), cluster: i }).collect();
        let found = estimate(&problems, 1, Level::P95, 0).unwrap();
        assert_eq!(found.method, Method::Wilson);
        assert_eq!(found.interval, proportion::wilson(count(45, 50), Level::P95));
        assert_eq!(estimate(&problems, 2, Level::P95, 0), None);
        assert_eq!(estimate(&[], 1, Level::P95, 0), None);
    }

    proptest! {
        #[test]
        fn the_product_is_the_ratio_of_binomial_coefficients(n in 1_u64..40, c in 0_u64..40, k in 1_u64..40) {
            let (c, k) = (c.min(n), k.min(n));
            let choose = |n: u64, k: u64| {
                if k > n { 0.0 } else { (0..k).map(|i| (n - i) as f64 / (k - i) as f64).product::<f64>() }
            };
            let found = pass_at_k(count(c, n), k).unwrap();
            prop_assert!((found - (1.0 - choose(n - c, k) / choose(n, k))).abs() < 1e-12);
        }

        #[test]
        fn the_estimate_is_unbiased(n in 1_u64..12, k in 1_u64..12, p in 0.0..=1.0_f64) {
            // Its expectation over the number of right attempts, which is binomial, is 1 - (1-p)^k.
            let k = k.min(n);
            let choose = |n: u64, k: u64| (0..k).map(|i| (n - i) as f64 / (k - i) as f64).product::<f64>();
            let expectation: f64 = (0..=n)
                .map(|c| {
                    let weight = choose(n, c) * p.powi(c as i32) * (1.0 - p).powi((n - c) as i32);
                    weight * pass_at_k(count(c, n), k).unwrap()
                })
                .sum();
            prop_assert!((expectation - (1.0 - (1.0 - p).powi(k as i32))).abs() < 1e-10);
        }
    }
}
