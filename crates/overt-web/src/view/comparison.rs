//! Runs beside the first one: the same comparison as `overt compare`.

use std::sync::Arc;

use overt_eval::SAMPLES;
use overt_score::{Ran, Summariser, TaskComparison, adjust, between, not_comparable};

use super::groups::fields_of_metrics;
use super::scored::scored;
use super::{RunView, ViewError};

/// Runs beside the first one.
#[derive(Clone, Debug)]
pub struct Comparisons {
    /// For each run but the first, its tasks.
    pub others: Vec<Vec<TaskComparison>>,
    /// How many tests the adjusted p-values are adjusted for.
    pub tests: usize,
}

/// Compares every run with the first one, and adjusts all p-values together.
///
/// # Errors
/// When there are fewer than two runs, or their samples cannot be read.
pub fn compare_runs(runs: &[Arc<RunView>]) -> Result<Comparisons, ViewError> {
    let Some((first, rest @ [_, ..])) = runs.split_first() else {
        return Err(ViewError::Asked { why: "a comparison takes two runs or more".into() });
    };
    let mut others = Vec::new();
    for other in rest {
        others.push((*first.compared.get_or(other.id, || tasks(first, other))?).clone());
    }
    let tests =
        adjust(others.iter_mut().flatten()).map_err(|error| ViewError::Asked { why: error.to_string() })?;
    Ok(Comparisons { others, tests })
}

fn tasks(first: &RunView, other: &RunView) -> Result<Vec<TaskComparison>, ViewError> {
    let pairs: Vec<Option<usize>> =
        first.tasks.iter().map(|task| other.tasks.iter().position(|theirs| theirs == task)).collect();
    let (one, two) = (summaries(first, first)?, summaries(other, first)?);
    let mut compared = Vec::new();
    for (position, (name, place)) in first.tasks.iter().zip(pairs).enumerate() {
        let Some(task) = first.task(position) else { continue };
        let Some(place) = place else {
            compared.push(TaskComparison::apart(name, "the other run does not have this task"));
            continue;
        };
        compared.push(match not_comparable(ran(first, position), ran(other, place), task) {
            Some(why) => TaskComparison::apart(name, why),
            None => match (&one[position], &two[position]) {
                (Some(one), Some(two)) => TaskComparison::of(name, between(one, two)),
                _ => TaskComparison::apart(name, "its samples are not there"),
            },
        });
    }
    Ok(compared)
}

fn ran(view: &RunView, position: usize) -> Ran<'_> {
    // A name is not enough: two runs of one second in two folders share it.
    let from = view.run.answers_from.as_ref().map(|from| from.sha256);
    Ran { run: &view.run, position, answers: from.or(view.run.files.get(SAMPLES).copied()) }
}

/// For each task of the first run the summary of what a run answered to it.
fn summaries(view: &RunView, first: &RunView) -> Result<Vec<Option<Summariser>>, ViewError> {
    let level = first.run.settings.level;
    let mut summaries = Vec::new();
    for position in 0..first.tasks.len() {
        summaries.push(first.task(position).map(|task| Summariser::new(task, level)).transpose()?);
    }
    let place_of = |theirs: usize| first.tasks.iter().position(|name| view.tasks.get(theirs) == Some(name));
    let places: Vec<Option<usize>> = (0..view.tasks.len()).map(place_of).collect();
    scored(&view.samples, &fields_of_metrics(view)?, |row| {
        let place = places.get(row.task).copied().flatten();
        if let Some(summary) = place.and_then(|place| summaries.get_mut(place)?.as_mut()) {
            summary.add(row.sample, row.epoch, row.outcome, row.scores);
        }
    })?;
    Ok(summaries)
}
