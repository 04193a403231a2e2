//! The list of runs.

use maud::{Markup, html};
use overt_schema::Status;

use super::metric::interval;
use crate::kit::link::{Query, segment};
use crate::kit::number::{count, grouped, value};
use crate::kit::text::{inline, plain};
use crate::kit::{Align, Column, Page, Pager, Table, Tone, aside, badge, pager, search_field};
use crate::view::{Entry, Line, State};

/// Runs of a page.
const PAGE: usize = 100;

/// What the list shows.
#[derive(Debug)]
pub struct Runs<'a> {
    /// Where the runs are, for people.
    pub root: String,
    /// All of them.
    pub entries: &'a [Entry],
    /// Only those with this text in name, system or tasks.
    pub text: String,
    /// The page, from 1.
    pub page: u64,
}

/// The page of all runs.
pub fn runs(view: &Runs<'_>) -> Page {
    let wanted = view.text.to_lowercase();
    let found: Vec<(&Entry, &Line)> = view
        .entries
        .iter()
        .filter_map(|entry| match &entry.state {
            State::Run(line) if has(entry, line, &wanted) => Some((entry, &**line)),
            _ => None,
        })
        .collect();
    let pages = (found.len().div_ceil(PAGE) as u64).max(1);
    let page = view.page.clamp(1, pages);
    let shown = found.iter().skip((page - 1) as usize * PAGE).take(PAGE);
    let query = Query::new().with_some("text", Some(&*view.text).filter(|text| !text.is_empty()));
    let content = html! {
        h1 { "Runs" }
        p.lede { (count(found.len() as u64, "run")) " in " code { (plain(&view.root, 200)) } }
        form.filters method="get" action="/" role="search" {
            (search_field("text", "Find runs by name, system or task", &view.text))
            button.primary { "Find" }
        }
        @if found.is_empty() { (nothing(view)) } @else { (list(shown)) }
        (pager(&Pager { path: "/", query: &query, page, pages, label: "Pages of runs" }))
        (others(view.entries))
    };
    Page::new("Runs", content).section("/")
}

fn has(entry: &Entry, line: &Line, wanted: &str) -> bool {
    wanted.is_empty()
        || [&entry.name, &line.system, &line.what].iter().any(|text| text.to_lowercase().contains(wanted))
}

fn nothing(view: &Runs<'_>) -> Markup {
    let content = if view.text.is_empty() {
        html! { p { "There are no runs here yet. Make one with " code { "overt eval --model MODEL" } "." } }
    } else {
        html! { p { "No run has that in its name, its system or its tasks. " a href="/" { "Show all" } "." } }
    };
    aside(Tone::Plain, &content)
}

fn list<'a>(shown: impl Iterator<Item = &'a (&'a Entry, &'a Line)>) -> Markup {
    let columns = vec![
        Column::new("Run", Align::Start),
        Column::new("Compare", Align::Start),
        Column::new("System", Align::Start),
        Column::new("First result", Align::Start),
        Column::new("Samples", Align::End),
        Column::new("Failed", Align::End),
        Column::new("State", Align::Start),
    ];
    let caption = "The newest first. Tick two or more to compare them with the first one ticked.";
    let mut table = Table::new(caption, columns).stacked();
    for (at, (entry, line)) in shown.enumerate() {
        table.push(row(at, entry, line));
    }
    html! {
        form method="get" action="/compare" {
            (table.render())
            p { button.quiet.button { "Compare the ticked runs" } }
        }
    }
}

fn row(at: usize, entry: &Entry, line: &Line) -> Vec<Markup> {
    let id = format!("run-{at}");
    vec![
        html! {
            a href={ "/runs/" (segment(&entry.name)) } { (inline(&line.what, 60)) }
            span.sub.note { br; (plain(&line.created.replace('T', " ").replace('Z', ""), 20)) }
        },
        html! {
            input id=(id) type="checkbox" name="run" value=(entry.name)
                aria-label={ "Compare " (plain(&entry.name, 120)) };
        },
        inline(&line.system, 40),
        html! {
            @if let Some(metric) = &line.headline {
                @match metric.value { Some(number) => b { (value(number)) }, None => "no value" }
                @if let Some(ends) = &metric.interval { " " span.faint { (interval(ends)) } }
                span.sub.note { br; (inline(&metric.title, 40)) }
            }
        },
        html! { (grouped(line.done)) @if line.done != line.planned { span.faint { " of " (grouped(line.planned)) } } },
        html! { (grouped(line.failed)) },
        state(line),
    ]
}

fn state(line: &Line) -> Markup {
    let [_, missed, open] = line.requirements;
    html! {
        @match line.status {
            Status::Running => (badge(Tone::Mark, "not finished")),
            Status::Finished => (badge(Tone::Plain, "finished")),
        }
        @if line.is_published { " " (badge(Tone::Open, "some withheld")) }
        @if missed > 0 { " " (badge(Tone::Bad, &format!("{missed} missed"))) }
        @if open > 0 { " " (badge(Tone::Open, &format!("{open} undecided"))) }
    }
}

/// What is no run, or cannot be read.
fn others(entries: &[Entry]) -> Markup {
    let damaged: Vec<(&str, &str)> = entries
        .iter()
        .filter_map(|entry| match &entry.state {
            State::Damaged(why) => Some((&*entry.name, &**why)),
            _ => None,
        })
        .collect();
    let foreign: Vec<&str> = entries
        .iter()
        .filter(|entry| matches!(entry.state, State::NotARun))
        .map(|entry| &*entry.name)
        .collect();
    html! {
        @if !damaged.is_empty() {
            h2 { "Cannot be read" }
            @for (name, why) in damaged.iter().take(PAGE) {
                details {
                    summary { (inline(name, 100)) }
                    pre { (crate::kit::text::visible(why)) }
                }
            }
        }
        @if !foreign.is_empty() {
            h2 { "Other directories" }
            p.note { "They hold no " code { "run.json" } ": something else, or a run that had not begun." }
            ul { @for name in foreign.iter().take(PAGE) { li { (inline(name, 100)) } } }
            @if foreign.len() > PAGE { p.note { "And " (grouped((foreign.len() - PAGE) as u64)) " more." } }
        }
    }
}
