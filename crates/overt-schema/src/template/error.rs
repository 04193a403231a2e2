//! What went wrong with a template, for the person who wrote it.

use std::fmt;
use std::ops::Range;

use minijinja::{Error, ErrorKind};

use super::FUEL;
use crate::suggest::nearest;

/// A template or expression that cannot be read, or cannot be rendered for a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// The part of the task that holds the template, for example `prompt.user`, if known.
    pub part: Option<String>,
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
        if let Some(part) = &self.part {
            write!(f, "{part}, ")?;
        }
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
    pub(super) fn at(source: &str, range: Range<usize>, message: String) -> Self {
        let text = source.get(range.clone()).unwrap_or_default();
        let before = source.get(..range.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            part: None,
            line: before.matches('\n').count() + 1,
            column: Some(before[line_start..].chars().count() + 1),
            text: text.to_owned(),
            message,
            suggestion: None,
        }
    }

    /// About the template as a whole.
    pub(super) fn whole(message: String) -> Self {
        Self { part: None, line: 1, column: None, text: String::new(), message, suggestion: None }
    }

    /// Says which part of a task holds the template.
    #[must_use]
    pub fn within(self, part: &str) -> Self {
        Self { part: Some(part.to_owned()), ..self }
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
        let undefined = undefined(error, text, missing);
        let (message, range) = match undefined {
            Some(name) if missing.contains(&name) => {
                (format!("there is no field `{name}`"), narrow(source, range, name))
            }
            Some(expression) => {
                (format!("`{expression}` has no value here"), narrow(source, range, expression))
            }
            None => (plain(error), range),
        };
        let mut found = match range {
            Some(range) => Self::at(source, range, message),
            None => Self { line: error.line().unwrap_or(1), ..Self::whole(message) },
        };
        let field = undefined.filter(|name| missing.contains(name));
        found.suggestion = field.and_then(|name| nearest(name, known)).map(str::to_owned);
        found
    }
}

/// The name or expression that turned out to be undefined, if that is the error.
///
/// An engine in debug mode writes it into the detail, between backticks; a bare unknown name has no detail.
fn undefined<'a>(error: &'a Error, text: &'a str, missing: &[&'a str]) -> Option<&'a str> {
    let detail = error.detail().unwrap_or_default();
    let quoted = detail.find("` is undefined").and_then(|end| {
        let start = detail[..end].rfind('`')? + 1;
        Some(&detail[start..end])
    });
    match quoted {
        Some(expression) => Some(expression),
        None if error.kind() != ErrorKind::UndefinedError => None,
        None if text.is_empty() => missing.first().copied(),
        None => Some(text),
    }
}

/// The byte position of a name as a whole word.
pub(crate) fn position(text: &str, name: &str) -> Option<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).map(|(at, _)| at).find(|&at| {
        !text[..at].chars().next_back().is_some_and(is_word)
            && !text[at + name.len()..].chars().next().is_some_and(is_word)
    })
}

/// From the range where the error was noticed to the place of the name: within it, or else the last one before it,
/// since a filter's error points to the filter.
fn narrow(source: &str, range: Option<Range<usize>>, name: &str) -> Option<Range<usize>> {
    let Some(range) = range else {
        return position(source, name).map(|at| at..at + name.len());
    };
    let within = position(&source[range.clone()], name).map(|at| range.start + at);
    let before = || source[..range.start].rfind(name);
    within.or_else(before).map_or(Some(range), |at| Some(at..at + name.len()))
}

/// The engine's message in plain words.
fn plain(error: &Error) -> String {
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        ErrorKind::OutOfFuel if detail.is_empty() => format!(
            "the template does too much work and was stopped after {FUEL} steps: loop over less, or write less"
        ),
        ErrorKind::InvalidOperation if detail == "repeated sequence is too large" => {
            "a list would have more than 100000000 items: repeat it less often".into()
        }
        kind if detail.is_empty() => kind.to_string(),
        _ => detail.to_owned(),
    }
}
