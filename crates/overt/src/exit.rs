//! Exit codes, the same for every command. A script must never mistake 3 for 0 or 1.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done; all requirements met.
    Yes,
    /// A well-founded no: a requirement missed, a difference found.
    No,
    /// Usage, or input that cannot be used.
    Usage,
    /// Could not be decided: the system is down, data is missing, the disk is full.
    Undecided,
    /// Interrupted, and resumable.
    Interrupted,
}

impl Exit {
    /// How two commands in a row ended: an interruption counts most, then a no, then what could not be decided.
    pub(crate) fn and(self, next: Self) -> Self {
        let rank = |exit| match exit {
            Self::Yes => 0,
            Self::Undecided => 1,
            Self::No => 2,
            Self::Usage => 3,
            Self::Interrupted => 4,
        };
        if rank(next) > rank(self) { next } else { self }
    }

    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Yes => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::Undecided => 3,
            Self::Interrupted => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
