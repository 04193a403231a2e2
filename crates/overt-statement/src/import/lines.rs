//! A letter's lines, each fit to be shown.

use overt_record::{BadCharacter, BadText, CharacterFault, Text};

use super::{BadLetter, Letter, LetterFault};

/// One line, without its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub(super) number: usize,
    /// How many characters of white space it begins with.
    pub(super) indent: usize,
    /// What it says, without white space at its ends.
    pub(super) words: &'a str,
}

/// A line that begins with a number, as `12. words` and `12) words` do.
pub(super) struct Numbered<'a> {
    pub(super) number: u64,
    pub(super) words: &'a str,
}

/// The lines of a file. None holds characters that a record refuses in prose.
pub(super) fn of(file: &[u8]) -> Result<Vec<Line<'_>>, BadLetter> {
    if file.len() > Letter::MAX_BYTES {
        return Err(BadLetter::TooLarge { found: file.len() });
    }
    let text = str::from_utf8(file).map_err(|error| {
        let before = &file[..error.valid_up_to()];
        LetterFault::NotUtf8.at(1 + before.iter().filter(|byte| **byte == b'\n').count())
    })?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (line, number) in text.split('\n').zip(1..) {
        let line = read(line, number)?;
        // One blank line says as much as a million of them.
        if !(line.is_blank() && lines.last().is_some_and(Line::is_blank)) {
            lines.push(line);
        }
    }
    Ok(lines)
}

fn read(line: &str, number: usize) -> Result<Line<'_>, BadLetter> {
    let line = line.strip_suffix('\r').unwrap_or(line).trim_end_matches(is_space);
    let words = line.trim_start_matches(is_space);
    if !words.is_empty() {
        Text::new(words).map_err(|bad| LetterFault::Words(named(bad, words)).at(number))?;
    }
    let indent = line.chars().count() - words.chars().count();
    Ok(Line { number, indent, words })
}

/// What is wrong, by the character where the words are nothing but white space: what is left of that are controls.
fn named(bad: BadText, words: &str) -> BadText {
    match (bad, words.chars().next()) {
        (BadText::Empty, Some(character)) => {
            BadCharacter { position: 0, character, fault: CharacterFault::Control }.into()
        }
        (bad, _) => bad,
    }
}

/// White space that a file may have for its looks; the other kinds are controls.
fn is_space(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}'
    )
}

/// The words with single ordinary spaces between them.
pub(super) fn single_spaced(words: &str) -> String {
    words.split(is_space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

impl<'a> Line<'a> {
    pub(super) const fn is_blank(&self) -> bool {
        self.words.is_empty()
    }

    pub(super) fn single_spaced(&self) -> String {
        single_spaced(self.words)
    }

    /// The number that the line begins with, and what follows it; numbers beyond 64 bits count as the largest.
    pub(super) fn numbered(&self) -> Option<Numbered<'a>> {
        let after = self.words.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = &self.words[..self.words.len() - after.len()];
        let rest = after.strip_prefix(['.', ')']).filter(|_| !digits.is_empty())?;
        let parted = rest.is_empty() || rest.starts_with(is_space);
        let number = digits.parse().unwrap_or(u64::MAX);
        parted.then(|| Numbered { number, words: rest.trim_start_matches(is_space) })
    }

    /// What follows the bullet that the line begins with.
    pub(super) fn bulleted(&self) -> Option<&'a str> {
        let rest = self.words.strip_prefix(['-', '*', '•', '‣', '▪'])?;
        let words = rest.trim_start_matches(is_space);
        (rest.starts_with(is_space) && !words.is_empty()).then_some(words)
    }
}
