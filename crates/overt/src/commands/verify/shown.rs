//! The screen that a verification leaves.

use overt_evidence::RunCheck;
use overt_record::record::{Body, Evaluation, Metric};
use overt_record::verify::{Outcome, Report};
use serde_json::{Value, json};

use crate::output::{BAD, FAINT, GOOD, Output, STRONG, styled};
use crate::text::{count, line, worded};

/// What was found, as JSON.
pub(super) fn document(report: &Report, findings: &[RunCheck], holds: bool) -> Value {
    let record = report.record.as_ref().map(|verified| {
        let header = verified.record.header();
        json!({
            "digest": verified.digest,
            "key": verified.key,
            "kind": verified.record.body().predicate_type().kind.as_str(),
            "predicateType": verified.record.body().predicate_type().to_string(),
            "issuer": header.issuer,
            "issuedAt": header.issued_at,
            "refs": verified.record.body().refs(),
            "payload": verified.record.to_payload().ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()),
        })
    });
    let logged = report.logged.as_ref().map(|at| {
        json!({ "origin": at.origin, "index": at.index, "size": at.size, "root": at.root, "time": at.time })
    });
    json!({
        "format": "overt-verification/1",
        "holds": holds,
        "record": record,
        "logged": logged,
        "checks": findings,
        "revealed": report.samples,
        "doesNotProve": LIMITS,
    })
}

/// What no verification shows. Said each time, since it is what readers forget.
const LIMITS: [&str; 4] = [
    "that the answers came from the system that is named: who doubts it asks it again (overt reproduce)",
    "that no other run was made and kept quiet: a plan counts the runs that its maker numbered",
    "that the issuer is who they say they are, beyond the keys that you trust",
    "that what was measured is what matters to you: read the tasks, and the limitations",
];

pub(super) fn page(report: &Report, findings: &[RunCheck], holds: bool, output: &mut Output) {
    if let Some(verified) = &report.record {
        let header = verified.record.header();
        let kind = verified.record.body().predicate_type();
        output.say(format!("  {}", styled(STRONG, kind.kind.as_str())));
        let spoof = if header.issuer.name.mixes_scripts() {
            " (letters of several alphabets: look closely)"
        } else {
            ""
        };
        output.say(format!("  issuer  {}{spoof}", line(header.issuer.name.as_str(), 100)));
        output.say(format!("  key     {}", verified.key));
        output.say(format!("  at      {}", header.issued_at));
        output.say(format!("  record  {}", verified.digest));
        claims(verified.record.body(), output);
    }
    output.say("");
    for finding in findings {
        let (mark, style) = match finding.outcome {
            Outcome::Passed => ("✓", GOOD),
            Outcome::Failed => ("✗", BAD),
            Outcome::NotChecked => ("–", FAINT),
        };
        let title = if finding.outcome == Outcome::NotChecked {
            styled(FAINT, finding.title)
        } else {
            finding.title.to_owned()
        };
        output.say(format!("  {} {title}", styled(style, mark)));
        output.say(styled(FAINT, &worded(&line(&finding.detail, 2000), output.width(), "      ")));
    }
    output.say("");
    let failed = findings.iter().filter(|finding| finding.outcome == Outcome::Failed).count() as u64;
    let open = findings.iter().filter(|finding| finding.outcome == Outcome::NotChecked).count() as u64;
    if holds {
        let aside = if open > 0 { format!(", {open} not checked (–)") } else { String::new() };
        output.say(format!("  {}{aside}", styled(GOOD, "everything that was checked holds")));
    } else {
        output.say(format!(
            "  {}",
            styled(BAD, &format!("{} failed: do not rely on this", count(failed.max(1), "check")))
        ));
    }
    output.say(styled(FAINT, "  this does not prove"));
    for limit in LIMITS {
        output.say(styled(FAINT, &format!("    · {limit}")));
    }
}

/// What the record says, by its type.
fn claims(body: &Body, output: &mut Output) {
    match body {
        Body::Evaluation(evaluation) => of_evaluation(evaluation, output),
        Body::Plan(plan) => {
            let systems: Vec<&str> = plan.systems.iter().map(|system| system.name.as_str()).collect();
            output.say(format!(
                "  plans   {} on {}",
                count(plan.tasks.len() as u64, "task"),
                line(&systems.join(", "), 80)
            ));
            for claim in &plan.claims {
                output.say(format!("  claim   {}", line(claim.expression.as_str(), 100)));
            }
        }
        Body::Reproduction(reproduction) => {
            output.say(format!("  of      {}", reproduction.original));
            let verdict = serde_json::to_value(reproduction.verdict).ok();
            let verdict = verdict.as_ref().and_then(Value::as_str).unwrap_or_default().replace('_', " ");
            output.say(format!("  verdict {verdict}"));
        }
        Body::PublicStatement(statement) => {
            output.say(format!("  title   {}", line(statement.title.as_str(), 100)));
        }
        Body::Unknown(_) => {
            output.say("  of a type or version that this overt does not know: verified, not interpreted");
        }
        _ => {}
    }
}

fn of_evaluation(evaluation: &Evaluation, output: &mut Output) {
    let system = &evaluation.system;
    output.say(format!(
        "  system  {}   {}",
        styled(STRONG, &line(system.name.as_str(), 60)),
        line(system.model.as_str(), 60)
    ));
    if let Some(weights) = &system.artefact {
        output.say(format!("  weights sha256 {}", weights.sha256));
    }
    output.say(format!("  ran     {} to {}", evaluation.run.created, evaluation.run.finished));
    if let Some(words) = &evaluation.evaluator.limitations {
        output.say(format!("  limits  {}", line(words.as_str(), 300)));
    }
    if let Some(words) = &evaluation.evaluator.conflicts_of_interest {
        output.say(format!("  interests  {}", line(words.as_str(), 300)));
    }
    output.say("");
    for task in &evaluation.tasks {
        for metric in &task.metrics {
            output.say(format!(
                "    {}.{}  {}",
                line(task.name.as_str(), 60),
                line(metric.name.as_str(), 60),
                of_metric(metric)
            ));
        }
    }
}

fn of_metric(metric: &Metric) -> String {
    let number = |decimal: overt_record::Decimal| crate::results::number(decimal.to_f64());
    let value = metric.value.map_or_else(|| "no value".to_owned(), number);
    let interval = metric.interval.as_ref().map_or_else(String::new, |interval| {
        format!("  [{}, {}]", number(interval.low), number(interval.high))
    });
    let missing = if metric.missing > 0 { format!(", {} missing", metric.missing) } else { String::new() };
    format!("{value}{interval}  n = {}{missing}", metric.n)
}
