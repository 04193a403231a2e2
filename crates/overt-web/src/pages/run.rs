//! A run: what was run on what and how, what came out, where it went wrong, and its files.

mod about;
mod groups;
mod scores;
mod task;

use std::sync::Arc;

use maud::{Markup, html};
use overt_schema::{Run, Status};
use overt_score::GroupedResults;

use super::Place;
use super::metric::{direction, forests, metric_row};
use crate::kit::number::{count, grouped, round, seconds};
use crate::kit::text::{inline, plain, visible};
use crate::kit::{Align, Column, Live, Page, Table, Tone, aside, badge, facts};
use crate::view::{RunView, ViewError};

/// What a run's page shows.
#[derive(Debug)]
pub struct RunPage<'a> {
    /// The run.
    pub view: &'a RunView,
    /// Where its pages are.
    pub place: &'a Place,
    /// How its results are grouped, if that was asked for.
    pub grouped: Option<Grouping>,
    /// What stands between the results and what was run: the site's proofs and endorsements, for example.
    pub more: Markup,
}

/// Results by a field.
#[derive(Debug)]
pub struct Grouping {
    /// The field.
    pub field: String,
    /// What came of it.
    pub found: Result<Arc<Vec<GroupedResults>>, ViewError>,
}

/// The page of a run.
pub fn run(page: &RunPage<'_>) -> Page {
    let RunPage { view, place, .. } = page;
    let run = &view.run;
    let is_running = run.status == Status::Running;
    let content = html! {
        h1 { (what(run)) }
        p.lede { "on " (inline(&run.system.name, 80)) @if let Some(judge) = &run.judge { ", judged by " (inline(&judge.system.name, 80)) } }
        (numbers(view))
        (warnings(view))
        @if is_running { (progress(view)) }
        @if run.tasks.len() > 1 && !is_running { (headlines(page)) }
        @for (position, _) in run.tasks.iter().enumerate() { (task::task(page, position)) }
        (requirements(run))
        (page.more)
        (about::about(view, place))
        (about::downloads(view, place))
    };
    let live = if is_running { Live::Yes } else { Live::No };
    Page::new(format!("{} on {}", title(run), run.system.name), content)
        .trail(place.here())
        .section(&*place.section)
        .live(live)
}

fn title(run: &Run) -> String {
    match (&run.suite, &*run.tasks) {
        (Some(suite), _) => format!("{} {}", suite.name, suite.version),
        (None, [task]) => task.title.clone(),
        (None, tasks) => tasks.iter().map(|task| task.name.as_str()).collect::<Vec<_>>().join(", "),
    }
}

fn what(run: &Run) -> Markup {
    inline(&title(run), 120)
}

/// The run in numbers. Samples are counted where they are, since the manifest of a run that goes on does not know them.
fn numbers(view: &RunView) -> Markup {
    let run = &view.run;
    let counts: Vec<_> = (0..run.tasks.len()).map(|task| view.sketch.outcomes(task)).collect();
    let withheld: u64 = counts.iter().map(|(_, withheld)| withheld).sum();
    let failed: u64 = (counts.iter())
        .flat_map(|(counts, _)| overt_schema::Outcome::ALL.iter().zip(counts))
        .filter(|(outcome, _)| !outcome.has_answer())
        .map(|(_, count)| count)
        .sum();
    let tokens = run.usage.prompt_tokens.saturating_add(run.usage.completion_tokens);
    let mut shown = vec![
        (grouped(view.sketch.len() as u64), "samples"),
        (grouped(failed), "without an answer"),
        (round(tokens), "tokens"),
        (seconds(run.seconds), "of work"),
    ];
    if run.tasks.len() > 1 {
        shown.insert(0, (grouped(run.tasks.len() as u64), "tasks"));
    }
    if withheld > 0 {
        shown.push((grouped(withheld), "withheld"));
    }
    if let Some(cost) = run.cost {
        shown.push((crate::kit::number::value(cost.amount), "cost, in the prices’ currency"));
    }
    facts(&shown)
}

fn warnings(view: &RunView) -> Markup {
    let run = &view.run;
    html! {
        @if run.status == Status::Running {
            (aside(Tone::Mark, &html! { p {
                strong { "Not finished. " } "There are no results yet, only samples. If nothing runs it any more, go on with "
                code { "overt resume" } "."
            } }))
        }
        @if view.is_published() {
            (aside(Tone::Plain, &html! { p {
                strong { "Some samples are withheld. " }
                "Their prompts and answers are not published; their scores are, so that every result can be computed again."
            } }))
        }
        @if let Some(from) = &run.answers_from {
            (aside(Tone::Plain, &html! { p {
                strong { "Nobody was asked. " } "The answers come from " (inline(&from.source, 120)) "."
            } }))
        }
        @if let Some(plan) = run.plan.as_ref().filter(|plan| !plan.deviations.is_empty()) {
            (aside(Tone::Mark, &html! {
                p { strong { "Done otherwise than planned:" } }
                ul { @for deviation in plan.deviations.iter().take(50) { li { (visible(deviation)) } } }
            }))
        }
        @for note in run.notes.iter().take(20) { (aside(Tone::Mark, &html! { p { (visible(note)) } })) }
    }
}

/// How far a run is.
fn progress(view: &RunView) -> Markup {
    let columns = vec![
        Column::new("Task", Align::Start),
        Column::new("Done", Align::End),
        Column::new("Planned", Align::End),
        Column::new("Progress", Align::Start),
    ];
    let mut table = Table::new("Samples so far", columns);
    for (position, task) in view.run.tasks.iter().enumerate() {
        let done: u64 = view.sketch.outcomes(position).0.iter().sum();
        let label = format!("{}: {done} of {}", plain(&task.name, 80), task.planned);
        table.push(vec![
            inline(&task.title, 80),
            html! { (grouped(done)) },
            html! { (grouped(task.planned)) },
            html! { progress value=(done) max=(task.planned.max(1)) aria-label=(label) {} },
        ]);
    }
    table.render()
}

/// The first metric of every task.
fn headlines(page: &RunPage<'_>) -> Markup {
    let rows = page.view.run.tasks.iter().enumerate().filter_map(|(position, task)| {
        let metric = task.metrics.first()?;
        let name = html! {
            a href={ "#task-" (position) } { (inline(&task.title, 80)) }
            span.sub { (inline(&metric.title, 60)) @if !direction(metric.direction).is_empty() { " · " (direction(metric.direction)) } }
        };
        let rows = metric_row(name, metric).into_iter().map(|row| crate::kit::ForestRow { note: None, ..row });
        Some(rows.collect::<Vec<_>>())
    });
    let rows: Vec<_> = rows.flatten().collect();
    let level = page.view.run.settings.level;
    let caption = html! {
        "The first metric of each task. The line is the interval at " (crate::kit::number::percent(level))
        "; a hollow dot has none; the pale band is where the value would lie whatever the missing answers had been."
    };
    html! {
        h2 id="results" { "Results" }
        @if rows.is_empty() { p { "There are none." } } @else { (forests(&caption, rows)) }
    }
}

fn requirements(run: &Run) -> Markup {
    if run.requirements.is_empty() {
        return html! {};
    }
    let columns = vec![
        Column::new("Requirement", Align::Start),
        Column::new("Verdict", Align::Start),
        Column::new("Why", Align::Text),
    ];
    let mut table =
        Table::new(format!("{} of the suite", count(run.requirements.len() as u64, "requirement")), columns);
    for found in &run.requirements {
        let verdict = match found.held {
            Some(true) => badge(Tone::Good, "met"),
            Some(false) => badge(Tone::Bad, "missed"),
            None => badge(Tone::Open, "undecided"),
        };
        table.push(vec![html! { code { (visible(&found.expression)) } }, verdict, visible(&found.reason)]);
    }
    html! { h2 id="requirements" { "Requirements" } (table.render()) }
}
