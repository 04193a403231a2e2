//! Withdrawing a signature.

use overt_record::Hash;
use overt_record::record::{Redaction, RedactionReason, Scope};
use overt_statement::MailAddress;
use rusqlite::{Connection, params};
use serde::Serialize;

use super::confirm::{forget, known_salt, signatory_authority};
use super::link::{Act, LinkError, Stored};
use super::{Confirmed, Signing, SigningError};
use crate::issue::{Erases, Signed};
use crate::private::{Private, PrivateError};
use crate::row::Columns as _;

/// A signature of an address that stands, for whoever has a link to that address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// The endorsement's record digest.
    pub record: Hash,
    /// The name in the list; absent if it is without one, or not in the list yet.
    pub name: Option<String>,
}

/// A signature was withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Withdrawn {
    /// The redaction, and whether it is in the log yet.
    pub redaction: Confirmed,
}

/// The signatures of a mailbox that stand.
pub(super) fn standing(
    connection: &Connection,
    private: &Private,
    statement: &Hash,
    address: &MailAddress,
) -> Result<Vec<Hash>, PrivateError> {
    let Some(salt) = known_salt(connection, private, statement)? else { return Ok(Vec::new()) };
    let select = "SELECT record FROM signatory WHERE statement = ? AND mailbox = ? ORDER BY id";
    let mut select = connection.prepare_cached(select)?;
    let mailbox = address.commitment(&salt);
    let found =
        select.query_map(params![statement.as_bytes(), mailbox.as_bytes()], |row| row.hash("record"))?;
    Ok(found.collect::<Result<_, _>>()?)
}

impl Signing {
    /// The names that stand in the list.
    pub(super) fn named(&self, records: Vec<Hash>) -> Result<Vec<Standing>, SigningError> {
        let named = |record: Hash| {
            let name = self.private.index.signatory(&record)?.and_then(|signatory| signatory.name);
            Ok(Standing { record, name })
        };
        records.into_iter().map(named).collect()
    }

    /// Withdraws one signature of the address, by the secret of a link that was sent to it.
    ///
    /// # Errors
    /// When the link leads nowhere, or the signature is not of this address. When this answers with success, the withdrawal
    /// is durable.
    pub async fn withdraw(&self, secret: &str, record: &Hash) -> Result<Withdrawn, SigningError> {
        let (private, secret, record) = (self.private.clone(), secret.to_owned(), *record);
        let stored = self.private.database.write(move |connection| {
            let stored = Stored::find(connection, &private, &secret)?;
            let form = stored.open_for(Act::Withdraw, private.now())?;
            let address = form.address().ok_or(LinkError::Unknown)?;
            if !standing(connection, &private, &stored.statement, &address)?.contains(&record) {
                return Err(SigningError::from(LinkError::NoSignature));
            }
            let redaction = Redaction {
                target: record,
                scope: Scope::Record {},
                reason: RedactionReason::Withdrawn,
                explanation: None,
                authority: signatory_authority(),
                corrected_by: None,
            };
            let signed = Signed::new(&private, redaction, Some(Erases { record, index: None }))?;
            let redaction = signed.record;
            let id = signed.store(connection, private.now())?;
            forget(connection, record)?;
            stored.use_up(connection, Some(id))?;
            Ok((redaction, id))
        });
        let (redaction, id) = stored.await?;
        Ok(Withdrawn { redaction: self.take_on(redaction, &[id]).await })
    }
}
