//! How often, out of an evaluation: taken from its record, and never typed.

use std::path::Path;

use overt_record::Name;
use overt_record::record::{Body, Direction, Evaluation};
use overt_report::Draft;
use overt_report::prevalence::{Shows, measured};

use crate::failure::Failure;
use crate::signing;

/// Puts what a metric of an evaluation measured into a draft, and names the evaluation's record in it.
pub(super) fn add(draft: &mut Draft, bundle: &Path, metric: &str) -> Result<(), Failure> {
    let (bundle, record) = signing::read_bundle(bundle)?;
    let Body::Evaluation(evaluation) = record.body() else {
        return Err(Failure::usage(format!(
            "--evaluation: it holds a record of the type `{}`",
            record.body().predicate_type().kind
        )));
    };
    let wrong = |why: String| Failure::usage(format!("--metric {metric:?}: {why}"));
    let (task, name) = metric.rsplit_once('.').ok_or_else(|| wrong("it is TASK.METRIC".into()))?;
    let word = |words: &str| Name::new(words).map_err(|error| wrong(error.to_string()));
    let (task, name) = (word(task)?, word(name)?);
    let digest = bundle.envelope.digest();
    let shows = shows(evaluation, &task, &name);
    let found =
        measured(evaluation, digest, &task, &name, shows).map_err(|error| wrong(error.to_string()))?;
    let digest = digest.to_string();
    if !draft.evidence.records.contains(&digest) {
        draft.evidence.records.push(digest);
    }
    draft.evidence.measured_prevalence = Some(found);
    Ok(())
}

/// Of a metric where more is better, the flaw shows in the rest.
fn shows(evaluation: &Evaluation, task: &Name, metric: &Name) -> Shows {
    let tasks = evaluation.tasks.iter().filter(|found| found.name == *task);
    let found = tasks.flat_map(|found| &found.metrics).find(|found| found.name == *metric);
    match found.map(|found| found.direction) {
        Some(Direction::Higher) => Shows::Right,
        _ => Shows::Wrong,
    }
}
