//! Drafts as bytes, and answers by the name of their field.

use serde_json::{Map, Value};

use super::Draft;
use crate::form::{Input, Problem, field_input};

/// The most bytes of a draft's JSON.
pub const MAX_BYTES: usize = 1024 * 1024;

/// The most entries of a list, and the most systems, files and so on.
pub const MAX_ITEMS: usize = 64;

/// Why bytes are no draft.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDraft {
    /// Too many bytes.
    #[error("the draft has {found} bytes; at most {MAX_BYTES} are read")]
    TooLong {
        /// Its length.
        found: usize,
    },
    /// No JSON, an unknown field or a value of another type.
    #[error("the draft cannot be read: {0}; docs/reports.md lists the fields")]
    Malformed(String),
}

impl Draft {
    /// Reads a draft.
    ///
    /// # Errors
    /// When it is too long, no JSON, or has an unknown field or a value of another type.
    pub fn from_json(bytes: &[u8]) -> Result<Self, BadDraft> {
        if bytes.len() > MAX_BYTES {
            return Err(BadDraft::TooLong { found: bytes.len() });
        }
        let malformed = |error| BadDraft::Malformed(place(&error));
        let value: Value = serde_json::from_slice(bytes).map_err(malformed)?;
        let draft: Self = serde_json::from_slice(bytes).map_err(malformed)?;
        if value.is_array() || is_positional(&value, &draft.to_value()) {
            return Err(BadDraft::Malformed("it has a list where fields have names".to_owned()));
        }
        Ok(draft)
    }

    /// Writes a draft.
    pub fn to_json(&self) -> String {
        self.to_value().to_string()
    }

    pub(crate) fn to_value(&self) -> Value {
        // Structs of strings, numbers and lists: there is nothing in them that JSON can't write.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Answers one field of the form, by its id (`event.title`, `systems.0.name`), with the values that a page or a
    /// command line has: none or an empty one takes the answer back.
    ///
    /// Words are kept as they are, but for line ends, which become `\n`; whether they are right, [`crate::form::check`]
    /// says. A choice that there isn't, a field that there isn't, or one entry too many is refused and changes nothing.
    ///
    /// # Errors
    /// The field with the reason.
    pub fn set(&mut self, field: &str, values: &[&str]) -> Result<(), Problem> {
        let wrong = |reason: String| Problem::wrong(field, reason);
        let input = field_input(field).ok_or_else(|| wrong("the form has no such field".to_owned()))?;
        if values.len() > MAX_ITEMS {
            return Err(wrong(format!("at most {MAX_ITEMS} entries may stand here")));
        }
        let value = to_json(input, values).map_err(wrong)?;
        let mut draft = self.to_value();
        put(&mut draft, field, value).map_err(|reason| wrong(reason.to_owned()))?;
        *self = serde_json::from_value(draft).map_err(|_| wrong("it is none of the choices".to_owned()))?;
        Ok(())
    }
}

/// Whether a list was read as the fields of an object, one after the other: serde allows that, and nobody means it.
fn is_positional(read: &Value, written: &Value) -> bool {
    match (read, written) {
        (Value::Array(_), Value::Object(_)) => true,
        (Value::Array(read), Value::Array(written)) => {
            read.iter().zip(written).any(|(r, w)| is_positional(r, w))
        }
        (Value::Object(read), Value::Object(written)) => {
            read.iter().any(|(name, r)| written.get(name).is_some_and(|w| is_positional(r, w)))
        }
        _ => false,
    }
}

/// An error's kind and place without the words that it met: a draft may hold what must not reach a log.
fn place(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let what = match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Syntax => "it is no JSON",
        _ => "it has an unknown field, or a value of another type",
    };
    format!("{what} (line {line}, column {column})")
}

/// The answer as the draft's JSON writes it; `None` takes it back.
fn to_json(input: Input, values: &[&str]) -> Result<Option<Value>, String> {
    let words = || values.iter().map(|value| value.replace("\r\n", "\n")).filter(|value| !value.is_empty());
    if input.is_many() {
        let list: Vec<Value> = words().map(Value::from).collect();
        return Ok((!list.is_empty()).then_some(Value::Array(list)));
    }
    if values.len() > 1 {
        return Err("it takes one answer".to_owned());
    }
    let Some(word) = words().next() else { return Ok(None) };
    match input {
        Input::YesNo => match word.as_str() {
            "yes" | "true" => Ok(Some(Value::Bool(true))),
            "no" | "false" => Ok(Some(Value::Bool(false))),
            _ => Err("it is answered yes or no".to_owned()),
        },
        Input::Bytes => word
            .parse::<u64>()
            .map(|size| Some(Value::from(size)))
            .map_err(|_| "it is a whole number".to_owned()),
        Input::Measured => Err("it comes from an evaluation's record and is not typed".to_owned()),
        _ => Ok(Some(Value::String(word))),
    }
}

/// Puts a value at a place, making what lies on the way.
fn put(root: &mut Value, path: &str, value: Option<Value>) -> Result<(), &'static str> {
    let mut at = root;
    for (segment, next) in segments(path) {
        let fresh = || {
            if next.parse::<usize>().is_ok() { Value::Array(Vec::new()) } else { Value::Object(Map::new()) }
        };
        at = match at {
            Value::Array(list) => {
                let index: usize = segment.parse().map_err(|_| "it has a number between its words")?;
                if index > list.len() || index >= MAX_ITEMS {
                    return Err("entries are numbered from 0 without gaps, and at most 64");
                }
                if index == list.len() {
                    list.push(fresh());
                }
                &mut list[index]
            }
            Value::Object(fields) => fields.entry(segment).or_insert_with(fresh),
            _ => return Err("the form has no such field"),
        };
    }
    let last = path.rsplit('.').next().unwrap_or(path);
    match (at, value) {
        (Value::Object(fields), Some(value)) => drop(fields.insert(last.to_owned(), value)),
        (Value::Object(fields), None) => drop(fields.remove(last)),
        _ => return Err("the form has no such field"),
    }
    Ok(())
}

/// Each segment of a path but the last, with the one after it.
fn segments(path: &str) -> impl Iterator<Item = (&str, &str)> {
    path.split('.').zip(path.split('.').skip(1))
}
