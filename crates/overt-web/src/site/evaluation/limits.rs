//! What a reader has to know before believing a result.

use maud::{Markup, html};
use overt_record::Text;
use overt_record::record::{Evaluation, FollowedPlan, OtherRunStatus};

use crate::kit::number::grouped;
use crate::kit::text::{inline, visible};
use crate::kit::{Tone, aside};
use crate::site::outcome::relationship_words;
use crate::site::state::Site;

/// What a reader has to know before believing anything.
pub(super) fn how_to_take_it(evaluation: &Evaluation) -> Markup {
    let own_words = |text: Option<&str>, nothing: &'static str| {
        html! {
            @match text { Some(text) => blockquote.prose { p { (visible(text)) } }, None => p { (nothing) } }
        }
    };
    let evaluator = &evaluation.evaluator;
    let judge = evaluation.judge.as_ref();
    html! {
        h2 id="limits" { "How to take it" }
        p { (relationship_words(evaluator.relationship)) }
        h3 { "Limitations, in the evaluator’s own words" }
        (own_words(evaluator.limitations.as_ref().map(Text::as_str), "None are stated. Every evaluation has some."))
        h3 { "Conflicts of interest, in the evaluator’s own words" }
        (own_words(evaluator.conflicts_of_interest.as_ref().map(Text::as_str), "None are stated."))
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

/// The plan that was logged before, or that there was none.
pub(super) fn plan(site: &Site, evaluation: &Evaluation) -> Markup {
    html! {
        h2 id="plan" { "Plan" }
        @match &evaluation.plan {
            None => p { "No plan was logged before the run." },
            Some(plan) => (followed(site, plan)),
        }
    }
}

fn followed(site: &Site, plan: &FollowedPlan) -> Markup {
    html! {
        p {
            "By its own word this is run " (plan.number) " of the plan " (site.record_link(&plan.record)) ", which stands at index "
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
                    @match &run.record { Some(record) => { ", published as " (site.record_link(record)) }, None => ", not published" }
                }
            } }
        }
    }
}
