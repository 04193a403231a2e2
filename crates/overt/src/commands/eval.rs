//! `overt eval`: plan, and unless only the plan was wanted, run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use overt_eval::{Budget, Evaluation, Plan, System, Systems, dataset_cache};
use overt_model::Registry;
use overt_schema::{EarlyStopping, Measurement, Prices, Reach, Role, Settings, Step, Suite, Usage};
use overt_task::{Catalogue, Hub, LoadedTask, Making, Progress, Resolved, Selection};

use crate::cli::{AskArgs, EvalArgs};
use crate::commands::ask::Job;
use crate::commands::{ask, compare, judge};
use crate::environment::{Environment, variable, variables};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{FAINT, Output, STRONG, styled};
use crate::planned::Planned;
use crate::results;
use crate::text::{bytes, count, grouped, line, round, tool_names, wrapped};

/// What is evaluated where nothing is said.
pub(crate) const DEFAULT_MODEL: &str = "smollm2-135m";
const DEFAULT_SUITE: &str = "starter";
const DEFAULT_RUNS: &str = "runs";

pub(crate) fn run(args: &EvalArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let planned = args.plan.as_ref().map(|file| Planned::read(file, &environment)).transpose()?;
    let followed = planned.as_ref().map(|planned| planned.fill(args)).transpose()?;
    let args = followed.as_ref().unwrap_or(args);
    let names = tasks_named(args);
    let mut resolved = Catalogue::new().resolve(&names).map_err(Failure::usage)?;
    let models = models(args, &environment)?;
    let registry = Registry::new(environment.config.clone(), environment.home.clone(), variables());
    let measurements =
        args.measured.iter().map(|file| judge::read_measurement(file)).collect::<Result<_, _>>()?;
    let mut work = Work { args, environment, registry, runtime: runtime()?, output, measurements, planned };
    // What can be wrong about a system without asking it is told before the first one is asked.
    for model in &models {
        work.budget(model, work.judge_name().as_deref())?;
    }
    // Data first, system second: a mistake in a task must not wait for a model to load.
    let selection = Selection { limit: args.limit, sample_ids: args.sample_id.clone() };
    let making = ask::making(&args.ask, args.seed, &selection);
    fetch(&mut resolved.tasks, &work.cache(), making, &work.runtime, work.output)?;
    let plan = work.plan(&resolved)?;
    let judge = work.judge_name();
    if let (Some(scorer), None) = (plan.judged(), &judge) {
        return Err(Failure::usage(format!(
            "{scorer} needs a judge\n  next   name the system that judges: --judge SYSTEM, or `judge` under `[eval]` in overt.toml"
        )));
    }
    let judge = judge.filter(|_| plan.judged().is_some());
    if args.dry_run {
        let prices: Vec<(&str, Option<Prices>)> =
            models.iter().map(|model| (model.as_str(), work.registry.prices(model))).collect();
        return Ok(dry_run(&plan, resolved.suite.as_ref(), &prices, judge.as_deref(), work.output));
    }
    ask::permit(&plan, &args.ask)?;
    let judge = match &judge {
        Some(name) => Some(Judge { name: name.clone(), system: work.resolve(name)? }),
        None => None,
    };
    let several = models.len() > 1;
    let mut plan = Some(plan);
    let (mut ended, mut waiting) = (Vec::new(), Vec::new());
    for (position, model) in models.iter().enumerate() {
        let plan = match plan.take() {
            Some(plan) => plan,
            None => work.plan(&resolved)?,
        };
        let begun = work.begin(plan, &resolved, model, judge.as_ref())?;
        // Systems elsewhere are asked at the same time; one on this machine needs all of it.
        if several && begun.system.identity().reach != Reach::Local {
            waiting.push((position, begun));
            continue;
        }
        let path = begun.evaluation.directory().path().to_owned();
        let exit = work.alone(begun, judge.as_ref(), several)?;
        ended.push((position, path, exit));
        if exit == Exit::Interrupted {
            break;
        }
    }
    let interrupted = ended.iter().any(|(_, _, exit)| *exit == Exit::Interrupted);
    if !interrupted && !waiting.is_empty() {
        ended.extend(work.together(waiting, judge.as_ref())?);
    }
    ended.sort_by_key(|(position, ..)| *position);
    let exit = ended.iter().fold(Exit::Yes, |exit, (_, _, ended)| exit.and(*ended));
    let runs: Vec<PathBuf> = ended.into_iter().map(|(_, path, _)| path).collect();
    if runs.len() > 1 {
        compare::beside(&runs, args.ask.json, work.output)?;
    }
    Ok(exit)
}

/// The tasks that were asked for.
pub(crate) fn tasks_named(args: &EvalArgs) -> Vec<String> {
    if args.tasks.is_empty() { vec![DEFAULT_SUITE.to_owned()] } else { args.tasks.clone() }
}

/// The systems that were asked for, each once.
pub(crate) fn models(args: &EvalArgs, environment: &Environment) -> Result<Vec<String>, Failure> {
    let default = || environment.config.eval.model.clone().unwrap_or_else(|| DEFAULT_MODEL.into());
    let models = if args.model.is_empty() { vec![default()] } else { args.model.clone() };
    for (position, model) in models.iter().enumerate() {
        if models[..position].contains(model) {
            return Err(Failure::usage(format!(
                "the system {model:?} is named twice\n  next   to ask each sample several times, use --epochs"
            )));
        }
    }
    Ok(models)
}

/// Who judges the answers.
struct Judge {
    name: String,
    system: Arc<dyn System>,
}

/// What evaluations of several systems have in common.
struct Work<'a> {
    args: &'a EvalArgs,
    environment: Environment,
    registry: Registry,
    runtime: tokio::runtime::Runtime,
    output: &'a mut Output,
    /// What is known of the judge.
    measurements: Vec<Measurement>,
    /// What was announced.
    planned: Option<Planned>,
}

impl Work<'_> {
    fn cache(&self) -> PathBuf {
        dataset_cache(&self.environment.home)
    }

    fn budget(&self, model: &str, judge: Option<&str>) -> Result<Budget, Failure> {
        ask::budget(&self.args.ask, &self.registry, model, judge)
    }

    fn judge_name(&self) -> Option<String> {
        self.args.judge.clone().or_else(|| self.environment.config.eval.judge.clone())
    }

    fn resolve(&mut self, name: &str) -> Result<Arc<dyn System>, Failure> {
        let home = &self.environment.home;
        ask::resolve(&self.registry, name, &self.args.ask, home, &self.runtime, self.output)
    }

    fn plan(&self, resolved: &Resolved) -> Result<Plan, Failure> {
        let (suite, tasks) = (resolved.suite.clone(), resolved.tasks.clone());
        Ok(Plan::prepare(suite, tasks, settings(self.args), &self.cache())?)
    }

    /// Makes the run of one system ready.
    fn begin(
        &mut self,
        plan: Plan,
        resolved: &Resolved,
        model: &str,
        judge: Option<&Judge>,
    ) -> Result<Begun, Failure> {
        let args = self.args;
        let budget = self.budget(model, judge.map(|judge| judge.name.as_str()))?;
        let system = self.resolve(model)?;
        let systems = Systems { system: system.as_ref(), judge: judge.map(|judge| judge.system.as_ref()) };
        let defaults = &self.environment.config.eval;
        // What the user left open is what suits the system.
        let suits = system.capabilities();
        let concurrency = args.ask.concurrency.map(|n| n as usize).or(defaults.concurrency);
        let plan = plan.at_pace(
            concurrency.unwrap_or(suits.concurrency),
            args.max_attempts.unwrap_or(suits.max_attempts),
        );
        let runs = args.runs.clone().or_else(|| defaults.runs.clone()).unwrap_or_else(|| DEFAULT_RUNS.into());
        results::heading(
            self.output,
            &system.identity(),
            judge.map(|judge| judge.system.identity()).as_ref(),
            &what(&plan, resolved.suite.as_ref()),
        );
        let reference = match &self.planned {
            None => None,
            Some(planned) => Some(planned.begin(&plan, systems, args.allow_deviations, self.output)?),
        };
        let mut evaluation = Evaluation::start(plan, systems, &runs, ask::build())?
            .measured(self.measurements.clone())?
            .within(budget);
        if let (Some(planned), Some(reference)) = (&self.planned, reference) {
            planned.named(reference.number, evaluation.directory().path())?;
            evaluation = evaluation.under(reference)?;
        }
        Ok(Begun { model: model.to_owned(), system, evaluation })
    }

    /// Runs one to its end.
    fn alone(&mut self, begun: Begun, judge: Option<&Judge>, among_others: bool) -> Result<Exit, Failure> {
        let Begun { system, evaluation, .. } = begun;
        let systems = Systems { system: system.as_ref(), judge: judge.map(|judge| judge.system.as_ref()) };
        let names = evaluation.plan().task_names();
        let asking = self.asking(among_others);
        let exit = ask::run(evaluation, systems, names, &asking, &self.runtime, self.output)?;
        if among_others {
            self.output.note("");
        }
        Ok(exit)
    }

    /// Runs several to their ends at the same time. What one of them runs into does not stop the others.
    fn together(
        &mut self,
        begun: Vec<(usize, Begun)>,
        judge: Option<&Judge>,
    ) -> Result<Vec<(usize, PathBuf, Exit)>, Failure> {
        let asking = self.asking(true);
        let judge = judge.map(|judge| judge.system.as_ref());
        let (mut places, mut jobs, mut systems) = (Vec::new(), Vec::new(), Vec::new());
        for (position, Begun { model, system, evaluation }) in begun {
            places.push((position, evaluation.directory().path().to_owned(), model.clone()));
            systems.push(system);
            jobs.push((model, evaluation));
        }
        let jobs = jobs.into_iter().zip(&systems).map(|((name, evaluation), system)| Job {
            name,
            evaluation,
            systems: Systems { system: system.as_ref(), judge },
        });
        let conclusions = ask::execute_together(jobs.collect(), &asking, &self.runtime, self.output);
        let (mut ended, mut failed) = (Vec::new(), None);
        for ((position, path, model), conclusion) in places.into_iter().zip(conclusions) {
            self.output.say(format!("  {}", styled(STRONG, &line(&model, 60))));
            match conclusion {
                Ok(conclusion) => {
                    let exit = ask::concluded(conclusion, &path, &asking, self.output);
                    ended.push((position, path, exit));
                }
                Err(failure) => {
                    self.output.warn(format!("  stopped: {}", failure.message));
                    failed.get_or_insert(failure);
                }
            }
            self.output.note("");
        }
        failed.map_or(Ok(ended), Err)
    }

    /// Of several runs, the comparison is the JSON document.
    fn asking(&self, among_others: bool) -> AskArgs {
        let mut asking = self.args.ask.clone();
        asking.json &= !among_others;
        asking
    }
}

/// A run whose directory is there, and whom it asks.
struct Begun {
    model: String,
    system: Arc<dyn System>,
    evaluation: Evaluation,
}

/// Brings datasets that lie elsewhere into the cache, and those that programs make.
pub(crate) fn fetch(
    tasks: &mut [LoadedTask],
    cache: &Path,
    making: Making<'_>,
    runtime: &tokio::runtime::Runtime,
    output: &mut Output,
) -> Result<(), Failure> {
    let hub = Hub::from_variables(variable);
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
            .block_on(loaded.fetch(cache, &hub, &mut progress))
            .map_err(|error| Failure::dataset(&loaded.task.name, &error))?;
        make(loaded, cache, making, runtime, output)?;
    }
    Ok(())
}

/// Runs the program that makes a task's samples, if there is one and they are not there.
fn make(
    loaded: &mut LoadedTask,
    cache: &Path,
    making: Making<'_>,
    runtime: &tokio::runtime::Runtime,
    output: &mut Output,
) -> Result<(), Failure> {
    let name = loaded.task.name.clone();
    if matches!(making, Making::Allowed { .. }) && loaded.is_to_be_made(cache) {
        output.note(format!("  a program makes the samples of {name}"));
    }
    let stopped = || Failure::undecided(format!("stopped before the samples of {name} were made"));
    let made = runtime.block_on(ask::unless_ended(loaded.make(cache, making)));
    made.ok_or_else(stopped)?.map_err(|error| Failure::dataset(&name, &error))
}

/// The engine's one thread.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Failure::file("start", &PathBuf::from("the runtime"), source))
}

pub(crate) fn settings(args: &EvalArgs) -> Settings {
    Settings {
        seed: args.seed,
        epochs: args.epochs,
        limit: args.limit,
        sample_ids: args.sample_id.clone(),
        concurrency: 1,
        max_attempts: 1,
        level: args.level,
        early: (args.until.is_some() || !args.decide.is_empty())
            .then(|| EarlyStopping { half_width: args.until, decide: args.decide.clone() }),
    }
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

fn dry_run(
    plan: &Plan,
    suite: Option<&Suite>,
    models: &[(&str, Option<Prices>)],
    judge: Option<&str>,
    output: &mut Output,
) -> Exit {
    let extent = plan.extent();
    for (model, _) in models {
        output.say(format!("  system  {model} (not asked)"));
    }
    if let Some(judge) = judge {
        output.say(format!("  judge   {judge} (not asked; {} questions)", grouped(extent.judge_requests)));
    }
    output.say(format!("  {}", what(plan, suite)));
    output.say("");
    let names = plan.task_names();
    let width = names.iter().map(String::len).max().unwrap_or(0);
    for (position, (name, planned)) in names.iter().zip(plan.planned()).enumerate() {
        output.say(format!("  {}  {}", styled(STRONG, &format!("{name:width$}")), count(planned, "sample")));
        if let Some(tools) = tool_names(plan.tools(position)) {
            output.say(styled(FAINT, &format!("    tools {tools}")));
        }
        for step in plan.preview(position).into_iter().flatten() {
            if let Step::Say(message) = step {
                let who = if message.role == Role::System { "system" } else { message.role.as_str() };
                output.say(styled(FAINT, &format!("    {who}")));
                output.say(wrapped(&message.shown(), output.width(), "      ", 600));
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
    let usage = Usage {
        prompt_tokens: extent.prompt_chars / 4,
        completion_tokens: extent.max_output_tokens,
        ..Usage::default()
    };
    for (model, prices) in models {
        if let Some(prices) = prices {
            let most = results::money(prices.of(&usage));
            let judge = if judge.is_some() { ", the judge not counted" } else { "" };
            output.say(format!("  {model}: about {most} at most, at its prices{judge}"));
        }
    }
    Exit::Yes
}
