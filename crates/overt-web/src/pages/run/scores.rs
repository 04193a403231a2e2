//! How often each score was given.

use maud::{Markup, html};
use overt_schema::TaskRun;

use super::RunPage;
use crate::kit::link::Query;
use crate::kit::number::{count, decimal, grouped};
use crate::kit::text::{inline, plain};
use crate::kit::{Align, Bar, Column, Table, histogram};
use crate::view::Bin;

pub(super) fn scores(page: &RunPage<'_>, position: usize, task: &TaskRun) -> Markup {
    let scorers = page.view.sketch.scorers(position);
    html! {
        @if !scorers.is_empty() {
            h3 { "Scores" }
            div.columns { @for scorer in scorers { (one(page, position, task, scorer)) } }
        }
    }
}

fn one(page: &RunPage<'_>, position: usize, task: &TaskRun, scorer: &str) -> Markup {
    let Some(scores) = page.view.sketch.spread(position, scorer) else { return html! {} };
    let bars = scores.bins.iter().map(|bin| Bar { label: label(bin), count: bin.count, is_missing: false });
    let missing = (scores.missing > 0).then(|| Bar {
        label: "missing".into(),
        count: scores.missing,
        is_missing: true,
    });
    let bars: Vec<Bar> = bars.chain(missing).collect();
    let title = format!("How often each score was given by {}", plain(scorer, 60));
    let columns = vec![Column::new("Score", Align::Start), Column::new("Samples", Align::End)];
    let mut table = Table::new(title.clone(), columns).class("small").quiet();
    let link = |more: &dyn Fn(Query) -> Query, label: &str, n: u64| {
        let to = page.place.samples_of(&task.name, |query| more(query.with("scorer", scorer)));
        vec![
            html! { (label) },
            html! { a href=(to) aria-label={ (grouped(n)) " with score " (label) } { (grouped(n)) } },
        ]
    };
    for bin in scores.bins.iter().filter(|bin| bin.count > 0) {
        let range = |query: Query| query.with("from", bin.low.to_string()).with("to", bin.high.to_string());
        table.push(link(&range, &label(bin), bin.count));
    }
    if scores.missing > 0 {
        table.push(link(&|query| query.with("score", "missing"), "missing", scores.missing));
    }
    html! {
        figure {
            figcaption { b { (inline(scorer, 60)) } " · " (count(bars.iter().map(|bar| bar.count).sum(), "answer")) }
            @if scores.bins.len() > 2 { (histogram(&title, &bars)) }
            (table.render())
        }
    }
}

/// One value, or from where to where.
fn label(bin: &Bin) -> String {
    if bin.low.total_cmp(&bin.high).is_eq() {
        return short(bin.low);
    }
    format!("{} – {}", short(bin.low), short(bin.high))
}

fn short(score: f64) -> String {
    let text = decimal(score, 2);
    match text.split_once('.') {
        Some((whole, rest)) if rest.chars().all(|c| c == '0') => whole.to_owned(),
        _ => text,
    }
}
