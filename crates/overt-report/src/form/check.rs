//! What is missing or wrong in a draft.

use overt_record::Timestamp;
use overt_record::record::IncidentKind;
use serde::Serialize;
use serde_json::Value;

use super::{Channel, FIELDS, Facts, Input, Spec, paths, wrong};
use crate::draft::{Draft, MAX_ITEMS};
use crate::when;

/// An answer that is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Problem {
    /// Where: the field's id.
    pub field: String,
    /// Whether there is no answer, or a wrong one.
    pub fault: Fault,
    /// What, in plain words. What was typed is not repeated.
    pub message: String,
}

/// What can be the matter with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// There is none.
    Missing,
    /// It can't be taken.
    Wrong,
}

impl Problem {
    pub(crate) fn wrong(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), fault: Fault::Wrong, message: message.into() }
    }

    fn missing(field: impl Into<String>) -> Self {
        Self { field: field.into(), fault: Fault::Missing, message: "this answer is needed".to_owned() }
    }
}

/// What may not stand in a report about sexual abuse of children.
const NOTHING_HERE: &str =
    "in a report about sexual abuse of children nothing may stand here: it would be kept";

/// Everything that is missing or wrong, in the order of the form. `now` is the moment that no date of the past may lie
/// behind.
pub fn check(draft: &Draft, channel: Channel, now: Timestamp) -> Vec<Problem> {
    let facts = Facts::of(draft, channel);
    let value = draft.to_value();
    let mut problems: Vec<Problem> = FIELDS.iter().flat_map(|spec| field(spec, &value, &facts)).collect();
    problems.extend(oversized(&value));
    problems.extend(between_fields(&relevant(draft, channel), now));
    problems
}

fn field(spec: &Spec, draft: &Value, facts: &Facts) -> Vec<Problem> {
    if !(spec.applies)(facts) {
        let filled = |place: &String| facts.csam && !paths::values(draft, place).is_empty();
        let places = paths::places(spec.id, draft, paths::Empty::Nothing).take(MAX_ITEMS).filter(filled);
        return places.map(|place| Problem::wrong(place, NOTHING_HERE)).collect();
    }
    let needed = (spec.needed)(facts);
    let empty = if needed { paths::Empty::OneMore } else { paths::Empty::Nothing };
    // Of a longer list it is said that it is too long.
    let places = paths::places(spec.id, draft, empty).take(MAX_ITEMS);
    places.filter_map(|place| answer(spec, place, draft, facts, needed)).collect()
}

fn answer(spec: &Spec, place: String, draft: &Value, facts: &Facts, needed: bool) -> Option<Problem> {
    let values = paths::values(draft, &place);
    if values.is_empty() {
        let by_entry = paths::belongs_to_entry(spec, &place, draft);
        // A file of no bytes has a size: 0 is not written.
        return ((needed || by_entry) && spec.input != Input::Bytes).then(|| Problem::missing(place));
    }
    if values.len() > MAX_ITEMS && spec.input.is_many() {
        return Some(Problem::wrong(place, format!("at most {MAX_ITEMS} entries may stand here")));
    }
    let input = spec.input_for(facts);
    values.iter().find_map(|value| wrong(input, value)).map(|reason| Problem::wrong(place, reason))
}

/// Lists of entries that are too long.
fn oversized(draft: &Value) -> Vec<Problem> {
    let mut lists: Vec<&str> =
        FIELDS.iter().filter_map(|spec| spec.id.split_once(".*.")).map(|(list, _)| list).collect();
    lists.dedup();
    let long = |list: &&str| {
        paths::at(draft, list).and_then(Value::as_array).is_some_and(|list| list.len() > MAX_ITEMS)
    };
    let long = lists.into_iter().filter(long);
    long.map(|list| Problem::wrong(list, format!("at most {MAX_ITEMS} entries may stand here"))).collect()
}

/// The draft without answers to questions that don't apply, as after another answer has changed. Where content must not
/// be kept, what is left holds none: free words are taken out even of fields that apply.
///
/// Whoever stores a draft stores this; whoever draws a form for one in which an early answer was changed draws it for this.
pub fn relevant(draft: &Draft, channel: Channel) -> Draft {
    let facts = Facts::of(draft, channel);
    let mut value = draft.to_value();
    for spec in FIELDS {
        for place in paths::places(spec.id, &value, paths::Empty::Nothing) {
            let words = paths::values(&value, &place);
            let too_much =
                facts.csam && words.iter().any(|words| wrong(spec.input_for(&facts), words).is_some());
            if !(spec.applies)(&facts) || too_much {
                paths::remove(&mut value, &place);
            }
        }
    }
    serde_json::from_value(value).unwrap_or_default()
}

/// Rules between fields, on answers that apply.
fn between_fields(draft: &Draft, now: Timestamp) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut unless = |holds: bool, field: &str, message: &str| {
        if !holds {
            problems.push(Problem::wrong(field, message));
        }
    };
    let class = &draft.classification;
    if let (Some(kind), Some(harm)) = (class.kind, class.real_world_harm) {
        let fits = (kind == IncidentKind::Incident) == harm;
        unless(fits, "classification.kind", "it is an incident if somebody was harmed, and only then");
    }
    let acknowledged = class.csam != Some(true) || class.csam_acknowledged != Some(false);
    unless(acknowledged, "classification.csamAcknowledged", "please read where to turn, and answer yes");
    let begun = when::read(&draft.event.occurred_at).map(|(time, _)| time);
    let ended = when::moment(&draft.event.ended_at);
    unless(
        begun.zip(ended).is_none_or(|(begun, ended)| begun <= ended),
        "event.endedAt",
        "it ended before it began",
    );
    let records = draft.evidence.records.iter().filter(|record| !record.is_empty()).count();
    unless(records <= 7, "evidence.records", "a report names at most seven records");
    if let Some(measured) = &draft.evidence.measured_prevalence {
        let named = draft.evidence.records.contains(&measured.record.to_string());
        unless(
            named,
            "evidence.measuredPrevalence",
            "the record that it comes from is one of the records named",
        );
        unless(is_share(measured), "evidence.measuredPrevalence", "it is no share of its samples");
    }
    for (index, item) in draft.evidence.items.iter().enumerate() {
        let shown = item.title.is_empty() || !item.uri.is_empty() || !item.sha256.is_empty();
        unless(shown, &format!("evidence.items.{index}.uri"), "it has an address or a digest");
    }
    for (index, file) in draft.attachments.iter().enumerate() {
        let plain = !file.name.as_str().contains(['/', '\\']);
        unless(plain, &format!("attachments.{index}.name"), "a file's name is no path");
    }
    for (field, time) in past(draft) {
        let lies_behind = when::read(&time).is_none_or(|(time, _)| time <= now);
        unless(lies_behind, &field, "this lies in the future");
    }
    problems
}

/// What the record's own rules say of a measured prevalence.
fn is_share(measured: &overt_record::record::MeasuredPrevalence) -> bool {
    let (low, high) = (measured.interval.low.to_f64(), measured.interval.high.to_f64());
    let level = measured.interval.level.to_f64();
    measured.of > 0
        && i64::try_from(measured.of).is_ok_and(|of| of <= overt_record::json::MAX_INTEGER)
        && measured.count <= measured.of
        && 0.0 <= low
        && low <= high
        && high <= 1.0
        && level > 0.0
        && level < 1.0
}

/// The dates that lie behind, with their fields.
fn past(draft: &Draft) -> Vec<(String, String)> {
    let at = |field: &str, time: &String| (field.to_owned(), time.clone());
    let plan = &draft.coordination;
    let mut past = vec![
        at("event.occurredAt", &draft.event.occurred_at),
        at("event.endedAt", &draft.event.ended_at),
        at("event.discoveredAt", &draft.event.discovered_at),
        at("coordination.awareAt", &plan.aware_at),
        at("coordination.resolvedAt", &plan.resolved_at),
    ];
    if plan.disclosure == Some(crate::draft::DisclosureIntent::Already) {
        past.push(at("coordination.disclosedAt", &plan.disclosed_at));
    }
    let sent = plan.sent.iter().enumerate();
    past.extend(sent.map(|(index, report)| at(&format!("coordination.sent.{index}.at"), &report.at)));
    let timeline = plan.timeline.iter().enumerate();
    past.extend(timeline.map(|(index, step)| at(&format!("coordination.timeline.{index}.at"), &step.at)));
    past
}
