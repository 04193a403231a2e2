//! The record of a run, and that of a plan.

use overt_eval::RunDirectory;
use overt_record::merkle::TreeHead;
use overt_record::record::{
    Claim, Evaluation, Evaluator, FollowedPlan, Plan, PlannedTask, Run as RecordedRun, SampleIds, Samples,
};
use overt_record::{Hash, SampleSecret, SampleTree, Text, Timestamp};
use overt_schema::{Run, Status};

use crate::describe::{self, hash, name};
use crate::error::EvidenceError;
use crate::rows::bound_rows;

/// The tree over a run's samples.
pub fn sample_tree(directory: &RunDirectory, secret: &SampleSecret) -> Result<SampleTree, EvidenceError> {
    let run = directory.manifest()?;
    let mut leaves = Vec::new();
    for (position, row) in (0..).zip(bound_rows(directory, &run)?) {
        leaves.push(row?.leaf(position, secret));
    }
    Ok(leaves.into_iter().collect())
}

/// What a publisher adds to what the run says of itself.
#[derive(Clone, Debug)]
pub struct Publication {
    /// Who evaluated, and what they want to be known.
    pub evaluator: Evaluator,
    /// The plan that the run followed.
    pub plan: Option<FollowedPlan>,
    /// The record that this one puts right.
    pub corrects: Option<Hash>,
    /// Samples whose content is withheld.
    pub withheld: u64,
}

/// The record of a finished run. `tree` is the head of its [`sample_tree`]; `manifest` the digest of `run.json`.
///
/// # Errors
/// When the run is not finished, or holds what no record can say.
pub fn evaluation(
    run: &Run,
    manifest: Hash,
    tree: TreeHead,
    publication: Publication,
) -> Result<Evaluation, EvidenceError> {
    let finished = run.finished.as_deref().filter(|_| run.status == Status::Finished);
    let finished = finished.ok_or_else(|| EvidenceError::Unfinished { run: run.id.clone().into() })?;
    let Publication { evaluator, plan, corrects, withheld } = publication;
    let mut files = std::collections::BTreeMap::new();
    for (file, digest) in &run.files {
        files.insert(name("file", file)?, hash(*digest));
    }
    Ok(Evaluation {
        run: RecordedRun {
            id: name("id", &run.id)?,
            created: time("beginning", &run.created)?,
            finished: time("end", finished)?,
            manifest_sha256: manifest,
        },
        evaluator,
        overt: describe::build(&run.overt)?,
        system: describe::system(&run.system)?,
        suite: run.suite.as_ref().map(describe::suite).transpose()?,
        settings: describe::settings(&run.settings)?,
        tasks: run.tasks.iter().map(describe::task).collect::<Result<_, _>>()?,
        judge: run.judge.as_ref().map(describe::judge).transpose()?,
        requirements: run.requirements.iter().map(describe::requirement).collect::<Result<_, _>>()?,
        answers_from: run.answers_from.as_ref().map(describe::answers_from).transpose()?,
        samples: Samples { count: tree.size, root: tree.root, withheld },
        files,
        plan,
        corrects,
        notes: describe::notes(&run.notes),
    })
}

fn time(what: &'static str, text: &str) -> Result<Timestamp, EvidenceError> {
    text.parse().map_err(|_| EvidenceError::Nameless { what })
}

/// What a planner adds to what the tasks say of themselves.
#[derive(Clone, Debug, Default)]
pub struct Intention {
    /// What is claimed, as requirements are written.
    pub claims: Vec<Text>,
    /// Why it is done.
    pub rationale: Option<Text>,
    /// How many runs are meant.
    pub runs: Option<u32>,
    /// The last moment at which a run may begin.
    pub not_after: Option<Timestamp>,
    /// The record of the plan that this one takes the place of.
    pub replaces: Option<Hash>,
}

/// The record of a plan, from the manifests that its runs would begin with: one for each system, all of the same tasks.
/// `selected` are the ids of the samples of each task, in order.
///
/// # Errors
/// When a manifest holds what no record can say.
pub fn plan(runs: &[Run], selected: &[SampleIds], intention: Intention) -> Result<Plan, EvidenceError> {
    let run = runs.first().ok_or(EvidenceError::Nameless { what: "system" })?;
    let task = |(task, selected): (&overt_schema::TaskRun, &SampleIds)| {
        Ok::<_, EvidenceError>(PlannedTask {
            name: name("task", &task.name)?,
            version: name("version of a task", &task.version)?,
            task_sha256: hash(task.task_digest),
            template_sha256: hash(task.template_digest),
            dataset: describe::dataset(&task.dataset)?,
            selected: selected.clone(),
        })
    };
    Ok(Plan {
        tasks: run.tasks.iter().zip(selected).map(task).collect::<Result<_, _>>()?,
        systems: runs.iter().map(|run| describe::planned_system(&run.system)).collect::<Result<_, _>>()?,
        suite: run.suite.as_ref().map(describe::suite).transpose()?,
        settings: describe::settings(&run.settings)?,
        runs: intention.runs,
        claims: intention.claims.into_iter().map(|expression| Claim { expression }).collect(),
        rationale: intention.rationale,
        not_after: intention.not_after,
        replaces: intention.replaces,
    })
}

/// The ids of chosen samples as a plan tells of them.
pub fn selected(ids: &[String]) -> SampleIds {
    describe::sample_ids(ids)
}
