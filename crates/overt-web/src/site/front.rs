//! The first page: what this site is, and what is new.

use maud::{Markup, html};
use overt_site::index::{IncidentFilter, Index, PageSize, Seek, StatementView};

use super::evaluations;
use super::outcome::{claimed, day};
use super::state::Site;
use super::wrong::Wrong;
use crate::kit::number::{count, grouped};
use crate::kit::text::{inline, visible};
use crate::kit::{Page, facts};

/// How many of each are shown.
const FEW: u16 = 6;

const WHAT: &str = "Evaluations of AI systems, statements that people sign, and reports of incidents and flaws: each signed by whoever \
                    says it, each in a public log that nobody can quietly rewrite.";

pub(super) fn page(site: &Site) -> Result<Page, Wrong> {
    let settings = site.settings();
    let index = site.index();
    let few = PageSize::clamped(FEW);
    let evaluations = evaluations::newest(site, FEW)?;
    let statements = index.statements(Seek::Start, few)?;
    let incidents = index.incidents(&IncidentFilter::default(), Seek::Start, few)?;
    let checkpoint = site.checkpoint()?;
    let content = html! {
        h1 { (inline(&settings.name, 120)) }
        p.lede { @match &settings.introduction { Some(words) => (visible(words)), None => (WHAT) } }
        (search(""))
        h2 id="statements" { "Statements" }
        @if statements.items.is_empty() { p { "There are none yet." } }
        @for statement in &statements.items { (said(index, statement)) }
        p { a href="/statements" { "All statements" } }
        h2 id="evaluations" { "Newest evaluations" }
        @if evaluations.items.is_empty() { p { "There are none yet. " code { "overt publish" } " makes one of a finished run." } }
        @else { (evaluations::table("The newest, by the names that evaluators give themselves", &evaluations.items)) }
        p { a href="/evaluations" { "All evaluations" } " · " a href="/systems" { "by system" } " · " a href="/tasks" { "by task" } }
        h2 id="incidents" { "Newest incidents and flaws" }
        @if incidents.items.is_empty() { p { "None are reported." } } @else {
            ul { @for incident in &incidents.items {
                li { (day(incident.time)) " " a href={ "/incidents/" (incident.record) } { (inline(&incident.title, 120)) } " " span.faint { (inline(&incident.systems, 80)) } }
            } }
        }
        p { a href="/incidents" { "All incidents" } " · " a href="/report" { "Report one" } }
        h2 id="log" { "The log" }
        (facts(&[
            (grouped(checkpoint.size), "entries"),
            (grouped(checkpoint.cosigned.len() as u64), "witnesses cosigned the newest checkpoint"),
        ]))
        p { a href="/log" { "The log" } " · " a href="/about" { "How to check this site without trusting it" } }
    };
    let head = html! {
        link rel="alternate" type="application/atom+xml" title=(settings.name) href="/feed.atom";
        link rel="alternate" type="application/feed+json" title=(settings.name) href="/feed.json";
        meta name="description" content=(WHAT);
    };
    Ok(Page::new("Home", content).head(head))
}

fn said(index: &Index, statement: &StatementView) -> Markup {
    let listed = statement.listings.iter().map(|listing| listing.names).fold(0, u64::saturating_add);
    html! {
        h3 { a href={ "/statements/" (statement.record) } { (inline(&statement.title, 120)) } }
        p {
            "By " (claimed(&statement.issuer)) ", " (day(statement.time)) ". " (count(statement.checked_signatures(), "signature"))
            @if listed > 0 { "; " (count(listed, "name")) " as listed by a source, not verified here" }
            "."
            @if index.believes(statement.key) { " " a href={ "/statements/" (statement.record) "/sign" } { "Sign it" } }
        }
    }
}

/// The field that looks for something.
pub(super) fn search(value: &str) -> Markup {
    html! {
        form.filters method="get" action="/find" role="search" aria-label="This site" {
            (crate::kit::search_field("q", "Find a system, a task, a statement or a digest", value))
            button.button { "Find" }
        }
    }
}
