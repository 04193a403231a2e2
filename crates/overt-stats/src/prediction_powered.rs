//! A mean from a judge's scores on many samples and people's labels on some.
//!
//! Labels are right but dear, a judge is cheap but errs. Taking the mean of the judge's scores and correcting it by
//! its mean error where there are labels is unbiased however badly the judge errs; the better the judge, the narrower
//! the interval (Angelopoulos et al. 2023, Science 382:669). PPI++ trusts the judge by a factor λ that the data
//! choose, so that a bad judge does not make things worse than the labels alone (Angelopoulos, Duchi and Zrnic 2023,
//! arXiv:2311.01453).
//!
//! It assumes that the labelled samples are drawn at random from the same population as the others, and all of them
//! independently. If other samples were labelled, see [`crate::misclassified`].

use crate::proportion;
use crate::special::t_quantile;
use crate::{Clusters, Estimate, Interval, Level, Method, mean};

/// A sample that both have scored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labelled {
    /// The score that counts.
    pub human: f64,
    /// The judge's score, on the scale of the human one.
    pub judge: f64,
}

/// The mean of the scores that people would give.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PredictionPowered {
    /// The mean, with its interval. If the judge did not help, the method is that of the labels alone.
    pub estimate: Estimate,
    /// How far the judge was trusted: 0 not at all, 1 fully.
    pub lambda: f64,
}

/// Why there is no estimate.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum PredictionError {
    /// The variance of the judge's error needs two labels.
    #[error("at least 2 labelled samples are needed, some dozens to be useful; found {0}")]
    TooFewLabels(usize),
    /// A score is outside of the range, or NaN.
    #[error("a score of {0} lies outside of the range that was stated for the scores")]
    Outside(f64),
}

/// The prediction-powered mean with tuned λ (Angelopoulos, Duchi and Zrnic 2023, arXiv:2311.01453, section 6).
///
/// `labelled` has the samples with a label, `unlabelled` the judge's scores on all *other* samples: if the judge has
/// scored all N samples of a benchmark and people n of them, there are N - n others. (This is then the regression
/// estimator of survey sampling, Cochran 1977, chapter 7.) If the labels are in a file of their own, `unlabelled`
/// has the whole benchmark. `range`, not a point, holds all scores, and the interval is clipped to it.
///
/// With `Y` the labels, `f` the judge's scores, n samples labelled and N not:
///
/// - `λ = Cov(Y, f) / ((1 + n/N) Var f)`, clipped to `0..=1`; the variance over all samples;
/// - the estimate is `λ · mean of f over the unlabelled + mean of (Y - λ f) over the labelled`;
/// - its variance `λ² Var f / N + Var(Y - λ f) / n`.
///
/// The paper takes normal quantiles. With some dozens of labels, or few errors of the judge among them, these are too
/// small; here they are Student's, with Satterthwaite's (1946) degrees of freedom for the sum of the two variances,
/// each of which has `2 n / (κ - 1)`, at most n - 1, for a kurtosis κ of its values: of `Y - λ f` it is large if
/// errors are rare.
///
/// If the judge is wrong nowhere the labels don't say how often the judge is wrong elsewhere. Then, and with no spread
/// in the judge's scores or `λ = 0`, the interval is that of the labels alone ([`proportion::estimate`] if they are
/// all at the ends of the range, otherwise [`mean::estimate`]).
///
/// # Errors
/// With fewer than two labels, or a score outside of `range`.
pub fn estimate(
    labelled: &[Labelled],
    unlabelled: &[f64],
    range: Interval,
    level: Level,
) -> Result<PredictionPowered, PredictionError> {
    let scores =
        labelled.iter().flat_map(|sample| [sample.human, sample.judge]).chain(unlabelled.iter().copied());
    if let Some(outside) = scores.into_iter().find(|&score| !range.contains(score)) {
        return Err(PredictionError::Outside(outside));
    }
    if labelled.len() < 2 {
        return Err(PredictionError::TooFewLabels(labelled.len()));
    }
    let lambda = tuned(labelled, unlabelled);
    let wrong = labelled.iter().any(|s| (s.human - s.judge).abs() > 1e-9 * range.width());
    let powered = if wrong && lambda > 0.0 { with_lambda(labelled, unlabelled, lambda, level) } else { None };
    Ok(match powered {
        Some(estimate) => {
            let value = estimate.value.clamp(range.low(), range.high());
            let interval = estimate.interval.clamped(range);
            PredictionPowered { estimate: Estimate { value, interval, ..estimate }, lambda }
        }
        None => PredictionPowered { estimate: labels_alone(labelled, range, level)?, lambda: 0.0 },
    })
}

/// The λ that makes the variance smallest.
fn tuned(labelled: &[Labelled], unlabelled: &[f64]) -> f64 {
    let (n, others) = (labelled.len() as f64, unlabelled.len() as f64);
    let human = Moments::of(labelled.iter().map(|sample| sample.human)).mean;
    let judge = Moments::of(labelled.iter().map(|sample| sample.judge)).mean;
    let covariance = labelled.iter().map(|s| (s.human - human) * (s.judge - judge)).sum::<f64>() / (n - 1.0);
    let variance = all_scores(labelled, unlabelled).variance;
    let lambda = covariance / ((1.0 + n / others) * variance);
    // Where the judge's scores are all equal, rounding may leave a trace of a covariance.
    if lambda.is_finite() && lambda > 1e-9 { lambda.min(1.0) } else { 0.0 }
}

/// The estimate with a given λ over at least one unlabelled sample, before it is clipped; `None` if the errors have no
/// spread.
fn with_lambda(labelled: &[Labelled], unlabelled: &[f64], lambda: f64, level: Level) -> Option<Estimate> {
    let error = Moments::of(labelled.iter().map(|sample| sample.human - lambda * sample.judge));
    let judge = all_scores(labelled, unlabelled);
    let value = lambda * Moments::of(unlabelled.iter().copied()).mean + error.mean;
    let of_judge = lambda * lambda * judge.variance / unlabelled.len() as f64;
    let of_error = error.variance / error.count;
    let variance = of_judge + of_error;
    if of_error <= 0.0 {
        return None;
    }
    // Satterthwaite's, with the shares of the variance, whose squares can't vanish.
    let (judge_share, error_share) = (of_judge / variance, of_error / variance);
    let freedom =
        1.0 / (judge_share * judge_share / judge.freedom() + error_share * error_share / error.freedom());
    let half = variance.sqrt() * t_quantile(level.tail(), freedom);
    let interval = Interval::around(value, half);
    Some(Estimate { value, interval, method: Method::PredictionPowered })
}

fn labels_alone(labelled: &[Labelled], range: Interval, level: Level) -> Result<Estimate, PredictionError> {
    let yes_or_no = labelled.iter().all(|s| s.human <= range.low() || s.human >= range.high());
    let labels = Clusters::independent(labelled.iter().map(|sample| sample.human))
        .ok_or(PredictionError::TooFewLabels(labelled.len()))?;
    // Independent values need no bootstrap, hence no seed.
    Ok(if yes_or_no {
        proportion::estimate(&labels.to_unit(range), labels.weight(), level)
            .mapped(range.width(), range.low())
    } else {
        mean::estimate(&labels, range, level, 0)
    })
}

fn all_scores(labelled: &[Labelled], unlabelled: &[f64]) -> Moments {
    Moments::of(labelled.iter().map(|sample| sample.judge).chain(unlabelled.iter().copied()))
}

struct Moments {
    count: f64,
    mean: f64,
    /// With `count - 1` in the denominator.
    variance: f64,
    /// 1 for two equally frequent values, 3 for normal ones, more if the spread comes from a few.
    kurtosis: f64,
}

impl Moments {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let count = values.clone().count() as f64;
        let mean = values.clone().sum::<f64>() / count;
        let squares: f64 = values.clone().map(|value| (value - mean).powi(2)).sum();
        let fourths: f64 = values.map(|value| (value - mean).powi(4)).sum();
        Self {
            count,
            mean,
            variance: squares / (count - 1.0),
            kurtosis: count * fourths / (squares * squares),
        }
    }

    /// Satterthwaite's degrees of freedom of the variance: `2 / cv²`, as in [`crate::design`].
    fn freedom(&self) -> f64 {
        (2.0 * self.count / (self.kurtosis - 1.0).max(0.1)).min(self.count - 1.0).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const P95: Level = Level::P95;

    /// A judge who leans to 0.45, and is off by up to a quarter.
    fn example() -> (Vec<Labelled>, Vec<f64>) {
        let labelled = (0..40_i32).map(|i| {
            let human = f64::from(u8::from(i * 7 % 10 < 6));
            Labelled { human, judge: 0.3 + 0.3 * human + f64::from(i * 13 % 11 - 5) / 20.0 }
        });
        (labelled.collect(), (0..300).map(|i| f64::from(i * 29 % 97) / 96.0).collect())
    }

    #[test]
    fn lambda_and_the_mean_are_those_of_the_authors_program() {
        // ppi_py at bd90caada0: λ 0.7755453520695581 with n in place of n - 1 in the covariance; with λ = 0.5 the mean is
        // 0.6113368055555556, its interval at 0.95 with normal quantiles 0.47863221..0.7440414.
        let (labelled, unlabelled) = example();
        let lambda = tuned(&labelled, &unlabelled);
        assert!((lambda * 39.0 / 40.0 - 0.775_545_352_069_558_1).abs() < 1e-12, "{lambda}");
        let found = with_lambda(&labelled, &unlabelled, 0.5, P95).unwrap();
        assert!((found.value - 0.611_336_805_555_555_6).abs() < 1e-12);
        // n - 1 in the variance and about 39 degrees of freedom make it 5 % wider.
        let ratio = found.interval.width() / (0.744_041_4 - 0.478_632_21);
        assert!((1.03..1.06).contains(&ratio), "{ratio}");
    }

    #[test]
    fn the_tuned_lambda_has_the_smallest_variance() {
        // Unlabelled samples that are the labelled ones over again: then all variances are of the same scores, and the
        // formula is the minimum itself, not an estimate of it. (A judge on a scale of 0 to 2 keeps λ from being
        // clipped.)
        let labelled: Vec<Labelled> =
            example().0.iter().map(|s| Labelled { human: s.human, judge: 2.0 * s.judge }).collect();
        let unlabelled: Vec<f64> = (0..10).flat_map(|_| labelled.iter().map(|s| s.judge)).collect();
        let variance = |lambda: f64| {
            let judge = Moments::of(labelled.iter().map(|s| s.judge)).variance;
            let error = Moments::of(labelled.iter().map(|s| s.human - lambda * s.judge)).variance;
            lambda * lambda * judge / 400.0 + error / 40.0
        };
        // All scores taken together have n - 1 = 439 in place of 39.
        let best = tuned(&labelled, &unlabelled) * (39.0 / 40.0) / (439.0 / 440.0);
        let slope = (variance(best + 1e-4) - variance(best - 1e-4)) / 2e-4;
        assert!((0.1..1.0).contains(&best) && slope.abs() < 1e-9, "{best} {slope}");
    }

    #[test]
    fn a_labelled_subset_gives_the_regression_estimator() {
        // Labels on n of N scored samples: mean of Y + b (mean of all f - mean of the labelled f), b = λ N / (N - n).
        let (labelled, unlabelled) = example();
        let found = estimate(&labelled, &unlabelled, Interval::UNIT, P95).unwrap();
        let (n, all) = (labelled.len() as f64, (labelled.len() + unlabelled.len()) as f64);
        let human = labelled.iter().map(|s| s.human).sum::<f64>() / n;
        let judge = labelled.iter().map(|s| s.judge).sum::<f64>();
        let of_all = (judge + unlabelled.iter().sum::<f64>()) / all;
        let slope = found.lambda * all / (all - n);
        assert!((found.estimate.value - (human + slope * (of_all - judge / n))).abs() < 1e-12);
        assert_eq!(found.estimate.method, Method::PredictionPowered);
    }

    #[test]
    fn a_judge_who_knows_nothing_leaves_the_labels() {
        let labelled: Vec<Labelled> =
            (0..40).map(|i| Labelled { human: f64::from(i % 2), judge: f64::from(i / 2 % 2) }).collect();
        let found = estimate(&labelled, &[0.9; 500], Interval::UNIT, P95).unwrap();
        assert!(found.lambda.abs() < 1e-15);
        assert_eq!(found.estimate.method, Method::Wilson);
        assert!((found.estimate.value - 0.5).abs() < 1e-15);
        let none = estimate(&labelled, &[], Interval::UNIT, P95).unwrap();
        assert_eq!(none, found);
    }

    #[test]
    fn a_judge_with_no_error_seen_is_not_taken_for_perfect() {
        let labelled: Vec<Labelled> = (0..30)
            .map(|i| f64::from(u8::from(i % 10 < 7)))
            .map(|v| Labelled { human: v, judge: v })
            .collect();
        let found = estimate(&labelled, &[1.0; 1000], Interval::UNIT, P95).unwrap();
        assert_eq!((found.lambda, found.estimate.method), (0.0, Method::Wilson));
        assert!((found.estimate.value - 0.7).abs() < 1e-12);
    }

    #[test]
    fn bad_scores_and_too_few_labels_are_refused() {
        let label = |human, judge| Labelled { human, judge };
        let refused = |labelled: &[Labelled], unlabelled: &[f64]| {
            estimate(labelled, unlabelled, Interval::UNIT, P95).unwrap_err()
        };
        assert_eq!(refused(&[label(1.0, 1.0)], &[0.5]), PredictionError::TooFewLabels(1));
        assert_eq!(refused(&[], &[]), PredictionError::TooFewLabels(0));
        let two = [label(1.0, 1.0), label(0.0, 0.2)];
        assert_eq!(refused(&two, &[1.5]), PredictionError::Outside(1.5));
        assert!(matches!(refused(&[label(f64::NAN, 1.0), two[0]], &[]), PredictionError::Outside(_)));
    }

    proptest! {
        #[test]
        fn the_scale_of_the_scores_does_not_matter(
            pairs in prop::collection::vec((0.0..=1.0_f64, 0.0..=1.0_f64), 2..40),
            others in prop::collection::vec(0.0..=1.0_f64, 0..60),
        ) {
            let labelled: Vec<Labelled> = pairs.iter().map(|&(human, judge)| Labelled { human, judge }).collect();
            let unit = estimate(&labelled, &others, Interval::UNIT, P95).unwrap();
            let stretch = |v: f64| 4.0 * v + 1.0;
            let stretched: Vec<Labelled> = labelled
                .iter()
                .map(|s| Labelled { human: stretch(s.human), judge: stretch(s.judge) })
                .collect();
            let moved: Vec<f64> = others.iter().map(|&v| stretch(v)).collect();
            let found = estimate(&stretched, &moved, Interval::new(1.0, 5.0).unwrap(), P95).unwrap();
            prop_assert!((found.lambda - unit.lambda).abs() < 1e-9);
            prop_assert!((found.estimate.value - stretch(unit.estimate.value)).abs() < 1e-9);
            prop_assert!((found.estimate.interval.low() - stretch(unit.estimate.interval.low())).abs() < 1e-6);
            prop_assert!((found.estimate.interval.high() - stretch(unit.estimate.interval.high())).abs() < 1e-6);
            prop_assert!(unit.estimate.interval.contains(unit.estimate.value));
            prop_assert!((0.0..=1.0).contains(&unit.lambda));
        }
    }
}
