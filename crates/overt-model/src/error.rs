//! Why a name did not become a system.

use crate::http::HttpError;
use crate::local::LocalError;
use crate::pull::PullError;
use crate::replay::ReplayError;
use crate::{BaseUrlError, Entry};

/// Why a name did not become a system.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Nobody knows the name.
    #[error("unknown system {name:?}{}\n  next  `overt model list` shows the systems known by name; `overt eval --help` shows the others", near(.nearest.as_deref()))]
    Unknown {
        /// The name.
        name: String,
        /// A known one that may have been meant.
        nearest: Option<String>,
    },
    /// The form is known, and something is missing in it.
    #[error("{name:?} is no system: {what}")]
    Incomplete {
        /// The name.
        name: String,
        /// What is missing.
        what: String,
    },
    /// A variable that holds a key or a header is not set.
    #[error(
        "{name} needs {what} in ${variable}, which is not set\n  next  `export {variable}=…` and try again"
    )]
    MissingVariable {
        /// The system.
        name: String,
        /// `its key`, or which header.
        what: String,
        /// The variable.
        variable: String,
    },
    /// An address is wrong.
    #[error("{place}: {source}")]
    BaseUrl {
        /// Where the address stands: a variable, or the name itself.
        place: String,
        /// Why.
        source: BaseUrlError,
    },
    /// The system cannot be asked over HTTP.
    #[error("{name}: {source}")]
    Http {
        /// The system.
        name: String,
        /// Why.
        source: HttpError,
    },
    /// A local model cannot be opened.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// A model of the catalogue cannot be fetched.
    #[error(transparent)]
    Pull(#[from] PullError),
    /// A file of the catalogue is not what it should be.
    #[error(
        "{} is not {}: expected sha256 {}, found {found}\n  next  delete it and run `overt model pull {}`",
        .path.display(), .entry.title, .entry.sha256, .entry.name
    )]
    Altered {
        /// The file.
        path: std::path::PathBuf,
        /// What it should be.
        entry: &'static Entry,
        /// Its digest.
        found: String,
    },
    /// A run cannot be replayed.
    #[error("cannot replay {run}: {source}")]
    Replay {
        /// The run as it was named.
        run: String,
        /// Why.
        source: ReplayError,
    },
    /// The thread that opened the model ended before its time: a bug.
    #[error("opening {0} ended unexpectedly; this is a bug")]
    Lost(String),
}

fn near(nearest: Option<&str>) -> String {
    nearest.map(|nearest| format!("; did you mean {nearest:?}?")).unwrap_or_default()
}
