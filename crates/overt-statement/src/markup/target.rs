//! Where a link leads.

use std::fmt;

use overt_record::Link;

use crate::MailAddress;

/// Where a link leads: an `https:` or `http:` address as records have them ([`Link`]), or `mailto:` with one plain
/// address. Nothing in it needs escaping but `&` and `'`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(String);

impl Target {
    /// Takes the address if a link may lead there.
    pub fn new(address: &str) -> Option<Self> {
        let allowed = match address.strip_prefix("mailto:") {
            Some(mailbox) => is_plain_mailbox(mailbox),
            None => Link::new(address).is_ok(),
        };
        allowed.then(|| Self(address.to_owned()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Without `?`, which could fill in a mail, and without escapes, which could hide one.
fn is_plain_mailbox(mailbox: &str) -> bool {
    let plain = mailbox.bytes().all(|b| b.is_ascii_alphanumeric() || b"@.-_+".contains(&b));
    plain && MailAddress::parse(mailbox).is_ok()
}
