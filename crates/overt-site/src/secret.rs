//! The site's secret: what encrypts addresses and contacts at rest, and what names them without saying them.
//!
//! From the 32 bytes of `secret.key` follow keys for single purposes (HMAC-SHA-256 with a label, as RFC 5869 expands),
//! so that no two uses share one. What is sealed is bound to its table, row and column: whoever can write to the database,
//! and has not the key, can neither read a value nor move it to another row.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::random::{self, NoRandomness};

/// The bytes of the secret.
pub(crate) const SECRET_BYTES: usize = 32;

/// XChaCha20's nonce: long enough to be drawn at random for ever.
const NONCE: usize = 24;

/// The secret of a site. Its memory is wiped when it is dropped, and it has no debug text.
pub(crate) struct Secret(Zeroizing<[u8; SECRET_BYTES]>);

/// Where a sealed value stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// Table and column.
    pub(crate) column: &'static str,
    /// The row's id.
    pub(crate) row: &'a [u8],
}

/// A sealed value that does not open: another key, another row, or other bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{column} in private.sqlite does not open: secret.key is another one, or the row was altered")]
pub struct NotOurs {
    column: &'static str,
}

/// What a key made of the secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Sealing,
    AddressTag,
    Csrf,
    KeyCheck,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Sealing => b"overt/site/sealing/v1",
            Self::AddressTag => b"overt/site/address-tag/v1",
            Self::Csrf => b"overt/site/csrf/v1",
            Self::KeyCheck => b"overt/site/key-check/v1",
        }
    }
}

impl Secret {
    /// The secret that these bytes are.
    pub(crate) fn from_bytes(bytes: Zeroizing<[u8; SECRET_BYTES]>) -> Self {
        Self(bytes)
    }

    /// Fresh randomness.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn draw() -> Result<Self, NoRandomness> {
        Ok(Self(Zeroizing::new(random::bytes()?)))
    }

    /// The same secret once more.
    pub(crate) fn copy(&self) -> Self {
        Self(self.0.clone())
    }

    pub(crate) fn as_bytes(&self) -> &[u8; SECRET_BYTES] {
        &self.0
    }

    /// Encrypts a value for its place: nonce, ciphertext and tag.
    pub(crate) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, NoRandomness> {
        let nonce: [u8; NONCE] = random::bytes()?;
        let payload = Payload { msg: plain, aad: &place.bytes() };
        // It fails only for values longer than any memory.
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| NoRandomness)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts what was sealed for this place.
    pub(crate) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOurs> {
        let not_ours = NotOurs { column: place.column };
        let (nonce, rest) = sealed.split_first_chunk::<NONCE>().ok_or(not_ours)?;
        let payload = Payload { msg: rest, aad: &place.bytes() };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| not_ours)
    }

    /// A name for something that only this site can compute: HMAC-SHA-256 under a key of its own.
    pub(crate) fn tag(&self, purpose: Purpose, pieces: &[&[u8]]) -> [u8; 32] {
        let key = mac(&self.0[..], &[purpose.label()]);
        mac(&key, pieces)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        let key = Zeroizing::new(self.tag(Purpose::Sealing, &[]));
        XChaCha20Poly1305::new(&Key::from(*key))
    }
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        [self.column.as_bytes(), b"\0", self.row].concat()
    }
}

/// Pieces are told apart by their lengths.
fn mac(key: &[u8], pieces: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for piece in pieces {
        mac.update(&(piece.len() as u64).to_be_bytes());
        mac.update(piece);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> Secret {
        Secret::from_bytes(Zeroizing::new([byte; SECRET_BYTES]))
    }

    const PLACE: Place<'_> = Place { column: "outbox.mail", row: b"row 1" };

    #[test]
    fn what_was_sealed_opens_in_its_place_and_nowhere_else() {
        let sealed = secret(1).seal(PLACE, b"anna@example.org").unwrap();
        assert_eq!(&*secret(1).open(PLACE, &sealed).unwrap(), b"anna@example.org");
        assert!(secret(2).open(PLACE, &sealed).is_err());
        assert!(secret(1).open(Place { row: b"row 2", ..PLACE }, &sealed).is_err());
        assert!(secret(1).open(Place { column: "report.contact", ..PLACE }, &sealed).is_err());
    }

    #[test]
    fn altered_and_truncated_values_do_not_open() {
        let sealed = secret(1).seal(PLACE, b"anna@example.org").unwrap();
        for cut in 0..sealed.len() {
            assert!(secret(1).open(PLACE, &sealed[..cut]).is_err());
            let mut altered = sealed.clone();
            altered[cut] ^= 1;
            assert!(secret(1).open(PLACE, &altered).is_err());
        }
    }

    #[test]
    fn the_same_value_is_sealed_differently_each_time() {
        let seal = || secret(1).seal(PLACE, b"x").unwrap();
        assert_ne!(seal(), seal());
    }

    #[test]
    fn tags_depend_on_secret_purpose_and_where_pieces_end() {
        let tag = secret(1).tag(Purpose::AddressTag, &[b"ab", b"c"]);
        assert_eq!(tag, secret(1).tag(Purpose::AddressTag, &[b"ab", b"c"]));
        assert_ne!(tag, secret(1).tag(Purpose::AddressTag, &[b"a", b"bc"]));
        assert_ne!(tag, secret(1).tag(Purpose::Csrf, &[b"ab", b"c"]));
        assert_ne!(tag, secret(2).tag(Purpose::AddressTag, &[b"ab", b"c"]));
    }
}
