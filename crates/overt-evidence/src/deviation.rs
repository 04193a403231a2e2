//! What a run did otherwise than its plan said.

use overt_record::record::{FollowedPlan, Header, Plan, PlannedSystem, PlannedTask};
use overt_record::{Hash, Text, Timestamp};
use overt_schema::{Run, TaskRun};

use crate::describe::{self, hash};
use crate::error::EvidenceError;

/// Every way in which a run departs from a plan, in words, one a line. Nothing means that it followed the plan.
///
/// How fast was asked (concurrency, attempts) is no departure: it changes nothing of what was asked.
///
/// # Errors
/// When the manifest holds what no record can say.
pub fn deviations(plan: &Plan, header: &Header, run: &Run) -> Result<Vec<String>, EvidenceError> {
    let mut found = Vec::new();
    in_time(plan, header, run, &mut found);
    tasks(&plan.tasks, &run.tasks, &mut found);
    system(&plan.systems, &describe::planned_system(&run.system)?, &mut found);
    let (planned, did) = (&plan.settings, describe::settings(&run.settings)?);
    let mut setting = |name: &str, planned: String, did: String| {
        if planned != did {
            found.push(format!("{name}: planned {planned}, did {did}"));
        }
    };
    setting("seed", planned.seed.to_string(), did.seed.to_string());
    setting("epochs", shown(planned.epochs), shown(did.epochs));
    setting("limit", shown(planned.limit), shown(did.limit));
    setting("level", planned.level.to_string(), did.level.to_string());
    if planned.sample_ids != did.sample_ids {
        found.push("other samples were chosen by their ids than planned".into());
    }
    if planned.early != did.early {
        found.push("another rule for stopping early than planned".into());
    }
    let suite = run.suite.as_ref().map(describe::suite).transpose()?;
    if plan.suite != suite {
        found.push("another suite than planned, or another version of it".into());
    }
    if let Some(from) = &run.answers_from {
        found.push(format!("nobody was asked: the answers come from {}", from.source));
    }
    Ok(found)
}

fn shown<T: ToString>(setting: Option<T>) -> String {
    setting.map_or_else(|| "none".into(), |value| value.to_string())
}

fn in_time(plan: &Plan, header: &Header, run: &Run, found: &mut Vec<String>) {
    let Ok(created) = run.created.parse::<Timestamp>() else {
        found.push(format!("the run does not say when it began: {:?}", run.created));
        return;
    };
    if created < header.issued_at {
        found.push(format!("the run began at {created}, before the plan was signed at {}", header.issued_at));
    }
    if let Some(last) = plan.not_after.filter(|last| created > *last) {
        found.push(format!("the run began at {created}, after the plan's last moment {last}"));
    }
}

fn tasks(planned: &[PlannedTask], ran: &[TaskRun], found: &mut Vec<String>) {
    for task in planned {
        let name = task.name.as_str();
        let Some(run) = ran.iter().find(|run| run.name == name) else {
            found.push(format!("{name}: planned, not run"));
            continue;
        };
        let digests: [(&str, Hash, Hash); 3] = [
            ("the task is another one", task.task_sha256, hash(run.task_digest)),
            ("the prompt is another one", task.template_sha256, hash(run.template_digest)),
            ("the samples are others", task.dataset.samples_sha256, hash(run.dataset.samples_sha256)),
        ];
        for (what, planned, did) in digests {
            if planned != did {
                found.push(format!(
                    "{name}: {what} than planned ({} and not {})",
                    did.short(),
                    planned.short()
                ));
            }
        }
        if task.dataset.images_sha256 != run.dataset.images_sha256.map(hash) {
            found.push(format!("{name}: the images are others than planned"));
        }
    }
    for (position, run) in ran.iter().enumerate() {
        if ran[..position].iter().any(|earlier| earlier.name == run.name) {
            found.push(format!("{}: run more than once", run.name));
        }
        if !planned.iter().any(|task| task.name.as_str() == run.name) {
            found.push(format!("{}: run, not planned", run.name));
        }
    }
}

/// Systems are told apart by what answers, not by the name that they were asked for with.
fn system(planned: &[PlannedSystem], ran: &PlannedSystem, found: &mut Vec<String>) {
    let is_it = |system: &PlannedSystem| {
        (system.reach, &system.model, &system.base_url) == (ran.reach, &ran.model, &ran.base_url)
            && system.artefact.as_ref().map(|file| file.sha256)
                == ran.artefact.as_ref().map(|file| file.sha256)
    };
    if !planned.iter().any(is_it) {
        let names: Vec<&str> = planned.iter().map(|system| system.name.as_str()).collect();
        found.push(format!("the system {} is none of those planned: {}", ran.name, names.join(", ")));
    }
}

/// Departures and runs of a plan as an evaluation record tells them, in words.
pub fn followed(plan: &FollowedPlan) -> String {
    let others = plan.other_runs.len();
    let unpublished = plan.other_runs.iter().filter(|run| run.record.is_none()).count();
    let runs = match others {
        0 => format!("run {} of this plan, the only one", plan.number),
        _ => format!("run {} of {} of this plan, {unpublished} of them unpublished", plan.number, others + 1),
    };
    let departures = match plan.deviations.as_slice() {
        [] => "deviations: none".to_owned(),
        all => format!("deviations: {}", all.iter().map(Text::as_str).collect::<Vec<_>>().join("; ")),
    };
    format!("{runs}; {departures}")
}
