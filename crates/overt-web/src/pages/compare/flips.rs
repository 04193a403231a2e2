//! Samples that the first two runs scored differently, side by side.

use maud::{Markup, html};
use overt_schema::ToolCall;

use super::ComparedRun;
use crate::kit::link::Query;
use crate::kit::number::{count, decimal, grouped, signed};
use crate::kit::text::{cut, inline, plain, visible};
use crate::kit::{Choice, Pager, Tone, badge, outcome_badge, pager, select};
use crate::view::{Flip, Flips, Question, Row, Way};

/// Bytes of an answer that are shown beside the other.
const SHOWN: usize = 1200;

pub(super) fn flips(path: &str, runs: &[ComparedRun<'_>], found: Option<(&Question, &Flips)>) -> Markup {
    let [first, second, ..] = runs else { return html! {} };
    html! {
        h2 id="flips" { "Samples that changed" }
        p { "Samples that " (inline(&first.label(second), 80)) " and " (inline(&second.label(first), 80)) " got different scores for." }
        (form(path, runs, found.map(|(question, _)| question)))
        @if let Some((question, flips)) = found {
            p { (counts(flips)) }
            @for flip in &flips.shown { (one(first, second, &question.task, flip)) }
            (pager(&Pager { path, query: &query(runs, question), page: flips.page, pages: flips.pages, label: "Pages of changed samples" }))
        } @else {
            p.note { "The runs have no task and scorer in common." }
        }
    }
}

fn query(runs: &[ComparedRun<'_>], question: &Question) -> Query {
    let runs = runs.iter().fold(Query::new(), |query, run| query.with("run", run.name));
    runs.with("about", format!("{}/{}", question.task, question.scorer)).with("way", way_word(question.way))
}

fn way_word(way: Way) -> &'static str {
    match way {
        Way::Both => "both",
        Way::Up => "up",
        Way::Down => "down",
    }
}

fn form(path: &str, runs: &[ComparedRun<'_>], question: Option<&Question>) -> Markup {
    let [first, second, ..] = runs else { return html! {} };
    let mut about = Vec::new();
    for (position, task) in
        first.view.tasks.iter().enumerate().filter(|(_, task)| second.view.tasks.contains(task))
    {
        for scorer in first.view.sketch.scorers(position) {
            let label = format!("{}: {}", plain(task, 40), plain(scorer, 40));
            about.push(Choice::new(format!("{task}/{scorer}"), label));
        }
    }
    let chosen =
        question.map(|question| format!("{}/{}", question.task, question.scorer)).unwrap_or_default();
    let ways = [
        Choice::new("both", "all that changed"),
        Choice::new("up", "higher in the second"),
        Choice::new("down", "lower in the second"),
    ];
    html! {
        @if !about.is_empty() {
            form.filters method="get" action={ (path) "#flips" } {
                @for run in runs { input type="hidden" name="run" value=(run.name); }
                (select("about", "Task and scorer", &about, &chosen))
                (select("way", "Which", &ways, question.map_or("both", |question| way_word(question.way))))
                button.primary { "Show" }
            }
        }
    }
}

fn counts(flips: &Flips) -> Markup {
    html! {
        b { (grouped(flips.up)) } " higher in the second, " b { (grouped(flips.down)) } " lower, " (count(flips.same, "sample")) " the same."
    }
}

fn one(first: &ComparedRun<'_>, second: &ComparedRun<'_>, task: &str, flip: &Flip) -> Markup {
    html! {
        section.flip {
            h3 { (inline(flip.a.id(), 80)) " " span.note { (signed(f64::from(flip.difference), 2)) } }
            @if let Some(question) = asked(&flip.a) { p.note { (inline(question, 300)) } }
            div.sides {
                (side(first, &first.label(second), task, &flip.a))
                (side(second, &second.label(first), task, &flip.b))
            }
        }
    }
}

/// The last message before the answer, which is most often the question.
fn asked(row: &Row) -> Option<&str> {
    row.whole()?.messages.last().map(|message| message.content.as_str())
}

fn side(run: &ComparedRun<'_>, label: &str, task: &str, row: &Row) -> Markup {
    html! {
        div {
            h4 { a href=(run.place.sample(task, row.id(), row.epoch())) { (inline(label, 80)) } }
            p {
                (outcome_badge(row.outcome()))
                @for score in row.scores().iter().take(8) {
                    " " @match score.value { Some(value) => b { (decimal(value, 2)) }, None => "missing" }
                    " " span.faint { (inline(&score.scorer, 30)) }
                }
            }
            @match row.whole() {
                None => (badge(Tone::Open, "content withheld")),
                Some(whole) => {
                    @let text = whole.answer.output.as_deref().map(|text| ToolCall::words(text, &whole.answer.tool_calls));
                    @match text {
                        None => p.faint { "(none)" },
                        Some(text) => {
                            @let shown = cut(text, SHOWN);
                            div.said dir="auto" { (visible(shown.head)) @if shown.more > 0 { "…" } }
                        }
                    }
                }
            }
        }
    }
}
