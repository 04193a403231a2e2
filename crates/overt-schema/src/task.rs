//! A task: one thing that is measured, as its author writes it down in YAML.
//!
//! The types here are the format: `docs/tasks.md` explains them, the JSON Schema is generated from them, and
//! [`Task::parse`] reads a file into them and reports every mistake at its place.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Dataset, FewShot, Generation, Metric, NamedScorer, Prompt};

/// A task file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Lower-case letters, digits and hyphens; unique within a suite.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]*$"))]
    pub name: String,
    /// One line for people.
    pub title: String,
    /// What a score means, and what it does not mean.
    pub description: String,
    /// The version of the task; a change that can alter a score raises it.
    pub version: String,
    /// SPDX expression of the data's licence.
    pub licence: String,
    /// How to cite the task or its data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citation: Option<String>,
    /// What the task gives evidence about: tags of the form `taxonomy:category`, see [`crate::taxonomy`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<String>,
    /// Where the samples come from.
    pub dataset: Dataset,
    /// What the system is told.
    pub prompt: Prompt,
    /// Worked examples shown before the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub few_shot: Option<FewShot>,
    /// How to generate.
    #[serde(default)]
    pub generation: Generation,
    /// How often each sample is asked.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub epochs: u32,
    /// The field whose equal values mark samples that are not independent: a template, a document, a topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// What turns an answer into scores.
    #[schemars(length(min = 1))]
    pub scorers: Vec<NamedScorer>,
    /// What turns scores into results. The first one is the headline.
    #[schemars(length(min = 1))]
    pub metrics: Vec<Metric>,
}

fn one() -> u32 {
    1
}
