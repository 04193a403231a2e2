//! `overt verify`: who says what, and whether it holds. One screen, for people who read no code.

use std::fs;
use std::path::{Path, PathBuf};

use overt_evidence::{PlanCheck, RunCheck, check_files, check_plan};
use overt_log::client::Source;
use overt_record::policy::Freshness;
use overt_record::record::Body;
use overt_record::ssh::AllowedSigners;
use overt_record::verify::{Outcome, Report, TrustedKeys, VerifiedRecord, Verifier};
use overt_record::{Name, PublicKey};

use crate::cli::VerifyArgs;
use crate::commands::eval;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs;
use crate::output::Output;

mod fork;
mod online;
mod shown;

/// The most bytes of a key file or a list of signers.
const MAX_TRUST: u64 = 4 << 20;

/// What is verified.
struct Given {
    bundle: Vec<u8>,
    /// A proof of logging that lies beside it.
    proof: Option<Vec<u8>>,
    /// Where the files of the run and the plan would be.
    folder: Option<PathBuf>,
}

pub(crate) fn run(args: &VerifyArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let policy = args.policy.as_deref().map(logs::policy).transpose()?;
    let trusted = trusted(&args.trust)?;
    let given = given(args)?;
    if fork::is_one(&given.bundle) {
        return Ok(fork::check(&given.bundle, args.json, output));
    }
    let mut verifier = Verifier::default();
    if let Some(policy) = &policy {
        verifier = verifier.with_policy(policy, Freshness::AnyAge);
    }
    if let Some(trusted) = &trusted {
        verifier = verifier.with_trusted(trusted);
    }
    let report = match &given.proof {
        Some(proof) => verifier.verify_with_proof(&given.bundle, proof),
        None => verifier.verify(&given.bundle),
    };
    let mut findings: Vec<RunCheck> = report
        .checks
        .iter()
        .map(|check| RunCheck::new(check.id.as_str(), check.title, check.outcome, check.detail.clone()))
        .collect();
    if let Some(verified) = &report.record {
        further(args, &given, &verifier, verified, &report, &mut findings);
        if args.online {
            findings.push(online::check(args, &environment, verified, &given.bundle, &eval::runtime()?)?);
        }
    }
    let holds = report.record.is_some() && findings.iter().all(|finding| finding.outcome != Outcome::Failed);
    if args.json {
        output.json(&shown::document(&report, &findings, holds));
    } else {
        shown::page(&report, &findings, holds, output);
    }
    Ok(if holds { Exit::Yes } else { Exit::No })
}

/// What depends on the type of the record.
fn further(
    args: &VerifyArgs,
    given: &Given,
    verifier: &Verifier<'_>,
    verified: &VerifiedRecord,
    report: &Report,
    findings: &mut Vec<RunCheck>,
) {
    let Body::Evaluation(evaluation) = verified.record.body() else { return };
    let folder = args.files.clone().or_else(|| given.folder.clone()).unwrap_or_default();
    // What others published may be anything: a file that cannot be read is a check that failed.
    match check_files(evaluation, &folder) {
        Ok(checks) => findings.extend(checks),
        Err(error) => findings.push(RunCheck::new(
            "files",
            "the files are those of the record",
            Outcome::Failed,
            error.to_string(),
        )),
    }
    let beside = || folder.join(crate::planned::BUNDLE);
    let bundle = read_limited(&args.plan.clone().unwrap_or_else(beside)).ok();
    let at_hand = PlanCheck { bundle: bundle.as_deref(), files: &folder, verifier, report };
    findings.extend(check_plan(evaluation, at_hand));
}

/// The keys that the reader trusts.
fn trusted(files: &[PathBuf]) -> Result<Option<TrustedKeys>, Failure> {
    if files.is_empty() {
        return Ok(None);
    }
    let mut trusted = TrustedKeys::none();
    let mut signers = String::new();
    for path in files {
        let size = fs::metadata(path).map_err(|error| Failure::file("read", path, error))?.len();
        if size > MAX_TRUST {
            return Err(Failure::usage(format!("{} is too large for keys: {size} bytes", path.display())));
        }
        let text = fs::read_to_string(path).map_err(|error| Failure::file("read", path, error))?;
        if text.trim_start().starts_with("-----BEGIN") {
            let wrong =
                |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", path.display()));
            let key = PublicKey::from_pem(&text).map_err(|error| wrong(&error))?;
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let name = Name::cleaned(&stem).ok_or_else(|| wrong(&"its file name is no name for a key"))?;
            trusted = trusted.with_key(name, key);
        } else {
            signers.push_str(&text);
            signers.push('\n');
        }
    }
    if !signers.is_empty() {
        let allowed =
            AllowedSigners::parse(&signers).map_err(|error| Failure::usage(format!("--trust: {error}")))?;
        trusted = trusted.with_allowed_signers(allowed);
    }
    Ok(Some(trusted))
}

/// The bundle and what lies beside it.
fn given(args: &VerifyArgs) -> Result<Given, Failure> {
    if args.what.contains("://") {
        return from_address(&args.what);
    }
    let what = Path::new(&args.what);
    let path = if what.is_dir() { within(what)? } else { what.to_owned() };
    let bundle = read_limited(&path)?;
    let folder = path.parent().map(Path::to_owned);
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = name.strip_suffix(".sigstore.json");
    let proof =
        stem.map(|stem| path.with_file_name(format!("{stem}.tlog-proof"))).filter(|proof| proof.is_file());
    let proof = proof.map(|proof| read_limited(&proof)).transpose()?;
    Ok(Given { bundle, proof, folder })
}

/// The bundle in a folder: the evaluation, or the only one there is.
fn within(folder: &Path) -> Result<PathBuf, Failure> {
    let evaluation = folder.join(super::publish::BUNDLE);
    if evaluation.is_file() {
        return Ok(evaluation);
    }
    let entries = fs::read_dir(folder).map_err(|error| Failure::file("read", folder, error))?;
    let is_bundle = |path: &PathBuf| path.to_string_lossy().ends_with(".overt.json");
    let mut bundles: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_bundle).collect();
    match bundles.len() {
        1 => Ok(bundles.remove(0)),
        0 => Err(Failure::usage(format!(
            "there is no record in {}\n  next   name a bundle, *.overt.json or *.sigstore.json",
            folder.display()
        ))),
        count => Err(Failure::usage(format!(
            "there are {count} records in {}\n  next   name one of them",
            folder.display()
        ))),
    }
}

fn read_limited(path: &Path) -> Result<Vec<u8>, Failure> {
    use std::io::Read as _;
    let failed = |error| Failure::file("read", path, error);
    let file = fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    // One more than the most that is read as a bundle: what is larger is refused there, in words.
    let limit = overt_record::bundle::MAX_BUNDLE as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn from_address(address: &str) -> Result<Given, Failure> {
    let (prefix, name) = address.rsplit_once('/').unwrap_or((address, ""));
    let prefix = match prefix.parse() {
        Ok(overt_log::client::Target::Url(url)) => url,
        Ok(_) => return Err(Failure::usage(format!("{address:?} is no address"))),
        Err(error) => return Err(Failure::usage(error)),
    };
    let source = Source::http(prefix).map_err(Failure::undecided)?;
    let runtime = eval::runtime()?;
    let get = |name: &str| runtime.block_on(source.get(name, overt_record::bundle::MAX_BUNDLE));
    let bundle = get(name).map_err(Failure::undecided)?;
    let bundle = bundle.ok_or_else(|| Failure::undecided(format!("there is nothing at {address}")))?;
    let proof = match name.strip_suffix(".sigstore.json") {
        Some(stem) => get(&format!("{stem}.tlog-proof")).map_err(Failure::undecided)?,
        None => None,
    };
    Ok(Given { bundle, proof, folder: None })
}
