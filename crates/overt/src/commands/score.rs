//! `overt score`: the answers of a run, scored again in a run of its own.

use std::iter::Peekable;
use std::path::Path;
use std::sync::Arc;

use overt_eval::{Conclusion, Evaluation, Recorded, Rows, RunDirectory, SAMPLES, System, Systems};
use overt_model::{RecordedSystem, Registry};
use overt_schema::{AnswersFrom, Run, Sample, SampleRow, Status, Task};
use overt_task::{Catalogue, LoadedTask};

use crate::cli::ScoreArgs;
use crate::commands::{ask, eval, judge, resume};
use crate::environment::{Environment, variables};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::{results, runs};

mod changes;

pub(crate) fn run(args: &ScoreArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let path = runs::find(args.run.as_ref(), &args.runs)?;
    let directory = RunDirectory::open(&path)?;
    let earlier = directory.manifest()?;
    if earlier.status != Status::Finished {
        return Err(Failure::usage(format!(
            "the run is not finished\n  run    {}\n  next   overt resume {}",
            earlier.id,
            path.display()
        )));
    }
    directory.check_files()?;
    let measurements =
        args.measured.iter().map(|file| judge::read_measurement(file)).collect::<Result<Vec<_>, _>>()?;
    let materials = directory.materials()?;
    let mut tasks = resume::tasks(materials.tasks, &earlier)?;
    rescore(&mut tasks, &args.scorers)?;
    let runtime = eval::runtime()?;
    let plan =
        resume::made_again(&earlier, (materials.suite, tasks), &args.ask, &environment, &runtime, output)?;

    let registry = Registry::new(environment.config.clone(), environment.home.clone(), variables());
    let budget = match &args.judge {
        Some(name) => ask::budget(&args.ask, &registry, name, None)?,
        None => overt_eval::Budget::default(),
    };
    let budget = overt_eval::Budget { judge_prices: budget.prices, ..budget };
    let system: Arc<dyn System> = Arc::new(RecordedSystem::of(earlier.system.clone()));
    let resolve = |name: &str| ask::resolve(&registry, name, &args.ask, &environment.home, &runtime, output);
    let judge = match plan.judged() {
        Some(scorer) => Some(judge_of(args.judge.as_deref(), &scorer, &earlier, resolve)?),
        None => None,
    };
    let systems = Systems { system: system.as_ref(), judge: judge.as_deref() };
    let plan = match &judge {
        Some(judge) => {
            let suits = judge.capabilities();
            let concurrency = args.ask.concurrency.map_or(suits.concurrency, |n| n as usize);
            plan.at_pace(concurrency, suits.max_attempts)
        }
        None => plan,
    };
    output.note(format!("  answers {}", path.display()));
    output.note(format!("  of      {}", results::system_line(&earlier.system)));
    if let Some(judge) = systems.judge {
        results::judged_by(output, &judge.identity());
    }
    output.note("");
    let names = plan.task_names();
    let runs = path.parent().map_or_else(|| args.runs.clone(), Path::to_owned);
    let mut answers =
        Answers { rows: directory.rows()?.peekable(), with_verdicts: args.judge.is_none(), failed: None };
    let given = |task: usize, sample: &Sample, epoch: u32| answers.next(task, sample, epoch);
    let from = origin(&earlier)?;
    let evaluation = Evaluation::of_answers(plan, systems, &runs, ask::build(), from, given)?;
    if let Some(failure) = answers.failed {
        return Err(failure);
    }
    let evaluation = evaluation.measured(measurements)?.within(budget);
    let new = evaluation.directory().path().to_owned();
    match ask::execute(evaluation, systems, names, &args.ask, &runtime, output)? {
        Conclusion::Finished(run) => said(&earlier, &directory, &run, &new, args, output),
        Conclusion::Interrupted { cause, done, planned } => {
            Ok(ask::interrupted(&cause, done, planned, &new, output))
        }
    }
}

fn said(
    earlier: &Run,
    directory: &RunDirectory,
    run: &Run,
    path: &Path,
    args: &ScoreArgs,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let changes = changes::between(earlier, directory, run, &RunDirectory::open(path)?)?;
    if args.ask.json {
        output.json(&serde_json::json!({ "run": run, "changes": changes }));
    } else {
        changes::show(&changes, output);
    }
    output.note("");
    output.note(format!("  run     {}", path.display()));
    output.note(format!("  next    overt show {}", path.display()));
    Ok(Exit::Yes)
}

/// Who gives the verdicts that the run does not have.
fn judge_of(
    named: Option<&str>,
    scorer: &str,
    earlier: &Run,
    mut resolve: impl FnMut(&str) -> Result<Arc<dyn System>, Failure>,
) -> Result<Arc<dyn System>, Failure> {
    match (named, &earlier.judge) {
        (Some(name), _) => resolve(name),
        (None, Some(judge)) => Ok(Arc::new(RecordedSystem::of(judge.system.clone()))),
        (None, None) => Err(Failure::usage(format!(
            "{scorer} needs a judge, and the run had none\n  next   name the system that judges: --judge SYSTEM"
        ))),
    }
}

/// Puts the scorers and metrics of task files into the tasks of the same names.
fn rescore(tasks: &mut [LoadedTask], files: &[String]) -> Result<(), Failure> {
    for file in files {
        let resolved = Catalogue::new().resolve(std::slice::from_ref(file)).map_err(Failure::usage)?;
        for new in resolved.tasks {
            let names: Vec<String> = tasks.iter().map(|task| task.task.name.clone()).collect();
            let Some(old) = tasks.iter_mut().find(|task| task.task.name == new.task.name) else {
                return Err(Failure::usage(format!(
                    "the run has no task {:?}, whose scorers {file} has\n  next   its tasks are {}",
                    new.task.name,
                    names.join(", ")
                )));
            };
            let Task { version, scorers, metrics, .. } = new.task;
            let task = Task { version, scorers, metrics, ..old.task.clone() };
            let made = old.made;
            *old = LoadedTask::restore(&old.origin.to_string(), task).map_err(Failure::usage)?;
            old.made = made;
        }
    }
    Ok(())
}

fn origin(earlier: &Run) -> Result<AnswersFrom, Failure> {
    let sha256 = earlier.files.get(SAMPLES).copied().ok_or_else(|| {
        Failure::undecided(format!("the manifest of {} does not say what {SAMPLES} is", earlier.id))
    })?;
    Ok(AnswersFrom { source: earlier.id.clone(), sha256 })
}

/// The rows of a run beside the samples of its plan: both come in the same order.
struct Answers {
    rows: Peekable<Rows>,
    /// Whether what the earlier judge said still counts.
    with_verdicts: bool,
    failed: Option<Failure>,
}

impl Answers {
    fn next(&mut self, task: usize, sample: &Sample, epoch: u32) -> Option<Recorded> {
        let is_it =
            |row: &SampleRow| row.task as usize == task && row.sample.id == sample.id && row.epoch == epoch;
        match self.rows.peek()? {
            Ok(row) if !is_it(row) => return None,
            _ => {}
        }
        match self.rows.next()? {
            Ok(SampleRow { messages, answer, mut judgements, .. }) => {
                judgements.retain(|_| self.with_verdicts);
                Some(Recorded { messages, answer, judgements })
            }
            Err(error) => {
                self.failed.get_or_insert(error.into());
                None
            }
        }
    }
}
