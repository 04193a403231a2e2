//! One evaluation in plain words: who measured what on which system, with what result, and what that does not show.

use maud::{Markup, html};
use overt_record::record::{Body, Evaluation, FollowedPlan, OtherRunStatus, Reproduction};
use overt_record::{Hash, record};
use overt_site::index::{EvaluationView, PageSize, RecordView, Seek};

use super::laid_out::LaidOut;
use super::outcome::{claimed, day, moment, record_link, relationship_words, verdict_badge};
use super::record::{proofs, taken_down};
use super::records::{Signed, digest};
use super::results::{Line, direction_words, forest, legend};
use super::state::Site;
use super::wrong::Wrong;
use crate::kit::link::segment;
use crate::kit::number::{count, grouped};
use crate::kit::text::{inline, visible};
use crate::kit::{Align, Choice, Column, Crumb, Definitions, Page, Table, Tone, aside, badge, facts, select};

/// Reproductions that are shown at most.
const REPRODUCTIONS: u16 = 50;
/// Other evaluations that are offered for comparison at most.
const OFFERED: usize = 50;

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
        (warnings(evaluation, &view, &files))
        (results(evaluation))
        (requirements(evaluation))
        (how_to_take_it(evaluation))
        (plan(evaluation))
        (reproductions(site, &record, &view)?)
        (the_run(&record, evaluation, &files))
        (comparison(site, &record, evaluation, &files)?)
        (proofs(site, &found.view, signed)?)
    };
    let title = format!("{} evaluated by {}", evaluation.system.name, signed.verified.record.header().issuer.name);
    let trail =
        vec![Crumb::new("Home", "/"), Crumb::new("Evaluations", "/evaluations"), Crumb::here(evaluation.system.name.as_str())];
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

fn warnings(evaluation: &Evaluation, view: &EvaluationView, files: &LaidOut) -> Markup {
    html! {
        @if let Some(later) = &view.corrected_by {
            (aside(Tone::Bad, &html! { p {
                strong { "Corrected. " } "The same evaluator has replaced this by " a href={ "/evaluations/" (later) } { "a later evaluation" } "."
            } }))
        }
        @if let Some(earlier) = &view.corrects {
            (aside(Tone::Mark, &html! { p { "This replaces " (record_link(earlier)) ", which was wrong." } }))
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
            (forest(&caption, "Metric", task.metrics.iter().map(|metric| line(metric)).collect()))
            @if task.metrics.is_empty() { p { (caption) ". It has no metric." } }
        }
    }
}

fn line(metric: &record::Metric) -> Line {
    let name = html! { (inline(metric.title.as_str(), 80)) span.sub { (direction_words(metric.direction)) } };
    Line::of_metric(name, metric)
}

fn requirements(evaluation: &Evaluation) -> Markup {
    let columns =
        vec![Column::new("Requirement", Align::Start), Column::new("Verdict", Align::Start), Column::new("Why", Align::Text)];
    let mut table = Table::new("Requirements, decided by the evaluator’s program", columns);
    for found in &evaluation.requirements {
        let verdict = match found.held {
            Some(true) => badge(Tone::Good, "met"),
            Some(false) => badge(Tone::Bad, "missed"),
            None => badge(Tone::Open, "undecided"),
        };
        table.push(vec![html! { code { (visible(found.expression.as_str())) } }, verdict, visible(found.reason.as_str())]);
    }
    html! { @if !table.is_empty() { h2 id="requirements" { "Requirements" } (table.render()) } }
}

/// What a reader has to know before believing anything.
fn how_to_take_it(evaluation: &Evaluation) -> Markup {
    let own_words = |text: Option<&str>, nothing: &'static str| html! {
        @match text { Some(text) => blockquote.prose { p { (visible(text)) } }, None => p { (nothing) } }
    };
    let evaluator = &evaluation.evaluator;
    let judge = evaluation.judge.as_ref();
    html! {
        h2 id="limits" { "How to take it" }
        p { (relationship_words(evaluator.relationship)) }
        h3 { "Limitations, in the evaluator’s own words" }
        (own_words(evaluator.limitations.as_ref().map(|text| text.as_str()), "None are stated. Every evaluation has some."))
        h3 { "Conflicts of interest, in the evaluator’s own words" }
        (own_words(evaluator.conflicts_of_interest.as_ref().map(|text| text.as_str()), "None are stated."))
        @if let Some(judge) = judge {
            h3 { "Judge" }
            p {
                "Some answers were judged by another system, " (inline(judge.system.name.as_str(), 80)) ". "
                @if judge.measurements.is_empty() { "Its agreement with people was not measured." }
                @else { "Its agreement with people was measured on " (grouped(judge.measurements.iter().map(|found| found.n).sum())) " labels." }
            }
        }
        h3 { "What this does not prove" }
        ul {
            li { "That the evaluator is who the name says. The key is proven, the name is the evaluator’s own word." }
            li { "That the evaluator really asked this system and wrote down what it answered. Reproductions by others are what speaks for that." }
            li { "That the system which you use today is the one that was measured, or does as well on questions that were not asked." }
            @if evaluation.plan.is_none() { li { "That this is the first attempt: without a plan that was logged before, runs that came out otherwise may have been left out." } }
        }
    }
}

fn plan(evaluation: &Evaluation) -> Markup {
    html! {
        h2 id="plan" { "Plan" }
        @match &evaluation.plan {
            None => p { "No plan was logged before the run." },
            Some(plan) => (followed(plan)),
        }
    }
}

fn followed(plan: &FollowedPlan) -> Markup {
    html! {
        p {
            "By its own word this is run " (plan.number) " of the plan " (record_link(&plan.record)) ", which stands at index "
            (grouped(plan.index)) " of the log " code { (inline(plan.origin.as_str(), 100)) } "."
        }
        @if plan.deviations.is_empty() { p { "Nothing was done otherwise than planned." } } @else {
            (aside(Tone::Mark, &html! {
                p { strong { "Done otherwise than planned:" } }
                ul { @for deviation in plan.deviations.iter().take(50) { li { (visible(deviation.as_str())) } } }
            }))
        }
        @if !plan.other_runs.is_empty() {
            p { "Other runs of the plan:" }
            ul { @for run in plan.other_runs.iter().take(100) {
                li {
                    "run " (run.number) ": "
                    (match run.status {
                        OtherRunStatus::Finished => "finished",
                        OtherRunStatus::Unfinished => "begun and not finished",
                        OtherRunStatus::Lost => "its data are gone",
                    })
                    @match &run.record { Some(record) => { ", published as " (record_link(record)) }, None => ", not published" }
                }
            } }
        }
    }
}

fn reproductions(site: &Site, record: &Hash, view: &EvaluationView) -> Result<Markup, Wrong> {
    let kind = "reproduction".parse().map_err(|_| Wrong::Bug)?;
    let found = site.index().referrers(record, Some(&kind), Seek::Start, PageSize::clamped(REPRODUCTIONS))?;
    let columns = vec![
        Column::new("By", Align::Start),
        Column::new("Verdict", Align::Start),
        Column::new("Metrics compared", Align::End),
        Column::new("Logged", Align::Date),
        Column::new("Record", Align::Start),
    ];
    let mut table = Table::new("Others who did it again, oldest first", columns);
    for entry in &found.items {
        let Some(signed) = site.signed(entry.index)? else { continue };
        let Body::Reproduction(again) = signed.verified.record.body() else { continue };
        table.push(row(&signed, again, *record));
    }
    Ok(html! {
        h2 id="reproductions" { "Reproductions" }
        @if table.is_empty() { p { "Nobody has logged one yet. Do it again with " code { "overt reproduce" } " and the bundle below." } }
        @else { (table.render()) }
        @if view.reproductions > u64::from(REPRODUCTIONS) { p.note { "There are " (grouped(view.reproductions)) "; the first are shown." } }
    })
}

fn row(signed: &Signed, again: &Reproduction, original: Hash) -> Vec<Markup> {
    let issuer = signed.verified.record.header().issuer.name.as_str();
    let is_of_this = again.original == original;
    vec![
        claimed(issuer),
        html! { (verdict_badge(again.verdict)) @if !is_of_this { " of another evaluation" } },
        html! { (grouped(again.comparisons.len() as u64)) },
        day(signed.entry.time),
        record_link(&signed.verified.digest),
    ]
}

fn the_run(record: &Hash, evaluation: &Evaluation, files: &LaidOut) -> Markup {
    let base = format!("/evaluations/{record}");
    html! {
        h2 id="the-run" { "The run" }
        @match files {
            LaidOut::Here(_) => {
                p {
                    a href={ (base) "/samples" } { "All samples" } " · "
                    a href={ (base) "/samples?outcome=failed" } { "Samples without an answer" } " · "
                    a href={ (base) "/samples?sort=score" } { "Lowest scores first" } " · "
                    a href={ (base) "/run" } { "The whole run: settings, scores, files" }
                }
                p.note { "Before they were shown here, these files were checked against the signed record: every answer was scored again, and every result computed again." }
            }
            _ => p { "The files of the run are not here. The record stands by itself; whoever has the files can check them against it with " code { "overt verify" } "." },
        }
        (identity(evaluation))
    }
}

fn identity(evaluation: &Evaluation) -> Markup {
    let system = &evaluation.system;
    let code = |text: &str| html! { code { (inline(text, 200)) } };
    Definitions::new()
        .with("run", code(evaluation.run.id.as_str()))
        .with("began", moment(evaluation.run.created))
        .with("finished", moment(evaluation.run.finished))
        .with("model", code(system.model.as_str()))
        .with_some("address", system.base_url.as_ref().map(|url| code(url.as_str())))
        .with_some("weights", system.artefact.as_ref().map(|weights| html! {
            (code(weights.file.as_str())) " " (crate::kit::digest("the digest of the weights", &weights.sha256.to_string()))
        }))
        .with("asked with", html! { "overt " (inline(evaluation.overt.version.as_str(), 40)) })
        .with("seed", html! { (evaluation.settings.seed.to_string()) })
        .with("samples are bound by", crate::kit::digest("the root of the samples", &evaluation.samples.root.to_string()))
        .render()
}

/// Others that asked the same tasks and whose files are here too, to be set beside this one.
fn comparison(site: &Site, record: &Hash, evaluation: &Evaluation, files: &LaidOut) -> Result<Markup, Wrong> {
    if !matches!(files, LaidOut::Here(_)) {
        return Ok(html! {});
    }
    let mut choices: Vec<Choice> = Vec::new();
    for task in evaluation.tasks.iter().take(8) {
        let Some(found) = site.index().task(task.name.as_str())? else { continue };
        for other in found.evaluations.iter().filter(|other| other.record != *record) {
            let value = other.record.to_string();
            if choices.len() < OFFERED && !choices.iter().any(|choice| choice.value == value) && has_files(site, &other.record)? {
                let words = format!("{} by {}, {}", other.name, other.issuer, &other.time.to_string()[..10]);
                choices.push(Choice::new(value, crate::kit::text::plain(&words, 120)));
            }
        }
    }
    Ok(html! {
        h2 id="compare" { "Compare" }
        @if choices.is_empty() { p { "No other evaluation whose files are here asked one of these tasks." } } @else {
            form.filters method="get" action="/compare" {
                input type="hidden" name="run" value=(record);
                (select("run", "With", &choices, ""))
                button.button { "Compare sample by sample" }
            }
        }
    })
}

/// Whether an evaluation's files are here; one that was never looked at is looked up, not laid out.
fn has_files(site: &Site, record: &Hash) -> Result<bool, Wrong> {
    let view: Option<RecordView> = site.index().record(record)?;
    let Some(entry) = view.and_then(|view| view.entry) else { return Ok(false) };
    let commit = site.entry(entry.index)?.commit;
    let source = overt_log::client::Source::Store(site.sources().store.clone());
    Ok(Site::wait(overt_log::files::listed(&source, &commit))?.is_some())
}
