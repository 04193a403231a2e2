//! What it means for a command that a log did not do as asked: a no, a mistake of the caller's, or nothing decided.

use overt_log::admission::{Denied, Refused};
use overt_log::client::{ClientError, HttpError, SourceError, TreeError};
use overt_log::mirror::MirrorError;
use overt_log::sequencer::LoadError;
use overt_log::{AddError, FsckError};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::line;

const CHECKPOINT: &str = "checkpoint";

/// What a reader of a log met.
pub(crate) fn client_failure(error: ClientError) -> Failure {
    let exit = exit_of(&error);
    let next = match &error {
        ClientError::Source(SourceError::Missing(path)) if path == CHECKPOINT => {
            "is it a log? Its address is the one before /checkpoint, its directory the one of `overt log init`"
        }
        ClientError::NotAssessed(_) => {
            "the policy or --log-key must have the log's key; if it has, somebody else wrote this checkpoint"
        }
        ClientError::Quorum(_) => "witnesses may be on their way: ask again in a minute",
        ClientError::Forked(_) => "believe neither; `overt log mirror` keeps a proof that others can check",
        ClientError::Tree(error) if error.is_lie() => {
            "do not believe this copy of the log; read it elsewhere"
        }
        _ if exit == Exit::Undecided => "try again later",
        _ => return failure(error, exit, None),
    };
    failure(error, exit, Some(next))
}

/// What somebody met who added to a log.
pub(crate) fn add_failure(error: ClientError) -> Failure {
    let exit = exit_of(&error);
    let next = match (&error, exit) {
        (ClientError::Refused(Refused::Add(AddError::Stopped)), _) => {
            "it was not logged; its operator has to look at the log"
        }
        (ClientError::NotYet(_) | ClientError::Quorum(_), _) => {
            "it is in the log, and waits for witnesses: submit again, the log finds it"
        }
        (_, Exit::Undecided) => "submit again: if it was logged, the log finds it",
        (ClientError::Refused(_) | ClientError::Answered { .. }, Exit::No) => {
            "ask the log's operator, or use another log"
        }
        _ => return client_failure(error),
    };
    failure(error, exit, Some(next))
}

/// A log that can't be had.
pub(crate) fn source_failure(error: SourceError) -> Failure {
    client_failure(error.into())
}

/// A log that can't be opened for writing.
pub(crate) fn load_failure(error: LoadError) -> Failure {
    match error {
        LoadError::NoLog | LoadError::Exists => Failure::usage(error),
        error => Failure::undecided(error),
    }
}

/// A log that could not be checked.
pub(crate) fn fsck_failure(error: FsckError) -> Failure {
    let exit = match error {
        FsckError::NoCheckpoint => Exit::Usage,
        FsckError::Checkpoint(_) | FsckError::Size(_) => Exit::No,
        FsckError::Store(_) | FsckError::Key(_) => Exit::Undecided,
    };
    failure(error, exit, None)
}

/// A log that a mirror did not follow.
pub(crate) fn mirror_failure(error: MirrorError) -> Failure {
    match error {
        MirrorError::Source(error) => source_failure(error),
        MirrorError::Tree(error) => client_failure(error.into()),
        MirrorError::NoCheckpoint => source_failure(SourceError::Missing(CHECKPOINT.into())),
        error => {
            let exit = match &error {
                MirrorError::Forked { .. }
                | MirrorError::RolledBack { .. }
                | MirrorError::Note(_)
                | MirrorError::Checkpoint(_)
                | MirrorError::Origin { .. }
                | MirrorError::NoProof(_) => Exit::No,
                _ => Exit::Undecided,
            };
            failure(error, exit, None)
        }
    }
}

fn exit_of(error: &ClientError) -> Exit {
    match error {
        ClientError::Source(error) | ClientError::Tree(TreeError::Source(error)) => exit_of_source(error),
        ClientError::Refused(refused) => exit_of_refused(refused),
        ClientError::Answered { status, .. } => match status {
            401 | 403 => Exit::No,
            429 => Exit::Undecided,
            400..=499 => Exit::Usage,
            _ => Exit::Undecided,
        },
        ClientError::Submission(_) | ClientError::NoDoor => Exit::Usage,
        // What may be otherwise in a moment.
        ClientError::Quorum(_) | ClientError::NotYet(_) => Exit::Undecided,
        ClientError::Tree(error) if !error.is_lie() => Exit::Undecided,
        // What the log signed, or did not, is not to be believed.
        _ => Exit::No,
    }
}

fn exit_of_source(error: &SourceError) -> Exit {
    match error {
        SourceError::Missing(path) if path == CHECKPOINT => Exit::Usage,
        SourceError::Http(HttpError::NotAllowed(_)) | SourceError::Status { status: 400..=499, .. } => {
            Exit::Usage
        }
        SourceError::Length(_) => Exit::No,
        _ => Exit::Undecided,
    }
}

fn exit_of_refused(refused: &Refused) -> Exit {
    match refused {
        Refused::Submission(_)
        | Refused::Add(AddError::TooLong { .. })
        | Refused::Denied(Denied::TooLarge { .. }) => Exit::Usage,
        Refused::Denied(_) => Exit::No,
        _ => Exit::Undecided,
    }
}

fn failure(error: impl std::fmt::Display, exit: Exit, next: Option<&str>) -> Failure {
    // What a server said is in it: one line of it is enough.
    let said = line(&error.to_string(), 1000);
    let message = match next {
        Some(next) => format!("{said}\n  next   {next}"),
        None => said,
    };
    Failure { message, exit }
}
