//! Estimates with their uncertainty.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::BrokenRule;
use crate::{Decimal, Name};

/// An interval and how it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Interval {
    /// Lower end.
    pub low: Decimal,
    /// Upper end.
    pub high: Decimal,
    /// Nominal coverage, for example `"0.95"`.
    pub level: Decimal,
    /// The method, for example `wilson`.
    pub method: Name,
}

/// A value and its interval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Estimate {
    /// The value.
    pub value: Decimal,
    /// Its interval, where one is defined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
}

impl Interval {
    pub(super) fn check(&self) -> Result<(), BrokenRule> {
        BrokenRule::unless(self.low <= self.high, "an interval's low end is at most its high end")?;
        let level = self.level.to_f64();
        BrokenRule::unless(level > 0.0 && level < 1.0, "an interval's level lies between 0 and 1")
    }
}

impl Estimate {
    pub(super) fn check(&self) -> Result<(), BrokenRule> {
        self.interval.as_ref().map_or(Ok(()), Interval::check)
    }
}
