//! How small a difference a comparison can find, and how many samples it needs.
//!
//! All formulas are those of a two-sided test at `1 - level`, with the normal approximation.

use crate::Level;
use crate::special::{bisect, normal_quantile};

/// How often a test is meant to find a difference that is there: more than 0, less than 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Power(f64);

impl Power {
    /// The customary power.
    pub const P80: Self = Self(0.8);

    /// Returns `None` unless `0 < power < 1`.
    pub fn new(power: f64) -> Option<Self> {
        (power > 0.0 && power < 1.0).then_some(Self(power))
    }

    fn normal_quantile(self) -> f64 {
        normal_quantile(self.0)
    }
}

/// How one score varies, per sample, in a paired comparison of two systems (Miller 2024, section 5).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedVariance {
    /// Variance over samples of the difference of expected scores.
    pub between: f64,
    /// Variance of the first system's score on one sample, divided by its repetitions.
    pub first: f64,
    /// Variance of the second system's score on one sample, divided by its repetitions.
    pub second: f64,
}

impl PairedVariance {
    fn total(self) -> f64 {
        self.between + self.first + self.second
    }
}

/// The smallest true difference that an estimate with this standard error finds (Miller 2024, eq. 9):
/// `(z_{α/2} + z_β) · error`.
pub fn detectable(error: f64, level: Level, power: Power) -> f64 {
    (level.normal_quantile() + power.normal_quantile()) * error
}

/// The smallest true difference that a paired comparison on `samples` finds.
pub fn detectable_paired(variance: PairedVariance, samples: f64, level: Level, power: Power) -> f64 {
    detectable((variance.total() / samples).sqrt(), level, power)
}

/// The number of samples that a paired comparison needs to find `difference` (Miller 2024, eq. 8), rounded up.
pub fn samples_for(difference: f64, variance: PairedVariance, level: Level, power: Power) -> f64 {
    (detectable(1.0, level, power).powi(2) * variance.total() / (difference * difference)).ceil()
}

/// A bound on the smallest true difference of two paired pass rates that `pairs` find, if a share `disagreement` of the
/// pairs is discordant (Miettinen 1968, Biometrics 24:339): `(z_{α/2} + z_β) · √(disagreement / pairs)`.
pub fn detectable_paired_rates(disagreement: f64, pairs: f64, level: Level, power: Power) -> f64 {
    detectable((disagreement / pairs).sqrt(), level, power)
}

/// The smallest difference from the rate `p` in `0..=1` that a second, independent sample of `n` shows, both of `n`
/// trials. `None` if not even the farthest rate would be found.
///
/// Fleiss (1981, eq. 3.14, without continuity correction), solved for the second rate, on the side of one half: there
/// the variance is larger, so on the other side a difference of this size is found as well.
pub fn detectable_rates(p: f64, n: f64, level: Level, power: Power) -> Option<f64> {
    let p = p.min(1.0 - p);
    let misses = |difference: f64| {
        let (q, middle) = (p + difference, p + difference / 2.0);
        let null = (2.0 * middle * (1.0 - middle) / n).sqrt();
        let alternative = ((p * (1.0 - p) + q * (1.0 - q)).max(0.0) / n).sqrt();
        difference < level.normal_quantile() * null + power.normal_quantile() * alternative
    };
    let farthest = 1.0 - p;
    (!misses(farthest)).then(|| bisect(0.0, farthest, misses))
}

#[cfg(test)]
mod tests {
    use super::*;

    const P95: Level = Level::P95;
    const P80: Power = Power::P80;

    #[test]
    fn the_sample_sizes_of_the_reference_come_out() {
        // δ = 0.03, ω² = 1/9, σ² = 1/6 for each system: 1 repetition, 4, and infinitely many.
        for (repetitions, samples) in [(1.0, 3876.0), (4.0, 1696.0), (f64::INFINITY, 969.0)] {
            let within = 1.0 / 6.0 / repetitions;
            let variance = PairedVariance { between: 1.0 / 9.0, first: within, second: within };
            assert!(
                (samples_for(0.03, variance, P95, P80) - samples).abs() < 0.5,
                "{repetitions} repetitions"
            );
            assert!(detectable_paired(variance, samples, P95, P80) <= 0.03);
            assert!(detectable_paired(variance, samples - 1.0, P95, P80) > 0.03);
        }
    }

    #[test]
    fn the_paired_planning_bound_of_the_reference_comes_out() {
        assert!((detectable_paired_rates(0.1, 500.0, P95, P80) - 0.0396).abs() < 5e-5);
    }

    #[test]
    fn fleiss_published_sample_size_comes_out() {
        // Fleiss, Levin and Paik (2003), section 4.2: 0.25 against 0.40 needs about 152 a group before the continuity
        // correction at α = 0.05 and power 0.8.
        let difference = detectable_rates(0.25, 152.0, P95, P80).unwrap();
        assert!((difference - 0.15).abs() < 0.001, "{difference}");
    }

    #[test]
    fn a_difference_that_no_rate_can_show_is_none() {
        assert_eq!(detectable_rates(0.5, 3.0, P95, P80), None);
        assert!(detectable_rates(0.0, 30.0, P95, P80).unwrap() > 0.15);
        assert_eq!(detectable_rates(0.9, 200.0, P95, P80), detectable_rates(1.0 - 0.9, 200.0, P95, P80));
    }

    #[test]
    fn only_numbers_between_zero_and_one_are_powers() {
        assert!(Power::new(1.0).is_none() && Power::new(f64::NAN).is_none());
        assert_eq!(Power::new(0.8), Some(P80));
    }
}
