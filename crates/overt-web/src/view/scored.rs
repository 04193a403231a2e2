//! Samples as summaries take them in: of each the fields that metrics read, its outcome and its scores.

use std::collections::BTreeSet;

use overt_schema::{Outcome, Sample, Score};
use serde_json::{Map, Value};

use super::ViewError;
use super::samples::Samples;

/// One answer, as a summary takes it in.
pub(super) struct Scored<'a> {
    pub(super) task: usize,
    pub(super) sample: &'a Sample,
    pub(super) epoch: u32,
    pub(super) outcome: Outcome,
    pub(super) scores: &'a [Score],
}

/// Hands every sample to `each`. `fields` are those that are read of the samples of each task.
pub(super) fn scored(
    samples: &Samples,
    fields: &[BTreeSet<String>],
    mut each: impl FnMut(Scored<'_>),
) -> Result<(), ViewError> {
    samples.glance(|glance, _| {
        let task = glance.task as usize;
        let Some(wanted) = fields.get(task) else { return };
        let fields = if wanted.is_empty() { Map::new() } else { read(glance.fields, wanted) };
        let sample = Sample { id: glance.id.to_owned(), fields };
        let scores = glance.scores.iter().map(|score| Score {
            scorer: score.scorer.to_owned(),
            value: score.value,
            answer: None,
            explanation: None,
            unparsed: score.unparsed,
        });
        let scores: Vec<Score> = scores.collect();
        each(Scored { task, sample: &sample, epoch: glance.epoch, outcome: glance.outcome, scores: &scores });
    })
}

fn read(json: &str, wanted: &BTreeSet<String>) -> Map<String, Value> {
    let mut fields: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
    fields.retain(|name, _| wanted.contains(name));
    fields
}
