//! The results of each group of samples, with intervals that hold for all groups together.
//!
//! Two passes over the samples: [`Groups::see`] finds the groups, [`GroupSummaries::add`] takes in their scores.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use overt_schema::{MetricResult, Outcome, Sample, Score, Task};
use overt_stats::{Level, multiple};
use serde::Serialize;

use super::{Summariser, SummaryError};

/// More groups than this are no groups but samples.
pub const MOST_GROUPS: usize = 500;

/// The values that a field has in each task.
#[derive(Debug)]
pub struct Groups {
    field: String,
    tasks: Vec<Values>,
}

#[derive(Clone, Debug, Default)]
struct Values {
    /// Each value, with its place.
    places: BTreeMap<String, usize>,
    without: u64,
}

/// A field that does not group: it has too many values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the field {field:?} has more than {MOST_GROUPS} different values: it does not group")]
pub struct TooManyGroups {
    /// The field.
    pub field: String,
    /// Position of the task in which it has.
    pub task: usize,
}

/// The groups of one task.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupedResults {
    /// The task's name.
    pub task: String,
    /// The level of each interval, so that all of a metric's intervals hold together at the level asked for (Bonferroni).
    pub level: f64,
    /// The groups, sorted by value.
    pub groups: Vec<GroupResults>,
    /// Samples without the field, each epoch counted.
    pub without: u64,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupResults {
    /// The field's value.
    pub value: String,
    /// The task's metrics over the group alone.
    pub metrics: Vec<MetricResult>,
}

impl Groups {
    /// Groups by a field, in a run of so many tasks.
    pub fn new(field: impl Into<String>, tasks: usize) -> Self {
        Self { field: field.into(), tasks: vec![Values::default(); tasks] }
    }

    /// Takes note of a sample's value. Samples of tasks that the run does not have are passed over.
    ///
    /// # Errors
    /// When the field has more than [`MOST_GROUPS`] values.
    pub fn see(&mut self, task: usize, sample: &Sample) -> Result<(), TooManyGroups> {
        let Some(values) = self.tasks.get_mut(task) else { return Ok(()) };
        let Some(value) = sample.text(&self.field) else {
            values.without += 1;
            return Ok(());
        };
        values.places.entry(value).or_insert(0);
        if values.places.len() > MOST_GROUPS {
            return Err(TooManyGroups { field: self.field.clone(), task });
        }
        Ok(())
    }

    /// Whether no sample has the field.
    pub fn is_empty(&self) -> bool {
        self.tasks.iter().all(|values| values.places.is_empty())
    }

    /// Prepares a summary for each group; `level` is to hold for all intervals of a metric together.
    ///
    /// # Errors
    /// As [`Summariser::new`].
    pub fn summaries<'a>(
        mut self,
        tasks: impl IntoIterator<Item = &'a Task>,
        level: f64,
    ) -> Result<GroupSummaries, SummaryError> {
        let mut summaries = Vec::new();
        for (values, task) in self.tasks.iter_mut().zip(tasks) {
            for (place, of) in values.places.values_mut().enumerate() {
                *of = place;
            }
            let many = u32::try_from(values.places.len()).ok().and_then(NonZeroU32::new);
            let level = multiple::bonferroni(Level::new(level)?, many.unwrap_or(NonZeroU32::MIN)).get();
            let each =
                values.places.iter().map(|_| Summariser::new(task, level)).collect::<Result<_, _>>()?;
            summaries.push(TaskGroups { task: task.name.clone(), level, each });
        }
        Ok(GroupSummaries { groups: self, summaries })
    }
}

/// The summaries of all groups.
pub struct GroupSummaries {
    groups: Groups,
    summaries: Vec<TaskGroups>,
}

struct TaskGroups {
    task: String,
    level: f64,
    each: Vec<Summariser>,
}

impl GroupSummaries {
    /// Takes in one answer; of a sample without the field, or of a group that was not seen, nothing.
    pub fn add(&mut self, task: usize, sample: &Sample, epoch: u32, outcome: Outcome, scores: &[Score]) {
        let place = sample.text(&self.groups.field);
        let place = place.and_then(|value| self.groups.tasks.get(task)?.places.get(&value).copied());
        let summary = place.and_then(|place| self.summaries.get_mut(task)?.each.get_mut(place));
        if let Some(summary) = summary {
            summary.add(sample, epoch, outcome, scores);
        }
    }

    /// The results of the tasks that have groups, in their order.
    pub fn finish(self) -> Vec<GroupedResults> {
        let tasks = self.groups.tasks.into_iter().zip(self.summaries);
        let grouped = tasks.filter(|(values, _)| !values.places.is_empty()).map(|(values, summaries)| {
            let groups = values.places.into_keys().zip(&summaries.each);
            let groups = groups.map(|(value, summary)| GroupResults { value, metrics: summary.finish() });
            GroupedResults {
                task: summaries.task,
                level: summaries.level,
                groups: groups.collect(),
                without: values.without,
            }
        });
        grouped.collect()
    }
}
