//! `overt eval`: plan, and unless only the plan was wanted, run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use overt_eval::{Evaluation, Plan, System, dataset_cache};
use overt_model::Registry;
use overt_schema::{Role, Settings, Step, Suite};
use overt_task::{Catalogue, LoadedTask, Progress, Resolved};

use crate::cli::EvalArgs;
use crate::commands::ask;
use crate::environment::{Environment, variables};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{FAINT, Output, STRONG, styled};
use crate::results;
use crate::text::{bytes, count, grouped, line, round, wrapped};

/// What is evaluated where nothing is said.
pub(crate) const DEFAULT_MODEL: &str = "smollm2-135m";
const DEFAULT_SUITE: &str = "starter";
const DEFAULT_RUNS: &str = "runs";

pub(crate) fn run(args: &EvalArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let names = if args.tasks.is_empty() { vec![DEFAULT_SUITE.to_owned()] } else { args.tasks.clone() };
    let Resolved { suite, tasks } = Catalogue::new().resolve(&names).map_err(Failure::usage)?;
    let defaults = &environment.config.eval;
    let model = args.model.clone().or_else(|| defaults.model.clone()).unwrap_or_else(|| DEFAULT_MODEL.into());
    let runs = args.runs.clone().or_else(|| defaults.runs.clone()).unwrap_or_else(|| DEFAULT_RUNS.into());
    // Data first, system second: a mistake in a task must not wait for a model to load.
    let runtime = runtime()?;
    let cache = dataset_cache(&environment.home);
    fetch(&tasks, &cache, &runtime, output)?;
    let plan = Plan::prepare(suite.clone(), tasks, settings(args), &cache)?;
    if args.dry_run {
        return Ok(dry_run(&plan, suite.as_ref(), &model, output));
    }
    let system = open_system(&environment, &model, args, &runtime, output)?;
    // What the user left open is what suits the system.
    let suits = system.capabilities();
    let concurrency = args.ask.concurrency.map(|n| n as usize).or(defaults.concurrency);
    let plan = plan
        .at_pace(concurrency.unwrap_or(suits.concurrency), args.max_attempts.unwrap_or(suits.max_attempts));
    results::heading(output, &system.identity(), &what(&plan, suite.as_ref()));
    let names = plan.task_names();
    let evaluation = start(plan, system.as_ref(), &runs)?;
    ask::run(evaluation, system.as_ref(), names, &args.ask, &runtime, output)
}

/// Brings datasets that lie elsewhere into the cache.
pub(crate) fn fetch(
    tasks: &[LoadedTask],
    cache: &Path,
    runtime: &tokio::runtime::Runtime,
    output: &mut Output,
) -> Result<(), Failure> {
    for loaded in tasks {
        let mut told = false;
        let mut progress = |progress| {
            if let Progress::Fetching { total, .. } = progress
                && !told
            {
                told = true;
                let size = total.map_or(String::new(), |total| format!(" ({})", bytes(total)));
                output.note(format!("  fetching the dataset of {}{size}", loaded.task.name));
            }
        };
        runtime
            .block_on(loaded.fetch(cache, &mut progress))
            .map_err(|error| Failure::dataset(&loaded.task.name, &error))?;
    }
    Ok(())
}

fn start(plan: Plan, system: &dyn System, runs: &Path) -> Result<Evaluation, Failure> {
    Ok(Evaluation::start(plan, system, runs, ask::build())?)
}

/// The engine's one thread.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Failure::file("start", &PathBuf::from("the runtime"), source))
}

fn settings(args: &EvalArgs) -> Settings {
    Settings {
        seed: args.seed,
        epochs: args.epochs,
        limit: args.limit,
        sample_ids: args.sample_id.clone(),
        concurrency: 1,
        max_attempts: 1,
        level: args.level,
    }
}

fn open_system(
    environment: &Environment,
    model: &str,
    args: &EvalArgs,
    runtime: &tokio::runtime::Runtime,
    output: &mut Output,
) -> Result<Arc<dyn System>, Failure> {
    let registry = Registry::new(environment.config.clone(), environment.home.clone(), variables());
    crate::commands::model::resolve(&registry, model, &ask::resolve_options(&args.ask), runtime, output)
}

/// `suite   starter 1.0    11 tasks, 1 024 samples`.
fn what(plan: &Plan, suite: Option<&Suite>) -> String {
    let tasks = plan.task_names();
    let (word, name) = match suite {
        Some(suite) => ("suite ", format!("{} {}", styled(STRONG, &suite.name), suite.version)),
        None if tasks.len() == 1 => ("task  ", styled(STRONG, &tasks[0])),
        None => ("tasks ", line(&tasks.join(", "), 60)),
    };
    format!(
        "{word}  {name}   {}, {}",
        count(tasks.len() as u64, "task"),
        count(plan.extent().samples, "sample")
    )
}

fn dry_run(plan: &Plan, suite: Option<&Suite>, model: &str, output: &mut Output) -> Exit {
    let extent = plan.extent();
    output.say(format!("  system  {model} (not asked)"));
    output.say(format!("  {}", what(plan, suite)));
    output.say("");
    let names = plan.task_names();
    let width = names.iter().map(String::len).max().unwrap_or(0);
    for (position, (name, planned)) in names.iter().zip(plan.planned()).enumerate() {
        output.say(format!("  {}  {}", styled(STRONG, &format!("{name:width$}")), count(planned, "sample")));
        for step in plan.preview(position).into_iter().flatten() {
            if let Step::Say(message) = step {
                let who = if message.role == Role::System { "system" } else { message.role.as_str() };
                output.say(styled(FAINT, &format!("    {who}")));
                output.say(wrapped(&message.content, output.width(), "      ", 600));
            }
        }
    }
    output.say("");
    output.say(format!(
        "  {} requests · about {} prompt tokens · at most {} answer tokens · nothing was asked",
        grouped(extent.requests),
        round(extent.prompt_chars / 4),
        round(extent.max_output_tokens)
    ));
    Exit::Yes
}
