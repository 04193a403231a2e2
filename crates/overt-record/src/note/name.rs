//! What a signature line says about its key: its name and four bytes of a hash.

use std::fmt;

use super::has_control;
use crate::Hash;

/// The name of a key that signs notes: not empty, without spaces of any script, `+` and control characters. By
/// convention it is a URL without its scheme.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName(String);

/// A text that can't be the name of a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} can't be the name of a key: it must not be empty, nor have spaces, control characters or \"+\" in it"
)]
pub struct NotAKeyName(String);

impl KeyName {
    /// Reads a name.
    ///
    /// # Errors
    /// When the text is empty or has a character that a name can't have.
    pub fn parse(text: &str) -> Result<Self, NotAKeyName> {
        let forbidden = has_control(text) || text.contains(|c: char| c.is_whitespace() || c == '+');
        if text.is_empty() || forbidden {
            return Err(NotAKeyName(text.chars().take(80).collect()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The four bytes that tell the keys of one name apart. They are no fingerprint: anyone can make a key with given ones.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NoteKeyId([u8; 4]);

impl NoteKeyId {
    /// `SHA-256(name || 0x0A || type || public key)[:4]`.
    pub(crate) fn of(name: &KeyName, signature_type: u8, public_key: &[u8]) -> Self {
        let hash = Hash::of_all([name.as_str().as_bytes(), b"\n", &[signature_type], public_key]);
        let [a, b, c, d, ..] = *hash.as_bytes();
        Self([a, b, c, d])
    }

    /// The bytes, in the order in which they are written.
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }
}

impl From<[u8; 4]> for NoteKeyId {
    fn from(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for NoteKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for NoteKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
