//! Tasks, and how systems did on each.

use overt_record::{Hash, Timestamp};
use serde::Serialize;

use super::entries::list;
use super::results::{EVALUATIONS, RESULTS, read_evaluation, read_result};
use super::{EvaluationView, Index, IndexError, ResultView};
use crate::row::Columns as _;

/// How many evaluations on a task are shown at most.
const MOST_EVALUATIONS: i64 = 2000;

/// How many tasks are listed at most.
const MOST_TASKS: i64 = 2000;

/// A task that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskView {
    /// Its name. Two evaluators may give one name to two tasks: [`ResultView::alike`] tells them apart.
    pub name: String,
    /// The title in the newest evaluation.
    pub title: String,
    /// The version in the newest evaluation.
    pub version: String,
    /// How many evaluations have it.
    pub evaluations: u64,
    /// How many systems were asked.
    pub systems: u64,
    /// When the newest one was logged.
    pub newest: Timestamp,
}

/// A task with the results of all systems.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskResults {
    /// The task.
    pub task: TaskView,
    /// The evaluations that asked it, newest first, at most two thousand.
    pub evaluations: Vec<EvaluationView>,
    /// Their results in groups that may be set side by side, the largest group first.
    pub groups: Vec<Alike>,
}

/// Results that may be set side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Alike {
    /// What they have in common.
    pub alike: Hash,
    /// The version of the task.
    pub version: String,
    /// By metric, then newest first.
    pub results: Vec<ResultView>,
}

const TASKS: &str = "\
    SELECT task, task_title, task_version, count(DISTINCT result.idx) AS evaluations, count(DISTINCT system) AS systems, \
        max(result.idx) AS newest_index, entry.time AS newest \
    FROM result JOIN evaluation USING (idx) JOIN entry USING (idx)";

impl Index {
    /// Tasks, the most often asked first.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn tasks(&self) -> Result<Vec<TaskView>, IndexError> {
        let select = format!(
            "{TASKS} WHERE headline = 1 GROUP BY task ORDER BY evaluations DESC, task LIMIT {MOST_TASKS}"
        );
        self.list(&select, [], read_task)
    }

    /// One task, with the results of all systems.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn task(&self, name: &str) -> Result<Option<TaskResults>, IndexError> {
        self.database.read(|connection| {
            let select = format!("{TASKS} WHERE task = ? GROUP BY task");
            let Some(task) = list(connection, &select, [name], read_task)?.pop() else { return Ok(None) };
            let select = format!(
                "{EVALUATIONS} WHERE evaluation.idx IN (SELECT idx FROM result WHERE task = ?) \
                 ORDER BY evaluation.idx DESC LIMIT ?"
            );
            let evaluations = list(connection, &select, (name, MOST_EVALUATIONS), read_evaluation)?;
            let oldest = crate::row::integer(evaluations.last().map_or(0, |evaluation| evaluation.index));
            let select = format!("{RESULTS} WHERE task = ? AND idx >= ? ORDER BY alike, metric, idx DESC");
            let results = list(connection, &select, (name, oldest), read_result)?;
            Ok(Some(TaskResults { task, evaluations, groups: grouped(results) }))
        })
    }
}

/// Groups results that stand in the order of what they have in common.
fn grouped(results: Vec<ResultView>) -> Vec<Alike> {
    let mut groups: Vec<Alike> = Vec::new();
    for result in results {
        match groups.last_mut() {
            Some(group) if group.alike == result.alike => group.results.push(result),
            _ => groups.push(Alike {
                alike: result.alike,
                version: result.task_version.clone(),
                results: vec![result],
            }),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.results.len()));
    groups
}

fn read_task(row: &rusqlite::Row<'_>) -> rusqlite::Result<TaskView> {
    Ok(TaskView {
        name: row.get("task")?,
        title: row.get("task_title")?,
        version: row.get("task_version")?,
        evaluations: row.count("evaluations")?,
        systems: row.count("systems")?,
        newest: row.time("newest")?,
    })
}
