//! The header of a GGUF file, read before llama.cpp sees the file.
//!
//! ggml aborts the process on some broken files, and a file that ends early is only noticed when a weight is used. So
//! the header is parsed here first (layout: `docs/gguf.md` of the ggml project), every tensor's extent is compared with
//! the file's length, and only then is the file handed on. Nothing is allocated by a length that the file names.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::error::LocalError;

/// Metadata entries a file may have; real ones have a few dozen.
const MAX_ENTRIES: u64 = 1 << 16;
/// Tensors a file may have; the largest known models have a few thousand.
const MAX_TENSORS: u64 = 1 << 20;
/// The longest text that is kept, in bytes; the longest real ones are chat templates of some 10 kB.
const MAX_TEXT: u64 = 1 << 20;
/// Dimensions of a tensor in ggml.
const MAX_DIMENSIONS: u32 = 4;

/// What is wrong with a GGUF file. The messages continue a sentence that begins with its path.
#[derive(Debug, thiserror::Error)]
pub enum GgufError {
    /// The first four bytes are not `GGUF`.
    #[error("is not a GGUF model file (it begins with `{found}`); overt runs models in the GGUF format")]
    Magic {
        /// The first bytes as text.
        found: String,
    },
    /// A version of the format that is not known.
    #[error("is a GGUF file of version {0}; versions 2 and 3 are known")]
    Version(u32),
    /// The file ends before its header or its weights do.
    #[error("is cut off: it has {found} bytes and needs {needed}; fetch it again")]
    Truncated {
        /// The file's length.
        found: u64,
        /// The least length that the header implies.
        needed: u64,
    },
    /// The header contradicts itself.
    #[error("is damaged: {0}; fetch it again")]
    Damaged(String),
    /// Reading failed.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// A metadata value, as far as it is used here.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Any whole number or truth value.
    Integer(i128),
    /// A floating-point number.
    Float(f64),
    /// A text.
    Text(String),
    /// The number of elements of an array; the elements are not kept.
    Array(u64),
}

/// What the header says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Header {
    pub(super) entries: BTreeMap<String, Value>,
    /// The file's length in bytes.
    pub(crate) bytes: u64,
    /// The number of weights.
    pub(crate) parameters: u64,
    /// Bytes of the weights that are matrices and could be widened.
    pub(crate) quantised: bool,
}

impl Header {
    /// Reads and checks the header of the file at `path`.
    pub(crate) fn open(path: &Path) -> Result<Self, LocalError> {
        let file = File::open(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => LocalError::Missing { path: path.to_owned() },
            _ => LocalError::Read { path: path.to_owned(), source },
        })?;
        let metadata =
            file.metadata().map_err(|source| LocalError::Read { path: path.to_owned(), source })?;
        if !metadata.is_file() {
            let source = io::Error::other("it is not a regular file");
            return Err(LocalError::Read { path: path.to_owned(), source });
        }
        Self::parse(BufReader::new(file), metadata.len())
            .map_err(|source| LocalError::Gguf { path: path.to_owned(), source })
    }

    /// Reads and checks the header of a file of `bytes` bytes.
    pub(crate) fn parse(source: impl Read + Seek, bytes: u64) -> Result<Self, GgufError> {
        let mut reader = Reader { source, position: 0, bytes };
        reader.magic()?;
        let version = reader.u32()?;
        if !(2..=3).contains(&version) {
            return Err(GgufError::Version(version));
        }
        let tensors = reader.count("tensors", MAX_TENSORS)?;
        let entries = reader.count("metadata entries", MAX_ENTRIES)?;
        let mut header = Self { bytes, ..Self::default() };
        for _ in 0..entries {
            let key = reader.text()?;
            let kind = reader.u32()?;
            let value = reader.value(kind)?;
            header.entries.insert(key, value);
        }
        header.check_tensors(&mut reader, tensors)?;
        Ok(header)
    }

    fn check_tensors(
        &mut self,
        reader: &mut Reader<impl Read + Seek>,
        tensors: u64,
    ) -> Result<(), GgufError> {
        let mut end = 0_u64;
        for _ in 0..tensors {
            let tensor = reader.tensor()?;
            self.parameters = self.parameters.saturating_add(tensor.elements);
            self.quantised |= tensor.quantised;
            end = end.max(tensor.end);
        }
        let alignment = match self.entries.get("general.alignment") {
            None => 32,
            Some(Value::Integer(n)) if *n > 0 && *n <= 1 << 20 && n.count_ones() == 1 => *n as u64,
            Some(other) => return Err(GgufError::Damaged(format!("its alignment is {other:?}"))),
        };
        let needed = reader.position.next_multiple_of(alignment).saturating_add(end);
        if needed > reader.bytes {
            return Err(GgufError::Truncated { found: reader.bytes, needed });
        }
        Ok(())
    }

    /// The text under `key`.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        match self.entries.get(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The whole number under `key`, if it is one and not negative.
    pub(crate) fn integer(&self, key: &str) -> Option<u64> {
        match self.entries.get(key) {
            Some(Value::Integer(n)) => u64::try_from(*n).ok(),
            _ => None,
        }
    }

    /// The whole number under `key` of the model's own architecture, for example `block_count`.
    pub(crate) fn architecture_integer(&self, key: &str) -> Option<u64> {
        self.integer(&format!("{}.{key}", self.text("general.architecture")?))
    }

    /// Whether there is anything under `key`.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// The name of the quantisation, as llama.cpp writes it.
    pub(crate) fn quantisation(&self) -> String {
        match self.integer("general.file_type") {
            Some(kind) => file_type(kind).map_or_else(|| format!("file type {kind}"), str::to_owned),
            None => "unknown".to_owned(),
        }
    }
}

struct Tensor {
    elements: u64,
    end: u64,
    quantised: bool,
}

struct Reader<R> {
    source: R,
    position: u64,
    bytes: u64,
}

impl<R: Read + Seek> Reader<R> {
    fn magic(&mut self) -> Result<(), GgufError> {
        let mut magic = [0; 4];
        let wanted = magic.len().min(usize::try_from(self.bytes).unwrap_or(usize::MAX));
        self.source.read_exact(&mut magic[..wanted])?;
        self.position = wanted as u64;
        if &magic != b"GGUF" {
            return Err(GgufError::Magic { found: magic[..wanted].escape_ascii().to_string() });
        }
        Ok(())
    }

    /// Fails unless `length` more bytes exist.
    fn need(&self, length: u64) -> Result<(), GgufError> {
        let needed = self.position.saturating_add(length);
        if needed > self.bytes {
            return Err(GgufError::Truncated { found: self.bytes, needed });
        }
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], GgufError> {
        self.need(N as u64)?;
        let mut bytes = [0; N];
        self.source.read_exact(&mut bytes)?;
        self.position += N as u64;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32, GgufError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, GgufError> {
        self.array().map(u64::from_le_bytes)
    }

    fn count(&mut self, what: &str, most: u64) -> Result<u64, GgufError> {
        let count = self.u64()?;
        if count > most {
            return Err(GgufError::Damaged(format!("its header claims {count} {what}")));
        }
        Ok(count)
    }

    fn skip(&mut self, length: u64) -> Result<(), GgufError> {
        self.need(length)?;
        let offset =
            i64::try_from(length).map_err(|_| GgufError::Truncated { found: self.bytes, needed: length })?;
        // Small steps stay inside the buffer; `Seek for BufReader` would throw it away.
        if length <= 4096 {
            io::copy(&mut self.source.by_ref().take(length), &mut io::sink())?;
        } else {
            self.source.seek(SeekFrom::Current(offset))?;
        }
        self.position += length;
        Ok(())
    }

    fn text(&mut self) -> Result<String, GgufError> {
        let length = self.u64()?;
        self.need(length)?;
        if length > MAX_TEXT {
            return Err(GgufError::Damaged(format!("it holds a text of {length} bytes in its header")));
        }
        let mut bytes = Vec::new();
        self.source.by_ref().take(length).read_to_end(&mut bytes)?;
        self.position += length;
        String::from_utf8(bytes)
            .map_err(|_| GgufError::Damaged("a text in its header is not UTF-8".to_owned()))
    }

    fn value(&mut self, kind: u32) -> Result<Value, GgufError> {
        Ok(match kind {
            0 => Value::Integer(self.array::<1>()?[0].into()),
            1 => Value::Integer(i8::from_le_bytes(self.array()?).into()),
            2 => Value::Integer(u16::from_le_bytes(self.array()?).into()),
            3 => Value::Integer(i16::from_le_bytes(self.array()?).into()),
            4 => Value::Integer(self.u32()?.into()),
            5 => Value::Integer(i32::from_le_bytes(self.array()?).into()),
            6 => Value::Float(f32::from_le_bytes(self.array()?).into()),
            7 => Value::Integer((self.array::<1>()?[0] != 0).into()),
            8 => Value::Text(self.text()?),
            9 => self.skip_array()?,
            10 => Value::Integer(self.u64()?.into()),
            11 => Value::Integer(i64::from_le_bytes(self.array()?).into()),
            12 => Value::Float(f64::from_le_bytes(self.array()?)),
            other => {
                return Err(GgufError::Damaged(format!(
                    "its header has a value of the unknown kind {other}"
                )));
            }
        })
    }

    /// Walks over an array. Arrays of arrays do not occur in model files and are refused, which bounds the depth.
    fn skip_array(&mut self) -> Result<Value, GgufError> {
        let kind = self.u32()?;
        let count = self.u64()?;
        let width = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 => {
                // Eight bytes of length each: a claim beyond the file is refused before the walk.
                self.need(count.saturating_mul(8))?;
                for _ in 0..count {
                    let length = self.u64()?;
                    self.skip(length)?;
                }
                return Ok(Value::Array(count));
            }
            other => return Err(GgufError::Damaged(format!("its header has an array of the kind {other}"))),
        };
        self.skip(count.saturating_mul(width))?;
        Ok(Value::Array(count))
    }

    fn tensor(&mut self) -> Result<Tensor, GgufError> {
        let name = self.text()?;
        let damaged = |what: String| GgufError::Damaged(format!("its tensor {name:?} {what}"));
        let dimensions = self.u32()?;
        if dimensions > MAX_DIMENSIONS {
            return Err(damaged(format!("has {dimensions} dimensions")));
        }
        let mut elements = 1_u64;
        let mut row = 1;
        for index in 0..dimensions {
            let extent = self.u64()?;
            if index == 0 {
                row = extent;
            }
            elements = elements
                .checked_mul(extent)
                .ok_or_else(|| damaged("is larger than any memory".to_owned()))?;
        }
        let kind = self.u32()?;
        let offset = self.u64()?;
        let (block, size) =
            block_layout(kind).ok_or_else(|| damaged(format!("has the unknown type {kind}")))?;
        if !row.is_multiple_of(block) {
            return Err(damaged(format!(
                "has rows of {row} weights, and its type needs a multiple of {block}"
            )));
        }
        let end = (elements / block)
            .checked_mul(size)
            .and_then(|length| length.checked_add(offset))
            .ok_or_else(|| damaged("is larger than any memory".to_owned()))?;
        Ok(Tensor { elements, end, quantised: block > 1 })
    }
}

/// Weights in a block and bytes of a block, by ggml's number of the type (`ggml.h`, `ggml-common.h`).
fn block_layout(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 | 26 => (1, 4),
        1 | 25 | 30 => (1, 2),
        2 | 20 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        9 => (32, 36),
        10 => (256, 84),
        11 | 21 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        15 => (256, 292),
        16 | 35 => (256, 66),
        17 => (256, 74),
        18 => (256, 98),
        19 => (256, 50),
        22 => (256, 82),
        23 => (256, 136),
        24 => (1, 1),
        27 | 28 => (1, 8),
        29 => (256, 56),
        34 => (256, 54),
        39 => (32, 17),
        40 => (64, 36),
        41 => (128, 18),
        42 => (64, 18),
        _ => return None,
    })
}

/// The name of a `general.file_type` (`llama_ftype` in `llama.h`).
fn file_type(kind: u64) -> Option<&'static str> {
    const NAMES: [&str; 42] = [
        "F32",
        "F16",
        "Q4_0",
        "Q4_1",
        "",
        "",
        "",
        "Q8_0",
        "Q5_0",
        "Q5_1",
        "Q2_K",
        "Q3_K_S",
        "Q3_K_M",
        "Q3_K_L",
        "Q4_K_S",
        "Q4_K_M",
        "Q5_K_S",
        "Q5_K_M",
        "Q6_K",
        "IQ2_XXS",
        "IQ2_XS",
        "Q2_K_S",
        "IQ3_XS",
        "IQ3_XXS",
        "IQ1_S",
        "IQ4_NL",
        "IQ3_S",
        "IQ3_M",
        "IQ2_S",
        "IQ2_M",
        "IQ4_XS",
        "IQ1_M",
        "BF16",
        "",
        "",
        "",
        "TQ1_0",
        "TQ2_0",
        "MXFP4_MOE",
        "NVFP4",
        "Q1_0",
        "Q2_0",
    ];
    let name = *NAMES.get(usize::try_from(kind).ok()?)?;
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
#[path = "gguf_tests.rs"]
mod tests;
