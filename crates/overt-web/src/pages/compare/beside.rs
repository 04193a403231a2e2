//! What the compared runs are.

use maud::{Markup, html};

use super::ComparedRun;
use crate::kit::number::{grouped, value};
use crate::kit::text::{inline, plain};
use crate::kit::{Align, Column, Table};
use crate::pages::metric::interval;

pub(super) fn beside(runs: &[ComparedRun<'_>]) -> Markup {
    let columns = vec![
        Column::new("Run", Align::Start),
        Column::new("System", Align::Start),
        Column::new("Began", Align::Date),
        Column::new("Samples", Align::End),
        Column::new("First result", Align::Text),
    ];
    let mut table = Table::new("The first run is the one that the others are held against", columns);
    for run in runs {
        let ComparedRun { view, place, name } = run;
        let headline = view.run.tasks.first().and_then(|task| task.metrics.first());
        table.push(vec![
            html! { a href=(place.base) title=(plain(name, 80)) { (inline(&run.short(), 80)) } },
            inline(&view.run.system.name, 60),
            html! { (inline(&view.run.created, 20)) },
            html! { (grouped(view.sketch.len() as u64)) },
            html! {
                @if let Some(metric) = headline {
                    @match metric.value { Some(number) => b { (value(number)) }, None => "no value" }
                    @if let Some(ends) = &metric.interval { " " span.faint { (interval(ends)) } }
                    " " (inline(&metric.title, 40))
                }
            },
        ]);
    }
    table.render()
}
