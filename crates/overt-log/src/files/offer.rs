//! Which files an issuer wants beside a log, said with its signature: what a log asks for before it takes files over HTTP.
//!
//! A DSSE envelope of the type [`OFFER_TYPE`] around canonical JSON:
//!
//! ```json
//! {"commit":"…","files":{"run.json":{"bytes":1234,"sha256":"…"}},"index":17,"key":"…","log":"log.example.org/2026","v":1}
//! ```
//!
//! The record itself says nothing of the kind: it is signed before the files are written that show its samples, and the same
//! record may be shown with more or fewer of them elsewhere.

use std::collections::BTreeMap;

use overt_record::dsse::{DsseError, Envelope};
use overt_record::json::{self, JsonError};
use overt_record::{Hash, PrivateKey, PublicKey};
use serde::{Deserialize, Serialize};

use super::{FileList, FilesError, Listed, MAX_LIST_BYTES};

/// The type of what is signed.
pub const OFFER_TYPE: &str = "application/vnd.overt.files+json";

/// The most bytes of an envelope with an offer.
pub const MAX_OFFER_BYTES: usize = 2 * MAX_LIST_BYTES;

const VERSION: u64 = 1;

/// The files of an entry, as the key that signed the record says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    v: u64,
    /// The origin of the log that is meant.
    pub log: String,
    /// The place of the entry.
    pub index: u64,
    /// Its commitment.
    pub commit: Hash,
    /// Whose record it is.
    pub key: PublicKey,
    files: BTreeMap<String, Listed>,
}

/// Why bytes are not an offer.
#[derive(Debug, thiserror::Error)]
pub enum BadOffer {
    /// The envelope, or its signature.
    #[error("the list of files: {0}")]
    Envelope(#[from] DsseError),
    /// The JSON that was signed.
    #[error("the list of files: {0}")]
    Json(#[from] JsonError),
    /// Something else was signed.
    #[error("a list of files is signed as {OFFER_TYPE:?}; this is {0:?}")]
    Type(String),
    /// A field is missing, left over, or of another type.
    #[error("the list of files is not of the form of version {VERSION}: {0}")]
    Form(String),
    /// The list may not be.
    #[error(transparent)]
    Files(#[from] FilesError),
}

/// What shows that somebody has an offer's signature, which only the issuer and the log know: the SHA-256 of its envelope. Who
/// sends a file brings it along.
pub fn token(envelope: &Envelope) -> Hash {
    Hash::of(envelope.to_json())
}

impl Offer {
    /// The files of the entry with this place and commitment, of a record that this key signed.
    pub fn new(log: impl Into<String>, index: u64, commit: Hash, key: PublicKey, list: FileList) -> Self {
        Self { v: VERSION, log: log.into(), index, commit, key, files: list.files }
    }

    /// The files.
    pub fn list(&self) -> FileList {
        FileList { files: self.files.clone() }
    }

    /// Signs it.
    ///
    /// # Errors
    /// When it can't be written, or is of another key.
    pub fn sign(&self, key: &PrivateKey) -> Result<Envelope, BadOffer> {
        if key.public() != self.key {
            return Err(BadOffer::Form("it names another key than the one that signs".into()));
        }
        Ok(Envelope::sign(OFFER_TYPE, json::to_canonical(self)?, key)?)
    }

    /// Reads an envelope and checks that the key named in it signed it. Whether that key has a say in the entry is another
    /// question.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn verify(bytes: &[u8]) -> Result<Self, BadOffer> {
        Self::verify_with_token(bytes).map(|(offer, _)| offer)
    }

    /// The same, with its [`token`].
    pub(crate) fn verify_with_token(bytes: &[u8]) -> Result<(Self, Hash), BadOffer> {
        if bytes.len() > MAX_OFFER_BYTES {
            return Err(BadOffer::Form(format!("it has more than {MAX_OFFER_BYTES} bytes")));
        }
        let envelope = Envelope::parse(bytes)?;
        if envelope.payload_type() != OFFER_TYPE {
            return Err(BadOffer::Type(envelope.payload_type().chars().take(80).collect()));
        }
        let payload = json::parse_canonical(envelope.unverified_payload(), MAX_LIST_BYTES)?;
        let offer: Self =
            serde_json::from_value(payload).map_err(|error| BadOffer::Form(error.to_string()))?;
        if offer.v != VERSION {
            return Err(BadOffer::Form(format!("it is of version {}", offer.v)));
        }
        offer.list().check()?;
        envelope.verify(&offer.key)?;
        Ok((offer, token(&envelope)))
    }
}

#[cfg(test)]
mod tests {
    use overt_record::Algorithm;

    use super::*;

    fn key(seed: u8) -> PrivateKey {
        PrivateKey::generate(Algorithm::Ed25519, &[seed; 32])
    }

    fn offer() -> Offer {
        let mut list = FileList::default();
        list.add("run.json", b"{}").unwrap();
        Offer::new("log.example.org/1", 7, Hash::of("entry"), key(1).public(), list)
    }

    #[test]
    fn an_offer_is_read_back_and_every_changed_byte_is_refused() {
        let bytes = offer().sign(&key(1)).unwrap().to_json().into_bytes();
        assert_eq!(Offer::verify(&bytes).unwrap(), offer());
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            // The envelope's own key id is a hint that nothing depends on.
            if let Ok(read) = Offer::verify(&changed) {
                assert_eq!(read, offer(), "changed at {place}");
            }
            assert!(Offer::verify(&bytes[..place]).is_err(), "cut at {place}");
        }
    }

    #[test]
    fn what_others_signed_and_what_is_no_list_is_refused() {
        assert!(matches!(offer().sign(&key(2)), Err(BadOffer::Form(_))));
        let signed = |kind: &str, payload: &[u8], by: u8| {
            let envelope = Envelope::sign(kind, payload.to_vec(), &key(by)).unwrap();
            Offer::verify(envelope.to_json().as_bytes())
        };
        let payload = json::to_canonical(&offer()).unwrap();
        assert!(signed(OFFER_TYPE, &payload, 1).is_ok());
        assert!(matches!(signed(OFFER_TYPE, &payload, 2), Err(BadOffer::Envelope(_))));
        assert!(matches!(signed("application/vnd.in-toto+json", &payload, 1), Err(BadOffer::Type(_))));
        let text = String::from_utf8(payload).unwrap();
        for (from, to) in [
            ("\"v\":1", "\"v\":2"),
            ("\"index\":7", "\"index\":-7"),
            ("\"index\":7", "\"index\":7,\"more\":1"),
            ("run.json", "../run.json"),
            ("\"bytes\":2", "\"bytes\":99999999999"),
            ("\"v\":1", "\"v\":1 "),
        ] {
            assert_ne!(text.replace(from, to), text);
            assert!(signed(OFFER_TYPE, text.replace(from, to).as_bytes(), 1).is_err(), "{to}");
        }
        for garbage in [b"".as_slice(), b"{}", b"[]", &[b'['; 9000], &vec![b' '; MAX_OFFER_BYTES + 1]] {
            assert!(Offer::verify(garbage).is_err());
        }
    }
}
