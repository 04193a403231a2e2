//! One task of a run: its results, its outcomes, its scores, its groups.

use maud::{Markup, html};
use overt_schema::{Outcome, Status, TaskRun};

use super::{RunPage, groups, scores};
use crate::kit::number::{count, grouped, percent};
use crate::kit::text::{inline, plain, visible};
use crate::kit::{Align, Column, Table, Tone, aside, outcome_badge, outcome_words};
use crate::pages::metric::{direction, forests, metric_row};
use crate::view::Failures;

pub(super) fn task(page: &RunPage<'_>, position: usize) -> Markup {
    let view = page.view;
    let Some(task) = view.run.tasks.get(position) else { return html! {} };
    let is_finished = view.run.status == Status::Finished;
    html! {
        section aria-labelledby={ "task-" (position) } {
            h2 id={ "task-" (position) } { (inline(&task.title, 120)) }
            (description(page, position, task))
            @if is_finished && !task.metrics.is_empty() { (results(page, task)) }
            @if let Some(why) = &task.stopped {
                (aside(Tone::Plain, &html! { p { strong { "Stopped early. " } (visible(why)) } }))
            }
            (outcomes(page, position, task))
            (failures(page, position, task))
            (scores::scores(page, position, task))
            (groups::groups(page, position, task))
        }
    }
}

fn description(page: &RunPage<'_>, position: usize, task: &TaskRun) -> Markup {
    let (view, place) = (page.view, page.place);
    let about = view.task(position);
    html! {
        p.note {
            code { (inline(&task.name, 80)) } ", version " (inline(&task.version, 20)) ", "
            (count(task.dataset.samples, "sample"))
            @if task.epochs > 1 { " × " (count(task.epochs.into(), "epoch")) }
            ". "
            a href=(place.samples_of(&task.name, |query| query)) { "Read its samples" }
        }
        @if let Some(about) = about {
            p.prose { (visible(about.description.trim())) }
            @if !about.measures.is_empty() {
                ul.tags aria-label="What the task gives evidence about" {
                    @for tag in about.measures.iter().take(40) { li { span.tag { (plain(tag, 80)) } } }
                }
            }
        }
    }
}

fn results(page: &RunPage<'_>, task: &TaskRun) -> Markup {
    let rows = task.metrics.iter().flat_map(|metric| {
        let name = html! {
            (inline(&metric.title, 80))
            @if !direction(metric.direction).is_empty() { span.sub { (direction(metric.direction)) } }
        };
        metric_row(name, metric)
    });
    let mut methods: Vec<&str> =
        task.metrics.iter().filter_map(|metric| Some(&*metric.interval.as_ref()?.method)).collect();
    methods.sort_unstable();
    methods.dedup();
    let caption = html! {
        "Metrics of " (inline(&task.title, 80)) ", with intervals at " (percent(page.view.run.settings.level))
        @if !methods.is_empty() { " (" (plain(&methods.join(", "), 120)) ")" } "."
    };
    forests(&caption, rows.collect())
}

fn outcomes(page: &RunPage<'_>, position: usize, task: &TaskRun) -> Markup {
    let (counts, withheld) = page.view.sketch.outcomes(position);
    let all: u64 = counts.iter().sum();
    let columns = vec![
        Column::new("Outcome", Align::Start),
        Column::new("Samples", Align::End),
        Column::new("Share", Align::End),
    ];
    let mut table = Table::new("What became of the samples", columns).class("small").quiet();
    let row = |badge: Markup, word: &str, words: &str, n: u64| {
        let to = page.place.samples_of(&task.name, |query| query.with("outcome", word));
        let label = format!("{} {words}", grouped(n));
        vec![
            badge,
            html! { a href=(to) aria-label=(label) { (grouped(n)) } },
            html! { (crate::kit::number::decimal(n as f64 / all.max(1) as f64 * 100.0, 1)) "\u{202f}%" },
        ]
    };
    for (outcome, n) in Outcome::ALL.into_iter().zip(counts).filter(|(_, n)| *n > 0) {
        table.push(row(outcome_badge(outcome), outcome.as_str(), outcome_words(outcome), n));
    }
    if withheld > 0 {
        table.push(row(crate::kit::badge(Tone::Open, "content withheld"), "withheld", "withheld", withheld));
    }
    html! { @if all > 0 { h3 { "Outcomes" } (table.render()) } }
}

fn failures(page: &RunPage<'_>, position: usize, task: &TaskRun) -> Markup {
    let failures = match page.view.failures(position) {
        Ok(failures) => failures,
        Err(error) => {
            return aside(
                Tone::Bad,
                &html! { p { "The samples cannot be read." } pre { (visible(&error.to_string())) } },
            );
        }
    };
    html! {
        @if !failures.is_empty() {
            h3 { "Without an answer" }
            ul {
                @for Failures { outcome, count: n, example } in failures.iter() {
                    li {
                        (outcome_badge(*outcome)) " " (count(*n, "sample"))
                        @if let Some(row) = example {
                            ", for example "
                            a href=(page.place.sample(&task.name, row.id(), row.epoch())) { (inline(row.id(), 60)) }
                            @if let Some(said) = row.whole().and_then(|row| row.answer.error.as_ref()) { ": " (inline(said, 200)) }
                        }
                    }
                }
            }
        }
    }
}
