//! `overt task`: what can be asked, and is it written rightly?

use std::path::{Path, PathBuf};

use overt_eval::{Plan, dataset_cache};
use overt_schema::{Settings, Step, Task};
use overt_task::{Catalogue, Entry, Preview, Report, Warning, check, check_task, scaffold};
use serde_json::json;

use crate::cli::TaskCommand;
use crate::commands::init::write_new;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{BAD, FAINT, GOOD, Output, STRONG, styled};
use crate::text::{count, grouped, harmless, line, padded, tool_names, wrapped};

/// Characters of a message that a sample conversation shows.
const MESSAGE_LIMIT: usize = 1500;

pub(crate) fn run(command: &TaskCommand, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        TaskCommand::List { json } => list(*json, output),
        TaskCommand::Show { task, json } => show(task, *json, output),
        TaskCommand::Check { files } => check_all(files, output),
        TaskCommand::New { name } => new(name, output),
    }
}

fn list(as_json: bool, output: &mut Output) -> Result<Exit, Failure> {
    let catalogue = Catalogue::new();
    let tasks = catalogue.tasks().map_err(Failure::usage)?;
    let suites = catalogue.suites().map_err(Failure::usage)?;
    if as_json {
        let task = |task: &Entry| {
            json!({
                "name": task.name, "title": task.title, "version": task.version, "licence": task.licence,
                "samples": task.samples,
            })
        };
        let suite = |suite: &Entry| {
            json!({
                "name": suite.name, "title": suite.title, "version": suite.version, "licence": suite.licence,
                "samples": suite.samples, "tasks": suite.tasks,
            })
        };
        output.json(&json!({
            "suites": suites.iter().map(suite).collect::<Vec<_>>(),
            "tasks": tasks.iter().map(task).collect::<Vec<_>>(),
        }));
        return Ok(Exit::Yes);
    }
    let width = tasks.iter().map(|task| task.name.len()).max().unwrap_or(0);
    for suite in &suites {
        output.say(format!(
            "  {}  {}  {:>5}  {} ({})",
            styled(STRONG, &padded(&suite.name, width)),
            padded(&suite.version, 5),
            grouped(suite.samples),
            suite.title,
            count(suite.tasks.len() as u64, "task")
        ));
    }
    output.say("");
    for task in &tasks {
        output.say(format!(
            "  {}  {}  {:>5}  {}",
            styled(STRONG, &padded(&task.name, width)),
            padded(&task.version, 5),
            grouped(task.samples),
            task.title
        ));
    }
    output.say("");
    output.say(styled(
        FAINT,
        "  `overt task show NAME` says what a task measures; `overt task new NAME` begins your own.",
    ));
    Ok(Exit::Yes)
}

fn show(name: &str, as_json: bool, output: &mut Output) -> Result<Exit, Failure> {
    let resolved = Catalogue::new().resolve(&[name.to_owned()]).map_err(Failure::usage)?;
    if as_json {
        let tasks: Vec<&Task> = resolved.tasks.iter().map(|loaded| &loaded.task).collect();
        output.json(&json!({ "suite": resolved.suite, "tasks": tasks }));
        return Ok(Exit::Yes);
    }
    if let Some(suite) = &resolved.suite {
        output.say(format!("{}  {}  {}", styled(STRONG, &suite.name), suite.version, line(&suite.title, 80)));
        output.say(wrapped(&suite.description, output.width(), "  ", MESSAGE_LIMIT));
        for task in &resolved.tasks {
            output.say(format!(
                "  {}  {}",
                styled(STRONG, &padded(&task.task.name, 24)),
                line(&task.task.title, 80)
            ));
        }
        for requirement in &suite.require {
            output.say(format!("  requires  {}", line(requirement, 80)));
        }
        return Ok(Exit::Yes);
    }
    let environment = Environment::read()?;
    for loaded in &resolved.tasks {
        describe(&loaded.task, output);
        previews(&check_task(loaded, &dataset_cache(&environment.home)).previews, output);
    }
    Ok(Exit::Yes)
}

fn describe(task: &Task, output: &mut Output) {
    output.say(format!("{}  {}  {}", styled(STRONG, &task.name), task.version, line(&task.title, 80)));
    output.say(wrapped(&task.description, output.width(), "  ", MESSAGE_LIMIT));
    output.say("");
    let mut row =
        |name: &str, value: &str| output.say(format!("  {}  {}", padded(name, 9), line(value, 100)));
    row("licence", &task.licence);
    if let Some(citation) = &task.citation {
        row("cite", citation);
    }
    if !task.measures.is_empty() {
        row("measures", &task.measures.join(", "));
    }
    if let Some(tools) = tool_names(&task.prompt.tools) {
        row("tools", &tools);
    }
    if let Some(command) = &task.dataset.command {
        row("samples", &format!("made by a program, which is not run here: {}", command.join(" ")));
    }
    for metric in &task.metrics {
        let title = metric.title.as_deref().unwrap_or(&metric.name);
        row("metric", &format!("{}: {title}", metric.name));
    }
}

fn previews(previews: &[Preview], output: &mut Output) {
    for preview in previews {
        output.say("");
        output.say(format!("  {}", styled(STRONG, &line(&preview.id, 60))));
        for step in &preview.script {
            match step {
                Step::Say(message) => {
                    output.say(styled(FAINT, &format!("    {}", message.role.as_str())));
                    output.say(wrapped(&message.shown(), output.width(), "      ", MESSAGE_LIMIT));
                }
                Step::Ask => output.say(styled(FAINT, "    … the system answers")),
            }
        }
    }
}

fn check_all(files: &[PathBuf], output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let mut well = true;
    for file in files {
        let cache = dataset_cache(&environment.home);
        let report = check(file, &cache).map_err(Failure::usage)?;
        // What only shows when prompts are rendered and scorers look at the samples.
        let rehearsed =
            if report.mistakes.is_empty() && report.samples > 0 { rehearse(file, &cache) } else { Ok(()) };
        match rehearsed {
            Ok(()) => well &= told(file, &report, output),
            Err(failure) => {
                output.say(format!("{}: {}", styled(BAD, "error"), harmless(&failure.message)));
                output.say(styled(BAD, &format!("{}: 1 mistake", file.display())));
                well = false;
            }
        }
    }
    Ok(if well { Exit::Yes } else { Exit::No })
}

/// Prepares a task or suite as for a run, which tries every scorer on every sample.
fn rehearse(file: &Path, cache: &Path) -> Result<(), Failure> {
    let resolved = Catalogue::new().resolve(&[file.display().to_string()]).map_err(Failure::usage)?;
    let settings = Settings {
        seed: 0,
        epochs: None,
        limit: None,
        sample_ids: Vec::new(),
        concurrency: 1,
        max_attempts: 1,
        level: 0.95,
        early: None,
    };
    Plan::prepare(resolved.suite, resolved.tasks, settings, cache)?;
    Ok(())
}

/// Prints what was found; true if nothing has to be mended.
fn told(file: &Path, report: &Report, output: &mut Output) -> bool {
    let shown = file.display();
    for mistake in &report.mistakes {
        output.say(harmless(mistake.to_string().trim_end()));
        output.say("");
    }
    if report.more_rows > 0 {
        output.say(format!("… and {} more bad rows", grouped(report.more_rows)));
    }
    for warning in &report.warnings {
        output.say(format!("{}: {}", styled(STRONG, "warning"), harmless(&warning.to_string())));
    }
    if !report.mistakes.is_empty() {
        let found = count(report.mistakes.len() as u64 + report.more_rows, "mistake");
        output.say(styled(BAD, &format!("{shown}: {found}")));
        return false;
    }
    previews(&report.previews, output);
    output.say("");
    let name = report.name.as_deref().unwrap_or_default();
    let not_made = report.warnings.iter().any(|warning| matches!(warning, Warning::NotMade(_)));
    let extent =
        if not_made { "its samples are yet to be made".into() } else { count(report.samples, "sample") };
    output.say(format!("{}  {} is well: {extent}", styled(GOOD, &shown.to_string()), line(name, 60)));
    true
}

fn new(name: &str, output: &mut Output) -> Result<Exit, Failure> {
    let files = scaffold(name).map_err(Failure::usage)?;
    write_new(&files, output)?;
    if let Some((task, _)) =
        files.iter().find(|(path, _)| path.extension().is_some_and(|ending| ending == "yaml"))
    {
        output.note(format!("  next   overt task check {0}\n         overt eval {0}", task.display()));
    }
    Ok(Exit::Yes)
}
