//! Distribution functions and quantiles.
//!
//! `exp` and `ln` come from the `libm` crate instead of the platform's library, so that results are the same bytes on
//! every machine. The incomplete beta function is written here since the one of `statrs` stops after 140 terms of the
//! continued fraction, which is too early beyond some ten thousand trials.

use libm::log1p;
pub(crate) use libm::{exp, exp2, log as ln};
use statrs::function::erf::{erfc, erfc_inv};
use statrs::function::gamma::ln_gamma;

/// The standard normal distribution function.
pub(crate) fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x / std::f64::consts::SQRT_2)
}

/// The standard normal density.
pub(crate) fn normal_density(x: f64) -> f64 {
    exp(-0.5 * x * x) / (2.0 * std::f64::consts::PI).sqrt()
}

/// `E|X|` for X normal around `mean` with standard deviation `deviation` (Leone, Nelson and Nottingham 1961).
pub(crate) fn folded_normal_mean(mean: f64, deviation: f64) -> f64 {
    if deviation <= 0.0 {
        return mean.abs();
    }
    let ratio = mean.abs() / deviation;
    2.0 * deviation * normal_density(ratio) + mean.abs() * (1.0 - 2.0 * normal_cdf(-ratio))
}

/// The inverse of [`normal_cdf`], for `0 < p < 1`.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p)
}

/// The regularised incomplete beta function `I_x(a, b)` for `a, b > 0` (DLMF 8.17.2).
pub(crate) fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast below this point; the symmetry I_x(a, b) = 1 - I_{1-x}(b, a) brings us there.
    if x > (a + 1.0) / (a + b + 2.0) { 1.0 - lower_beta(1.0 - x, b, a) } else { lower_beta(x, a, b) }
}

fn lower_beta(x: f64, a: f64, b: f64) -> f64 {
    let front = exp(ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * ln(x) + b * log1p(-x));
    front * beta_fraction(x, a, b) / a
}

/// The continued fraction of DLMF 8.17.22, by Lentz's method. The terms needed grow like the root of `max(a, b)`.
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |v: f64| if v.abs() < TINY { TINY } else { v };
    // The ratios of successive numerators and of successive denominators.
    let mut upper = 1.0;
    let mut lower = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = lower;
    let mut m = 0.0;
    while m < 100_000.0 {
        m += 1.0;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        lower = 1.0 / away(1.0 + even * lower);
        upper = away(1.0 + even / upper);
        fraction *= lower * upper;
        lower = 1.0 / away(1.0 + odd * lower);
        upper = away(1.0 + odd / upper);
        let factor = lower * upper;
        fraction *= factor;
        if (factor - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

/// The quantile of the beta distribution, for `0 < p < 1`.
pub(crate) fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    bisect(0.0, 1.0, |x| beta_cdf(x, a, b) < p)
}

/// `P(|T| >= |t|)` for Student's t with `df > 0` degrees of freedom (DLMF 8.17, Abramowitz and Stegun 26.7.1).
pub(crate) fn t_two_sided(t: f64, df: f64) -> f64 {
    beta_cdf(df / (df + t * t), df / 2.0, 0.5)
}

/// The t that leaves `tail` above it, for `0 < tail < 0.5`; NaN for degrees of freedom that are none.
pub(crate) fn t_quantile(tail: f64, df: f64) -> f64 {
    if df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    // Heavier tails than the normal's: its quantile is a lower bound; doubling finds an upper one.
    let low = -normal_quantile(tail);
    let mut high = 2.0 * low;
    while t_two_sided(high, df) > 2.0 * tail && high < 1e15 {
        high *= 2.0;
    }
    bisect(low, high, |t| t_two_sided(t, df) > 2.0 * tail)
}

/// `P(X <= k)` for X binomial with `n` trials at one half.
pub(crate) fn fair_coin_cdf(k: u64, n: u64) -> f64 {
    if k >= n { 1.0 } else { beta_cdf(0.5, (n - k) as f64, k as f64 + 1.0) }
}

/// The point at which `below` turns from true to false, to the last bit or two.
pub(crate) fn bisect(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..1_200 {
        let middle = low + 0.5 * (high - low);
        if middle <= low || middle >= high {
            break;
        }
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
        if high - low <= 2.0 * f64::EPSILON * high.abs() {
            break;
        }
    }
    low + 0.5 * (high - low)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reference values of this module's tests: SciPy 1.17.
    fn close(found: f64, expected: f64, relative: f64) {
        assert!((found - expected).abs() <= relative * expected.abs(), "found {found}, expected {expected}");
    }

    #[test]
    fn normal_quantiles_agree_with_scipy() {
        for (p, quantile) in [
            (0.025, -1.959_963_984_540_054_5),
            (0.2, -0.841_621_233_572_914_2),
            (0.9, 1.281_551_565_544_600_4),
            (1e-6, -4.753_424_308_822_899),
        ] {
            close(normal_quantile(p), quantile, 1e-12);
            close(normal_cdf(quantile), p, 1e-10);
        }
    }

    #[test]
    fn t_quantiles_agree_with_scipy() {
        for (tail, freedom, quantile) in [
            (0.025, 1.0, 12.706_204_736_174_705),
            (0.025, 2.0, 4.302_652_729_749_464),
            (0.025, 9.0, 2.262_157_162_798_205_3),
            (0.025, 29.0, 2.045_229_642_132_704),
            (0.025, 1000.0, 1.962_339_080_826_408_5),
            (0.005, 7.0, 3.499_483_297_350_493_2),
            (0.025, 1e6, 1.959_966_356_814_107_2),
            (0.1, 4.5, 1.500_885_317_507_558_5),
        ] {
            close(t_quantile(tail, freedom), quantile, 1e-9);
        }
    }

    #[test]
    fn t_probabilities_agree_with_scipy() {
        for (t, freedom, p) in [
            (2.0, 10.0, 0.073_388_034_770_740_37),
            (12.7, 1.0, 0.050_024_327_689_344_165),
            (0.5, 3.0, 0.651_447_964_848_151),
            (6.0, 200.0, 9.115_120_348_810_346e-9),
            (1.96, 1e5, 0.049_998_563_194_301_68),
        ] {
            close(t_two_sided(t, freedom), p, 1e-9);
        }
    }

    #[test]
    fn beta_quantiles_agree_with_scipy_also_for_very_many_trials() {
        for (p, a, b, quantile) in [
            (0.025, 45.0, 6.0, 0.781_864_633_565_797_7),
            (0.975, 46.0, 5.0, 0.966_724_906_410_977_5),
            (0.025, 1.0, 30.0, 0.000_843_570_926_630_478_8),
            (0.5, 0.5, 0.5, 0.5),
            (0.025, 100_000.0, 200_000.0, 0.331_647_521_550_699_3),
            (0.975, 3.0, 1e6, 7.224_654_345_113_813e-6),
            (0.001, 0.5, 20.0, 3.976_383_109_776_997e-8),
        ] {
            close(beta_quantile(p, a, b), quantile, 1e-9);
        }
    }

    #[test]
    fn coin_probabilities_agree_with_scipy() {
        for (heads, throws, p) in [
            (2, 10, 0.054_687_5),
            (0, 5, 0.031_25),
            (5, 20, 0.020_694_732_666_015_625),
            (400, 1000, 1.364_232_078_032_973_5e-10),
            (49, 100, 0.460_205_381_306_411_03),
            (10, 10, 1.0),
        ] {
            close(fair_coin_cdf(heads, throws), p, 1e-9);
        }
    }

    #[test]
    fn the_folded_normal_has_its_two_limits() {
        close(folded_normal_mean(0.0, 2.0), 2.0 * (2.0 / std::f64::consts::PI).sqrt(), 1e-14);
        close(folded_normal_mean(-3.0, 1e-9), 3.0, 1e-12);
        close(folded_normal_mean(-3.0, 0.0), 3.0, 0.0);
    }
}
