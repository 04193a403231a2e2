//! The list of a run's samples: filters, order, pages.

mod filters;

use maud::{Markup, html};

use super::Place;
use crate::kit::link::Query;
use crate::kit::number::{count, decimal, grouped};
use crate::kit::text::{cut, inline, plain, visible};
use crate::kit::{Align, Column, Crumb, Page, Pager, Table, Tone, aside, badge, outcome_badge, pager};
use crate::view::{Filter, Page as Listed, Rest, Row, RunView};

/// Bytes of an answer that the list looks at. What is shown of them is two lines.
const GLANCE: usize = 400;

/// What the list shows.
#[derive(Debug)]
pub struct SamplesPage<'a> {
    /// The run.
    pub view: &'a RunView,
    /// Where its pages are.
    pub place: &'a Place,
    /// Which samples, in which order.
    pub filter: &'a Filter,
    /// What was asked and makes no sense.
    pub unread: &'a [String],
    /// The rows.
    pub listed: &'a Listed,
}

/// The page of a run's samples.
pub fn samples(page: &SamplesPage<'_>) -> Page {
    let SamplesPage { view, place, filter, listed, .. } = page;
    let path = place.samples();
    let query = filter.query();
    let content = html! {
        h1 { "Samples" }
        p.lede { (found(page)) }
        @if !page.unread.is_empty() {
            (aside(Tone::Mark, &html! { p { "Not understood, and left out: " (plain(&page.unread.join(", "), 200)) "." } }))
        }
        (filters::form(view, filter, &path))
        @if listed.rows.is_empty() { (nothing(page, &path)) } @else { (table(page)) }
        @if let Some(rest) = &listed.rest { (go_on(rest, &query, &path)) }
        (pager(&Pager { path: &path, query: &query, page: listed.page, pages: listed.pages, label: "Pages of samples" }))
    };
    let title = match &filter.task {
        Some(task) => format!("Samples of {task}"),
        None => "Samples".into(),
    };
    Page::new(title, content).trail(place.below([Crumb::here("Samples")])).section(&*place.section)
}

fn found(page: &SamplesPage<'_>) -> Markup {
    let all = page.view.sketch.len() as u64;
    html! {
        @match page.listed.total {
            Some(total) if page.filter.is_all() => (count(total, "sample")),
            Some(total) => { (grouped(total)) " of " (count(all, "sample")) }
            None => { (count(page.listed.rows.len() as u64, "sample")) " with this text on this page" }
        }
        @if let Some(task) = &page.filter.task { " of " (inline(task, 80)) }
    }
}

fn nothing(page: &SamplesPage<'_>, path: &str) -> Markup {
    let known = page.filter.task.as_ref().is_none_or(|task| page.view.tasks.contains(task));
    aside(
        Tone::Plain,
        &html! { p {
            @if !known { "The run has no such task. " }
            @else if page.listed.rest.is_some() { "Nothing found so far. " }
            @else if page.view.sketch.is_empty() { "There are no samples yet. " }
            @else { "No sample is like that. " }
            a href=(path) { "Show all samples" } "."
        } },
    )
}

fn go_on(rest: &Rest, query: &Query, path: &str) -> Markup {
    let to = query.clone().with("after", rest.after.to_string()).on(path);
    html! {
        p { (grouped(rest.seen)) " of " (grouped(rest.of)) " samples were looked through. " a rel="next" href=(to) { "Go on searching" } }
    }
}

fn table(page: &SamplesPage<'_>) -> Markup {
    let several_tasks = page.view.tasks.len() > 1 && page.filter.task.is_none();
    let several_epochs = page.view.run.tasks.iter().any(|task| task.epochs > 1);
    let mut columns = vec![Column::new("Sample", Align::Start)];
    if several_tasks {
        columns.push(Column::new("Task", Align::Start));
    }
    if several_epochs {
        columns.push(Column::new("Epoch", Align::End));
    }
    columns.extend([
        Column::new("Outcome", Align::Start),
        Column::new("Scores", Align::Start),
        Column::new("Answer", Align::Text),
        Column::new("Tokens", Align::End),
        Column::new("Seconds", Align::End),
    ]);
    let caption = match page.filter.text {
        Some(_) => "In the order of the run".to_owned(),
        None => order(page.filter).to_owned(),
    };
    let mut table = Table::new(caption, columns).class("samples").stacked();
    for (_, row) in &page.listed.rows {
        let mut cells = vec![html! { a href=(link(page, row)) { (inline(row.id(), 60)) } }];
        if several_tasks {
            cells.push(inline(page.view.tasks.get(row.task() as usize).map_or("?", |name| name), 40));
        }
        if several_epochs {
            cells.push(html! { (grouped(row.epoch().into())) });
        }
        cells.extend(rest(row));
        table.push(cells);
    }
    table.render()
}

fn order(filter: &Filter) -> &'static str {
    crate::view::Sort::ALL.iter().find(|(sort, ..)| *sort == filter.sort).map_or("", |(.., words)| words)
}

fn link(page: &SamplesPage<'_>, row: &Row) -> String {
    let task = page.view.tasks.get(row.task() as usize).map_or("", |name| name);
    page.filter.query().on(&page.place.sample(task, row.id(), row.epoch()))
}

/// The cells that every list has.
fn rest(row: &Row) -> Vec<Markup> {
    let scores = html! {
        @for (at, score) in row.scores().iter().enumerate().take(8) {
            @if at > 0 { br; }
            @match score.value { Some(value) => b { (decimal(value, 2)) }, None => span.faint { "missing" } }
            " " span.faint { (inline(&score.scorer, 30)) }
        }
    };
    let Some(whole) = row.whole() else {
        let withheld = html! { (badge(Tone::Open, "content withheld")) };
        return vec![outcome_badge(row.outcome()), scores, withheld, html! {}, html! {}];
    };
    let answer = &whole.answer;
    let tokens = answer.usage.prompt_tokens.saturating_add(answer.usage.completion_tokens);
    let took: f64 = answer.attempts.iter().map(|attempt| attempt.took_ms).sum::<f64>() / 1e3;
    let said = match (&answer.output, &answer.error) {
        (Some(text), _) if text.trim().is_empty() => html! { span.faint { "(empty)" } },
        (Some(text), _) => html! { span.clip dir="auto" { (visible(cut(text, GLANCE).head)) } },
        (None, Some(error)) => html! { span.clip.faint { (visible(cut(error, GLANCE).head)) } },
        (None, None) => html! { span.faint { "(none)" } },
    };
    vec![
        outcome_badge(answer.outcome),
        scores,
        said,
        html! { (grouped(tokens)) },
        html! { (decimal(took, if took < 10.0 { 2 } else { 0 })) },
    ]
}
