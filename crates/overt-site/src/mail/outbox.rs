//! Mails that wait to be sent.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use overt_record::{Name, Text};
use overt_statement::MailAddress;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::{Mail, MailError, Mailer};
use crate::private::{Private, PrivateError};
use crate::random;
use crate::row::integer;
use crate::secret::Place;

const COLUMN: &str = "outbox.mail";

/// The most mails that are looked at in one go.
const AT_ONCE: i64 = 512;

/// How many are handed over at the same time: a server far away takes a tenth of a second for each.
const HANDS: usize = 16;

/// After a failure: a minute, then twice as long each time, up to six hours.
const FIRST_PAUSE: u64 = 60_000;
const LONGEST_PAUSE: u64 = 6 * 3_600_000;

/// The mails of a site that wait to be sent.
#[derive(Clone)]
pub struct Outbox {
    private: Arc<Private>,
}

/// What came of sending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Handed over.
    pub sent: usize,
    /// To be tried again.
    pub later: usize,
    /// Given up: refused, or tried too long.
    pub given_up: usize,
}

impl Sent {
    fn and(self, other: Self) -> Self {
        Self {
            sent: self.sent + other.sent,
            later: self.later + other.later,
            given_up: self.given_up + other.given_up,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    to: String,
    subject: Name,
    text: Text,
}

struct Waiting {
    id: [u8; 16],
    mail: Vec<u8>,
    attempts: i64,
    gives_up: i64,
}

/// Queues a mail in the transaction that it is about. It is no use after `gives_up`, in milliseconds since 1970.
pub(crate) fn queue(
    connection: &Connection,
    private: &Private,
    to: &MailAddress,
    words: (Name, Text),
    gives_up: u64,
) -> Result<(), PrivateError> {
    let id: [u8; 16] = random::bytes()?;
    let (subject, text) = words;
    let plain = serde_json::to_vec(&Sealed { to: to.exposed(), subject, text })?;
    let sealed = private.secret.seal(Place { column: COLUMN, row: &id }, &plain)?;
    connection.prepare_cached("INSERT INTO outbox VALUES (?, ?, 0, ?, ?)")?.execute(params![
        id,
        sealed,
        integer(private.now()),
        integer(gives_up)
    ])?;
    Ok(())
}

impl Outbox {
    pub(crate) fn new(private: Arc<Private>) -> Self {
        Self { private }
    }

    /// How many mails wait.
    ///
    /// # Errors
    /// When the private state can't be read.
    pub fn waiting(&self) -> Result<u64, PrivateError> {
        self.private.database.read(|connection| {
            let count: i64 = connection.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        })
    }

    /// Sends what is due, several at the same time.
    ///
    /// # Errors
    /// When the private state fails; a mailer's failure is not one, it only puts the mail off.
    pub async fn send_due(&self, mailer: &dyn Mailer) -> Result<Sent, PrivateError> {
        let sending = self.due()?.into_iter().map(|waiting| self.send(mailer, waiting));
        let sending = stream::iter(sending).buffer_unordered(HANDS);
        sending.try_fold(Sent::default(), async |sum, one| Ok(sum.and(one))).await
    }

    async fn send(&self, mailer: &dyn Mailer, waiting: Waiting) -> Result<Sent, PrivateError> {
        let outcome = match self.open(&waiting) {
            Ok(mail) => mailer.send(&mail).await,
            Err(error) => Err(MailError::Refused(error.to_string())),
        };
        let now = integer(self.private.now());
        let late = |pause: u64| now.saturating_add(integer(pause)) >= waiting.gives_up;
        let pause = FIRST_PAUSE.saturating_mul(1 << waiting.attempts.clamp(0, 20)).min(LONGEST_PAUSE);
        let (came_to, put_off) = match outcome {
            Ok(()) => (Sent { sent: 1, ..Sent::default() }, None),
            Err(MailError::Later(_)) if !late(pause) => {
                (Sent { later: 1, ..Sent::default() }, Some(now.saturating_add(integer(pause))))
            }
            Err(MailError::Later(_) | MailError::Refused(_)) => {
                (Sent { given_up: 1, ..Sent::default() }, None)
            }
        };
        self.settle(waiting.id, put_off).await?;
        Ok(came_to)
    }

    /// Sends what is due, for ever: a look every few seconds.
    ///
    /// # Errors
    /// When the private state fails.
    pub async fn run(&self, mailer: &dyn Mailer, every: Duration) -> Result<(), PrivateError> {
        loop {
            let sent = self.send_due(mailer).await?;
            if sent.sent == 0 {
                tokio::time::sleep(every).await;
            }
        }
    }

    fn due(&self) -> Result<Vec<Waiting>, PrivateError> {
        let now = integer(self.private.now());
        self.private.database.read(|connection| {
            let select =
                "SELECT id, mail, attempts, gives_up FROM outbox WHERE due <= ? ORDER BY due LIMIT ?";
            let mut select = connection.prepare_cached(select)?;
            let found = select.query_map([now, AT_ONCE], |row| {
                let (id, mail, attempts, gives_up) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
                Ok(Waiting { id, mail, attempts, gives_up })
            })?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }

    fn open(&self, waiting: &Waiting) -> Result<Mail, PrivateError> {
        let plain = self.private.secret.open(Place { column: COLUMN, row: &waiting.id }, &waiting.mail)?;
        let Sealed { to, subject, text } = serde_json::from_slice(&plain)?;
        let to = MailAddress::parse(&to).map_err(<serde_json::Error as serde::de::Error>::custom)?;
        Ok(Mail { to, subject, text, id: hex::encode(waiting.id) })
    }

    async fn settle(&self, id: [u8; 16], put_off: Option<i64>) -> Result<(), PrivateError> {
        self.private
            .database
            .write(move |connection| {
                match put_off {
                    None => connection.prepare_cached("DELETE FROM outbox WHERE id = ?")?.execute([id])?,
                    Some(due) => connection
                        .prepare_cached("UPDATE outbox SET attempts = attempts + 1, due = ? WHERE id = ?")?
                        .execute(params![due, id])?,
                };
                Ok(())
            })
            .await
    }
}
