//! Sessions of people who logged in with a token.

use std::net::IpAddr;

use overt_record::{Hash, Timestamp};
use overt_statement::sameness::Network;
use rusqlite::{OptionalExtension as _, params};

use super::{AccountError, Accounts, Holder, read_holder, token_digest};
use crate::private::PrivateError;
use crate::random;
use crate::row::{Columns as _, integer, timestamp};
use crate::secret::Purpose;

/// How long a session lasts, in milliseconds: a working day.
const LASTS: u64 = 12 * 3_600_000;

/// What a session's cookie holds: 256 random bits, in hexadecimal. It has no debug text.
pub struct SessionSecret(String);

/// Somebody who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub holder: Holder,
    /// Until when.
    pub expires: Timestamp,
}

impl SessionSecret {
    /// The text of the cookie.
    pub fn exposed(&self) -> &str {
        &self.0
    }
}

impl Accounts {
    /// Opens a session with a token.
    ///
    /// # Errors
    /// When the token is not good, or the network has tried too often.
    pub async fn log_in(
        &self,
        token: &str,
        origin: Option<IpAddr>,
    ) -> Result<(SessionSecret, Session), AccountError> {
        let now = self.private.now();
        if let Some(origin) = origin {
            self.logins.take(Network::from(origin), now).map_err(AccountError::TooOften)?;
        }
        let secret: [u8; 32] = random::bytes().map_err(PrivateError::from)?;
        let secret = SessionSecret(hex::encode(secret));
        let (session, token) = (session_digest(&secret.0), token_digest(token));
        let stored = self.private.database.write(move |connection| {
            connection.execute("DELETE FROM session WHERE expires <= ?", [integer(now)])?;
            let select = "SELECT id, holder, role, expires FROM token WHERE digest = ? AND revoked IS NULL AND expires > ?";
            let found = connection
                .prepare_cached(select)?
                .query_row(params![token.as_bytes(), integer(now)], |row| {
                    Ok((row.get::<_, i64>("id")?, row.count("expires")?, read_holder(row)?))
                })
                .optional()?;
            let (id, token_expires, holder) = found.ok_or(AccountError::NotLoggedIn)?;
            let expires = token_expires.min(now + LASTS);
            let insert = "INSERT INTO session VALUES (?, ?, ?, ?)";
            connection.execute(insert, params![session.as_bytes(), id, integer(now), integer(expires)])?;
            Ok::<_, AccountError>(Session { holder, expires: timestamp(expires) })
        });
        Ok((secret, stored.await?))
    }

    /// Whose session it is.
    ///
    /// # Errors
    /// When there is none of that secret.
    pub fn session(&self, secret: &str) -> Result<Session, AccountError> {
        let now = integer(self.private.now());
        self.private.database.read(|connection| {
            let select = "SELECT holder, role, session.expires AS until FROM session JOIN token ON token.id = token \
                          WHERE session.digest = ?1 AND session.expires > ?2 AND token.expires > ?2 AND revoked IS NULL";
            let digest = session_digest(secret);
            let values = params![digest.as_bytes(), now];
            let found = connection
                .prepare_cached(select)?
                .query_row(values, |row| Ok((read_holder(row)?, row.count("until")?)))
                .optional()?;
            let (holder, until) = found.ok_or(AccountError::NotLoggedIn)?;
            Ok(Session { holder, expires: timestamp(until) })
        })
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the private state fails.
    pub async fn log_out(&self, secret: &str) -> Result<(), AccountError> {
        let digest = session_digest(secret);
        self.private
            .database
            .write(move |connection| {
                Ok(connection
                    .execute("DELETE FROM session WHERE digest = ?", [digest.as_bytes()])
                    .map(drop)?)
            })
            .await
    }

    /// The token that a form carries so that no other site can send it: it follows from what the cookie holds (a session's
    /// secret, or random bits for a visitor) and from what the form is for.
    pub fn form_token(&self, cookie: &str, form: &str) -> String {
        hex::encode(self.private.secret.tag(Purpose::Csrf, &[cookie.as_bytes(), form.as_bytes()]))
    }

    /// Whether a form carries the token that it should. Compared in constant time.
    pub fn is_form_token(&self, cookie: &str, form: &str, token: &str) -> bool {
        let expected = self.form_token(cookie, form);
        let equal =
            |a: &[u8], b: &[u8]| a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0;
        expected.len() == token.len() && equal(expected.as_bytes(), token.as_bytes())
    }

    /// Random bits for the cookie of a visitor without a session.
    ///
    /// # Errors
    /// When there are none.
    pub fn visitor_cookie() -> Result<String, AccountError> {
        let bits: [u8; 16] = random::bytes().map_err(PrivateError::from)?;
        Ok(hex::encode(bits))
    }
}

fn session_digest(secret: &str) -> Hash {
    Hash::of_all([b"overt/site/session/v1\0".as_slice(), secret.as_bytes()])
}
