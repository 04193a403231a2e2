//! A suite: a named, versioned list of tasks with requirements.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A suite file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// Lower-case letters, digits and hyphens.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]*$"))]
    pub name: String,
    /// One line for people.
    pub title: String,
    /// What the suite is for.
    pub description: String,
    /// The version; a change of a task's version raises it.
    pub version: String,
    /// SPDX expression.
    pub licence: String,
    /// The tasks, in the order in which they run.
    #[schemars(length(min = 1))]
    pub tasks: Vec<SuiteTask>,
    /// What must hold, for example `over-refusal.rate <= 0.10`; see [`crate::Requirement`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub require: Vec<String>,
}

/// A task within a suite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuiteTask {
    /// A built-in task's name, or a task file relative to the suite file.
    pub task: String,
    /// The version that is meant; another one is an error.
    pub version: String,
}
