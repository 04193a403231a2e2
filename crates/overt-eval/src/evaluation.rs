//! Starting a run and going on with one.

use std::cell::Cell;
use std::path::Path;

use jiff::Timestamp;
use overt_schema::{
    Answer, AnswersFrom, Build, Judgement, Measurement, Message, PlanRef, Reach, Run, Sample, SampleRow,
    Status, SystemIdentity,
};
use tokio::sync::watch;

use crate::budget::Budget;
use crate::directory::{JOURNAL, RunDirectory};
use crate::engine::{self, Conclusion, Stop, Work};
use crate::error::EvalError;
use crate::event::Observer;
use crate::finish;
use crate::journal::Journal;
use crate::ledger::Todo;
use crate::measured;
use crate::plan::{Plan, run_id};
use crate::system::Systems;

/// An answer that exists already.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// What led to it.
    pub messages: Vec<Message>,
    /// The answer.
    pub answer: Answer,
    /// What judges said of it. Those that fit the questions that are to be asked are not asked for again.
    pub judgements: Vec<Judgement>,
}

/// A run that is about to begin or to go on: its directory exists and is locked.
#[derive(Debug)]
pub struct Evaluation {
    plan: Plan,
    run: Run,
    budget: Budget,
    directory: RunDirectory,
}

impl Evaluation {
    /// Creates the run directory for a plan.
    pub fn start(plan: Plan, systems: Systems<'_>, runs: &Path, build: Build) -> Result<Self, EvalError> {
        plan.suits(systems.system)?;
        let evaluation = Self::create(plan, systems, runs, build)?;
        evaluation.directory.write_manifest(&evaluation.run)?;
        Ok(evaluation)
    }

    /// The directory without its manifest.
    fn create(plan: Plan, systems: Systems<'_>, runs: &Path, build: Build) -> Result<Self, EvalError> {
        let now = Timestamp::now();
        if plan.judged().is_some() && systems.judge.is_none() {
            return Err(EvalError::NoJudge);
        }
        let directory = RunDirectory::create(runs, &run_id(&now, &plan, &systems.system.identity()))?;
        let run = plan.manifest(directory.id(), crate::timestamp(&now), systems, build)?;
        directory.write_materials(&plan.materials())?;
        Ok(Self { plan, run, budget: Budget::default(), directory })
    }

    /// Creates the run directory for answers that exist already, with everything that needs no judge scored: nobody but
    /// a judge will be asked. `answer` gives what belongs to a sample of the task at a position in one epoch; a sample
    /// for which there is nothing stays without an outcome.
    pub fn of_answers(
        plan: Plan,
        systems: Systems<'_>,
        runs: &Path,
        build: Build,
        from: AnswersFrom,
        mut answer: impl FnMut(usize, &Sample, u32) -> Option<Recorded>,
    ) -> Result<Self, EvalError> {
        let mut evaluation = Self::create(plan, systems, runs, build)?;
        let Self { plan, run, directory, .. } = &mut evaluation;
        run.answers_from = Some(from);
        let mut journal = Journal::open(&directory.file(JOURNAL), |_, _| {})?;
        let todo = Todo::all(&plan.planned());
        let orders: Vec<_> = plan.tasks.iter().map(|_| None).collect();
        let halted = vec![Cell::new(false); orders.len()];
        for (number, item) in plan.items(&todo, &orders, &halted).enumerate() {
            let item = item?;
            if let Some(recorded) = answer(item.task, &item.sample, item.epoch) {
                let Recorded { messages, answer, judgements } = recorded;
                let (row, _) = plan.tasks[item.task].row(item, messages, answer)?;
                journal.push(&SampleRow { judgements, ..row })?;
            }
            if number % 512 == 0 {
                journal.commit()?;
            }
        }
        journal.commit()?;
        journal.sync()?;
        // Only now is it a run: before, it lacked answers that nobody could be asked for.
        directory.write_manifest(run)?;
        Ok(evaluation)
    }

    /// Takes up a run where it stands. `plan` is made anew from the run's own tasks and settings; it must be the same
    /// plan, and `systems` the same systems.
    pub fn resume(directory: RunDirectory, plan: Plan, systems: Systems<'_>) -> Result<Self, EvalError> {
        let mut run = directory.manifest()?;
        plan.matches(&run)?;
        if run.answers_from.is_none() {
            plan.suits(systems.system)?;
        }
        let judge = run
            .judge
            .as_ref()
            .map(|judge| systems.judge.ok_or(EvalError::NoJudge).map(|now| (&judge.system, now)));
        let pairs = [Some((&run.system, systems.system)), judge.transpose()?];
        for (was, now) in pairs.into_iter().flatten().map(|(was, now)| (was, now.identity())) {
            if !same_system(was, &now) {
                let (was, now) = (describe(was), describe(&now));
                return Err(EvalError::OtherSystem { run: run.id, was, now });
            }
        }
        if run.status == Status::Finished {
            finish::reopen(&directory, &mut run)?;
        }
        Ok(Self { plan, run, budget: Budget::default(), directory })
    }

    /// The same, with its results corrected by what is known of the judge.
    ///
    /// # Errors
    /// When a measurement is of another judge or another rubric.
    pub fn measured(mut self, measurements: Vec<Measurement>) -> Result<Self, EvalError> {
        if measurements.is_empty() {
            return Ok(self);
        }
        let judge = self.run.judge.as_mut().ok_or(EvalError::NoJudge)?;
        measured::check(&measurements, &judge.system, &self.plan)?;
        judge.measurements = measurements;
        self.directory.write_manifest(&self.run)?;
        Ok(self)
    }

    /// The same, as a run of a plan.
    ///
    /// # Errors
    /// When the manifest cannot be written.
    pub fn under(mut self, plan: PlanRef) -> Result<Self, EvalError> {
        self.run.plan = Some(plan);
        self.directory.write_manifest(&self.run)?;
        Ok(self)
    }

    /// The same, but it stops at these limits.
    #[must_use]
    pub fn within(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }

    /// Where the run is kept.
    pub fn directory(&self) -> &RunDirectory {
        &self.directory
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Runs to the end, or until `stop` says so.
    pub async fn execute(
        self,
        systems: Systems<'_>,
        stop: watch::Receiver<Stop>,
        observer: &mut dyn Observer,
    ) -> Result<Conclusion, EvalError> {
        let Self { plan, run, budget, directory } = self;
        let work = Work { plan: &plan, run, budget, directory: &directory };
        engine::execute(work, systems, stop, observer).await
    }
}

/// Whether answers of the two may stand in one run: the same weights, or the same model at the same address.
pub(crate) fn same_system(was: &SystemIdentity, now: &SystemIdentity) -> bool {
    let weights = |identity: &SystemIdentity| {
        identity.artefact.as_ref().map(|artefact| (artefact.sha256, artefact.transformed.clone()))
    };
    was.reach == now.reach
        && was.model == now.model
        && was.base_url == now.base_url
        && was.system_prompt == now.system_prompt
        && weights(was) == weights(now)
}

fn describe(identity: &SystemIdentity) -> String {
    let mut text = format!("{} ({})", identity.name, identity.model);
    if let Some(url) = &identity.base_url {
        text.push_str(&format!(" at {url}"));
    }
    if let Some(artefact) = &identity.artefact {
        text.push_str(&format!(", sha256 {}", artefact.sha256.short()));
        if let Some(transformed) = &artefact.transformed {
            text.push_str(&format!(", {transformed}"));
        }
    }
    if identity.reach == Reach::Replay {
        text.push_str(", replayed");
    }
    text
}
