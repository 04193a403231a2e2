//! Confirming: the link's button was pressed.

use std::sync::Arc;

use overt_record::record::{Authority, Redaction, RedactionReason, Scope};
use overt_record::{Hash, Name};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::form::{SealedForm, Shown};
use super::hold::{self, HeldSignature, HoldReason};
use super::link::{Act, LinkError, Stored};
use super::{NAME_KEPT, Signing, SigningError};
use crate::issue::{Erases, IssueError, Signed};
use crate::moderation;
use crate::private::{Private, PrivateError};
use crate::random;
use crate::row::{Columns as _, integer, timestamp, word};
use crate::secret::Place;

/// Whose the mailbox is, by the word of whoever signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailboxIs {
    /// Theirs alone: a signature of it before this one is theirs too, and is replaced.
    Own,
    /// Several people's: signatures of it under other names stay.
    Shared,
}

/// What came of confirming.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Confirmed {
    /// It is in the log.
    Published {
        /// The endorsement's record digest.
        record: Hash,
        /// Its place.
        index: u64,
    },
    /// It is signed and stored, and will be in the log as soon as that takes it.
    OnItsWay {
        /// The endorsement's record digest.
        record: Hash,
    },
    /// A person looks at it first.
    Held,
}

/// What a confirmation left to do.
enum Step {
    Issued { record: Hash, ids: Vec<i64> },
    Held,
}

impl Signing {
    /// Signs, by the link's secret. Asked twice, the second time the link is used: [`Signing::look`] says what came of it.
    ///
    /// # Errors
    /// When the link leads nowhere, or nothing could be stored. When this answers with success, the signature is durable.
    pub async fn confirm(&self, secret: &str, mailbox_is: MailboxIs) -> Result<Confirmed, SigningError> {
        let stored =
            self.private.database.read(|connection| Stored::find(connection, &self.private, secret))?;
        let form = stored.open_for(Act::Sign, self.private.now())?;
        // Nobody signs what was taken down since the link was sent.
        self.is_signable(&stored.statement)?;
        let doubts = self.doubts_by_name(&stored.statement, form)?;
        let (private, secret) = (self.private.clone(), secret.to_owned());
        let step = self
            .private
            .database
            .write(move |connection| confirm(connection, &private, &secret, mailbox_is, doubts));
        match step.await? {
            Step::Held => Ok(Confirmed::Held),
            Step::Issued { record, ids } => Ok(self.take_on(record, &ids).await),
        }
    }

    /// Takes what was stored into the log. If that does not take it now, it will later.
    pub(super) async fn take_on(&self, record: Hash, ids: &[i64]) -> Confirmed {
        let mut place = None;
        for id in ids {
            match self.issuer.take(*id).await {
                Ok(index) => place = place.or(Some(index)),
                Err(_) => {
                    return place.map_or(Confirmed::OnItsWay { record }, |index| Confirmed::Published {
                        record,
                        index,
                    });
                }
            }
        }
        place.map_or(Confirmed::OnItsWay { record }, |index| Confirmed::Published { record, index })
    }

    /// Publishes a signature that a moderator has approved, in the transaction of the decision.
    pub(crate) fn approve(
        connection: &Connection,
        private: &Arc<Private>,
        statement: Hash,
        held: &HeldSignature,
    ) -> Result<(Hash, Vec<i64>), IssueError> {
        issue(connection, private, statement, held)
    }
}

/// The whole act, in one transaction.
fn confirm(
    connection: &Connection,
    private: &Arc<Private>,
    secret: &str,
    mailbox_is: MailboxIs,
    mut doubts: Vec<HoldReason>,
) -> Result<Step, SigningError> {
    let now = private.now();
    // Found again: of two that press the button at once, one finds it used.
    let stored = Stored::find(connection, private, secret)?;
    let form = stored.open_for(Act::Sign, now)?;
    let statement = stored.statement;
    let address = form.address().ok_or(LinkError::Unknown)?;
    let name = form.name.as_ref().ok_or(LinkError::Unknown)?;
    let salt = statement_salt(connection, private, &statement)?;
    let (mailbox, person) = (address.commitment(&salt), address.shared_commitment(&salt, name));
    let held =
        HeldSignature { form: SealedForm { address: None, ..form.clone() }, mailbox, person, mailbox_is };

    let network = stored.network.as_deref();
    doubts.extend(hold::doubts_by_time(connection, &statement, &form.domain, network, timestamp(now))?);
    doubts.extend(hold::doubts_by_mailbox(connection, &statement, form, &mailbox, mailbox_is)?);
    // The signature that this one replaces is not a namesake's.
    let replaced = standing(connection, &statement, &held)?.map(|seat| seat.record);
    doubts.retain(|doubt| !matches!(doubt, HoldReason::SameName { record } if Some(*record) == replaced));
    if doubts.is_empty() {
        let (record, ids) = issue(connection, private, statement, &held)?;
        stored.use_up(connection, ids.first().copied())?;
        Ok(Step::Issued { record, ids })
    } else {
        moderation::hold_signature(connection, private, &statement, &held, &doubts)?;
        stored.use_up(connection, None)?;
        Ok(Step::Held)
    }
}

/// Stores the endorsement, and the redaction of the one that it replaces.
fn issue(
    connection: &Connection,
    private: &Arc<Private>,
    statement: Hash,
    held: &HeldSignature,
) -> Result<(Hash, Vec<i64>), IssueError> {
    let now = private.now();
    let before = standing(connection, &statement, held)?;
    // Who signs again keeps the place that they have.
    let mailbox_is = before.as_ref().map_or(held.mailbox_is, |before| before.mailbox_is);
    let commitment = match mailbox_is {
        MailboxIs::Own => held.mailbox,
        MailboxIs::Shared => held.person,
    };
    let signed = Signed::new(private, held.form.endorsement(statement, commitment), None)?;
    let record = signed.record;
    let mut ids = vec![signed.store(connection, now)?];
    if let Some(before) = before.map(|before| before.record) {
        // The same words in the same second are the same record.
        if before != record {
            let redaction = replaced(before, record);
            let signed = Signed::new(private, redaction, Some(Erases { record: before, index: None }))?;
            ids.push(signed.store(connection, now)?);
        }
        forget(connection, before)?;
    }
    seat(connection, &statement, held, mailbox_is, record)?;
    if held.form.shown == Shown::DomainOnly
        && let Some(name) = &held.form.name
    {
        keep_name(connection, private, record, name)?;
    }
    Ok((record, ids))
}

/// A signature that stands.
struct Seat {
    record: Hash,
    mailbox_is: MailboxIs,
}

/// The signature of the same signatory that stands: one of the same name from the mailbox, or else the one of whoever said
/// that the mailbox is theirs alone.
fn standing(
    connection: &Connection,
    statement: &Hash,
    held: &HeldSignature,
) -> Result<Option<Seat>, PrivateError> {
    let select = match held.mailbox_is {
        MailboxIs::Own => {
            "SELECT record, mailbox_is FROM signatory \
             WHERE statement = ?1 AND mailbox = ?2 AND (mailbox_is = 'own' OR person = ?3) ORDER BY person = ?3 DESC LIMIT 1"
        }
        MailboxIs::Shared => {
            "SELECT record, mailbox_is FROM signatory WHERE statement = ?1 AND mailbox = ?2 AND person = ?3"
        }
    };
    let values = params![statement.as_bytes(), held.mailbox.as_bytes(), held.person.as_bytes()];
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Seat { record: row.hash("record")?, mailbox_is: row.parsed("mailbox_is")? })
    };
    Ok(connection.prepare_cached(select)?.query_row(values, read).optional()?)
}

/// Notes which endorsement of a signatory stands.
fn seat(
    connection: &Connection,
    statement: &Hash,
    held: &HeldSignature,
    mailbox_is: MailboxIs,
    record: Hash,
) -> Result<(), PrivateError> {
    let insert =
        "INSERT INTO signatory(statement, mailbox, person, mailbox_is, record) VALUES (?, ?, ?, ?, ?)";
    connection.prepare_cached(insert)?.execute(params![
        statement.as_bytes(),
        held.mailbox.as_bytes(),
        held.person.as_bytes(),
        word(&mailbox_is),
        record.as_bytes(),
    ])?;
    Ok(())
}

/// An endorsement no longer stands.
pub(crate) fn forget(connection: &Connection, record: Hash) -> Result<(), PrivateError> {
    connection.prepare_cached("DELETE FROM signatory WHERE record = ?")?.execute([record.as_bytes()])?;
    connection.prepare_cached("DELETE FROM withheld_name WHERE record = ?")?.execute([record.as_bytes()])?;
    Ok(())
}

fn replaced(before: Hash, by: Hash) -> Redaction {
    Redaction {
        target: before,
        scope: Scope::Record {},
        reason: RedactionReason::Withdrawn,
        explanation: None,
        authority: signatory_authority(),
        corrected_by: Some(by),
    }
}

/// Who demands that a signature goes: the person concerned, and not by name.
pub(super) fn signatory_authority() -> Authority {
    let name = match Name::new("The signatory") {
        Ok(name) => name,
        Err(error) => unreachable!("plain words may stand anywhere: {error}"),
    };
    Authority { name, reference: None, uri: None }
}

/// The salt of a statement's commitments: drawn when the first one is made, and kept for as long as the site is.
pub(super) fn statement_salt(
    connection: &Connection,
    private: &Private,
    statement: &Hash,
) -> Result<[u8; 32], PrivateError> {
    let place = Place { column: "statement_salt.salt", row: statement.as_bytes() };
    if let Some(salt) = known_salt(connection, private, statement)? {
        return Ok(salt);
    }
    let salt: [u8; 32] = random::bytes()?;
    let sealed = private.secret.seal(place, &salt)?;
    connection.execute("INSERT INTO statement_salt VALUES (?, ?)", params![statement.as_bytes(), sealed])?;
    Ok(salt)
}

/// The salt, if one was drawn.
pub(super) fn known_salt(
    connection: &Connection,
    private: &Private,
    statement: &Hash,
) -> Result<Option<[u8; 32]>, PrivateError> {
    let select = "SELECT salt FROM statement_salt WHERE statement = ?";
    let found: Option<Vec<u8>> =
        connection.prepare_cached(select)?.query_row([statement.as_bytes()], |row| row.get(0)).optional()?;
    let Some(sealed) = found else { return Ok(None) };
    let place = Place { column: "statement_salt.salt", row: statement.as_bytes() };
    let salt = private.secret.open(place, &sealed)?;
    Ok(<[u8; 32]>::try_from(salt.as_slice()).ok())
}

/// Keeps the name of somebody who signs without, until the stated day.
fn keep_name(
    connection: &Connection,
    private: &Private,
    record: Hash,
    name: &Name,
) -> Result<(), PrivateError> {
    let place = Place { column: "withheld_name.name", row: record.as_bytes() };
    let sealed = private.secret.seal(place, name.as_str().as_bytes())?;
    let values = params![record.as_bytes(), sealed, integer(private.now() + NAME_KEPT)];
    connection.prepare_cached("INSERT OR REPLACE INTO withheld_name VALUES (?, ?, ?)")?.execute(values)?;
    Ok(())
}
