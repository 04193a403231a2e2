//! Decisions.

use overt_record::record::{Authority, Redaction, RedactionReason, Scope};
use overt_record::{Hash, Text};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;

use super::{COLUMN, ItemState, Moderation, ModerationError, state_word};
use crate::accounts::{Holder, Role};
use crate::audit;
use crate::issue::{Erases, Signed};
use crate::private::{Private, PrivateError};
use crate::row::{Columns as _, integer};
use crate::secret::Place;
use crate::signing::{HeldSignature, Signing, forget};

/// What a moderator decides about a held signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is published.
    Publish,
    /// It is deleted.
    Refuse,
}

/// What came of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decided {
    /// The record that it led to: an endorsement, or a redaction.
    pub record: Option<Hash>,
    /// Its place, if it is in the log yet.
    pub index: Option<u64>,
}

/// Taking down a record as a whole.
#[derive(Clone, Debug)]
pub struct TakeDown {
    /// The record.
    pub record: Hash,
    /// Why, in a word.
    pub reason: RedactionReason,
    /// Why, in a sentence that becomes public.
    pub explanation: Text,
    /// Who demanded it.
    pub authority: Authority,
}

impl Moderation {
    /// Decides about a held signature.
    ///
    /// # Errors
    /// When it was decided already, or nothing could be stored.
    pub async fn decide_signature(
        &self,
        by: &Holder,
        id: i64,
        decision: Decision,
        reason: &str,
    ) -> Result<Decided, ModerationError> {
        by.may(Role::Moderator)?;
        let (private, who, reason) = (self.private.clone(), by.name.clone(), reason_of(reason)?);
        let issued = self.private.database.write(move |connection| {
            let (statement, held) = waiting_signature(connection, &private, id)?;
            let (act, state) = match decision {
                Decision::Publish => ("publish held signature", ItemState::Approved),
                Decision::Refuse => ("refuse held signature", ItemState::Refused),
            };
            let issued = match decision {
                Decision::Publish => Some(Signing::approve(connection, &private, statement, &held)?),
                Decision::Refuse => None,
            };
            let subject =
                issued.as_ref().map_or_else(|| statement.to_string(), |(record, _)| record.to_string());
            settle(connection, &private, id, state, &who, &reason)?;
            let act = audit::Act { who: &who, what: act, subject: &subject, reason: &reason };
            audit::note(connection, private.now(), &act)?;
            Ok::<_, ModerationError>(issued)
        });
        match issued.await? {
            None => Ok(Decided { record: None, index: None }),
            Some((record, ids)) => Ok(self.take_on(record, &ids).await),
        }
    }

    /// Leaves reported content as it is.
    ///
    /// # Errors
    /// When it was decided already, or nothing could be stored.
    pub async fn dismiss(&self, by: &Holder, id: i64, reason: &str) -> Result<(), ModerationError> {
        by.may(Role::Moderator)?;
        let (private, who, reason) = (self.private.clone(), by.name.clone(), reason_of(reason)?);
        self.private
            .database
            .write(move |connection| {
                let record = waiting(connection, id, "content")?.subject;
                settle(connection, &private, id, ItemState::Refused, &who, &reason)?;
                let subject = record.to_string();
                let act = audit::Act {
                    who: &who,
                    what: "leave reported content",
                    subject: &subject,
                    reason: &reason,
                };
                Ok(audit::note(connection, private.now(), &act)?)
            })
            .await
    }

    /// Takes down a record as a whole: a redaction is logged, and the body goes. Complaints about it are settled with it.
    ///
    /// # Errors
    /// When there is no such record, or nothing could be stored.
    pub async fn take_down(&self, by: &Holder, what: TakeDown) -> Result<Decided, ModerationError> {
        by.may(Role::Moderator)?;
        let target = what.record;
        let view = self.private.index.record(&target)?.and_then(|view| view.entry);
        let entry = view.ok_or(ModerationError::NoRecord(target))?;
        let (private, who) = (self.private.clone(), by.name.clone());
        let issued = self.private.database.write(move |connection| {
            let reason = what.explanation.to_string();
            let redaction = Redaction {
                target,
                scope: Scope::Record {},
                reason: what.reason,
                explanation: Some(what.explanation),
                authority: what.authority,
                corrected_by: None,
            };
            let erases = Erases { record: target, index: Some(entry.index) };
            let signed = Signed::new(&private, redaction, Some(erases))?;
            let record = signed.record;
            let id = signed.store(connection, private.now())?;
            forget(connection, target)?;
            for complaint in complaints(connection, &target)? {
                settle(connection, &private, complaint, ItemState::Approved, &who, &reason)?;
            }
            let subject = target.to_string();
            let act = audit::Act { who: &who, what: "take down record", subject: &subject, reason: &reason };
            audit::note(connection, private.now(), &act)?;
            Ok::<_, ModerationError>((record, id))
        });
        let (record, id) = issued.await?;
        Ok(self.take_on(record, &[id]).await)
    }

    async fn take_on(&self, record: Hash, ids: &[i64]) -> Decided {
        let mut index = None;
        for id in ids {
            // What the log does not take now, it takes later.
            let Ok(place) = self.issuer.take(*id).await else { break };
            index = index.or(Some(place));
        }
        Decided { record: Some(record), index }
    }
}

fn reason_of(reason: &str) -> Result<String, ModerationError> {
    let reason = Text::cleaned(reason).ok_or(ModerationError::NoReason)?;
    Ok(reason.into())
}

/// An item that nobody has decided about.
struct Waiting {
    subject: Hash,
    content: Option<Vec<u8>>,
}

fn waiting(connection: &Connection, id: i64, what: &str) -> Result<Waiting, ModerationError> {
    let select = "SELECT subject, content, state FROM held WHERE id = ? AND what = ?";
    let found = connection
        .prepare_cached(select)?
        .query_row(params![id, what], |row| {
            Ok((row.hash("subject")?, row.get("content")?, row.parsed::<ItemState>("state")?))
        })
        .optional()?;
    match found {
        None => Err(ModerationError::NoItem(id)),
        Some((subject, content, ItemState::Waiting)) => Ok(Waiting { subject, content }),
        Some(_) => Err(ModerationError::Decided(id)),
    }
}

fn waiting_signature(
    connection: &Connection,
    private: &Private,
    id: i64,
) -> Result<(Hash, HeldSignature), ModerationError> {
    let Waiting { subject, content } = waiting(connection, id, "signature")?;
    let sealed = content.ok_or(ModerationError::Decided(id))?;
    let plain = private.secret.open(Place { column: COLUMN, row: &id.to_be_bytes() }, &sealed);
    let plain = plain.map_err(PrivateError::from)?;
    Ok((subject, serde_json::from_slice(&plain).map_err(PrivateError::from)?))
}

/// Notes a decision, and deletes what it was about.
fn settle(
    connection: &Connection,
    private: &Private,
    id: i64,
    state: ItemState,
    who: &str,
    reason: &str,
) -> Result<(), PrivateError> {
    let update =
        "UPDATE held SET state = ?, decided = ?, decided_by = ?, decision = ?, content = NULL WHERE id = ?";
    let values = params![state_word(state), integer(private.now()), who, reason, id];
    connection.prepare_cached(update)?.execute(values)?;
    Ok(())
}

fn complaints(connection: &Connection, record: &Hash) -> Result<Vec<i64>, PrivateError> {
    let select = "SELECT id FROM held WHERE what = 'content' AND subject = ? AND state = 'waiting'";
    let mut select = connection.prepare_cached(select)?;
    Ok(select.query_map([record.as_bytes()], |row| row.get(0))?.collect::<Result<_, _>>()?)
}
