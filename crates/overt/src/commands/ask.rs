//! What `eval` and `resume` share: asking with a display, Ctrl-C, and what is said at the end.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

use overt_eval::{
    Budget, Conclusion, Evaluation, Interruption, Limit, Party, Plan, Stop, System, Systems, host,
};
use overt_model::{CacheOptions, CacheTrouble, Cached, Registry};
use overt_schema::{Build, Run};
use overt_task::{Making, Selection};
use tokio::sync::watch;

use crate::cli::AskArgs;
use crate::commands::check;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{BAD, Output, STRONG, styled};
use crate::progress::{Lanes, Progress, Reporter};
use crate::results;
use crate::text::{count, grouped, harmless, line, seconds, wrapped};

/// The version that runs, for the manifest.
pub(crate) fn build() -> Build {
    let features = if cfg!(target_feature = "avx512f") {
        "+avx512"
    } else if cfg!(target_feature = "avx2") {
        "+avx2"
    } else {
        ""
    };
    let build = format!("{}-{}{features}", std::env::consts::ARCH, std::env::consts::OS);
    Build { version: env!("CARGO_PKG_VERSION").into(), build }
}

/// How a local model is to be opened.
pub(crate) fn resolve_options(args: &AskArgs) -> overt_model::ResolveOptions {
    overt_model::ResolveOptions {
        threads: args.threads.map(|n| n as usize),
        context_tokens: args.context,
        sequences: args.concurrency.map(|n| n as usize),
        weights: args.weights,
        on_pull: None,
    }
}

/// A system that is to be asked, behind the cache of answers if that is wanted.
pub(crate) fn resolve(
    registry: &Registry,
    name: &str,
    args: &AskArgs,
    home: &Path,
    runtime: &tokio::runtime::Runtime,
    output: &Output,
) -> Result<Arc<dyn System>, Failure> {
    let system = super::model::resolve(registry, name, &resolve_options(args), runtime, output)?;
    if !args.cache {
        return Ok(system);
    }
    let told = |trouble: &CacheTrouble| {
        let text = format!("{}: {}\n", styled(BAD, "warning"), harmless(&trouble.to_string()));
        // Nobody can be told that standard error is closed.
        let _ = std::io::Write::write_all(&mut anstream::stderr(), text.as_bytes());
    };
    let options =
        CacheOptions { on_trouble: Some(Arc::new(told)), ..CacheOptions::new(home.join("cache/answers")) };
    Ok(Arc::new(Cached::new(system, options)))
}

/// Whether a plan may run what it wants to run.
pub(crate) fn permit(plan: &Plan, args: &AskArgs) -> Result<(), Failure> {
    match plan.commanded() {
        Some(scorer) if !args.allow_commands => Err(Failure::usage(format!(
            "{scorer} runs a program on this machine, which a task may not do by itself\n  next   read the task and its program; then allow it with --allow-commands"
        ))),
        _ => Ok(()),
    }
}

/// Whether programs that make samples may run, and what they are told.
pub(crate) fn making<'s>(args: &AskArgs, seed: u64, selection: &'s Selection) -> Making<'s> {
    if args.allow_commands { Making::Allowed { seed, selection } } else { Making::Refused }
}

/// The limits that the command line sets.
pub(crate) fn budget(
    args: &AskArgs,
    registry: &Registry,
    model: &str,
    judge: Option<&str>,
) -> Result<Budget, Failure> {
    let prices = |name: &str| registry.prices(name);
    let (prices, judge_prices) = (prices(model), judge.and_then(prices));
    let unknown = [(Some(model), prices), (judge, judge_prices)]
        .into_iter()
        .find_map(|(name, prices)| name.filter(|_| args.max_cost.is_some() && prices.is_none()));
    if let Some(model) = unknown {
        return Err(Failure::usage(format!(
            "--max-cost needs the prices of {model:?}\n  next   write them to overt.toml under its [systems.NAME], for example\n         \
             prices = {{ input = 0.15, output = 0.60 }}   for a million tokens (docs/configuration.md)"
        )));
    }
    Ok(Budget {
        tokens: args.max_tokens,
        prices,
        judge_prices,
        cost: args.max_cost,
        time: args.max_time,
        failures: args.fail_on_error,
    })
}

/// Runs an evaluation to its end, and says how it went.
pub(crate) fn run(
    evaluation: Evaluation,
    systems: Systems<'_>,
    names: Vec<String>,
    args: &AskArgs,
    runtime: &tokio::runtime::Runtime,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let path = evaluation.directory().path().to_owned();
    let conclusion = execute(evaluation, systems, names, args, runtime, output)?;
    Ok(concluded(conclusion, &path, args, output))
}

/// Says how a run went.
pub(crate) fn concluded(conclusion: Conclusion, path: &Path, args: &AskArgs, output: &mut Output) -> Exit {
    match conclusion {
        Conclusion::Finished(run) => finished(&run, path, args, output),
        Conclusion::Interrupted { cause, done, planned } => interrupted(&cause, done, planned, path, output),
    }
}

/// Runs an evaluation to its end, with a display.
pub(crate) fn execute(
    evaluation: Evaluation,
    systems: Systems<'_>,
    names: Vec<String>,
    args: &AskArgs,
    runtime: &tokio::runtime::Runtime,
    output: &mut Output,
) -> Result<Conclusion, Failure> {
    let progress = RefCell::new(Progress::new(names, output, args.quiet));
    let reporter = Reporter { progress: &progress, lanes: Lanes::Own };
    let conclusion = runtime.block_on(heeding(|stop| async move {
        let mut reporter = reporter;
        evaluation.execute(systems, stop, &mut reporter).await
    }));
    progress.borrow().clear();
    Ok(conclusion?)
}

/// A run among several.
pub(crate) struct Job<'a> {
    pub(crate) name: String,
    pub(crate) evaluation: Evaluation,
    pub(crate) systems: Systems<'a>,
}

/// Runs several evaluations at the same time, with one display and one Ctrl-C for all.
pub(crate) fn execute_together(
    jobs: Vec<Job<'_>>,
    args: &AskArgs,
    runtime: &tokio::runtime::Runtime,
    output: &mut Output,
) -> Vec<Result<Conclusion, Failure>> {
    let names = jobs.iter().map(|job| line(&job.name, 40)).collect();
    let progress = RefCell::new(Progress::new(names, output, args.quiet));
    let conclusions = runtime.block_on(heeding(|stop| {
        let runs = jobs.into_iter().enumerate().map(|(lane, job)| {
            let lanes = Lanes::Together { lane, tasks: job.evaluation.plan().task_names().len() };
            let (mut reporter, stop) = (Reporter { progress: &progress, lanes }, stop.clone());
            async move { job.evaluation.execute(job.systems, stop, &mut reporter).await }
        });
        futures_util::future::join_all(runs.collect::<Vec<_>>())
    }));
    progress.borrow().clear();
    conclusions.into_iter().map(|conclusion| conclusion.map_err(Failure::from)).collect()
}

/// Does something that can be told to stop, and listens to the keyboard meanwhile.
async fn heeding<F: Future>(doing: impl FnOnce(watch::Receiver<Stop>) -> F) -> F::Output {
    let (stopper, stop) = watch::channel(Stop::No);
    let listening = tokio::spawn(listen(stopper));
    let done = doing(stop).await;
    listening.abort();
    done
}

/// The first Ctrl-C (or a polite request to end) stops asking; the second leaves at once.
async fn listen(stopper: watch::Sender<Stop>) {
    let mut wishes = 0;
    loop {
        if ended().await.is_err() {
            return;
        }
        wishes += 1;
        let (stop, said) = match wishes {
            1 => (
                Stop::Soon,
                "\n  stopping: what is in flight is finished first; press Ctrl-C again to leave at once",
            ),
            _ => (Stop::Now, "\n  leaving"),
        };
        // Nobody can be told that standard error is closed.
        let _ = std::io::Write::write_all(&mut anstream::stderr(), format!("{said}\n").as_bytes());
        if stopper.send(stop).is_err() {
            return;
        }
    }
}

/// Does something before a run begins, unless Ctrl-C or a polite request to end comes first.
pub(crate) async fn unless_ended<F: Future>(doing: F) -> Option<F::Output> {
    tokio::select! {
        done = doing => Some(done),
        Ok(()) = ended() => None,
    }
}

#[cfg(unix)]
async fn ended() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn ended() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

fn finished(run: &Run, path: &Path, args: &AskArgs, output: &mut Output) -> Exit {
    if args.json {
        output.json(run);
    } else {
        results::table(output, run);
        if !run.requirements.is_empty() {
            output.say("");
            results::requirements(output, run);
        }
        output.say("  ──");
        if let Some(saved) = results::saved(run) {
            output.say(saved);
        }
        output.say(format!("  {}", results::totals(run, host::peak_memory())));
    }
    let path = path.display();
    output.note("");
    output.note(format!("  run     {path}"));
    output.note(format!("  next    overt show {path}"));
    let failed: u64 = run.tasks.iter().map(results::failed).sum();
    let unjudged = results::unjudged(run);
    let again = [(failed, "failed sample"), (unjudged, "verdict that failed")];
    let again: Vec<String> = again.iter().filter(|(n, _)| *n > 0).map(|(n, what)| count(*n, what)).collect();
    if !again.is_empty() {
        output.note(format!("          overt resume {path}   asks again for {}", again.join(" and ")));
    }
    check::exit(&run.requirements)
}

/// Says why a run stopped, and how it goes on.
pub(crate) fn interrupted(
    cause: &Interruption,
    done: u64,
    planned: u64,
    path: &Path,
    output: &mut Output,
) -> Exit {
    let (why, exit) = match cause {
        Interruption::Stopped => (None, Exit::Interrupted),
        Interruption::Rejected(party, failure) => {
            (Some((format!("{} does not accept the requests", who(*party)), failure)), Exit::Undecided)
        }
        Interruption::Unreachable(party, failure) => {
            (Some((format!("{} stopped answering", who(*party)), failure)), Exit::Undecided)
        }
        Interruption::Budget(limit) => {
            output.warn(format!("  stopped: {}", reached(limit)));
            let failures = matches!(limit, Limit::Failures { .. });
            (None, if failures { Exit::Undecided } else { Exit::Interrupted })
        }
    };
    if let Some((what, failure)) = why {
        output.warn(format!("{}: {what}", styled(BAD, "error")));
        output.warn(format!(
            "  cause  {}",
            wrapped(&failure.message, output.width(), "         ", 2000).trim_start()
        ));
    }
    output.warn(format!(
        "  {} of {} samples are finished and kept",
        styled(STRONG, &grouped(done)),
        grouped(planned)
    ));
    output.warn(format!("  next   overt resume {}", path.display()));
    exit
}

fn who(party: Party) -> &'static str {
    match party {
        Party::System => "the system",
        Party::Judge => "the judge",
    }
}

/// What limit a run stopped at, in words.
fn reached(limit: &Limit) -> String {
    match limit {
        Limit::Tokens { used, limit } => {
            format!(
                "{} of --max-tokens {} are used, and the next samples might pass it",
                grouped(*used),
                limit
            )
        }
        Limit::Cost { spent, limit } => {
            format!("{spent:.4} of --max-cost {limit} is spent, and the next samples might pass it")
        }
        Limit::Time { limit } => format!("--max-time of {} is over", seconds(limit.as_secs_f64())),
        Limit::Failures { failed, limit } => {
            format!(
                "{} samples brought no answer, and --fail-on-error bears {}",
                grouped(*failed),
                grouped(*limit)
            )
        }
    }
}
