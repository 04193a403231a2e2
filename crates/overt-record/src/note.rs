//! Signed notes: a text that one or more keys signed, as C2SP signed-note v1.0.0 defines them.
//!
//! A [`Note`] that was read is written with the same bytes. What it says counts only after [`Note::verify`].

mod name;
mod signature;

use std::fmt;

pub use name::{KeyName, NotAKeyName, NoteKeyId};
pub use signature::NoteSignature;

use crate::VerifierKey;

/// The largest note that is read or made. 64 signatures by ML-DSA-44 are a fifth of it.
pub const MAX_NOTE_BYTES: usize = 1 << 20;

/// The most signature lines of a note. C2SP wants at least 16.
pub const MAX_SIGNATURES: usize = 64;

/// A text and its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// Why bytes are not a note, or a note is not to be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Larger than anything that is signed here.
    #[error("a note has at most {MAX_NOTE_BYTES} bytes")]
    TooLarge,
    /// Notes are text.
    #[error("the note is not UTF-8")]
    NotUtf8,
    /// Newlines are the only control characters of a note.
    #[error("the note has a control character other than a newline in it")]
    ControlCharacter,
    /// Text and signatures are divided by an empty line.
    #[error("the note has no empty line between text and signatures")]
    NoEmptyLine,
    /// The text's last line must be ended.
    #[error("the text of a note ends in a newline")]
    UnendedText,
    /// There is no signature, or the last line is cut off.
    #[error("the note does not end in a signature line and a newline")]
    NoSignatures,
    /// Each signature costs a verifier time.
    #[error("a note has at most {MAX_SIGNATURES} signatures")]
    TooManySignatures,
    /// Not `— <name> <base64>`.
    #[error("line {0} of the signatures is not \"— <name of key> <base64 of key id and signature>\"")]
    Signature(usize),
    /// A signature that claims to be by a known key and is not.
    #[error("the signature by {name} (key {id}) does not verify: the note was changed, or is forged")]
    BadSignature {
        /// The name of the key.
        name: KeyName,
        /// The id of the key.
        id: NoteKeyId,
    },
    /// No signature is by a known key.
    #[error("none of the note's signatures is by a known key")]
    NotSigned,
}

/// A signature that was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified<'k> {
    /// The key that made it.
    pub key: &'k VerifierKey,
    /// When, in seconds since 1970, as a cosignature says; `None` for types of signatures without a time.
    pub timestamp: Option<u64>,
}

impl Note {
    /// A note that nobody signed yet. It can be read back once it has a signature.
    ///
    /// # Errors
    /// When the text does not end in a newline, has other control characters, or is too large.
    pub fn new(text: impl Into<String>) -> Result<Self, NoteError> {
        let text = text.into();
        if !text.ends_with('\n') {
            return Err(NoteError::UnendedText);
        }
        if has_control(&text) {
            return Err(NoteError::ControlCharacter);
        }
        if text.len() >= MAX_NOTE_BYTES {
            return Err(NoteError::TooLarge);
        }
        Ok(Self { text, signatures: Vec::new() })
    }

    /// Reads a note.
    ///
    /// # Errors
    /// When it is malformed or too large.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLarge);
        }
        let note = str::from_utf8(bytes).map_err(|_| NoteError::NotUtf8)?;
        if has_control(note) {
            return Err(NoteError::ControlCharacter);
        }
        // The last one: the text may have empty lines, signature lines may not.
        let (text, signatures) = note.rsplit_once("\n\n").ok_or(NoteError::NoEmptyLine)?;
        Ok(Self { text: format!("{text}\n"), signatures: NoteSignature::parse_lines(signatures)? })
    }

    /// Adds a signature, unless it is there already. It is not checked.
    ///
    /// # Errors
    /// When the note would have too many signatures or be too large.
    pub fn add(&mut self, signature: NoteSignature) -> Result<(), NoteError> {
        if self.signatures.contains(&signature) {
            return Ok(());
        }
        if self.signatures.len() >= MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        self.signatures.push(signature);
        if self.to_string().len() > MAX_NOTE_BYTES {
            self.signatures.pop();
            return Err(NoteError::TooLarge);
        }
        Ok(())
    }

    /// The text with its final newline: what is signed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, checked or not.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Checks every signature that names one of `keys`, and gives those keys in the order of the note. Signatures by other
    /// keys are passed over.
    ///
    /// # Errors
    /// When a signature by a known key does not hold, whatever the others, or there is no signature by a known key.
    pub fn verify<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k VerifierKey>,
    ) -> Result<Vec<Verified<'k>>, NoteError> {
        let keys: Vec<&VerifierKey> = keys.into_iter().collect();
        let mut verified = Vec::new();
        for signature in &self.signatures {
            for key in keys.iter().copied().filter(|key| key.made(signature)) {
                let timestamp = key.verify(&self.text, signature.bytes()).map_err(|_| {
                    NoteError::BadSignature { name: signature.name().clone(), id: signature.id() }
                })?;
                verified.push(Verified { key, timestamp });
            }
        }
        if verified.is_empty() { Err(NoteError::NotSigned) } else { Ok(verified) }
    }
}

/// The note as it is stored and sent.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| write!(f, "{signature}"))
    }
}

/// Whether there is a control character of ASCII other than a newline.
fn has_control(text: &str) -> bool {
    text.bytes().any(|byte| byte < b' ' && byte != b'\n')
}
