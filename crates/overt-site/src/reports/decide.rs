//! What moderators do: read, publish, refuse.

use overt_record::{Hash, Text, Timestamp};
use overt_report::draft::Reporter;
use overt_report::form::Channel;
use overt_report::{Draft, to_incident};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;

use super::{ReportError, ReportState, Reports};
use crate::accounts::{Holder, Role};
use crate::audit;
use crate::issue::Signed;
use crate::moderation::Decided;
use crate::private::{Private, PrivateError};
use crate::row::{Columns as _, integer, timestamp};
use crate::secret::Place;

/// A report in the moderators' list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportItem {
    /// Its number.
    pub id: i64,
    /// How it stands.
    pub state: ReportState,
    /// When it was handed in.
    pub created: Timestamp,
    /// Until when it may not be published.
    pub embargo: Option<Timestamp>,
}

/// Who reported, for a moderator who has to ask.
pub type Contact = Reporter;

/// What a decision is made about.
struct Stored {
    row: Vec<u8>,
    state: ReportState,
    draft: Option<Vec<u8>>,
    contact: Option<Vec<u8>>,
    embargo: Option<i64>,
}

impl Reports {
    /// Confirmed reports that wait, oldest first, behind a number; at most 200.
    ///
    /// # Errors
    /// When the private state can't be read.
    pub fn waiting(&self, by: &Holder, behind: i64) -> Result<Vec<ReportItem>, ReportError> {
        by.may(Role::Moderator)?;
        self.private.database.read(|connection| {
            let select = "SELECT id, state, created, embargo FROM report WHERE state = 'waiting' AND id > ? ORDER BY id LIMIT 200";
            let mut select = connection.prepare_cached(select)?;
            let found = select.query_map([behind], |row| {
                Ok(ReportItem {
                    id: row.get("id")?,
                    state: row.parsed("state")?,
                    created: timestamp(row.count("created")?),
                    embargo: row.optional_time("embargo")?,
                })
            })?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }

    /// The report itself. Reading it is noted in the audit trail.
    ///
    /// # Errors
    /// When it is closed, or not confirmed.
    pub async fn read(&self, by: &Holder, id: i64) -> Result<Draft, ReportError> {
        by.may(Role::Moderator)?;
        let (private, who) = (self.private.clone(), by.name.clone());
        self.private
            .database
            .write(move |connection| {
                let draft = open_draft(&private, &waiting(connection, id)?)?;
                note(connection, &private, &who, "read report", id, "")?;
                Ok(draft)
            })
            .await
    }

    /// Whom to write to; also for ninety days after the report was closed. Reading it is noted in the audit trail.
    ///
    /// # Errors
    /// When it is not kept any more.
    pub async fn contact(&self, by: &Holder, id: i64, reason: &str) -> Result<Contact, ReportError> {
        by.may(Role::Moderator)?;
        let (private, who, reason) = (self.private.clone(), by.name.clone(), reason_of(reason)?);
        self.private
            .database
            .write(move |connection| {
                let stored = stored(connection, id)?;
                let sealed = stored.contact.ok_or(ReportError::State(stored.state))?;
                let place = Place { column: "report.contact", row: &stored.row };
                let plain = private.secret.open(place, &sealed).map_err(PrivateError::from)?;
                note(connection, &private, &who, "read contact", id, &reason)?;
                Ok(serde_json::from_slice(&plain).map_err(PrivateError::from)?)
            })
            .await
    }

    /// Publishes a report as an incident record that the site signs, and deletes it here.
    ///
    /// # Errors
    /// When it is under embargo, or no longer makes a record.
    pub async fn publish(&self, by: &Holder, id: i64, reason: &str) -> Result<Decided, ReportError> {
        by.may(Role::Moderator)?;
        let (private, who, reason) = (self.private.clone(), by.name.clone(), reason_of(reason)?);
        let issued = self.private.database.write(move |connection| {
            let stored = waiting(connection, id)?;
            let now = timestamp(private.now());
            if let Some(embargo) = stored.embargo.filter(|end| integer(now.to_unix()) < *end) {
                let end = Timestamp::from_unix(embargo.unsigned_abs().min(253_402_300_799));
                return Err(ReportError::Embargo(end.unwrap_or(now)));
            }
            let draft = open_draft(&private, &stored)?;
            let incident = to_incident(&draft, Channel::Site, now).map_err(ReportError::Problems)?;
            let signed = Signed::new(&private, incident, None)?;
            let record = signed.record;
            let issue = signed.store(connection, private.now())?;
            let update =
                "UPDATE report SET state = 'published', draft = NULL, issue = ?, changed = ? WHERE id = ?";
            connection.execute(update, params![issue, integer(private.now()), id])?;
            note(connection, &private, &who, "publish report", id, &reason)?;
            Ok((record, issue))
        });
        let (record, issue): (Hash, i64) = issued.await?;
        // What the log does not take now, it takes later.
        Ok(Decided { record: Some(record), index: self.issuer.take(issue).await.ok() })
    }

    /// Does not publish a report, and deletes it. The reporter sees the reason.
    ///
    /// # Errors
    /// When it is closed, or not confirmed.
    pub async fn refuse(&self, by: &Holder, id: i64, reason: &str) -> Result<(), ReportError> {
        by.may(Role::Moderator)?;
        let (private, who, reason) = (self.private.clone(), by.name.clone(), reason_of(reason)?);
        self.private
            .database
            .write(move |connection| {
                waiting(connection, id)?;
                let update =
                    "UPDATE report SET state = 'refused', draft = NULL, reason = ?, changed = ? WHERE id = ?";
                connection.execute(update, params![reason, integer(private.now()), id])?;
                note(connection, &private, &who, "refuse report", id, &reason)
            })
            .await
    }
}

fn stored(connection: &Connection, id: i64) -> Result<Stored, ReportError> {
    let select = "SELECT row, state, draft, contact, embargo FROM report WHERE id = ?";
    let found = connection
        .prepare_cached(select)?
        .query_row([id], |row| {
            Ok(Stored {
                row: row.get("row")?,
                state: row.parsed("state")?,
                draft: row.get("draft")?,
                contact: row.get("contact")?,
                embargo: row.get("embargo")?,
            })
        })
        .optional()?;
    found.ok_or(ReportError::NoReport)
}

/// A report that a decision can be made about. One that was not confirmed is nobody's yet.
fn waiting(connection: &Connection, id: i64) -> Result<Stored, ReportError> {
    let stored = stored(connection, id)?;
    match stored.state {
        ReportState::Waiting => Ok(stored),
        ReportState::Unconfirmed => Err(ReportError::NoReport),
        state => Err(ReportError::State(state)),
    }
}

fn open_draft(private: &Private, stored: &Stored) -> Result<Draft, ReportError> {
    let sealed = stored.draft.as_ref().ok_or(ReportError::State(stored.state))?;
    let plain = private.secret.open(Place { column: "report.draft", row: &stored.row }, sealed);
    Ok(serde_json::from_slice(&plain.map_err(PrivateError::from)?).map_err(PrivateError::from)?)
}

fn reason_of(reason: &str) -> Result<String, ReportError> {
    Ok(Text::cleaned(reason).ok_or(ReportError::NoReason)?.into())
}

fn note(
    connection: &Connection,
    private: &Private,
    who: &str,
    act: &'static str,
    id: i64,
    reason: &str,
) -> Result<(), ReportError> {
    let subject = format!("report {id}");
    Ok(audit::note(connection, private.now(), &audit::Act { who, what: act, subject: &subject, reason })?)
}
