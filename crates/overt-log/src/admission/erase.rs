//! Erasure: the body and the salt go, the proof of existence stays, and a record in the log says why (P7).
//!
//! A mark `erased/<commit>` with the index of the redaction is written before anything is deleted. It is what is shown in
//! the body's place, and keeps the same submission from bringing the body back.

use overt_record::record::{Body, Scope};
use overt_record::{Hash, KeyId, LogEntry};

use super::door::body_key;
use super::submission::{BadSubmission, Submission};
use crate::key::{Key, NotAKey};
use crate::reader::{Reader, ReaderError};
use crate::store::{Store, StoreError};

/// A body that was taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// The commitment that stays in the log.
    pub commit: Hash,
    /// Where in the log stands why.
    pub redaction: u64,
}

/// Why a body was not taken away.
#[derive(Debug, thiserror::Error)]
pub enum NotErased {
    /// There is nothing there.
    #[error("there is no body for the commitment {0}")]
    NoBody(Hash),
    /// The entry is no redaction, or of something else.
    #[error("entry {index} of the log is not a redaction of this record as a whole: {reason}")]
    NotARedaction {
        /// The entry.
        index: u64,
        /// What it is.
        reason: &'static str,
    },
    /// The issuer of the redaction has no say.
    #[error(
        "the key {0} signed the redaction; it is neither the record's own nor one of the log's authorities"
    )]
    NotAnAuthority(KeyId),
    /// A stored body is damaged.
    #[error("a stored body can't be read: {0}")]
    Submission(#[from] BadSubmission),
    /// The log can't be read.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// It has no name in a store.
    #[error(transparent)]
    Key(#[from] NotAKey),
    /// The store failed. Asking again goes on where it stopped.
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(super) fn erase(
    store: &dyn Store,
    reader: &Reader,
    size: u64,
    commit: &Hash,
    redaction: u64,
    is_authority: &dyn Fn(KeyId) -> bool,
) -> Result<Erased, NotErased> {
    let body = body_key(commit)?;
    let erased = Erased { commit: *commit, redaction };
    if let Some(mark) = store.get(&mark_key(commit)?)? {
        // Begun before; a crash may have come between mark and deletion.
        store.delete(&body)?;
        let redaction = read_mark(&mark).unwrap_or(redaction);
        return Ok(Erased { redaction, ..erased });
    }
    let target = Submission::parse(&store.get(&body)?.ok_or(NotErased::NoBody(*commit))?)?;
    let issuer = target.verify()?.key;
    let by = redaction_of(store, reader, size, redaction, target.digest())?;
    if by != issuer && !is_authority(by) {
        return Err(NotErased::NotAnAuthority(by));
    }
    store.put_new(&mark_key(commit)?, format!("{redaction}\n").as_bytes())?;
    store.delete(&body)?;
    Ok(erased)
}

/// Who signed the redaction at this index, if it takes down the whole record.
fn redaction_of(
    store: &dyn Store,
    reader: &Reader,
    size: u64,
    index: u64,
    target: Hash,
) -> Result<KeyId, NotErased> {
    let not = |reason| NotErased::NotARedaction { index, reason };
    let entry = LogEntry::parse(&reader.entry(index, size)?).map_err(|_| not("it is no record's"))?;
    let body = store.get(&body_key(&entry.commit)?)?.ok_or_else(|| not("its own body is not here"))?;
    let submission = Submission::parse(&body)?;
    if submission.commit() != entry.commit {
        return Err(not("the body beside it is another's"));
    }
    let record = submission.verify()?;
    match record.record.body() {
        Body::Redaction(redaction) if redaction.target != target => Err(not("it is of another record")),
        Body::Redaction(redaction) if redaction.scope != Scope::Record {} => Err(not("it is of a part")),
        Body::Redaction(_) => Ok(record.key),
        _ => Err(not("it is a record of another type")),
    }
}

/// Where it is marked that a body was taken away.
pub(crate) fn mark_key(commit: &Hash) -> Result<Key, NotAKey> {
    Key::new(format!("erased/{commit}"))
}

/// The index of the redaction.
pub(crate) fn read_mark(mark: &[u8]) -> Option<u64> {
    str::from_utf8(mark).ok()?.trim_end().parse().ok()
}
