//! A plan: what will be run and what is claimed, signed before the first request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BrokenRule, Dataset, Header, PlannedSystem, RecordType, SampleIds, Settings, Suite};
use crate::in_toto::Subject;
use crate::{Hash, Name, Text, Timestamp};

/// The body of a `plan`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Plan {
    /// The tasks, in order.
    pub tasks: Vec<PlannedTask>,
    /// The systems that will be asked.
    pub systems: Vec<PlannedSystem>,
    /// The suite, if one is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<Suite>,
    /// How they will be asked.
    pub settings: Settings,
    /// How many runs of each system are meant; absent for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<u32>,
    /// What is expected to hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// Why it is done, and how the results will be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<Text>,
    /// The last moment at which a run of the plan may begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// The record digest of the plan that this one replaces. Both stay in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Hash>,
}

/// A task as it will be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PlannedTask {
    /// The task's name.
    pub name: Name,
    /// Its version.
    pub version: Name,
    /// Digest of the task's canonical JSON.
    pub task_sha256: Hash,
    /// Digest of prompt and few-shot examples alone.
    pub template_sha256: Hash,
    /// The data.
    pub dataset: Dataset,
    /// The samples that will be asked.
    pub selected: SampleIds,
}

/// What is expected to hold: an expression as suites require them, for example `over-refusal.rate <= 0.10`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Claim {
    /// The expression.
    pub expression: Text,
}

impl RecordType for Plan {
    const KIND: &'static str = "plan";
    const VERSION: u16 = 1;

    /// The tasks.
    fn subjects(&self) -> Vec<Subject> {
        self.tasks.iter().map(|task| Subject::sha256(task.name.as_str(), task.task_sha256)).collect()
    }

    fn refs(&self) -> Vec<Hash> {
        self.replaces.into_iter().collect()
    }

    fn check(&self, header: &Header) -> Result<(), BrokenRule> {
        BrokenRule::unless(!self.tasks.is_empty(), "a plan has at least one task")?;
        BrokenRule::unless(!self.systems.is_empty(), "a plan names at least one system")?;
        BrokenRule::unless(self.runs != Some(0), "a plan means at least one run")?;
        let in_time = self.not_after.is_none_or(|last| header.issued_at <= last);
        BrokenRule::unless(in_time, "a plan is issued before its last moment")
    }
}
