//! The part of a sample that is always shown: what the results depend on, and no more.

use std::collections::BTreeSet;

use overt_schema::{Outcome, Sample, SampleRow, Score};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A sample without prompt, answer and explanation. With these of every sample, anyone can compute the results again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Position of the task in the run.
    pub task: u32,
    /// Position within the task's order.
    pub index: u64,
    /// Zero-based repetition.
    pub epoch: u32,
    /// The sample's id.
    pub id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The fields of the sample that a metric reads.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
    /// The scores, without what was read out of the answer and without the reason.
    pub scores: Vec<Score>,
}

impl Shown {
    /// What is shown of a row whose task has metrics that read `fields`.
    pub fn of(row: &SampleRow, fields: &BTreeSet<&str>) -> Self {
        let read = row.sample.fields.iter().filter(|(name, _)| fields.contains(name.as_str()));
        Self {
            task: row.task,
            index: row.index,
            epoch: row.epoch,
            id: row.sample.id.clone(),
            outcome: row.answer.outcome,
            fields: read.map(|(name, value)| (name.clone(), value.clone())).collect(),
            scores: row.scores.iter().map(without_words).collect(),
        }
    }

    /// The sample as the metrics see it.
    pub fn sample(&self) -> Sample {
        Sample { id: self.id.clone(), fields: self.fields.clone() }
    }
}

fn without_words(score: &Score) -> Score {
    Score { answer: None, explanation: None, ..score.clone() }
}
