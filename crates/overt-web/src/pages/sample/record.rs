//! The sample's fields, and what is known about how the answer came.

use maud::{Markup, html};
use overt_schema::{Attempt, SampleRow};
use serde_json::Value;

use super::{Part, SamplePage, pretty};
use crate::kit::number::{decimal, grouped};
use crate::kit::text::{cut, inline, plain, visible};
use crate::kit::{Align, Column, Definitions, Table, digest};

/// Bytes of a field that are shown.
const FIELD: usize = 8 << 10;
/// A list or an object that is not longer stands in one line.
const SHORT: usize = 100;

pub(super) fn fields(page: &SamplePage<'_>, whole: &SampleRow) -> Markup {
    let mut rows = Definitions::new();
    for (name, value) in whole.sample.fields.iter().take(100) {
        let (text, is_laid_out) = written(value);
        let shown = cut(&text, FIELD);
        let what = html! {
            @if is_laid_out { pre { (visible(shown.head)) } } @else { span dir="auto" { (visible(shown.head)) } }
            @if shown.more > 0 { " … " a href=(page.text(Part::Row)) { "all of it" } }
        };
        rows = rows.with(plain(name, 60), what);
    }
    html! { @if !whole.sample.fields.is_empty() { h2 { "The sample" } (rows.render()) } }
}

/// A field as text, and whether it needs lines of its own.
fn written(value: &Value) -> (String, bool) {
    match value {
        Value::String(text) => (text.clone(), false),
        Value::Array(_) | Value::Object(_) => {
            let short = value.to_string();
            if short.len() <= SHORT { (short, false) } else { (pretty(value), true) }
        }
        other => (other.to_string(), false),
    }
}

pub(super) fn request(page: &SamplePage<'_>, whole: &SampleRow) -> Markup {
    let answer = &whole.answer;
    let name = |text: &str| html! { code { (inline(text, 200)) } };
    let usage = &answer.usage;
    let filters: Vec<String> = answer.served.filters.iter().take(50).map(ToString::to_string).collect();
    let rows = Definitions::new()
        .with(
            "tokens",
            html! {
                (grouped(usage.prompt_tokens)) " read, " (grouped(usage.completion_tokens)) " written"
                @if usage.cached_tokens > 0 { ", " (grouped(usage.cached_tokens)) " known before" }
                @if usage.reasoning_tokens > 0 { ", " (grouped(usage.reasoning_tokens)) " of reasoning" }
            },
        )
        .with_some("model in the reply", answer.served.model.as_deref().map(name))
        .with_some("fingerprint", answer.served.fingerprint.as_deref().map(name))
        .with_some("request id", answer.served.request_id.as_deref().map(name))
        .with_some(
            "request sha256",
            answer.request_digest.map(|hex| digest("the digest of the request", &hex.to_string())),
        )
        .with_some("content filter", (!filters.is_empty()).then(|| inline(&filters.join(", "), 400)))
        .with_some(
            "first token",
            answer.logprobs.as_ref().map(|first| {
                html! {
                    code { (inline(&first.token, 40)) } ", probability " (decimal(first.logprob.exp(), 3))
                }
            }),
        );
    html! {
        h2 { "Request" }
        (rows.render())
        (attempts(&answer.attempts))
        p { a href=(page.text(Part::Row)) { "The whole row as JSON" } }
    }
}

fn attempts(attempts: &[Attempt]) -> Markup {
    let columns = vec![
        Column::new("Attempt", Align::End),
        Column::new("Seconds", Align::End),
        Column::new("What came of it", Align::Text),
    ];
    let mut table = Table::new("Every attempt, failed ones too", columns).class("small");
    for (at, attempt) in attempts.iter().enumerate().take(50) {
        let what = html! {
            @match attempt.failure {
                None => "an answer",
                Some(failure) => { (format!("{failure:?}").to_lowercase())
                    @if let Some(status) = attempt.status { ", status " (status) }
                    @if let Some(said) = &attempt.message { ": " (visible(&plain(said, 1000))) } }
            }
        };
        table.push(vec![html! { (at + 1) }, html! { (decimal(attempt.took_ms / 1e3, 2)) }, what]);
    }
    html! { @if !table.is_empty() { (table.render()) } }
}
