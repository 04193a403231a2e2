//! Many hypotheses, many intervals.
//!
//! Twenty comparisons at 0.05 find one difference where there is none. Two promises can be kept instead: that there is no
//! false finding at all, but for 5 in 100 such families ([`holm`], for intervals [`bonferroni`]); or that of the findings
//! 5 in 100 are false on average ([`benjamini_hochberg`]), which finds more.

use std::num::NonZeroU32;

use crate::Level;

/// Why a family of p-values can't be adjusted.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("a p-value lies from 0 to 1; found {value} at position {position}, counted from 0")]
pub struct NotAPValue {
    /// Where it stands, counted from 0.
    pub position: usize,
    /// What was found there.
    pub value: f64,
}

/// Holm's step-down adjusted p-values (1979, Scand. J. Stat. 6:65), in the order given: the `i`th smallest of `k` becomes
/// the largest of `(k - j + 1) p_(j)` over `j <= i`, at most 1.
///
/// Rejecting where the adjusted value is at most α errs anywhere with probability α at most, however the tests depend on
/// each other. It rejects all that Bonferroni's `k p` rejects, and more.
///
/// # Errors
/// If a value is outside of `0..=1`, or NaN.
pub fn holm(p_values: &[f64]) -> Result<Vec<f64>, NotAPValue> {
    let order = ascending(p_values)?;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut so_far: f64 = 0.0;
    for (smaller, &i) in order.iter().enumerate() {
        so_far = so_far.max((p_values.len() - smaller) as f64 * p_values[i]).min(1.0);
        adjusted[i] = so_far;
    }
    Ok(adjusted)
}

/// Benjamini and Hochberg's step-up adjusted p-values (1995, J. R. Stat. Soc. B 57:289; adjusted: Yekutieli and Benjamini
/// 1999, J. Stat. Plan. Inference 82:171), in the order given: the `i`th smallest of `k` becomes the smallest of
/// `k p_(j) / j` over `j >= i`.
///
/// Among those rejected where the adjusted value is at most q, a share of q at most is expected to be false, if the tests
/// are independent or positively dependent (Benjamini and Yekutieli 2001, Ann. Stat. 29:1165). Metrics that pull in
/// opposite directions may be neither: then use [`holm`].
///
/// # Errors
/// If a value is outside of `0..=1`, or NaN.
pub fn benjamini_hochberg(p_values: &[f64]) -> Result<Vec<f64>, NotAPValue> {
    let order = ascending(p_values)?;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut so_far: f64 = 1.0;
    for (smaller, &i) in order.iter().enumerate().rev() {
        so_far = so_far.min(p_values.len() as f64 * p_values[i] / (smaller + 1) as f64);
        adjusted[i] = so_far;
    }
    Ok(adjusted)
}

/// The level that each of so many intervals needs, so that all of them cover at once with `level` at least, however they
/// depend on each other: `1 - (1 - level) / k` (Dunn 1961, J. Am. Stat. Assoc. 56:52).
pub fn bonferroni(level: Level, intervals: NonZeroU32) -> Level {
    let each = 1.0 - 2.0 * level.tail() / f64::from(intervals.get());
    // Rounded to 1 it would be no level; the largest number below is as close.
    Level::new(each.min(1.0 - f64::EPSILON / 2.0)).unwrap_or(level)
}

/// The positions of the values, from the smallest on.
fn ascending(p_values: &[f64]) -> Result<Vec<usize>, NotAPValue> {
    if let Some((position, &value)) =
        p_values.iter().enumerate().find(|(_, value)| !(0.0..=1.0).contains(*value))
    {
        return Err(NotAPValue { position, value });
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    Ok(order)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The fifteen p-values of the example of Benjamini and Hochberg (1995).
    const PUBLISHED: [f64; 15] = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
        0.6528, 0.7590, 1.0,
    ];

    fn at_most(limit: f64, adjusted: Result<Vec<f64>, NotAPValue>) -> usize {
        adjusted.unwrap().iter().filter(|&&p| p <= limit).count()
    }

    #[test]
    fn the_published_example_rejects_four_and_three() {
        // The paper: their procedure rejects the first four at 0.05, Bonferroni's and Hochberg's the first three.
        assert_eq!(at_most(0.05, benjamini_hochberg(&PUBLISHED)), 4);
        assert_eq!(at_most(0.05, holm(&PUBLISHED)), 3);
    }

    #[test]
    fn a_family_adjusted_by_hand_comes_out_in_its_own_order() {
        // Sorted 0.01, 0.02, 0.03, 0.04. Holm: 0.04, 0.06, 0.06, then 0.04 raised to 0.06.
        let family = [0.04, 0.01, 0.03, 0.02];
        for (found, expected) in [
            (holm(&family).unwrap(), [0.06, 0.04, 0.06, 0.06]),
            (benjamini_hochberg(&family).unwrap(), [0.04, 0.04, 0.04, 0.04]),
        ] {
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-15, "{found} {expected}");
            }
        }
    }

    #[test]
    fn what_is_no_p_value_is_named_with_its_place() {
        for bad in [-0.1, 1.5, f64::NAN] {
            let error = holm(&[0.5, bad]).unwrap_err();
            assert_eq!(error.position, 1);
            assert!(benjamini_hochberg(&[0.5, bad]).is_err());
        }
        assert_eq!(holm(&[]), Ok(vec![]));
        assert_eq!(benjamini_hochberg(&[]), Ok(vec![]));
    }

    #[test]
    fn the_levels_of_several_intervals_share_what_may_fail() {
        let each = |k| bonferroni(Level::P95, NonZeroU32::new(k).unwrap());
        assert_eq!(each(1), Level::P95);
        assert!((each(5).get() - 0.99).abs() < 1e-15);
        assert!((each(1000).get() - 0.99995).abs() < 1e-15);
        let nearly_one = Level::new(1.0 - f64::EPSILON).unwrap();
        assert!(bonferroni(nearly_one, NonZeroU32::MAX).get() < 1.0);
    }

    /// What a procedure rejects at `limit`, as its authors state it: step by step, without adjusted values.
    fn steps(p_values: &[f64], limit: f64) -> (usize, usize) {
        let mut sorted = p_values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let k = sorted.len();
        let down = (0..k).take_while(|&i| (k - i) as f64 * sorted[i] <= limit).count();
        let up = (0..k).rev().find(|&i| k as f64 * sorted[i] / (i + 1) as f64 <= limit).map_or(0, |i| i + 1);
        (down, up)
    }

    proptest! {
        #[test]
        fn adjusted_values_reject_what_the_stepwise_procedures_reject(
            p_values in prop::collection::vec(prop_oneof![0.0..0.05_f64, 0.0..=1.0_f64], 0..30), limit in 0.0..1.0_f64,
        ) {
            let (down, up) = steps(&p_values, limit);
            prop_assert_eq!(at_most(limit, holm(&p_values)), down);
            prop_assert_eq!(at_most(limit, benjamini_hochberg(&p_values)), up);
        }

        #[test]
        fn adjusting_never_lowers_and_bonferroni_is_the_most_it_raises(
            p_values in prop::collection::vec(0.0..=1.0_f64, 1..30),
        ) {
            let (family, rate) = (holm(&p_values).unwrap(), benjamini_hochberg(&p_values).unwrap());
            for (i, &p) in p_values.iter().enumerate() {
                let bonferroni = (p * p_values.len() as f64).min(1.0);
                // A last bit may be lost where k p / k should be p.
                prop_assert!(p <= rate[i] + 1e-15 && rate[i] <= family[i] + 1e-15);
                prop_assert!(family[i] <= 1.0 && (family[i] >= p) && bonferroni >= rate[i] - 1e-15);
            }
            let least = p_values.iter().copied().fold(1.0, f64::min);
            let lowest = family.iter().copied().fold(1.0, f64::min);
            prop_assert!((lowest - (least * p_values.len() as f64).min(1.0)).abs() < 1e-15);
        }
    }
}
