//! Answers gathered into units: the repetitions of a sample averaged, the samples put into their clusters.

use std::collections::BTreeMap;

use overt_stats::{Cluster, Clusters, Interval, Sampling};

use super::rows::View;

/// What one answer says to a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reading {
    /// A number.
    Value(f64),
    /// Nothing.
    Missing,
    /// A number that the metric has no use for. Counted as missing, and told.
    Invalid,
}

impl Reading {
    /// A number that must lie in the range.
    pub(super) fn within(value: Option<f64>, range: Interval) -> Self {
        match value {
            None => Self::Missing,
            Some(value) if range.contains(value) => Self::Value(value),
            Some(_) => Self::Invalid,
        }
    }

    /// A number that must be 0 or 1.
    pub(super) fn yes_or_no(value: Option<f64>) -> Self {
        match value {
            None => Self::Missing,
            Some(value) if is_yes_or_no(value) => Self::Value(value),
            Some(_) => Self::Invalid,
        }
    }
}

/// Whether a score is 0 or 1, exactly.
pub(super) fn is_yes_or_no(value: f64) -> bool {
    value.to_bits() == 0.0_f64.to_bits() || value.to_bits() == 1.0_f64.to_bits()
}

/// A sample with its repetitions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    pub(super) sample: u64,
    pub(super) cluster: u64,
    /// The position of one of its answers.
    pub(super) row: usize,
    /// The sum over the answers that have a number.
    pub(super) sum: f64,
    /// How many have one.
    pub(super) answers: u32,
    /// How many have none.
    pub(super) missing: u32,
}

impl Unit {
    /// The mean over the answers.
    pub(super) fn mean(&self) -> Option<f64> {
        (self.answers > 0).then(|| self.sum / f64::from(self.answers))
    }

    /// The mean if every missing answer had been `value`.
    pub(super) fn mean_with(&self, value: f64) -> f64 {
        (self.sum + value * f64::from(self.missing)) / f64::from(self.answers + self.missing)
    }
}

/// All samples that a metric counts.
pub(super) struct Units {
    pub(super) all: Vec<Unit>,
    /// Answers without a number, invalid ones included.
    pub(super) missing: u64,
    /// Answers with a number that the metric has no use for.
    pub(super) invalid: u64,
    clustered: bool,
}

impl Units {
    /// Gathers what `read` finds in each answer.
    pub(super) fn gather(view: &View<'_>, read: impl Fn(usize) -> Reading) -> Self {
        // As many as there can be: growing would hold a million units one and a half times.
        let all = Vec::with_capacity(view.positions().count());
        let mut units = Self { all, missing: 0, invalid: 0, clustered: view.clustered };
        for row in view.positions() {
            let sample = view.rows.sample(row);
            if units.all.last().is_none_or(|unit| unit.sample != sample) {
                let cluster = view.rows.cluster(row);
                units.all.push(Unit { sample, cluster, row, sum: 0.0, answers: 0, missing: 0 });
            }
            let Some(unit) = units.all.last_mut() else { continue };
            match read(row) {
                Reading::Value(value) => {
                    unit.sum += value;
                    unit.answers += 1;
                }
                reading => {
                    unit.missing += 1;
                    units.missing += 1;
                    units.invalid += u64::from(reading == Reading::Invalid);
                }
            }
        }
        units
    }

    /// Samples with at least one number.
    pub(super) fn count(&self) -> u64 {
        self.all.iter().filter(|unit| unit.answers > 0).count() as u64
    }

    /// Numbers in all.
    pub(super) fn observations(&self) -> f64 {
        self.all.iter().map(|unit| f64::from(unit.answers)).sum()
    }

    /// Whether some sample was answered more than once.
    pub(super) fn repeated(&self) -> bool {
        self.all.iter().any(|unit| unit.answers > 1)
    }

    /// The samples' means in their clusters. Yes-or-no answers that were repeated are not yes-or-no any more; then
    /// `repeats` says how to take samples that stand alone.
    pub(super) fn clusters(&self, repeats: Sampling) -> Option<Clusters> {
        let means = self.all.iter().filter_map(|unit| Some((unit.cluster, unit.mean()?)));
        let clusters = by_cluster(means.map(|(cluster, mean)| (cluster, Cluster { sum: mean, weight: 1.0 })));
        let alone = clusters.iter().all(|cluster| cluster.weight < 1.5);
        let sampling = match (alone, self.repeated()) {
            (true, false) => Sampling::Independent,
            (true, true) => repeats,
            (false, _) => Sampling::Clustered,
        };
        Clusters::with_sampling(clusters, sampling)
    }

    /// How many clusters have a number, if the task has a cluster field.
    pub(super) fn cluster_count(&self) -> Option<u64> {
        let with = self.all.iter().filter(|unit| unit.answers > 0).map(|unit| unit.cluster);
        self.clustered.then(|| with.collect::<std::collections::BTreeSet<_>>().len() as u64)
    }

    /// The mean over all samples if every missing answer had been `low`, and if every one had been `high`.
    pub(super) fn bounds(&self, low: f64, high: f64) -> Option<[f64; 2]> {
        let mean =
            |value| self.all.iter().map(|unit| unit.mean_with(value)).sum::<f64>() / self.all.len() as f64;
        (self.missing > 0).then(|| [mean(low), mean(high)])
    }
}

/// Adds up what belongs to one cluster, in the order of the clusters' keys.
pub(super) fn by_cluster(values: impl Iterator<Item = (u64, Cluster)>) -> Vec<Cluster> {
    let mut clusters: BTreeMap<u64, Cluster> = BTreeMap::new();
    for (key, value) in values {
        let cluster = clusters.entry(key).or_insert(Cluster { sum: 0.0, weight: 0.0 });
        cluster.sum += value.sum;
        cluster.weight += value.weight;
    }
    clusters.into_values().collect()
}
