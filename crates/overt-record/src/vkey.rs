//! Verifier keys of notes: `<name>+<key id>+<base64 of type and public key>` (C2SP signed-note, "Verifier keys").

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ml_dsa::{EncodedVerifyingKey, MlDsa44};

use crate::cosignature::{ed25519_message, mldsa44_message, split_timestamp};
use crate::note::{KeyName, NotAKeyName, NoteKeyId, NoteSignature};
use crate::{BadSignature, PublicKey};

/// The longest text that is read as a key; ML-DSA-44 needs 1,800 bytes and its name.
const MAX_VKEY_BYTES: usize = 4096;

/// The types of signatures that are made and checked here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SignatureType {
    /// 0x01: Ed25519 over the text of a note.
    Ed25519,
    /// 0x04: Ed25519 over a checkpoint and a time (C2SP tlog-cosignature).
    CosignatureEd25519,
    /// 0x06: ML-DSA-44 over a checkpoint, the cosigner's name and a time (C2SP tlog-cosignature).
    CosignatureMlDsa44,
}

impl SignatureType {
    /// The byte that stands for the type in keys and key ids.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::CosignatureEd25519 => 0x04,
            Self::CosignatureMlDsa44 => 0x06,
        }
    }

    /// Whether such a signature says when it was made, and so can be a witness's.
    pub const fn is_cosignature(self) -> bool {
        !matches!(self, Self::Ed25519)
    }

    fn from_byte(byte: u8) -> Result<Self, VkeyError> {
        [Self::Ed25519, Self::CosignatureEd25519, Self::CosignatureMlDsa44]
            .into_iter()
            .find(|known| known.byte() == byte)
            .ok_or(VkeyError::UnknownType(byte))
    }
}

/// A public key that checks signatures of notes, with its name and type.
#[derive(Clone)]
pub struct VerifierKey {
    name: KeyName,
    id: NoteKeyId,
    signature_type: SignatureType,
    public_key: Vec<u8>,
    checks: Checks,
}

#[derive(Clone)]
enum Checks {
    Ed25519(PublicKey),
    MlDsa44(Box<ml_dsa::VerifyingKey<MlDsa44>>),
}

/// Why a text is not a verifier key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VkeyError {
    /// Not three parts with the right spelling.
    #[error("a verifier key is <name>+<8 lower-case hexadecimal digits>+<base64>")]
    Malformed,
    /// The name can't be one.
    #[error(transparent)]
    Name(#[from] NotAKeyName),
    /// A type of signature that is not supported.
    #[error(
        "signature type 0x{0:02x} is not supported; supported are 0x01 (Ed25519), 0x04 (Ed25519 cosignature) and \
         0x06 (ML-DSA-44 cosignature)"
    )]
    UnknownType(u8),
    /// The public key is none of its type, or one that anybody could sign for.
    #[error("the public key of {0} is not one, or is weak")]
    PublicKey(KeyName),
    /// The message of an ML-DSA-44 cosignature has one byte for the length of the name.
    #[error("the name of an ML-DSA-44 key has at most 255 bytes; {0} has more")]
    LongName(KeyName),
    /// The key id belongs to another name, type or public key.
    #[error("the key {name} has the id {expected}, not {found}: name and key don't belong together")]
    Id {
        /// The name.
        name: KeyName,
        /// What name, type and public key give.
        expected: NoteKeyId,
        /// What the text says.
        found: NoteKeyId,
    },
}

impl VerifierKey {
    /// The key of this name and type.
    ///
    /// # Errors
    /// When the public key is not one of the type, or weak.
    pub fn new(name: KeyName, signature_type: SignatureType, public_key: &[u8]) -> Result<Self, VkeyError> {
        let is_cosigned_name = signature_type == SignatureType::CosignatureMlDsa44;
        if is_cosigned_name && name.as_str().len() > u8::MAX.into() {
            return Err(VkeyError::LongName(name));
        }
        let Some(checks) = Checks::new(signature_type, public_key) else {
            return Err(VkeyError::PublicKey(name));
        };
        let id = NoteKeyId::of(&name, signature_type.byte(), public_key);
        Ok(Self { name, id, signature_type, public_key: public_key.to_vec(), checks })
    }

    /// Reads a key.
    ///
    /// # Errors
    /// When the text is malformed, or name, id and public key don't belong together.
    pub fn parse(text: &str) -> Result<Self, VkeyError> {
        let parts =
            (text.len() <= MAX_VKEY_BYTES).then_some(text).and_then(split).ok_or(VkeyError::Malformed)?;
        let (name, found, material) = parts;
        let (signature_type, public_key) = material.split_first().ok_or(VkeyError::Malformed)?;
        let key = Self::new(KeyName::parse(name)?, SignatureType::from_byte(*signature_type)?, public_key)?;
        if key.id != found {
            return Err(VkeyError::Id { name: key.name, expected: key.id, found });
        }
        Ok(key)
    }

    /// The name that stands in signature lines.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The id that stands in signature lines.
    pub fn id(&self) -> NoteKeyId {
        self.id
    }

    /// What it signs, and how.
    pub fn signature_type(&self) -> SignatureType {
        self.signature_type
    }

    /// The public key alone: two verifier keys with the same one are the same signer under two names.
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// Whether a signature line claims to be by this key.
    pub fn made(&self, signature: &NoteSignature) -> bool {
        self.id == signature.id() && self.name == *signature.name()
    }

    /// Checks the bytes of a signature over the text of a note, and gives the time that a cosignature states.
    ///
    /// # Errors
    /// When the signature does not hold.
    pub fn verify(&self, text: &str, signature: &[u8]) -> Result<Option<u64>, BadSignature> {
        if self.signature_type == SignatureType::Ed25519 {
            return self.checks.verify(text.as_bytes(), signature).map(|()| None);
        }
        let (timestamp, signature) = split_timestamp(signature).ok_or(BadSignature)?;
        let message = match self.signature_type {
            SignatureType::CosignatureMlDsa44 => mldsa44_message(&self.name, timestamp, text),
            _ => Some(ed25519_message(timestamp, text)),
        };
        self.checks.verify(&message.ok_or(BadSignature)?, signature)?;
        Ok(Some(timestamp))
    }
}

impl Checks {
    fn new(signature_type: SignatureType, public_key: &[u8]) -> Option<Self> {
        match signature_type {
            SignatureType::Ed25519 | SignatureType::CosignatureEd25519 => {
                PublicKey::from_ed25519_point(public_key).ok().map(Self::Ed25519)
            }
            SignatureType::CosignatureMlDsa44 => {
                let encoded = EncodedVerifyingKey::<MlDsa44>::try_from(public_key).ok()?;
                Some(Self::MlDsa44(Box::new(ml_dsa::VerifyingKey::decode(&encoded))))
            }
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        match self {
            Self::Ed25519(key) => key.verify(message, signature),
            Self::MlDsa44(key) => {
                let signature = ml_dsa::Signature::try_from(signature).map_err(|_| BadSignature)?;
                // C2SP names no context, so it is empty.
                if key.verify_with_context(message, b"", &signature) { Ok(()) } else { Err(BadSignature) }
            }
        }
    }
}

/// Name, id, and type with public key. The base64 may have a `+` too; name and id can't.
fn split(text: &str) -> Option<(&str, NoteKeyId, Vec<u8>)> {
    let (name, rest) = text.split_once('+')?;
    let (id, material) = rest.split_once('+')?;
    let mut bytes = [0; 4];
    hex::decode_to_slice(id, &mut bytes).ok().filter(|()| id == hex::encode(bytes))?;
    Some((name, bytes.into(), STANDARD.decode(material).ok()?))
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let material = [&[self.signature_type.byte()], self.public_key.as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, self.id, STANDARD.encode(material))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}+{:?}", self.name, self.id, self.signature_type)
    }
}

impl PartialEq for VerifierKey {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.signature_type == other.signature_type
            && self.public_key == other.public_key
    }
}

impl Eq for VerifierKey {}
