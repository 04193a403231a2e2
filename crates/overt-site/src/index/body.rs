//! What lies beside a log entry. The only place that knows where bodies are.

use overt_log::admission::{FoundBody, Submission, body_of};
use overt_log::bodies::BodyError;
use overt_log::store::Store;
use overt_record::LogEntry;
use overt_record::verify::VerifiedRecord;

/// The body of an entry.
pub(crate) enum Body {
    /// It is there, and it is what the entry says.
    Here(Box<VerifiedRecord>),
    /// It was taken down; the entry with that index says why.
    TakenDown(u64),
    /// It is not there, or not what the entry says.
    Unreadable,
}

/// The body of an entry, checked: its signature holds and the entry commits to it.
///
/// # Errors
/// When the store cannot say. A body that is missing or wrong is no error: the log goes on without it.
pub(crate) fn body(store: &dyn Store, index: u64, entry: &LogEntry) -> Result<Body, BodyError> {
    let found = match body_of(store, index, &entry.commit) {
        Ok(found) => found,
        Err(BodyError::Damaged { .. }) => return Ok(Body::Unreadable),
        Err(error) => return Err(error),
    };
    Ok(match found {
        FoundBody::Here(bytes) => {
            check(entry, &bytes).map_or(Body::Unreadable, |found| Body::Here(Box::new(found)))
        }
        FoundBody::Erased { redaction: Some(redaction) } => Body::TakenDown(redaction),
        FoundBody::Erased { redaction: None } | FoundBody::Missing => Body::Unreadable,
    })
}

fn check(entry: &LogEntry, bytes: &[u8]) -> Option<VerifiedRecord> {
    let submission = Submission::parse(bytes).ok()?;
    let verified = submission.verify().ok()?;
    entry.check(&verified.record, &verified.digest, submission.salt()).ok()?;
    Some(verified)
}
