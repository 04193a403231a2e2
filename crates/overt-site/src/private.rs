//! The private state of a site, and everything that its services share.

use std::path::Path;
use std::sync::Arc;

use overt_log::Clock;
use overt_record::record::Issuer;
use overt_record::{Link, Name, PrivateKey};
use overt_statement::MailAddress;
use rusqlite::OptionalExtension as _;

use crate::database::{Database, DatabaseError, Durability, Schema};
use crate::index::Index;
use crate::random::NoRandomness;
use crate::secret::{NotOurs, Purpose, Secret};

const SCHEMA: Schema = Schema {
    application: 0x6f76_7072, // "ovpr"
    versions: &[include_str!("private/schema.sql")],
    durability: Durability::Full,
};

/// Who the site is.
pub struct Identity {
    /// Its name, as records' issuer and in mails.
    pub name: Name,
    /// Its address without a slash at the end, such as `https://example.org`.
    pub url: Link,
    /// The key that it signs with.
    pub key: PrivateKey,
}

/// What the services of a site share.
pub(crate) struct Private {
    pub(crate) database: Database,
    pub(crate) secret: Secret,
    pub(crate) identity: Identity,
    pub(crate) index: Index,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Why the private state failed.
#[derive(Debug, thiserror::Error)]
pub enum PrivateError {
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A sealed value does not open.
    #[error(transparent)]
    NotOurs(#[from] NotOurs),
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// What was sealed is not what this program seals.
    #[error("a sealed value can't be read: {0}")]
    Sealed(#[from] serde_json::Error),
    /// The secret is not the one that private.sqlite was made with.
    #[error("secret.key is not the one that private.sqlite was made with; restore both from the same backup")]
    AnotherSecret,
}

impl From<rusqlite::Error> for PrivateError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.into())
    }
}

impl Private {
    /// The name by which this site knows a mailbox as long as it has to: over its canonical address, with a key of the site's
    /// own as the salt.
    pub(crate) fn address_tag(&self, address: &MailAddress) -> [u8; 32] {
        *address.commitment(&self.secret.tag(Purpose::AddressTag, &[])).as_bytes()
    }

    pub(crate) fn open(
        path: &Path,
        secret: Secret,
        identity: Identity,
        index: Index,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PrivateError> {
        let database = Database::open(path, &SCHEMA)?;
        let tag = secret.tag(Purpose::KeyCheck, &[]);
        database.write_and_wait(move |connection| {
            let select = "SELECT tag FROM key_check";
            let found: Option<[u8; 32]> = connection.query_row(select, [], |row| row.get(0)).optional()?;
            match found {
                Some(found) if found == tag => Ok(()),
                Some(_) => Err(PrivateError::AnotherSecret),
                None => Ok(connection.execute("INSERT INTO key_check VALUES (1, ?)", [tag]).map(drop)?),
            }
        })?;
        Ok(Self { database, secret, identity, index, clock })
    }

    /// Milliseconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.clock.now()
    }

    pub(crate) fn issuer(&self) -> Issuer {
        let Identity { name, url, key } = &self.identity;
        Issuer { name: name.clone(), key: key.public(), uri: Some(url.clone()) }
    }

    /// The address of a page of the site.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.identity.url.as_str().trim_end_matches('/'))
    }
}
