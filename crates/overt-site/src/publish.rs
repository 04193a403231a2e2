//! Into the log, and out of what lies beside it.

use std::sync::Arc;

use overt_log::AddError;
use overt_log::admission::{Door, NotErased, Refused};
use overt_log::files;
use overt_record::LogEntry;

use crate::mail::Doing;

/// Whoever takes records into a log. Both acts may be asked for again: the same submission gets the same place, and what was
/// erased stays so.
pub trait Publish: Send + Sync {
    /// Logs a submission, and answers with its place when a published checkpoint has it.
    fn submit(&self, submission: Vec<u8>) -> Doing<'_, Result<u64, PublishError>>;

    /// Takes away the body of an entry, as the redaction in another entry says.
    fn erase(&self, index: u64, redaction: u64) -> Doing<'_, Result<(), PublishError>>;

    /// How many entries the newest published checkpoint has.
    fn size(&self) -> u64;
}

/// Why something was not logged or not erased.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// It may or may not have happened, or can't happen now. Asking again is safe.
    #[error("not now: {0}")]
    Later(String),
    /// The log's rules don't allow it; asking again doesn't help.
    #[error("the log does not take it: {0}")]
    Never(String),
}

/// A log on this machine.
#[derive(Clone)]
pub struct AtDoor(pub Arc<Door>);

impl AtDoor {
    async fn erase_body(&self, index: u64, redaction: u64) -> Result<(), PublishError> {
        let door = self.0.clone();
        let erase = move || {
            match door.erase(index, redaction) {
                Ok(_) => Ok(()),
                // Without a body there is nobody to ask whose record it was; the index knew.
                Err(NotErased::NoBody(_)) => take_files_away(&door, index),
                Err(error @ (NotErased::NotARedaction { .. } | NotErased::NotAnAuthority(_))) => {
                    Err(PublishError::Never(error.to_string()))
                }
                Err(error) => Err(PublishError::Later(error.to_string())),
            }
        };
        let erased = tokio::task::spawn_blocking(erase).await;
        erased.unwrap_or_else(|_| Err(PublishError::Later("it was given up".into())))
    }
}

/// What lies beside an entry goes with its body. Asked again, it goes on where it stopped.
fn take_files_away(door: &Door, index: u64) -> Result<(), PublishError> {
    let later = |error: &dyn std::fmt::Display| PublishError::Later(error.to_string());
    let size = door.log().head().borrow().head.size;
    let bytes = door.log().reader().entry(index, size).map_err(|error| later(&error))?;
    let entry = LogEntry::parse(&bytes).map_err(|error| later(&error))?;
    files::remove(door.store().as_ref(), &entry.commit).map(drop).map_err(|error| later(&error))
}

impl Publish for AtDoor {
    fn submit(&self, submission: Vec<u8>) -> Doing<'_, Result<u64, PublishError>> {
        Box::pin(async move {
            match self.0.submit(submission, None).await {
                Ok(admitted) => Ok(admitted.added.index),
                Err(error) => Err(match error {
                    Refused::Submission(_) | Refused::Denied(_) | Refused::Add(AddError::TooLong { .. }) => {
                        PublishError::Never(error.to_string())
                    }
                    error => PublishError::Later(error.to_string()),
                }),
            }
        })
    }

    fn erase(&self, index: u64, redaction: u64) -> Doing<'_, Result<(), PublishError>> {
        Box::pin(self.erase_body(index, redaction))
    }

    fn size(&self) -> u64 {
        self.0.log().head().borrow().head.size
    }
}
