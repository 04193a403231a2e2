//! Why a request is not done. What happened inside is the operator's business: it may name paths, and is not shown.

use axum::http::StatusCode;
use overt_log::ReaderError;
use overt_log::bodies::BodyError;
use overt_site::accounts::AccountError;
use overt_site::moderation::ModerationError;
use overt_site::reports::ReportError;
use overt_site::signing::SigningError;
use overt_site::{IndexError, IssueError, PrivateError};

use crate::kit::Page;
use crate::pages::failure;

/// Why a request is not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// There is no such thing.
    #[error("there is no {0} here")]
    Missing(&'static str),
    /// It makes no sense, or not any more.
    #[error("{0}")]
    Asked(String),
    /// It was taken down.
    #[error("the record was taken down")]
    Gone,
    /// The form did not come from a page of this site, or its page is old.
    #[error("this form was not sent from a page of this site, or the page was open for too long")]
    Forged,
    /// A session is needed.
    #[error("this takes a login")]
    NotLoggedIn,
    /// The role does not reach.
    #[error("{0}")]
    NotAllowed(String),
    /// Too often.
    #[error("{0}")]
    TooOften(String),
    /// Too many bytes, or no form.
    #[error("what was sent is too large, or is no form")]
    TooLarge,
    /// Others are served.
    #[error("other pages are being made")]
    Busy,
    /// A failure of ours.
    #[error("something that this page needs cannot be read now")]
    Ours,
}

impl Fault {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::Asked(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Gone => StatusCode::GONE,
            Self::Forged | Self::NotAllowed(_) => StatusCode::FORBIDDEN,
            Self::NotLoggedIn => StatusCode::UNAUTHORIZED,
            Self::TooOften(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Ours => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(super) fn page(&self) -> Page {
        let (title, next) = match self {
            Self::Missing(_) => ("Not found", "The address may be cut off or mistyped."),
            Self::Asked(_) => ("This cannot be done", "Go back, and change what is asked for."),
            Self::Gone => {
                ("Taken down", "The log still proves that it existed, and says who took it down and why.")
            }
            Self::Forged => {
                ("Nothing was done", "Open the page with the form again, and send it from there.")
            }
            Self::NotLoggedIn => ("Log in", "Log in with a token at /login."),
            Self::NotAllowed(_) => ("Not allowed", "Ask an administrator of this site."),
            Self::TooOften(_) => ("Too often", "Nothing is lost: go back and send the form again later."),
            Self::TooLarge => ("Too much", "Go back, and send less."),
            Self::Busy => ("Too much at once", "Come back in a moment."),
            Self::Ours => (
                "This cannot be done now",
                "Nothing was accepted. Come back later, or tell whoever runs this site.",
            ),
        };
        failure(title, &self.to_string(), next)
    }
}

macro_rules! ours {
    ($($error:ty),+) => {$(
        impl From<$error> for Fault {
            fn from(_: $error) -> Self {
                Self::Ours
            }
        }
    )+};
}
ours!(IndexError, ReaderError, BodyError, PrivateError, IssueError);

impl From<SigningError> for Fault {
    fn from(error: SigningError) -> Self {
        match error {
            SigningError::NoStatement(_) => Self::Missing("such statement that can be signed"),
            SigningError::TooOften(_) => Self::TooOften(error.to_string()),
            SigningError::Form(_) | SigningError::Link(_) => Self::Asked(error.to_string()),
            SigningError::Issue(_) | SigningError::Index(_) | SigningError::Private(_) => Self::Ours,
        }
    }
}

impl From<AccountError> for Fault {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::NotLoggedIn => Self::NotLoggedIn,
            AccountError::NotAllowed(_) => Self::NotAllowed(error.to_string()),
            AccountError::TooOften(_) => Self::TooOften(error.to_string()),
            AccountError::HolderExists(_) | AccountError::NoToken(_) => Self::Asked(error.to_string()),
            AccountError::Private(_) => Self::Ours,
        }
    }
}

impl From<ModerationError> for Fault {
    fn from(error: ModerationError) -> Self {
        match error {
            ModerationError::NoItem(_) => Self::Missing("such item in the queue"),
            ModerationError::NoRecord(_) => Self::Missing("such record that can be read"),
            ModerationError::Decided(_) | ModerationError::NoReason => Self::Asked(error.to_string()),
            ModerationError::TooOften(_) => Self::TooOften(error.to_string()),
            ModerationError::Account(error) => error.into(),
            ModerationError::Issue(_) | ModerationError::Index(_) | ModerationError::Private(_) => Self::Ours,
        }
    }
}

impl From<ReportError> for Fault {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::NoReport => Self::Missing("such report, or its link has expired"),
            ReportError::State(state) => {
                Self::Asked(format!("the report is {} already", super::names::state(state)))
            }
            ReportError::Problems(_)
            | ReportError::Quota
            | ReportError::NoAddress
            | ReportError::Embargo(_)
            | ReportError::NoReason => Self::Asked(error.to_string()),
            ReportError::TooOften(_) | ReportError::AddressTooOften(_) => Self::TooOften(error.to_string()),
            ReportError::Account(error) => error.into(),
            ReportError::Issue(_) | ReportError::Private(_) => Self::Ours,
        }
    }
}
