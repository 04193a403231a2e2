//! The one spelling of a value that is in memory already.
//!
//! [`super::to_canonical`] takes whatever serde can write, and has to hold every object back, sort it, and read its keys
//! again. A value can be written in order at once, which matters to a log: it asks of each record that is submitted whether
//! it is spelled so. A test holds the two to the same bytes.

use serde_json::{Number, Value};

use super::{JsonError, MAX_INTEGER, to_canonical};

/// The one spelling of a value (RFC 8785).
pub(crate) fn value_to_canonical(value: &Value) -> Result<Vec<u8>, JsonError> {
    let mut out = Vec::new();
    write(value, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), JsonError> {
    match value {
        Value::Null => out.extend(b"null"),
        Value::Bool(true) => out.extend(b"true"),
        Value::Bool(false) => out.extend(b"false"),
        Value::Number(number) => write_number(number, out)?,
        Value::String(text) => write_text(text, out)?,
        Value::Array(values) => {
            out.push(b'[');
            for (place, value) in values.iter().enumerate() {
                separate(place, out);
                write(value, out)?;
            }
            out.push(b']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            // Section 3.2.3: by UTF-16 units.
            fields.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push(b'{');
            for (place, (key, value)) in fields.into_iter().enumerate() {
                separate(place, out);
                write_text(key, out)?;
                out.push(b':');
                write(value, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn separate(place: usize, out: &mut Vec<u8>) {
    if place > 0 {
        out.push(b',');
    }
}

/// Section 3.2.2.2: serde_json escapes what has to be, in the shortest way, and nothing else.
fn write_text(text: &str, out: &mut Vec<u8>) -> Result<(), JsonError> {
    serde_json::to_writer(out, text).map_err(|error| JsonError::Unwritable(error.to_string()))
}

/// Section 3.2.2.3: integers that a double holds are written as they are; the rest as ECMAScript writes doubles.
fn write_number(number: &Number, out: &mut Vec<u8>) -> Result<(), JsonError> {
    match number.as_i64() {
        Some(integer) if integer.unsigned_abs() <= MAX_INTEGER.unsigned_abs() => {
            out.extend(integer.to_string().as_bytes());
        }
        _ => out.extend(to_canonical(number)?),
    }
    Ok(())
}
