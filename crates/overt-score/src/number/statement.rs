//! Which of an answer's numbers it states as its result.
//!
//! 1. The number behind the last of these marks: `####`, `\boxed{`, `answer:`, `answer is` and their kin, in a dozen
//!    languages; with an equation behind the mark, the number after its last equals sign.
//! 2. Without a mark, the last number of the text; numbers with one of the task's units go before others, numbers
//!    before list markers.
//! 3. Without a number in digits, the last one in English words.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::literal::{self, Literal};
use super::named;
use super::units::Units;
use crate::word::is_unspaced;

/// A number that an answer states, and where it was found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stated {
    /// In the target's unit.
    pub(super) literal: Literal,
    /// The words of the answer.
    pub(super) text: String,
    /// Anything remarkable about the reading.
    pub(super) how: Option<&'static str>,
}

/// Marks of a result. What follows them up to the end of the line is the statement.
static MARK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\#{4}|\\boxed\s*\{|\b(?:answer|result|solution|total|antwort|ergebnis|réponse|respuesta|risposta|resposta|",
        r"resultado|risultato|résultat|ответ|odpowiedź|cevap)\**\s*(?:\**\s*[:=]|\s(?:is|ist|est|es|è|é|would be|equals)\b)",
        r"|(?:答案|答え|答|정답)\s*(?:是|为|為|は|[:：])|الإجابة\s*(?:هي|:)",
    ))
    .ok()
});

/// The number that `text` states, in the unit of the target.
pub(super) fn stated(text: &str, units: &Units) -> Option<Stated> {
    let text = ascii_digits(text);
    marked(&text, units).or_else(|| last(&text, units)).or_else(|| in_words(&text, units))
}

/// The number behind the last mark that has one.
fn marked(text: &str, units: &Units) -> Option<Stated> {
    let marks: Vec<usize> = MARK.as_ref()?.find_iter(text).map(|mark| mark.end()).collect();
    marks.iter().rev().take(16).find_map(|&from| {
        let statement = statement(&text[from..]);
        let result = statement.rfind('=').map_or(statement, |equals| &statement[equals..]);
        let found = candidates(result, units).next().or_else(|| candidates(statement, units).next());
        match found {
            Some(found) => Some(found.stated(Some("read behind the mark of a result"))),
            None => in_words(statement, units),
        }
    })
}

/// What belongs to a mark: the rest of its line, or the next line that is not empty.
fn statement(behind: &str) -> &str {
    let start = behind.len() - behind.trim_start_matches(|c: char| c.is_whitespace() || c == '*').len();
    let line = behind[start..].find('\n').map_or(behind.len(), |length| start + length);
    // A "line" can be the whole text; a result stands near its mark.
    &behind[..behind.floor_char_boundary(line.min(start + 400))]
}

fn last(text: &str, units: &Units) -> Option<Stated> {
    let mut best: Option<Candidate<'_>> = None;
    for found in candidates(text, units) {
        let better = best.as_ref().is_none_or(|best| found.rank(units) >= best.rank(units));
        if better {
            best = Some(found);
        }
    }
    best.map(|found| found.stated(None))
}

fn in_words(text: &str, units: &Units) -> Option<Stated> {
    let (value, range) = named::last(text)?;
    let rest = &text[range.end..];
    let space = rest.len() - rest.trim_start().len();
    let factor = units.at(&rest[space..]).map_or(1.0, |(factor, _)| factor);
    let literal = Literal { value: value * factor, percent: false };
    Some(Stated { literal, text: text[range].to_owned(), how: Some("read from words") })
}

/// One number of a text.
struct Candidate<'a> {
    literal: Literal,
    text: &'a str,
    has_unit: bool,
    is_list_marker: bool,
}

impl Candidate<'_> {
    /// Numbers of a higher rank are preferred, whatever their place.
    fn rank(&self, units: &Units) -> u8 {
        match (self.is_list_marker, self.has_unit && !units.is_empty()) {
            (true, _) => 0,
            (false, false) => 1,
            (false, true) => 2,
        }
    }

    fn stated(self, how: Option<&'static str>) -> Stated {
        Stated { literal: self.literal, text: self.text.to_owned(), how }
    }
}

/// The numbers of a text, in order.
fn candidates<'a>(text: &'a str, units: &'a Units) -> impl Iterator<Item = Candidate<'a>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + text.get(from..)?.find(begins_number)?;
            let Some((at, (literal, end))) = number_at(text, start) else {
                from = past_token(text, start);
                continue;
            };
            let rest = &text[end..];
            let space = rest.len() - rest.trim_start_matches([' ', '\u{a0}', '\u{202f}']).len();
            let unit = units.at(&rest[space..]);
            let end_of_unit = unit.map_or(end, |(_, length)| end + space + length);
            from = end_of_unit.max(start + 1);
            let value = literal.value * unit.map_or(1.0, |(factor, _)| factor);
            return Some(Candidate {
                literal: Literal { value, ..literal },
                text: &text[at..end_of_unit],
                has_unit: unit.is_some(),
                is_list_marker: is_list_marker(text, at, end),
            });
        }
    })
}

fn begins_number(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '¼'..='¾' | '⅓'..='⅞' | '\\')
}

/// Reads the number whose first digit (or fraction) stands at `start`, with what belongs to it in front: a leading
/// point, a currency sign, a sign. Returns where it begins. Digits within a word (`x2`, `H2O`) are no number.
fn number_at(text: &str, start: usize) -> Option<(usize, (Literal, usize))> {
    if text[start..].starts_with('\\')
        && !["\\frac", "\\dfrac", "\\tfrac"].iter().any(|f| text[start..].starts_with(f))
    {
        return None;
    }
    let mut at = start;
    let before = |at: usize| text[..at].chars().next_back();
    let is_name = |c: char| (c.is_alphabetic() && !is_unspaced(c)) || c == '_';
    if before(at).is_some_and(is_name) {
        return None;
    }
    if before(at) == Some('.') && !before(at - 1).is_some_and(|c| c.is_alphanumeric() || c == '.') {
        at -= 1;
    }
    if let Some(c @ ('$' | '€' | '£' | '¥')) = before(at) {
        at -= c.len_utf8();
    }
    if let Some(sign @ ('-' | '+' | '\u{2212}' | '\u{2013}')) = before(at) {
        // In `3-5` and `covid-19` the dash is no sign; an en dash is one only at the start of a word.
        let earlier = before(at - sign.len_utf8());
        let joins = earlier.is_some_and(|c| c.is_alphanumeric() || matches!(c, ')' | ']' | '%'));
        if !joins {
            at -= sign.len_utf8();
        }
    }
    literal::read(text, at).map(|read| (at, read))
}

/// Past digits and letters that are no number.
fn past_token(text: &str, start: usize) -> usize {
    let first = text[start..].chars().next().map_or(1, char::len_utf8);
    let rest = &text[start + first..];
    start + first + rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len())
}

/// Whether the number only counts an item of a list or a step: `2.` or `2)` before text at the start of a line.
fn is_list_marker(text: &str, at: usize, end: usize) -> bool {
    // A marker stands near its line's start; looking further back would be quadratic in a long line.
    let near = text.floor_char_boundary(at.saturating_sub(32));
    let line_start = match text[near..at].rfind('\n') {
        Some(newline) => near + newline + 1,
        None if near == 0 => 0,
        None => return false,
    };
    let before = text[line_start..at].trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '#'));
    let number = &text[at..end];
    let is_short = number.len() <= 3 && number.bytes().all(|byte| byte.is_ascii_digit());
    let opens = before.is_empty() || before.eq_ignore_ascii_case("step");
    if !(is_short && opens) {
        return false;
    }
    let rest = text[end..].trim_start_matches('*');
    let mut rest = rest.chars();
    let closes = matches!(rest.next(), Some('.' | ')' | ':'));
    let rest = rest.as_str().trim_start_matches('*');
    closes && rest.starts_with([' ', '\t']) && rest.trim_start().starts_with(|c: char| !c.is_whitespace())
}

/// Digits of every script as ASCII digits, with the Arabic separators.
fn ascii_digits(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let ascii = |c: char| match c {
        '\u{66b}' | '\u{ff0e}' => '.',
        '\u{66c}' | '\u{ff0c}' => ',',
        c => crate::number::digit(c).map_or(c, |digit| char::from(b'0' + digit)),
    };
    if !text.chars().any(|c| ascii(c) != c) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(ascii).collect())
}
