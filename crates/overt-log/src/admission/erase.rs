//! Erasure: the body and the salt go, the proof of existence stays, and a record in the log says why (P7).
//!
//! A mark `erased/<commit>` with the index of the redaction is written before anything is taken away. It is what is shown in
//! the body's place, and lets whoever was interrupted go on. How a body is taken away is told in [`crate::bodies`].
//!
//! A redaction of samples or of files takes the files beside the entry ([`crate::files`]) away, all of them, and leaves the body:
//! what was published beside it can't be thinned out, since the log does not read it. A mark `erased/<commit>.files` keeps
//! other files from taking their place; whoever wants to show what may stay publishes a record that corrects this one.

use overt_record::log_entry::BadEntry;
use overt_record::record::{Body, Scope};
use overt_record::{Hash, KeyId, LogEntry};

use super::body::{FoundBody, body_of, files_mark_key, mark_key};
use super::submission::{BadSubmission, Submission};
use super::uploads::NotTaken;
use crate::bodies::{self, BodyError};
use crate::files::{self, FilesError, Removed};
use crate::key::NotAKey;
use crate::reader::{Reader, ReaderError};
use crate::store::{Store, StoreError};

/// What was taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// The entry that stays in the log.
    pub index: u64,
    /// Where in the log stands why.
    pub redaction: u64,
    /// The entry's commitment.
    pub commit: Hash,
    /// Whether its body went.
    pub part: Part,
    /// What became of the files beside it.
    pub files: Removed,
}

/// What of an entry goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The body with its salt, and the files beside it.
    Whole,
    /// The files alone.
    Files,
}

/// Why a body was not taken away.
#[derive(Debug, thiserror::Error)]
pub enum NotErased {
    /// There is nothing there.
    #[error("there is no body for the entry {0}")]
    NoBody(u64),
    /// The entry is no record's.
    #[error("entry {index} of the log is no record's: {source}")]
    NotARecord {
        /// The entry.
        index: u64,
        /// What is wrong.
        source: BadEntry,
    },
    /// The body is that of another entry.
    #[error("the body beside entry {0} is another record's: run `overt log fsck`")]
    OtherBody(u64),
    /// The entry is no redaction, or of something else.
    #[error("entry {index} of the log is not a redaction of this record: {reason}")]
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
    /// Bodies can't be read or changed. Asking again goes on where it stopped.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The log can't be read.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// Files beside the log can't be taken away. Asking again goes on where it stopped.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// What was on its way can't be cleared away. Asking again goes on where it stopped.
    #[error(transparent)]
    Uploads(#[from] NotTaken),
    /// It has no name in a store.
    #[error(transparent)]
    Key(#[from] NotAKey),
    /// The store failed. Asking again goes on where it stopped.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes away what a redaction says, if its signer has a say; see [`Door::erase`](super::Door::erase).
pub(crate) fn erase(
    store: &dyn Store,
    reader: &Reader,
    size: u64,
    index: u64,
    redaction: u64,
    is_authority: &dyn Fn(KeyId) -> bool,
) -> Result<Erased, NotErased> {
    let entry = reader.entry(index, size)?;
    let entry = LogEntry::parse(&entry).map_err(|source| NotErased::NotARecord { index, source })?;
    let (redaction, part) = match body_of(store, index, &entry.commit)? {
        FoundBody::Missing => return Err(NotErased::NoBody(index)),
        // Begun before; a crash may have come between mark and removal.
        FoundBody::Erased { redaction: begun } => (begun.unwrap_or(redaction), Part::Whole),
        FoundBody::Here(body) => {
            let target = Submission::parse(&body)?;
            if target.commit() != entry.commit {
                return Err(NotErased::OtherBody(index));
            }
            let issuer = target.verify()?.key;
            let (by, part) = redaction_of(store, reader, size, redaction, target.digest())?;
            if by != issuer && !is_authority(by) {
                return Err(NotErased::NotAnAuthority(by));
            }
            (redaction, part)
        }
    };
    let mark = format!("{redaction}\n");
    match part {
        Part::Whole => {
            store.put_new(&mark_key(&entry.commit)?, mark.as_bytes())?;
            bodies::remove(store, index, size)?;
        }
        Part::Files => match store.put_new(&files_mark_key(&entry.commit)?, mark.as_bytes()) {
            // An earlier redaction says so.
            Ok(_) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        },
    }
    let files = files::remove(store, &entry.commit)?;
    Ok(Erased { index, redaction, commit: entry.commit, part, files })
}

/// Who signed the redaction at this index, and what of the record it takes down.
fn redaction_of(
    store: &dyn Store,
    reader: &Reader,
    size: u64,
    index: u64,
    target: Hash,
) -> Result<(KeyId, Part), NotErased> {
    let not = |reason| NotErased::NotARedaction { index, reason };
    let entry = LogEntry::parse(&reader.entry(index, size)?).map_err(|_| not("it is no record's"))?;
    let FoundBody::Here(body) = body_of(store, index, &entry.commit)? else {
        return Err(not("its own body is not here"));
    };
    let submission = Submission::parse(&body)?;
    if submission.commit() != entry.commit {
        return Err(not("the body beside it is another's"));
    }
    let record = submission.verify()?;
    match record.record.body() {
        Body::Redaction(redaction) if redaction.target != target => Err(not("it is of another record")),
        Body::Redaction(redaction) => match redaction.scope {
            Scope::Record {} => Ok((record.key, Part::Whole)),
            Scope::Samples { .. } | Scope::Files { .. } => Ok((record.key, Part::Files)),
        },
        _ => Err(not("it is a record of another type")),
    }
}
