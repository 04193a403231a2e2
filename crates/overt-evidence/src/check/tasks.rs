//! Whether `tasks.json` holds what the manifest says of the tasks: a digest alone would leave their names to the publisher.

use std::collections::BTreeSet;

use overt_eval::{Materials, TASKS, TaskSource};
use overt_schema::{Digest, Requirement, RequirementResult, Run, TaskRun, template_digest};

use super::again::Differences;
use crate::error::EvidenceError;

/// The most samples of a task that stops early: their order is drawn again in memory, whatever number a manifest says.
const MAX_DRAWN: u64 = 1 << 24;

/// What the tasks, or the suite, are otherwise than the manifest says.
pub(super) fn differences(materials: &Materials, run: &Run) -> Result<Differences, EvidenceError> {
    let mut found = Differences::default();
    let (here, there) = (materials.tasks.len(), run.tasks.len());
    if here != there {
        found.add(|| format!("{TASKS} holds {here} tasks, the run has {there}"));
    }
    let mut names = BTreeSet::new();
    for (source, entry) in materials.tasks.iter().zip(&run.tasks) {
        if !is_it(source, entry)? {
            found.add(|| format!("{TASKS} holds another task {}", entry.name));
        }
        if !names.insert(&entry.name) {
            found.add(|| format!("there are two tasks {}", entry.name));
        }
        if run.settings.early.is_some() && entry.planned > MAX_DRAWN {
            found.add(|| {
                format!("{}: {} samples are more than an order is drawn of", entry.name, entry.planned)
            });
        }
    }
    let suite = materials.suite.as_ref().map(Digest::of_json).transpose()?;
    if suite != run.suite.as_ref().map(|suite| suite.digest) {
        found.add(|| format!("{TASKS} holds another suite"));
    }
    Ok(found)
}

fn is_it(source: &TaskSource, entry: &TaskRun) -> Result<bool, EvidenceError> {
    let task = &source.task;
    let digests = (Digest::of_json(task)?, template_digest(task)?);
    let words = (&task.name, &task.title, &task.version, &task.generation);
    Ok(digests == (entry.task_digest, entry.template_digest)
        && words == (&entry.name, &entry.title, &entry.version, &entry.generation))
}

/// What the suite requires, judged once more by the results of the manifest.
pub(super) fn requirements(materials: &Materials, run: &Run) -> Vec<RequirementResult> {
    let required = materials.suite.iter().flat_map(|suite| &suite.require);
    required.filter_map(|expression| Some(Requirement::parse(expression).ok()?.judge(&run.tasks))).collect()
}
