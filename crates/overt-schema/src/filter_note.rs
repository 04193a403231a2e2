//! What a provider's content filter notes beside an answer.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A category in which a provider's content filter found something, whether or not it stepped in.
///
/// Categories without a finding ("safe", not detected) leave no note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FilterNote {
    /// What was looked at.
    pub side: FilterSide,
    /// The provider's word, for example `violence`, `jailbreak`, `protected_material_text`; untrusted.
    pub category: String,
    /// How grave, in the provider's word, for example `low`; `None` for what is detected or not. Untrusted too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// Whether the filter stepped in for it.
    pub filtered: bool,
}

/// What a content filter looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FilterSide {
    /// The conversation that was sent.
    Prompt,
    /// The answer.
    Answer,
}

impl fmt::Display for FilterNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.category)?;
        if let Some(severity) = &self.severity {
            write!(f, " ({severity})")?;
        }
        f.write_str(match self.side {
            FilterSide::Prompt => " in the prompt",
            FilterSide::Answer => " in the answer",
        })
    }
}
