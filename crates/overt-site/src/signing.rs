//! Signing a statement by mail.
//!
//! ```text
//! request ──> open link (address and form sealed) ──> mail ──> look: shows the words ──> confirm ──> [held] ──> endorsement ──> log
//! ```
//!
//! The answer to a request is the same whether the address is known or not, and it takes the same path: a link is stored and
//! a mail is queued in one transaction. A link works once and for 48 hours, and looking at it changes nothing, since mail
//! scanners look at links. Confirming is one transaction too: it uses up the link, deletes the address, and stores either what a
//! moderator has to decide or the signed record, which then goes its way (`issue.rs`).

mod confirm;
mod form;
mod hold;
mod link;
mod mails;
mod request;
mod tidy;
mod withdraw;

use std::sync::Arc;
use std::time::Duration;

use overt_record::Hash;
use overt_statement::sameness::Network;

use crate::database::DatabaseError;
use crate::index::IndexError;
use crate::issue::{IssueError, Issuer};
use crate::limits::{Meter, Rate};
use crate::private::{Private, PrivateError};

pub use self::confirm::{Confirmed, MailboxIs};
pub use self::form::{Shown, SigningForm};
pub use self::hold::HoldReason;
pub use self::link::{Act, LinkError, Look, LookState};
pub use self::mails::SignatureLine;
pub use self::request::CheckYourMail;
pub use self::withdraw::{Standing, Withdrawn};

pub(crate) use self::confirm::forget;
pub(crate) use self::hold::HeldSignature;

/// How long a link works, in milliseconds.
const LINK_LASTS: u64 = 48 * 3_600_000;

/// How many mails one address gets in a day; what is asked for beyond that is answered alike and sends nothing.
const MAILS_A_DAY: i64 = 5;

/// How often a network may ask: a lecture hall behind one address signs in an hour.
const NETWORK_RATE: Rate = Rate { events: 60, per: Duration::from_secs(3600) };

/// How long a withheld name is kept after the signature, in milliseconds: time to look into a doubt.
const NAME_KEPT: u64 = 30 * 24 * 3_600_000;

/// How many people may share a mailbox before a person looks at it.
const SHARE_A_MAILBOX: i64 = 3;

/// Signing by mail.
#[derive(Clone)]
pub struct Signing {
    private: Arc<Private>,
    issuer: Issuer,
    networks: Arc<Meter<Network>>,
}

/// Why signing did not go on.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// There is no such statement, or nobody can sign it any more.
    #[error("there is no statement {0} that can be signed here")]
    NoStatement(Hash),
    /// The form does not make a signature.
    #[error("{0}")]
    Form(#[from] BadForm),
    /// Too many from one network.
    #[error("too many requests from your network; try again in {} min", .0.as_secs() / 60 + 1)]
    TooOften(Duration),
    /// The link.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The record.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The private state.
    #[error(transparent)]
    Private(#[from] PrivateError),
}

/// What is wrong with a form, for whoever filled it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadForm {
    /// An organisation has no employer.
    #[error("an organisation signs under its own name, without role and affiliation")]
    OrganisationWithAffiliation,
    /// Where anybody gets an address, it says nothing about who somebody is.
    #[error(
        "to sign without your name, use an address of your organisation: one that anybody can get says nothing about you"
    )]
    NamelessPublicProvider,
    /// An organisation is its name.
    #[error("an organisation signs with its name")]
    NamelessOrganisation,
}

impl From<DatabaseError> for SigningError {
    fn from(error: DatabaseError) -> Self {
        Self::Private(error.into())
    }
}

impl From<rusqlite::Error> for SigningError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Private(error.into())
    }
}

impl Signing {
    pub(crate) fn new(private: Arc<Private>, issuer: Issuer) -> Self {
        Self { private, issuer, networks: Arc::new(Meter::new(NETWORK_RATE)) }
    }

    /// The statement with this digest, if people can sign it by mail: one of an issuer whose word counts here. Else anybody
    /// could have this site send their words to any address.
    fn statement(&self, statement: &Hash) -> Result<crate::index::StatementView, SigningError> {
        let found = self.private.index.statement(statement)?;
        let found = found.filter(|found| self.private.index.believes(found.key));
        found.ok_or(SigningError::NoStatement(*statement))
    }

    /// The same question alone.
    fn is_signable(&self, statement: &Hash) -> Result<(), SigningError> {
        let issuer = self.private.index.statement_issuer(statement)?;
        let known = issuer.filter(|key| self.private.index.believes(*key));
        known.map(drop).ok_or(SigningError::NoStatement(*statement))
    }
}
