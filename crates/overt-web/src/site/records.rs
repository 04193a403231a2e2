//! Records out of the log, and the files that prove them.

use std::str::FromStr;

use maud::{Markup, html};
use overt_log::admission::{FoundBody, Submission, body_of};
use overt_record::tlog_proof::TlogProof;
use overt_record::verify::VerifiedRecord;
use overt_record::{Bundle, Hash, LogEntry, LogOpening};
use overt_site::index::RecordView;

use super::outcome::record_path;
use super::state::Site;
use super::wrong::Wrong;
use crate::kit::digest as digest_words;

/// A record with everything that is left of it.
pub(super) struct Found {
    /// What the log says about it.
    pub(super) view: RecordView,
    /// The record itself, if it is still there.
    pub(super) signed: Option<Box<Signed>>,
}

/// A record that is in the log: its signature holds, and the entry is its own.
pub(super) struct Signed {
    pub(super) index: u64,
    pub(super) entry: LogEntry,
    pub(super) submission: Submission,
    pub(super) verified: VerifiedRecord,
}

/// The digest in an address.
pub(super) fn digest(text: &str) -> Result<Hash, Wrong> {
    Hash::from_str(text)
        .map_err(|_| Wrong::Missing("such record (a record is named by 64 hexadecimal digits)"))
}

impl Site {
    /// A record by its digest.
    pub(super) fn found(&self, record: &Hash) -> Result<Found, Wrong> {
        let view = self.index().record(record)?.ok_or(Wrong::Missing("such record"))?;
        let signed = match &view.entry {
            Some(entry) => self.signed(entry.index)?.filter(|signed| signed.verified.digest == *record),
            None => None,
        };
        Ok(Found { view, signed: signed.map(Box::new) })
    }

    /// The record of an entry, if it is there and what the entry says.
    pub(super) fn signed(&self, index: u64) -> Result<Option<Signed>, Wrong> {
        let entry = self.entry(index)?;
        let FoundBody::Here(bytes) = body_of(self.sources().store.as_ref(), index, &entry.commit)? else {
            return Ok(None);
        };
        let Ok(submission) = Submission::parse(&bytes) else { return Ok(None) };
        let Ok(verified) = submission.verify() else { return Ok(None) };
        let is_its_own = entry.check(&verified.record, &verified.digest, submission.salt()).is_ok();
        Ok(is_its_own.then_some(Signed { index, entry, submission, verified }))
    }

    /// An entry as it stands in the log.
    pub(super) fn entry(&self, index: u64) -> Result<LogEntry, Wrong> {
        let size = self.index().position()?.next;
        if index >= size {
            return Err(Wrong::Missing("such entry"));
        }
        let bytes = self.reader().entry(index, size)?;
        LogEntry::parse(&bytes).map_err(|error| Wrong::Damaged(error.to_string()))
    }

    /// A record by its digest's beginning: a link, if this site says anything of it.
    pub(super) fn record_link(&self, record: &Hash) -> Markup {
        let hex = record.to_string();
        let is_known = self.index().record(record).is_ok_and(|view| view.is_some());
        html! {
            @if is_known { a href=(record_path(record)) title=(hex) { code { (record.short()) "…" } } }
            @else { (digest_words("the digest of a record", &hex)) " (not in this log)" }
        }
    }

    /// The proof that the log has a record, against the newest checkpoint that has it.
    pub(super) fn proof(&self, signed: &Signed) -> Result<TlogProof, Wrong> {
        let head = self.checkpoint_with(signed.index)?;
        let path = self.reader().prove_inclusion(signed.index, head.size)?;
        let opening = LogOpening { leaf: signed.entry.clone(), salt: *signed.submission.salt() };
        let damaged = |error: &dyn std::fmt::Display| Wrong::Damaged(error.to_string());
        let opening = opening.to_bytes().map_err(|error| damaged(&error))?;
        TlogProof::new(signed.index, path, head.note).with_extra(opening).map_err(|error| damaged(&error))
    }

    /// The one file that proves a record offline.
    pub(super) fn bundle(&self, signed: &Signed) -> Result<Vec<u8>, Wrong> {
        let damaged = |error: &dyn std::fmt::Display| Wrong::Damaged(error.to_string());
        let envelope = signed.submission.bundle().envelope().map_err(|error| damaged(&error))?;
        let bundle =
            Bundle { envelope: envelope.clone(), proof: Some(self.proof(signed)?), samples: Vec::new() };
        bundle.to_json().map_err(|error| damaged(&error))
    }
}
