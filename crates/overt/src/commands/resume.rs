//! `overt resume`: go on where a run stopped, or ask again what failed.

use std::sync::Arc;

use overt_eval::{Evaluation, Plan, RunDirectory, System, Systems, TaskSource, dataset_cache};
use overt_model::{RecordedSystem, Registry};
use overt_schema::{Run, Status, Suite};
use overt_task::{LoadedTask, Selection};

use crate::cli::{AskArgs, ResumeArgs};
use crate::commands::{ask, eval};
use crate::environment::{Environment, variables};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::results;
use crate::runs;
use crate::text::{grouped, line};

pub(crate) fn run(args: &ResumeArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let path = runs::find(args.run.as_ref(), &args.runs)?;
    let directory = RunDirectory::open_locked(&path)?;
    let manifest = directory.manifest()?;
    let failed: u64 = manifest.tasks.iter().map(results::failed).sum();
    let unjudged = results::unjudged(&manifest);
    if manifest.status == Status::Finished && failed + unjudged == 0 {
        output.note(format!("  {} is finished and nothing failed: there is nothing to ask", path.display()));
        return Ok(Exit::Yes);
    }
    let mut settings = manifest.settings.clone();
    if let Some(concurrency) = args.ask.concurrency {
        settings.concurrency = concurrency as usize;
    }
    let materials = directory.materials()?;
    let runtime = eval::runtime()?;
    let cache = dataset_cache(&environment.home);
    let mut tasks = tasks(materials.tasks, &manifest)?;
    let selection = Selection { limit: settings.limit, sample_ids: settings.sample_ids.clone() };
    let making = ask::making(&args.ask, settings.seed, &selection);
    eval::fetch(&mut tasks, &cache, making, &runtime, output)?;
    let plan = Plan::prepare(materials.suite, tasks, settings, &cache)?;
    ask::permit(&plan, &args.ask)?;
    let registry = Registry::new(environment.config.clone(), environment.home.clone(), variables());
    let name = match &args.model {
        Some(name) => name.as_str(),
        None => named_by_the_run(&manifest.system.name, "--model")?,
    };
    let system: Arc<dyn System> = match &manifest.answers_from {
        // Nobody need be there who can be asked.
        Some(_) => Arc::new(RecordedSystem::of(manifest.system.clone())),
        None => ask::resolve(&registry, name, &args.ask, &environment.home, &runtime, output)?,
    };
    let what = match manifest.status {
        Status::Finished => {
            let again = format!("{} samples and {} verdicts", grouped(failed), grouped(unjudged));
            format!("run     {} (what failed is asked again: {again})", path.display())
        }
        Status::Running => format!("run     {} goes on", path.display()),
    };
    let names = plan.task_names();
    let judge_name = match (&args.judge, &manifest.judge) {
        (Some(name), _) => Some(name.clone()),
        (None, Some(judge)) => Some(named_by_the_run(&judge.system.name, "--judge")?.to_owned()),
        (None, None) => None,
    };
    let judge = judge_name
        .as_deref()
        .map(|judge| ask::resolve(&registry, judge, &args.ask, &environment.home, &runtime, output))
        .transpose()?;
    let systems = Systems { system: system.as_ref(), judge: judge.as_deref() };
    let judge_identity = systems.judge.map(System::identity);
    results::heading(output, &system.identity(), judge_identity.as_ref(), &what);
    let budget = ask::budget(&args.ask, &registry, name, judge_name.as_deref())?;
    let evaluation = Evaluation::resume(directory, plan, systems)?.within(budget);
    ask::run(evaluation, systems, names, &args.ask, &runtime, output)
}

/// A system's name out of a manifest, which anybody may have written: it may not start programs.
pub(crate) fn named_by_the_run<'n>(name: &'n str, flag: &str) -> Result<&'n str, Failure> {
    if name.trim_start().starts_with("command:") {
        return Err(Failure::usage(format!(
            "the run names a program, and a run may not start one by itself\n  program {}\n  next    if that is what you want, name it yourself with {flag}",
            line(name, 200)
        )));
    }
    Ok(name)
}

/// The plan of a run that is there, made once more of these tasks, with the samples that the run had.
pub(crate) fn made_again(
    earlier: &Run,
    (suite, mut tasks): (Option<Suite>, Vec<LoadedTask>),
    asking: &AskArgs,
    environment: &Environment,
    runtime: &tokio::runtime::Runtime,
    output: &mut Output,
) -> Result<Plan, Failure> {
    let cache = dataset_cache(&environment.home);
    let settings = &earlier.settings;
    let selection = Selection { limit: settings.limit, sample_ids: settings.sample_ids.clone() };
    let making = ask::making(asking, settings.seed, &selection);
    eval::fetch(&mut tasks, &cache, making, runtime, output)?;
    let plan = Plan::prepare(suite, tasks, settings.clone(), &cache)?;
    // Old answers beside new targets would be right or wrong about nothing.
    plan.has_samples_of(earlier)?;
    ask::permit(&plan, asking)?;
    Ok(plan)
}

/// The tasks as the run keeps them; their data is where it was, and samples that a program made are those it made.
pub(crate) fn tasks(materials: Vec<TaskSource>, run: &Run) -> Result<Vec<LoadedTask>, Failure> {
    let mut tasks = Vec::with_capacity(materials.len());
    for (position, source) in materials.into_iter().enumerate() {
        let mut loaded = LoadedTask::restore(&source.origin, source.task).map_err(Failure::usage)?;
        let was = run.tasks.get(position).map(|task| task.dataset.sha256);
        loaded.made = was.filter(|_| loaded.task.dataset.command.is_some());
        tasks.push(loaded);
    }
    Ok(tasks)
}
