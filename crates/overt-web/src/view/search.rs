//! Looking for a text: in ids, fields, conversations, answers and errors, one sample after the other, until enough is found
//! or enough was read for one request.

use std::borrow::Cow;
use std::ops::ControlFlow;

use overt_eval::Texts;
use serde::Deserialize;
use serde_json::Value;

use super::ViewError;
use super::samples::Samples;

/// How much text one request reads.
const BYTES: usize = 96 << 20;
/// How many samples it reads.
const ROWS: usize = 200_000;
/// How many are read together on the way back.
const CHUNK: usize = 500;

/// What a search has found so far.
#[derive(Debug)]
pub(super) struct Hits {
    /// Positions, ascending.
    pub(super) found: Vec<u64>,
    /// How many of the samples were looked at.
    pub(super) looked_at: usize,
    /// Whether all were.
    pub(super) is_done: bool,
}

/// Looks through samples at ascending positions for a text, until `enough` are found.
pub(super) fn search(samples: &Samples, rows: &[u32], text: &str, enough: usize) -> Result<Hits, ViewError> {
    let needle = Needle::new(text);
    let (mut found, mut looked_at, mut bytes) = (Vec::new(), 0, 0);
    samples.texts(rows.iter().map(|row| u64::from(*row)), |position, texts| {
        looked_at += 1;
        bytes += size(&texts);
        if needle.is_in(&texts) {
            found.push(position);
        }
        if found.len() >= enough || bytes >= BYTES || looked_at >= ROWS {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    Ok(Hits { found, looked_at, is_done: looked_at == rows.len() })
}

/// The last of the samples that has a text, if it is not too far from the end.
pub(super) fn search_back(samples: &Samples, rows: &[u32], text: &str) -> Result<Option<u64>, ViewError> {
    let mut end = rows.len();
    while end > 0 && rows.len() - end < ROWS / 10 {
        let start = end.saturating_sub(CHUNK);
        if let Some(last) = search(samples, &rows[start..end], text, CHUNK)?.found.last() {
            return Ok(Some(*last));
        }
        end = start;
    }
    Ok(None)
}

fn size(texts: &Texts<'_>) -> usize {
    let maybe = |text: Option<&str>| text.map_or(0, str::len);
    texts.id.len() + texts.fields.len() + texts.messages.len() + maybe(texts.output) + maybe(texts.error)
}

/// A text that is looked for, upper and lower case alike.
struct Needle {
    plain: String,
    /// As JSON writes it.
    escaped: String,
}

/// What of a message is looked at.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Cow<'a, str>,
    #[serde(default)]
    tool_calls: Vec<Value>,
}

impl Needle {
    fn new(text: &str) -> Self {
        let plain = text.to_lowercase();
        let escaped = Value::from(plain.as_str()).to_string();
        let escaped = escaped.get(1..escaped.len() - 1).unwrap_or_default().to_owned();
        Self { plain, escaped }
    }

    fn is_in(&self, texts: &Texts<'_>) -> bool {
        self.fits(texts.id)
            || texts.output.is_some_and(|text| self.fits(text))
            || texts.error.is_some_and(|text| self.fits(text))
            || self.is_in_messages(texts.messages)
            || self.is_in_fields(texts.fields)
    }

    fn fits(&self, text: &str) -> bool {
        contains(text, &self.plain)
    }

    /// The JSON is looked through first, and only read where that finds something: it may have been the name of a key.
    fn is_in_messages(&self, json: &str) -> bool {
        contains(json, &self.escaped)
            && serde_json::from_str::<Vec<Message<'_>>>(json).is_ok_and(|messages| {
                let called = |call: &Value| self.is_in_value(call);
                messages
                    .iter()
                    .any(|message| self.fits(&message.content) || message.tool_calls.iter().any(called))
            })
    }

    fn is_in_fields(&self, json: &str) -> bool {
        contains(json, &self.escaped)
            && serde_json::from_str::<Value>(json).is_ok_and(|fields| self.is_in_value(&fields))
    }

    fn is_in_value(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.fits(text),
            Value::Array(items) => items.iter().any(|item| self.is_in_value(item)),
            Value::Object(fields) => fields.values().any(|field| self.is_in_value(field)),
            Value::Number(number) => self.fits(&number.to_string()),
            Value::Bool(_) | Value::Null => false,
        }
    }
}

fn contains(text: &str, lower: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(lower);
    }
    let Some((first, rest)) = lower.as_bytes().split_first() else { return true };
    let bytes = text.as_bytes();
    let Some(last) = bytes.len().checked_sub(lower.len()) else { return false };
    (0..=last).any(|at| {
        bytes[at].to_ascii_lowercase() == *first && bytes[at + 1..at + lower.len()].eq_ignore_ascii_case(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_and_names_of_keys_are_not() {
        let texts = Texts {
            id: "Q-17",
            fields: r#"{"topic":"Geo\"graphy","n":12,"list":["Añb"]}"#,
            messages: r#"[{"role":"user","content":"Say \"yes\"\nnow","tool_calls":[{"name":"f","arguments":"{\"x\":1}"}]}]"#,
            output: Some("Straße 5"),
            error: None,
        };
        let found = |text| Needle::new(text).is_in(&texts);
        for text in ["q-17", "GEO\"graphy", "12", "añB", "\"YES\"\nnow", "STRAße", "{\"x\":1}", ""] {
            assert!(found(text), "{text}");
        }
        for text in ["content", "role", "tool_calls", "topic", "q-18", "yes now"] {
            assert!(!found(text), "{text}");
        }
    }
}
