//! Names of filters and tests, checked before anything is rendered: the engine itself would only notice an unknown
//! one when it comes to it, perhaps on the sample whose condition leads there.

use super::{ENGINE, TemplateError};
use crate::suggest::nearest;

/// Where code stands in a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// Between `{{` and `}}`, and between `{%` and `%}`: a template.
    Tags,
    /// Everywhere: an expression.
    Everywhere,
}

/// Refuses unknown filters and tests. The source has been compiled before, so its tags and quotes close.
pub(super) fn check(source: &str, inside: Inside) -> Result<(), TemplateError> {
    match inside {
        Inside::Everywhere => check_code(source, 0, source.len()),
        Inside::Tags => {
            let mut position = 0;
            while let Some((start, end, next)) = next_tag(source, position) {
                check_code(source, start, end)?;
                position = next;
            }
            Ok(())
        }
    }
}

/// The code of the next tag, and where the text after it begins.
fn next_tag(source: &str, from: usize) -> Option<(usize, usize, usize)> {
    let open = from + ["{{", "{%", "{#"].iter().filter_map(|open| find(source, from, open)).min()?;
    let inner = open + 2;
    let closing = match &source[open..inner] {
        "{{" => "}}",
        "{%" => "%}",
        _ => {
            let end = inner + find(source, inner, "#}")?;
            return Some((end, end, end + 2));
        }
    };
    let end = code_end(source, inner, closing);
    let code = source[inner..end].trim_matches(|c: char| c.is_whitespace() || c == '-' || c == '+');
    if closing == "%}" && code == "raw" {
        let after = end + find(source, end, "endraw").unwrap_or(source.len() - end);
        return Some((after, after, after));
    }
    Some((inner, end, (end + 2).min(source.len())))
}

fn find(source: &str, from: usize, what: &str) -> Option<usize> {
    source.get(from..)?.find(what)
}

/// Where a tag closes, texts in quotes skipped.
fn code_end(source: &str, from: usize, closing: &str) -> usize {
    let mut quote = None;
    let mut escaped = false;
    for (offset, c) in source[from..].char_indices() {
        let closes = quote.is_none() && source[from + offset..].starts_with(closing);
        match quote {
            _ if closes => return from + offset,
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            _ => {}
        }
    }
    source.len()
}

/// Looks for `| name` and `is [not] name`.
fn check_code(source: &str, start: usize, end: usize) -> Result<(), TemplateError> {
    let tokens = tokens(source, start, end);
    for (position, token) in tokens.iter().enumerate() {
        let before = position.checked_sub(1).map(|before| tokens[before].text);
        let is_filter = before == Some("|");
        let mut earlier =
            tokens[..position].iter().rev().map(|token| token.text).skip_while(|text| *text == "not");
        let is_test = earlier.next() == Some("is") && earlier.next() != Some(".") && token.text != "not";
        if !token.is_name || !(is_filter || is_test) {
            continue;
        }
        let (expression, word, names) = if is_filter {
            (format!("0|{}", token.text), "filter", FILTERS)
        } else {
            (format!("0 is {}", token.text), "test", TESTS)
        };
        if !knows(&expression) {
            let message = format!("there is no {word} `{}`", token.text);
            let mut error = TemplateError::at(source, token.start..token.start + token.text.len(), message);
            error.suggestion = nearest(token.text, names.iter().copied()).map(str::to_owned);
            return Err(error);
        }
    }
    Ok(())
}

/// A piece of code: a name, or one other character. Texts in quotes are left out.
struct Token<'s> {
    text: &'s str,
    start: usize,
    is_name: bool,
}

fn tokens(source: &str, start: usize, end: usize) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut position = start;
    while let Some(c) = source[position..end].chars().next() {
        let rest = &source[position..end];
        let is_name = c.is_alphabetic() || c == '_';
        let length = match c {
            '"' | '\'' => 1 + quoted_length(&rest[1..], c),
            _ if is_name => rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len()),
            _ => c.len_utf8(),
        };
        // A text in quotes stays as its opening quote, so that what stands around it does not become neighbours.
        let shown = if c == '"' || c == '\'' { 1 } else { length };
        if !c.is_whitespace() {
            tokens.push(Token { text: &rest[..shown], start: position, is_name });
        }
        position += length;
    }
    tokens
}

/// The length of a text in quotes from after its opening quote to after its closing one.
fn quoted_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (offset, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return offset + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Whether the engine knows the filter or test of an expression, whatever else is wrong with it.
fn knows(expression: &str) -> bool {
    use minijinja::ErrorKind::{UnknownFilter, UnknownTest};
    let evaluated = ENGINE.compile_expression(expression).and_then(|expression| expression.eval(()));
    !evaluated.is_err_and(|error| matches!(error.kind(), UnknownFilter | UnknownTest))
}

/// Filters that a misspelt name may mean.
const FILTERS: &[&str] = &[
    "abs",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "count",
    "default",
    "dictsort",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
];

/// Tests that a misspelt name may mean.
const TESTS: &[&str] = &[
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "even",
    "false",
    "float",
    "ge",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
    "upper",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_is_suggested_is_known() {
        for name in FILTERS {
            assert!(knows(&format!("0|{name}")), "{name}");
        }
        for name in TESTS {
            assert!(knows(&format!("0 is {name}")), "{name}");
        }
        assert!(!knows("0|nonsense") && !knows("0 is nonsense"));
    }
}
