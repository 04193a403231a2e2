//! Systems, and everything that was found about each over time.

use maud::{Markup, html};
use overt_record::record::Kind;
use overt_site::index::{IncidentFilter, PageSize, ResultView, Seek, SystemHistory, SystemView};

use super::evaluations;
use super::lists::{seek, size, turning};
use super::outcome::{best_path, day, kind_words, reach_words};
use super::records::digest as record_digest;
use super::results::{Line, direction_words, forest, legend};
use super::state::Site;
use super::wrong::Wrong;
use crate::kit::link::{Query, segment};
use crate::kit::number::grouped;
use crate::kit::text::inline;
use crate::kit::{Align, Column, Crumb, Definitions, Page, Table, digest_full};
use crate::view::Asked;

/// How many evaluations are looked through for what refers to them.
const LOOKED_THROUGH: usize = 50;
/// How many incidents are shown at most.
const INCIDENTS: u16 = 20;

pub(super) fn list(site: &Site, asked: &Asked) -> Result<Page, Wrong> {
    let seek = seek(asked);
    let listed = site.index().systems(seek, size())?;
    let content = html! {
        h1 { "Systems" }
        p.lede { "What was evaluated, the most recently evaluated first. A system is told apart by the digest of its weights, or by how it is asked." }
        @if listed.items.is_empty() { p { "There are none." } } @else { (table(&listed.items)) }
        (turning("/systems", &Query::new(), seek, listed.next))
    };
    let trail = vec![Crumb::new("Home", "/"), Crumb::here("Systems")];
    Ok(Page::new("Systems", content).trail(trail).section("/systems"))
}

/// A table of systems.
pub(super) fn table(systems: &[SystemView]) -> Markup {
    let columns = vec![
        Column::new("System", Align::Start),
        Column::new("Model", Align::Start),
        Column::new("Reached as", Align::Start),
        Column::new("Evaluations", Align::End),
        Column::new("First", Align::Date),
        Column::new("Newest", Align::Date),
    ];
    let mut table = Table::new("Systems, by what the newest evaluation calls them", columns);
    for system in systems {
        table.push(vec![
            html! { a href={ "/systems/" (system.id) } { (inline(&system.name, 60)) } },
            html! { code { (inline(&system.model, 60)) } },
            html! { (reach_words(system.reach)) },
            html! { (grouped(system.evaluations)) },
            day(system.first),
            day(system.newest),
        ]);
    }
    table.render()
}

pub(super) fn page(site: &Site, id: &str) -> Result<Page, Wrong> {
    let id = record_digest(id).map_err(|_| Wrong::Missing("such system"))?;
    let history = site.index().system(&id)?.ok_or(Wrong::Missing("such system"))?;
    let system = &history.system;
    let content = html! {
        h1 { (inline(&system.name, 100)) }
        p.lede { (grouped(system.evaluations)) " evaluation" @if system.evaluations != 1 { "s" } ", from " (day(system.first)) " to " (day(system.newest)) "." }
        (identity(system))
        (results(&history))
        h2 id="evaluations" { "Evaluations" }
        (evaluations::table("Newest first", &history.evaluations))
        (about_it(site, &history)?)
        (incidents(site, system)?)
        p.note { "As a feed: " a href={ "/systems/" (id) "/feed.atom" } { "evaluations of this system" } "." }
    };
    let trail = vec![Crumb::new("Home", "/"), Crumb::new("Systems", "/systems"), Crumb::here(&*system.name)];
    let head =
        html! { link rel="alternate" type="application/atom+xml" href={ "/systems/" (id) "/feed.atom" }; };
    Ok(Page::new(&*system.name, content).trail(trail).section("/systems").head(head))
}

fn identity(system: &SystemView) -> Markup {
    Definitions::new()
        .with("model", html! { code { (inline(&system.model, 200)) } })
        .with("reached as", html! { (reach_words(system.reach)) })
        .with_some("address", system.base_url.as_deref().map(|url| html! { code { (inline(url, 200)) } }))
        .with_some(
            "weights",
            system.weights.map(|sha256| digest_full("the digest of the weights", &sha256.to_string())),
        )
        .with("told apart by", digest_full("the system's id", &system.id.to_string()))
        .render()
}

/// The headline of each task over time: what may not be set side by side stands apart.
fn results(history: &SystemHistory) -> Markup {
    let headlines: Vec<&ResultView> = history.results.iter().filter(|result| result.headline).collect();
    let groups = headlines.chunk_by(|a, b| a.task == b.task && a.alike == b.alike);
    html! {
        @if !headlines.is_empty() {
            h2 id="results" { "Results over time" }
            p.note { (legend()) " Versions and ways of asking that differ stand apart." }
            @for group in groups {
                @if let Some(first) = group.first() {
                    @let caption = html! {
                        a href={ "/tasks/" (segment(&first.task)) } { (inline(&first.task_title, 80)) } " "
                        (inline(&first.task_version, 20)) ": " (inline(&first.metric_title, 60)) ", " (direction_words(first.direction))
                    };
                    (forest(&caption, "Logged", group.iter().map(|result| line(history, result)).collect()))
                }
            }
        }
    }
}

fn line(history: &SystemHistory, result: &ResultView) -> Line {
    let evaluation = history.evaluations.iter().find(|evaluation| evaluation.index == result.index);
    let name = html! {
        @match evaluation {
            Some(evaluation) => {
                a href={ "/evaluations/" (evaluation.record) } { (day(evaluation.time)) }
                span.sub { (inline(&evaluation.issuer, 60)) @if evaluation.corrected_by.is_some() { " · corrected later" } }
            }
            None => { "entry " (result.index) },
        }
    };
    Line::of_view(name, result)
}

/// Reproductions and alarms that point to its evaluations.
fn about_it(site: &Site, history: &SystemHistory) -> Result<Markup, Wrong> {
    let columns = vec![
        Column::new("Record", Align::Start),
        Column::new("Type", Align::Start),
        Column::new("Logged", Align::Date),
    ];
    let mut table = Table::new("Reproductions, alarms and incidents that point to its evaluations", columns);
    for evaluation in history.evaluations.iter().take(LOOKED_THROUGH) {
        let found = site.index().referrers(&evaluation.record, None, Seek::Start, PageSize::clamped(20))?;
        for entry in found.items.iter().filter(|entry| is_about(&entry.kind)) {
            let Some(record) = &entry.record else { continue };
            table.push(vec![
                html! { a href=(best_path(entry.kind.as_str(), record)) { (inline(entry.title.as_deref().unwrap_or("—"), 80)) } },
                html! { (kind_words(entry.kind.as_str())) },
                day(entry.time),
            ]);
        }
    }
    Ok(html! { @if !table.is_empty() { h2 id="others" { "What others found" } (table.render()) } })
}

fn is_about(kind: &Kind) -> bool {
    matches!(kind.as_str(), "reproduction" | "alarm" | "incident" | "statement")
}

/// Incidents that name it: names are not unique, and so this is a hint.
fn incidents(site: &Site, system: &SystemView) -> Result<Markup, Wrong> {
    let filter = IncidentFilter { system: Some(system.name.clone()), ..IncidentFilter::default() };
    let found = site.index().incidents(&filter, Seek::Start, PageSize::clamped(INCIDENTS))?;
    Ok(html! {
        @if !found.items.is_empty() {
            h2 id="incidents" { "Incidents that name it" }
            p.note { "By name: another system may have the same." }
            ul { @for incident in &found.items {
                li { (day(incident.time)) " " a href={ "/incidents/" (incident.record) } { (inline(&incident.title, 100)) } }
            } }
        }
    })
}
