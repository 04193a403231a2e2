//! From the text of an answer to the choice that it names.
//!
//! The ways of answering are tried from the clearest to the vaguest, and the first that says something decides:
//! the answer is nothing but a choice; it states one (the last statement counts); it opens with a letter or a
//! choice's text; exactly one choice is mentioned.

use std::sync::LazyLock;

use regex::Regex;

pub(super) use super::options::Choices;

use super::letters::{self, letter_at};
use super::options::prepare;
use super::statements::last_statement;

/// What an answer names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// One choice.
    Chosen {
        index: usize,
        /// Where it was read.
        how: &'static str,
    },
    /// Several, or something that is no choice; the text says what.
    Contradiction(&'static str),
    /// None.
    Nothing,
}

impl Reading {
    fn or_else(self, next: impl FnOnce() -> Self) -> Self {
        if self == Self::Nothing { next() } else { self }
    }
}

/// Reads the choice that an answer names.
pub(super) fn read(answer: &str, choices: &Choices) -> Reading {
    let text = prepare(answer);
    alone(&text, choices)
        .or_else(|| last_statement(&text, choices))
        .or_else(|| opening(&text, choices))
        .or_else(|| mentions(&text, choices))
}

/// An answer that is nothing but a letter or a choice's text, or letters that contradict each other.
fn alone(text: &str, choices: &Choices) -> Reading {
    static SEVERAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^[(\[]?[A-Z][)\].]*(?:(?:\s*(?:[,/&+]|\b(?:and|or)\b)\s*|\s+)(?:and\s+|or\s+)?[(\[]?[A-Z][)\].]*)+$")
            .ok()
    });
    let how = "the answer is nothing but the choice";
    if let Some(letter) = letter_at(text, choices)
        && text[letter.end..].trim_matches(|c: char| !c.is_alphanumeric()).is_empty()
        && letter.delimited
    {
        return letters::judge(letter, "", choices, how);
    }
    if let Some(index) = choices.equal(text) {
        return Reading::Chosen { index, how };
    }
    if text.len() < 200 && SEVERAL.as_ref().is_some_and(|several| several.is_match(text)) {
        let mut letters: Vec<char> = text.chars().filter(char::is_ascii_uppercase).collect();
        letters.dedup();
        if letters.len() > 1 {
            return Reading::Contradiction("the answer names several choices");
        }
    }
    Reading::Nothing
}

/// An answer that opens with a choice and goes on: `B) Paris`, `B. Because …`, `Paris, since …`.
fn opening(text: &str, choices: &Choices) -> Reading {
    if lists_choices(text, choices) {
        return Reading::Contradiction("the answer lists several choices and states none");
    }
    let how = "read from the answer's opening";
    let first_line = text.lines().next().unwrap_or_default();
    if let Some(index) = choices.equal(first_line) {
        return Reading::Chosen { index, how };
    }
    if !choices.begins_longer_than_letter(text)
        && let Some(letter) = letter_at(text, choices)
        && (letter.index < choices.len() || letter.delimited)
    {
        return letters::judge(letter, &text[letter.end..], choices, how);
    }
    match choices.begins(text) {
        Some(index) if choices.mentioned(first_line).iter().all(|other| *other == index) => {
            Reading::Chosen { index, how }
        }
        _ => Reading::Nothing,
    }
}

/// Whether the answer lists choices one after the other, as a model does that repeats the question: `A) … B) …`.
fn lists_choices(text: &str, choices: &Choices) -> bool {
    static ITEM: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?:^|\s)[(\[]?([A-Za-z])[).\]:]\s*\S").ok());
    let letters: Vec<usize> = ITEM
        .as_ref()
        .into_iter()
        .flat_map(|item| item.captures_iter(text))
        .filter_map(|item| item.get(1)?.as_str().bytes().next())
        .map(|letter| usize::from(letter.to_ascii_uppercase() - b'A'))
        .filter(|index| *index < choices.len())
        .take(64)
        .collect();
    letters.len() > 1 && letters.windows(2).all(|pair| pair[1] == pair[0] + 1)
}

/// An answer that mentions exactly one choice, by letter or by text.
fn mentions(text: &str, choices: &Choices) -> Reading {
    let letters = mentioned_letters(text, choices);
    let texts = choices.mentioned(text);
    match (letters.as_slice(), texts.as_slice()) {
        ([], []) => Reading::Nothing,
        ([index], []) => Reading::Chosen { index: *index, how: "the only letter that the answer mentions" },
        ([], [index]) => {
            Reading::Chosen { index: *index, how: "the only choice whose text the answer contains" }
        }
        ([letter], [text]) if letter == text => {
            Reading::Chosen { index: *letter, how: "the only choice that the answer mentions" }
        }
        _ => Reading::Contradiction("the answer mentions several choices and states none"),
    }
}

/// Letters that are set apart: `(B)`, `option B`; in a short answer also a bare `B`.
fn mentioned_letters(text: &str, choices: &Choices) -> Vec<usize> {
    static SET_APART: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"\(([A-Z])\)|\[([A-Z])\]|"([A-Z])"|\b(?i:option|choice|answer|letter)\s+["'(]?(?:([B-HJ-Z])\b|([AI])\b(?:[^\w\s']|\s*$|\s+(?:is|because|as|since)\b))"#)
            .ok()
    });
    static BARE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?:^|\s)(?:([B-HJ-Z])(?:[.,;:!?)]|\s|$)|(A)(?:[.,;:!?)]*\s*$))").ok());
    let is_short = text.split_whitespace().take(9).count() <= 8;
    let patterns = [SET_APART.as_ref(), BARE.as_ref().filter(|_| is_short)];
    let mut found: Vec<usize> = patterns
        .into_iter()
        .flatten()
        .flat_map(|pattern| pattern.captures_iter(text))
        .filter_map(|captures| captures.iter().skip(1).flatten().next()?.as_str().bytes().next())
        .map(|letter| usize::from(letter - b'A'))
        .filter(|index| *index < choices.len())
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}
