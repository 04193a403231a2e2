//! A number with its uncertainty.

use crate::{Interval, Method};

/// A point estimate, its interval, and how that was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The point estimate.
    pub value: f64,
    /// The interval around it.
    pub interval: Interval,
    /// How the interval was made.
    pub method: Method,
}

impl Estimate {
    /// The image under `x -> scale * x + shift`.
    #[must_use]
    pub fn mapped(self, scale: f64, shift: f64) -> Self {
        Self { value: scale * self.value + shift, interval: self.interval.mapped(scale, shift), ..self }
    }
}
