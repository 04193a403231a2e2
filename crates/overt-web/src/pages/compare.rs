//! Two or more runs beside each other: how every metric differs, and on which samples.

mod beside;
mod flips;

use maud::{Markup, html};
use overt_score::{TaskComparison, Tested};

use super::Place;
use super::metric::direction;
use crate::kit::number::{count, grouped, probability, signed, value};
use crate::kit::text::{inline, visible};
use crate::kit::{Crumb, Forest, ForestRow, NavLink, Page, Scale, Tone, Whisker, aside};
use crate::view::{Comparisons, Flips, Question, RunView};

/// A run that is compared.
#[derive(Debug)]
pub struct ComparedRun<'a> {
    /// The run.
    pub view: &'a RunView,
    /// Where its pages are.
    pub place: &'a Place,
    /// Its name in the addresses of comparisons.
    pub name: &'a str,
}

impl ComparedRun<'_> {
    /// What it is called beside another: by its system, or by its own name if both have the same.
    fn label(&self, other: &ComparedRun<'_>) -> String {
        let system = &self.view.run.system.name;
        if *system == other.view.run.system.name { self.short() } else { system.clone() }
    }

    /// Its name; of one that is a digest, as much as digests are shown with.
    fn short(&self) -> String {
        let is_digest = self.name.len() == 64 && self.name.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_digest { format!("{}…", &self.name[..12]) } else { self.name.to_owned() }
    }
}

/// The page of a comparison. `flips` is about the first two runs.
pub fn compare(
    path: &str,
    runs: &[ComparedRun<'_>],
    found: &Comparisons,
    flips: Option<(&Question, &Flips)>,
) -> Page {
    let Some(first) = runs.first() else { return Page::new("Comparison", html! { h1 { "Comparison" } }) };
    let content = html! {
        h1 { "Comparison" }
        p.lede { (count(runs.len() as u64, "run")) ". Differences are the other run minus the first, paired on the samples that both answered." }
        (beside::beside(runs))
        @for (other, tasks) in runs.iter().skip(1).zip(&found.others) {
            (differences(first, other, tasks, found.tests))
        }
        @if found.tests > 1 {
            p.note {
                "With " (grouped(found.tests as u64)) " tests, one of 20 true zeros would show p < 0.05 by chance; the p-values shown are "
                "adjusted for that (Holm)."
            }
        }
        (flips::flips(path, runs, flips))
    };
    let section = NavLink::new("", &*first.place.section).href;
    let mut trail = first.place.trail.clone();
    trail.push(Crumb::here("Comparison"));
    Page::new("Comparison", content).trail(trail).section(section)
}

fn differences(
    first: &ComparedRun<'_>,
    other: &ComparedRun<'_>,
    tasks: &[TaskComparison],
    tests: usize,
) -> Markup {
    let rows: Vec<ForestRow> = tasks
        .iter()
        .flat_map(|task| task.metrics.iter().map(move |tested| row(&task.task, tested, tests)))
        .collect();
    let ends = rows.iter().flat_map(|row| {
        let ends = row.whisker.interval.map(|(low, high)| [low, high]);
        row.whisker.value.into_iter().chain(ends.into_iter().flatten())
    });
    let caption = html! {
        (inline(&other.label(first), 80)) " minus " (inline(&first.label(other), 80))
        ". A line that crosses zero leaves open which is higher."
    };
    let forest = Forest {
        caption,
        name: "Metric",
        chart: "Difference".into(),
        headings: vec!["First", "Other", "Difference", "p", "Pairs"],
        scale: Scale::around_zero(ends),
        rows,
    };
    html! {
        h2 { (inline(&other.label(first), 80)) " beside " (inline(&first.label(other), 80)) }
        @if !forest.rows.is_empty() { (forest.render()) }
        @for task in tasks {
            @if let Some(why) = &task.not_comparable {
                (aside(Tone::Mark, &html! { p { strong { (inline(&task.task, 80)) " is not comparable: " } (visible(why)) } }))
            }
        }
        @if tasks.is_empty() { p { "They have no task in common." } }
    }
}

fn row(task: &str, tested: &Tested, tests: usize) -> ForestRow {
    let metric = &tested.comparison;
    let ends = metric.interval.as_ref().map(|interval| (interval.low, interval.high));
    let crosses = ends.is_none_or(|(low, high)| low <= 0.0 && high >= 0.0);
    let p = if tests > 1 { tested.p_adjusted } else { metric.p_value };
    let maybe =
        |number: Option<f64>| html! { @match number { Some(number) => (value(number)), None => "—" } };
    let in_words = match (metric.difference, ends) {
        (None, _) => "no difference can be stated".to_owned(),
        (Some(difference), None) => format!("{}, without an interval", signed(difference, 3)),
        (Some(difference), Some((low, high))) => {
            format!("{}, interval {} to {}", signed(difference, 3), signed(low, 3), signed(high, 3))
        }
    };
    let notes = notes(tested);
    ForestRow {
        name: html! {
            (inline(&metric.title, 80))
            span.sub { (inline(task, 80)) @if !direction(metric.direction).is_empty() { " · " (direction(metric.direction)) } }
        },
        whisker: Whisker {
            value: metric.difference,
            interval: ends,
            bounds: None,
            class: if crosses { "unclear" } else { "" },
        },
        label: in_words,
        cells: vec![
            maybe(metric.a),
            maybe(metric.b),
            html! {
                @match metric.difference { Some(difference) => b { (signed(difference, 3)) }, None => "—" }
                @if let Some((low, high)) = ends { br; span.faint { "[" (signed(low, 3)) ", " (signed(high, 3)) "]" } }
            },
            html! { @match p { Some(p) => (probability(p)), None => "—" } },
            html! { (grouped(metric.pairs)) },
        ],
        note: (!notes.is_empty())
            .then(|| html! { @for (at, note) in notes.iter().enumerate() { @if at > 0 { " · " } (note) } }),
    }
}

fn notes(tested: &Tested) -> Vec<Markup> {
    let metric = &tested.comparison;
    let mut notes = Vec::new();
    if metric.unpaired > 0 {
        notes.push(html! { (grouped(metric.unpaired)) " not paired" });
    }
    if let Some(clusters) = metric.clusters {
        notes.push(html! { (count(clusters, "cluster")) " taken into account" });
    }
    if let Some(least) = metric.detectable_difference {
        notes.push(
            html! { "this comparison would find a difference of " (value(least)) " in 80 of 100 cases" },
        );
    }
    if let Some(method) = &metric.p_method {
        notes.push(html! { "test: " (inline(method, 40)) });
    }
    if let Some(note) = &metric.note {
        notes.push(inline(note, 400));
    }
    notes
}
