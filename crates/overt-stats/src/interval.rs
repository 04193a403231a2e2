//! A closed interval.

/// The values from `low` to `high`, both included; never empty, never NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    low: f64,
    high: f64,
}

impl Interval {
    /// `0..=1`.
    pub const UNIT: Self = Self { low: 0.0, high: 1.0 };

    /// Returns `None` if `low > high` or one of them is NaN.
    pub fn new(low: f64, high: f64) -> Option<Self> {
        (low <= high).then_some(Self { low, high })
    }

    /// From `centre - half` to `centre + half`; the crate calls it with finite numbers and `half >= 0` only.
    pub(crate) fn around(centre: f64, half: f64) -> Self {
        debug_assert!(centre.is_finite() && half >= 0.0, "{centre} ± {half}");
        Self { low: centre - half, high: centre + half }
    }

    /// Two ends that are in order up to rounding.
    pub(crate) fn ordered(a: f64, b: f64) -> Self {
        debug_assert!(!a.is_nan() && !b.is_nan(), "{a}, {b}");
        Self { low: a.min(b), high: a.max(b) }
    }

    /// The lower end.
    pub fn low(self) -> f64 {
        self.low
    }

    /// The upper end.
    pub fn high(self) -> f64 {
        self.high
    }

    /// The distance of the ends.
    pub fn width(self) -> f64 {
        self.high - self.low
    }

    /// Whether the value lies within, ends included.
    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Both ends moved into `range`.
    #[must_use]
    pub fn clamped(self, range: Self) -> Self {
        Self { low: self.low.clamp(range.low, range.high), high: self.high.clamp(range.low, range.high) }
    }

    /// The smallest interval that holds this one and the value.
    #[must_use]
    pub fn reaching(self, value: f64) -> Self {
        Self { low: self.low.min(value), high: self.high.max(value) }
    }

    /// The image under `x -> scale * x + shift`.
    #[must_use]
    pub fn mapped(self, scale: f64, shift: f64) -> Self {
        Self::ordered(scale * self.low + shift, scale * self.high + shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_never_empty_and_never_nan() {
        assert!(Interval::new(1.0, 0.0).is_none());
        assert!(Interval::new(f64::NAN, 0.0).is_none());
        assert!(Interval::new(0.0, f64::NAN).is_none());
        assert!(Interval::new(0.5, 0.5).is_some());
    }

    #[test]
    fn a_map_that_turns_the_line_around_swaps_the_ends() {
        let mapped = Interval { low: 0.1, high: 0.4 }.mapped(-2.0, 1.0);
        assert!((mapped.low() - 0.2).abs() < 1e-15 && (mapped.high() - 0.8).abs() < 1e-15);
    }
}
