//! Mail addresses: how they are read, and when two of them are one signatory.
//!
//! An address is personal data. It never shows itself in a log line, an error or a page: [`MailAddress`] has no
//! `Display`, its `Debug` says nothing, and errors name no part of it. [`MailAddress::exposed`] is for whoever sends
//! mail, and stands out in review.

mod providers;

use std::fmt;

use overt_record::record::email_commitment;
use overt_record::{Hash, Name};

pub use self::providers::is_public_provider;
use crate::sameness::FoldedName;

/// An address that mail can be sent to, as it was typed, with its domain in lower-case ASCII.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MailAddress {
    local: String,
    domain: String,
}

/// Why something is no mail address. It does not repeat what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAMailAddress {
    /// Too long for mail.
    #[error("a mail address has at most 254 characters, and 64 before the @")]
    TooLong,
    /// None or several.
    #[error("a mail address has one @, with something before and after it")]
    At,
    /// What stands before the @.
    #[error(
        "before the @ of a mail address stand Latin letters, digits and !#$%&'*+-/=?^_`{{|}}~, parted by single dots"
    )]
    Local,
    /// What stands after the @.
    #[error("after the @ of a mail address stands a domain, like example.org")]
    Domain,
}

impl MailAddress {
    /// The most characters of an address: a path has 256 with its angle brackets (RFC 5321, section 4.5.3.1.3).
    pub const MAX_LENGTH: usize = 254;

    const MAX_LOCAL: usize = 64;

    /// Reads an address, with white space around it. A domain in another script becomes its ASCII form (UTS 46); quoted
    /// names, comments and numeric hosts are not read, since nobody signs from there.
    ///
    /// # Errors
    /// When it is no address of that kind.
    pub fn parse(address: &str) -> Result<Self, NotAMailAddress> {
        let address = address.trim();
        if address.len() > Self::MAX_LENGTH {
            return Err(NotAMailAddress::TooLong);
        }
        let (local, domain) = address.split_once('@').ok_or(NotAMailAddress::At)?;
        if local.is_empty() || domain.is_empty() || domain.contains('@') {
            return Err(NotAMailAddress::At);
        }
        if !local.split('.').all(is_atom) {
            return Err(NotAMailAddress::Local);
        }
        let domain = ascii_domain(domain).ok_or(NotAMailAddress::Domain)?;
        // The ASCII form of a domain may be longer than what was typed.
        if local.len() > Self::MAX_LOCAL || local.len() + 1 + domain.len() > Self::MAX_LENGTH {
            return Err(NotAMailAddress::TooLong);
        }
        Ok(Self { local: local.to_owned(), domain })
    }

    /// The address, for sending mail to it and for storing it encrypted; never for showing it.
    pub fn exposed(&self) -> String {
        format!("{}@{}", self.local, self.domain)
    }

    /// The domain, as an endorsement names it.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The commitment by which a second signature of the same mailbox is found: [`email_commitment`] of the address in
    /// its canonical form. That is in lower case and without a sub-address (`+anything`); for providers that are known
    /// to deliver several spellings to one mailbox, it is one of them.
    pub fn commitment(&self, salt: &[u8; 32]) -> Hash {
        email_commitment(salt, &self.canonical())
    }

    /// The commitment of one of several people who share a mailbox: over the canonical address, a line break, which no
    /// address has, and the folded name.
    pub fn shared_commitment(&self, salt: &[u8; 32], name: &Name) -> Hash {
        email_commitment(salt, &format!("{}\n{}", self.canonical(), FoldedName::of(name)))
    }

    fn canonical(&self) -> String {
        let local = self.local.to_ascii_lowercase();
        // An address that begins with + has no other part to be known by.
        let mailbox = local.split_once('+').map_or(&*local, |(mailbox, _)| mailbox);
        providers::canonical(if mailbox.is_empty() { &local } else { mailbox }, &self.domain)
    }
}

/// An address does not show itself.
impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailAddress(…)")
    }
}

/// An atom of RFC 5322, section 3.2.3.
fn is_atom(atom: &str) -> bool {
    !atom.is_empty() && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
}

/// The domain in lower-case ASCII, if it is a host name of at least two labels whose last is no number.
fn ascii_domain(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let labels: Vec<_> = ascii.split('.').collect();
    let top = labels.last().is_some_and(|top| top.bytes().any(|b| b.is_ascii_alphabetic()));
    (labels.len() > 1 && top && labels.iter().all(|label| !label.is_empty())).then_some(ascii)
}

#[cfg(test)]
mod tests;
