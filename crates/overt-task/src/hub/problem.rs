//! Why the hub does not give a dataset.

use std::path::PathBuf;

/// What stands between a task and a dataset of the Hugging Face hub.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubProblem {
    /// Its owner wants to know who uses it.
    #[error("{}", gate(*.has_token))]
    Gated {
        /// Where the terms are.
        page: String,
        /// Whether there was a token.
        has_token: bool,
    },
    /// There is none, or it is private.
    #[error("the hub knows no such dataset, or does not show it to everyone")]
    Unknown,
    /// There is no such revision.
    #[error("it has no revision `{0}`")]
    Revision(String),
    /// There are no files in a format that is read.
    #[error("it has no files of a known format, and the hub has no Parquet of it")]
    NoData,
    /// There are several of something, and the task says not which.
    #[error("it has several {what}s: {}", .known.join(", "))]
    Several {
        /// `config` or `split`.
        what: &'static str,
        /// Their names.
        known: Vec<String>,
    },
    /// The task names something that is not there.
    #[error("it has no {what} `{wanted}`; it has {}", .known.join(", "))]
    Absent {
        /// `config` or `split`.
        what: &'static str,
        /// What the task says.
        wanted: String,
        /// Their names.
        known: Vec<String>,
    },
    /// There is to be no network, and the cache has it not.
    #[error("HF_HUB_OFFLINE is set, and it is not in the cache\n  cache    {}", .path.display())]
    Offline {
        /// Where the cache would have its record.
        path: PathBuf,
    },
    /// The answer is not what the hub's interface promises.
    #[error("the hub's answer cannot be used: {0}")]
    Answer(String),
}

fn gate(has_token: bool) -> &'static str {
    if has_token {
        "its terms have to be accepted first, and the account of HF_TOKEN has not done so or lacks access"
    } else {
        "its terms have to be accepted first, and HF_TOKEN, which says by whom, is not set"
    }
}

impl HubProblem {
    /// Whether trying again may help without a change of the task.
    pub(crate) fn is_outside(&self) -> bool {
        matches!(self, Self::Gated { .. } | Self::Offline { .. } | Self::Answer(_))
    }

    pub(crate) fn next(&self, dataset: &str) -> String {
        match self {
            Self::Gated { page, has_token: false } => format!(
                "accept the terms at {page}, make a token at https://huggingface.co/settings/tokens, and set HF_TOKEN \
                 to it"
            ),
            Self::Gated { page, has_token: true } => {
                format!("accept the terms at {page} with the account whose token HF_TOKEN holds")
            }
            Self::Unknown => {
                format!("mend dataset.hf; if {dataset} is private, set HF_TOKEN to a token that may read it")
            }
            Self::Revision(_) => "mend dataset.revision: a commit, branch or tag".into(),
            Self::NoData => "convert the files to Parquet or JSON Lines, and use dataset.path".into(),
            Self::Several { what, .. } => format!("say which: dataset.{what}"),
            Self::Absent { what, .. } => format!("mend dataset.{what}"),
            Self::Offline { .. } => "run the task once with a network connection".into(),
            Self::Answer(_) => "check HF_ENDPOINT, and try again later".into(),
        }
    }
}
