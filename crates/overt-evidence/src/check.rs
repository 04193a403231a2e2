//! A run's files against its record: digests, samples, prompts, scores and results, everything that is there.
//!
//! Nothing is believed that can be computed. What cannot be checked, since it is not there or not repeatable, is said with
//! its reason and never counts as passed.

use std::path::Path;

use overt_eval::{MANIFEST, RunDirectory, SAMPLES, TASKS};
use overt_record::merkle::TreeHead;
use overt_record::record::{Evaluation, TaskResult};
use overt_record::verify::Outcome;
use overt_record::{Decimal, Hash, sample_root};
use overt_schema::{RequirementResult, Run};
use serde::Serialize;

mod again;
mod places;
mod plan;
mod tasks;

use again::{Differences, Done, TaskAgain};
use places::Places;
pub use plan::{PlanCheck, check_plan, plan_of};

use crate::describe::{self, hash};
use crate::error::EvidenceError;
use crate::leaf::PublishedSample;
use crate::publish::{OPENINGS, published_samples};
use crate::record::{Publication, evaluation};
use crate::rows::FieldsRead;
use crate::samples_file::SAMPLES_FILE;

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

/// Checks the files of a published run, or the run directory itself, against a record whose signature holds.
///
/// # Errors
/// When a file cannot be read at all. A file that is there and says something else is no error but a failed check.
pub fn check_files(record: &Evaluation, folder: &Path) -> Result<Vec<RunCheck>, EvidenceError> {
    let mut checks = Vec::new();
    let manifest = folder.join(MANIFEST);
    if !manifest.is_file() {
        let why = format!("{MANIFEST} is not beside the record; publish with files, or name their folder");
        checks.extend(ALL.map(|(id, title)| RunCheck::new(id, title, Outcome::NotChecked, why.clone())));
        return Ok(checks);
    }
    checks.push(files(record, folder)?);
    if checks.iter().any(|check| check.outcome == Outcome::Failed) {
        let why = "the files are not those of the record".to_owned();
        checks.extend(
            ALL[1..].iter().map(|(id, title)| RunCheck::new(id, title, Outcome::NotChecked, why.clone())),
        );
        return Ok(checks);
    }
    let directory = RunDirectory::open(folder)?;
    let run = directory.manifest()?;
    checks.push(manifest_agrees(record, &run)?);
    checks.extend(samples(record, &directory, &run)?);
    Ok(checks)
}

/// Every check, in its order.
const ALL: [(&str, &str); 6] = [
    ("files", "the files are those of the record"),
    ("manifest", "the record says what the run's manifest says"),
    ("sample-tree", "the samples are those that were signed"),
    ("prompts", "the system was told what the tasks say"),
    ("scores", "the answers get the same scores again"),
    ("metrics", "the results follow from the scores"),
];

fn one(position: usize, outcome: Outcome, detail: impl Into<String>) -> RunCheck {
    let (id, title) = ALL[position];
    RunCheck::new(id, title, outcome, detail)
}

/// Digests of the files that are there.
fn files(record: &Evaluation, folder: &Path) -> Result<RunCheck, EvidenceError> {
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
    Ok(match other.as_slice() {
        [] => one(0, Outcome::Passed, format!("SHA-256 of {}{aside}", same.join(", "))),
        _ => one(
            0,
            Outcome::Failed,
            format!("{}: another SHA-256 than the record says{aside}", other.join(", ")),
        ),
    })
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
        return Ok(one(1, Outcome::Passed, "system, settings, tasks, results and outcomes"));
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
    Ok(one(1, Outcome::Failed, format!("the manifest says otherwise about {}", others.join(", "))))
}

/// One pass over the samples: tree, prompts, scores and results.
fn samples(record: &Evaluation, directory: &RunDirectory, run: &Run) -> Result<Vec<RunCheck>, EvidenceError> {
    let folder = directory.path();
    let here = folder.join(OPENINGS).is_file() || folder.join(SAMPLES_FILE).is_file();
    if !folder.join(TASKS).is_file() || !here {
        let why = format!(
            "the samples are not here: neither {OPENINGS} with {SAMPLES}, nor {SAMPLES_FILE}, or no {TASKS}"
        );
        return Ok((2..ALL.len()).map(|position| one(position, Outcome::NotChecked, why.clone())).collect());
    }
    let materials = directory.materials()?;
    let garbled = tasks::differences(&materials, run)?;
    if garbled.count > 0 {
        let why = garbled.told();
        return Ok((2..ALL.len()).map(|position| one(position, Outcome::Failed, why.clone())).collect());
    }
    let requirements = tasks::requirements(&materials, run);
    let fields = FieldsRead::of(&materials, run.settings.level)?;
    let mut again = Vec::new();
    for (source, entry) in materials.tasks.iter().zip(&run.tasks) {
        again.push(TaskAgain::new(source, entry, run)?);
    }
    let mut pass = Pass { fields, tasks: again, requirements, ..Pass::default() };
    let mut leaves = Vec::new();
    for (position, sample) in (0_u64..).zip(published_samples(folder)?) {
        let sample = sample?;
        let Some(leaf) = sample.leaf()? else {
            pass.bad.add(|| format!("sample {position} has neither content nor what stands for it, or both"));
            break;
        };
        leaves.push(leaf);
        pass.places.see(position, &sample.shown, run, &mut pass.bad);
        pass.see(position, &sample)?;
        // One too many is enough to know; a file that was made to be endless is not read to its end.
        if position >= record.samples.count {
            break;
        }
    }
    let tree = sample_root(leaves);
    pass.checks(record, run, tree)
}

#[derive(Default)]
struct Pass {
    fields: FieldsRead,
    tasks: Vec<TaskAgain>,
    requirements: Vec<RequirementResult>,
    places: Places,
    done: Done,
    /// What is wrong about samples themselves.
    bad: Differences,
    withheld: u64,
}

impl Pass {
    fn see(&mut self, position: u64, sample: &PublishedSample) -> Result<(), EvidenceError> {
        let shown = &sample.shown;
        let Some(task) = self.tasks.get_mut(shown.task as usize) else {
            self.bad.add(|| format!("sample {position} is of a task that the run does not have"));
            return Ok(());
        };
        task.add(shown);
        match &sample.content {
            None => {
                self.withheld += 1;
                task.withhold();
            }
            Some(row) if self.fields.shown(row) != *shown => {
                self.bad.add(|| format!("sample {position} shows something else than it contains"));
            }
            Some(row) => task.open(row, &mut self.done)?,
        }
        Ok(())
    }

    fn checks(self, record: &Evaluation, run: &Run, tree: TreeHead) -> Result<Vec<RunCheck>, EvidenceError> {
        let Self { mut tasks, requirements, done, mut bad, withheld, .. } = self;
        let signed = &record.samples;
        if (tree.size, tree.root) != (signed.count, signed.root) {
            bad.add(|| {
                if tree.size == signed.count {
                    "their Merkle root is another one than was signed".into()
                } else {
                    format!("there are {} samples, and {} were signed", tree.size, signed.count)
                }
            });
        }
        if withheld != signed.withheld {
            bad.add(|| format!("{withheld} are withheld, and the record says {}", signed.withheld));
        }
        let mut of_the_data = true;
        for (task, entry) in tasks.iter_mut().zip(&run.tasks) {
            of_the_data &= task.are_the_samples(entry, &mut bad);
        }
        let samples = if bad.count > 0 {
            one(2, Outcome::Failed, bad.told())
        } else {
            let open = match withheld {
                0 => "all of them shown whole".to_owned(),
                _ => format!("{withheld} of them withheld but for their scores"),
            };
            let data = if of_the_data { "; they are those of the datasets" } else { "" };
            let root = tree.root.short();
            one(2, Outcome::Passed, format!("{} samples, {open}; Merkle root {root}{data}", tree.size))
        };
        let prompts = match (done.other_prompts.count, done.prompts) {
            (0, 0) => one(
                3,
                Outcome::NotChecked,
                "no prompt could be made again: they show images, or all are withheld",
            ),
            (0, count) => one(3, Outcome::Passed, format!("{count} prompts made again")),
            _ => one(3, Outcome::Failed, done.other_prompts.told()),
        };
        let programs = match done.of_programs {
            0 => String::new(),
            count => format!("; {count} scores of programs, which were not run"),
        };
        let hidden = match withheld {
            0 => String::new(),
            count => format!("; not those of {count} withheld samples"),
        };
        let scores = match (done.other_scores.count, done.scores) {
            (0, 0) => one(4, Outcome::NotChecked, format!("nothing to score again{programs}{hidden}")),
            (0, count) => one(4, Outcome::Passed, format!("{count} scores given again{programs}{hidden}")),
            _ => one(4, Outcome::Failed, done.other_scores.told()),
        };
        let mut other = Differences::default();
        let mut count = 0;
        for (task, (entry, signed)) in tasks.into_iter().zip(run.tasks.iter().zip(&record.tasks)) {
            let again = describe::task(&task.finish(entry))?;
            count += again.metrics.len();
            compare(&again, signed, &mut other);
        }
        if requirements != run.requirements {
            other.add(|| "what the suite requires is judged otherwise".into());
        }
        let metrics = match other.count {
            0 => one(5, Outcome::Passed, format!("{count} metrics with their intervals, to the last digit")),
            _ => one(5, Outcome::Failed, other.told()),
        };
        Ok(vec![samples, prompts, scores, metrics])
    }
}

/// What comes out now beside what was signed.
fn compare(again: &TaskResult, signed: &TaskResult, other: &mut Differences) {
    let name = signed.name.as_str();
    if again.outcomes != signed.outcomes || again.stopped != signed.stopped {
        other.add(|| format!("{name}: the outcomes add up to something else"));
    }
    if again.metrics.len() != signed.metrics.len() {
        other.add(|| format!("{name}: other metrics were signed"));
    }
    let number =
        |value: Option<Decimal>| value.map_or_else(|| "no value".to_owned(), |value| value.to_string());
    for (now, then) in again.metrics.iter().zip(&signed.metrics).filter(|(now, then)| now != then) {
        let metric = then.name.as_str();
        if now.value == then.value {
            other.add(|| format!("{name}.{metric}: another interval, or another note"));
        } else {
            let (was, is) = (number(then.value), number(now.value));
            other.add(|| format!("{name}.{metric}: {was} was signed, the scores give {is}"));
        }
    }
}
