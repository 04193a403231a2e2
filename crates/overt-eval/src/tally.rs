//! What the samples of a task add up to: its results.
//!
//! One path, entered from two sides: the end of a run takes it, and so does whoever checks the results of a run that is
//! over. Both get the same numbers from the same samples, to the last digit.

use overt_schema::{JudgeRun, Outcome, Outcomes, Sample, Score, Settings, Task, TaskRun};
use overt_score::Summariser;

use crate::early::{Asked, Early};
use crate::error::EvalError;
use crate::measured;

/// The results of one task, in the making.
pub struct Tally {
    summary: Summariser,
    early: Option<Early>,
    outcomes: Outcomes,
}

impl Tally {
    /// Begins with no sample. `entry` is the task's part of the manifest of a run of `tasks` tasks; what it says of
    /// results is not read.
    ///
    /// # Errors
    /// When the task's metrics cannot be computed, or its settings contradict each other.
    pub fn new(
        task: &Task,
        entry: &TaskRun,
        tasks: usize,
        settings: &Settings,
        judge: Option<&JudgeRun>,
    ) -> Result<Self, EvalError> {
        let measurements = judge.map_or(&[][..], |judge| &judge.measurements);
        let mut summary = Summariser::new(task, settings.level)?;
        measured::apply(measurements, task, &mut summary)?;
        let samples = entry.planned / u64::from(entry.epochs.max(1));
        let asked = Asked { task, samples, epochs: entry.epochs, alone: tasks == 1 };
        let early = Early::of_task(asked, settings, measurements)?;
        Ok(Self { summary, early, outcomes: Outcomes::new() })
    }

    /// Makes room for as many samples as will come.
    pub(crate) fn reserve(&mut self, samples: usize) {
        self.summary.reserve(samples);
    }

    /// Takes in a sample; each comes once, in the order of its index.
    pub fn add(&mut self, index: u64, epoch: u32, sample: &Sample, outcome: Outcome, scores: &[Score]) {
        self.summary.add(sample, epoch, outcome, scores);
        if let Some(early) = &mut self.early {
            early.see(index, sample, outcome, scores);
        }
        *self.outcomes.entry(outcome).or_default() += 1;
    }

    /// Why the samples that came are not those that the settings lead to, if they are not. A task has all of its samples,
    /// unless a rule that was set beforehand ended it: otherwise a stop would be a way to leave out what one dislikes.
    pub fn broken(&self, planned: u64) -> Option<String> {
        let asked: u64 = self.outcomes.values().sum();
        match &self.early {
            Some(early) => early.broken(asked, planned),
            None => (asked != planned)
                .then(|| format!("{asked} of {planned} samples came, and no rule ends it early")),
        }
    }

    /// Writes outcomes and metrics into the task's part of a manifest, and why it stopped before its end.
    pub fn finish(self, entry: &mut TaskRun) {
        entry.outcomes = self.outcomes;
        entry.metrics = self.summary.finish();
        entry.stopped = None;
        if let Some(early) = &self.early {
            early.apply(entry);
        }
    }
}
