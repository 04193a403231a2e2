//! `overt reveal`: a withheld sample is opened, with the proof that it is the one that was signed.

use overt_evidence::{Keepsake, reveal};
use overt_record::record::Body;

use crate::cli::RevealArgs;
use crate::commands::publish::manifest_digest;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::outfile::Existing;
use crate::output::Output;
use crate::runs;
use crate::signing;
use crate::text::count;

pub(crate) fn run(args: &RevealArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    Existing::unless(args.force).check_file(&args.out)?;
    let directory = runs::open(args.run.as_ref(), &args.runs)?;
    let manifest = manifest_digest(&directory)?;
    let (mut bundle, record) =
        signing::read_bundle(&args.bundle).map_err(|failure| failure.of_option("--bundle"))?;
    let Body::Evaluation(signed) = record.body() else {
        return Err(Failure::usage(format!("{} is not the record of an evaluation", args.bundle.display())));
    };
    if signed.run.manifest_sha256 != manifest {
        return Err(Failure::usage(format!(
            "the record is of another run\n  record {}\n  run    {}",
            signed.run.id,
            directory.path().display()
        )));
    }
    let Some(kept) = Keepsake::find(&environment.home, manifest)? else {
        return Err(Failure::usage(
            "the secret of this run is not here, so no sample can be opened\n  next   do it where the run was published",
        ));
    };
    let digest = bundle.envelope.digest();
    let found = reveal(&directory, &kept.secret(), digest, &args.sample, args.task.as_deref())?;
    if found.is_empty() {
        return Err(Failure::usage(format!("the run has no sample {}", args.sample.join(", "))));
    }
    let opened = found.len() as u64;
    let known: Vec<u64> = bundle.samples.iter().map(|sample| sample.index).collect();
    bundle.samples.extend(found.into_iter().filter(|sample| !known.contains(&sample.index)));
    bundle.samples.sort_by_key(|sample| sample.index);
    signing::write_bundle(&args.out, &bundle)?;
    output.say(format!("  opened  {}", count(opened, "sample")));
    output.say(format!("  file    {}", args.out.display()));
    output.note("");
    output.note(format!("  next    overt verify {}", args.out.display()));
    Ok(Exit::Yes)
}
