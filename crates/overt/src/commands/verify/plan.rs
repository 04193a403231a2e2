//! Whether an evaluation was announced beforehand, and whether the announcement was kept.

use std::path::Path;

use overt_eval::RunDirectory;
use overt_evidence::{deviations, followed};
use overt_record::Text;
use overt_record::record::{Evaluation, FollowedPlan};
use overt_record::verify::{Outcome, Report, Verifier};
use overt_schema::{Requirement, Run};

use super::{Finding, read_limited};
use crate::planned::plan_of;

const TITLE: &str = "the run was announced beforehand, and did what was announced";

/// The plan, and each of its claims.
pub(super) fn check(
    evaluation: &Evaluation,
    bundle: &Path,
    files: &Path,
    verifier: &Verifier<'_>,
    report: &Report,
) -> Vec<Finding> {
    let finding = |outcome, detail: String| vec![Finding::new("plan", TITLE, outcome, detail)];
    let Some(plan) = &evaluation.plan else {
        return finding(Outcome::NotChecked, "not pre-registered".into());
    };
    let says = followed(plan);
    let Ok(bytes) = read_limited(bundle) else {
        let why = format!(
            "the record says: planned at {} index {}; {says}; the plan is not here",
            plan.origin, plan.index
        );
        return finding(Outcome::NotChecked, why);
    };
    let checked = verifier.verify(&bytes);
    if let Some(failure) = checked.first_failure() {
        return finding(
            Outcome::Failed,
            format!("the plan does not hold: {}: {}", failure.title, failure.detail),
        );
    }
    let Some(record) = checked.record.as_ref().filter(|record| record.digest == plan.record) else {
        return finding(Outcome::Failed, "the plan beside the record is another one".into());
    };
    let Some((header, planned)) = plan_of(&record.record) else {
        return finding(Outcome::Failed, "what the record calls its plan is a record of another kind".into());
    };
    let run = RunDirectory::open(files).and_then(|directory| directory.manifest());
    let found = match &run {
        Err(_) => None,
        Ok(run) => match deviations(planned, header, run) {
            Ok(found) => Some(found),
            Err(error) => return finding(Outcome::Failed, error.to_string()),
        },
    };
    if let Some(found) = &found {
        let told: Vec<&str> = plan.deviations.iter().map(Text::as_str).collect();
        let untold = found.iter().filter(|words| !told.contains(&words.as_str())).count();
        if untold > 0 {
            return finding(
                Outcome::Failed,
                format!("the run departs from its plan and does not say so: {}", found.join("; ")),
            );
        }
    }
    let when = match order(plan, &checked, report, evaluation) {
        Ok(when) => when,
        Err(why) => return finding(Outcome::Failed, why),
    };
    let unchecked = if found.is_none() {
        "; the run's files are not here, so its word stands for the deviations"
    } else {
        ""
    };
    let mut findings = finding(Outcome::Passed, format!("{when}; {says}{unchecked}"));
    if let Ok(run) = &run {
        findings.extend(planned.claims.iter().map(|claim| claimed(claim.expression.as_str(), run)));
    }
    findings
}

/// The plan came first: in the log, where the order is proven, and by the clocks.
fn order(
    plan: &FollowedPlan,
    checked: &Report,
    report: &Report,
    evaluation: &Evaluation,
) -> Result<String, String> {
    let created = evaluation.run.created;
    let Some(at) = &checked.logged else {
        return Ok(format!(
            "planned at {} index {} as the record says (no policy was given, so the log was not believed); the run began at {created}",
            plan.origin, plan.index
        ));
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
    Ok(format!("planned at log index {} at {}, ran afterwards, from {created}", at.index, at.time))
}

/// A claim that does not hold is no fault of the record: it is what was found.
fn claimed(expression: &str, run: &Run) -> Finding {
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
    Finding::new("claim", "what was claimed, beside what came out", outcome, detail)
}
