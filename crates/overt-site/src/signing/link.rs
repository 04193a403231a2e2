//! Links that are sent by mail.

use overt_record::{Hash, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::form::SealedForm;
use super::mails::SignatureLine;
use super::withdraw::Standing;
use super::{LINK_LASTS, Signing, SigningError};
use crate::private::{Private, PrivateError};
use crate::random;
use crate::row::{Columns as _, integer, timestamp, word};
use crate::secret::Place;

const COLUMN: &str = "link.form";

/// The bytes of a link's secret.
const SECRET: usize = 16;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// To sign.
    Sign,
    /// To withdraw a signature.
    Withdraw,
}

/// Why a link leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// It was never sent, was cut short, or has expired and was deleted.
    #[error("this link is not known; it may have been cut short, or it has expired: fill in the form again")]
    Unknown,
    /// It has expired.
    #[error("this link has expired; fill in the form again")]
    Expired,
    /// It was used.
    #[error("this link was used already")]
    Used,
    /// It is for something else.
    #[error("this link is not for that")]
    OtherAct,
    /// The signature that is to be withdrawn does not stand, or is not of this address.
    #[error("there is no such signature of this address")]
    NoSignature,
}

/// What stands behind a link. Looking changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Look {
    /// What it is for.
    pub act: Act,
    /// The statement.
    pub statement: Hash,
    /// Whether it still works.
    pub state: LookState,
    /// Until when it works.
    pub expires: Timestamp,
    /// How the signature is going to stand in the list, as the mail says it: to be shown above the button.
    pub line: Option<SignatureLine>,
    /// The signatures of the address that stand: what signing again replaces, or what can be withdrawn.
    pub standing: Vec<Standing>,
}

/// Whether a link still works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LookState {
    /// It does.
    Open,
    /// It was used; a signature came of it, which is or will be in the log.
    Used {
        /// The endorsement's or redaction's record digest; `None` if a moderator decides, or has refused.
        record: Option<Hash>,
    },
}

/// A link as it is stored.
pub(super) struct Stored {
    pub(super) id: [u8; 16],
    pub(super) act: Act,
    pub(super) statement: Hash,
    pub(super) used: bool,
    pub(super) form: Option<SealedForm>,
    pub(super) network: Option<String>,
    pub(super) expires: u64,
    pub(super) issue: Option<i64>,
}

/// A new link: its secret goes into the mail and nowhere else.
pub(super) struct NewLink<'a> {
    pub(super) act: Act,
    pub(super) statement: Hash,
    pub(super) form: &'a SealedForm,
    pub(super) address: [u8; 32],
    pub(super) network: Option<String>,
}

impl NewLink<'_> {
    /// Stores the link, and returns its secret and when it expires.
    pub(super) fn store(
        self,
        connection: &Connection,
        private: &Private,
    ) -> Result<(String, u64), PrivateError> {
        let (id, secret): ([u8; 16], [u8; SECRET]) = (random::bytes()?, random::bytes()?);
        let secret = hex::encode(secret);
        let (now, expires) = (private.now(), private.now() + LINK_LASTS);
        let form = self.form.seal(private, Place { column: COLUMN, row: &id })?;
        let insert = "INSERT INTO link VALUES (?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, NULL)";
        connection.prepare_cached(insert)?.execute(params![
            id,
            digest(&secret).as_bytes(),
            word(&self.act),
            self.statement.as_bytes(),
            form,
            self.address,
            self.network,
            integer(now),
            integer(expires),
        ])?;
        Ok((secret, expires))
    }
}

/// What is stored of a secret. It has 128 random bits, so nothing slower is needed.
fn digest(secret: &str) -> Hash {
    Hash::of_all([b"overt/site/link/v1\0".as_slice(), secret.as_bytes()])
}

impl Stored {
    /// The link with this secret.
    pub(super) fn find(
        connection: &Connection,
        private: &Private,
        secret: &str,
    ) -> Result<Self, SigningError> {
        let select =
            "SELECT id, act, statement, state, form, network, expires, issue FROM link WHERE digest = ?";
        type Sealed = Option<Vec<u8>>;
        let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<(Stored, Sealed)> {
            let state: String = row.get("state")?;
            let stored = Stored {
                id: row.get("id")?,
                act: row.parsed("act")?,
                statement: row.hash("statement")?,
                used: state == "used",
                form: None,
                network: row.get("network")?,
                expires: row.count("expires")?,
                issue: row.get("issue")?,
            };
            Ok((stored, row.get("form")?))
        };
        let found =
            connection.prepare_cached(select)?.query_row([digest(secret).as_bytes()], read).optional()?;
        let (mut stored, sealed) = found.ok_or(LinkError::Unknown)?;
        if let Some(sealed) = sealed {
            stored.form =
                Some(SealedForm::open(private, Place { column: COLUMN, row: &stored.id }, &sealed)?);
        }
        Ok(stored)
    }

    /// The form behind a link that can be used now, for this act.
    pub(super) fn open_for(&self, act: Act, now: u64) -> Result<&SealedForm, LinkError> {
        match &self.form {
            _ if self.act != act => Err(LinkError::OtherAct),
            _ if self.used => Err(LinkError::Used),
            _ if now >= self.expires => Err(LinkError::Expired),
            Some(form) => Ok(form),
            None => Err(LinkError::Used),
        }
    }

    /// Uses the link up: the address and the form behind it are deleted.
    pub(super) fn use_up(&self, connection: &Connection, issue: Option<i64>) -> Result<(), PrivateError> {
        let update = "UPDATE link SET state = 'used', form = NULL, network = NULL, issue = ? WHERE id = ?";
        connection.prepare_cached(update)?.execute(params![issue, self.id])?;
        Ok(())
    }
}

impl Signing {
    /// What stands behind a link.
    ///
    /// # Errors
    /// When it leads nowhere.
    pub fn look(&self, secret: &str) -> Result<Look, SigningError> {
        let now = self.private.now();
        let (stored, standing) = self.private.database.read(|connection| {
            let stored = Stored::find(connection, &self.private, secret)?;
            let address = stored.form.as_ref().and_then(SealedForm::address);
            let standing = match address {
                Some(address) => {
                    super::withdraw::standing(connection, &self.private, &stored.statement, &address)?
                }
                None => Vec::new(),
            };
            Ok::<_, SigningError>((stored, standing))
        })?;
        if !stored.used && now >= stored.expires {
            return Err(LinkError::Expired.into());
        }
        let state = if stored.used {
            let place = stored.issue.map(|issue| self.issuer.place(issue)).transpose()?.flatten();
            LookState::Used { record: place.map(|(record, _)| record) }
        } else {
            LookState::Open
        };
        let line = stored.form.as_ref().filter(|_| stored.act == Act::Sign).map(SignatureLine::of);
        let standing = self.named(standing)?;
        let expires = timestamp(stored.expires);
        Ok(Look { act: stored.act, statement: stored.statement, state, expires, line, standing })
    }
}
