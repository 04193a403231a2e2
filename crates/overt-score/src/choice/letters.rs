//! A choice's letter at a given place of an answer: `B`, `(B)`, `b)`, `"B"`, `\text{B}`, `option B`.
//!
//! The trap is English: `A` is an article and `I` a pronoun, so neither counts as a letter before an ordinary word.

use std::sync::LazyLock;

use regex::Regex;

use super::options::Choices;
use super::reading::Reading;
use crate::word::{is_unspaced, is_word_char};

/// Words that may stand between "the answer is" and the letter.
static FILLER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?:(?:the|The|die|la|le|el|il|o)\s+|(?i:(?:most|both|either|clearly|definitely|probably|likely|best|correct|right|",
        r"answer|option|choice|letter|option|opción|opção|opzione|lettre|letra|buchstabe|вариант|选项|選項|選択肢)\s+",
        r"|(?:option|choice|letter|选项|選項|選択肢|вариант)\s*[:(]?\s*|(?:is|ist|est|es|è|é)\b\s*))+",
    ))
    .ok()
});

/// What joins two letters, so that the answer names several choices.
static AND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:(?:,\s*)?(?:and|or|und|oder|et|ou|y|o|e|и|或|和|および|または)\s*|[/&+,]\s*)(?i:option\s+|choice\s+)?([(\[]?)([A-Z])\b([)\].,]|$|\s+(?:and|or)\b)?")
        .ok()
});

/// Words that may follow `A` or `I` where they are letters.
const AFTER_LETTER: [&str; 24] = [
    "because", "since", "as", "and", "or", "but", "which", "is", "for", "given", "due", "would", "seems",
    "with", "weil", "parce", "porque", "perché", "pois", "car", "da", "denn", "so", "based",
];

/// A letter that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    /// The choice's index; may lie beyond the choices.
    pub(super) index: usize,
    /// Where what follows the letter and its brackets begins.
    pub(super) end: usize,
    /// Whether something sets it apart: a bracket, a point, the end of the line.
    pub(super) delimited: bool,
}

/// Reads a letter at the start of `text`.
pub(super) fn letter_at(text: &str, choices: &Choices) -> Option<Letter> {
    let inner = text
        .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '(' | '[' | '{' | '"' | '\'' | ':'));
    let inner = ["\\text{", "\\textbf{", "\\mathrm{", "\\mathbf{", "\\boxed{"]
        .iter()
        .find_map(|command| inner.strip_prefix(command))
        .unwrap_or(inner);
    let opened =
        inner.len() < text.len() && text[..text.len() - inner.len()].contains(['(', '[', '{', '"', '\'']);
    let letter = inner.chars().next().filter(char::is_ascii_alphabetic)?;
    let behind = &inner[1..];
    let index = usize::from(u8::try_from(letter).ok()?.to_ascii_uppercase() - b'A');
    if letter.eq_ignore_ascii_case(&'i') && index >= choices.len() {
        return None; // the pronoun
    }
    let closed =
        behind.len() - behind.trim_start_matches([')', ']', '}', '"', '\'', '.', ':', ',', ';', '!']).len();
    let delimited = is_delimited(behind, closed, opened)?;
    let end = text.len() - behind.len() + closed;
    let found = Letter { index, end, delimited };
    if delimited || stands_alone(letter, &text[end..], index, choices) { Some(found) } else { None }
}

/// Whether a delimiter follows the letter; `None` if the letter only begins a word.
fn is_delimited(behind: &str, closed: usize, opened: bool) -> Option<bool> {
    let next = behind.chars().next();
    match next {
        None | Some('\n' | '\r') => return Some(true),
        Some('\'') if !opened => return None, // I'm, d'accord
        Some(c) if is_word_char(c) && !is_unspaced(c) => return None,
        _ => {}
    }
    if closed == 0 {
        let rest = behind.trim_start_matches([' ', '\t']);
        let ends = rest.is_empty() || rest.starts_with(['\n', '\r']);
        let dash = rest.len() < behind.len() && rest.starts_with(['-', '\u{2013}', '\u{2014}', '=']);
        return Some(ends || dash);
    }
    // `A.I.`, `e.g.`: a point with a letter right behind it is an abbreviation.
    let abbreviation =
        behind.starts_with('.') && behind[1..].starts_with(|c: char| c.is_alphanumeric() && !is_unspaced(c));
    if abbreviation { None } else { Some(true) }
}

/// Whether a letter without a delimiter can be one.
fn stands_alone(letter: char, rest: &str, index: usize, choices: &Choices) -> bool {
    if !letter.is_ascii_uppercase() {
        return false;
    }
    if !matches!(letter, 'A' | 'I' | 'O') {
        return true;
    }
    let next: String = rest.trim_start().chars().take_while(|c| c.is_alphabetic()).collect();
    AFTER_LETTER.iter().any(|word| next.eq_ignore_ascii_case(word)) || choices.begins(rest) == Some(index)
}

/// Reads what a statement says: a letter, alone or with the choice's text behind it; several letters contradict each
/// other, as do a letter and the text of another choice.
pub(super) fn stated(text: &str, choices: &Choices, how: &'static str) -> Reading {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == ':');
    if choices.begins_longer_than_letter(text) {
        return Reading::Nothing; // the text of a choice that itself begins like a letter: "A cat"
    }
    let without_filler =
        FILLER.as_ref().and_then(|filler| filler.find(text)).map_or(text, |filler| &text[filler.end()..]);
    let found = letter_at(text, choices).map(|letter| (letter, text));
    let Some((letter, text)) =
        found.or_else(|| letter_at(without_filler, choices).map(|letter| (letter, without_filler)))
    else {
        return Reading::Nothing;
    };
    judge(letter, &text[letter.end..], choices, how)
}

/// What a letter means, together with what follows it.
pub(super) fn judge(letter: Letter, rest: &str, choices: &Choices, how: &'static str) -> Reading {
    if letter.index >= choices.len() {
        return Reading::Contradiction("the answer names a letter that is none of the choices");
    }
    let joined = AND.as_ref().and_then(|and| and.captures(rest));
    if let Some(other) = joined.and_then(|captures| other_letter(&captures, rest))
        && other != letter.index
        && other < choices.len()
    {
        return Reading::Contradiction("the answer names several choices");
    }
    match choices.begins(rest) {
        Some(text) if text != letter.index && letter.delimited => {
            Reading::Contradiction("the answer names one choice by its letter and another by its text")
        }
        _ => Reading::Chosen { index: letter.index, how },
    }
}

/// The second letter of `B or C`. Behind a mere comma it has to be set apart: in `B, A is wrong` it is not.
fn other_letter(captures: &regex::Captures<'_>, rest: &str) -> Option<usize> {
    let letter = captures.get(2)?.as_str().bytes().next()?;
    let joint = rest.trim_start();
    let by_comma = joint.starts_with(',') && !joint[1..].trim_start().starts_with(['a', 'o', 'u', 'e', 'y']);
    if by_comma && captures.get(3).is_none() {
        return None;
    }
    Some(usize::from(letter - b'A'))
}
