//! Incidents and flaws, as they were reported.

use std::sync::LazyLock;

use axum::response::Response;
use maud::{Markup, html};
use overt_record::Timestamp;
use overt_record::record::{IncidentKind, ReporterRelation, Severity};
use overt_report::Draft;
use overt_report::form::{Channel, Form, Labels};
use overt_site::index::{IncidentFilter, IncidentView, PageSize};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fault::Fault;
use super::statements::seek;
use super::visit::Visit;
use crate::kit::link::Query;
use crate::kit::text::{inline, plain};
use crate::kit::{Align, Choice, Column, Crumb, Page, Table, Tone, badge, search_field, select};

/// How many incidents a page has.
const PAGE: u16 = 50;

/// Every field of the form, with the words for what can be chosen.
static FORM: LazyLock<Form> = LazyLock::new(|| {
    let mut draft = Draft::default();
    draft.classification.malicious_use = Some(true);
    draft.reporter.relation = Some(ReporterRelation::Developer);
    let now = Timestamp::from_unix(0).unwrap_or_else(|| unreachable!("time begins with zero"));
    Form::of(&draft, Channel::Signed, now, &Labels::english())
});

/// What can be chosen in a field of the form.
pub(super) fn choices(field: &str) -> Vec<Choice> {
    let fields = FORM.steps.iter().flat_map(|step| &step.fields);
    let found = fields.filter(|known| known.id == field).flat_map(|known| &known.choices);
    found.map(|choice| Choice::new(choice.value.clone(), choice.label.clone())).collect()
}

/// A term in the form's words.
pub(super) fn term<T: Serialize>(field: &str, term: &T) -> String {
    let word = serde_json::to_value(term)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default();
    let found = choices(field).into_iter().find(|choice| choice.value == word);
    found.map_or(word, |choice| choice.label)
}

/// A term out of an address.
pub(super) fn read_term<T: DeserializeOwned>(word: Option<&str>) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(word?.to_owned())).ok()
}

pub(super) async fn list(visit: Visit) -> Response {
    visit.english(page).await
}

fn page(visit: &Visit) -> Result<Page, Fault> {
    let asked = &visit.asked;
    let system = asked.get("system").map(|words| plain(words, 100)).filter(|words| !words.is_empty());
    let country = asked.get("country").map(str::to_uppercase).and_then(|code| code.try_into().ok());
    let filter = IncidentFilter {
        kind: read_term(asked.get("kind")),
        severity: read_term(asked.get("severity")),
        status: read_term(asked.get("status")),
        harm: read_term(asked.get("harm")),
        country,
        system: system.clone(),
    };
    let query = ["kind", "severity", "status", "harm", "country"]
        .into_iter()
        .fold(Query::new(), |query, name| {
            query.with_some(name, asked.get(name).filter(|value| !value.is_empty()))
        })
        .with_some("system", system);
    let found = visit.desk.index().incidents(&filter, seek(visit), PageSize::clamped(PAGE))?;
    let content = html! {
        h1 { "Incidents and flaws" }
        p.lede { "What people reported of AI systems: harm that was done, and properties that could do harm." }
        p { a.button href="/report" { "Report one" } }
        (filters(visit))
        @if found.items.is_empty() {
            p { "There are none" @if query != Query::new() { " like that. " a href="/incidents" { "Show all" } } "." }
        } @else { (table(&found.items)) }
        @if asked.get("after").is_some() || found.next.is_some() {
            nav.pager aria-label="Pages" {
                span { @if asked.get("after").is_some() { a href=(query.on("/incidents")) { "← the newest" } } }
                @if let Some(next) = found.next {
                    a rel="next" href=(query.clone().with("after", next.to_string()).on("/incidents")) { "older →" }
                }
            }
        }
    };
    let trail = vec![Crumb::new("Home", "/"), Crumb::here("Incidents")];
    Ok(Page::new("Incidents and flaws", content).trail(trail).section("/incidents"))
}

fn filters(visit: &Visit) -> Markup {
    let asked = |name: &str| visit.asked.get(name).unwrap_or_default().to_owned();
    let any = |field: &str, words: &str| {
        let mut all = vec![Choice::new("", words)];
        all.extend(choices(field));
        all
    };
    html! {
        form.filters method="get" action="/incidents" role="search" aria-label="Incidents" {
            (search_field("system", "System", &asked("system")))
            (select("kind", "Kind", &kinds(), &asked("kind")))
            (select("severity", "Severity", &any("impact.severity", "any"), &asked("severity")))
            (select("status", "Status", &any("response.status", "any"), &asked("status")))
            (select("harm", "Harm", &any("impact.harms", "any"), &asked("harm")))
            (crate::kit::number_field("country", "Country", &asked("country")))
            button.button { "Show" }
        }
    }
}

/// Every kind: the form offers those that fit its first answer.
fn kinds() -> Vec<Choice> {
    let mut all = vec![Choice::new("", "any")];
    all.extend(IncidentKind::ALL.iter().map(|kind| {
        let word = serde_json::to_value(kind).ok().and_then(|value| value.as_str().map(str::to_owned));
        Choice::new(word.unwrap_or_default(), kind_words(*kind))
    }));
    all
}

pub(super) const fn kind_words(kind: IncidentKind) -> &'static str {
    match kind {
        IncidentKind::Flaw => "flaw",
        IncidentKind::Vulnerability => "vulnerability",
        IncidentKind::Incident => "incident",
        IncidentKind::NearMiss => "near miss",
        IncidentKind::Hazard => "hazard",
    }
}

/// How bad, as a mark.
pub(super) fn severity(severity: Severity) -> Markup {
    let tone = match severity {
        Severity::Critical | Severity::High => Tone::Bad,
        Severity::Medium => Tone::Mark,
        _ => Tone::Plain,
    };
    badge(tone, &term("impact.severity", &severity).to_lowercase())
}

fn table(incidents: &[IncidentView]) -> Markup {
    let columns = vec![
        Column::new("What", Align::Start),
        Column::new("Kind", Align::Start),
        Column::new("Severity", Align::Start),
        Column::new("Status", Align::Start),
        Column::new("Systems", Align::Start),
        Column::new("Logged", Align::Date),
    ];
    let mut table = Table::new("Each as the newest report of its issuer tells it, newest first.", columns);
    for incident in incidents {
        let day = incident.time.to_string();
        table.push(vec![
            html! { a href={ "/incidents/" (incident.record) } lang=(incident.language) { (inline(&incident.title, 120)) } },
            html! { (kind_words(incident.kind)) },
            severity(incident.severity),
            html! { (term("response.status", &incident.status)) },
            html! { (inline(&incident.systems, 80)) },
            html! { time datetime=(day) { (day.get(..10).unwrap_or(&day)) } },
        ]);
    }
    table.render()
}
