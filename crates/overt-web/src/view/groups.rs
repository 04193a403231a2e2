//! The results of each group of samples.

use std::collections::BTreeSet;

use overt_schema::Status;
use overt_score::{GroupedResults, Groups, Summariser, TooManyGroups};

use super::scored::scored;
use super::{RunView, ViewError};

/// The fields of samples that the metrics of each task read, and one more.
fn fields_read(view: &RunView, more: Option<&str>) -> Result<Vec<BTreeSet<String>>, ViewError> {
    let level = view.run.settings.level;
    let tasks = view.materials.iter().flat_map(|materials| &materials.tasks);
    let fields = tasks.map(|source| {
        let summary = Summariser::new(&source.task, level)?;
        Ok(summary.fields().into_iter().chain(more).map(ToOwned::to_owned).collect())
    });
    fields.collect()
}

/// The results by a field, as `overt show --group` computes them.
pub(super) fn grouped(view: &RunView, field: &str) -> Result<Vec<GroupedResults>, ViewError> {
    let Some(materials) = &view.materials else { return Err(ViewError::Missing { what: "tasks.json" }) };
    if view.run.status != Status::Finished {
        return Err(ViewError::Asked { why: "the run is not finished: there are no results yet".into() });
    }
    let fields = fields_read(view, Some(field))?;
    let mut groups = Groups::new(field, view.run.tasks.len());
    let mut failed: Result<(), TooManyGroups> = Ok(());
    scored(&view.samples, &fields, |row| {
        if failed.is_ok() {
            failed = groups.see(row.task, row.sample);
        }
    })?;
    failed.map_err(|error| ViewError::Asked { why: error.to_string() })?;
    if groups.is_empty() {
        return Err(ViewError::Asked { why: format!("no sample has the field {field:?}") });
    }
    let tasks = materials.tasks.iter().map(|source| &source.task);
    let mut summaries = groups.summaries(tasks, view.run.settings.level)?;
    scored(&view.samples, &fields, |row| {
        summaries.add(row.task, row.sample, row.epoch, row.outcome, row.scores);
    })?;
    Ok(summaries.finish())
}

pub(super) fn fields_of_metrics(view: &RunView) -> Result<Vec<BTreeSet<String>>, ViewError> {
    fields_read(view, None)
}
