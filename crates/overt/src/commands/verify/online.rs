//! What the log says now: whether it grew honestly, and whether something that came later speaks of the record.

use std::sync::Arc;
use std::time::Duration;

use overt_log::SignedHead;
use overt_log::admission::{MAX_SUBMISSION_BYTES, Submission};
use overt_log::client::{ClientError, LogClient};
use overt_record::LogEntry;
use overt_record::bundle::Bundle;
use overt_record::policy::Freshness;
use overt_record::record::{Body, Change, KeyReason};
use overt_record::tlog_proof::TlogProof;
use overt_record::verify::{Outcome, VerifiedRecord};

use super::Finding;
use crate::cli::VerifyArgs;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::logs::{self, Access};

const TITLE: &str = "the log grew honestly since, and nothing in it speaks against the record";
/// How long the log may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn check(
    args: &VerifyArgs,
    environment: &Environment,
    verified: &VerifiedRecord,
    bundle: &[u8],
    runtime: &tokio::runtime::Runtime,
) -> Result<Finding, Failure> {
    let finding = |outcome, detail: String| Finding::new("online", TITLE, outcome, detail);
    let Some(proof) = Bundle::parse(bundle).ok().and_then(|bundle| bundle.proof) else {
        return Ok(finding(Outcome::NotChecked, "the bundle has no proof of logging".into()));
    };
    let policy = args.policy.as_deref().map(logs::policy).transpose()?;
    let address = || policy.as_ref()?.logs().iter().find_map(|log| log.url.clone());
    let Some(target) = args.log.clone().or_else(address) else {
        return Err(Failure::usage(
            "--online needs to know where the log is\n  next   --log DIR|URL, or a policy whose log line has an address",
        ));
    };
    let opened = logs::open(environment, &target, args.policy.as_deref(), None, Access::Read, None)?;
    let asked = later(&opened.client, &proof, verified);
    let answer = runtime.block_on(async { tokio::time::timeout(PATIENCE, asked).await });
    let (size, later) = match answer {
        Err(_) => {
            let waited = PATIENCE.as_secs();
            return Err(Failure::undecided(format!(
                "the log did not answer within {waited} s\n  log    {target}"
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

/// An entry that is about the record or its key.
struct Said {
    words: String,
    /// Whether the record is not to be relied on any more.
    against: bool,
}

/// What the log's entries say about a record and its key, and how many there are.
async fn later(
    client: &LogClient,
    proof: &TlogProof,
    verified: &VerifiedRecord,
) -> Result<(u64, Vec<Said>), ClientError> {
    let head = client.policy().assess(proof.note(), Freshness::AnyAge)?.checkpoint.head();
    client.remember(Arc::new(SignedHead { head, note: proof.note().clone() })).await;
    let tree = client.tree().await?;
    let size = tree.head().size;
    let mut found = Vec::new();
    for index in 0..size {
        let Ok(entry) = LogEntry::parse(&tree.entry(index).await?) else { continue };
        let of_key = entry.kind.as_str() == "key" && entry.key == verified.key;
        let about = entry.refs().contains(&verified.digest);
        if index == proof.index() || !(about || of_key) {
            continue;
        }
        let body = client.source().get(&format!("blob/{}", entry.commit), MAX_SUBMISSION_BYTES).await?;
        let record =
            body.and_then(|body| Submission::parse(&body).ok()).filter(|told| told.commit() == entry.commit);
        let record = record.and_then(|told| told.verify().ok());
        found.extend(said(index, &entry, record.as_ref(), verified));
    }
    Ok((size, found))
}

/// What one entry says; nothing if it does not matter.
fn said(
    index: u64,
    entry: &LogEntry,
    record: Option<&VerifiedRecord>,
    about: &VerifiedRecord,
) -> Option<Said> {
    let issued = about.record.header().issued_at;
    let at = format!("at index {index}, {}", entry.time);
    let (words, against) = match record.map(|record| record.record.body()) {
        Some(Body::KeyChange(change)) if change.key.id() != about.key => return None,
        Some(Body::KeyChange(change)) => match &change.change {
            Change::Introduce { .. } => return None,
            Change::Revoke { reason } => {
                // Whoever stole a key may date records back.
                let against = *reason == KeyReason::Compromised || change.effective < issued;
                (
                    format!(
                        "the key was revoked ({}) with effect from {}, {at}",
                        word(*reason),
                        change.effective
                    ),
                    against,
                )
            }
            Change::Rotate { reason, .. } => {
                let against = *reason == KeyReason::Compromised || change.effective < issued;
                (
                    format!(
                        "the key was followed by another ({}) on {}, {at}",
                        word(*reason),
                        change.effective
                    ),
                    against,
                )
            }
        },
        Some(Body::Redaction(_)) => (format!("the record was redacted {at}"), true),
        Some(Body::Evaluation(later)) if later.corrects == Some(about.digest) => {
            let own = entry.key == about.key;
            let who = if own { "its own issuer" } else { "somebody else" };
            (format!("the record was corrected by {who} {at}"), own)
        }
        Some(body) => {
            (format!("a record of kind {} refers to it {at}", body.predicate_type().kind.as_str()), false)
        }
        None => {
            let against = matches!(entry.kind.as_str(), "redaction" | "key");
            (
                format!(
                    "an entry of kind {} is about it, and its body is not there, {at}",
                    entry.kind.as_str()
                ),
                against,
            )
        }
    };
    Some(Said { words, against })
}

const fn word(reason: KeyReason) -> &'static str {
    match reason {
        KeyReason::Scheduled => "scheduled",
        KeyReason::Compromised => "compromised",
        KeyReason::Lost => "lost",
        KeyReason::Retired => "retired",
    }
}
