//! All evaluations, newest first.

use maud::{Markup, html};
use overt_site::index::{
    Announced, EvaluationFilter, EvaluationView, Page as Listed, PageSize, Seek, Withheld,
};

use super::lists::{seek, size, turning};
use super::outcome::{claimed, day};
use super::state::Site;
use super::wrong::Wrong;
use crate::kit::link::Query;
use crate::kit::number::{grouped, percent};
use crate::kit::text::inline;
use crate::kit::{Align, Choice, Column, Crumb, Page, Table, Tone, badge, search_field, select};
use crate::view::Asked;

/// What is asked of the list, as it was asked.
pub(super) struct Wanted {
    pub(super) filter: EvaluationFilter,
    query: Query,
}

impl Wanted {
    pub(super) fn read(asked: &Asked) -> Self {
        let text = |name: &str| {
            let words = asked.get(name).unwrap_or_default().trim();
            (!words.is_empty()).then(|| words.chars().take(200).collect::<String>())
        };
        let (system, task, issuer) = (text("system"), text("task"), text("issuer"));
        let plan = match asked.get("plan") {
            Some("yes") => Some(Announced::Planned),
            Some("no") => Some(Announced::Unplanned),
            _ => None,
        };
        let withheld = match asked.get("withheld") {
            Some("none") => Some(Withheld::Nothing),
            Some("some") => Some(Withheld::UpToHalf),
            Some("most") => Some(Withheld::Most),
            _ => None,
        };
        let plain = |name: &str, known: bool| asked.get(name).filter(|_| known).map(str::to_owned);
        let query = Query::new()
            .with_some("system", system.clone())
            .with_some("task", task.clone())
            .with_some("issuer", issuer.clone())
            .with_some("plan", plain("plan", plan.is_some()))
            .with_some("withheld", plain("withheld", withheld.is_some()));
        Self { filter: EvaluationFilter { system, task, issuer, plan, withheld }, query }
    }
}

pub(super) fn page(site: &Site, asked: &Asked) -> Result<Page, Wrong> {
    let (wanted, seek) = (Wanted::read(asked), seek(asked));
    let listed = site.index().evaluations_where(&wanted.filter, seek, size())?;
    let content = html! {
        h1 { "Evaluations" }
        p.lede { "Who measured what on which system, signed by whoever did, newest first." }
        (filters(&wanted, asked))
        @if listed.items.is_empty() {
            p { "There are none" @if wanted.query != Query::new() { " like that. " a href="/evaluations" { "Show all" } } "." }
        } @else { (table("Evaluations in the order of the log. Names are those that evaluators give themselves.", &listed.items)) }
        (turning("/evaluations", &wanted.query, seek, listed.next))
    };
    let trail = vec![Crumb::new("Home", "/"), Crumb::here("Evaluations")];
    Ok(Page::new("Evaluations", content).trail(trail).section("/evaluations"))
}

fn filters(wanted: &Wanted, asked: &Asked) -> Markup {
    let text = |words: &Option<String>| words.clone().unwrap_or_default();
    let chosen = |name: &str| asked.get(name).unwrap_or_default().to_owned();
    let plans = [
        Choice::new("", "planned or not"),
        Choice::new("yes", "planned before"),
        Choice::new("no", "not planned"),
    ];
    let shares = [
        Choice::new("", "withheld or not"),
        Choice::new("none", "everything is shown"),
        Choice::new("some", "up to half withheld"),
        Choice::new("most", "more than half withheld"),
    ];
    let filter = &wanted.filter;
    html! {
        form.filters method="get" action="/evaluations" role="search" aria-label="Evaluations" {
            (search_field("system", "System", &text(&filter.system)))
            (search_field("task", "Task (its whole name)", &text(&filter.task)))
            (search_field("issuer", "Evaluator", &text(&filter.issuer)))
            (select("plan", "Plan", &plans, &chosen("plan")))
            (select("withheld", "Samples", &shares, &chosen("withheld")))
            button.button { "Show" }
        }
    }
}

/// A table of evaluations.
pub(super) fn table(caption: &str, evaluations: &[EvaluationView]) -> Markup {
    let columns = vec![
        Column::new("System", Align::Start),
        Column::new("Evaluator", Align::Start),
        Column::new("Suite", Align::Start),
        Column::new("Logged", Align::Date),
        Column::new("Samples", Align::End),
        Column::new("Marks", Align::Start),
    ];
    let mut table = Table::new(caption, columns);
    for evaluation in evaluations {
        table.push(vec![
            html! { a href={ "/evaluations/" (evaluation.record) } { (inline(&evaluation.name, 60)) } },
            claimed(&evaluation.issuer),
            html! { @match &evaluation.suite { Some(suite) => (inline(suite, 60)), None => span.faint { "single tasks" } } },
            day(evaluation.time),
            html! { (grouped(evaluation.samples)) },
            marks(evaluation),
        ]);
    }
    table.render()
}

/// What must not be overlooked about an evaluation.
pub(super) fn marks(evaluation: &EvaluationView) -> Markup {
    html! {
        @if evaluation.plan.is_some() { (badge(Tone::Good, "planned")) " " }
        @if evaluation.reproductions > 0 {
            (badge(Tone::Plain, &crate::kit::number::count(evaluation.reproductions, "reproduction"))) " "
        }
        @if evaluation.withheld > 0 {
            @let share = evaluation.withheld as f64 / evaluation.samples.max(1) as f64;
            (badge(Tone::Open, &format!("{} withheld", percent((share * 100.0).ceil() / 100.0)))) " "
        }
        @if evaluation.corrected_by.is_some() { (badge(Tone::Bad, "corrected")) }
    }
}

/// The newest few, for other pages.
pub(super) fn newest(site: &Site, most: u16) -> Result<Listed<EvaluationView>, Wrong> {
    Ok(site.index().evaluations(Seek::Start, PageSize::clamped(most))?)
}
