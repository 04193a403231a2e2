//! Reports of incidents and flaws, from the form to the record.
//!
//! ```text
//! submit ──> unconfirmed ──mail, link──> waiting ──moderator──> published (an incident record) or refused
//! ```
//!
//! A report is sealed for as long as it is not public, and deleted when it is closed. The contact stays for ninety days after
//! that, since a maker's answer may come late. Nothing is published before an embargo ends.

mod decide;
mod intake;

use std::sync::Arc;
use std::time::Duration;

use overt_record::{Hash, Timestamp};
use overt_report::form::Problem;
use overt_statement::sameness::Network;
use serde::{Deserialize, Serialize};

use crate::accounts::AccountError;
use crate::database::DatabaseError;
use crate::issue::{IssueError, Issuer};
use crate::limits::{Meter, Rate};
use crate::private::{Private, PrivateError};

pub use self::decide::{Contact, ReportItem};
pub use self::intake::{ReportSecret, ReportStatus};

/// How often a network may report.
const REPORT_RATE: Rate = Rate { events: 10, per: Duration::from_secs(3600) };

/// How often a mailbox is told of a report that names it.
const ADDRESS_RATE: Rate = Rate { events: 5, per: Duration::from_secs(24 * 3600) };

/// How long a report waits to be confirmed, in milliseconds.
const CONFIRM_WITHIN: u64 = 48 * 3_600_000;

/// How long the contact is kept after a report is closed, in milliseconds.
const CONTACT_KEPT: u64 = 90 * 24 * 3_600_000;

/// The most attachments that a report names, and the most bytes that they have together.
const MOST_ATTACHMENTS: usize = 20;
const MOST_BYTES: u64 = 1 << 30;

/// Reports of incidents and flaws.
#[derive(Clone)]
pub struct Reports {
    private: Arc<Private>,
    issuer: Issuer,
    networks: Arc<Meter<Network>>,
    addresses: Arc<Meter<[u8; 32]>>,
}

/// How a report stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportState {
    /// The reporter has not opened the link in the mail.
    Unconfirmed,
    /// It waits for a moderator.
    Waiting,
    /// It is a public record.
    Published,
    /// It is not published.
    Refused,
    /// The reporter took it back.
    Withdrawn,
}

/// Why a report did not go on.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Something is missing or wrong.
    #[error("{} in the report need another look", match .0.len() { 1 => "one answer".to_owned(), many => format!("{many} answers") })]
    Problems(Vec<Problem>),
    /// Too many files, or too large.
    #[error("a report names at most {MOST_ATTACHMENTS} files with {} MiB together", MOST_BYTES >> 20)]
    Quota,
    /// The address is none.
    #[error("the report needs an address that mail can be sent to")]
    NoAddress,
    /// There is no such report.
    #[error("there is no such report, or its link has expired")]
    NoReport,
    /// It can't be done in this state.
    #[error("the report is {0:?} already")]
    State(ReportState),
    /// It may not be public yet.
    #[error("the report is not to be published before {0}")]
    Embargo(Timestamp),
    /// Decisions have reasons.
    #[error("a decision needs a reason")]
    NoReason,
    /// Too many from one network.
    #[error("too many reports from your network; try again in {} min", .0.as_secs() / 60 + 1)]
    TooOften(Duration),
    /// Too many that name one mailbox.
    #[error("too many reports today name this e-mail address; try again in {} h", .0.as_secs() / 3600 + 1)]
    AddressTooOften(Duration),
    /// The role does not reach.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The record.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The private state.
    #[error(transparent)]
    Private(#[from] PrivateError),
}

impl From<DatabaseError> for ReportError {
    fn from(error: DatabaseError) -> Self {
        Self::Private(error.into())
    }
}

impl From<rusqlite::Error> for ReportError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Private(error.into())
    }
}

impl Reports {
    pub(crate) fn new(private: Arc<Private>, issuer: Issuer) -> Self {
        Self {
            private,
            issuer,
            networks: Arc::new(Meter::new(REPORT_RATE)),
            addresses: Arc::new(Meter::new(ADDRESS_RATE)),
        }
    }
}

/// What is stored of a link's secret.
fn link_digest(secret: &str) -> Hash {
    Hash::of_all([b"overt/site/report/v1\0".as_slice(), secret.as_bytes()])
}
