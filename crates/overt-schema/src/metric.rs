//! What turns scores into results: the kinds of metrics and their settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

/// A result of a task: a name, how it is computed, and how to read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("unevaluatedProperties" = false))]
pub struct Metric {
    /// Lower-case letters, digits, hyphens and underscores.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9_-]*$"))]
    pub name: String,
    /// One line for tables, for example "refusal rate".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Which way is good.
    pub direction: Direction,
    /// Count only the samples for which this minijinja expression over the fields is true.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// How it is computed.
    #[serde(flatten)]
    pub kind: MetricKind,
}

impl Metric {
    /// The title for tables: its name if it has none of its own.
    pub fn title(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }
}

/// The kinds of metrics. Scorers are given by their names within the task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum MetricKind {
    /// Share of answers with score 1. The scorer must give 0 or 1.
    Rate {
        /// The scorer.
        scorer: String,
        /// What the repetitions of a sample count for.
        #[serde(default, skip_serializing_if = "RateReduction::is_mean")]
        reduce: RateReduction,
    },
    /// Mean score, for scorers that give a measure.
    Mean {
        /// The scorer.
        scorer: String,
        /// The least and the largest value a score can have.
        range: [f64; 2],
        /// What the repetitions of a sample count for.
        #[serde(default, skip_serializing_if = "MeanReduction::is_mean")]
        reduce: MeanReduction,
    },
    /// Share of samples that at least one of `k` answers solves, estimated from all answers (Chen et al. 2021, eq. 1).
    /// The task asks each sample at least `k` times.
    PassAtK {
        /// A scorer that gives 1 if the answer solves the sample, else 0.
        scorer: String,
        /// How many answers one may choose from.
        #[schemars(range(min = 1))]
        k: u32,
    },
    /// Mean over pairs of (score in arm `of` minus score in arm `minus`).
    Difference {
        /// The scorer.
        scorer: String,
        /// The field that names the arm of a sample.
        arm: String,
        /// The arm whose score counts positively.
        of: String,
        /// The arm that is subtracted.
        minus: String,
        /// The field whose equal values make a pair.
        pair: String,
    },
    /// BBQ's bias score in disambiguated contexts: `2 * biased / non-unknown - 1` (Parrish et al. 2022, section 5).
    Bias {
        /// A scorer that gives 1 if the answer is the stereotyped choice.
        stereotyped: String,
        /// A scorer that gives 1 if the answer is the "unknown" choice.
        unknown: String,
        /// A scorer that gives 1 if the answer is right. Given, the score is the one for ambiguous contexts:
        /// `(1 - accuracy) * bias`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ambiguous_accuracy: Option<String>,
    },
    /// Mean squared difference between stated confidence and correctness (Brier 1950); 0 is best, 1 worst.
    Brier {
        /// A scorer that gives 1 if the answer is right.
        correct: String,
        /// A scorer of kind `confidence`, or of kind `choice` by `first_token_confidence`.
        confidence: String,
    },
    /// Expected calibration error over bins of equal mass (Naeini et al. 2015; Kumar et al. 2019).
    Ece {
        /// A scorer that gives 1 if the answer is right.
        correct: String,
        /// A scorer of kind `confidence`, or of kind `choice` by `first_token_confidence`.
        confidence: String,
        /// How many bins.
        #[serde(default = "fifteen")]
        #[schemars(range(min = 2, max = 100))]
        bins: u32,
    },
}

impl MetricKind {
    /// The kinds, as files write them.
    pub const KINDS: &'static [&'static str] =
        &["rate", "mean", "pass_at_k", "difference", "bias", "brier", "ece"];
}

/// What the answers to a sample that is asked several times count for, in a rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RateReduction {
    /// The share of them with score 1.
    #[default]
    Mean,
    /// 1 if one of them has score 1.
    Max,
    /// 1 if all of them have score 1.
    Min,
    /// 1 if more than half of them have score 1, 0 if fewer; a tie counts for nothing.
    Majority,
}

impl RateReduction {
    /// The words, as files write them.
    pub const WORDS: &'static [&'static str] = &["mean", "max", "min", "majority"];

    fn is_mean(&self) -> bool {
        *self == Self::Mean
    }
}

/// What the answers to a sample that is asked several times count for, in a mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MeanReduction {
    /// Their mean.
    #[default]
    Mean,
    /// The largest score.
    Max,
    /// The least score.
    Min,
    /// The middle score; of an even number the mean of the middle two.
    Median,
}

impl MeanReduction {
    /// The words, as files write them.
    pub const WORDS: &'static [&'static str] = &["mean", "max", "min", "median"];

    fn is_mean(&self) -> bool {
        *self == Self::Mean
    }
}

pub(crate) fn fifteen() -> u32 {
    15
}
