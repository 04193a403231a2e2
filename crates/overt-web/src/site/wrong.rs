//! Why a page of the site can't be made.

use overt_log::ReaderError;
use overt_log::bodies::BodyError;
use overt_log::files::FilesError;
use overt_log::store::StoreError;
use overt_site::IndexError;

use crate::kit::Page;
use crate::view::ViewError;

/// Why a page can't be made.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// There is no such thing.
    #[error("there is no {0} here")]
    Missing(&'static str),
    /// The question makes no sense.
    #[error("{0}")]
    Asked(String),
    /// It was taken down.
    #[error("the record was taken down")]
    Gone,
    /// It was taken down, and this page tells by whom and why.
    #[error("the record was taken down")]
    TakenDown(Box<Page>),
    /// Too many pages are being made.
    #[error("other pages are being made")]
    Busy,
    /// A bug.
    #[error("this page could not be made")]
    Bug,
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The log.
    #[error(transparent)]
    Log(#[from] ReaderError),
    /// What lies beside the log.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The log's files.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A run's files.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// What the log has is damaged.
    #[error("the log is damaged: {0}")]
    Damaged(String),
    /// A file of this site.
    #[error("cannot {step} a file of this site: {source}")]
    Io {
        /// What was tried.
        step: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A run.
    #[error(transparent)]
    View(#[from] ViewError),
}

/// What kind of failure it is, for replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is not there.
    Missing,
    /// The question.
    Asked,
    /// It was taken down.
    Gone,
    /// Later, perhaps.
    Busy,
    /// Ours.
    Ours,
}

impl Wrong {
    pub(super) fn fault(&self) -> Fault {
        match self {
            Self::Missing(_) | Self::View(ViewError::Missing { .. }) => Fault::Missing,
            Self::Asked(_) | Self::View(ViewError::Asked { .. }) => Fault::Asked,
            Self::Gone | Self::TakenDown(_) => Fault::Gone,
            Self::Busy => Fault::Busy,
            _ => Fault::Ours,
        }
    }

    /// What strangers may read of it: what happened inside is the operator's business, and may name paths.
    pub(super) fn public(&self) -> String {
        match self.fault() {
            Fault::Ours if !matches!(self, Self::Bug) => {
                "something that this page needs cannot be read now".into()
            }
            _ => self.to_string(),
        }
    }
}
