//! What a command tells when it cannot do what was asked: what happened, where, what next, and the exit code.

use std::fmt::Display;
use std::io;
use std::path::Path;

use overt_eval::{EvalError, RunError};
use overt_evidence::EvidenceError;
use overt_model::ModelError;
use overt_task::DatasetError;

use crate::exit::Exit;

/// A command that could not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The text after `error: `.
    pub(crate) message: String,
    pub(crate) exit: Exit,
}

impl Failure {
    /// The input or the command line is at fault.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self { message: strip(&message.to_string()), exit: Exit::Usage }
    }

    /// The surroundings are at fault: system, network, disk.
    pub(crate) fn undecided(message: impl Display) -> Self {
        Self { message: strip(&message.to_string()), exit: Exit::Undecided }
    }

    /// A dataset could not be brought here.
    pub(crate) fn dataset(task: &str, error: &DatasetError) -> Self {
        let message = format!("task {task}: {error}");
        if error.is_outside() { Self::undecided(message) } else { Self::usage(message) }
    }

    /// A name did not become a system.
    pub(crate) fn model(error: ModelError) -> Self {
        match &error {
            ModelError::Pull(_) | ModelError::Lost(_) => Self::undecided(error),
            _ => Self::usage(error),
        }
    }

    /// The same, with the option or argument that the file came from.
    #[must_use]
    pub(crate) fn of_option(mut self, option: &str) -> Self {
        self.message.push_str("\n  option ");
        self.message.push_str(option);
        self
    }

    /// A file could not be touched.
    pub(crate) fn file(doing: &str, path: &Path, source: io::Error) -> Self {
        let message = format!("cannot {doing} {}\n  cause  {source}", path.display());
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::IsADirectory | io::ErrorKind::InvalidData => {
                Self::usage(message)
            }
            _ => Self::undecided(message),
        }
    }
}

/// Messages of diagnostics bring their own `error: `; it is said once.
fn strip(message: &str) -> String {
    message.strip_prefix("error: ").unwrap_or(message).trim_end().to_owned()
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match &error {
            RunError::NotARun { .. } | RunError::OtherFormat { .. } => Self::usage(error),
            RunError::Io { .. }
            | RunError::Garbled { .. }
            | RunError::Altered { .. }
            | RunError::Busy { .. }
            | RunError::Journal(_)
            | RunError::Table(_) => Self::undecided(error),
        }
    }
}

impl From<EvidenceError> for Failure {
    fn from(error: EvidenceError) -> Self {
        match error {
            EvidenceError::Run(error) => error.into(),
            EvidenceError::Eval(error) => error.into(),
            EvidenceError::Io { .. } => Self::undecided(error),
            error => Self::usage(error),
        }
    }
}

impl From<EvalError> for Failure {
    fn from(error: EvalError) -> Self {
        match error {
            EvalError::Run(error) => error.into(),
            EvalError::Dataset { ref source, .. } if source.is_outside() => Self::undecided(error),
            error => Self::usage(error),
        }
    }
}
