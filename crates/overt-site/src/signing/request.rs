//! Asking for a link.

use std::net::IpAddr;

use overt_record::Hash;
use overt_statement::MailAddress;
use overt_statement::sameness::Network;
use rusqlite::{Connection, params};

use super::form::{SealedForm, SigningForm};
use super::link::{Act, NewLink};
use super::mails::Linked;
use super::{MAILS_A_DAY, Signing, SigningError, mails};
use crate::index::StatementView;
use crate::language::Language;
use crate::mail;
use crate::private::PrivateError;
use crate::row::integer;

const DAY: u64 = 24 * 3_600_000;

/// The one answer to every request: if the address exists, a mail is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckYourMail;

/// A link that somebody asks for.
struct Wanted {
    act: Act,
    statement: StatementView,
    form: SealedForm,
    /// Of the mail.
    language: Language,
}

impl Signing {
    /// Asks for the link that signs.
    ///
    /// # Errors
    /// About the form, the statement or the network that asks; never about the address.
    pub async fn request(
        &self,
        form: &SigningForm,
        origin: Option<IpAddr>,
    ) -> Result<CheckYourMail, SigningError> {
        form.check()?;
        let statement = self.statement(&form.statement)?;
        let sealed = form.to_sealed()?;
        let wanted = Wanted { act: Act::Sign, statement, form: sealed, language: form.language };
        self.send_link(wanted, &form.address, origin).await
    }

    /// Asks for the link that withdraws the signatures of an address, in a mail of a language.
    ///
    /// # Errors
    /// About the statement or the network that asks; never about the address.
    pub async fn request_withdrawal(
        &self,
        statement: &Hash,
        address: &MailAddress,
        language: Language,
        origin: Option<IpAddr>,
    ) -> Result<CheckYourMail, SigningError> {
        let statement = self.statement(statement)?;
        let sealed = SealedForm::address_only(address)?;
        let wanted = Wanted { act: Act::Withdraw, statement, form: sealed, language };
        self.send_link(wanted, address, origin).await
    }

    async fn send_link(
        &self,
        wanted: Wanted,
        address: &MailAddress,
        origin: Option<IpAddr>,
    ) -> Result<CheckYourMail, SigningError> {
        let Wanted { act, statement, form, language } = wanted;
        let network = origin.map(Network::from);
        if let Some(network) = network {
            self.networks.take(network, self.private.now()).map_err(SigningError::TooOften)?;
        }
        let tag = self.private.address_tag(address);
        let (private, address) = (self.private.clone(), address.clone());
        let network = network.map(|network| network.to_string());
        self.private
            .database
            .write(move |connection| {
                let sent = links_today(connection, &tag, private.now())?;
                // A link is stored and words are found in any case; what is beyond the limit is taken back, and nobody can tell.
                connection.execute_batch("SAVEPOINT link")?;
                let link = NewLink { act, statement: statement.record, form: &form, address: tag, network };
                let (secret, expires) = link.store(connection, &private)?;
                let linked = Linked { language, statement: &statement, secret: &secret, expires };
                let words = match act {
                    Act::Sign => mails::to_sign(&private, &linked, &form),
                    Act::Withdraw => mails::to_withdraw(&private, &linked),
                };
                mail::queue(connection, &private, &address, words, expires)?;
                let end = if sent < MAILS_A_DAY { "RELEASE link" } else { "ROLLBACK TO link; RELEASE link" };
                connection.execute_batch(end)?;
                Ok(CheckYourMail)
            })
            .await
    }
}

fn links_today(connection: &Connection, tag: &[u8; 32], now: u64) -> Result<i64, PrivateError> {
    let count = "SELECT count(*) FROM link WHERE address = ? AND created > ?";
    let since = integer(now.saturating_sub(DAY));
    Ok(connection.prepare_cached(count)?.query_row(params![tag, since], |row| row.get(0))?)
}
