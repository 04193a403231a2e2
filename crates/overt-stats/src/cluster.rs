//! Values that come in clusters.
//!
//! Questions about one document, or from one template, succeed and fail together. Their number says little about how
//! much was learnt; the number of clusters says more. Everything in this crate that needs to know it takes
//! [`Clusters`], and independent values are clusters of one.

use crate::Interval;

/// Sum and weight of one cluster's values. With values of weight 1 the weight is their number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cluster {
    /// The sum of weight times value.
    pub sum: f64,
    /// The sum of the weights.
    pub weight: f64,
}

/// How the values were drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// Each value for itself.
    Independent,
    /// Clusters of values that may depend on each other.
    Clustered,
}

/// The clusters of a sample, at least one, each with a positive weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Clusters {
    items: Vec<Cluster>,
    sampling: Sampling,
    sum: f64,
    weight: f64,
    squares: f64,
}

impl Clusters {
    /// The mean over clusters is `sum of sums / sum of weights`. Clusters without weight are left out. Returns `None`
    /// if none is left, or a number is not finite or a weight negative.
    pub fn new(clusters: impl IntoIterator<Item = Cluster>) -> Option<Self> {
        Self::gather(clusters, Sampling::Clustered)
    }

    /// Values that do not depend on each other, each of weight 1. Returns `None` if there are none or one is not finite.
    pub fn independent(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        Self::gather(values.into_iter().map(|sum| Cluster { sum, weight: 1.0 }), Sampling::Independent)
    }

    /// Clusters whose [`Sampling`] the caller knows: [`Sampling::Independent`] says that each is one value, possibly with
    /// a weight of its own. Returns `None` as [`Clusters::new`] does.
    pub fn with_sampling(clusters: impl IntoIterator<Item = Cluster>, sampling: Sampling) -> Option<Self> {
        Self::gather(clusters, sampling)
    }

    fn gather(clusters: impl IntoIterator<Item = Cluster>, sampling: Sampling) -> Option<Self> {
        let mut all = Self { items: Vec::new(), sampling, sum: 0.0, weight: 0.0, squares: 0.0 };
        for cluster in clusters {
            if !cluster.sum.is_finite() || !cluster.weight.is_finite() || cluster.weight < 0.0 {
                return None;
            }
            if cluster.weight > 0.0 {
                all.sum += cluster.sum;
                all.weight += cluster.weight;
                all.squares += cluster.weight * cluster.weight;
                all.items.push(cluster);
            }
        }
        (!all.items.is_empty()).then_some(all)
    }

    /// The clusters, in the order given.
    pub fn items(&self) -> &[Cluster] {
        &self.items
    }

    /// How the values were drawn.
    pub fn sampling(&self) -> Sampling {
        self.sampling
    }

    /// The number of clusters.
    pub fn count(&self) -> usize {
        self.items.len()
    }

    /// The sum of all weights: the number of values where each has weight 1.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// The weighted mean of all values.
    pub fn mean(&self) -> f64 {
        self.sum / self.weight
    }

    /// The number of equally heavy clusters that would carry as much (Kish 1965, section 11.7): `(Σw)² / Σw²`.
    ///
    /// Values in `0..=1` have a variance of at most p(1-p), and so have the means of clusters; hence the mean of all
    /// is never less certain than a proportion among this many independent trials.
    pub fn effective_count(&self) -> f64 {
        self.weight * self.weight / self.squares
    }

    /// The standard error of the mean: Miller (2024, arXiv:2411.00640, section 2.2) with the factor `G/(G-1)` on the
    /// variance; for clusters of one this is the textbook `s/√n`. Returns `None` for one cluster, which shows nothing
    /// of how clusters differ.
    pub fn standard_error(&self) -> Option<f64> {
        let mean = self.mean();
        let spread: f64 = self.items.iter().map(|c| (c.sum - mean * c.weight).powi(2)).sum();
        let count = self.count() as f64;
        (self.count() > 1).then(|| (spread * count / (count - 1.0)).sqrt() / self.weight)
    }

    /// The same clusters with every value moved by `value -> scale * value + shift`.
    #[must_use]
    pub fn mapped(&self, scale: f64, shift: f64) -> Self {
        let items =
            self.items.iter().map(|c| Cluster { sum: scale * c.sum + shift * c.weight, weight: c.weight });
        Self {
            items: items.collect(),
            sum: scale * self.sum + shift * self.weight,
            sampling: self.sampling,
            weight: self.weight,
            squares: self.squares,
        }
    }

    /// The values moved from `range` to `0..=1`.
    pub(crate) fn to_unit(&self, range: Interval) -> Self {
        self.mapped(1.0 / range.width(), -range.low() / range.width())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_of_one_have_the_textbook_standard_error() {
        // Σ(x - 3)² = 10, s² = 10/4, s/√n = √(2.5/5).
        let values = Clusters::independent([1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert!((values.standard_error().unwrap() - 0.5_f64.sqrt()).abs() < 1e-15);
        assert!((values.effective_count() - 5.0).abs() < 1e-15);
    }

    #[test]
    fn the_clustered_standard_error_is_millers() {
        // Two clusters: {1, 1, 1} and {0, 0, 0}: residual sums ±1.5; (1/6) √(4.5) √(2/1) = 0.5.
        let clusters = [Cluster { sum: 3.0, weight: 3.0 }, Cluster { sum: 0.0, weight: 3.0 }];
        let clusters = Clusters::new(clusters).unwrap();
        assert!((clusters.standard_error().unwrap() - 0.5).abs() < 1e-15);
        assert!((clusters.effective_count() - 2.0).abs() < 1e-15);
    }

    #[test]
    fn one_cluster_has_no_standard_error() {
        assert_eq!(Clusters::new([Cluster { sum: 3.0, weight: 5.0 }]).unwrap().standard_error(), None);
    }

    #[test]
    fn clusters_without_weight_are_left_out_and_impossible_ones_refused() {
        let empty = Cluster { sum: 0.0, weight: 0.0 };
        let one = Cluster { sum: 1.0, weight: 2.0 };
        assert_eq!(Clusters::new([empty, one]).unwrap().count(), 1);
        assert!(Clusters::new([empty]).is_none());
        assert!(Clusters::new([one, Cluster { sum: f64::NAN, weight: 1.0 }]).is_none());
        assert!(Clusters::new([one, Cluster { sum: 0.0, weight: -1.0 }]).is_none());
    }
}
