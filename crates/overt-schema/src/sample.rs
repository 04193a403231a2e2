//! One item of a dataset.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One item of a task's dataset, after field mapping.
///
/// `fields` holds the row; templates see them by name. `id`, `target`, `choices` and the task's cluster field have
/// a meaning to overt, the others only to the task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// Unique within the task.
    pub id: String,
    /// The row.
    pub fields: Map<String, Value>,
}

impl Sample {
    /// A field as text: strings as they are, numbers and booleans as JSON writes them, anything else `None`.
    pub fn text(&self, field: &str) -> Option<String> {
        match self.fields.get(field)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(truth) => Some(truth.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The choices of a multiple-choice sample; empty if it has none.
    pub fn choices(&self) -> Vec<&str> {
        match self.fields.get("choices") {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }
}
