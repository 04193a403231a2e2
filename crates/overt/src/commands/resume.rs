//! `overt resume`: go on where a run stopped, or ask again what failed.

use overt_eval::{Evaluation, Plan, RunDirectory, TaskSource, dataset_cache};
use overt_model::Registry;
use overt_schema::Status;
use overt_task::LoadedTask;

use crate::cli::ResumeArgs;
use crate::commands::{ask, eval};
use crate::environment::{Environment, variables};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::results;
use crate::runs;
use crate::text::grouped;

pub(crate) fn run(args: &ResumeArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let path = runs::find(args.run.as_ref(), &args.runs)?;
    let directory = RunDirectory::open_locked(&path)?;
    let manifest = directory.manifest()?;
    let failed: u64 = manifest.tasks.iter().map(results::failed).sum();
    if manifest.status == Status::Finished && failed == 0 {
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
    let tasks = tasks(materials.tasks)?;
    eval::fetch(&tasks, &cache, &runtime, output)?;
    let plan = Plan::prepare(materials.suite, tasks, settings, &cache)?;
    let registry = Registry::new(environment.config.clone(), environment.home.clone(), variables());
    let name = args.model.as_deref().unwrap_or(&manifest.system.name);
    let options = ask::resolve_options(&args.ask);
    let system = crate::commands::model::resolve(&registry, name, &options, &runtime, output)?;
    let what = match manifest.status {
        Status::Finished => {
            format!("run     {} ({} failed samples are asked again)", path.display(), grouped(failed))
        }
        Status::Running => format!("run     {} goes on", path.display()),
    };
    results::heading(output, &system.identity(), &what);
    let names = plan.task_names();
    let budget = ask::budget(&args.ask, registry.prices(name), name)?;
    let evaluation = Evaluation::resume(directory, plan, system.as_ref())?.within(budget);
    ask::run(evaluation, system.as_ref(), names, &args.ask, &runtime, output)
}

/// The tasks as the run keeps them; their data is where it was.
fn tasks(materials: Vec<TaskSource>) -> Result<Vec<LoadedTask>, Failure> {
    let restore =
        |source: TaskSource| LoadedTask::restore(&source.origin, source.task).map_err(Failure::usage);
    materials.into_iter().map(restore).collect()
}
