//! What a run found on one task.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BrokenRule, Dataset, Interval};
use crate::{Decimal, Hash, Name, Text};

/// One task of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TaskResult {
    /// The task's name.
    pub name: Name,
    /// Its title.
    pub title: Name,
    /// Its version.
    pub version: Name,
    /// Digest of the task's canonical JSON.
    pub task_sha256: Hash,
    /// Digest of prompt and few-shot examples alone.
    pub template_sha256: Hash,
    /// The data.
    pub dataset: Dataset,
    /// How each answer was generated, each setting in words; what is not set was left to the system.
    pub generation: BTreeMap<Name, Text>,
    /// How often each sample was asked.
    pub epochs: u32,
    /// Samples × epochs that the run set out to ask.
    pub planned: u64,
    /// Why it stopped before all were asked, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Text>,
    /// What became of them: how many of each outcome. No sample is without one.
    pub outcomes: BTreeMap<Name, u64>,
    /// The results; the first is the headline.
    pub metrics: Vec<Metric>,
}

/// Which way is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// The value nearest to zero is best.
    Zero,
    /// Neither: the number describes.
    None,
}

/// A metric's value with everything that is needed to read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Metric {
    /// The metric's name within its task.
    pub name: Name,
    /// For tables.
    pub title: Name,
    /// Which way is good.
    pub direction: Direction,
    /// The point estimate; absent if nothing could be scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Decimal>,
    /// The interval; absent where none is defined, with the reason in `note`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Units that the estimate rests on.
    pub n: u64,
    /// Clusters, if the task has a cluster field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<u64>,
    /// Answers without a score.
    pub missing: u64,
    /// The value if every missing answer had counted for the low end and for the high end of the range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<[Decimal; 2]>,
    /// Answers scored 0 since they lacked the form that the scorer needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unparsed: Option<u64>,
    /// The smallest true difference that a comparison with an equal second run would find in 80 of 100 cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detectable_difference: Option<Decimal>,
    /// The value put right for the errors of the judge behind it, if they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Corrected>,
    /// Anything a reader must know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

/// A result put right for the errors of a judge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Corrected {
    /// The value that people's labels would give.
    pub value: Decimal,
    /// Its interval: the uncertainty of the labels is in it.
    pub interval: Interval,
    /// How many labels it rests on.
    pub labels: u64,
}

impl TaskResult {
    /// How many samples have an outcome.
    pub fn asked(&self) -> u64 {
        self.outcomes.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    pub(super) fn check(&self) -> Result<(), BrokenRule> {
        let complete = match self.stopped {
            None => self.asked() == self.planned,
            Some(_) => self.asked() <= self.planned,
        };
        BrokenRule::unless(
            complete,
            "a task's outcomes add up to what was planned, or to less if it stopped",
        )?;
        self.metrics.iter().try_for_each(Metric::check)
    }
}

impl Metric {
    fn check(&self) -> Result<(), BrokenRule> {
        if let Some([low, high]) = self.bounds {
            BrokenRule::unless(low <= high, "a metric's lower bound is at most its upper bound")?;
        }
        self.interval.as_ref().map_or(Ok(()), Interval::check)?;
        self.corrected.as_ref().map_or(Ok(()), |corrected| corrected.interval.check())
    }
}
