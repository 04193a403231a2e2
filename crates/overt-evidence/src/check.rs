//! A run's files against its record: digests, samples, prompts, scores and results, everything that is there.
//!
//! Nothing is believed that can be computed. What cannot be checked, since it is not there or not repeatable, is said with
//! its reason and never counts as passed.

use std::path::Path;

use overt_eval::{MANIFEST, RunDirectory, SAMPLES, TASKS};
use overt_record::Hash;
use overt_record::merkle::TreeHead;
use overt_record::record::Evaluation;
use overt_record::verify::Outcome;
use overt_schema::Run;
use serde::Serialize;

mod again;
mod judged;
mod pass;
mod places;
mod plan;
mod presence;
mod prompts;
mod selection;
mod tasks;

pub use plan::{PlanCheck, check_plan, plan_of};
pub use selection::Came;

use crate::describe::hash;
use crate::error::EvidenceError;
use crate::record::{Publication, evaluation};

/// One check of a run against its record, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunCheck {
    /// A stable word for it.
    pub id: &'static str,
    /// What it asks, for people.
    pub title: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// The particulars: what was found, or why it failed, or why nobody looked.
    pub detail: String,
}

impl RunCheck {
    /// What came of a check.
    pub fn new(id: &'static str, title: &'static str, outcome: Outcome, detail: impl Into<String>) -> Self {
        Self { id, title, outcome, detail: detail.into() }
    }
}

/// What the files of a run came to.
#[derive(Debug, Default)]
pub struct Checked {
    /// Every check, in order.
    pub checks: Vec<RunCheck>,
    /// Which samples came, if they could be looked through.
    pub came: Option<Came>,
}

impl Checked {
    fn of(checks: Vec<RunCheck>) -> Self {
        Self { checks, came: None }
    }
}

/// Checks the files of a published run, or the run directory itself, against a record whose signature holds.
///
/// # Errors
/// When a file cannot be read at all. A file that is there and says something else is no error but a failed check.
pub fn check_files(record: &Evaluation, folder: &Path) -> Result<Checked, EvidenceError> {
    let files = files(record, folder)?;
    let why = match files.outcome {
        Outcome::Passed => {
            let directory = RunDirectory::open(folder)?;
            let run = directory.manifest()?;
            let mut checked = pass::samples(record, &directory, &run)?;
            checked.checks.splice(0..0, [files, manifest_agrees(record, &run)?]);
            return Ok(checked);
        }
        Outcome::Failed => "the files are not those of the record".to_owned(),
        Outcome::NotChecked => files.detail.clone(),
    };
    let rest = all(&ALL[1..], Outcome::NotChecked, &why);
    Ok(Checked::of(std::iter::once(files).chain(rest).collect()))
}

/// Every check, in its order. That of the judge is only made where there is one.
const ALL: [(&str, &str); 7] = [
    ("files", "the files are those of the record"),
    ("manifest", "the record says what the run's manifest says"),
    ("sample-tree", "the samples are those that were signed"),
    ("prompts", "the system was told what the tasks say"),
    ("outcomes", "what became of each sample fits its answer"),
    ("scores", "the answers get the same scores again"),
    ("metrics", "the results follow from the scores"),
];
const JUDGE: (&str, &str) = ("judge", "the judge was asked what the rubrics say");

/// What came of the check with this word.
fn found(id: &'static str, outcome: Outcome, detail: impl Into<String>) -> RunCheck {
    let title = ALL.iter().chain([&JUDGE]).find(|(known, _)| *known == id).map_or("", |(_, title)| *title);
    RunCheck::new(id, title, outcome, detail)
}

/// The same of several checks.
fn all(checks: &[(&'static str, &'static str)], outcome: Outcome, why: &str) -> Vec<RunCheck> {
    checks.iter().map(|(id, title)| RunCheck::new(id, title, outcome, why)).collect()
}

/// Digests of the files that are there.
fn files(record: &Evaluation, folder: &Path) -> Result<RunCheck, EvidenceError> {
    if let Some(why) = presence::unfit(folder)? {
        return Ok(found("files", Outcome::Failed, why));
    }
    if !folder.join(MANIFEST).is_file() {
        let why = format!("{MANIFEST} is not beside the record; publish with files, or name their folder");
        return Ok(found("files", Outcome::NotChecked, why));
    }
    let named = record.files.iter().map(|(name, digest)| (name.as_str(), *digest));
    let all = std::iter::once((MANIFEST, record.run.manifest_sha256)).chain(named);
    let (mut same, mut absent, mut other) = (Vec::new(), Vec::new(), Vec::new());
    for (name, expected) in all {
        // A record is somebody else's text: a name in it is no path.
        if ![MANIFEST, TASKS, SAMPLES].contains(&name) {
            absent.push(name);
            continue;
        }
        let path = folder.join(name);
        if !path.is_file() {
            absent.push(name);
        } else if digest_of(&path)? == expected {
            same.push(name);
        } else {
            other.push(name);
        }
    }
    let aside = if absent.is_empty() { String::new() } else { format!("; not here: {}", absent.join(", ")) };
    if other.is_empty() {
        return Ok(found("files", Outcome::Passed, format!("SHA-256 of {}{aside}", same.join(", "))));
    }
    let why = format!("{}: another SHA-256 than the record says{aside}", other.join(", "));
    Ok(found("files", Outcome::Failed, why))
}

fn digest_of(path: &Path) -> Result<Hash, EvidenceError> {
    let failed = |source| EvidenceError::Io { path: path.to_owned(), doing: "read", source };
    overt_eval::digest_of(path).map(hash).map_err(failed)
}

/// The record, made anew of the manifest, is the record.
fn manifest_agrees(record: &Evaluation, run: &Run) -> Result<RunCheck, EvidenceError> {
    let publication = Publication {
        evaluator: record.evaluator.clone(),
        plan: record.plan.clone(),
        corrects: record.corrects,
        withheld: record.samples.withheld,
    };
    let tree = TreeHead { size: record.samples.count, root: record.samples.root };
    let again = evaluation(run, record.run.manifest_sha256, tree, publication)?;
    let plan = run.plan.as_ref().map(|plan| (Hash::from(*plan.record.as_bytes()), plan.number));
    let other_plan = plan != record.plan.as_ref().map(|plan| (plan.record, plan.number));
    if again == *record && !other_plan {
        return Ok(found("manifest", Outcome::Passed, "system, settings, tasks, results and outcomes"));
    }
    let parts = [
        ("the run", again.run != record.run),
        ("the version of overt", again.overt != record.overt),
        ("the system", again.system != record.system),
        ("the suite", again.suite != record.suite),
        ("the settings", again.settings != record.settings),
        ("the results", again.tasks != record.tasks),
        ("the judge", again.judge != record.judge),
        ("the requirements", again.requirements != record.requirements),
        ("where the answers come from", again.answers_from != record.answers_from),
        ("the files", again.files != record.files),
        ("the notes", again.notes != record.notes),
        ("the plan", other_plan),
    ];
    let others: Vec<&str> = parts.iter().filter(|(_, differs)| *differs).map(|(what, _)| *what).collect();
    Ok(found("manifest", Outcome::Failed, format!("the manifest says otherwise about {}", others.join(", "))))
}
