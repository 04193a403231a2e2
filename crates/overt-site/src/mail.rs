//! Mail: what is sent, the outbox that survives a crash, and who sends it.
//!
//! A mail is queued in the same transaction as what it is about, sealed, and deleted when it was sent or when trying has
//! gone on too long. It is sent at least once: a crash between sending and deleting sends it again, under the same
//! `Message-ID`. It is plain text without pictures or links that track, and everything that stands in a header comes from
//! types that can't hold a line break.

mod directory;
mod outbox;
mod smtp;

use std::pin::Pin;

use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Mailbox, SinglePart};
use lettre::{Address, Message};
use overt_record::{Name, Text};
use overt_statement::MailAddress;

pub use self::directory::DirectoryMailer;
pub use self::outbox::{Outbox, Sent};
pub use self::smtp::{Encryption, SmtpMailer, SmtpOptions};

pub(crate) use self::outbox::queue;

/// A mail to one person.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Whom it is for.
    pub to: MailAddress,
    /// One line.
    pub subject: Name,
    /// Plain text.
    pub text: Text,
    /// What makes it the same mail when it is sent again: 32 hexadecimal digits.
    pub id: String,
}

/// Whom mails are from.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The name.
    pub name: Name,
    /// The address.
    pub address: MailAddress,
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It may succeed later.
    #[error("the mail was not taken, and may be later: {0}")]
    Later(String),
    /// It never will.
    #[error("the mail was refused: {0}")]
    Refused(String),
}

/// Something that is being done.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends mails.
pub trait Mailer: Send + Sync {
    /// Sends one. `Ok` means that somebody else has taken it over.
    fn send<'a>(&'a self, mail: &'a Mail) -> Doing<'a, Result<(), MailError>>;
}

/// The mail as it travels (RFC 5322).
fn message(mail: &Mail, sender: &Sender) -> Result<Message, MailError> {
    let refused = |error: &dyn std::fmt::Display| MailError::Refused(error.to_string());
    let address =
        |address: &MailAddress| address.exposed().parse::<Address>().map_err(|error| refused(&error));
    let from = Mailbox::new(Some(sender.name.to_string()), address(&sender.address)?);
    let to = Mailbox::new(None, address(&mail.to)?);
    let body = SinglePart::builder()
        .header(ContentType::TEXT_PLAIN)
        .header(ContentTransferEncoding::QuotedPrintable)
        .body(mail.text.as_str().replace('\n', "\r\n"));
    Message::builder()
        .from(from)
        .to(to)
        .subject(mail.subject.as_str())
        .message_id(Some(format!("<{}@{}>", mail.id, sender.address.domain())))
        // RFC 3834: nobody's absence note answers it.
        .header(AutoSubmitted)
        .singlepart(body)
        .map_err(|error| refused(&error))
}

#[derive(Clone)]
struct AutoSubmitted;

impl lettre::message::header::Header for AutoSubmitted {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests;
