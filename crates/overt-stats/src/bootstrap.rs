//! Resampling whole clusters.

use crate::rng::SplitMix64;
use crate::{Cluster, Clusters, Interval, Level};

/// Resamples of a percentile-t interval: its ends are then the 50th from each side at 95 %.
const RESAMPLES: usize = 1_999;

/// The percentile-t interval of the mean (Efron and Tibshirani 1993, section 12.5; over clusters: Cameron, Gelbach and
/// Miller 2008, Rev. Econ. Stat. 90:414). An end is infinite if too many resamples have no spread.
pub(crate) fn percentile_t(sample: &Clusters, level: Level, seed: u64) -> Interval {
    let mut rng = SplitMix64::new(seed);
    let mean = sample.mean();
    let Some(error) = sample.standard_error() else { return Interval::around(mean, f64::MAX) };
    let mut pivots: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let (resampled, spread) = resampled_mean(sample, &mut rng);
            let distance = resampled - mean;
            if spread > 1e-12 {
                distance / spread
            } else if distance == 0.0 {
                0.0
            } else {
                distance * f64::INFINITY
            }
        })
        .collect();
    pivots.sort_by(f64::total_cmp);
    let (below, above) = quantiles(&pivots, level);
    Interval::ordered(mean - above * error, mean - below * error)
}

fn resampled_mean(sample: &Clusters, rng: &mut SplitMix64) -> (f64, f64) {
    let items = sample.items();
    let drawn: Vec<Cluster> = (0..items.len()).map(|_| items[rng.below(items.len())]).collect();
    let weight: f64 = drawn.iter().map(|c| c.weight).sum();
    let mean = drawn.iter().map(|c| c.sum).sum::<f64>() / weight;
    let spread: f64 = drawn.iter().map(|c| (c.sum - mean * c.weight).powi(2)).sum();
    let count = items.len() as f64;
    (mean, (spread * count / (count - 1.0)).sqrt() / weight)
}

/// The order statistics that leave [`Level::tail`] outside on each side. `sorted` must not be empty.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a position within the slice")]
pub(crate) fn quantiles(sorted: &[f64], level: Level) -> (f64, f64) {
    let outside = ((sorted.len() as f64 + 1.0) * level.tail() + 1e-9).floor() as usize;
    let first = outside.saturating_sub(1).min(sorted.len() - 1);
    (sorted[first], sorted[sorted.len() - 1 - first])
}
