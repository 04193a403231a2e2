//! What a witness answers to add-checkpoint, and how HTTP says it.

use std::time::Duration;

use overt_record::note::NoteSignature;

/// The answer to a request to cosign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The checkpoint is the newest one now.
    Cosigned(Vec<NoteSignature>),
    /// The body is not one of add-checkpoint, or says that the tree shrank.
    Malformed(String),
    /// No key of the log signed the checkpoint, or a signature that names one does not hold.
    NotSigned(String),
    /// The witness does not know the log.
    UnknownLog,
    /// The old size is not that of the newest checkpoint.
    Conflict {
        /// The size of the newest checkpoint that was cosigned.
        size: u64,
    },
    /// The checkpoint does not follow from the newest one that was cosigned.
    Inconsistent(String),
    /// The log comes more often than was agreed.
    TooOften {
        /// After what time it may come again.
        wait: Duration,
    },
    /// The witness can't answer now. Nothing was cosigned that the asker could rely on.
    Failed(String),
}

impl Answer {
    pub(super) fn malformed(reason: impl ToString) -> Self {
        Self::Malformed(reason.to_string())
    }

    pub(super) fn failed(reason: impl ToString) -> Self {
        Self::Failed(reason.to_string())
    }

    /// The status of HTTP. 429 is not in the specification; the witnesses of transparency-dev answer so too.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Cosigned(_) => 200,
            Self::Malformed(_) => 400,
            Self::NotSigned(_) => 403,
            Self::UnknownLog => 404,
            Self::Conflict { .. } => 409,
            Self::Inconsistent(_) => 422,
            Self::TooOften { .. } => 429,
            Self::Failed(_) => 503,
        }
    }

    /// The media type of the body.
    pub const fn content_type(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "text/x.tlog.size",
            _ => "text/plain; charset=utf-8",
        }
    }

    /// The body.
    pub fn body(&self) -> String {
        match self {
            Self::Cosigned(signatures) => signatures.iter().map(ToString::to_string).collect(),
            Self::Malformed(reason)
            | Self::NotSigned(reason)
            | Self::Inconsistent(reason)
            | Self::Failed(reason) => {
                format!("{reason}\n")
            }
            Self::UnknownLog => "this witness does not know the log\n".to_owned(),
            Self::Conflict { size } => format!("{size}\n"),
            Self::TooOften { wait } => format!("come again in {} s\n", seconds(*wait)),
        }
    }

    /// What the header Retry-After says, in seconds.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooOften { wait } => Some(seconds(*wait)),
            Self::Failed(_) => Some(1),
            _ => None,
        }
    }
}

/// Whole seconds, rounded up.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
