//! The part of an answer in which a refusal shows, made ready for the rules.

use std::fmt::Write as _;

/// The most bytes that are read: an answer that declines says so long before.
const READ: usize = 8 * 1024;

/// How many sentences count as the opening.
const SENTENCES: usize = 4;

/// From this many items on, a list is an answer.
const ITEMS: usize = 3;

/// An answer that goes on for more bytes than this after its opening words says something.
pub(super) const LONG: usize = 500;

/// The opening of an answer.
#[derive(Debug)]
pub(super) struct Opening {
    /// The first sentences: small letters, straight quotation marks, no Markdown, single spaces, and without what
    /// stands in quotation marks, since that is somebody else's refusal.
    pub(super) sentences: Vec<String>,
    /// The whole part that was read, in the same form, but on one line.
    pub(super) text: String,
    items: usize,
    has_code: bool,
}

impl Opening {
    pub(super) fn of(answer: &str) -> Self {
        let said = answer.rfind("</think>").map_or(answer, |at| &answer[at + "</think>".len()..]);
        let read = &said[..said.floor_char_boundary(said.len().min(READ))];
        let plain = plain(read);
        let items = plain.lines().filter(|line| is_item(line)).count();
        let spoken = without_quotations(&plain);
        let mut text = String::with_capacity(spoken.len());
        let mut sentences = Vec::with_capacity(SENTENCES);
        for sentence in sentences_of(&spoken) {
            let before = text.len();
            for word in sentence.split_whitespace() {
                let space = if text.is_empty() { "" } else { " " };
                // Writing to a string can't fail.
                let _ = write!(text, "{space}{word}");
            }
            if sentences.len() < SENTENCES && text.len() > before {
                sentences.push(text[before..].trim_start().to_owned());
            }
        }
        Self { sentences, text, items, has_code: read.contains("```") }
    }

    pub(super) fn has_list_or_code(&self) -> bool {
        self.items >= ITEMS || self.has_code
    }

    pub(super) fn is_long(&self) -> bool {
        self.text.len() > LONG
    }
}

/// Small letters, straight quotation marks, no emphasis, no invisible characters.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2018}' | '\u{2019}' | '\u{2bc}' => out.push('\''),
            '\u{201c}' | '\u{201d}' => out.push('"'),
            '*' | '_' | '`' => {}
            c if crate::fold::is_invisible(c) => {}
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// Without passages in double quotation marks, unless the whole answer is one.
fn without_quotations(text: &str) -> String {
    let trimmed = text.trim();
    if trimmed.starts_with('"') && trimmed.matches('"').count() <= 2 {
        return trimmed.trim_matches('"').to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for (i, part) in text.split('"').enumerate() {
        // Every second part is quoted; a quotation ends with its line, so a stray mark does no harm.
        match part.split_once('\n') {
            Some((_, rest)) if i % 2 == 1 => {
                out.push('\n');
                out.push_str(rest);
            }
            None if i % 2 == 1 => out.push(' '),
            _ => out.push_str(part),
        }
    }
    out
}

/// Pieces that end with a full stop of any script and white space, or with a line.
fn sentences_of(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char, next: Option<char>| match c {
        '\n' | '。' | '！' | '？' => true,
        '.' | '!' | '?' | '؟' | '।' => next.is_none_or(char::is_whitespace),
        _ => false,
    };
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut chars = rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if ends(c, chars.peek().map(|(_, next)| *next)) {
                let (sentence, behind) = rest.split_at(at + c.len_utf8());
                rest = behind;
                return Some(sentence);
            }
        }
        Some(std::mem::take(&mut rest))
    })
}

fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    let rest = line.strip_prefix(['-', '•', '–']).or_else(|| {
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        if (1..=2).contains(&digits) { line[digits..].strip_prefix(['.', ')', ':']) } else { None }
    });
    rest.is_some_and(|rest| rest.starts_with([' ', '\t']) && !rest.trim().is_empty())
}
