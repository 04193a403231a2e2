//! `overt plan`: what will be run and what is claimed, signed before the first request.

use std::path::{Path, PathBuf};

use overt_eval::{Plan, Systems, dataset_cache, timestamp};
use overt_evidence::{Intention, Ledger, plan, selected};
use overt_model::Registry;
use overt_record::{Text, record};
use overt_schema::Requirement;
use overt_task::{Catalogue, LoadedTask, Selection};

use crate::cli::PlanArgs;
use crate::commands::{ask, eval};
use crate::environment::{Environment, variables};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs;
use crate::moments::{Moment, Stage};
use crate::outfile::Existing;
use crate::output::{Output, STRONG, styled};
use crate::planned::{self, Invocation};
use crate::signing::{self, Again, Issued, Signer};
use crate::text::{count, line};

pub(crate) fn run(args: &PlanArgs, output: &mut Output) -> Result<Exit, Failure> {
    let asked = &args.eval;
    if asked.plan.is_some() {
        return Err(Failure::usage("a plan is not made of a plan\n  next   overt eval --plan FILE"));
    }
    let environment = Environment::read()?;
    let claims = claims(&args.claim)?;
    // The passphrase is asked for before any work is done.
    let signer = Signer::open(&environment, &args.sign)?;
    let runtime = eval::runtime()?;
    let names = eval::tasks_named(asked);
    let mut resolved = Catalogue::new().resolve(&names).map_err(Failure::usage)?;
    let cache = dataset_cache(&environment.home);
    let selection = Selection { limit: asked.limit, sample_ids: asked.sample_id.clone() };
    let making = ask::making(&asked.ask, asked.seed, &selection);
    eval::fetch(&mut resolved.tasks, &cache, making, &runtime, output)?;
    let prepared =
        Plan::prepare(resolved.suite.clone(), resolved.tasks.clone(), eval::settings(asked), &cache)?;
    known(&args.claim, &resolved.tasks)?;
    let registry = Registry::new(environment.config.clone(), environment.home.clone(), variables());
    let models = eval::models(asked, &environment)?;
    let judge_name = asked.judge.clone().or_else(|| environment.config.eval.judge.clone());
    let home = &environment.home;
    let resolve = |name: &str| ask::resolve(&registry, name, &asked.ask, home, &runtime, output);
    let judge = match (prepared.judged(), &judge_name) {
        (Some(_), Some(name)) => Some(resolve(name)?),
        _ => None,
    };
    let mut manifests = Vec::new();
    for model in &models {
        let system = resolve(model)?;
        let systems = Systems { system: system.as_ref(), judge: judge.as_deref() };
        prepared.suits(system.as_ref())?;
        let created = timestamp(&jiff::Timestamp::now());
        manifests.push(prepared.manifest(String::new(), created, systems, ask::build())?);
    }
    let ids: Vec<_> = prepared.sample_ids()?.iter().map(|ids| selected(ids)).collect();
    let rationale = args.rationale.clone().map(Text::new).transpose();
    let intention = Intention {
        claims,
        rationale: rationale.map_err(|error| Failure::usage(format!("--rationale: {error}")))?,
        runs: Some(args.runs_meant.unwrap_or(manifests.len() as u32)),
        ..Intention::default()
    };
    let default = || PathBuf::from(format!("{}.plan.overt.json", prepared.name()));
    let path = args.out.clone().unwrap_or_else(default);
    let existing = Existing::unless(args.force);
    let body = plan(&manifests, &ids, intention)?;
    unplanned(&environment, &signer, &body, existing)?;
    existing.check_file(&path)?;
    let again = if args.force { Again::Anew } else { Again::Same };
    let Some(signed) = signer.sign(|_| body.clone(), again, output)? else { return Ok(Exit::Yes) };
    let salt = logs::salt(&environment, &signed.digest())?;
    let issued = signing::log(&environment, &args.sign, signed, salt, &runtime, output)?;
    let invocation = Invocation {
        tasks: names.iter().map(|name| absolute(name)).collect(),
        sample_ids: asked.sample_id.clone(),
        judge: judge_name.filter(|_| judge.is_some()),
    };
    invocation.keep(&environment.home, issued.digest)?;
    signing::write_bundle(
        &planned::folder(&environment.home, issued.digest).join(planned::BUNDLE),
        &issued.bundle,
    )?;
    signing::write_bundle(&path, &issued.bundle)?;

    said(args, &prepared, &models, &signer, &issued, output);
    output.note("");
    output.note(format!("  next    overt eval --plan {}", path.display()));
    Ok(Exit::Yes)
}

/// Refuses to plan what this key has planned already: of two plans for one thing its maker could choose, when the results
/// are known, which one was kept.
fn unplanned(
    environment: &Environment,
    signer: &Signer,
    body: &record::Plan,
    existing: Existing,
) -> Result<(), Failure> {
    let Some(Moment { stage: Stage::Issued, record: Some(digest), issued_at }) =
        signer.known(|_| body.clone())?
    else {
        return Ok(());
    };
    if existing == Existing::Goes {
        return Ok(());
    }
    let kept = planned::folder(&environment.home, digest).join(planned::BUNDLE);
    let runs = Ledger::of(&environment.home, digest).others(0)?;
    let published = runs.iter().filter(|run| run.record.is_some()).count();
    Err(Failure::usage(format!(
        "you planned just this on {issued_at}\n  record {digest}\n  file   {}\n  runs   {}, {published} of them published\n  next   overt eval --plan {}, or --force for a second plan of the same",
        kept.display(),
        count(runs.len() as u64, "run"),
        kept.display()
    )))
}

/// A task file by its whole path, so that the plan is run from anywhere.
fn absolute(name: &str) -> String {
    let path = Path::new(name);
    let whole = path.exists().then(|| std::path::absolute(path).ok()).flatten();
    whole.map_or_else(|| name.to_owned(), |path| path.display().to_string())
}

fn said(
    args: &PlanArgs,
    plan: &Plan,
    models: &[String],
    signer: &Signer,
    issued: &Issued,
    output: &mut Output,
) {
    output.say(format!(
        "  plan    {}   {}, {}",
        styled(STRONG, plan.name()),
        count(plan.task_names().len() as u64, "task"),
        count(plan.extent().samples, "sample")
    ));
    output.say(format!("  on      {}", line(&models.join(", "), 100)));
    for claim in &args.claim {
        output.say(format!("  claim   {}", line(claim, 100)));
    }
    let issuer = line(signer.identity.issuer.as_str(), 80);
    output.say(format!("  signed  by {issuer} ({})", signer.identity.key_id.short()));
    match issued.place() {
        Some((origin, index)) => output.say(format!("  logged  {} index {index}", line(&origin, 80))),
        None => {
            output.note("  not logged: only a log shows others that it was made before the run; say --log");
        }
    }
    output.say(format!("  record  {}", issued.digest));
}

fn claims(expressions: &[String]) -> Result<Vec<Text>, Failure> {
    let claim = |expression: &String| {
        Requirement::parse(expression)
            .map_err(|error| Failure::usage(format!("--claim {expression:?}: {error}")))?;
        Text::new(expression.clone()).map_err(|error| Failure::usage(format!("--claim: {error}")))
    };
    expressions.iter().map(claim).collect()
}

/// A claim about a task or a metric that there is not could be neither kept nor broken.
fn known(claims: &[String], tasks: &[LoadedTask]) -> Result<(), Failure> {
    for claim in claims {
        let Ok(about) = Requirement::parse(claim) else { continue };
        let task = tasks.iter().find(|loaded| loaded.task.name == about.task);
        let Some(task) = task else {
            let names: Vec<&str> = tasks.iter().map(|loaded| loaded.task.name.as_str()).collect();
            return Err(Failure::usage(format!(
                "--claim {claim:?} is about a task that is not planned\n  tasks  {}",
                names.join(", ")
            )));
        };
        if !task.task.metrics.iter().any(|metric| metric.name == about.metric) {
            let names: Vec<&str> = task.task.metrics.iter().map(|metric| metric.name.as_str()).collect();
            return Err(Failure::usage(format!(
                "--claim {claim:?} is about a metric that the task does not have\n  metrics  {}",
                names.join(", ")
            )));
        }
    }
    Ok(())
}
