//! What clustering costs: degrees of freedom and effective sample size.
//!
//! An interval from clusters needs the variance between clusters, which a few clusters show badly: when they are few,
//! when one outweighs the others, or when the few events all sit in one. Then the estimated variance is too small more
//! often than not, and the interval too narrow. Two corrections make up for it here, and both are ordinary ones:
//!
//! - the degrees of freedom of t are Satterthwaite's ([`degrees_of_freedom`]),
//! - the effective sample size is shrunk by `(z / t)²` and kept within bounds
//!   ([`crate::proportion::effective_observations`]).
//!
//! With equally large clusters and unremarkable values both do nothing more than `G - 1` degrees of freedom do.

use crate::special::t_quantile;
use crate::{Clusters, Level, Sampling};

/// Below these degrees of freedom, those of ten equal clusters, the t interval is not trusted.
pub(crate) const FEW: f64 = 9.0;

/// How many degrees of freedom the variance between clusters has; at least 1.
///
/// Independent values: `n - 1`. Clusters: the smaller of Kish's effective number of clusters less one (Carter, Schnepel
/// and Steigerwald 2017, Rev. Econ. Stat. 99:698, with equal covariances) and Satterthwaite's (1946) `2 / cv²` of the
/// variance, where `cv² = (κ - 1) / G` with the kurtosis κ of the clusters' residual sums: κ is 3 for normal ones, and
/// large if one cluster makes most of the variance.
pub fn degrees_of_freedom(sample: &Clusters) -> f64 {
    let count = sample.count() as f64;
    if sample.sampling() == Sampling::Independent {
        return (count - 1.0).max(1.0);
    }
    let mean = sample.mean();
    let (mut second, mut fourth) = (0.0, 0.0);
    for cluster in sample.items() {
        let square = (cluster.sum - mean * cluster.weight).powi(2);
        second += square;
        fourth += square * square;
    }
    let mut freedom = sample.effective_count() - 1.0;
    if second > 0.0 {
        let kurtosis = count * fourth / (second * second);
        freedom = freedom.min(2.0 * count / (kurtosis - 1.0).max(0.1));
    }
    freedom.max(1.0)
}

/// How many independent observations carry as much as a sample of `observations`.
///
/// `alone` is the variance that the mean would have if the observations were independent; its ratio to the clustered
/// variance is the design effect (Kish 1965, section 8.2). The result is `observations / deff · (z / t)²` (Korn and
/// Graubard 1998, eq. 1; Dean and Pagano 2015, J. Surv. Stat. Methodol. 3:484, compare it with others), and
///
/// - never above `observations`: a design effect below 1 is not believed;
/// - never below [`Clusters::effective_count`], which is what is left if every cluster is of one piece;
/// - exactly that if all values are equal: then nothing is known about how alike the members of a cluster are.
pub(crate) fn effective_size(sample: &Clusters, alone: f64, observations: f64, level: Level) -> f64 {
    let ratio = match sample.sampling() {
        Sampling::Independent => 1.0,
        Sampling::Clustered => level.normal_quantile() / t_quantile(level.tail(), degrees_of_freedom(sample)),
    };
    effective_from(
        sample.standard_error().unwrap_or(0.0),
        alone,
        sample.effective_count(),
        observations,
        ratio,
    )
}

/// The same from its parts: the clustered standard error, the variance of independent observations, the effective
/// number of clusters, and `z / t`.
pub(crate) fn effective_from(error: f64, alone: f64, floor: f64, observations: f64, ratio: f64) -> f64 {
    let floor = floor.min(observations);
    if error <= 1e-12 || alone.is_nan() || alone <= 0.0 {
        return floor;
    }
    let mut effective = observations * alone / (error * error);
    if (effective - observations).abs() < 1e-6 * observations {
        effective = observations; // equal up to rounding
    }
    (effective * ratio * ratio).clamp(floor, observations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cluster;

    #[test]
    fn equal_unremarkable_clusters_have_their_number_less_one() {
        // Residuals ±1 have kurtosis 1, the least there is.
        let sample = Clusters::new((0..20).map(|i| Cluster { sum: f64::from(i % 2), weight: 4.0 })).unwrap();
        assert!((degrees_of_freedom(&sample) - 19.0).abs() < 1e-9);
    }

    #[test]
    fn one_cluster_with_all_the_events_leaves_one_degree_or_two() {
        let sample =
            Clusters::new((0..20).map(|i| Cluster { sum: if i == 0 { 4.0 } else { 0.0 }, weight: 4.0 }));
        assert!(degrees_of_freedom(&sample.unwrap()) < 2.5);
    }

    #[test]
    fn one_heavy_cluster_counts_for_most() {
        let weights = [90.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
        let sample = Clusters::new(weights.map(|weight| Cluster { sum: weight / 2.0, weight })).unwrap();
        assert!((degrees_of_freedom(&sample) - 1.0).abs() < 1e-9);
    }
}
