//! `overt publish`: a finished run becomes evidence.

use std::fs;
use std::path::{Path, PathBuf};

use overt_eval::{MANIFEST, RunDirectory};
use overt_evidence::{
    Keepsake, Ledger, Publication, deviations, evaluation, plan_of, sample_tree, write_files,
};
use overt_record::record::{Evaluator, FollowedPlan, Relationship};
use overt_record::{Bundle, Hash, LogOpening, Text, Timestamp, sigstore};
use overt_schema::{PlanRef, Run, Status};

use crate::cli::{PublishArgs, Standing};
use crate::commands::eval;
use crate::commands::show::Condition;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keyring::entropy;
use crate::outfile::{self, Existing};
use crate::output::{Output, STRONG, styled};
use crate::planned;
use crate::runs;
use crate::signing::{self, Again, Signer};
use crate::text::{count, line};

mod upload;

/// The bundle of a published run.
pub(crate) const BUNDLE: &str = "evaluation.overt.json";
const SIGSTORE: &str = "evaluation.sigstore.json";
const PROOF: &str = "evaluation.tlog-proof";

pub(crate) fn run(args: &PublishArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let directory = runs::open(args.run.as_ref(), &args.runs)?;
    let run = directory.manifest()?;
    if run.status != Status::Finished {
        return Err(Failure::usage(format!(
            "the run is not finished\n  run    {}\n  next   overt resume {}",
            run.id,
            directory.path().display()
        )));
    }
    directory.check_files()?;
    let withhold = args.withhold.as_deref().map(Condition::new).transpose()?;
    let evaluator = evaluator(args)?;
    let corrects = args.corrects.as_deref().map(str::parse).transpose();
    let corrects = corrects.map_err(|error| Failure::usage(format!("--corrects: {error}")))?;
    // Before anything is written: a condition that fails on some sample says of none what may be shown.
    let mut withheld = 0;
    if let Some(condition) = &withhold {
        for row in directory.rows()? {
            withheld += u64::from(condition.holds(&run, &row?)?);
        }
    }
    let out = args.out.clone().unwrap_or_else(|| Path::new("published").join(&run.id));
    if out.canonicalize().is_ok_and(|out| directory.path().canonicalize().is_ok_and(|run| run == out)) {
        return Err(Failure::usage(
            "--out is the run itself\n  next   name another folder: what is published is changed",
        ));
    }
    // The passphrase is asked for before any work is done.
    let signer = Signer::open(&environment, &args.sign)?;
    let upload = args.sign.log.as_deref().filter(|_| args.upload);
    let upload = upload.map(|log| upload::Place::of(log, &signer)).transpose()?;
    let manifest = manifest_digest(&directory)?;
    let kept = Keepsake::of(&environment.home, manifest, &entropy()?)?;
    let plan = run.plan.as_ref().map(|plan| followed(plan, args, &run, &environment)).transpose()?;

    let tree = sample_tree(&directory, &kept.secret())?;
    let (plan, plan_bundle) = plan.unzip();
    let publication = Publication { evaluator, plan: plan.clone(), corrects, withheld };
    let body = evaluation(&run, manifest, tree.head(), publication)?;
    let folder = Folder::of(&out, manifest, Existing::unless(args.force))?;
    let Some(signed) = signer.sign(|_| body.clone(), Again::Same, output)? else { return Ok(Exit::Yes) };
    folder.is_for(signed.digest())?;
    write_files(&directory, &kept.secret(), &out, |row| {
        // Every row was tried before: what cannot be decided stays private.
        withhold.as_ref().is_some_and(|condition| condition.holds(&run, row).unwrap_or(true))
    })?;
    if let Some(bundle) = plan_bundle {
        let bytes = fs::read(&bundle).map_err(|error| Failure::file("read", &bundle, error))?;
        signing::write(&out.join(planned::BUNDLE), &bytes)?;
    }
    if upload.is_some() {
        upload::check(&out)?;
    }
    let salt = kept.log_salt();
    let runtime = eval::runtime()?;
    let issued = signing::log(&environment, &args.sign, signed, salt, &runtime, output)?;
    lay_out(&issued.bundle, &out)?;
    if let Some(reference) = &run.plan {
        let ledger = Ledger::of(&environment.home, Hash::from(*reference.record.as_bytes()));
        ledger.published(reference.number, issued.digest)?;
    }

    told(&run.id, &signer, tree.head().size, withheld, plan.as_ref(), output);
    match issued.place() {
        Some((origin, index)) => output.say(format!("  logged  {} index {index}", line(&origin, 80))),
        None => output.note("  not logged: nobody can see that it was not changed later; say --log"),
    }
    output.say(format!("  record  {}", issued.digest));
    output.say(format!("  files   {}", out.display()));
    if let Some(place) = &upload {
        upload::files(place, &issued, &out, &runtime, output)?;
    }
    output.note("");
    output.note(format!("  next    overt verify {}", out.display()));
    Ok(Exit::Yes)
}

/// Says what was published, and by whom.
fn told(
    run: &str,
    signer: &Signer,
    samples: u64,
    withheld: u64,
    plan: Option<&FollowedPlan>,
    output: &mut Output,
) {
    output.say(format!("  run     {}", styled(STRONG, run)));
    output.say(format!(
        "  signed  by {} ({})",
        line(signer.identity.issuer.as_str(), 80),
        signer.identity.key_id.short()
    ));
    match withheld {
        0 => output.say(format!("  samples {}, all public", count(samples, "sample"))),
        _ => output
            .say(format!("  samples {}, {withheld} withheld but for their scores", count(samples, "sample"))),
    }
    if let Some(plan) = plan {
        output.say(format!("  plan    {}", line(&overt_evidence::followed(plan), 200)));
    }
}

/// The folder that the files go to, and whether they may.
struct Folder<'a> {
    path: &'a Path,
    existing: Existing,
    /// The record that lies there.
    record: Option<Hash>,
}

impl<'a> Folder<'a> {
    /// Refuses a folder with other things in it than the files of this run.
    fn of(path: &'a Path, manifest: Hash, existing: Existing) -> Result<Self, Failure> {
        let record = signing::read_bundle(&path.join(BUNDLE)).ok();
        let record = record.map(|(bundle, _)| bundle.envelope.digest());
        // A publication of this run that was interrupted is taken up.
        let begun = fs::read(path.join(MANIFEST)).is_ok_and(|bytes| Hash::of(bytes) == manifest);
        if !begun {
            existing.check_folder(path)?;
        }
        Ok(Self { path, existing, record })
    }

    /// Refuses to put another record in the place of one that was published.
    fn is_for(&self, record: Hash) -> Result<(), Failure> {
        match self.record {
            Some(there) if there != record && self.existing == Existing::Stays => Err(outfile::there(
                self.path,
                &format!("another record of this run was published there ({})", there.short()),
            )),
            _ => Ok(()),
        }
    }
}

/// Writes the record in each of its forms.
fn lay_out(bundle: &Bundle, out: &Path) -> Result<(), Failure> {
    signing::write_bundle(&out.join(BUNDLE), bundle)?;
    let alone = sigstore::Bundle::new(bundle.envelope.clone());
    signing::write(&out.join(SIGSTORE), &alone.to_json().map_err(Failure::undecided)?)?;
    if let Some(proof) = &bundle.proof {
        signing::write(&out.join(PROOF), proof.to_string().as_bytes())?;
    } else if let Err(error) = fs::remove_file(out.join(PROOF))
        && error.kind() != std::io::ErrorKind::NotFound
    {
        // A proof of an earlier publication belongs to another record.
        return Err(Failure::file("remove", &out.join(PROOF), error));
    }
    Ok(())
}

/// The digest of `run.json` as it lies there.
pub(crate) fn manifest_digest(directory: &RunDirectory) -> Result<Hash, Failure> {
    let path = directory.path().join(MANIFEST);
    fs::read(&path).map(Hash::of).map_err(|error| Failure::file("read", &path, error))
}

fn evaluator(args: &PublishArgs) -> Result<Evaluator, Failure> {
    let words = |flag: &str, words: &Option<String>| {
        let words = words.clone().map(Text::new).transpose();
        words.map_err(|error| Failure::usage(format!("{flag}: {error}")))
    };
    Ok(Evaluator {
        relationship: match args.relationship {
            Standing::FirstParty => Relationship::FirstParty,
            Standing::ThirdParty => Relationship::ThirdParty,
            Standing::Collaborative => Relationship::Collaborative,
            Standing::Other => Relationship::Other,
        },
        limitations: words("--limitations", &args.limitations)?,
        conflicts_of_interest: words("--conflicts", &args.conflicts)?,
    })
}

/// Refuses a plan that the log got after the run had begun: no verification would take it for one.
fn in_time(plan: &Bundle, run: &Run) -> Result<(), Failure> {
    let extra = plan.proof.as_ref().and_then(|proof| proof.extra());
    let logged = extra.and_then(|extra| LogOpening::parse(extra).ok()).map(|opening| opening.leaf.time);
    let began = run.created.parse::<Timestamp>().ok();
    match (logged, began) {
        (Some(logged), Some(began)) if began < logged => Err(Failure::usage(format!(
            "the plan was logged at {logged}, after the run had begun at {began}: it announced nothing\n  \
             next   `overt score` makes a run of the same answers that claims no plan; publish that one"
        ))),
        _ => Ok(()),
    }
}

/// What the record says of the plan, and where the plan's bundle is.
fn followed(
    reference: &PlanRef,
    args: &PublishArgs,
    run: &Run,
    environment: &Environment,
) -> Result<(FollowedPlan, PathBuf), Failure> {
    let digest = Hash::from(*reference.record.as_bytes());
    let kept = || planned::folder(&environment.home, digest).join(planned::BUNDLE);
    let path = args.plan.clone().unwrap_or_else(kept);
    let read = signing::read_bundle(&path);
    let (bundle, record) = match &args.plan {
        Some(_) => read.map_err(|failure| failure.of_option("--plan"))?,
        None => read?,
    };
    let (header, plan) =
        plan_of(&record).filter(|_| bundle.envelope.digest() == digest).ok_or_else(|| {
            Failure::usage(format!("{} is not the plan of this run, which is {digest}", path.display()))
        })?;
    let found = deviations(plan, header, run)?;
    in_time(&bundle, run)?;
    let logged = bundle.proof.as_ref().map(|proof| {
        let origin = proof.note().text().lines().next().unwrap_or_default();
        (overt_record::Name::cleaned(origin), proof.index())
    });
    let Some((Some(origin), index)) = logged else {
        return Err(Failure::usage(format!(
            "the plan was not logged, so nobody can see that it was made before the run\n  plan   {}\n  next   log plans before they are run; `overt score` makes a run of the same answers that claims no plan",
            path.display()
        )));
    };
    let followed = FollowedPlan {
        record: digest,
        origin,
        index,
        number: reference.number,
        other_runs: Ledger::of(&environment.home, digest).others(reference.number)?,
        deviations: found.iter().filter_map(|words| Text::cleaned(words)).collect(),
    };
    Ok((followed, path))
}
