//! What judges were asked about the answer, and what they said.

use maud::{Markup, html};
use overt_schema::{Judgement, Role, SampleRow};

use super::{Part, SamplePage};
use crate::kit::text::{inline, visible};
use crate::kit::{Turn, turns};

/// Judgements that are shown; the row has all.
const SHOWN: usize = 50;

pub(super) fn judged(page: &SamplePage<'_>, whole: &SampleRow) -> Markup {
    if whole.judgements.is_empty() {
        return html! {};
    }
    let mut said: Vec<Turn> = Vec::new();
    let mut asked: Option<&Judgement> = None;
    for (at, judgement) in whole.judgements.iter().enumerate().take(SHOWN) {
        // The same question is asked several times, and shown once.
        if asked.is_none_or(|before| before.messages != judgement.messages) {
            said.push(question(page, at, judgement));
            asked = Some(judgement);
        }
        said.push(verdict(page, at, judgement));
    }
    html! {
        h2 { "Judgements" }
        (turns(&said))
        @if whole.judgements.len() > SHOWN {
            p.cut { "There are " (whole.judgements.len()) " judgements. " a href=(page.text(Part::Row)) { "Read them all in the row" } }
        }
    }
}

fn question(page: &SamplePage<'_>, at: usize, judgement: &Judgement) -> Turn {
    let messages = judgement.messages.iter().enumerate().filter(|(_, message)| message.role == Role::User);
    Turn {
        who: "question".into(),
        remark: Some(html! { "for " (inline(&judgement.scorer, 40)) }),
        content: html! {
            @for (place, message) in messages.take(20) {
                (page.said(&message.content, Part::Question(at, place), "code").render())
            }
        },
        is_answer: false,
    }
}

fn verdict(page: &SamplePage<'_>, at: usize, judgement: &Judgement) -> Turn {
    let answer = &judgement.answer;
    let content = html! {
        @match &answer.output {
            Some(text) => (page.said(text, Part::Verdict(at), "").render()),
            None => p.faint { "(" (answer.outcome.as_str()) ") " @if let Some(why) = &answer.error { (visible(why)) } },
        }
    };
    let remark =
        html! { "vote " (judgement.vote.saturating_add(1)) @if judgement.swapped { ", order swapped" } };
    Turn { who: "judge".into(), remark: Some(remark), content, is_answer: false }
}
