//! What went wrong with a template, for the person who wrote it.

use std::fmt;

use minijinja::{Error, ErrorKind};

use crate::suggest::nearest;

/// A template or expression that cannot be read, or cannot be rendered for a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// Line within the template, from 1.
    pub line: usize,
    /// Column within the line in characters, from 1, if known.
    pub column: Option<usize>,
    /// The offending text; empty if unknown.
    pub text: String,
    /// What is wrong, as one plain sentence without position.
    pub message: String,
    /// The known name that may have been meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": {}", self.message)?;
        match &self.suggestion {
            Some(name) => write!(f, "; did you mean `{name}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for TemplateError {}

impl TemplateError {
    /// At a byte range of the source.
    pub(super) fn at(source: &str, range: std::ops::Range<usize>, message: String) -> Self {
        let text = source.get(range.clone()).unwrap_or_default();
        let before = source.get(..range.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: Some(before[line_start..].chars().count() + 1),
            text: text.to_owned(),
            message,
            suggestion: None,
        }
    }

    /// About the template as a whole.
    pub(super) fn whole(message: String) -> Self {
        Self { line: 1, column: None, text: String::new(), message, suggestion: None }
    }

    /// From the engine's error. `missing` are the names that the template uses and the sample lacks, `known` the
    /// names that it has.
    pub(super) fn from_engine<'a>(
        error: &Error,
        source: &str,
        missing: &[&str],
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let range = error.range().filter(|range| source.get(range.clone()).is_some());
        let text = range.clone().map_or("", |range| &source[range]);
        let culprit = match error.kind() {
            ErrorKind::UndefinedError => culprit(text, missing),
            _ => None,
        };
        let (message, range) = match culprit {
            Some(name) => (format!("there is no field `{name}`"), narrow(source, range, name)),
            None => (plain(error, text), range),
        };
        let mut found = match range {
            Some(range) => Self::at(source, range, message),
            None => Self { line: error.line().unwrap_or(1), ..Self::whole(message) },
        };
        found.suggestion = culprit.and_then(|name| nearest(name, known)).map(str::to_owned);
        found
    }
}

/// The missing name that the failing text mentions; with only one missing name it is that one.
fn culprit<'a>(text: &str, missing: &[&'a str]) -> Option<&'a str> {
    let mentioned = missing.iter().copied().find(|name| position(text, name).is_some());
    mentioned.or(if text.is_empty() { missing.first().copied() } else { None })
}

/// The byte position of a name as a whole word.
fn position(text: &str, name: &str) -> Option<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).map(|(at, _)| at).find(|&at| {
        !text[..at].chars().next_back().is_some_and(is_word)
            && !text[at + name.len()..].chars().next().is_some_and(is_word)
    })
}

/// From the range of an expression to the range of the name within it.
fn narrow(source: &str, range: Option<std::ops::Range<usize>>, name: &str) -> Option<std::ops::Range<usize>> {
    let offset = range.as_ref().map_or(0, |range| range.start);
    let text = range.as_ref().map_or(source, |range| &source[range.clone()]);
    match position(text, name) {
        Some(at) => Some(offset + at..offset + at + name.len()),
        None => range,
    }
}

/// The engine's message in plain words.
fn plain(error: &Error, text: &str) -> String {
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        ErrorKind::OutOfFuel => "the template does too much work; it was stopped".into(),
        ErrorKind::UndefinedError if !text.is_empty() => format!("`{text}` has no value here"),
        ErrorKind::SyntaxError if !detail.is_empty() => detail.to_owned(),
        kind if detail.is_empty() => kind.to_string(),
        _ => detail.to_owned(),
    }
}
