//! From values to places along an axis.

/// An axis from a low to a high end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// Shares and rates.
    pub const UNIT: Self = Self { low: 0.0, high: 1.0 };

    /// An axis that has room for all of these values. Values that are no numbers are passed over.
    pub fn fitting(values: impl IntoIterator<Item = f64>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.into_iter().filter(|value| value.is_finite() && value.abs() < 1e300) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            return Self::UNIT;
        }
        if (0.0..=1.0).contains(&low) && high <= 1.0 {
            return Self::UNIT;
        }
        if high <= low {
            // One value stands in the middle.
            let room = (low.abs() / 10.0).max(1.0);
            return Self { low: low - room, high: high + room };
        }
        let step = step(high - low);
        Self { low: (low / step).floor() * step, high: (high / step).ceil() * step }
    }

    /// An axis with zero in its middle that has room for all of these values.
    pub fn around_zero(values: impl IntoIterator<Item = f64>) -> Self {
        let finite = values.into_iter().filter(|value| value.is_finite() && value.abs() < 1e300);
        let most = finite.fold(0.0_f64, |most, value| most.max(value.abs()));
        if most <= 0.0 {
            return Self { low: -1.0, high: 1.0 };
        }
        let step = step(most);
        let most = (most / step * 1.02).ceil() * step;
        Self { low: -most, high: most }
    }

    /// Where a value is, as a share of the axis; what lies beyond an end is at the end.
    pub fn place(self, value: f64) -> f64 {
        if value.is_nan() {
            return 0.0;
        }
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Whether zero lies within.
    pub fn has_zero_within(self) -> bool {
        self.low < 0.0 && self.high > 0.0
    }

    /// Round values to write at the axis, and how many decimals they need.
    pub fn ticks(self) -> (Vec<f64>, usize) {
        let step = step(self.high - self.low);
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step).floor() as i64;
        let decimals = (-step.log10().floor()).clamp(0.0, 8.0) as usize;
        let ticks = (first..=last.min(first.saturating_add(20))).map(|at| at as f64 * step);
        (ticks.collect(), decimals)
    }
}

/// A step of 1, 2 or 5 times a power of ten that divides a width into about four.
fn step(width: f64) -> f64 {
    let rough = (width / 4.0).max(1e-9);
    let power = 10_f64.powf(rough.log10().floor());
    let factor = match rough / power {
        factor if factor < 1.5 => 1.0,
        factor if factor < 3.5 => 2.0,
        factor if factor < 7.5 => 5.0,
        _ => 10.0,
    };
    power * factor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_the_same_axis_everywhere() {
        assert_eq!(Scale::fitting([0.4, 0.45]), Scale::UNIT);
        assert_eq!(Scale::fitting([]), Scale::UNIT);
        let (ticks, decimals) = Scale::UNIT.ticks();
        let labels: Vec<String> = ticks.iter().map(|tick| format!("{tick:.decimals$}")).collect();
        assert_eq!(labels, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
    }

    #[test]
    fn every_value_has_a_place_on_its_axis() {
        for values in [[-3.0, 12.0], [1e6, 1e6], [-0.001, 0.0], [4.0, 4.0], [-1e200, 1e200]] {
            for scale in [Scale::fitting(values), Scale::around_zero(values)] {
                assert!(scale.low < scale.high, "{scale:?}");
                assert!(values.iter().all(|value| scale.low <= *value && *value <= scale.high), "{scale:?}");
                let (ticks, _) = scale.ticks();
                assert!((2..=12).contains(&ticks.len()), "{scale:?} {ticks:?}");
            }
        }
        let hostile = Scale::fitting([f64::NAN, f64::INFINITY, f64::MAX]);
        assert_eq!(hostile, Scale::UNIT);
        let places = [f64::NAN, 7.0, f64::NEG_INFINITY].map(|value| format!("{}", hostile.place(value)));
        assert_eq!(places, ["0", "1", "0"]);
    }

    #[test]
    fn zero_is_in_the_middle_of_differences() {
        let scale = Scale::around_zero([-0.02, 0.13]);
        assert!((scale.place(0.0) - 0.5).abs() < 1e-12 && scale.place(0.13) < 1.0);
    }
}
