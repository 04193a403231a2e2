//! `overt data`: datasets from elsewhere, fetched before they are needed and looked after since.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use indicatif::{ProgressBar, ProgressStyle};
use overt_eval::{dataset_cache, timestamp};
use overt_task::{
    CacheError, CachedDataset, Catalogue, Damage, Hub, Keep, LoadedTask, Progress, Swept, Waste, Whereabouts,
    Why, add_to_cache, cached_datasets, find_waste, remove_waste, verify_cache,
};
use serde_json::json;

use crate::cli::DataCommand;
use crate::commands::eval;
use crate::environment::{Environment, variable};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{BAD, FAINT, GOOD, Output, STRONG, styled};
use crate::report::{Cell, Column, Table};
use crate::text::{bytes, count, grouped, harmless, line, padded};

const DAY: u64 = 24 * 60 * 60;

/// Columns of a source in a list.
const SOURCE: usize = 70;

pub(crate) fn run(command: &DataCommand, output: &mut Output) -> Result<Exit, Failure> {
    let cache = dataset_cache(&Environment::read()?.home);
    match command {
        DataCommand::Pull { tasks } => pull(tasks, &cache, output),
        DataCommand::Add { files } => add(files, &cache, output),
        DataCommand::List { json } => list(*json, &cache, output),
        DataCommand::Verify => verify(&cache, output),
        DataCommand::Gc { keep_days, all, dry_run } => {
            let keep = match all {
                true => Keep::Nothing,
                false => Keep::UsedWithin(Duration::from_secs(u64::from(*keep_days) * DAY)),
            };
            if *dry_run { would_sweep(keep, &cache, output) } else { sweep(keep, &cache, output) }
        }
    }
}

/// Puts files into the cache.
fn add(files: &[PathBuf], cache: &Path, output: &mut Output) -> Result<Exit, Failure> {
    for file in files {
        let dataset = add_to_cache(file, cache)
            .map_err(|error| Failure::file(error.doing, &error.path, error.source))?;
        let name = line(&file.display().to_string(), 100);
        output.say(format!("  {name}  {}  sha256 {}", bytes(dataset.bytes), dataset.sha256));
    }
    Ok(Exit::Yes)
}

/// Fetches what the tasks need. One that cannot be fetched doesn't keep the others from being fetched.
fn pull(names: &[String], cache: &Path, output: &mut Output) -> Result<Exit, Failure> {
    let resolved = Catalogue::new().resolve(names).map_err(Failure::usage)?;
    let (runtime, hub) = (eval::runtime()?, Hub::from_variables(variable));
    let mut exit = Exit::Yes;
    for task in &resolved.tasks {
        let name = styled(STRONG, &task.task.name);
        let here = match task.whereabouts(cache) {
            Whereabouts::Cache { .. } => {
                if let Err(failure) = pull_one(task, cache, &runtime, &hub, output) {
                    output.warn(format!("{}: {}", styled(BAD, "error"), harmless(&failure.message)));
                    exit = exit.and(failure.exit);
                }
                continue;
            }
            Whereabouts::BuiltIn => "its data is part of overt".to_owned(),
            Whereabouts::Inline => "its samples stand in the task".to_owned(),
            Whereabouts::Program(program) => {
                format!("a program makes its samples when the task is run: {program}")
            }
            Whereabouts::File(path) => format!("its data lies beside it: {}", path.display()),
        };
        output.say(format!("  {name}  nothing to fetch, {}", line(&here, 200)));
    }
    Ok(exit)
}

fn pull_one(
    task: &LoadedTask,
    cache: &Path,
    runtime: &tokio::runtime::Runtime,
    hub: &Hub,
    output: &mut Output,
) -> Result<(), Failure> {
    let name = &task.task.name;
    for damaged in task.discard_damaged(cache) {
        output.note(format!(
            "  {name}: {} was damaged and is fetched again",
            line(&damaged.dataset.path.display().to_string(), 200)
        ));
    }
    let mut display = Display::new(format!("fetching the dataset of {name}"), output);
    let mut fetched = false;
    let result = runtime.block_on(task.fetch(cache, hub, &mut |progress| {
        if let Progress::Fetching { received, total } = progress {
            fetched = true;
            display.show(received, total);
        }
    }));
    display.clear();
    result.map_err(|error| Failure::dataset(name, &error))?;
    let Whereabouts::Cache { source, files } = task.whereabouts(cache) else { return Ok(()) };
    let size: u64 = files.iter().map(|file| file.bytes).sum();
    output.say(format!(
        "  {}  {} {}: {}, {}",
        styled(STRONG, name),
        if fetched { "fetched from" } else { "is here already, from" },
        line(&source, 200),
        count(files.len() as u64, "file"),
        bytes(size)
    ));
    for file in &files {
        output.say(format!("    sha256  {}", file.sha256));
        output.say(format!("    size    {} bytes", grouped(file.bytes)));
        output.say(format!("    file    {}", line(&file.path.display().to_string(), 400)));
    }
    Ok(())
}

/// A bar where one can be drawn, and elsewhere one line when bytes begin to come.
struct Display {
    bar: Option<ProgressBar>,
    /// What goes on, until it is told.
    what: Option<String>,
}

impl Display {
    fn new(what: String, output: &Output) -> Self {
        let style = ProgressStyle::with_template("  {msg}  {bar:30}  {bytes}/{total_bytes}  {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = || ProgressBar::no_length().with_style(style).with_message(what.clone());
        Self { bar: output.animated().then(bar), what: Some(what) }
    }

    fn show(&mut self, done: u64, total: Option<u64>) {
        if let Some(bar) = &self.bar {
            total.map_or_else(|| bar.unset_length(), |total| bar.set_length(total));
            bar.set_position(done);
        } else if let Some(what) = self.what.take() {
            let size = total.map_or(String::new(), |total| format!(" ({})", bytes(total)));
            // Nobody can be told that standard error is closed.
            let text = format!("  {what}{size}\n");
            let _ = std::io::Write::write_all(&mut anstream::stderr(), text.as_bytes());
        }
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn list(as_json: bool, cache: &Path, output: &mut Output) -> Result<Exit, Failure> {
    let datasets = cached_datasets(cache).map_err(unreadable)?;
    if as_json {
        let entry = |dataset: &CachedDataset| {
            let CachedDataset { sha256, bytes, path, sources, used } = dataset;
            json!({
                "sha256": sha256, "bytes": bytes, "path": path.display().to_string(), "sources": sources,
                "used": used.and_then(time),
            })
        };
        output.json(&datasets.iter().map(entry).collect::<Vec<_>>());
        return Ok(Exit::Yes);
    }
    if datasets.is_empty() {
        output.say(format!("  nothing is cached in {}", cache.display()));
        return Ok(Exit::Yes);
    }
    let mut table = Table::new(["digest", "size", "used", "source"].map(Column::new).into());
    for dataset in &datasets {
        table.push(vec![
            Cell::text(dataset.sha256.short()),
            Cell::text(bytes(dataset.bytes)),
            dataset.used.and_then(time).map_or(Cell::Nothing, Cell::text),
            Cell::text(line(&sources(&dataset.sources), SOURCE)),
        ]);
    }
    output.say(table.text());
    let size = datasets.iter().map(|dataset| dataset.bytes).sum();
    output.say(styled(
        FAINT,
        &format!("  {}, {} in {}", count(datasets.len() as u64, "file"), bytes(size), cache.display()),
    ));
    Ok(Exit::Yes)
}

/// Where a file is from, in words.
fn sources(sources: &[String]) -> String {
    if sources.is_empty() { "(not known)".into() } else { sources.join(", ") }
}

fn time(at: SystemTime) -> Option<String> {
    jiff::Timestamp::try_from(at).ok().map(|at| timestamp(&at))
}

fn verify(cache: &Path, output: &mut Output) -> Result<Exit, Failure> {
    let mut reading = Reading::new(cache, output)?;
    let mut seen = 0;
    let damaged = verify_cache(cache, &mut |dataset| {
        seen += 1;
        reading.read(dataset);
    });
    reading.display.clear();
    let damaged = damaged.map_err(unreadable)?;
    for found in &damaged {
        let dataset = &found.dataset;
        output.say(format!(
            "  {}  {}",
            styled(BAD, "damaged"),
            line(&dataset.path.display().to_string(), 400)
        ));
        output.say(format!("    from    {}", line(&sources(&dataset.sources), 200)));
        output.say(match &found.damage {
            Damage::Content(digest) => {
                format!("    holds   sha256 {digest}, {} bytes", grouped(dataset.bytes))
            }
            Damage::Unreadable(why) => format!("    cause   {}", line(why, 200)),
        });
    }
    if damaged.is_empty() {
        output.say(format!("  {}  {} as their names say", styled(GOOD, "well"), count(seen, "file")));
        return Ok(Exit::Yes);
    }
    output.say(format!(
        "  {} of {} damaged\n  next    `overt data gc` removes damaged files, `overt data pull TASK` fetches them again",
        grouped(damaged.len() as u64),
        count(seen, "file")
    ));
    Ok(Exit::No)
}

/// How far the reading of files has come. Without a bar there is nothing to tell: it takes seconds.
struct Reading {
    display: Display,
    done: u64,
    total: u64,
}

impl Reading {
    fn new(cache: &Path, output: &Output) -> Result<Self, Failure> {
        let total = cached_datasets(cache).map_err(unreadable)?.iter().map(|dataset| dataset.bytes).sum();
        let display = Display { what: None, ..Display::new("reading".into(), output) };
        Ok(Self { display, done: 0, total })
    }

    fn read(&mut self, dataset: &CachedDataset) {
        self.done += dataset.bytes;
        self.display.show(self.done, Some(self.total));
    }
}

fn waste(keep: Keep, cache: &Path, output: &mut Output) -> Result<Vec<Waste>, Failure> {
    let mut reading = Reading::new(cache, output)?;
    let waste = find_waste(cache, keep, SystemTime::now(), &mut |dataset| reading.read(dataset));
    reading.display.clear();
    waste.map_err(unreadable)
}

fn would_sweep(keep: Keep, cache: &Path, output: &mut Output) -> Result<Exit, Failure> {
    let waste = waste(keep, cache, output)?;
    told(&waste, output);
    output.say(format!("  {} would be removed; nothing was", sum(&waste)));
    Ok(Exit::Yes)
}

fn sweep(keep: Keep, cache: &Path, output: &mut Output) -> Result<Exit, Failure> {
    let waste = waste(keep, cache, output)?;
    let Swept { removed, left } = remove_waste(cache, waste).map_err(unreadable)?;
    told(&removed, output);
    output.say(format!("  {} removed", sum(&removed)));
    if !left.is_empty() {
        output.say(format!(
            "  {} stay: a dataset is being fetched or used just now\n  next    run `overt data gc` again later",
            sum(&left)
        ));
    }
    Ok(Exit::Yes)
}

fn told(waste: &[Waste], output: &mut Output) {
    for Waste { path, bytes: size, why, sources: from, .. } in waste {
        let why = match why {
            Why::Partial => "partial",
            Why::Damaged => "damaged",
            Why::Unused => "unused",
            Why::Orphaned => "note",
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let from =
            if from.is_empty() { String::new() } else { format!("  {}", line(&from.join(", "), SOURCE)) };
        output.say(format!("  {}  {:>7}  {}{from}", padded(why, 7), bytes(*size), line(&short(&name), 40)));
    }
}

/// A digest within a name, short.
fn short(name: &str) -> String {
    let (digest, ending) = name.split_at_checked(64).unwrap_or((name, ""));
    let head = digest.get(..12).unwrap_or(digest);
    format!("{head}…{ending}")
}

fn sum(waste: &[Waste]) -> String {
    format!("{}, {}", count(waste.len() as u64, "file"), bytes(waste.iter().map(|waste| waste.bytes).sum()))
}

fn unreadable(error: CacheError) -> Failure {
    Failure::undecided(error)
}
