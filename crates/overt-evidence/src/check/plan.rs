//! Whether an evaluation was announced beforehand, and whether the announcement was kept.

use std::path::Path;

use overt_eval::RunDirectory;
use overt_record::record::{Body, Evaluation, FollowedPlan, Header, Plan};
use overt_record::verify::{Outcome, Report, VerifiedRecord, Verifier};
use overt_record::{Record, Text};
use overt_schema::{Requirement, Run};

use super::{Came, RunCheck, presence, selection};
use crate::deviation::{deviations, followed};

const TITLE: &str = "the run was announced beforehand, and did what was announced";

/// What was asked of a plan, and what is at hand to answer it.
#[derive(Clone, Copy, Debug)]
pub struct PlanCheck<'a> {
    /// The bundle of the plan, if it is here.
    pub bundle: Option<&'a [u8]>,
    /// Where the run's files are, if they are anywhere.
    pub files: &'a Path,
    /// Whom and which log the reader believes.
    pub verifier: &'a Verifier<'a>,
    /// What the same verifier said of the evaluation.
    pub report: &'a Report,
}

/// Checks the plan of an evaluation, and sets each of its claims beside what came out. `came` is what
/// [`check_files`](super::check_files) saw of the samples.
pub fn check_plan(evaluation: &Evaluation, at_hand: PlanCheck<'_>, came: Option<Came>) -> Vec<RunCheck> {
    let finding = |outcome, detail: String| vec![RunCheck::new("plan", TITLE, outcome, detail)];
    let Some(plan) = &evaluation.plan else {
        return finding(Outcome::NotChecked, "not pre-registered".into());
    };
    let says = followed(plan);
    let Some(bytes) = at_hand.bundle else {
        let why = format!(
            "planned at {} index {}, as the record says; {says}; the plan is not here",
            plan.origin, plan.index
        );
        return finding(Outcome::NotChecked, why);
    };
    match kept(evaluation, plan, bytes, at_hand, came) {
        Err(why) => finding(Outcome::Failed, why),
        Ok(Kept { outcome, when, beside }) => {
            let mut findings = finding(outcome, format!("{when}; {says}"));
            findings.extend(beside);
            findings
        }
    }
}

/// A plan that was kept, as far as can be seen.
struct Kept {
    outcome: Outcome,
    when: String,
    /// Which samples were asked, and what became of each claim.
    beside: Vec<RunCheck>,
}

fn kept(
    evaluation: &Evaluation,
    plan: &FollowedPlan,
    bytes: &[u8],
    at_hand: PlanCheck<'_>,
    came: Option<Came>,
) -> Result<Kept, String> {
    let PlanCheck { files, verifier, report, .. } = at_hand;
    let checked = verifier.verify(bytes);
    if let Some(failure) = checked.first_failure() {
        return Err(format!("the plan does not hold: {}: {}", failure.title, failure.detail));
    }
    let record = checked.record.as_ref().filter(|record| record.digest == plan.record);
    let record = record.ok_or("the plan beside the record is another one")?;
    let (header, planned) =
        plan_of(&record.record).ok_or("what the record calls its plan is a record of another kind")?;
    let signer = signer(record, report);
    let directory = presence::unfit(files).is_ok_and(|why| why.is_none()).then(|| RunDirectory::open(files));
    let directory = directory.and_then(Result::ok);
    let run = directory.as_ref().and_then(|directory| directory.manifest().ok());
    let mut beside = Vec::new();
    if let Some((run, directory)) = run.as_ref().zip(directory) {
        let found = deviations(planned, header, run).map_err(|error| error.to_string())?;
        let told = |words: &String| plan.deviations.iter().map(Text::as_str).any(|told| told == words);
        if !found.iter().all(told) {
            return Err(format!("the run departs from its plan and does not say so: {}", found.join("; ")));
        }
        let tasks = directory.materials().map(|materials| materials.tasks).unwrap_or_default();
        beside.push(selection::check(planned, run, &tasks, came));
        beside.extend(planned.claims.iter().map(|claim| claimed(claim.expression.as_str(), run)));
    }
    let (ordered, when) = order(plan, &checked, report, evaluation)?;
    let (outcome, aside) = match (ordered, &run) {
        (false, _) => (Outcome::NotChecked, ""),
        (true, Some(_)) => (Outcome::Passed, ""),
        (true, None) => {
            (Outcome::NotChecked, "; the run's files are not here, so its word stands for the deviations")
        }
    };
    Ok(Kept { outcome, when: format!("{when}{signer}{aside}"), beside })
}

/// Anybody can sign a plan: that another key than the evaluation's did is worth knowing.
fn signer(plan: &VerifiedRecord, report: &Report) -> String {
    match &report.record {
        Some(evaluation) if evaluation.key != plan.key => {
            let name = &plan.record.header().issuer.name;
            format!("; the plan was signed by another key, {}, which calls itself {name}", plan.key.short())
        }
        _ => String::new(),
    }
}

/// The plan in a record, if it is one.
pub fn plan_of(record: &Record) -> Option<(&Header, &Plan)> {
    match record.body() {
        Body::Plan(plan) => Some((record.header(), plan)),
        _ => None,
    }
}

/// Whether the plan came first: in the log, where the order is proven, and by the clocks. `false` if no log was believed.
fn order(
    plan: &FollowedPlan,
    checked: &Report,
    report: &Report,
    evaluation: &Evaluation,
) -> Result<(bool, String), String> {
    let created = evaluation.run.created;
    let Some(at) = &checked.logged else {
        let says = format!("planned at {} index {}, as the record says", plan.origin, plan.index);
        let why = "no log that you trust shows that the plan came first, since no policy was given";
        return Ok((false, format!("{says}; the run began at {created}; {why}")));
    };
    if at.origin != plan.origin.as_str() || at.index != plan.index {
        return Err(format!(
            "the plan is at {} index {}, and the record says {} index {}",
            at.origin, at.index, plan.origin, plan.index
        ));
    }
    if let Some(logged) =
        report.logged.as_ref().filter(|logged| logged.origin == at.origin && logged.index <= at.index)
    {
        return Err(format!(
            "the plan was logged after the evaluation: at index {} and {}",
            at.index, logged.index
        ));
    }
    if created < at.time {
        return Err(format!("the plan was logged at {}, after the run had begun at {created}", at.time));
    }
    Ok((true, format!("planned at log index {} at {}, ran afterwards, from {created}", at.index, at.time)))
}

/// A claim that does not hold is no fault of the record: it is what was found.
fn claimed(expression: &str, run: &Run) -> RunCheck {
    let (outcome, detail) = match Requirement::parse(expression) {
        Err(error) => (Outcome::NotChecked, format!("`{expression}` cannot be read: {error}")),
        Ok(requirement) => {
            let judged = requirement.judge(&run.tasks);
            let verdict = match judged.held {
                Some(true) => "held",
                Some(false) => "did not hold",
                None => "could not be decided",
            };
            (Outcome::Passed, format!("`{expression}` {verdict}: {}", judged.reason))
        }
    };
    RunCheck::new("claim", "what was claimed, beside what came out", outcome, detail)
}
