//! `overt reproduce`: the same again, and whether the two agree.

use std::path::{Path, PathBuf};

use overt_eval::{Conclusion, Evaluation, RunDirectory, Systems};
use overt_evidence::{Margin, check_files, reproduction};
use overt_model::Registry;
use overt_record::record::{Body, Comparison, Evaluation as Signed, Reproduction, Verdict};
use overt_record::verify::Outcome;
use overt_schema::{Run, Status};
use overt_task::{Catalogue, LoadedTask};

use crate::cli::ReproduceArgs;
use crate::commands::publish::{BUNDLE, manifest_digest};
use crate::commands::{ask, eval, resume};
use crate::environment::{Environment, variables};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs;
use crate::outfile::Existing;
use crate::output::{FAINT, Output, STRONG, styled};
use crate::results::{self, number};
use crate::signing::{self, Again, Signer};
use crate::text::line;

pub(crate) fn run(args: &ReproduceArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let margin = Margin::new(args.margin)
        .ok_or_else(|| Failure::usage("--margin is a positive number, in the metric's own unit"))?;
    let (path, folder) = if args.original.is_dir() {
        (args.original.join(BUNDLE), args.original.clone())
    } else {
        (args.original.clone(), args.original.parent().unwrap_or(Path::new(".")).to_owned())
    };
    let (bundle, record) = signing::read_bundle(&path)?;
    let Body::Evaluation(original) = record.body() else {
        return Err(Failure::usage(format!("{} is not the record of an evaluation", path.display())));
    };
    signed_files(original, &folder)?;
    let default = || PathBuf::from(format!("{}.reproduction.overt.json", original.run.id));
    let out = args.out.clone().unwrap_or_else(default);
    let outside = args.sign.outside.unsigned_out.is_some() || args.sign.outside.signature.is_some();
    let signs = args.out.is_some() || args.sign.log.is_some() || outside;
    if signs {
        // Before hours of asking.
        Existing::unless(args.force).check_file(&out)?;
    }
    if args.run.is_none() && args.sign.outside.signature.is_some() {
        return Err(Failure::usage(
            "--signature is over the comparison with one run\n  next   name that run with --run",
        ));
    }
    let signer = if signs { Some(Signer::open(&environment, &args.sign)?) } else { None };
    let directory = match &args.run {
        Some(run) => finished(run)?,
        None => match again(args, &environment, original, &folder, output)? {
            Ok(directory) => directory,
            Err(exit) => return Ok(exit),
        },
    };
    let digest = bundle.envelope.digest();
    let manifest = manifest_digest(&directory)?;
    if manifest == original.run.manifest_sha256 {
        return Err(Failure::usage(
            "this is the original's own run, which reproduces nothing\n  next   name another run with --run, or leave --run away",
        ));
    }
    let compared = reproduction((digest, original), &folder, &directory, manifest, margin)?;
    if args.ask.json {
        output.json(&compared);
    } else {
        shown(&compared, &directory, output);
    }
    let exit = match compared.verdict {
        Verdict::Agree => Exit::Yes,
        Verdict::Differ => Exit::No,
        Verdict::CannotTell => Exit::Undecided,
    };
    if let Some(signer) = signer {
        let Some(signed) = signer.sign(|_| compared.clone(), Again::Same, output)? else {
            if args.run.is_none() {
                output.note(format!("            and with --run {}", directory.path().display()));
            }
            return Ok(exit);
        };
        let salt = logs::salt(&environment, &signed.digest())?;
        let issued = signing::log(&environment, &args.sign, signed, salt, &eval::runtime()?, output)?;
        signing::write_bundle(&out, &issued.bundle)?;
        if let Some((origin, index)) = issued.place() {
            output.note(format!("  logged  {} index {index}", line(&origin, 80)));
        }
        output.note(format!("  record  {}", out.display()));
    }
    Ok(exit)
}

/// The files beside the record are compared with: they must be those that were signed, whatever they show.
fn signed_files(original: &Signed, folder: &Path) -> Result<(), Failure> {
    let checks = check_files(original, folder).map_err(Failure::usage)?.checks;
    let others = checks.iter().find(|check| {
        check.outcome == Outcome::Failed && matches!(check.id, "files" | "manifest" | "sample-tree")
    });
    others.map_or(Ok(()), |check| {
        Err(Failure::usage(format!(
            "the original's files are not those of its record: {}\n  next   get the published folder again, or compare with the record alone",
            line(&check.detail, 300)
        )))
    })
}

fn finished(path: &Path) -> Result<RunDirectory, Failure> {
    let directory = RunDirectory::open(path)?;
    if directory.manifest()?.status != Status::Finished {
        return Err(Failure::usage(format!(
            "the run is not finished\n  next   overt resume {}",
            path.display()
        )));
    }
    directory.check_files()?;
    Ok(directory)
}

/// Runs the original's tasks with its settings; `Err` if it was interrupted.
fn again(
    args: &ReproduceArgs,
    environment: &Environment,
    original: &Signed,
    folder: &Path,
    output: &mut Output,
) -> Result<Result<RunDirectory, Exit>, Failure> {
    let directory = RunDirectory::open(folder).map_err(|_| {
        Failure::usage(format!(
            "the original's files are not in {}, so its tasks are not known\n  next   get the published folder, or run the tasks yourself and name the run with --run",
            folder.display()
        ))
    })?;
    let earlier = directory.manifest()?;
    if manifest_digest(&directory)? != original.run.manifest_sha256 {
        return Err(Failure::usage(
            "run.json is not the one that was signed\n  next   get the published folder again",
        ));
    }
    let materials = directory.materials()?;
    let mut tasks = resume::tasks(materials.tasks, &earlier)?;
    put_copies(&mut tasks, &args.task)?;
    let runtime = eval::runtime()?;
    let plan =
        resume::made_again(&earlier, (materials.suite, tasks), &args.ask, environment, &runtime, output)?;
    let registry = Registry::new(environment.config.clone(), environment.home.clone(), variables());
    let name = match &args.model {
        Some(name) => name.clone(),
        None => resume::named_by_the_run(&earlier.system.name, "--model")?.to_owned(),
    };
    let judge_name = match (&args.judge, &earlier.judge) {
        (Some(name), _) => Some(name.clone()),
        (None, Some(judge)) => Some(resume::named_by_the_run(&judge.system.name, "--judge")?.to_owned()),
        (None, None) => None,
    };
    let budget = ask::budget(&args.ask, &registry, &name, judge_name.as_deref())?;
    let resolve = |name: &str| ask::resolve(&registry, name, &args.ask, &environment.home, &runtime, output);
    let system = resolve(&name)?;
    let judge = match (plan.judged(), &judge_name) {
        (Some(_), Some(name)) => Some(resolve(name)?),
        _ => None,
    };
    let systems = Systems { system: system.as_ref(), judge: judge.as_deref() };
    let suits = system.capabilities();
    let concurrency = args.ask.concurrency.map_or(suits.concurrency, |n| n as usize);
    let plan = plan.at_pace(concurrency, suits.max_attempts);
    note_other_system(&earlier, &system.identity(), output);
    let names = plan.task_names();
    let measurements = earlier.judge.iter().flat_map(|judge| judge.measurements.clone()).collect();
    let evaluation =
        Evaluation::start(plan, systems, &args.runs, ask::build())?.measured(measurements)?.within(budget);
    let path = evaluation.directory().path().to_owned();
    match ask::execute(evaluation, systems, names, &args.ask, &runtime, output)? {
        Conclusion::Finished(_) => Ok(Ok(RunDirectory::open(&path)?)),
        Conclusion::Interrupted { cause, done, planned } => {
            Ok(Err(ask::interrupted(&cause, done, planned, &path, output)))
        }
    }
}

/// Puts copies of task files in the place of those that the original was made from; they must say the same.
fn put_copies(tasks: &mut [LoadedTask], files: &[String]) -> Result<(), Failure> {
    if files.is_empty() {
        return Ok(());
    }
    for copy in Catalogue::new().resolve(files).map_err(Failure::usage)?.tasks {
        let name = &copy.task.name;
        let Some(original) = tasks.iter_mut().find(|task| task.task.name == *name) else {
            return Err(Failure::usage(format!("--task: the original has no task {name:?}")));
        };
        if original.task != copy.task {
            return Err(Failure::usage(format!(
                "--task: your task {name:?} is not the one of the original\n  next   get the file that was used, version {}",
                original.task.version
            )));
        }
        *original = copy;
    }
    Ok(())
}

/// A reproduction on another system is worth knowing, and no error.
fn note_other_system(earlier: &Run, now: &overt_schema::SystemIdentity, output: &mut Output) {
    let weights = |system: &overt_schema::SystemIdentity| system.artefact.as_ref().map(|file| file.sha256);
    if (&earlier.system.model, weights(&earlier.system)) != (&now.model, weights(now)) {
        output.note(format!("  then    {}", results::system_line(&earlier.system)));
        output.note(format!("  now     {} (another system)", results::system_line(now)));
    }
}

fn shown(compared: &Reproduction, directory: &RunDirectory, output: &mut Output) {
    for one in &compared.comparisons {
        let value = |estimate: &Option<overt_record::record::Estimate>| {
            estimate.as_ref().map_or_else(|| "—".to_owned(), |estimate| number(estimate.value.to_f64()))
        };
        output.say(format!(
            "  {}.{}   {} then, {} now   {}   {}",
            line(one.task.as_str(), 50),
            line(one.metric.as_str(), 50),
            value(&one.original),
            value(&one.again),
            styled(FAINT, &difference(one)),
            styled(STRONG, word(one.verdict)),
        ));
    }
    for note in &compared.notes {
        output.say(styled(FAINT, &format!("  {}", line(note.as_str(), 200))));
    }
    output.say("");
    output.say(format!("  verdict {}", styled(STRONG, word(compared.verdict))));
    output.note(format!("  run     {}", directory.path().display()));
}

fn difference(one: &Comparison) -> String {
    let Some(difference) = one.difference else { return String::new() };
    let interval = one.interval.as_ref().map_or_else(String::new, |interval| {
        format!(" [{}, {}]", number(interval.low.to_f64()), number(interval.high.to_f64()))
    });
    let test = one.test.as_ref().map_or_else(String::new, |test| {
        let p = test.p.map_or_else(String::new, |p| format!(", p = {}", number(p.to_f64())));
        format!(", {} {}{p}", line(test.method.as_str(), 30), number(test.statistic.to_f64()))
    });
    format!("difference {}{interval}{test}", number(difference.to_f64()))
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Agree => "agree",
        Verdict::Differ => "differ",
        Verdict::CannotTell => "cannot tell at this n",
    }
}
