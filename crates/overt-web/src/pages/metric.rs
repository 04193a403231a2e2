//! Metrics: a row of a dot-and-whisker table each, with all that is needed to read it.

use maud::{Markup, html};
use overt_schema::{Direction, IntervalResult, MetricResult};

use crate::kit::number::{count, grouped, percent, value};
use crate::kit::text::inline;
use crate::kit::{Forest, ForestRow, Scale, Whisker};

/// Which way is good, in words; empty if neither.
pub fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Higher => "higher is better",
        Direction::Lower => "lower is better",
        Direction::Zero => "zero is best",
        Direction::None => "",
    }
}

/// `[0.23, 0.40]`.
pub(crate) fn interval(interval: &IntervalResult) -> String {
    format!("[{}, {}]", value(interval.low), value(interval.high))
}

/// The row of a metric, and below it the row of its corrected value, if there is one.
pub fn metric_row(name: Markup, metric: &MetricResult) -> Vec<ForestRow> {
    let ends = metric.interval.as_ref().map(|interval| (interval.low, interval.high));
    let bounds = metric.bounds.map(|[low, high]| (low, high));
    let notes = notes(metric);
    let mut rows = vec![ForestRow {
        name,
        whisker: Whisker { value: metric.value, interval: ends, bounds, class: "" },
        label: in_words(metric),
        cells: vec![
            html! { @match metric.value { Some(number) => b { (value(number)) }, None => "no value" } },
            html! { @match &metric.interval { Some(ends) => (interval(ends)), None => span.faint { "none" } } },
            html! { span.faint { "n = " } (grouped(metric.n)) },
        ],
        note: (!notes.is_empty()).then(|| {
            html! { @for (at, note) in notes.iter().enumerate() {
                @if at > 0 { " · " } (note)
            } }
        }),
    }];
    if let Some(corrected) = &metric.corrected {
        let ends = (corrected.interval.low, corrected.interval.high);
        rows.push(ForestRow {
            name: html! { span.sub { "corrected for the judge’s errors" } },
            whisker: Whisker {
                value: Some(corrected.value),
                interval: Some(ends),
                bounds: None,
                class: "corrected",
            },
            label: format!("corrected: {} {}", value(corrected.value), interval(&corrected.interval)),
            cells: vec![
                html! { b { (value(corrected.value)) } },
                html! { (interval(&corrected.interval)) },
                html! { (count(corrected.labels, "label")) },
            ],
            note: None,
        });
    }
    rows
}

/// The strip in words.
fn in_words(metric: &MetricResult) -> String {
    let number = metric.value.map_or_else(|| "no value".to_owned(), value);
    match &metric.interval {
        Some(ends) => {
            format!("{number}, {} interval {} to {}", percent(ends.level), value(ends.low), value(ends.high))
        }
        None => format!("{number}, without an interval"),
    }
}

fn notes(metric: &MetricResult) -> Vec<Markup> {
    let mut notes = Vec::new();
    if metric.missing > 0 {
        notes.push(html! { (grouped(metric.missing)) " missing" });
    }
    if let Some([low, high]) = metric.bounds {
        let whatever = if metric.missing > 0 { "those" } else { "the samples without a score" };
        notes.push(html! { "between " (value(low)) " and " (value(high)) ", whatever " (whatever) " would have been" });
    }
    if metric.unparsed > 0 {
        notes.push(html! { (count(metric.unparsed, "answer")) " could not be read and count as 0" });
    }
    if let Some(clusters) = metric.clusters {
        notes.push(html! { (count(clusters, "cluster")) " taken into account" });
    }
    if let Some(least) = metric.detectable_difference {
        notes.push(html! { "a second run would show a difference of " (value(least)) " in 80 of 100 cases" });
    }
    if let Some(note) = &metric.note {
        notes.push(inline(note, 400));
    }
    notes
}

/// Everything of a row that its axis must have room for.
fn extent(row: &ForestRow) -> impl Iterator<Item = f64> {
    let pair = |ends: Option<(f64, f64)>| ends.into_iter().flat_map(|(low, high)| [low, high]);
    let whisker = &row.whisker;
    whisker
        .value
        .into_iter()
        .chain(pair(whisker.interval))
        .chain(pair(whisker.bounds))
        .collect::<Vec<_>>()
        .into_iter()
}

/// Rows as dot-and-whisker tables: shares and rates on one axis, and everything else on another.
pub fn forests(caption: &Markup, rows: Vec<ForestRow>) -> Markup {
    let is_share = |row: &ForestRow| extent(row).all(|at| (0.0..=1.0).contains(&at));
    let (shares, others): (Vec<ForestRow>, Vec<ForestRow>) = rows.into_iter().partition(is_share);
    let both = !shares.is_empty() && !others.is_empty();
    let table = |rows: Vec<ForestRow>, is_second: bool| Forest {
        caption: if is_second {
            html! { "Results that lie outside of 0 to 1, on an axis of their own." }
        } else {
            caption.clone()
        },
        name: "Metric",
        chart: "Value and interval".into(),
        headings: vec!["Value", "Interval", "Samples"],
        scale: Scale::fitting(rows.iter().flat_map(extent)),
        rows,
    };
    html! {
        @if !shares.is_empty() { (table(shares, false).render()) }
        @if !others.is_empty() { (table(others, both).render()) }
    }
}
