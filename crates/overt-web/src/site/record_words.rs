//! What a record says, in plain words, whatever its type.

use maud::{Markup, html};
use overt_record::record::{
    Alarm, Body, Capacity, Change, Endorsement, KeyChange, Listing, Plan, PublicStatement, Redaction,
    Reproduction, Scope, Verification,
};
use overt_record::{Decimal, Record};

use super::outcome::{claimed, moment, verdict_badge};
use super::state::Site;
use crate::kit::number::{count, decimal, grouped};
use crate::kit::text::{cut, inline, visible};
use crate::kit::{Align, Column, Definitions, Table, digest, digest_full};

/// Characters of a text that are shown here; its own page shows the rest.
const SHOWN: usize = 20_000;
/// Names of a listing that are shown here.
const NAMES: usize = 200;
/// Bytes of the signed JSON that are shown.
const JSON: usize = 64 << 10;

/// What it says, and below it the signed words as they are.
pub(super) fn words(site: &Site, record: &Record) -> Markup {
    html! {
        (told(site, record.body()))
        (signed_json(record))
    }
}

fn told(site: &Site, body: &Body) -> Markup {
    match body {
        Body::Evaluation(evaluation) => html! {
            p {
                "An evaluation of " (inline(evaluation.system.name.as_str(), 80)) " on " (count(evaluation.tasks.len() as u64, "task"))
                " with " (count(evaluation.samples.count, "sample")) "."
            }
        },
        Body::Plan(plan) => told_plan(plan),
        Body::Reproduction(again) => told_reproduction(site, again),
        Body::Alarm(alarm) => told_alarm(alarm),
        Body::Incident(incident) => html! { p.prose { (short_text(incident.description.as_str())) } },
        Body::PublicStatement(statement) => told_statement(statement),
        Body::Listing(listing) => told_listing(site, listing),
        Body::Endorsement(endorsement) => told_endorsement(site, endorsement),
        Body::Redaction(redaction) => told_redaction(site, redaction),
        Body::KeyChange(change) => told_key(change),
        Body::Unknown(unknown) => html! {
            p { "A record of the type " code { (inline(&unknown.predicate_type.to_string(), 120)) } ", which this site does not know. Its signature was checked; what it says was not interpreted." }
        },
    }
}

fn short_text(text: &str) -> Markup {
    let part = cut(text, SHOWN);
    html! { (visible(part.head)) @if part.more > 0 { "… (" (grouped(part.more as u64)) " bytes more)" } }
}

fn told_plan(plan: &Plan) -> Markup {
    html! {
        p {
            "Fixes before the first request: " (count(plan.tasks.len() as u64, "task")) " on " (count(plan.systems.len() as u64, "system"))
            @if let Some(runs) = plan.runs { ", " (count(runs.into(), "run")) " of each" }
            @if let Some(last) = plan.not_after { ", begun before " (moment(last)) }
            "."
        }
        @if let Some(rationale) = &plan.rationale { blockquote.prose { p { (short_text(rationale.as_str())) } } }
        @if !plan.claims.is_empty() {
            h3 { "What is expected to hold" }
            ul { @for claim in plan.claims.iter().take(100) { li { code { (visible(claim.expression.as_str())) } } } }
        }
        h3 { "Tasks" }
        ul { @for task in plan.tasks.iter().take(200) {
            li { (inline(task.name.as_str(), 80)) " " (inline(task.version.as_str(), 20)) ", " (count(task.selected.count, "sample")) " " (digest("the digest of the task", &task.task_sha256.to_string())) }
        } }
        h3 { "Systems" }
        ul { @for system in plan.systems.iter().take(200) { li { (inline(system.name.as_str(), 80)) ": " code { (inline(system.model.as_str(), 100)) } } } }
    }
}

fn told_reproduction(site: &Site, again: &Reproduction) -> Markup {
    let columns = vec![
        Column::new("Task", Align::Start),
        Column::new("Metric", Align::Start),
        Column::new("Published", Align::End),
        Column::new("Again", Align::End),
        Column::new("Difference", Align::End),
        Column::new("Verdict", Align::Start),
    ];
    let mut table = Table::new("Metric by metric", columns);
    let number = |value: Option<f64>| html! { (value.map_or_else(|| "—".into(), |value| decimal(value, 3))) };
    for comparison in &again.comparisons {
        table.push(vec![
            inline(comparison.task.as_str(), 80),
            inline(comparison.metric.as_str(), 80),
            number(comparison.original.as_ref().map(|found| found.value.to_f64())),
            number(comparison.again.as_ref().map(|found| found.value.to_f64())),
            number(comparison.difference.map(Decimal::to_f64)),
            verdict_badge(comparison.verdict),
        ]);
    }
    html! {
        p { "Does " (site.record_link(&again.original)) " again. All in all: " (verdict_badge(again.verdict)) }
        (table.render())
        @for note in again.notes.iter().take(20) { p { (visible(note.as_str())) } }
    }
}

fn told_alarm(alarm: &Alarm) -> Markup {
    html! {
        p.prose { (short_text(alarm.summary.as_str())) }
        (Definitions::new()
            .with("watch", inline(alarm.watch.name.as_str(), 100))
            .with("detector", inline(alarm.detector.as_str(), 100))
            .with("reads", html! { code { (inline(alarm.quantity.as_str(), 200)) } })
            .with("statistic", html! { (decimal(alarm.statistic.to_f64(), 3)) ", threshold " (decimal(alarm.threshold.to_f64(), 3)) })
            .with("window", html! { (moment(alarm.window.from)) " to " (moment(alarm.window.to)) ", " (count(alarm.window.observations, "observation")) })
            .render())
    }
}

fn told_statement(statement: &PublicStatement) -> Markup {
    html! {
        p {
            "Wording " (inline(statement.version.as_str(), 40)) " in " (inline(statement.language.as_str(), 20)) ", text "
            (digest("the digest of the text", &statement.sha256.to_string())) "."
        }
        pre { (short_text(statement.text.as_str())) }
    }
}

fn told_listing(site: &Site, listing: &Listing) -> Markup {
    let source = &listing.source;
    html! {
        p { "Names under " (site.record_link(&listing.of)) " as a source lists them. They were not verified, and are not signatures." }
        (Definitions::new()
            .with("source", inline(source.title.as_str(), 200))
            .with("digest of the source", digest_full("the digest of the source", &source.sha256.to_string()))
            .with_some("address", source.uri.as_ref().map(|uri| html! { a href=(uri.as_str()) rel="nofollow noopener noreferrer external" { (inline(uri.as_str(), 160)) } }))
            .with_some("stated there", listing.stated_total.map(|total| html! { (count(total, "name")) }))
            .with("listed here", html! { (count(listing.names.len() as u64, "name")) })
            .render())
        ol { @for listed in listing.names.iter().take(NAMES) {
            li { (inline(listed.name.as_str(), 120)) @if let Some(where_from) = &listed.affiliation { ", " (inline(where_from.as_str(), 160)) } }
        } }
        @if listing.names.len() > NAMES { p.note { "And " (grouped((listing.names.len() - NAMES) as u64)) " more." } }
    }
}

fn told_endorsement(site: &Site, endorsement: &Endorsement) -> Markup {
    let who = &endorsement.signatory;
    let checked = match endorsement.verified {
        Verification::Nothing => "nothing: anybody could have written the name",
        Verification::EmailDomain => "they answered from an e-mail address of the domain",
        Verification::DomainKey => "the domain publishes the key that signed",
        Verification::Key => "the key was known to the issuer before",
    };
    let capacity = match who.capacity {
        Capacity::Person => "a person",
        Capacity::Organisation => "an organisation",
    };
    let text = |name: &Option<overt_record::Name>| name.as_ref().map(|name| inline(name.as_str(), 160));
    html! {
        p { "A signature under " (site.record_link(&endorsement.of)) "." }
        (Definitions::new()
            .with("signs as", html! { (capacity) })
            .with("name", text(&who.name).unwrap_or_else(|| html! { "signed without a name" }))
            .with_some("role", text(&who.role))
            .with_some("organisation", text(&who.affiliation))
            .with_some("country", who.country.map(|country| html! { (country.to_string()) }))
            .with("checked, by the issuer’s word", html! { (checked) })
            .with_some("domain", text(&endorsement.domain))
            .render())
    }
}

fn told_redaction(site: &Site, redaction: &Redaction) -> Markup {
    let what = match &redaction.scope {
        Scope::Record {} => "the whole record".to_owned(),
        Scope::Samples { indexes } => count(indexes.len() as u64, "sample"),
        Scope::Files { digests } => count(digests.len() as u64, "file"),
    };
    let reason = serde_json::to_value(redaction.reason)
        .ok()
        .and_then(|word| word.as_str().map(|word| word.replace('_', " ")));
    html! {
        p { "Takes down " (what) " of " (site.record_link(&redaction.target)) ". Reason: " (reason.unwrap_or_default()) ". Demanded by " (claimed(redaction.authority.name.as_str())) "." }
        @if let Some(explanation) = &redaction.explanation { blockquote.prose { p { (short_text(explanation.as_str())) } } }
        @if let Some(instead) = &redaction.corrected_by { p { "In its place stands " (site.record_link(instead)) "." } }
    }
}

fn told_key(change: &KeyChange) -> Markup {
    let key = change.key.id().to_string();
    html! {
        p {
            @match &change.change {
                Change::Introduce { holder, .. } => { "Says that this key is held by " (claimed(holder.as_str())) "." },
                Change::Rotate { new_key, .. } => { "This key gives way to " (digest("the id of the new key", &new_key.id().to_string())) "." },
                Change::Revoke { .. } => "Says that this key is not to be trusted from then on.",
            }
            " In force from " (moment(change.effective)) "."
        }
        (Definitions::new().with("key", digest_full("the id of the key", &key)).render())
        @if let Some(explanation) = &change.explanation { p { (visible(explanation.as_str())) } }
    }
}

fn signed_json(record: &Record) -> Markup {
    let bytes = record.to_payload().unwrap_or_default();
    let value: Option<serde_json::Value> = serde_json::from_slice(&bytes).ok();
    let text = value.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_default();
    let part = cut(&text, JSON);
    html! {
        details {
            summary { "What was signed, word for word" }
            pre.tall { (visible(part.head)) @if part.more > 0 { "…" } }
            @if part.more > 0 { p.note { (grouped(part.more as u64)) " bytes more are in the bundle." } }
        }
    }
}
