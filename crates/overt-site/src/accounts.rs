//! Who may moderate and administer: tokens, the sessions that they open, and protection against forged requests.

mod session;

use std::sync::Arc;
use std::time::Duration;

use overt_record::{Hash, Name, Timestamp};
use overt_statement::sameness::Network;
use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use crate::audit;
use crate::database::DatabaseError;
use crate::limits::{Meter, Rate};
use crate::private::{Private, PrivateError};
use crate::random;
use crate::row::{Columns as _, integer, timestamp, word};

pub use self::session::{Session, SessionSecret};

/// How often a network may try to log in.
const LOGIN_RATE: Rate = Rate { events: 10, per: Duration::from_secs(600) };

/// What every token's text begins with, so that one that leaks is recognised.
const TOKEN_PREFIX: &str = "overt-site-";

/// The longest that a token is good for, in milliseconds: a year.
const LONGEST: u64 = 366 * 24 * 3_600_000;

/// Tokens and sessions.
#[derive(Clone)]
pub struct Accounts {
    private: Arc<Private>,
    logins: Arc<Meter<Network>>,
}

/// What a token is good for. An administrator may do what a moderator may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Decides about what was held and reported.
    Moderator,
    /// Everything else too.
    Administrator,
}

/// Somebody who was recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// Their name, as the audit trail has it.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// A token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenView {
    /// Whose it is.
    pub holder: String,
    /// What it is good for.
    pub role: Role,
    /// Since when.
    pub created: Timestamp,
    /// Until when.
    pub expires: Timestamp,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

/// Why somebody was not let in, or a token not made.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The token or session is not known, expired, or revoked. Which, is not said.
    #[error("not logged in; the token may have expired or been revoked")]
    NotLoggedIn,
    /// The role does not reach.
    #[error("this takes a token for the role {0:?}")]
    NotAllowed(Role),
    /// Too many attempts.
    #[error("too many attempts from your network; try again in {} min", .0.as_secs() / 60 + 1)]
    TooOften(Duration),
    /// Somebody of that name has one.
    #[error("{0} has a token already; revoke it first, or choose another name")]
    HolderExists(String),
    /// There is no such token.
    #[error("{0} has no token")]
    NoToken(String),
    /// The private state.
    #[error(transparent)]
    Private(#[from] PrivateError),
}

impl From<DatabaseError> for AccountError {
    fn from(error: DatabaseError) -> Self {
        Self::Private(error.into())
    }
}

impl From<rusqlite::Error> for AccountError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Private(error.into())
    }
}

impl Holder {
    /// Whether they may do what a role may.
    ///
    /// # Errors
    /// When they may not.
    pub fn may(&self, role: Role) -> Result<(), AccountError> {
        if self.role >= role { Ok(()) } else { Err(AccountError::NotAllowed(role)) }
    }
}

impl Accounts {
    pub(crate) fn new(private: Arc<Private>) -> Self {
        Self { private, logins: Arc::new(Meter::new(LOGIN_RATE)) }
    }

    /// Makes a token of 256 random bits, which is shown once; its digest is stored. `by` is who makes it.
    ///
    /// # Errors
    /// When the holder has one already.
    pub async fn create_token(
        &self,
        holder: Name,
        role: Role,
        lasts: Duration,
        by: &str,
    ) -> Result<String, AccountError> {
        let secret: [u8; 32] = random::bytes().map_err(PrivateError::from)?;
        let token = format!("{TOKEN_PREFIX}{}", hex::encode(secret));
        let (digest, now, by) = (token_digest(&token), self.private.now(), by.to_owned());
        let lasts = u64::try_from(lasts.as_millis()).unwrap_or(LONGEST).min(LONGEST);
        self.private
            .database
            .write(move |connection| {
                let taken = "SELECT 1 FROM token WHERE holder = ?";
                if connection.prepare_cached(taken)?.exists([holder.as_str()])? {
                    return Err(AccountError::HolderExists(holder.to_string()));
                }
                let insert =
                    "INSERT INTO token(digest, holder, role, created, expires) VALUES (?, ?, ?, ?, ?)";
                let expires = integer(now.saturating_add(lasts));
                let values = params![digest.as_bytes(), holder.as_str(), word(&role), integer(now), expires];
                connection.execute(insert, values)?;
                let reason = word(&role);
                let act =
                    audit::Act { who: &by, what: "create token", subject: holder.as_str(), reason: &reason };
                Ok(audit::note(connection, now, &act)?)
            })
            .await?;
        Ok(token)
    }

    /// Revokes a token, and ends its sessions at once.
    ///
    /// # Errors
    /// When there is none.
    pub async fn revoke_token(&self, holder: &str, by: &str, reason: &str) -> Result<(), AccountError> {
        let (now, holder, by, reason) =
            (self.private.now(), holder.to_owned(), by.to_owned(), reason.to_owned());
        self.private
            .database
            .write(move |connection| {
                let update = "UPDATE token SET revoked = ? WHERE holder = ? AND revoked IS NULL";
                if connection.execute(update, params![integer(now), holder])? == 0 {
                    return Err(AccountError::NoToken(holder));
                }
                let end = "DELETE FROM session WHERE token IN (SELECT id FROM token WHERE holder = ?)";
                connection.execute(end, [&holder])?;
                let act = audit::Act { who: &by, what: "revoke token", subject: &holder, reason: &reason };
                Ok(audit::note(connection, now, &act)?)
            })
            .await
    }

    /// All tokens, without their secrets.
    ///
    /// # Errors
    /// When the private state can't be read.
    pub fn tokens(&self) -> Result<Vec<TokenView>, AccountError> {
        self.private.database.read(|connection| {
            let mut select = connection.prepare_cached("SELECT * FROM token ORDER BY holder")?;
            Ok(select.query_map([], read_token)?.collect::<Result<_, _>>()?)
        })
    }

    /// Who holds a token, for requests that carry one.
    ///
    /// # Errors
    /// When it is not good.
    pub fn holder(&self, token: &str) -> Result<Holder, AccountError> {
        self.private.database.read(|connection| {
            let select =
                "SELECT id, holder, role FROM token WHERE digest = ? AND revoked IS NULL AND expires > ?";
            let digest = token_digest(token);
            let values = params![digest.as_bytes(), integer(self.private.now())];
            let found = connection.prepare_cached(select)?.query_row(values, read_holder).optional()?;
            found.ok_or(AccountError::NotLoggedIn)
        })
    }
}

/// A token has 256 random bits, so nothing slower than a hash is needed; looking the digest up tells nothing by its time.
fn token_digest(token: &str) -> Hash {
    Hash::of_all([b"overt/site/token/v1\0".as_slice(), token.as_bytes()])
}

fn read_holder(row: &Row<'_>) -> rusqlite::Result<Holder> {
    Ok(Holder { name: row.get("holder")?, role: row.parsed("role")? })
}

fn read_token(row: &Row<'_>) -> rusqlite::Result<TokenView> {
    let time = |column: &str| Ok::<_, rusqlite::Error>(timestamp(row.count(column)?));
    Ok(TokenView {
        holder: row.get("holder")?,
        role: row.parsed("role")?,
        created: time("created")?,
        expires: time("expires")?,
        revoked: row.optional_count("revoked")?.map(timestamp),
    })
}

#[cfg(test)]
mod tests;
