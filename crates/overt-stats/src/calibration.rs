//! Whether stated probabilities mean what they say.
//!
//! The Brier score is the mean of [`brier_loss`], with the interval of any mean ([`crate::mean::estimate`] over
//! `0..=1`). The expected calibration error is in [`crate::ece`].

use crate::special::normal_cdf;

/// The squared distance of a stated probability from what happened (Brier 1950): 0 is best, 1 worst.
pub fn brier_loss(stated: f64, happened: bool) -> f64 {
    let distance = stated - f64::from(u8::from(happened));
    distance * distance
}

/// A test statistic and its two-sided p-value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// Standard normal if the hypothesis holds.
    pub z: f64,
    /// How often a value as far from zero would be seen then.
    pub p: f64,
}

/// Spiegelhalter's test (1986, Stat. Med. 5:421) of the hypothesis that every stated probability is right:
/// `z = Σ(y - p)(1 - 2p) / √Σ(1 - 2p)² p(1 - p)`; positive if the stated probabilities are too far from one half.
///
/// It takes the answers as independent. `None` if it says nothing: every probability is 0, one half or 1.
pub fn spiegelhalter(answers: impl IntoIterator<Item = (f64, bool)>) -> Option<Test> {
    let (mut distance, mut variance) = (0.0, 0.0);
    for (stated, happened) in answers {
        let lean = 1.0 - 2.0 * stated;
        distance += (f64::from(u8::from(happened)) - stated) * lean;
        variance += lean * lean * stated * (1.0 - stated);
    }
    let z = distance / variance.sqrt();
    (variance > 0.0 && z.is_finite()).then(|| Test { z, p: (2.0 * normal_cdf(-z.abs())).min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loss_is_the_squared_distance() {
        assert!((brier_loss(0.8, true) - 0.04).abs() < 1e-15);
        assert!((brier_loss(0.8, false) - 0.64).abs() < 1e-15);
    }

    #[test]
    fn a_hand_computed_statistic_comes_out() {
        // p = 0.8: (y - p)(1 - 2p) = -0.12 if right, 0.48 if wrong; variance 0.36 · 0.16 = 0.0576 each.
        // 6 right, 4 wrong: (-0.72 + 1.92) / √0.576 = 1.5811.
        let answers = (0..10).map(|i| (0.8, i < 6));
        let test = spiegelhalter(answers).unwrap();
        assert!((test.z - 1.2 / 0.576_f64.sqrt()).abs() < 1e-12);
        assert!((test.p - 0.113_846).abs() < 1e-6, "{}", test.p);
    }

    #[test]
    fn certain_and_undecided_answers_say_nothing() {
        assert_eq!(spiegelhalter([(0.5, true), (1.0, true), (0.0, false)]), None);
        assert_eq!(spiegelhalter([]), None);
    }
}
