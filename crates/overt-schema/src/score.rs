//! What a scorer says about an answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A scorer's verdict on one answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// The scorer's name within its task.
    pub scorer: String,
    /// The number: 1 and 0 for yes and no, or a measure in the scorer's range. `None` if the answer could not be
    /// scored; metrics then count it as missing.
    pub value: Option<f64>,
    /// What the scorer read out of the answer: the letter, the number, the text that matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Why, in a few words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// Whether the answer lacked the form that the scorer needs. The value then follows the scorer's `unparsed` rule.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unparsed: bool,
}
