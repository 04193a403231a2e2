//! A reproduction: an evaluation was done again, and how the two compare.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BrokenRule, Estimate, Header, Interval, RecordType};
use crate::in_toto::Subject;
use crate::{Decimal, Hash, Name, Text};

/// The body of a `reproduction`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Reproduction {
    /// The record digest of the evaluation that was done again.
    pub original: Hash,
    /// The new run.
    pub again: NewRun,
    /// Metric by metric.
    pub comparisons: Vec<Comparison>,
    /// All in all.
    pub verdict: Verdict,
    /// What was done differently, and anything else that a reader should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Text>,
}

/// The new run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewRun {
    /// Digest of its `run.json`.
    pub manifest_sha256: Hash,
    /// Its record digest, if it was published as an evaluation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Hash>,
}

/// One metric in both runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Comparison {
    /// The task's name.
    pub task: Name,
    /// The metric's name.
    pub metric: Name,
    /// As it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Estimate>,
    /// As it came out now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Estimate>,
    /// The new value minus the original one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Decimal>,
    /// The interval of the difference, with its method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// The test's statistic, and which it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Test>,
    /// What follows.
    pub verdict: Verdict,
}

/// A statistical test of "no difference".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Test {
    /// Which test, for example `mcnemar-exact`.
    pub method: Name,
    /// Its statistic.
    pub statistic: Decimal,
    /// Its p-value, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<Decimal>,
}

/// What a comparison shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The two agree as far as this much data can tell.
    Agree,
    /// They differ by more than chance.
    Differ,
    /// The data do not decide.
    CannotTell,
}

impl RecordType for Reproduction {
    const KIND: &'static str = "reproduction";
    const VERSION: u16 = 1;

    /// The original's record digest, and the new `run.json`.
    fn subjects(&self) -> Vec<Subject> {
        vec![
            Subject::sha256("original", self.original),
            Subject::sha256("run.json", self.again.manifest_sha256),
        ]
    }

    fn refs(&self) -> Vec<Hash> {
        [self.original].into_iter().chain(self.again.record).collect()
    }

    fn check(&self, _: &Header) -> Result<(), BrokenRule> {
        BrokenRule::unless(!self.comparisons.is_empty(), "a reproduction compares at least one metric")?;
        BrokenRule::unless(self.again.record != Some(self.original), "a record is not its own reproduction")?;
        let differs = self.comparisons.iter().any(|comparison| comparison.verdict == Verdict::Differ);
        let overlooks = differs && self.verdict == Verdict::Agree;
        BrokenRule::unless(!overlooks, "a reproduction does not agree if one of its metrics differs")?;
        self.comparisons.iter().try_for_each(Comparison::check)
    }
}

impl Comparison {
    fn check(&self) -> Result<(), BrokenRule> {
        self.original.iter().chain(&self.again).try_for_each(Estimate::check)?;
        self.interval.as_ref().map_or(Ok(()), Interval::check)?;
        let p = self.test.as_ref().and_then(|test| test.p).map(Decimal::to_f64);
        BrokenRule::unless(p.is_none_or(|p| (0.0..=1.0).contains(&p)), "a p-value lies in 0 to 1")
    }
}
