//! Counting words, sentences, paragraphs and occurrences.

use std::borrow::Cow;

use super::lines::item;
use crate::fold;
use crate::word::{self, Bounds, is_word_char};

/// Words: runs of letters and digits, with apostrophes and hyphens inside.
///
/// Languages that write no spaces give few and long words; such tasks should count sentences.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text[from..].find(is_word_char)?;
        let end = word_end(text, start);
        from = end;
        Some(&text[start..end])
    })
}

fn word_end(text: &str, start: usize) -> usize {
    let mut end = start;
    let mut chars = text[start..].char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        let joins = matches!(c, '\'' | '\u{2019}' | '-' | '\u{2010}' | '\u{2011}')
            && chars.peek().is_some_and(|(_, next)| is_word_char(*next));
        // A decimal point or comma between digits does not split a number.
        let in_number = matches!(c, '.' | ',')
            && text[..start + offset].ends_with(|c: char| c.is_ascii_digit())
            && chars.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        if !(is_word_char(c) || joins || in_number) {
            break;
        }
        end = start + offset + c.len_utf8();
    }
    end
}

/// Paragraphs: what blank lines separate.
pub(super) fn paragraphs(text: &str) -> usize {
    let mut count = 0;
    let mut inside = false;
    for line in text.lines() {
        let blank = line.trim().is_empty();
        count += usize::from(!blank && !inside);
        inside = !blank;
    }
    count
}

/// Sentences: what `.`, `!`, `?`, `…` and their relatives in other scripts close. Points in numbers and after common
/// abbreviations and initials close nothing; a blank line and the items of a list do.
pub(super) fn sentences(text: &str) -> usize {
    let mut count = 0;
    let mut block = String::new();
    for line in text.lines() {
        let content = line.trim();
        let list_item = item(content);
        if content.is_empty() || list_item.is_some() {
            count += sentences_in(&block);
            block.clear();
        }
        block.push_str(list_item.map_or(content, |(_, rest)| rest));
        block.push(' ');
    }
    count + sentences_in(&block)
}

fn sentences_in(block: &str) -> usize {
    let mut count = 0;
    let mut open = false;
    let mut chars = block.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if closes_unspaced(c) {
            count += usize::from(std::mem::take(&mut open));
            continue;
        }
        open |= c.is_alphanumeric();
        if !matches!(c, '.' | '!' | '?' | '…' | '؟' | '۔' | '।') {
            continue;
        }
        while chars.peek().is_some_and(|(_, next)| is_closing(*next)) {
            chars.next();
        }
        let at_end = chars.peek().is_none_or(|(_, next)| next.is_whitespace());
        if at_end && !(c == '.' && is_abbreviated(&block[..at])) {
            count += usize::from(std::mem::take(&mut open));
        }
    }
    count + usize::from(open)
}

/// Full stops of scripts that put no space behind them.
fn closes_unspaced(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '｡')
}

fn is_closing(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '"' | '\'' | ')' | ']' | '*' | '_' | '\u{201d}' | '\u{2019}' | '»')
}

/// Whether a point behind this text belongs to an abbreviation or an initial.
fn is_abbreviated(before: &str) -> bool {
    let last =
        before.rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '"')).next().unwrap_or_default();
    let is_initial = last.chars().count() == 1 && last.chars().all(char::is_uppercase) && last != "I";
    let is_dotted = last.contains('.') && last.split('.').all(|part| part.chars().count() == 1);
    let known = [
        "mr", "mrs", "ms", "dr", "prof", "st", "vs", "e.g", "i.e", "approx", "no", "fig", "gen", "sen",
        "rep", "rev", "hon", "capt", "sgt", "mt", "bzw", "z.b", "usw", "nr", "sr", "sra", "ca",
    ];
    is_initial || is_dotted || known.iter().any(|known| last.eq_ignore_ascii_case(known))
}

/// How often a text occurs as whole words, without regard to case.
pub(super) fn occurrences(answer: &str, text: &str) -> usize {
    let comparable =
        |text: &str| fold::spaces(Cow::Owned(fold::lower(text).replace('\u{2019}', "'"))).into_owned();
    word::find_all(&comparable(answer), &comparable(text), Bounds::Word).count()
}
