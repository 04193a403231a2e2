//! Tasks, and how systems did on each. Not a ranking: the order is that of the log.

use maud::{Markup, html};
use overt_site::index::{Alike, ResultView, TaskResults, TaskView};

use super::outcome::day;
use super::results::{Line, direction_words, forest, legend};
use super::state::Site;
use super::wrong::Wrong;
use crate::kit::link::{Query, segment};
use crate::kit::number::{count, grouped};
use crate::kit::text::inline;
use crate::kit::{Align, Column, Crumb, Page, Pager, Table, digest, pager};
use crate::view::Asked;

/// Tasks of a page of the list.
const PAGE: usize = 100;
/// Groups of results that are shown at most.
const GROUPS: usize = 40;
/// Results of a metric that are shown at most.
const ROWS: usize = 200;

pub(super) fn list(site: &Site, asked: &Asked) -> Result<Page, Wrong> {
    let tasks = site.index().tasks()?;
    let pages = tasks.len().div_ceil(PAGE).max(1) as u64;
    let page = asked.page().min(pages);
    let begin = (page as usize - 1) * PAGE;
    let content = html! {
        h1 { "Tasks" }
        p.lede { "What was measured, the most often measured first." }
        @if tasks.is_empty() { p { "There are none." } } @else { (table(tasks.iter().skip(begin).take(PAGE))) }
        (pager(&Pager { path: "/tasks", query: &Query::new(), page, pages, label: "Pages of tasks" }))
    };
    let trail = vec![Crumb::new("Home", "/"), Crumb::here("Tasks")];
    Ok(Page::new("Tasks", content).trail(trail).section("/tasks"))
}

/// A table of tasks.
pub(super) fn table<'a>(tasks: impl Iterator<Item = &'a TaskView>) -> Markup {
    let columns = vec![
        Column::new("Task", Align::Start),
        Column::new("Name", Align::Start),
        Column::new("Newest version", Align::Start),
        Column::new("Evaluations", Align::End),
        Column::new("Systems", Align::End),
        Column::new("Newest", Align::Date),
    ];
    let mut table = Table::new(
        "Tasks by name. Two evaluators may give one name to two tasks; their results stand apart.",
        columns,
    );
    for task in tasks {
        table.push(vec![
            html! { a href={ "/tasks/" (segment(&task.name)) } { (inline(&task.title, 80)) } },
            html! { code { (inline(&task.name, 80)) } },
            inline(&task.version, 20),
            html! { (grouped(task.evaluations)) },
            html! { (grouped(task.systems)) },
            day(task.newest),
        ]);
    }
    table.render()
}

pub(super) fn page(site: &Site, name: &str) -> Result<Page, Wrong> {
    let found = site.index().task(name)?.ok_or(Wrong::Missing("such task"))?;
    let task = &found.task;
    let content = html! {
        h1 { (inline(&task.title, 100)) }
        p.lede {
            code { (inline(&task.name, 100)) } ": " (count(task.systems, "system")) " in " (count(task.evaluations, "evaluation")) "."
        }
        p {
            "This is not a ranking. Results stand together only if the same task, template, samples and judge were used, in the "
            "order in which they were logged. " (legend())
        }
        @for (at, group) in found.groups.iter().take(GROUPS).enumerate() { (alike(&found, at, group)) }
        @if found.groups.len() > GROUPS {
            p.note { "There are " (grouped((found.groups.len() - GROUPS) as u64)) " more ways in which it was asked; the API has them." }
        }
    };
    let trail = vec![Crumb::new("Home", "/"), Crumb::new("Tasks", "/tasks"), Crumb::here(&*task.title)];
    Ok(Page::new(&*task.title, content).trail(trail).section("/tasks"))
}

fn alike(found: &TaskResults, at: usize, group: &Alike) -> Markup {
    let metrics = group.results.chunk_by(|a, b| a.metric == b.metric);
    html! {
        h2 id={ "as-" (at) } { "Version " (inline(&group.version, 20)) @if at > 0 { ", asked another way" } }
        p.note {
            "Alike in everything that matters: " (digest("what these results have in common", &group.alike.to_string()))
            @if let Some(first) = group.results.first() {
                " · task " (digest("the digest of the task", &first.task_sha256.to_string()))
                " · samples " (digest("the digest of the samples", &first.samples_sha256.to_string()))
            }
        }
        @for results in metrics {
            @if let Some(first) = results.first() {
                @let caption = html! { (inline(&first.metric_title, 80)) ", " (direction_words(first.direction)) };
                (forest(&caption, "System", results.iter().take(ROWS).map(|result| line(found, result)).collect()))
                @if results.len() > ROWS { p.note { "The newest " (grouped(ROWS as u64)) " are shown." } }
            }
        }
    }
}

fn line(found: &TaskResults, result: &ResultView) -> Line {
    let evaluation = found.evaluations.iter().find(|evaluation| evaluation.index == result.index);
    let name = html! {
        @match evaluation {
            Some(evaluation) => {
                a href={ "/systems/" (evaluation.system) } { (inline(&evaluation.name, 60)) }
                span.sub {
                    a href={ "/evaluations/" (evaluation.record) } { (day(evaluation.time)) } " by " (inline(&evaluation.issuer, 60))
                    @if evaluation.corrected_by.is_some() { " · corrected later" }
                }
            }
            None => { "entry " (result.index) },
        }
    };
    Line::of_view(name, result)
}
