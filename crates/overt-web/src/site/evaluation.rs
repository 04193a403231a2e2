//! One evaluation in plain words: who measured what on which system, with what result, and what that does not show.

mod again;
mod limits;
mod run;

use maud::{Markup, html};
use overt_record::record::{self, Body, Evaluation};
use overt_site::index::EvaluationView;

use self::again::reproductions;
use self::limits::{how_to_take_it, plan};
use self::run::{comparison, the_run};
use super::laid_out::LaidOut;
use super::outcome::{claimed, day, moment};
use super::record::{proofs, taken_down};
use super::records::{Signed, digest};
use super::results::{Line, direction_words, forest, legend};
use super::state::Site;
use super::wrong::Wrong;
use crate::kit::link::segment;
use crate::kit::number::{count, grouped};
use crate::kit::text::{inline, visible};
use crate::kit::{Align, Column, Crumb, Page, Table, Tone, aside, badge, facts};

pub(super) fn page(site: &Site, text: &str) -> Result<Page, Wrong> {
    let record = digest(text)?;
    let found = site.found(&record)?;
    let Some(signed) = &found.signed else { return Err(taken_down(site, &found.view)?) };
    let Body::Evaluation(evaluation) = signed.verified.record.body() else {
        return Err(Wrong::Missing("such evaluation; there is a record of another type"));
    };
    let view = site.index().evaluation(&record)?.ok_or(Wrong::Missing("such evaluation"))?;
    let files = site.laid_out(&found.view, signed)?;
    let content = html! {
        h1 { (inline(evaluation.system.name.as_str(), 100)) }
        (lede(signed, evaluation, &view))
        (numbers(evaluation))
        (warnings(site, evaluation, &view, &files))
        (results(evaluation))
        (requirements(evaluation))
        (how_to_take_it(evaluation))
        (plan(site, evaluation))
        (reproductions(site, &record, &view)?)
        (the_run(&record, evaluation, &files))
        (comparison(site, &record, evaluation, &files)?)
        (proofs(site, &found.view, signed))
    };
    let title =
        format!("{} evaluated by {}", evaluation.system.name, signed.verified.record.header().issuer.name);
    let trail = vec![
        Crumb::new("Home", "/"),
        Crumb::new("Evaluations", "/evaluations"),
        Crumb::here(evaluation.system.name.as_str()),
    ];
    Ok(Page::new(title, content).trail(trail).section("/evaluations"))
}

fn lede(signed: &Signed, evaluation: &Evaluation, view: &EvaluationView) -> Markup {
    let header = signed.verified.record.header();
    html! {
        p.lede {
            (claimed(header.issuer.name.as_str())) " asked "
            a href={ "/systems/" (view.system) } { (inline(evaluation.system.name.as_str(), 80)) } " "
            (count(evaluation.samples.count, "sample")) " of " (count(evaluation.tasks.len() as u64, "task"))
            @if let Some(suite) = &evaluation.suite { " (suite " (inline(suite.name.as_str(), 60)) " " (inline(suite.version.as_str(), 20)) ")" }
            " on " (day(evaluation.run.created)) "; the log has the result since " (moment(view.time)) "."
        }
    }
}

fn numbers(evaluation: &Evaluation) -> Markup {
    let failed: u64 = (evaluation.tasks.iter())
        .flat_map(|task| &task.outcomes)
        .filter(|(outcome, _)| !has_answer(outcome.as_str()))
        .map(|(_, count)| *count)
        .fold(0, u64::saturating_add);
    facts(&[
        (grouped(evaluation.tasks.len() as u64), "tasks"),
        (grouped(evaluation.samples.count), "samples"),
        (grouped(failed), "without an answer"),
        (grouped(evaluation.samples.withheld), "withheld"),
    ])
}

/// Whether a word for an outcome says that there is an answer; an unknown one says so of none.
fn has_answer(word: &str) -> bool {
    overt_schema::Outcome::ALL.iter().any(|outcome| outcome.as_str() == word && outcome.has_answer())
}

fn warnings(site: &Site, evaluation: &Evaluation, view: &EvaluationView, files: &LaidOut) -> Markup {
    html! {
        @if let Some(later) = &view.corrected_by {
            (aside(Tone::Bad, &html! { p {
                strong { "Corrected. " } "The same evaluator has replaced this by " a href={ "/evaluations/" (later) } { "a later evaluation" } "."
            } }))
        }
        @if let Some(earlier) = &view.corrects {
            (aside(Tone::Mark, &html! { p { "This replaces " (site.record_link(earlier)) ", which was wrong." } }))
        }
        @if let Some(from) = &evaluation.answers_from {
            (aside(Tone::Mark, &html! { p { strong { "Nobody was asked. " } "The answers come from " (inline(from.source.as_str(), 120)) "." } }))
        }
        @for note in evaluation.notes.iter().take(20) { (aside(Tone::Mark, &html! { p { (visible(note.as_str())) } })) }
        @if let LaidOut::Refused(why) = files {
            (aside(Tone::Bad, &html! {
                p { strong { "The files that lie beside this record are not those that were signed." } " They are not shown." }
                pre { (visible(why)) }
            }))
        }
        @if matches!(files, LaidOut::TakenDown) {
            (aside(Tone::Mark, &html! { p { strong { "A part of the files was taken down. " } "What remains is the signed record." } }))
        }
    }
}

fn results(evaluation: &Evaluation) -> Markup {
    html! {
        h2 id="results" { "Results" }
        p.note { (legend()) " The pale band is where the value would lie whatever the missing answers had been." }
        @for task in &evaluation.tasks {
            @let caption = html! {
                a href={ "/tasks/" (segment(task.name.as_str())) } { (inline(task.title.as_str(), 80)) } " " (inline(task.version.as_str(), 20))
                ": " (count(task.asked(), "sample")) " asked"
                @if let Some(why) = &task.stopped { ", stopped early: " (inline(why.as_str(), 120)) }
            };
            (forest(&caption, "Metric", task.metrics.iter().map(line).collect()))
            @if task.metrics.is_empty() { p { (caption) ". It has no metric." } }
        }
    }
}

fn line(metric: &record::Metric) -> Line {
    let name = html! { (inline(metric.title.as_str(), 80)) span.sub { (direction_words(metric.direction)) } };
    Line::of_metric(name, metric)
}

fn requirements(evaluation: &Evaluation) -> Markup {
    let columns = vec![
        Column::new("Requirement", Align::Start),
        Column::new("Verdict", Align::Start),
        Column::new("Why", Align::Text),
    ];
    let mut table = Table::new("Requirements, decided by the evaluator’s program", columns);
    for found in &evaluation.requirements {
        let verdict = match found.held {
            Some(true) => badge(Tone::Good, "met"),
            Some(false) => badge(Tone::Bad, "missed"),
            None => badge(Tone::Open, "undecided"),
        };
        table.push(vec![
            html! { code { (visible(found.expression.as_str())) } },
            verdict,
            visible(found.reason.as_str()),
        ]);
    }
    html! { @if !table.is_empty() { h2 id="requirements" { "Requirements" } (table.render()) } }
}
