//! The texts of the choices, made comparable, and where an answer quotes them.

use crate::fold;
use crate::word::{self, Bounds};

/// Texts of up to this many characters ("no", "yes", "12") occur by chance; they count only at the start of an answer
/// or statement, or alone.
const SHORT: usize = 3;

/// The choices of a sample.
#[derive(Debug)]
pub(super) struct Choices {
    /// Folded like [`comparable`], in order.
    texts: Vec<String>,
}

impl Choices {
    pub(super) fn new(choices: &[&str]) -> Self {
        let comparable = |choice: &&str| strip_end(&comparable(&prepare(choice))).to_owned();
        Self { texts: choices.iter().map(comparable).collect() }
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The choice whose text is all of `text`, a final point and quotation marks aside.
    pub(super) fn equal(&self, text: &str) -> Option<usize> {
        let text = comparable(text);
        let text = strip_end(&text);
        if text.is_empty() {
            return None;
        }
        unique(self.texts.iter().enumerate().filter(|(_, choice)| choice.as_str() == text).map(|(i, _)| i))
    }

    /// The choice with whose text `text` begins, the longest one if several do.
    pub(super) fn begins(&self, text: &str) -> Option<usize> {
        let longest = self.texts.iter().map(String::len).max().unwrap_or(0);
        let start = text.trim_start_matches(|c: char| {
            c.is_whitespace() || matches!(c, '"' | '\'' | '(' | '-' | ':' | '\u{2013}')
        });
        let end = start.floor_char_boundary(start.len().min(longest.saturating_mul(2) + 64));
        let text = comparable(&start[..end]);
        let fits = |choice: &str| {
            !choice.is_empty() && text.starts_with(choice) && word::is_end(&text, choice.len())
        };
        let fitting = self.texts.iter().enumerate().filter(|(_, choice)| fits(choice));
        fitting.max_by_key(|(_, choice)| choice.len()).map(|(index, _)| index)
    }

    /// Whether `text` begins with a choice's text of more than one character.
    pub(super) fn begins_longer_than_letter(&self, text: &str) -> bool {
        self.begins(text).is_some_and(|index| self.texts[index].chars().count() > 1)
    }

    /// The choices whose texts occur in `text`, in order and each once: not inside another choice's text, not right
    /// behind a negation, and not the short ones.
    pub(super) fn mentioned(&self, text: &str) -> Vec<usize> {
        let text = comparable(text);
        let mut spans: Vec<(std::ops::Range<usize>, usize)> = Vec::new();
        for (index, choice) in self.texts.iter().enumerate() {
            if choice.chars().count() > SHORT {
                spans.extend(word::find_all(&text, choice, Bounds::Word).take(64).map(|span| (span, index)));
            }
        }
        let inside = |inner: &std::ops::Range<usize>| {
            spans.iter().any(|(outer, _)| {
                outer.start <= inner.start && inner.end <= outer.end && outer.len() > inner.len()
            })
        };
        let mut found: Vec<usize> = spans
            .iter()
            .filter(|(span, _)| !inside(span) && !is_negated(&text[..span.start]))
            .map(|(_, index)| *index)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The only item, if there is exactly one.
pub(super) fn unique(mut items: impl Iterator<Item = usize>) -> Option<usize> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

/// An answer without what only dresses it: the model's thinking, Markdown, invisible characters; full-width
/// characters as ASCII.
pub(super) fn prepare(answer: &str) -> String {
    let said = answer.rfind("</think>").map_or(answer, |at| &answer[at + "</think>".len()..]);
    let plain = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '«' | '»' | '「' | '」' => '"',
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{3002}' => '.',
        '\u{3001}' => ',',
        '【' => '[',
        '】' => ']',
        c => c,
    };
    let said: String =
        said.chars().filter(|&c| !matches!(c, '*' | '`') && !fold::is_invisible(c)).map(plain).collect();
    said.replace("__", "").trim().to_owned()
}

/// Without regard to case and the width of white space.
fn comparable(text: &str) -> String {
    fold::spaces(fold::lower(text)).into_owned()
}

fn strip_end(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '.' | '"' | '\'' | '!' | ','))
}

fn is_negated(before: &str) -> bool {
    let before = before.trim_end();
    let before = ["the", "a", "an"].iter().find_map(|article| before.strip_suffix(article)).unwrap_or(before);
    let before = before.trim_end();
    ["not", "n't", "never", "neither", "nor", "nicht", "pas", "non", "不是", "не"]
        .iter()
        .any(|no| before.ends_with(no))
}
