//! Whether the samples of a run are those that its plan chose.
//!
//! A plan names the samples of each task by the digest of their ids in order. A task that was asked to its end shows all
//! of its ids, also those of withheld samples. One that stopped early shows some: which ones those had to be, the order
//! that the seed draws says, if the dataset is at hand. A built-in one is; a stranger's path or address is not followed.

use overt_eval::{TaskSource, built_in_ids};
use overt_record::record::{Plan, PlannedTask, SampleIds};
use overt_record::verify::Outcome;
use overt_schema::{Hasher, Run, Settings, TaskRun};

use super::RunCheck;
use crate::describe::{self, hash};
use crate::shown::Shown;

const TITLE: &str = "the samples are those that the plan chose";

/// Which samples came, task by task.
#[derive(Debug, Default)]
pub struct Came(Vec<OfTask>);

/// Those of one task.
#[derive(Default)]
struct OfTask {
    epochs: u64,
    count: u64,
    /// Over the ids in order, one a line.
    ids: Hasher,
    /// Each with its place among the samples, where the task may stop early.
    placed: Option<Vec<(u64, String)>>,
}

impl std::fmt::Debug for OfTask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} samples", self.count)
    }
}

impl Came {
    pub(super) fn of(run: &Run) -> Self {
        let placed = || run.settings.early.is_some().then(Vec::new);
        let of_task = |task: &TaskRun| OfTask {
            epochs: u64::from(task.epochs.max(1)),
            placed: placed(),
            ..OfTask::default()
        };
        Self(run.tasks.iter().map(of_task).collect())
    }

    /// Takes in a sample. Repetitions of it are the same sample.
    pub(super) fn see(&mut self, shown: &Shown) {
        let Some(task) = self.0.get_mut(shown.task as usize).filter(|_| shown.epoch == 0) else { return };
        task.count += 1;
        task.ids.update(shown.id.as_bytes());
        task.ids.update(b"\n");
        if let Some(placed) = &mut task.placed {
            placed.push((shown.index / task.epochs, shown.id.clone()));
        }
    }
}

/// What was compared, and what could not be.
#[derive(Default)]
struct Found {
    compared: Vec<String>,
    other: Vec<String>,
    open: Vec<String>,
}

/// Compares the samples that came with those that a plan chose. `tasks` are those of `tasks.json`, beside `run`'s.
pub(super) fn check(plan: &Plan, run: &Run, tasks: &[TaskSource], came: Option<Came>) -> RunCheck {
    let Some(came) = came else {
        return RunCheck::new("selection", TITLE, Outcome::NotChecked, "the samples are not here");
    };
    let mut found = Found::default();
    for ((entry, source), came) in run.tasks.iter().zip(tasks).zip(came.0) {
        let Some(planned) = plan.tasks.iter().find(|planned| planned.name.as_str() == entry.name) else {
            continue;
        };
        let name = &entry.name;
        if planned.dataset.samples_sha256 != hash(entry.dataset.samples_sha256) {
            // The record tells so, or the plan was not kept.
            found.open.push(format!("{name} departs from the plan in its samples"));
            continue;
        }
        let count = came.count;
        let departs = if count < entry.planned / came.epochs.max(1) {
            began(planned, source, entry, &run.settings, came.placed.as_deref())
        } else {
            let chosen = SampleIds { count, sha256: hash(came.ids.finish()) };
            Ok((chosen != planned.selected).then(|| OTHERS.to_owned()))
        };
        match departs {
            Ok(None) => found.compared.push(format!("{count} of {name}")),
            Ok(Some(why)) => found.other.push(format!("{name}: {why}")),
            Err(why) => found.open.push(format!("{name} stopped early, and {why}")),
        }
    }
    found.told()
}

const OTHERS: &str = "its samples, or their order, are others than the plan chose";

/// Whether a task that stopped early asked about samples where the plan has them. `Err` says why that is not known.
fn began(
    planned: &PlannedTask,
    source: &TaskSource,
    entry: &TaskRun,
    settings: &Settings,
    came: Option<&[(u64, String)]>,
) -> Result<Option<String>, String> {
    if entry.planned / u64::from(entry.epochs.max(1)) != planned.selected.count {
        return Ok(Some(format!(
            "the plan chose {} samples, and it draws from others",
            planned.selected.count
        )));
    }
    let ids = match built_in_ids(source, settings) {
        None => return Err("not all of its ids are here: its dataset is not built in".into()),
        Some(Err(error)) => return Err(format!("its built-in dataset cannot be read: {error}")),
        Some(Ok(ids)) => ids,
    };
    if describe::sample_ids(&ids) != planned.selected {
        return Ok(Some("the plan did not choose the samples of the dataset".into()));
    }
    let is_there = |(place, id): &(u64, String)| {
        usize::try_from(*place).ok().and_then(|place| ids.get(place)) == Some(id)
    };
    let all = came.unwrap_or_default().iter().all(is_there);
    Ok((!all).then(|| OTHERS.to_owned()))
}

impl Found {
    fn told(self) -> RunCheck {
        let Self { compared, other, open } = self;
        let told = |outcome, parts: &[String]| RunCheck::new("selection", TITLE, outcome, parts.join("; "));
        match (other.is_empty(), compared.is_empty()) {
            (false, _) => told(Outcome::Failed, &other),
            // What is not known of one task must not be lost behind the others.
            _ if !open.is_empty() => told(Outcome::NotChecked, &[open, compared].concat()),
            (_, false) => {
                told(Outcome::Passed, &[format!("by their ids, in order: {}", compared.join(", "))])
            }
            _ => told(Outcome::NotChecked, &["the run has no task of the plan".to_owned()]),
        }
    }
}
