//! What came of a record after it was logged: corrections, redactions, and what became of its key.

use std::sync::Arc;

use overt_record::LogEntry;
use overt_record::policy::Freshness;
use overt_record::record::{Body, Change, KeyReason};
use overt_record::tlog_proof::TlogProof;
use overt_record::verify::VerifiedRecord;

use super::{ClientError, LogClient};
use crate::admission::Submission;
use crate::keys::SignedHead;

/// What an entry says about a record or its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// In words.
    pub words: String,
    /// Whether the record is not to be relied on any more.
    pub against: bool,
}

/// What the log's entries say about a record that is proven to be in it, and about its key; and how many entries there are.
/// The log must have grown from the tree of the proof. Every entry is read.
///
/// # Errors
/// When the log cannot be asked, or has forked.
pub async fn aftermath(
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
        let record = record_of(client, index, &entry).await?;
        found.extend(said(index, &entry, record.as_ref(), verified));
    }
    Ok((size, found))
}

/// The record that an entry commits to, if its body is there and holds.
pub(super) async fn record_of(
    client: &LogClient,
    index: u64,
    entry: &LogEntry,
) -> Result<Option<VerifiedRecord>, ClientError> {
    let body = client.source().body(index, &entry.commit).await?;
    let told = body.and_then(|body| Submission::parse(&body).ok());
    Ok(told.filter(|told| told.commit() == entry.commit).and_then(|told| told.verify().ok()))
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
