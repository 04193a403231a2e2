//! Which samples speak against a requirement that was missed.

use overt_eval::RunDirectory;
use overt_schema::{Requirement, RequirementResult, Run};
use overt_score::Against;

use crate::failure::Failure;
use crate::text::line;

/// Columns of an excerpt.
const EXCERPT: usize = 200;

/// A sample that speaks against a requirement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    pub(crate) id: String,
    pub(crate) epoch: u32,
    /// The score that counts.
    pub(crate) value: f64,
    /// The beginning of the answer, as one harmless line.
    pub(crate) excerpt: String,
}

/// The findings of each of a run's requirements, in their order; worst first, then in the run's order.
#[derive(Debug)]
pub(crate) struct Findings(Vec<Vec<Finding>>);

impl Findings {
    /// Reads the run's samples, if a requirement was missed.
    pub(crate) fn gather(
        directory: &RunDirectory,
        run: &Run,
        required: &[Requirement],
    ) -> Result<Self, Failure> {
        let mut found = vec![Vec::new(); required.len()];
        let missed = |position: usize| run.requirements[position].held == Some(false);
        if !(0..required.len()).any(missed) {
            return Ok(Self(found));
        }
        let materials = directory.materials()?;
        let mut rules = Vec::new();
        for (position, requirement) in required.iter().enumerate().filter(|(position, _)| missed(*position)) {
            let task = materials.tasks.iter().position(|source| source.task.name == requirement.task);
            let metrics = task.map(|task| (task, &materials.tasks[task].task.metrics));
            let metric = metrics.and_then(|(task, metrics)| {
                Some((task, metrics.iter().find(|metric| metric.name == requirement.metric)?))
            });
            if let Some((task, metric)) = metric
                && let Some(against) = Against::new(metric, requirement).map_err(Failure::usage)?
            {
                rules.push((position, task, against));
            }
        }
        for row in directory.rows()? {
            let row = row?;
            for (position, task, against) in &rules {
                if row.task as usize == *task
                    && let Some(value) = against.score(&row).map_err(Failure::usage)?
                {
                    let answer = row.answer.output.as_deref().unwrap_or_default();
                    let (id, epoch, excerpt) = (row.sample.id.clone(), row.epoch, line(answer, EXCERPT));
                    found[*position].push(Finding { id, epoch, value, excerpt });
                }
            }
        }
        for (position, _, against) in &rules {
            found[*position].sort_by(|a, b| against.worst_first(a.value, b.value));
        }
        Ok(Self(found))
    }

    /// The requirements that were missed, each with its samples. A metric of pairs or bins has none: no single answer
    /// is at fault there.
    pub(crate) fn missed<'a>(
        &'a self,
        run: &'a Run,
    ) -> impl Iterator<Item = (&'a RequirementResult, &'a [Finding])> {
        run.requirements
            .iter()
            .zip(&self.0)
            .filter(|(requirement, _)| requirement.held == Some(false))
            .map(|(requirement, samples)| (requirement, samples.as_slice()))
    }
}
