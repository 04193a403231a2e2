//! What an answer is compared with: a field of the sample, or a template over its fields.

use overt_schema::{Sample, Template};
use serde_json::Value;

use crate::error::{Lack, ScorerError};

/// Where a scorer's reference text comes from.
#[derive(Debug)]
pub(crate) enum Target {
    /// A field, as it is: a text, a number, a truth value or a list of those.
    Field(&'static str),
    /// A template, which gives one text.
    Template {
        /// The setting's name, for messages.
        setting: &'static str,
        template: Template,
    },
}

impl Target {
    /// The template if the task gives one, else the field of the same name as the setting.
    pub(crate) fn new(
        scorer: &str,
        setting: &'static str,
        source: Option<&str>,
    ) -> Result<Self, ScorerError> {
        let Some(source) = source else { return Ok(Self::Field(setting)) };
        let template = Template::new(source).map_err(|source| ScorerError::Template {
            scorer: scorer.to_owned(),
            setting,
            source: Box::new(source),
        })?;
        Ok(Self::Template { setting, template })
    }

    /// The name by which messages speak of it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Field(name) | Self::Template { setting: name, .. } => name,
        }
    }

    /// Every text that counts, at least one.
    pub(crate) fn texts(&self, sample: &Sample) -> Result<Vec<String>, Lack> {
        match self {
            Self::Template { .. } => Ok(vec![self.rendered(sample)?]),
            Self::Field(name) => match field(sample, name)? {
                Value::Array(items) if !items.is_empty() => {
                    items.iter().map(|item| scalar(name, item)).collect()
                }
                value => Ok(vec![scalar(name, value)?]),
            },
        }
    }

    /// The one text that counts.
    pub(crate) fn text(&self, sample: &Sample) -> Result<String, Lack> {
        match self {
            Self::Template { .. } => self.rendered(sample),
            Self::Field(name) => scalar(name, field(sample, name)?),
        }
    }

    /// The value that counts: a field keeps its type, a template gives a text.
    pub(crate) fn value(&self, sample: &Sample) -> Result<Value, Lack> {
        match self {
            Self::Template { .. } => Ok(Value::String(self.rendered(sample)?)),
            Self::Field(name) => field(sample, name).cloned(),
        }
    }

    fn rendered(&self, sample: &Sample) -> Result<String, Lack> {
        match self {
            Self::Field(name) => scalar(name, field(sample, name)?),
            Self::Template { setting, template } => template
                .render(&sample.fields)
                .map_err(|source| Lack::Template { setting, source: Box::new(source) }),
        }
    }
}

/// A field that has to be there.
pub(crate) fn field<'a>(sample: &'a Sample, name: &str) -> Result<&'a Value, Lack> {
    match sample.fields.get(name) {
        None | Some(Value::Null) => Err(Lack::Field { field: name.to_owned() }),
        Some(value) => Ok(value),
    }
}

fn scalar(name: &str, value: &Value) -> Result<String, Lack> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(Lack::Form {
            field: name.to_owned(),
            found: kind(value).to_owned(),
            expected: "give a text, a number or a list of those",
        }),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(items) if items.is_empty() => "an empty list",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
