//! The results of each group of samples, as `overt show --group` computes them.

use maud::{Markup, html};
use overt_schema::{Status, TaskRun};
use overt_score::GroupedResults;

use super::{Grouping, RunPage};
use crate::kit::link::Query;
use crate::kit::number::{count, percent};
use crate::kit::text::{inline, plain, visible};
use crate::kit::{ForestRow, Tone, aside};
use crate::pages::metric::{direction, forests, metric_row};

pub(super) fn groups(page: &RunPage<'_>, position: usize, task: &TaskRun) -> Markup {
    let view = page.view;
    let fields = view.sketch.facets().fields(Some(position));
    if fields.is_empty() || view.run.status != Status::Finished || task.metrics.is_empty() {
        return html! {};
    }
    let chosen = page.grouped.as_ref().map(|grouping| grouping.field.as_str());
    html! {
        h3 id={ "groups-" (position) } { "Groups" }
        p {
            "Results by "
            @for (at, field) in fields.iter().enumerate() {
                @if at > 0 { " · " }
                @let to = Query::new().with("group", *field).on(&page.place.base);
                a href={ (to) "#groups-" (position) } aria-current=[(chosen == Some(field)).then_some("true")] {
                    @if chosen == Some(field) { b { (inline(field, 60)) } } @else { (inline(field, 60)) }
                }
            }
        }
        @if let Some(Grouping { field, found }) = &page.grouped {
            @match found {
                Err(error) if fields.contains(&field.as_str()) => {
                    (aside(Tone::Bad, &html! { pre { (visible(&error.to_string())) } }))
                }
                Err(_) => {}
                Ok(tasks) => {
                    @if let Some(grouped) = tasks.iter().find(|grouped| grouped.task == task.name) {
                        (table(page, task, field, grouped))
                    }
                }
            }
        }
    }
}

fn table(page: &RunPage<'_>, task: &TaskRun, field: &str, grouped: &GroupedResults) -> Markup {
    let metrics = grouped.groups.first().map_or(&[][..], |group| &group.metrics);
    html! {
        @for (position, metric) in metrics.iter().enumerate() {
            @let caption = html! {
                b { (inline(&metric.title, 80)) } " by " (inline(field, 60))
                @if !direction(metric.direction).is_empty() { ", " (direction(metric.direction)) }
                ". Each interval is at " (percent(grouped.level)) ", so that all " (grouped.groups.len())
                " hold together at " (percent(page.view.run.settings.level)) " (Bonferroni)."
            };
            (forests(&caption, rows(page, task, field, grouped, position)))
        }
        @if grouped.without > 0 {
            p.note { (count(grouped.without, "sample")) " without the field " code { (plain(field, 60)) } "." }
        }
    }
}

fn rows(
    page: &RunPage<'_>,
    task: &TaskRun,
    field: &str,
    grouped: &GroupedResults,
    position: usize,
) -> Vec<ForestRow> {
    let rows = grouped.groups.iter().filter_map(|group| {
        let metric = group.metrics.get(position)?;
        let tag = format!("{field}={}", group.value);
        let to = page.place.samples_of(&task.name, |query| query.with("tag", tag));
        let name = html! { a href=(to) { (inline(&group.value, 60)) } };
        let missing = (metric.missing > 0).then(|| html! { (count(metric.missing, "answer")) " missing" });
        Some(
            metric_row(name, metric)
                .into_iter()
                .take(1)
                .map(move |row| ForestRow { note: missing.clone(), ..row }),
        )
    });
    rows.flatten().collect()
}
