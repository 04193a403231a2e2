//! What was run, on what, with what; and the files.

use maud::{Markup, html};
use overt_schema::{Reach, Run, SystemIdentity};

use super::Place;
use crate::kit::number::{bytes, count, grouped, percent};
use crate::kit::text::{inline, plain, visible};
use crate::kit::{Align, Column, Definitions, Table, digest};
use crate::view::RunView;

pub(super) fn about(view: &RunView, place: &Place) -> Markup {
    let run = &view.run;
    html! {
        h2 id="about" { "What was run" }
        div.columns {
            section aria-labelledby="system" { h3 id="system" { "System" } (system(&run.system)) }
            section aria-labelledby="how" { h3 id="how" { "How" } (settings(run, place)) }
            @if let Some(judge) = &run.judge {
                section aria-labelledby="judge" { h3 id="judge" { "Judge" } (system(&judge.system)) }
            }
        }
        (tasks(run))
    }
}

fn system(system: &SystemIdentity) -> Markup {
    let reach = match system.reach {
        Reach::Local => "weights on the machine",
        Reach::Api => "an HTTP interface",
        Reach::Replay => "the answers of an earlier run",
        Reach::Program => "a program on the machine",
    };
    let name = |text: &str| html! { code { (inline(text, 200)) } };
    let mut rows = Definitions::new()
        .with("name", inline(&system.name, 120))
        .with("reached as", html! { (reach) })
        .with("model", name(&system.model))
        .with_some("address", system.base_url.as_deref().map(name))
        .with_some("engine", system.engine.as_deref().map(name));
    if let Some(weights) = &system.artefact {
        rows = rows
            .with("weights", html! { (name(&weights.file)) ", " (bytes(weights.bytes)) ", " (inline(&weights.quantisation, 40)) })
            .with_some("changed", weights.transformed.as_deref().map(|how| inline(how, 120)))
            .with("sha256", digest("the digest of the weights", &weights.sha256.to_string()));
    }
    if let Some(prompt) = &system.system_prompt {
        rows = rows.with("system prompt", html! { details { summary { (count(prompt.chars().count() as u64, "character")) } pre { (visible(prompt)) } } });
    }
    for (label, seen) in
        [("models in replies", &system.observed.models), ("fingerprints", &system.observed.fingerprints)]
    {
        if !seen.is_empty() {
            let list = seen.iter().take(20);
            rows = rows.with(label, html! { @for (what, times) in list { div { (name(what)) " " span.faint { "× " (grouped(*times)) } } } });
        }
    }
    for (what, how) in system.details.iter().take(60) {
        rows = rows.with(plain(what, 60), inline(how, 400));
    }
    rows.render()
}

fn settings(run: &Run, place: &Place) -> Markup {
    let settings = &run.settings;
    let number = |n: u64| html! { (grouped(n)) };
    let mut rows = Definitions::new()
        .with("run", html! { code { (inline(&run.id, 200)) } })
        .with("began", html! { (inline(&run.created, 40)) })
        .with_some("finished", run.finished.as_deref().map(|at| inline(at, 40)))
        .with("overt", html! { (inline(&run.overt.version, 40)) " " span.faint { (inline(&run.overt.build, 120)) } })
        .with_some("suite", run.suite.as_ref().map(|suite| html! {
            (inline(&suite.name, 80)) " " (inline(&suite.version, 40)) " " (digest("the digest of the suite", &suite.digest.to_string()))
        }))
        .with("seed", html! { (settings.seed) })
        .with_some("samples a task", settings.limit.map(|n| html! { "at most " (grouped(n)) }))
        .with_some("epochs", settings.epochs.map(|n| number(n.into())))
        .with("concurrency", number(settings.concurrency as u64))
        .with("attempts", html! { "at most " (grouped(settings.max_attempts.into())) })
        .with("intervals", html! { (percent(settings.level)) });
    if let Some(plan) = &run.plan {
        rows = rows.with("plan", html! {
            "run " (plan.number) " of the plan " (digest("the digest of the plan", &plan.record.to_string()))
        });
    }
    for (what, how) in run.host.iter().take(20) {
        rows = rows.with(plain(what, 40), inline(how, 120));
    }
    html! {
        (rows.render())
        @if let Some(compare) = &place.compare { p.note { a href=(compare) { "Compare with other runs" } } }
    }
}

fn tasks(run: &Run) -> Markup {
    let columns = vec![
        Column::new("Task", Align::Start),
        Column::new("Data", Align::Start),
        Column::new("Task digest", Align::Start),
        Column::new("Data digest", Align::Start),
        Column::new("Samples used", Align::Start),
        Column::new("Temperature", Align::End),
        Column::new("Tokens at most", Align::End),
    ];
    let mut table = Table::new("Tasks and data, by digest", columns);
    for task in &run.tasks {
        let data = &task.dataset;
        table.push(vec![
            html! { code { (inline(&task.name, 80)) } },
            inline(&data.source, 80),
            digest("the digest of the task", &task.task_digest.to_string()),
            digest("the digest of the data", &data.sha256.to_string()),
            digest("the digest of the samples", &data.samples_sha256.to_string()),
            html! { (task.generation.temperature) },
            html! { (grouped(task.generation.max_tokens.into())) },
        ]);
    }
    html! { h3 { "Tasks" } (table.render()) }
}

pub(super) fn downloads(view: &RunView, place: &Place) -> Markup {
    let files = view.downloads();
    let columns = vec![
        Column::new("File", Align::Start),
        Column::new("Size", Align::End),
        Column::new("sha256", Align::Start),
    ];
    let mut table = Table::new("Everything above can be read without overt", columns);
    for file in &files {
        let sha256 = file.sha256.as_deref().map(|hex| digest(&format!("the digest of {}", file.name), hex));
        table.push(vec![
            html! { a href=(place.file(&file.name)) download { code { (file.name) } } },
            html! { (bytes(file.bytes)) },
            sha256.unwrap_or_else(|| html! { span.faint { "not given" } }),
        ]);
    }
    html! { @if !files.is_empty() { h2 id="files" { "Files" } (table.render()) } }
}
