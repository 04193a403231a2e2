//! What holds for an answer as a whole: its case, its beginning and end, its alphabet.

use serde_json::Value;

use super::counting::words;
use crate::fold;
use crate::number::digit;

pub(super) fn avoids_letter(answer: &str, letter: char) -> bool {
    let letter: Vec<char> = letter.to_lowercase().collect();
    !answer.chars().any(|c| c.to_lowercase().eq(letter.iter().copied()))
}

pub(super) fn starts_with(answer: &str, text: &str) -> bool {
    plain(answer).starts_with(&plain(text))
}

pub(super) fn ends_with(answer: &str, text: &str) -> bool {
    plain(answer).ends_with(&plain(text))
}

/// Straight apostrophes and quotation marks, folded white space: what differs between keyboards.
fn plain(text: &str) -> String {
    let straight = |c: char| match c {
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        c => c,
    };
    let text: String = fold::nfc(text).chars().map(straight).collect();
    fold::spaces(text.into()).into_owned()
}

pub(super) fn is_uppercase(answer: &str) -> bool {
    answer.chars().any(char::is_uppercase) && !answer.chars().any(char::is_lowercase)
}

pub(super) fn is_lowercase(answer: &str) -> bool {
    answer.chars().any(char::is_lowercase) && !answer.chars().any(char::is_uppercase)
}

/// JSON, bare or as one fenced block.
pub(super) fn is_json(answer: &str, keys: &[String]) -> bool {
    let content = answer
        .strip_prefix("```json")
        .or_else(|| answer.strip_prefix("```"))
        .and_then(|rest| rest.strip_suffix("```"))
        .unwrap_or(answer);
    match serde_json::from_str::<Value>(content.trim()) {
        Ok(Value::Object(object)) => keys.iter().all(|key| object.contains_key(key)),
        Ok(_) => keys.is_empty(),
        Err(_) => false,
    }
}

/// Between straight or curved double quotation marks, with something inside.
pub(super) fn is_quoted(answer: &str) -> bool {
    let inner = answer
        .strip_prefix(['"', '\u{201c}', '\u{201e}'])
        .and_then(|rest| rest.strip_suffix(['"', '\u{201c}', '\u{201d}']));
    inner.is_some_and(|inner| !inner.trim().is_empty())
}

/// Commas of any script.
pub(super) fn has_no_commas(answer: &str) -> bool {
    !answer.contains([',', '\u{ff0c}', '\u{3001}', '\u{60c}', '\u{ff64}'])
}

pub(super) fn is_one_of(answer: &str, texts: &[String]) -> bool {
    let comparable = |text: &str| {
        let text = fold::lower(fold::trim(text)).into_owned();
        let end = text.trim_end_matches(['.', '\u{3002}']).len();
        text[..end].trim().to_owned()
    };
    let said = comparable(answer);
    texts.iter().any(|text| comparable(text) == said)
}

pub(super) fn is_digits(answer: &str) -> bool {
    let mut marks = answer.chars().filter(|c| !c.is_whitespace()).peekable();
    marks.peek().is_some() && marks.all(|c| digit(c).is_some())
}

/// The words ascend by their small letters, compared as Unicode orders them. One word alone is in no order.
pub(super) fn is_alphabetical(answer: &str) -> bool {
    let words: Vec<_> = words(answer).map(fold::lower).collect();
    words.len() > 1 && words.is_sorted()
}
