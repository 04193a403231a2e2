//! One entry becomes rows.

use overt_record::record::{
    Alarm, Body as RecordBody, Change, Evaluation, Incident, KeyChange, Listing, Plan, PublicStatement,
    Redaction, Reproduction, Scope, System, TaskResult,
};
use overt_record::verify::VerifiedRecord;
use overt_record::{Hash, KeyId, Link, LogEntry, Name, Text, json};
use rusqlite::{Connection, params};
use serde_json::json;

use super::body::Body;
use super::{Believed, IndexError, endorsements, taken_down};
use crate::row::{integer, word};
use crate::words;

const SECONDS_A_DAY: u64 = 86_400;

/// Takes in one entry.
pub(super) fn apply(
    connection: &Connection,
    index: u64,
    entry: &LogEntry,
    body: &Body,
    believed: &Believed,
) -> Result<(), IndexError> {
    insert_entry(connection, index, entry, body)?;
    let number = endorsements::next_number(connection, entry)?;
    let verified = match body {
        Body::Here(verified) => verified,
        Body::TakenDown(redaction) => {
            return endorsements::taken_down(connection, index, entry, *redaction, believed);
        }
        Body::Unreadable => return Ok(()),
    };
    if let Some(redaction) = taken_down::before(connection, verified, believed)? {
        return taken_down::mark(connection, index, redaction);
    }
    insert_record(connection, index, verified)?;
    match verified.record.body() {
        RecordBody::Evaluation(evaluation) => insert_evaluation(connection, index, evaluation)?,
        RecordBody::Plan(plan) => insert_plan(connection, index, plan)?,
        RecordBody::Reproduction(reproduction) => insert_reproduction(connection, index, reproduction)?,
        RecordBody::Alarm(alarm) => insert_alarm(connection, index, alarm)?,
        RecordBody::Incident(incident) => insert_incident(connection, index, incident)?,
        RecordBody::PublicStatement(statement) => insert_statement(connection, index, statement)?,
        RecordBody::Listing(listing) => {
            insert_listing(connection, index, listing, believed.standing(verified.key))?;
        }
        RecordBody::Endorsement(endorsement) => {
            let place = endorsements::Place { index, number, time: entry.time };
            endorsements::insert(connection, place, verified, endorsement, believed)?;
        }
        RecordBody::Redaction(redaction) => {
            insert_redaction(connection, index, verified.key, redaction)?;
            if redaction.scope == (Scope::Record {}) {
                taken_down::take_down(connection, redaction.target, verified.key, index, believed)?;
            }
        }
        RecordBody::KeyChange(change) => insert_key_change(connection, index, verified.key, change)?,
        RecordBody::Unknown(_) => {}
    }
    Ok(())
}

fn insert_entry(
    connection: &Connection,
    index: u64,
    entry: &LogEntry,
    body: &Body,
) -> Result<(), IndexError> {
    let (state, redaction) = match body {
        Body::Here(_) => ("readable", None),
        Body::TakenDown(redaction) => ("taken_down", Some(integer(*redaction))),
        Body::Unreadable => ("unreadable", None),
    };
    let insert = "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)";
    connection.prepare_cached(insert)?.execute(params![
        integer(index),
        integer(entry.time.to_unix()),
        entry.kind.as_str(),
        entry.key.as_hash().as_bytes(),
        entry.commit.as_bytes(),
        state,
        redaction,
    ])?;
    for target in entry.refs() {
        let insert = "INSERT OR IGNORE INTO reference VALUES (?, ?)";
        let count = "INSERT INTO referred VALUES (?, 1) ON CONFLICT DO UPDATE SET entries = entries + 1";
        if connection.prepare_cached(insert)?.execute(params![target.as_bytes(), integer(index)])? > 0 {
            connection.prepare_cached(count)?.execute([target.as_bytes()])?;
        }
    }
    let grow = "INSERT INTO day VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET entries = entries + 1";
    let day = integer(entry.time.to_unix() / SECONDS_A_DAY);
    connection.prepare_cached(grow)?.execute(params![day, entry.kind.as_str()])?;
    Ok(())
}

fn insert_record(connection: &Connection, index: u64, verified: &VerifiedRecord) -> Result<(), IndexError> {
    let header = verified.record.header();
    connection.prepare_cached("INSERT INTO record VALUES (?, ?, ?, ?, ?)")?.execute(params![
        integer(index),
        verified.digest.as_bytes(),
        header.issuer.name.as_str(),
        integer(header.issued_at.to_unix()),
        title(verified.record.body()),
    ])?;
    Ok(())
}

/// A line for lists, of at most a few names.
fn title(body: &RecordBody) -> String {
    match body {
        RecordBody::Evaluation(evaluation) => {
            let tasks = several(evaluation.tasks.iter().map(|task| task.title.as_str()));
            format!("{}: {tasks}", evaluation.system.name)
        }
        RecordBody::Plan(plan) => {
            let systems = several(plan.systems.iter().map(|system| system.name.as_str()));
            format!("{systems}: {}", several(plan.tasks.iter().map(|task| task.name.as_str())))
        }
        RecordBody::Reproduction(reproduction) => {
            several(reproduction.comparisons.iter().map(|comparison| comparison.task.as_str()))
        }
        RecordBody::Alarm(alarm) => format!("{}: {}", alarm.watch.name, alarm.quantity),
        RecordBody::Incident(incident) => incident.title.to_string(),
        RecordBody::PublicStatement(statement) => statement.title.to_string(),
        RecordBody::Listing(listing) => listing.source.title.to_string(),
        RecordBody::Endorsement(endorsement) => {
            let name = endorsement.signatory.name.as_ref().or(endorsement.domain.as_ref());
            name.map(ToString::to_string).unwrap_or_default()
        }
        RecordBody::Redaction(redaction) => word(&redaction.reason),
        RecordBody::KeyChange(change) => match &change.change {
            Change::Introduce { holder, .. } => holder.to_string(),
            Change::Rotate { .. } | Change::Revoke { .. } => change.key.id().to_string(),
        },
        RecordBody::Unknown(body) => body.predicate_type.kind.to_string(),
    }
}

/// The first three names, each once, and how many more there are.
fn several<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut distinct: Vec<&str> = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    let shown = distinct.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    match distinct.len() {
        0..=3 => shown,
        many => format!("{shown} and {} more", many - 3),
    }
}

fn insert_evaluation(connection: &Connection, index: u64, evaluation: &Evaluation) -> Result<(), IndexError> {
    let (system, run) = (&evaluation.system, &evaluation.run);
    let insert = "INSERT INTO evaluation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    connection.prepare_cached(insert)?.execute(params![
        integer(index),
        system_id(system).as_bytes(),
        system.name.as_str(),
        system.model.as_str(),
        word(&system.reach),
        system.base_url.as_ref().map(Link::as_str),
        system.artefact.as_ref().map(|artefact| artefact.sha256.as_bytes()),
        run.id.as_str(),
        integer(run.created.to_unix()),
        integer(run.finished.to_unix()),
        evaluation.suite.as_ref().map(|suite| format!("{} {}", suite.name, suite.version)),
        word(&evaluation.evaluator.relationship),
        integer(evaluation.samples.count),
        integer(evaluation.samples.withheld),
        evaluation.plan.as_ref().map(|plan| plan.record.as_bytes()),
        evaluation.corrects.as_ref().map(Hash::as_bytes),
    ])?;
    let mut place = 0;
    for task in &evaluation.tasks {
        place = insert_results(connection, index, place, evaluation, task)?;
    }
    Ok(())
}

fn insert_results(
    connection: &Connection,
    index: u64,
    mut place: i64,
    evaluation: &Evaluation,
    task: &TaskResult,
) -> Result<i64, IndexError> {
    let alike = alike(evaluation, task);
    let insert = "INSERT INTO result VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut insert = connection.prepare_cached(insert)?;
    for (position, metric) in task.metrics.iter().enumerate() {
        let interval = metric.interval.as_ref();
        insert.execute(params![
            integer(index),
            place,
            task.name.as_str(),
            task.title.as_str(),
            task.version.as_str(),
            task.task_sha256.as_bytes(),
            task.dataset.samples_sha256.as_bytes(),
            alike.as_bytes(),
            integer(task.asked()),
            metric.name.as_str(),
            metric.title.as_str(),
            i64::from(position == 0),
            word(&metric.direction),
            metric.value.map(|value| value.to_string()),
            interval.map(|interval| interval.low.to_string()),
            interval.map(|interval| interval.high.to_string()),
            interval.map(|interval| interval.level.to_string()),
            interval.map(|interval| interval.method.as_str()),
            integer(metric.n),
            integer(metric.missing),
        ])?;
        place += 1;
    }
    Ok(place)
}

/// What a system is over time: the weights if they are known, else by whom and how it is asked; and what stands before
/// every conversation. The identity in a record also has what replies said, which changes from run to run.
fn system_id(system: &System) -> Hash {
    let prompt = system.system_prompt.as_ref().map(Text::as_str);
    let identity = match &system.artefact {
        Some(weights) => {
            let transformed = weights.transformed.as_ref().map(Text::as_str);
            json!({ "weights": weights.sha256, "transformed": transformed, "systemPrompt": prompt })
        }
        None => json!({
            "reach": system.reach,
            "baseUrl": system.base_url,
            "model": system.model,
            "systemPrompt": prompt,
        }),
    };
    digest(&identity)
}

/// Equal for results that may stand in one column: the same task and template in the same version, asked on the same
/// samples as often, scored by the same judge. How answers are scored is part of the task, and so of its digest.
fn alike(evaluation: &Evaluation, task: &TaskResult) -> Hash {
    let settings = &evaluation.settings;
    // A part of the samples is drawn by the seed.
    let part = settings.limit.map(|limit| json!({ "limit": limit, "seed": settings.seed }));
    digest(&json!({
        "task": task.task_sha256,
        "template": task.template_sha256,
        "samples": task.dataset.samples_sha256,
        "images": task.dataset.images_sha256,
        "epochs": task.epochs,
        "part": part,
        "picked": settings.sample_ids,
        "stopped": task.stopped.is_some(),
        "judge": evaluation.judge.as_ref().map(|judge| system_id(&judge.system)),
    }))
}

fn digest(value: &serde_json::Value) -> Hash {
    Hash::of(json::to_canonical(value).unwrap_or_default())
}

fn insert_plan(connection: &Connection, index: u64, plan: &Plan) -> Result<(), IndexError> {
    connection.prepare_cached("INSERT INTO plan VALUES (?, ?, ?, ?, ?, ?)")?.execute(params![
        integer(index),
        integer(plan.systems.len() as u64),
        integer(plan.tasks.len() as u64),
        integer(plan.claims.len() as u64),
        plan.not_after.map(|time| integer(time.to_unix())),
        plan.replaces.as_ref().map(Hash::as_bytes),
    ])?;
    Ok(())
}

fn insert_reproduction(
    connection: &Connection,
    index: u64,
    reproduction: &Reproduction,
) -> Result<(), IndexError> {
    connection.prepare_cached("INSERT INTO reproduction VALUES (?, ?, ?, ?)")?.execute(params![
        integer(index),
        reproduction.original.as_bytes(),
        word(&reproduction.verdict),
        integer(reproduction.comparisons.len() as u64),
    ])?;
    Ok(())
}

fn insert_alarm(connection: &Connection, index: u64, alarm: &Alarm) -> Result<(), IndexError> {
    connection.prepare_cached("INSERT INTO alarm VALUES (?, ?, ?, ?, ?)")?.execute(params![
        integer(index),
        alarm.watch.name.as_str(),
        alarm.detector.as_str(),
        alarm.quantity.as_str(),
        alarm.summary.as_str(),
    ])?;
    Ok(())
}

fn insert_incident(connection: &Connection, index: u64, incident: &Incident) -> Result<(), IndexError> {
    connection.prepare_cached("INSERT INTO incident VALUES (?, ?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        integer(index),
        word(&incident.kind),
        word(&incident.severity),
        word(&incident.status),
        incident.language.as_str(),
        several(incident.systems.iter().map(|system| system.name.as_str())),
        incident.occurred_at.map(|time| integer(time.to_unix())),
        incident.updates.as_ref().map(Hash::as_bytes),
    ])?;
    let harms = incident.harms.iter().map(|harm| format!("harm:{}", word(harm)));
    let countries = incident.countries.iter().map(|country| format!("country:{country}"));
    let names = incident.systems.iter().flat_map(|system| [Some(&system.name), system.model.as_ref()]);
    let systems = names.flatten().map(|name| format!("system:{}", words::fold(name.as_str())));
    let mut insert = connection.prepare_cached("INSERT OR IGNORE INTO incident_term VALUES (?, ?)")?;
    for term in harms.chain(countries).chain(systems) {
        insert.execute(params![term, integer(index)])?;
    }
    Ok(())
}

fn insert_statement(
    connection: &Connection,
    index: u64,
    statement: &PublicStatement,
) -> Result<(), IndexError> {
    connection.prepare_cached("INSERT INTO statement VALUES (?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        integer(index),
        statement.language.as_str(),
        statement.version.as_str(),
        word(&statement.media_type),
        statement.text.as_str(),
        statement.replaces.as_ref().map(Hash::as_bytes),
        statement.translates.as_ref().map(Hash::as_bytes),
    ])?;
    Ok(())
}

fn insert_listing(
    connection: &Connection,
    index: u64,
    listing: &Listing,
    standing: &str,
) -> Result<(), IndexError> {
    connection.prepare_cached("INSERT INTO listing VALUES (?, ?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        integer(index),
        listing.of.as_bytes(),
        listing.source.title.as_str(),
        listing.source.sha256.as_bytes(),
        listing.source.uri.as_ref().map(Link::as_str),
        listing.stated_total.map(integer),
        integer(listing.names.len() as u64),
        standing,
    ])?;
    let mut insert = connection.prepare_cached("INSERT INTO listed VALUES (?, ?, ?, ?, ?)")?;
    for (place, listed) in (1_i64..).zip(&listing.names) {
        let affiliation = listed.affiliation.as_ref().map(Name::as_str);
        let folded = words::fold_both(listed.name.as_str(), affiliation.unwrap_or_default());
        insert.execute(params![integer(index), place, listed.name.as_str(), affiliation, folded])?;
    }
    Ok(())
}

fn insert_redaction(
    connection: &Connection,
    index: u64,
    key: KeyId,
    redaction: &Redaction,
) -> Result<(), IndexError> {
    let scope = match redaction.scope {
        Scope::Record {} => "record",
        Scope::Samples { .. } => "samples",
        Scope::Files { .. } => "files",
    };
    connection.prepare_cached("INSERT INTO redaction VALUES (?, ?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        integer(index),
        redaction.target.as_bytes(),
        scope,
        word(&redaction.reason),
        redaction.explanation.as_ref().map(Text::as_str),
        redaction.authority.name.as_str(),
        redaction.corrected_by.as_ref().map(Hash::as_bytes),
        key.as_hash().as_bytes(),
    ])?;
    Ok(())
}

fn insert_key_change(
    connection: &Connection,
    index: u64,
    issuer: KeyId,
    change: &KeyChange,
) -> Result<(), IndexError> {
    let (action, holder, new_key) = match &change.change {
        Change::Introduce { holder, .. } => ("introduce", Some(holder.as_str()), None),
        Change::Rotate { new_key, .. } => ("rotate", None, Some(new_key.id())),
        Change::Revoke { .. } => ("revoke", None, None),
    };
    connection.prepare_cached("INSERT INTO key_change VALUES (?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        integer(index),
        change.key.id().as_hash().as_bytes(),
        issuer.as_hash().as_bytes(),
        action,
        holder,
        new_key.as_ref().map(|key| key.as_hash().as_bytes()),
        integer(change.effective.to_unix()),
    ])?;
    Ok(())
}
