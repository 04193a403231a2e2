//! Two runs beside each other: whether they measure the same thing, and what all their tests together are worth.

use overt_schema::{Digest, Run, Scorer, Status, Task};
use overt_stats::multiple::{self, NotAPValue};
use serde::Serialize;

use super::Comparison;

/// A run's task, as it is compared.
#[derive(Clone, Copy, Debug)]
pub struct Ran<'a> {
    /// The run.
    pub run: &'a Run,
    /// Position of the task in it.
    pub position: usize,
    /// Digest of the answers: of the run whose answers were scored again, else of its own samples.
    pub answers: Option<Digest>,
}

/// One metric's comparison, and what its p-value is worth among all tests of the report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tested {
    /// The comparison.
    #[serde(flatten)]
    pub comparison: Comparison,
    /// The p-value, adjusted for the number of tests in the report (Holm 1979).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_adjusted: Option<f64>,
}

impl From<Comparison> for Tested {
    fn from(comparison: Comparison) -> Self {
        Self { comparison, p_adjusted: None }
    }
}

/// The comparison of one task.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskComparison {
    /// The task's name.
    pub task: String,
    /// Why the two cannot be compared; then there is nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_comparable: Option<String>,
    /// Metric by metric.
    pub metrics: Vec<Tested>,
}

impl TaskComparison {
    /// A task that cannot be compared.
    pub fn apart(task: impl Into<String>, why: impl Into<String>) -> Self {
        Self { task: task.into(), not_comparable: Some(why.into()), metrics: Vec::new() }
    }

    /// A task that was compared.
    pub fn of(task: impl Into<String>, metrics: Vec<Comparison>) -> Self {
        let metrics = metrics.into_iter().map(Tested::from).collect();
        Self { task: task.into(), not_comparable: None, metrics }
    }
}

/// Why two runs of a task do not measure the same thing; `None` if they do. It may hold names of systems, which are not
/// ours.
pub fn not_comparable(a: Ran<'_>, b: Ran<'_>, task: &Task) -> Option<String> {
    let (Some(one), Some(two)) = (a.run.tasks.get(a.position), b.run.tasks.get(b.position)) else {
        return Some("the other run does not have this task".into());
    };
    if a.run.status != Status::Finished || b.run.status != Status::Finished {
        Some("a run is not finished".into())
    } else if one.task_digest != two.task_digest {
        Some(format!("the task differs: version {} and version {}", one.version, two.version))
    } else if one.dataset.sha256 != two.dataset.sha256 {
        Some("the data differs".into())
    } else {
        difference_of_judges(a, b, task)
    }
}

/// Why the scores of a judged task are not one instrument's; `None` if they are, or if it is the judges that are
/// compared: on the same answers.
fn difference_of_judges(a: Ran<'_>, b: Ran<'_>, task: &Task) -> Option<String> {
    let judged = task.scorers.iter().any(|scorer| matches!(scorer.scorer, Scorer::Judge(_)));
    let (one, two) = (a.run.judge.as_ref()?, b.run.judge.as_ref()?);
    let same = one.system.model == two.system.model
        && one.system.base_url == two.system.base_url
        && one.system.artefact == two.system.artefact
        && one.system.system_prompt == two.system.system_prompt;
    (judged && !same && a.answers != b.answers).then(|| {
        format!(
            "{} judged the one and {} the other: the difference would be the judges', too",
            one.system.name, two.system.name
        )
    })
}

/// Adjusts all p-values together; how many there are.
///
/// # Errors
/// When one of them is no probability.
pub fn adjust<'a>(tasks: impl IntoIterator<Item = &'a mut TaskComparison>) -> Result<usize, NotAPValue> {
    let mut tested: Vec<&mut Tested> = tasks
        .into_iter()
        .flat_map(|task| &mut task.metrics)
        .filter(|metric| metric.comparison.p_value.is_some())
        .collect();
    let raw: Vec<f64> = tested.iter().filter_map(|metric| metric.comparison.p_value).collect();
    for (metric, adjusted) in tested.iter_mut().zip(multiple::holm(&raw)?) {
        metric.p_adjusted = Some(adjusted);
    }
    Ok(raw.len())
}
