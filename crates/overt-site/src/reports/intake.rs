//! What a reporter does: hand in, confirm, look, take back.

use std::net::IpAddr;

use overt_record::{Hash, Name, Text, Timestamp};
use overt_report::Draft;
use overt_report::form::{Channel, check};
use overt_statement::MailAddress;
use overt_statement::sameness::Network;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;
use zeroize::Zeroizing;

use super::{
    CONFIRM_WITHIN, CONTACT_KEPT, MOST_ATTACHMENTS, MOST_BYTES, ReportError, ReportState, Reports,
    link_digest,
};
use crate::mail;
use crate::private::{Private, PrivateError};
use crate::random;
use crate::row::{Columns as _, integer, timestamp};
use crate::secret::Place;

/// What shows that somebody is the reporter: 128 random bits, in hexadecimal. It goes into the mail.
pub struct ReportSecret(String);

/// How a report stands, for its reporter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportStatus {
    /// Its number.
    pub id: i64,
    /// How it stands.
    pub state: ReportState,
    /// Since when it does.
    pub since: Timestamp,
    /// Until when it is not published.
    pub embargo: Option<Timestamp>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// The record that it became.
    pub record: Option<Hash>,
}

impl ReportSecret {
    /// The text of the secret.
    pub fn exposed(&self) -> &str {
        &self.0
    }
}

impl Reports {
    /// Takes in a report, and sends the reporter a link to confirm it. Until then nobody reads it; after 48 hours without it is
    /// deleted.
    ///
    /// # Errors
    /// What is missing or wrong in it, or that too many come from one network or name one mailbox.
    pub async fn submit(&self, draft: &Draft, origin: Option<IpAddr>) -> Result<ReportStatus, ReportError> {
        let now = self.private.now();
        if let Some(origin) = origin {
            self.networks.take(Network::from(origin), now).map_err(ReportError::TooOften)?;
        }
        let problems = check(draft, Channel::Site, timestamp(now));
        if !problems.is_empty() {
            return Err(ReportError::Problems(problems));
        }
        check_quota(draft)?;
        let address =
            MailAddress::parse(draft.reporter.email.as_str()).map_err(|_| ReportError::NoAddress)?;
        let tag = self.private.address_tag(&address);
        self.addresses.take(tag, now).map_err(ReportError::AddressTooOften)?;
        // A date means its last moment: what is under embargo until a day is not published on it.
        let embargo = embargo_end(&draft.coordination.embargo_until);
        let (private, draft) = (self.private.clone(), draft.clone());
        self.private
            .database
            .write(move |connection| {
                let (id, secret) = store(connection, &private, &draft, embargo)?;
                mail::queue(
                    connection,
                    &private,
                    &address,
                    words(&private, id, &secret),
                    now + CONFIRM_WITHIN,
                )?;
                status(connection, &secret)
            })
            .await
    }

    /// How a report stands, by the secret of its link.
    ///
    /// # Errors
    /// When there is none.
    pub fn status(&self, secret: &str) -> Result<ReportStatus, ReportError> {
        self.private.database.read(|connection| status(connection, secret))
    }

    /// The reporter confirms that the report is theirs: now moderators read it.
    ///
    /// # Errors
    /// When there is none. A report that is confirmed already stays so.
    pub async fn confirm(&self, secret: &str) -> Result<ReportStatus, ReportError> {
        let (secret, now) = (secret.to_owned(), self.private.now());
        self.private
            .database
            .write(move |connection| {
                let update =
                    "UPDATE report SET state = 'waiting', changed = ? WHERE link = ? AND state = 'unconfirmed'";
                connection.execute(update, params![integer(now), link_digest(&secret).as_bytes()])?;
                status(connection, &secret)
            })
            .await
    }

    /// The reporter takes the report back: it is deleted, with the contact.
    ///
    /// # Errors
    /// When there is none, or it is closed.
    pub async fn take_back(&self, secret: &str) -> Result<ReportStatus, ReportError> {
        let (secret, now) = (secret.to_owned(), self.private.now());
        self.private
            .database
            .write(move |connection| {
                let found = status(connection, &secret)?;
                if !matches!(found.state, ReportState::Unconfirmed | ReportState::Waiting) {
                    return Err(ReportError::State(found.state));
                }
                let update = "UPDATE report SET state = 'withdrawn', draft = NULL, contact = NULL, changed = ? WHERE id = ?";
                connection.execute(update, [integer(now), found.id])?;
                status(connection, &secret)
            })
            .await
    }

    /// Deletes what was never confirmed, and contacts that were kept long enough. To be called every few minutes.
    ///
    /// # Errors
    /// When the private state fails; then nothing is deleted.
    pub async fn tidy(&self) -> Result<(), PrivateError> {
        let now = self.private.now();
        let (confirm, contact) =
            (integer(now.saturating_sub(CONFIRM_WITHIN)), integer(now.saturating_sub(CONTACT_KEPT)));
        self.private
            .database
            .write(move |connection| {
                connection
                    .execute("DELETE FROM report WHERE state = 'unconfirmed' AND created <= ?", [confirm])?;
                let forget = "UPDATE report SET contact = NULL WHERE changed <= ? AND contact IS NOT NULL \
                              AND state IN ('published', 'refused', 'withdrawn')";
                Ok(connection.execute(forget, [contact]).map(drop)?)
            })
            .await
    }
}

fn check_quota(draft: &Draft) -> Result<(), ReportError> {
    let bytes = draft.attachments.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size));
    if draft.attachments.len() > MOST_ATTACHMENTS || bytes > MOST_BYTES {
        return Err(ReportError::Quota);
    }
    Ok(())
}

/// The first second after an embargo. What can't be read as a date ends no embargo: then it never ends by itself, and a
/// moderator has to ask.
fn embargo_end(until: &str) -> Option<i64> {
    if until.is_empty() {
        return None;
    }
    let moment = until.parse::<Timestamp>().map(|moment| moment.to_unix() + 1);
    let day = || format!("{until}T23:59:59Z").parse::<Timestamp>().map(|moment| moment.to_unix() + 1);
    Some(moment.or_else(|_| day()).map_or(i64::MAX, integer))
}

fn store(
    connection: &Connection,
    private: &Private,
    draft: &Draft,
    embargo: Option<i64>,
) -> Result<(i64, String), ReportError> {
    let fresh = || random::bytes().map_err(PrivateError::from);
    let (row, secret): ([u8; 16], [u8; 16]) = (fresh()?, fresh()?);
    let secret = hex::encode(secret);
    let seal = |column, plain: &str| private.secret.seal(Place { column, row: &row }, plain.as_bytes());
    let text = Zeroizing::new(draft.to_json());
    let contact = Zeroizing::new(serde_json::to_string(&draft.reporter).map_err(PrivateError::from)?);
    let sealed = (
        seal("report.draft", &text).map_err(PrivateError::from)?,
        seal("report.contact", &contact).map_err(PrivateError::from)?,
    );
    let now = integer(private.now());
    let insert = "INSERT INTO report(row, link, draft, contact, embargo, state, created, changed) \
                  VALUES (?, ?, ?, ?, ?, 'unconfirmed', ?, ?)";
    let digest = link_digest(&secret);
    let values = params![row, digest.as_bytes(), sealed.0, sealed.1, embargo, now, now];
    connection.execute(insert, values)?;
    Ok((connection.last_insert_rowid(), secret))
}

fn status(connection: &Connection, secret: &str) -> Result<ReportStatus, ReportError> {
    let select = "SELECT report.id, report.state, changed, embargo, reason, record \
                  FROM report LEFT JOIN issue ON issue.id = report.issue WHERE link = ?";
    let found = connection
        .prepare_cached(select)?
        .query_row([link_digest(secret).as_bytes()], |row| {
            Ok(ReportStatus {
                id: row.get("id")?,
                state: row.parsed("state")?,
                since: timestamp(row.count("changed")?),
                embargo: row.optional_time("embargo")?,
                reason: row.get("reason")?,
                record: row.optional_hash("record")?,
            })
        })
        .optional()?;
    found.ok_or(ReportError::NoReport)
}

/// The mail with the link, which repeats nothing of the report.
fn words(private: &Private, id: i64, secret: &str) -> (Name, Text) {
    let site = &private.identity.name;
    let text = format!(
        "Somebody, you we hope, handed in report {id} at {site}.\n\nTo confirm that it is yours, and to see how it stands at \
         any time, open\n\n    {link}\n\nWithout that it is deleted after 48 hours and nobody reads it. Keep the link to \
         yourself: whoever has it can take the report back.\n",
        link = private.url(&format!("report/{secret}")),
    );
    let subject = Name::cleaned(&format!("Report {id}: please confirm"));
    let text = Text::cleaned(&text);
    match (subject, text) {
        (Some(subject), Some(text)) => (subject, text),
        _ => unreachable!("both begin with words of our own"),
    }
}
