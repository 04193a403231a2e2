//! Signature lines: `— <name> <base64 of key id and signature>`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{KeyName, MAX_NOTE_BYTES, MAX_SIGNATURES, NoteError, NoteKeyId};

/// One signature line of a note. Whose it is, and whether it holds, only a key can say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NoteSignature {
    name: KeyName,
    id: NoteKeyId,
    bytes: Vec<u8>,
}

impl NoteSignature {
    /// The line of a signature by the key with this name and id.
    pub(crate) fn new(name: KeyName, id: NoteKeyId, bytes: Vec<u8>) -> Self {
        Self { name, id, bytes }
    }

    /// The name of the key.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The id of the key.
    pub fn id(&self) -> NoteKeyId {
        self.id
    }

    /// The signature, without the key id.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads signature lines, one or more, each ending in a newline: the end of a note, and a witness's whole answer.
    ///
    /// # Errors
    /// When a line is malformed, or there are none, or more than [`MAX_SIGNATURES`].
    pub fn parse_lines(text: &str) -> Result<Vec<Self>, NoteError> {
        if text.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLarge);
        }
        let lines = text.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
        if lines.split('\n').take(MAX_SIGNATURES + 1).count() > MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        (1..)
            .zip(lines.split('\n'))
            .map(|(number, line)| Self::parse_line(line).ok_or(NoteError::Signature(number)))
            .collect()
    }

    fn parse_line(line: &str) -> Option<Self> {
        let (name, base64) = line.strip_prefix("— ")?.split_once(' ')?;
        let decoded = STANDARD.decode(base64).ok()?;
        let (id, bytes) = decoded.split_first_chunk::<4>()?;
        let signature = Self { name: KeyName::parse(name).ok()?, id: (*id).into(), bytes: bytes.to_vec() };
        (!bytes.is_empty()).then_some(signature)
    }
}

/// The line with its newline.
impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.id.as_bytes().as_slice(), &self.bytes].concat();
        writeln!(f, "— {} {}", self.name, STANDARD.encode(bytes))
    }
}
