//! JSON of strangers, read so that two readers cannot see two things in it, and written in one way only.
//!
//! RFC 8785 gives every JSON value exactly one spelling, so a signature over the bytes is a signature over the value.
//! That holds only where reading is as strict: an object with a key twice, a number beyond what a double holds exactly, or
//! half a surrogate pair means different things to different programs, and none of them is read here.
//!
//! [`parse_canonical`] is for what overt signs, [`parse`] for what it keeps unsigned, [`parse_foreign`] for files that other
//! programs wrote, where any finite number may stand.

mod canonical;

use std::fmt;

use serde::Serialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

pub(crate) use self::canonical::value_to_canonical;

/// How deep arrays and objects may nest: `[[]]` is two deep.
pub const MAX_DEPTH: usize = 64;

/// The largest integer that every JSON program reads as the same number: 2^53 - 1 (RFC 7493, section 2.2).
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

/// Why bytes are not the JSON that is read here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// More bytes than the reader takes.
    #[error("the JSON has {found} bytes; at most {limit} are read")]
    TooLarge {
        /// How many there are.
        found: usize,
        /// How many are read.
        limit: usize,
    },
    /// Not JSON, or JSON that programs read differently. The text says what and where.
    #[error("not JSON that every program reads alike: {0}")]
    Invalid(String),
    /// Valid, but not in the one spelling of RFC 8785.
    #[error(
        "not canonical JSON (RFC 8785): the first difference is at byte {at}; whoever signs writes it canonically"
    )]
    NotCanonical {
        /// The first byte, from 0, that the canonical spelling has otherwise.
        at: usize,
    },
    /// A value that JSON cannot hold.
    #[error("cannot be written as JSON: {0}")]
    Unwritable(String),
}

/// Reads JSON whose only numbers are integers within ±[`MAX_INTEGER`], without a key twice in one object, at most
/// [`MAX_DEPTH`] deep and at most `limit` bytes long.
pub fn parse(bytes: &[u8], limit: usize) -> Result<Value, JsonError> {
    read(bytes, limit, Numbers::Integers)
}

/// Reads what [`parse`] reads, and only in its canonical spelling.
pub fn parse_canonical(bytes: &[u8], limit: usize) -> Result<Value, JsonError> {
    let value = parse(bytes, limit)?;
    match first_difference(bytes, &value_to_canonical(&value)?) {
        None => Ok(value),
        Some(at) => Err(JsonError::NotCanonical { at }),
    }
}

/// Reads JSON that another program wrote: as [`parse`], but any finite number may stand in it. A decimal that a double
/// does not hold exactly comes out rounded.
pub fn parse_foreign(bytes: &[u8], limit: usize) -> Result<Value, JsonError> {
    read(bytes, limit, Numbers::Finite)
}

/// The one spelling of a value (RFC 8785).
pub fn to_canonical(value: &impl Serialize) -> Result<Vec<u8>, JsonError> {
    serde_json_canonicalizer::to_vec(value).map_err(|error| JsonError::Unwritable(error.to_string()))
}

/// Whether the bytes are JSON in its one spelling (RFC 8785), with any finite numbers: scores of samples have decimals.
///
/// It takes a reader that rounds no number wrongly, serde_json's `float_roundtrip`.
pub fn is_canonical(bytes: &[u8]) -> bool {
    let canonical = parse_foreign(bytes, bytes.len()).and_then(|value| value_to_canonical(&value));
    canonical.is_ok_and(|canonical| canonical == bytes)
}

fn first_difference(found: &[u8], canonical: &[u8]) -> Option<usize> {
    let common = found.iter().zip(canonical).take_while(|(a, b)| a == b).count();
    (found.len() != canonical.len() || common < found.len()).then_some(common)
}

fn read(bytes: &[u8], limit: usize, numbers: Numbers) -> Result<Value, JsonError> {
    if bytes.len() > limit {
        return Err(JsonError::TooLarge { found: bytes.len(), limit });
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    Strict { depth: 0, numbers }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|error| JsonError::Invalid(error.to_string()))
}

/// Which numbers may stand.
#[derive(Clone, Copy)]
enum Numbers {
    Integers,
    Finite,
}

/// Reads one value that stands inside `depth` arrays and objects.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
    numbers: Numbers,
}

impl Strict {
    fn inside<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.depth {
            MAX_DEPTH => Err(E::custom(format_args!("nested deeper than {MAX_DEPTH}"))),
            depth => Ok(Self { depth: depth + 1, ..self }),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        match self.numbers {
            Numbers::Integers if value < -MAX_INTEGER => Err(too_large(value)),
            _ => Ok(value.into()),
        }
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        match self.numbers {
            Numbers::Integers if value > MAX_INTEGER.unsigned_abs() => Err(too_large(value)),
            _ => Ok(value.into()),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        match (self.numbers, Number::from_f64(value)) {
            (Numbers::Finite, Some(number)) => Ok(Value::Number(number)),
            _ => Err(E::custom(format_args!(
                "the number {value:e} is not an integer within ±(2^53 - 1); decimals and larger integers are written as strings"
            ))),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut values = Vec::new();
        while let Some(value) = array.next_element_seed(inside)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut values = Map::new();
        while let Some(key) = object.next_key::<String>()? {
            match values.entry(key) {
                Entry::Vacant(place) => {
                    place.insert(object.next_value_seed(inside)?);
                }
                Entry::Occupied(taken) => {
                    let key = clip(taken.key());
                    return Err(A::Error::custom(format_args!("the key {key:?} stands twice")));
                }
            }
        }
        Ok(Value::Object(values))
    }
}

fn too_large<E: serde::de::Error>(value: impl fmt::Display) -> E {
    E::custom(format_args!("the integer {value} is outside ±(2^53 - 1); it is written as a string"))
}

fn clip(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests;
