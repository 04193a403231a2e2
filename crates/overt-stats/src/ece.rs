//! The expected calibration error: how far stated probabilities lie from how often things happen.
//!
//! Answers are put into bins by what they state, and the distances between the mean stated probability and the share
//! of right answers are averaged (Naeini, Cooper and Hauskrecht 2015). The bins have equal mass (Nguyen and O'Connor
//! 2015; Kumar, Liang and Ma 2019), and answers that state the same stay in one bin, so that the order in which
//! they come can't matter. What is estimated is the error over these bins; the error without bins is never smaller.
//!
//! A distance is never negative, so chance alone makes the plug-in value positive. [`Ece::debiased`] takes the expected
//! excess off.

use crate::bootstrap::quantiles;
use crate::rng::SplitMix64;
use crate::special::{folded_normal_mean, t_quantile};
use crate::{Interval, Level};

/// One answer with the probability that it states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// The stated probability, in `0..=1`.
    pub stated: f64,
    /// Whether it was right: 1 or 0.
    pub right: f64,
    /// Which cluster it belongs to; any numbering from 0 without gaps.
    pub cluster: usize,
}

/// The error of a set of answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ece {
    /// The mean distance as it is seen, in `0..=1`.
    pub plug_in: f64,
    /// The mean distance less what chance adds to it (Kumar, Liang and Ma 2019, section 5, with the mean of the folded
    /// normal in place of their simulation), at least 0.
    pub debiased: f64,
    /// The interval around [`Ece::debiased`]; `None` if all answers are in one cluster. Its coverage at a nominal 0.95,
    /// measured in `tests/coverage.rs` for 60 to 200 answers, is 0.93 to 0.98 where there is an error, and 0.90 (60
    /// answers) to 0.98 (200) where there is none.
    pub interval: Option<Interval>,
    /// How many bins there were: fewer than asked for if few different probabilities are stated.
    pub bins: usize,
}

/// The error over at most `bins` bins; `None` without answers.
///
/// The interval is the debiased value ± t bootstrap standard errors, whole clusters being drawn from `seed`. It reaches
/// down to 0 unless the plug-in value exceeds what the resamples show to be possible under perfect calibration.
pub fn ece(forecasts: &[Forecast], bins: usize, level: Level, seed: u64) -> Option<Ece> {
    let table = Table::new(forecasts, bins.max(1))?;
    let whole = table.total((0..table.clusters()).map(|cluster| (cluster, 1.0)));
    let (plug_in, debiased) = whole.errors(&table.spread_alone);
    let interval = (table.clusters() > 1).then(|| table.interval(&whole, level, seed));
    Some(Ece { plug_in, debiased, interval, bins: table.bins })
}

/// What one cluster's answers add to one bin.
#[derive(Clone, Copy, Debug)]
struct Cell {
    bin: usize,
    answers: f64,
    /// The sum of right minus stated.
    excess: f64,
}

/// The answers by cluster and bin.
struct Table {
    bins: usize,
    /// Sorted by cluster; `starts[c]..starts[c + 1]` are those of cluster `c`.
    cells: Vec<Cell>,
    starts: Vec<usize>,
    /// The standard error of each bin if its answers were independent and calibrated, for bins in one cluster's hands.
    spread_alone: Vec<f64>,
}

impl Table {
    fn new(forecasts: &[Forecast], bins: usize) -> Option<Self> {
        if forecasts.is_empty() {
            return None;
        }
        let bin_of = equal_mass_bins(forecasts, bins);
        let bins = bin_of.iter().max().map_or(0, |last| last + 1);
        let mut order: Vec<usize> = (0..forecasts.len()).collect();
        order.sort_by_key(|&i| (forecasts[i].cluster, bin_of[i]));
        let mut table = Self { bins, cells: Vec::new(), starts: vec![0], spread_alone: vec![0.0; bins] };
        let mut stated = vec![(0.0, 0.0); bins];
        let mut last = None;
        for i in order {
            let (forecast, bin) = (forecasts[i], bin_of[i]);
            let excess = forecast.right - forecast.stated;
            match table.cells.last_mut() {
                Some(cell) if last == Some((forecast.cluster, bin)) => {
                    cell.answers += 1.0;
                    cell.excess += excess;
                }
                _ => {
                    if last.is_some_and(|(cluster, _)| cluster != forecast.cluster) {
                        table.starts.push(table.cells.len());
                    }
                    table.cells.push(Cell { bin, answers: 1.0, excess });
                }
            }
            last = Some((forecast.cluster, bin));
            stated[bin].0 += forecast.stated;
            stated[bin].1 += 1.0;
        }
        table.starts.push(table.cells.len());
        for (spread, (sum, answers)) in table.spread_alone.iter_mut().zip(stated) {
            let mean: f64 = sum / answers;
            *spread = (mean * (1.0 - mean) / answers).max(0.0).sqrt();
        }
        Some(table)
    }

    fn clusters(&self) -> usize {
        self.starts.len() - 1
    }

    fn total(&self, clusters: impl Iterator<Item = (usize, f64)>) -> Totals {
        let mut totals = Totals(vec![Bin::default(); self.bins]);
        for (cluster, times) in clusters {
            for cell in &self.cells[self.starts[cluster]..self.starts[cluster + 1]] {
                totals.0[cell.bin].add(cell, times);
            }
        }
        totals
    }

    fn interval(&self, whole: &Totals, level: Level, seed: u64) -> Interval {
        const RESAMPLES: usize = 999;
        let mut rng = SplitMix64::new(seed);
        let count = self.clusters();
        let mut values = Vec::with_capacity(RESAMPLES);
        let mut moves = Vec::with_capacity(RESAMPLES);
        for _ in 0..RESAMPLES {
            let drawn = self.total((0..count).map(|_| (rng.below(count), 1.0)));
            values.push(drawn.errors(&self.spread_alone).1);
            moves.push(drawn.distance(whole, &self.spread_alone, level));
        }
        moves.sort_by(f64::total_cmp);
        let (plug_in, debiased) = whole.errors(&self.spread_alone);
        let mean = values.iter().sum::<f64>() / RESAMPLES as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (RESAMPLES as f64 - 1.0);
        // A bootstrap of G clusters shows (G-1)/G of the variance; t in place of z for its uncertainty.
        let g = count as f64;
        let widen = t_quantile(level.tail(), g - 1.0) * (g / (g - 1.0)).sqrt();
        let half = (widen * variance.sqrt()).max(self.unseen(whole, level));
        let by_chance = quantiles(&moves, level).1 * widen / level.normal_quantile();
        let low = if plug_in <= by_chance { 0.0 } else { debiased - half };
        Interval::ordered(low, debiased + half).clamped(Interval::UNIT).reaching(debiased)
    }

    /// If the answers of all bins agree with each other there is no spread to resample; then what the next answers may
    /// bring is bounded as in [`crate::mean`]: among `n` equal ones the share of others is at most `1 - tail^(1/n)`.
    fn unseen(&self, whole: &Totals, level: Level) -> f64 {
        let spread = whole.0.iter().any(|bin| bin.error(0.0) > 1e-12);
        if spread { 0.0 } else { crate::mean::share_unseen(self.clusters() as f64, level) }
    }
}

/// Sums over one bin.
#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    cells: f64,
    answers: f64,
    excess: f64,
    /// Sums over cells of the squares and of the product, for the variance between clusters.
    answers_squared: f64,
    excess_squared: f64,
    product: f64,
}

impl Bin {
    fn add(&mut self, cell: &Cell, times: f64) {
        self.cells += times;
        self.answers += times * cell.answers;
        self.excess += times * cell.excess;
        self.answers_squared += times * cell.answers * cell.answers;
        self.excess_squared += times * cell.excess * cell.excess;
        self.product += times * cell.answers * cell.excess;
    }

    fn distance(&self) -> f64 {
        self.excess / self.answers
    }

    /// The clustered standard error of the distance, `alone` if one cell makes the bin.
    fn error(&self, alone: f64) -> f64 {
        if self.cells <= 1.0 {
            return alone;
        }
        let d = self.distance();
        let spread = self.excess_squared - 2.0 * d * self.product + d * d * self.answers_squared;
        (spread.max(0.0) * self.cells / (self.cells - 1.0)).sqrt() / self.answers
    }
}

struct Totals(Vec<Bin>);

impl Totals {
    /// The plug-in and the debiased error.
    fn errors(&self, alone: &[f64]) -> (f64, f64) {
        let all: f64 = self.0.iter().map(|bin| bin.answers).sum();
        let (mut plug_in, mut expected) = (0.0, 0.0);
        for (bin, &alone) in self.0.iter().zip(alone) {
            if bin.answers > 0.0 {
                let (weight, distance) = (bin.answers / all, bin.distance());
                plug_in += weight * distance.abs();
                expected += weight * folded_normal_mean(distance, bin.error(alone));
            }
        }
        (plug_in, (2.0 * plug_in - expected).clamp(0.0, 1.0))
    }

    /// How far a resample's bins have moved from those of `whole`. A bin of `c` clusters moves by `√((c-1)/c)` too little;
    /// one of a single cluster can't move at all, and gets what calibrated independent answers would allow.
    fn distance(&self, whole: &Self, alone: &[f64], level: Level) -> f64 {
        let all: f64 = self.0.iter().map(|bin| bin.answers).sum();
        let moved = self.0.iter().zip(&whole.0).zip(alone).filter(|((bin, _), _)| bin.answers > 0.0);
        moved
            .map(|((bin, before), &alone)| {
                let c = before.cells;
                let distance = if c > 1.0 {
                    (bin.distance() - before.distance()).abs() * (c / (c - 1.0)).sqrt()
                } else {
                    alone * level.normal_quantile()
                };
                bin.answers / all * distance
            })
            .sum()
    }
}

/// The bin of each answer: `bins` bins of as nearly as possible equal mass, equal probabilities in one bin, numbered
/// without gaps from the lowest.
fn equal_mass_bins(forecasts: &[Forecast], bins: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..forecasts.len()).collect();
    order.sort_by(|&a, &b| forecasts[a].stated.total_cmp(&forecasts[b].stated));
    let mut bin_of = vec![0; forecasts.len()];
    let (mut bin, mut placed, mut last) = (0, 0, None);
    for ties in order.chunk_by(|&a, &b| forecasts[a].stated.total_cmp(&forecasts[b].stated).is_eq()) {
        // The quantile bin in which the middle of the run lies.
        let quantile = (2 * placed + ties.len()) * bins / (2 * forecasts.len());
        if last.is_some_and(|last| last != quantile) {
            bin += 1;
        }
        last = Some(quantile);
        for &i in ties {
            bin_of[i] = bin;
        }
        placed += ties.len();
    }
    bin_of
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forecasts(groups: &[(f64, usize, usize)]) -> Vec<Forecast> {
        let mut all = Vec::new();
        for &(stated, answers, right) in groups {
            all.extend((0..answers).map(|i| (stated, f64::from(u8::from(i < right)))));
        }
        let number = |(cluster, (stated, right))| Forecast { stated, right, cluster };
        all.into_iter().enumerate().map(number).collect()
    }

    #[test]
    fn the_plug_in_error_of_two_groups_is_the_weighted_distance() {
        // 30 at 0.9 of which 21 are right, 10 at 0.6 of which 7 are right: (30 · 0.2 + 10 · 0.1) / 40.
        let result = ece(&forecasts(&[(0.9, 30, 21), (0.6, 10, 7)]), 15, Level::P95, 1).unwrap();
        assert!((result.plug_in - 0.175).abs() < 1e-12);
        assert_eq!(result.bins, 2);
        assert!(result.debiased < result.plug_in);
    }

    #[test]
    fn bins_have_equal_mass_and_never_split_equal_probabilities() {
        let distinct: Vec<_> = (0..30).map(|i| (f64::from(i) / 30.0, 1, 0)).collect();
        let bins = equal_mass_bins(&forecasts(&distinct), 15);
        assert_eq!(bins, (0..30).map(|i| i / 2).collect::<Vec<_>>());
        let tied = forecasts(&[(0.5, 7, 3), (0.7, 100, 60), (0.9, 5, 5)]);
        let bins = equal_mass_bins(&tied, 15);
        assert!(bins[..7].iter().all(|&b| b == 0) && bins[7..107].iter().all(|&b| b == 1));
        assert!(bins[107..].iter().all(|&b| b == 2));
    }

    #[test]
    fn the_order_of_the_answers_does_not_matter() {
        let mut all = forecasts(&[(0.5, 20, 9), (0.7, 31, 20), (0.95, 44, 40)]);
        let before = ece(&all, 15, Level::P95, 5).unwrap();
        all.reverse();
        let after = ece(&all, 15, Level::P95, 5).unwrap();
        assert!((before.plug_in - after.plug_in).abs() < 1e-12);
        assert!((before.debiased - after.debiased).abs() < 1e-12);
    }

    #[test]
    fn answers_without_spread_still_have_an_interval_with_width() {
        let result = ece(&forecasts(&[(1.0, 40, 40)]), 15, Level::P95, 1).unwrap();
        let interval = result.interval.unwrap();
        assert!(result.plug_in < 1e-12 && interval.low() < 1e-12);
        assert!((interval.high() - (1.0 - 0.025_f64.powf(1.0 / 40.0))).abs() < 1e-12);
    }

    #[test]
    fn one_cluster_has_no_interval_and_no_answers_no_error() {
        let mut all = forecasts(&[(0.8, 10, 5)]);
        for forecast in &mut all {
            forecast.cluster = 0;
        }
        assert_eq!(ece(&all, 15, Level::P95, 1).unwrap().interval, None);
        assert_eq!(ece(&[], 15, Level::P95, 1), None);
    }

    #[test]
    fn the_same_seed_gives_the_same_interval() {
        let all = forecasts(&[(0.5, 20, 9), (0.7, 31, 20), (0.95, 44, 40)]);
        assert_eq!(ece(&all, 15, Level::P95, 5), ece(&all, 15, Level::P95, 5));
    }
}
