//! One incident: what its record says, in the words of the form that it came from; and its exports.

use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use overt_record::record::{Incident, Kind, RecordType, ReporterRelation};
use overt_record::{Hash, Link, Timestamp};
use overt_report::form::{Channel, Field, Form, Input, Labels};
use overt_report::{Format, NoExport, Source, export, to_draft};
use overt_site::index::{IncidentView, PageSize, Seek};

use super::bodies::FoundIncident;
use super::desk::Desk;
use super::fault::Fault;
use super::incidents::{kind_words, severity, term};
use super::statement::digest;
use super::visit::Visit;
use crate::kit::text::{inline, plain, visible};
use crate::kit::{Crumb, Definitions, Page, Tone, aside, badge, digest_full};

/// The most reports of one incident that its page follows.
const MOST: usize = 32;

pub(super) async fn show(visit: Visit, Path(record): Path<String>) -> Response {
    visit
        .english(move |visit| {
            let record = digest(&record)?;
            let view = visit.desk.index().incident(&record)?;
            let found = visit.desk.incident(&record)?;
            page(visit, &view.ok_or(Fault::Missing("such incident"))?, &found)
        })
        .await
}

fn page(visit: &Visit, view: &IncidentView, found: &FoundIncident) -> Result<Page, Fault> {
    let FoundIncident { header, incident } = found;
    let title = plain(&view.title, 120);
    let content = html! {
        h1 lang=(view.language) { (inline(&view.title, 250)) }
        p.lede {
            (capital(kind_words(view.kind))) ", reported by “" (inline(header.issuer.name.as_str(), 100)) "”, logged on "
            time datetime=(view.time) { (view.time.to_string()[..10]) } "."
        }
        @if !visit.desk.index().believes(view.key) {
            p.note { "Its issuer put it into the log with a key of their own. Nobody of this site has looked at it." }
        }
        p { (severity(view.severity)) " " (badge(Tone::Plain, &term("response.status", &view.status).to_lowercase())) }
        (timeline(&visit.desk, view)?)
        div.prose.letter lang=(view.language) dir="auto" { p.said { (visible(incident.description.as_str())) } }
        (deadlines(incident, visit.desk.now()))
        (told(incident, view.record, visit.desk.now()))
        (proof(incident))
        (exports(found, view.record, address(&visit.desk, view.record).as_ref()))
        h2 { "How to check it" }
        (Definitions::new()
            .with("Record", html! { (digest_full("the record", &view.record.to_string())) })
            .with("Issued", html! { time datetime=(header.issued_at) { (header.issued_at) } })
            .with("Place in the log", html! { a href={ "/log/" (view.index) } { (view.index) } })
            .render())
        ul {
            li { a href={ "/records/" (view.record) } { "Check it in this browser" } }
            li { a href={ "/records/" (view.record) ".overt.json" } download { "The file for checking offline" } }
            li { a href={ "/complaint/" (view.record) } { "Report this entry to the moderators" } }
        }
    };
    let trail =
        vec![Crumb::new("Home", "/"), Crumb::new("Incidents", "/incidents"), Crumb::here(title.clone())];
    Ok(Page::new(title, content).trail(trail).section("/incidents"))
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

/// All reports of the same incident, oldest first; nothing if there is one.
fn timeline(desk: &Desk, view: &IncidentView) -> Result<Markup, Fault> {
    let mut first = view.clone();
    for _ in 0..MOST {
        let Some(before) = first.updates.map(|before| desk.index().incident(&before)).transpose()?.flatten()
        else {
            break;
        };
        first = before;
    }
    let kind: Kind = Incident::KIND.parse().map_err(|_| Fault::Ours)?;
    let mut reports = vec![first];
    let mut at = 0;
    while at < reports.len() && reports.len() < MOST {
        let record = reports[at].record;
        let mut followers =
            desk.index().referrers(&record, Some(&kind), Seek::Start, PageSize::clamped(100))?;
        // Strangers don't crowd out what the issuer says.
        followers.items.sort_by_key(|entry| entry.key != view.key);
        for entry in followers.items {
            let Some(record) = entry.record else { continue };
            let Some(follower) = desk.index().incident(&record)? else { continue };
            let known = reports.iter().any(|report| report.record == follower.record);
            if follower.updates == Some(reports[at].record) && !known && reports.len() < MOST {
                reports.push(follower);
            }
        }
        at += 1;
    }
    reports.sort_by_key(|report| report.index);
    let newest = reports.iter().rev().find(|report| report.key == view.key).map(|report| report.record);
    Ok(html! {
        @if reports.len() > 1 {
            @if newest.is_some_and(|newest| newest != view.record) {
                (aside(Tone::Mark, &html! { p { "There is a newer report of this, below." } }))
            }
            h2 { "Reports of it" }
            ol {
                @for report in &reports {
                    li {
                        time datetime=(report.time) { (report.time.to_string()[..10]) } ": "
                        @if report.record == view.record { strong { "this one" } }
                        @else { a href={ "/incidents/" (report.record) } { (inline(&report.title, 120)) } }
                        ", " (term("response.status", &report.status).to_lowercase())
                        @if report.key != view.key { ", by “" (inline(&report.issuer, 100)) "”, who is another issuer" }
                    }
                }
            }
        }
    })
}

/// The clock: what laws and codes want by when, as the record says it.
fn deadlines(incident: &Incident, now: Timestamp) -> Markup {
    html! {
        @if !incident.deadlines.is_empty() {
            h2 { "Reports that laws and codes demand" }
            ul.clock {
                @for deadline in &incident.deadlines {
                    li {
                        (term("coordination.regimes", &deadline.regime)) ": "
                        (term("coordination.sent.0.report", &deadline.report).to_lowercase()) " report by "
                        time datetime=(deadline.due) { (deadline.due) } ", "
                        @match deadline.sent {
                            Some(sent) if sent <= deadline.due => { (badge(Tone::Good, "sent in time")) }
                            Some(_) => { (badge(Tone::Mark, "sent late")) }
                            None if now > deadline.due => {
                                (badge(Tone::Bad, &format!("not known to be sent, due {} ago", span(deadline.due, now))))
                            }
                            None => { (badge(Tone::Plain, &format!("due in {}", span(now, deadline.due)))) }
                        }
                    }
                }
            }
            p.note { (overt_report::deadline::NO_ADVICE) }
        }
    }
}

fn span(from: Timestamp, to: Timestamp) -> String {
    let hours = to.to_unix().saturating_sub(from.to_unix()) / 3600;
    if hours < 48 {
        crate::kit::number::count(hours, "hour")
    } else {
        crate::kit::number::count(hours / 24, "day")
    }
}

/// Everything else that the record says, step by step as the form asks it.
fn told(incident: &Incident, record: Hash, now: Timestamp) -> Markup {
    let mut draft = to_draft(incident, record);
    // So that every question applies: what was not answered is not shown.
    draft.classification.real_world_harm = Some(true);
    draft.classification.malicious_use = Some(true);
    draft.reporter.relation = Some(ReporterRelation::Developer);
    let form = Form::of(&draft, Channel::Signed, now, &Labels::english());
    let shown = |field: &&Field| {
        let apart = [
            "classification.",
            "reporter.",
            "coordination.",
            "response.deadlines.",
            "updates",
            "event.title",
            "event.description",
            "impact.severity",
            "response.status",
        ];
        field.public && !field.values.is_empty() && !apart.iter().any(|start| field.id.starts_with(start))
    };
    html! {
        @for step in &form.steps {
            @let fields: Vec<&Field> = step.fields.iter().filter(shown).collect();
            @if !fields.is_empty() {
                h2 { (step.title) }
                (Definitions::new().with_all(fields.into_iter().map(|field| (field.label.clone(), value(field)))).render())
            }
        }
        h2 { "Who reports" }
        (Definitions::new()
            .with("How they stand to the system", html! { (term("reporter.relation", &incident.reporter)) })
            .with_some("How the system was used", incident.details.as_ref().and_then(|details| details.intent).map(intent))
            .render())
    }
}

fn intent(intent: overt_record::record::Intent) -> Markup {
    use overt_record::record::Intent;
    html! {
        @match intent {
            Intent::AsMeant => { "As it was meant to be" }
            Intent::Misuse => { "In a way that it was not meant for, without bad intent" }
            Intent::Malicious => { "To do harm" }
        }
    }
}

fn value(field: &Field) -> Markup {
    let label = |value: &String| {
        let found = field.choices.iter().find(|choice| choice.value == *value);
        found.map_or_else(|| value.clone(), |choice| choice.label.clone())
    };
    html! {
        @match field.input {
            Input::Prose => { @for words in &field.values { div.said { (visible(words)) } } }
            Input::Link => {
                @for address in &field.values { a href=(address) rel="nofollow noopener noreferrer" { (plain(address, 200)) } }
            }
            Input::Digest | Input::Digests => {
                @for (at, digest) in field.values.iter().enumerate() {
                    @if at > 0 { br; }
                    @if field.id == "evidence.records" { a href={ "/records/" (digest) } { code { (digest) } } }
                    @else { code { (digest) } }
                }
            }
            _ => {
                @for (at, one) in field.values.iter().enumerate() {
                    @if at > 0 { ", " } (inline(&label(one), 300))
                }
            }
        }
    }
}

/// Evaluations that show it, and how often they measured it.
fn proof(incident: &Incident) -> Markup {
    let measured = incident.details.as_ref().and_then(|details| details.measured_prevalence.as_ref());
    html! {
        @if !incident.records.is_empty() {
            h2 { "Evaluations that show it" }
            p { "Anybody can look at their samples, run them again, and compare." }
            ul {
                @for record in &incident.records {
                    li { a href={ "/evaluations/" (record) } { code { (record) } } }
                }
            }
            @if let Some(measured) = measured {
                p {
                    "In " (measured.count) " of " (measured.of) " samples of the task “" (inline(measured.task.as_str(), 100))
                    "”: a share of " (measured.interval.low) " to " (measured.interval.high) " at a level of "
                    (measured.interval.level) "."
                }
            }
        }
    }
}

/// Where the record can be read.
fn address(desk: &Desk, record: Hash) -> Option<Link> {
    Link::new(desk.address(&format!("/incidents/{record}"))).ok()
}

fn source<'a>(found: &'a FoundIncident, record: Hash, address: Option<&'a Link>) -> Source<'a> {
    Source { incident: &found.incident, header: &found.header, record, address, shared: None }
}

const fn format_words(format: Format) -> &'static str {
    match format {
        Format::FlareAi => "FLARE-AI (JSON-LD)",
        Format::Avid => "AI Vulnerability Database (AVID)",
        Format::Aiid => "AI Incident Database",
        Format::OecdMarkdown => "OECD framework, as a document",
        Format::OecdCsv => "OECD framework, for a spreadsheet",
        Format::OecdJson => "OECD framework, as data",
        Format::GpaiMarkdown => "EU code for general-purpose AI, as a document",
        Format::GpaiJson => "EU code for general-purpose AI, as data",
        Format::OpenVex => "OpenVEX",
    }
}

fn exports(found: &FoundIncident, record: Hash, address: Option<&Link>) -> Markup {
    html! {
        h2 id="exports" { "In other formats" }
        ul {
            @for format in Format::ALL {
                li {
                    @match export(*format, &source(found, record, address)) {
                        Ok(_) => {
                            a href={ "/incidents/" (record) "/export/" (format.slug()) } download { (format_words(*format)) }
                        }
                        Err(NoExport::Lacks(lacks)) => {
                            (format_words(*format)) span.faint { " – not without more: "
                                @for (at, lack) in lacks.iter().enumerate() { @if at > 0 { "; " } (inline(&lack.message, 200)) }
                            }
                        }
                        Err(NoExport::OtherTarget) => { (format_words(*format)) }
                    }
                }
            }
        }
    }
}

pub(super) async fn download(visit: Visit, Path((record, slug)): Path<(String, String)>) -> Response {
    visit
        .answer(move |visit| {
            let record = digest(&record)?;
            let format = Format::from_slug(&slug).ok_or(Fault::Missing("such format"))?;
            let found = visit.desk.incident(&record)?;
            let address = address(&visit.desk, record);
            let made = export(format, &source(&found, record, address.as_ref()));
            let made = made.map_err(|none| Fault::Asked(none.to_string()))?;
            let disposition = format!("attachment; filename=\"{}\"", made.name);
            Ok(([(CONTENT_TYPE, made.media_type.to_owned()), (CONTENT_DISPOSITION, disposition)], made.text)
                .into_response())
        })
        .await
}
