//! What `eval` and `resume` share: asking with a display, Ctrl-C, and what is said at the end.

use std::path::Path;

use overt_eval::{Conclusion, Evaluation, Interruption, Stop, System, host};
use overt_schema::{Build, Run};
use tokio::sync::watch;

use crate::cli::AskArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{BAD, Output, STRONG, styled};
use crate::progress::Progress;
use crate::results;
use crate::text::{grouped, wrapped};

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

/// Runs an evaluation to its end, and says how it went.
pub(crate) fn run(
    evaluation: Evaluation,
    system: &dyn System,
    names: Vec<String>,
    args: &AskArgs,
    runtime: &tokio::runtime::Runtime,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let path = evaluation.directory().path().to_owned();
    let mut progress = Progress::new(names, output, args.quiet);
    let (stopper, stop) = watch::channel(Stop::No);
    let conclusion = runtime.block_on(async {
        let listening = tokio::spawn(listen(stopper));
        let conclusion = evaluation.execute(system, stop, &mut progress).await;
        listening.abort();
        conclusion
    });
    progress.clear();
    match conclusion? {
        Conclusion::Finished(run) => Ok(finished(&run, &path, args, output)),
        Conclusion::Interrupted { cause, done, planned } => {
            Ok(interrupted(&cause, done, planned, &path, output))
        }
    }
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
        output.say(format!("  {}", results::totals(run, host::peak_memory())));
    }
    let path = path.display();
    output.note("");
    output.note(format!("  run     {path}"));
    output.note(format!("  next    overt show {path}"));
    let failed: u64 = run.tasks.iter().map(results::failed).sum();
    if failed > 0 {
        output.note(format!(
            "          overt resume {path}   asks the {} failed samples again",
            grouped(failed)
        ));
    }
    verdict(run)
}

/// Whether all requirements held: a missed one is a no, an undecided one is no answer.
fn verdict(run: &Run) -> Exit {
    if run.requirements.iter().any(|requirement| requirement.held == Some(false)) {
        Exit::No
    } else if run.requirements.iter().any(|requirement| requirement.held.is_none()) {
        Exit::Undecided
    } else {
        Exit::Yes
    }
}

fn interrupted(cause: &Interruption, done: u64, planned: u64, path: &Path, output: &mut Output) -> Exit {
    let (why, exit) = match cause {
        Interruption::Stopped => (None, Exit::Interrupted),
        Interruption::Rejected(failure) => {
            (Some(("the system does not accept the requests", failure)), Exit::Undecided)
        }
        Interruption::Unreachable(failure) => {
            (Some(("the system stopped answering", failure)), Exit::Undecided)
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
