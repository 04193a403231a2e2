//! Public keys as `~/.ssh/id_ed25519.pub` has them: type, base64, comment (RFC 4253, 6.6; RFC 5656, 3.1; RFC 8709, 4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::SshError;
use super::wire::{Reader, put};
use crate::PublicKey;

pub(super) const ED25519: &str = "ssh-ed25519";
pub(super) const P256: &str = "ecdsa-sha2-nistp256";
const P256_CURVE: &str = "nistp256";

/// Reads one line: `ssh-ed25519 AAAA… comment`. The comment is not read.
pub fn parse_public(line: &str) -> Result<PublicKey, SshError> {
    let mut words = line.split_ascii_whitespace();
    let (Some(kind), Some(blob)) = (words.next(), words.next()) else {
        return Err(malformed());
    };
    parse_words(kind, blob)
}

/// Reads the two words of a key.
pub(super) fn parse_words(kind: &str, blob: &str) -> Result<PublicKey, SshError> {
    if !is_kind(kind) {
        return Err(malformed());
    }
    if ![ED25519, P256].contains(&kind) {
        return Err(SshError::UnsupportedKey(kind.to_owned()));
    }
    if blob.len() > 1024 {
        return Err(SshError::Damaged("public key"));
    }
    let blob = STANDARD.decode(blob).map_err(|_| SshError::Damaged("public key"))?;
    let key = from_blob(&blob)?;
    if kind == kind_of(&key) { Ok(key) } else { Err(SshError::Damaged("public key")) }
}

/// Whether a word is the name of a type of keys, known here or not.
pub(super) fn is_kind(word: &str) -> bool {
    ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"].iter().any(|start| word.starts_with(start))
        && word.len() <= 64
}

/// Reads the binary form.
pub(super) fn from_blob(blob: &[u8]) -> Result<PublicKey, SshError> {
    let mut reader = Reader::new(blob, "public key");
    let key = match reader.text()? {
        ED25519 => PublicKey::from_ed25519_point(reader.string()?)?,
        P256 if reader.text()? == P256_CURVE => PublicKey::from_p256_point(reader.string()?)?,
        P256 => return Err(SshError::Damaged("public key")),
        other => return Err(SshError::UnsupportedKey(other.chars().take(64).collect())),
    };
    reader.end()?;
    Ok(key)
}

/// The binary form.
pub(super) fn to_blob(key: &PublicKey) -> Vec<u8> {
    let mut blob = Vec::new();
    put(&mut blob, kind_of(key).as_bytes());
    match key {
        PublicKey::Ed25519(key) => put(&mut blob, key.as_bytes()),
        PublicKey::P256(key) => {
            put(&mut blob, P256_CURVE.as_bytes());
            put(&mut blob, key.to_sec1_point(false).as_bytes());
        }
    }
    blob
}

pub(super) const fn kind_of(key: &PublicKey) -> &'static str {
    match key {
        PublicKey::Ed25519(_) => ED25519,
        PublicKey::P256(_) => P256,
    }
}

/// The line of a public key, without a comment.
pub fn to_public_line(key: &PublicKey) -> String {
    format!("{} {}", kind_of(key), STANDARD.encode(to_blob(key)))
}

const fn malformed() -> SshError {
    SshError::Malformed {
        what: "public key", expected: "`ssh-ed25519 AAAA…` or `ecdsa-sha2-nistp256 AAAA…`"
    }
}

#[cfg(test)]
mod tests;
