//! The checks of a proof of logging.

use super::report::{CheckId, Checks, LoggedAt, VerifiedRecord};
use crate::Timestamp;
use crate::checkpoint::Checkpoint;
use crate::log_entry::{LogEntry, LogOpening};
use crate::merkle::leaf_hash;
use crate::policy::{Assessment, Freshness, Policy, Quorum};
use crate::tlog_proof::TlogProof;

const LOG_CHECKS: [CheckId; 4] =
    [CheckId::LogEntry, CheckId::Inclusion, CheckId::Checkpoint, CheckId::Witnesses];

/// What is said where there is no proof: a failure if the reader has a policy, since that asks for one.
pub(super) fn without_proof(policy: Option<&Policy>, checks: &mut Checks) {
    match policy {
        None => LOG_CHECKS.map(|id| checks.not_checked(id, "there is no proof that the record was logged")),
        Some(_) => LOG_CHECKS.map(|id| match id {
            CheckId::LogEntry => checks.failed(
                id,
                "there is no proof that the record was logged, and the policy asks for one; ask the issuer for the bundle",
            ),
            _ => checks.not_checked(id, "there is no proof that the record was logged"),
        }),
    };
}

/// Checks that the record stands in a log. What comes back was signed by a log that the policy believes.
pub(super) fn verify_logged(
    record: &VerifiedRecord,
    proof: &TlogProof,
    policy: Option<&Policy>,
    freshness: Freshness,
    checks: &mut Checks,
) -> Option<LoggedAt> {
    let entry = checks.require(CheckId::LogEntry, entry_of(record, proof));
    if let Some(entry) = &entry {
        checks.passed(CheckId::LogEntry, format!("logged on {} as `{}`", entry.time, entry.kind));
    }
    let checkpoint = entry.as_ref().and_then(|entry| verify_inclusion(entry, proof, checks));
    let believed = policy.is_none_or(|policy| verify_checkpoint(proof, policy, freshness, checks));
    if policy.is_none() {
        let why = "no policy was given that says which logs and witnesses you trust";
        checks.not_checked(CheckId::Checkpoint, why);
        checks.not_checked(CheckId::Witnesses, why);
        return None;
    }
    let (entry, checkpoint) = entry.zip(checkpoint)?;
    let head = checkpoint.head();
    believed.then(|| LoggedAt {
        origin: checkpoint.origin().to_owned(),
        index: proof.index(),
        size: head.size,
        root: head.root,
        time: entry.time,
    })
}

/// The leaf that stands beside the proof, if it is this record's.
fn entry_of(record: &VerifiedRecord, proof: &TlogProof) -> Result<LogEntry, String> {
    let extra = proof.extra().ok_or("the proof does not carry the log entry and its salt (`extra`)")?;
    let opening = LogOpening::parse(extra).map_err(|error| error.to_string())?;
    opening
        .leaf
        .check(&record.record, &record.digest, &opening.salt)
        .map_err(|error| format!("{error}: the proof belongs to another record"))?;
    Ok(opening.leaf)
}

fn verify_inclusion(entry: &LogEntry, proof: &TlogProof, checks: &mut Checks) -> Option<Checkpoint> {
    let checkpoint = checks.require(CheckId::Inclusion, Checkpoint::parse(proof.note().text()))?;
    let bytes = checks.require(CheckId::Inclusion, entry.to_bytes())?;
    let head = checkpoint.head();
    let included = proof.inclusion().verify(leaf_hash(&bytes), proof.index(), head);
    checks.require(CheckId::Inclusion, included)?;
    checks.passed(CheckId::Inclusion, format!("entry {} of {}", proof.index(), head.size));
    Some(checkpoint)
}

/// Whether a log that the policy believes signed the checkpoint, and enough witnesses cosigned it.
fn verify_checkpoint(proof: &TlogProof, policy: &Policy, freshness: Freshness, checks: &mut Checks) -> bool {
    let Some(assessment) = checks.require(CheckId::Checkpoint, policy.assess(proof.note(), freshness)) else {
        return false;
    };
    checks.passed(CheckId::Checkpoint, format!("signed by the log {}", assessment.checkpoint.origin()));
    let seen = witnesses(&assessment);
    match &assessment.quorum {
        Quorum::NotRequired => {
            checks.not_checked(CheckId::Witnesses, format!("the policy asks for no witness; {seen}"));
            true
        }
        Quorum::Met => {
            checks.passed(CheckId::Witnesses, seen);
            true
        }
        Quorum::Missing(shortfalls) => {
            let missing: Vec<String> = shortfalls.iter().map(ToString::to_string).collect();
            checks.failed(CheckId::Witnesses, format!("{}; {seen}", missing.join("; ")));
            false
        }
    }
}

fn witnesses(assessment: &Assessment<'_>) -> String {
    let cosigned = assessment.cosigned.iter().map(|cosigned| {
        let time = match Timestamp::from_unix(cosigned.timestamp) {
            Some(time) => time.to_string(),
            None => format!("{} seconds after 1970", cosigned.timestamp),
        };
        let age = if cosigned.is_fresh { "" } else { ", too old to count" };
        format!("{} ({time}{age})", cosigned.witness.name)
    });
    let cosigned: Vec<String> = cosigned.collect();
    match cosigned.as_slice() {
        [] => "cosigned by none that it knows".to_owned(),
        _ => format!("cosigned by {}", cosigned.join(", ")),
    }
}
