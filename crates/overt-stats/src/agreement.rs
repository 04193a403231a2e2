//! How far two raters agree, for example a judge and people.
//!
//! [`Confusion`] counts yes-or-no labels against those that count: agreement, sensitivity and specificity are proportions
//! ([`crate::proportion::wilson`] has their intervals). Raters who both say "yes" to nearly everything agree often without
//! looking; [`kappa`] takes off what chance alone would give, for any number of categories.

use std::collections::BTreeMap;

use crate::misclassified::Judge;
use crate::proportion::{Count, wilson_at};
use crate::{Estimate, Interval, Level, Method};

/// A judge's yes-or-no labels, counted against the true ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// True, and judged so.
    pub true_positives: u64,
    /// Not true, but judged so.
    pub false_positives: u64,
    /// True, but not judged so.
    pub false_negatives: u64,
    /// Not true, and not judged so.
    pub true_negatives: u64,
}

impl Confusion {
    /// Counts one sample.
    pub fn add(&mut self, truth: bool, judged: bool) {
        *match (truth, judged) {
            (true, true) => &mut self.true_positives,
            (false, true) => &mut self.false_positives,
            (true, false) => &mut self.false_negatives,
            (false, false) => &mut self.true_negatives,
        } += 1;
    }

    /// Judged as it is, among all. `None` without samples.
    pub fn agreement(self) -> Option<Count> {
        let right = self.true_positives + self.true_negatives;
        Count::new(right, right + self.false_positives + self.false_negatives)
    }

    /// Judged positive, among those that are. `None` if none is.
    pub fn sensitivity(self) -> Option<Count> {
        Count::new(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// Judged negative, among those that are. `None` if none is.
    pub fn specificity(self) -> Option<Count> {
        Count::new(self.true_negatives, self.true_negatives + self.false_positives)
    }

    /// What [`crate::misclassified`] needs to put a rate right. `None` unless both kinds were seen.
    pub fn judge(self) -> Option<Judge> {
        Some(Judge { sensitivity: self.sensitivity()?, specificity: self.specificity()? })
    }

    /// Cohen's kappa of judge and truth: see [`kappa`].
    pub fn kappa(self, level: Level) -> Option<Kappa> {
        let cells = [
            ((1, 1), self.true_positives as f64),
            ((0, 1), self.false_positives as f64),
            ((1, 0), self.false_negatives as f64),
            ((0, 0), self.true_negatives as f64),
        ];
        of_table(&BTreeMap::from(cells), level)
    }
}

/// Agreement beyond chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kappa {
    /// Kappa, from -1 to 1: 0 is what chance gives, 1 is full agreement.
    pub estimate: Estimate,
    /// The asymptotic standard error of Fleiss, Cohen and Everitt (1969, Psychol. Bull. 72:323), for comparison with other
    /// programs; the interval is not made of it.
    pub standard_error: f64,
}

/// Cohen's kappa (1960, Educ. Psychol. Meas. 20:37, eq. 1) of two raters who have each put every sample into one of some
/// categories: `(p - c) / (1 - c)` for a share `p` of agreement, and `c` if both had rated at random with the frequencies
/// that they have.
///
/// Interval: Wilson's of `p`, mapped by the same formula with `c` as observed. Cohen's own standard error takes `c` as
/// known, too; Wilson's limits in place of ± z repair its failure where agreement is nearly complete. In an
/// enumeration of all tables of 20 to 100 samples it covers 0.91 to 0.97 at a nominal 0.95, against 0.18 to 0.95 of kappa
/// ± z [`Kappa::standard_error`] (`tests/judge.rs`). Clipped to `-1..=1`.
///
/// The categories have no order here: 1 against 5 is no worse than 1 against 2. `None` without samples, or if all of both
/// raters' labels are the same, where kappa is 0/0.
pub fn kappa(ratings: impl IntoIterator<Item = (usize, usize)>, level: Level) -> Option<Kappa> {
    let mut cells = BTreeMap::new();
    for rating in ratings {
        *cells.entry(rating).or_insert(0.0) += 1.0;
    }
    of_table(&cells, level)
}

fn of_table(cells: &BTreeMap<(usize, usize), f64>, level: Level) -> Option<Kappa> {
    let n: f64 = cells.values().sum();
    let (mut first, mut second) = (BTreeMap::new(), BTreeMap::new());
    for (&(a, b), &count) in cells {
        *first.entry(a).or_insert(0.0) += count / n;
        *second.entry(b).or_insert(0.0) += count / n;
    }
    let of_first = |category| first.get(&category).copied().unwrap_or(0.0);
    let of_second = |category| second.get(&category).copied().unwrap_or(0.0);
    let agreed = cells.iter().filter(|((a, b), _)| a == b).map(|(_, count)| count).sum::<f64>() / n;
    let by_chance: f64 = first.iter().map(|(&category, share)| share * of_second(category)).sum();
    if n <= 0.0 || by_chance >= 1.0 - 1e-12 {
        return None; // no samples, or all in one category
    }
    let beyond = |p: f64| (p - by_chance) / (1.0 - by_chance);
    let value = beyond(agreed);

    let mut variance = -(value - by_chance * (1.0 - value)).powi(2);
    for (&(a, b), &count) in cells {
        let term = if a == b {
            1.0 - (of_first(a) + of_second(a)) * (1.0 - value)
        } else {
            (of_second(a) + of_first(b)) * (1.0 - value)
        };
        variance += count / n * term * term;
    }
    let standard_error = (variance.max(0.0) / n).sqrt() / (1.0 - by_chance);

    let limits = wilson_at(agreed, n, level);
    let interval = Interval::ordered(beyond(limits.low()).max(-1.0), beyond(limits.high()).min(1.0));
    Some(Kappa {
        estimate: Estimate { value, interval: interval.reaching(value), method: Method::Wilson },
        standard_error,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::proportion::wilson;

    const P95: Level = Level::P95;

    fn ratings(table: &[&[u64]]) -> Vec<(usize, usize)> {
        let mut all = Vec::new();
        for (a, row) in table.iter().enumerate() {
            for (b, &count) in row.iter().enumerate() {
                all.extend((0..count).map(|_| (a, b)));
            }
        }
        all
    }

    #[test]
    fn the_published_example_comes_out() {
        // Fleiss, Levin and Paik (2003), table 18.1 (psychosis, neurosis, organic disorder; 100 subjects): agreement 0.90,
        // by chance 0.69, kappa 0.68 with standard error 0.087.
        let found = kappa(ratings(&[&[75, 1, 4], &[5, 4, 1], &[0, 0, 10]]), P95).unwrap();
        assert!((found.estimate.value - 0.676).abs() < 5e-4, "{found:?}");
        assert!((found.standard_error - 0.088).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn values_and_standard_errors_agree_with_statsmodels() {
        // statsmodels.stats.inter_rater.cohens_kappa 0.15: kappa, std_kappa.
        for (table, value, standard_error) in [
            (vec![[75, 1, 4], [5, 4, 1], [0, 0, 10]], 0.676_470_588_235_294, 0.087_702_953_475_212_54),
            (vec![[44, 5, 1], [7, 20, 3], [6, 2, 12]], 0.601_328_903_654_485_1, 0.069_613_589_310_947_45),
            (vec![[20, 5, 0], [10, 15, 0]], 0.4, 0.126_996_062_931_100_33),
            (vec![[90, 3, 0], [2, 5, 0]], 0.639_769_452_449_567_2, 0.148_969_649_977_130_34),
        ] {
            let rows: Vec<&[u64]> = table.iter().map(<[u64; 3]>::as_slice).collect();
            let found = kappa(ratings(&rows), P95).unwrap();
            assert!((found.estimate.value - value).abs() < 1e-12, "{found:?}");
            assert!((found.standard_error - standard_error).abs() < 1e-12, "{found:?}");
        }
    }

    #[test]
    fn a_table_of_two_categories_computed_by_hand_comes_out() {
        // Agreement 35/50 = 0.7, chance 0.5 · 0.6 + 0.5 · 0.4 = 0.5, kappa 0.4 (Wikipedia's and many textbooks' example).
        let table =
            Confusion { true_positives: 20, false_positives: 10, false_negatives: 5, true_negatives: 15 };
        let found = table.kappa(P95).unwrap();
        assert!((found.estimate.value - 0.4).abs() < 1e-12);
        let limits = wilson(table.agreement().unwrap(), P95);
        assert!((found.estimate.interval.low() - (limits.low() - 0.5) / 0.5).abs() < 1e-12);
        assert!((found.estimate.interval.high() - (limits.high() - 0.5) / 0.5).abs() < 1e-12);
        assert_eq!(table.sensitivity(), Count::new(20, 25));
        assert_eq!(table.specificity(), Count::new(15, 25));
        assert_eq!(table.judge().unwrap().sensitivity, table.sensitivity().unwrap());
    }

    #[test]
    fn full_agreement_is_not_certainty() {
        let found = kappa((0..20).map(|i| (i % 2, i % 2)), P95).unwrap();
        assert!((found.estimate.value - 1.0).abs() < 1e-15 && found.standard_error < 1e-9);
        // Wilson's 20/20 has the lower end 0.8389 (Newcombe 1998, table I, mirrored); by chance 0.5.
        assert!((found.estimate.interval.low() - (0.8389 - 0.5) / 0.5).abs() < 2e-4);
        assert!(found.estimate.interval.high() >= 1.0);
    }

    #[test]
    fn nothing_rated_and_one_category_have_no_kappa() {
        assert_eq!(kappa([], P95), None);
        assert_eq!(kappa([(3, 3), (3, 3)], P95), None);
        assert_eq!(Confusion::default().kappa(P95), None);
        let only_negatives = Confusion { true_negatives: 7, ..Confusion::default() };
        assert_eq!((only_negatives.sensitivity(), only_negatives.judge()), (None, None));
        assert_eq!(only_negatives.kappa(P95), None);
    }

    proptest! {
        #[test]
        fn kappa_knows_neither_names_nor_order_and_stays_in_its_range(
            pairs in prop::collection::vec((0_usize..4, 0_usize..4), 1..60),
        ) {
            let found = kappa(pairs.iter().copied(), P95);
            let renamed = kappa(pairs.iter().map(|&(a, b)| (7 - a, 7 - b)), P95);
            let exchanged = kappa(pairs.iter().map(|&(a, b)| (b, a)), P95);
            prop_assert_eq!(found.is_some(), renamed.is_some());
            if let (Some(found), Some(renamed), Some(exchanged)) = (found, renamed, exchanged) {
                for other in [renamed, exchanged] {
                    prop_assert!((found.estimate.value - other.estimate.value).abs() < 1e-9);
                    prop_assert!((found.standard_error - other.standard_error).abs() < 1e-6);
                }
                let interval = found.estimate.interval;
                prop_assert!(interval.low() >= -1.0 - 1e-12 && interval.high() <= 1.0 + 1e-12);
                prop_assert!(interval.contains(found.estimate.value));
            }
        }

        #[test]
        fn yes_and_no_are_two_categories(pairs in prop::collection::vec(any::<(bool, bool)>(), 1..60)) {
            let mut table = Confusion::default();
            for &(truth, judged) in &pairs {
                table.add(truth, judged);
            }
            let categories = pairs.iter().map(|&(a, b)| (usize::from(a), usize::from(b)));
            prop_assert_eq!(table.kappa(P95).is_some(), kappa(categories.clone(), P95).is_some());
            if let (Some(a), Some(b)) = (table.kappa(P95), kappa(categories, P95)) {
                prop_assert!((a.estimate.value - b.estimate.value).abs() < 1e-12);
                prop_assert!((a.standard_error - b.standard_error).abs() < 1e-9);
            }
        }
    }
}
