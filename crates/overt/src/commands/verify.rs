//! `overt verify`: who says what, and whether it holds. One screen, for people who read no code.

use std::fs;
use std::path::{Path, PathBuf};

use overt_eval::{MANIFEST, SAMPLES, TASKS};
use overt_evidence::{OPENINGS, PlanCheck, RunCheck, SAMPLES_FILE, check_files, check_plan};
use overt_log::client::Source;
use overt_record::Bundle;
use overt_record::policy::{Freshness, Policy};
use overt_record::record::Body;
use overt_record::tlog_proof::TlogProof;
use overt_record::verify::{CheckId, Outcome, Report, TrustedKeys, VerifiedRecord, Verifier};

use crate::cli::VerifyArgs;
use crate::commands::eval;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs;
use crate::looks;
use crate::output::Output;
use crate::signing;

mod beside;
mod fork;
mod online;
mod shown;
mod trusted;

use beside::Beside;
use trusted::Trusted;

/// What the check of the files asks.
const FILES: &str = "the files are those of the record";

/// The files that a publication has beside its record. No other name is ever read or written.
pub(crate) const PUBLISHED_FILES: [&str; 6] =
    [MANIFEST, TASKS, SAMPLES, SAMPLES_FILE, OPENINGS, crate::planned::BUNDLE];

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
    let mut trusted = Trusted::read(&args.trust, output)?;
    for path in &args.key_history {
        let read = signing::read_bundle(path).map_err(|failure| failure.of_option("--key-history"))?;
        trusted.learn(read.1);
    }
    let given = given(args)?;
    if fork::is_one(&given.bundle) {
        return Ok(fork::check(&given.bundle, args.json, output));
    }
    let verify = |trusted: Option<&TrustedKeys>| {
        let verifier = verifier(policy.as_ref(), trusted);
        match &given.proof {
            Some(proof) => verifier.verify_with_proof(&given.bundle, proof),
            None => verifier.verify(&given.bundle),
        }
    };
    if !args.domain.is_empty()
        && let Some(verified) = verify(None).record
    {
        trusted.ask_domains(&args.domain, &verified.record.header().issuer.key, output)?;
    }
    let mut known = trusted.keys();
    let mut report = verify(known.as_ref());
    if report.outcome(CheckId::Issuer) == Outcome::Failed && (args.online || args.log.is_some()) {
        // Perhaps the log has the record by which a trusted key gave way to this one.
        trusted.ask(online::opened(args, &environment)?, output)?;
        known = trusted.keys();
        report = verify(known.as_ref());
    }
    let mut findings: Vec<RunCheck> = report
        .checks
        .iter()
        .map(|check| RunCheck::new(check.id.as_str(), check.title, check.outcome, check.detail.clone()))
        .collect();
    in_plain_words(&given.bundle, &trusted, &mut findings);
    if let Some(verified) = &report.record {
        let beside = beside::files(args, &environment, verified, &given, output)?;
        let verifier = verifier(policy.as_ref(), known.as_ref());
        findings.extend(further(args, &given, &beside, &verifier, verified, &report));
        if args.online {
            let proof = given.proof();
            findings.push(online::check(args, &environment, verified, proof, &eval::runtime()?, output)?);
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

/// What the reader brings.
fn verifier<'a>(policy: Option<&'a Policy>, trusted: Option<&'a TrustedKeys>) -> Verifier<'a> {
    let mut verifier = Verifier::default();
    if let Some(policy) = policy {
        verifier = verifier.with_policy(policy, Freshness::AnyAge);
    }
    if let Some(trusted) = trusted {
        verifier = verifier.with_trusted(trusted);
    }
    verifier
}

/// Says more where a check failed for a reason that the record itself does not know.
fn in_plain_words(bundle: &[u8], trusted: &Trusted, findings: &mut [RunCheck]) {
    for finding in findings.iter_mut().filter(|finding| finding.outcome == Outcome::Failed) {
        if finding.id == CheckId::Format.as_str() {
            if let Some(words) = looks::no_bundle(CheckId::Format, bundle) {
                finding.detail = words;
            }
        } else if finding.id == CheckId::Issuer.as_str() {
            for why in trusted.not_followed() {
                finding.detail.push_str("; ");
                finding.detail.push_str(&why);
            }
        }
    }
}

/// What depends on the type of the record.
fn further(
    args: &VerifyArgs,
    given: &Given,
    beside: &Beside,
    verifier: &Verifier<'_>,
    verified: &VerifiedRecord,
    report: &Report,
) -> Vec<RunCheck> {
    let Body::Evaluation(evaluation) = verified.record.body() else { return Vec::new() };
    // What came from an address or a pipe has nothing beside it, wherever this is called.
    let nowhere = tempfile::tempdir();
    let here = args.files.clone().or_else(|| given.folder.clone());
    let folder = match (beside, here, &nowhere) {
        (Beside::Fetched(folder), ..) => folder.path().to_owned(),
        (Beside::Here, Some(folder), _) => folder,
        (Beside::Here, None, Ok(nowhere)) => nowhere.path().to_owned(),
        (Beside::Here, None, Err(error)) => {
            return vec![RunCheck::new("files", FILES, Outcome::NotChecked, error.to_string())];
        }
        (Beside::Others(why), ..) => {
            return vec![RunCheck::new("files", FILES, Outcome::Failed, why.clone())];
        }
    };
    let mut findings = Vec::new();
    // What others published may be anything: a file that cannot be read is a check that failed.
    let came = match check_files(evaluation, &folder) {
        Ok(checked) => {
            findings.extend(checked.checks);
            checked.came
        }
        Err(error) => {
            let title = "the files are those of the record";
            findings.push(RunCheck::new("files", title, Outcome::Failed, error.to_string()));
            None
        }
    };
    // What lies beside the record may be a pipe, which would be waited for without end.
    let beside = Some(folder.join(crate::planned::BUNDLE)).filter(|plan| plan.is_file());
    let plan = args.plan.clone().or(beside);
    let bundle = plan.and_then(|plan| looks::read_bundle_file(&plan).ok());
    let at_hand = PlanCheck { bundle: bundle.as_deref(), files: &folder, verifier, report };
    findings.extend(check_plan(evaluation, at_hand, came));
    findings
}

impl Given {
    /// The proof of logging, wherever it is.
    fn proof(&self) -> Option<TlogProof> {
        match &self.proof {
            Some(proof) => TlogProof::parse(proof).ok(),
            None => Bundle::parse(&self.bundle).ok()?.proof,
        }
    }
}

/// The bundle and what lies beside it.
fn given(args: &VerifyArgs) -> Result<Given, Failure> {
    if args.what.contains("://") {
        return from_address(&args.what);
    }
    if args.what == "-" {
        let bundle = looks::read_bundle_from("standard input", std::io::stdin().lock())?;
        return Ok(Given { bundle, proof: None, folder: None });
    }
    let what = Path::new(&args.what);
    let path = if what.is_dir() { within(what)? } else { what.to_owned() };
    let bundle = looks::read_bundle_file(&path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let beside = || proofs_of(&name).map(|name| path.with_file_name(name)).find(|proof| proof.is_file());
    let proof = if has_proof(&bundle) { None } else { beside() };
    let proof = proof.map(|proof| looks::read_bundle_file(&proof)).transpose()?;
    Ok(Given { bundle, proof, folder: path.parent().map(Path::to_owned) })
}

/// Whether there is a proof inside, so that none is looked for beside.
fn has_proof(bundle: &[u8]) -> bool {
    Bundle::parse(bundle).is_ok_and(|bundle| bundle.proof.is_some())
}

/// What the proof beside a bundle may be called: with the ending in the place of the bundle's, or after it.
fn proofs_of(name: &str) -> impl Iterator<Item = String> {
    let endings = [".sigstore.json", ".overt.json", ".json", ""];
    let stems: Vec<&str> = endings.iter().filter_map(|ending| name.strip_suffix(ending)).collect();
    let names: Vec<String> = stems.iter().map(|stem| format!("{stem}.tlog-proof")).collect();
    names.into_iter()
}

/// The bundle in a folder: the evaluation, or the only one there is.
fn within(folder: &Path) -> Result<PathBuf, Failure> {
    let evaluation = folder.join(super::publish::BUNDLE);
    if evaluation.is_file() {
        return Ok(evaluation);
    }
    let entries = fs::read_dir(folder).map_err(|error| Failure::file("read", folder, error))?;
    let is_bundle = |path: &PathBuf| path.to_string_lossy().ends_with(".overt.json") && path.is_file();
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
    let mut proof = None;
    for candidate in proofs_of(name).filter(|_| !has_proof(&bundle)) {
        if proof.is_none() {
            proof = get(&candidate).map_err(Failure::undecided)?;
        }
    }
    Ok(Given { bundle, proof, folder: None })
}
