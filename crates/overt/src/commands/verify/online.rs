//! What the log says now: whether it grew honestly, and whether something that came later speaks of the record.

use std::time::Duration;

use overt_evidence::RunCheck;
use overt_log::client::{ClientError, aftermath};
use overt_record::tlog_proof::TlogProof;
use overt_record::verify::{Outcome, VerifiedRecord};

use crate::cli::VerifyArgs;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::logs::{self, Access, Opened};
use crate::output::Output;

const TITLE: &str = "the log grew honestly since, and nothing in it speaks against the record";
/// How long the log may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The log that is asked: the one that was named, or the one at the policy's address.
pub(super) fn opened(args: &VerifyArgs, environment: &Environment) -> Result<Opened, Failure> {
    let policy = args.policy.as_deref().map(logs::policy).transpose()?;
    let address = || policy.as_ref()?.logs().iter().find_map(|log| log.url.clone());
    let Some(target) = args.log.clone().or_else(address) else {
        return Err(Failure::usage(
            "--online needs to know where the log is\n  next   --log DIR|URL, or a policy whose log line has an address",
        ));
    };
    logs::open(environment, &target, args.policy.as_deref(), None, Access::Read, None)
}

pub(super) fn check(
    args: &VerifyArgs,
    environment: &Environment,
    verified: &VerifiedRecord,
    proof: Option<TlogProof>,
    runtime: &tokio::runtime::Runtime,
    output: &mut Output,
) -> Result<RunCheck, Failure> {
    let finding = |outcome, detail: String| RunCheck::new("online", TITLE, outcome, detail);
    let Some(proof) = proof else {
        return Ok(finding(Outcome::NotChecked, "the bundle has no proof of logging".into()));
    };
    let opened = opened(args, environment)?;
    let asked = aftermath(&opened.client, &proof, verified);
    let asked = async { tokio::time::timeout(PATIENCE, asked).await };
    let answer = runtime.block_on(output.waiting("the log is read", asked));
    let (size, later) = match answer {
        Err(_) => {
            let waited = PATIENCE.as_secs();
            return Err(Failure::undecided(format!(
                "the log did not answer within {waited} s\n  next   try again later, or name a copy of the log with --log"
            )));
        }
        // A log that contradicts itself is a finding; one that cannot be asked is none.
        Ok(Err(ClientError::Forked(evidence))) => {
            return Ok(finding(Outcome::Failed, ClientError::Forked(evidence).to_string()));
        }
        Ok(Err(ClientError::Tree(error))) if error.is_lie() => {
            return Ok(finding(Outcome::Failed, error.to_string()));
        }
        Ok(Err(error)) => return Err(logs::client_failure(error)),
        Ok(Ok(found)) => found,
    };
    let words: Vec<&str> = later.iter().map(|said| said.words.as_str()).collect();
    Ok(match (words.as_slice(), later.iter().any(|said| said.against)) {
        ([], _) => {
            finding(Outcome::Passed, format!("{size} entries now; none is about this record, its key stands"))
        }
        (_, true) => finding(Outcome::Failed, words.join("; ")),
        (_, false) => finding(Outcome::Passed, format!("{size} entries now; {}", words.join("; "))),
    })
}
