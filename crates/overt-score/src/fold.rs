//! Ways to make texts comparable: Unicode normal form, case, punctuation and white space.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::{UnicodeNormalization as _, is_nfc_quick};

/// Composed characters (Unicode normal form C), so that `é` equals `e` with an accent.
pub(crate) fn nfc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == unicode_normalization::IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// Small letters, in normal form C.
pub(crate) fn lower(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    // `İ` becomes `i` and a dot above when it is made small, which composes to nothing: the order matters.
    Cow::Owned(text.to_lowercase().nfc().collect())
}

/// Runs of white space become one space; none stays at the ends.
pub(crate) fn spaces(text: Cow<'_, str>) -> Cow<'_, str> {
    if !has_loose_space(&text) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    Cow::Owned(out)
}

/// Whether white space stands at an end, twice in a row, or in another form than a space.
fn has_loose_space(text: &str) -> bool {
    if text.is_ascii() {
        let bytes = text.as_bytes();
        let other = bytes.iter().any(|byte| matches!(byte, b'\t'..=b'\r'));
        let double = bytes.windows(2).any(|pair| pair == b"  ");
        return other || double || bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ');
    }
    let mut previous_space = true;
    for c in text.chars() {
        let space = c.is_whitespace();
        if space && (c != ' ' || previous_space) {
            return true;
        }
        previous_space = space;
    }
    previous_space && !text.is_empty()
}

/// Without white space and invisible characters at the ends.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// Without punctuation, with white space folded.
///
/// What belongs to a number stays: a point or comma between digits, a sign before one. Symbols that carry meaning
/// (`+`, `=`, `<`, `$`, `%`, `€`) are no punctuation here, so `C++` differs from `C` and `5%` from `5`.
pub(crate) fn without_punctuation(text: &str) -> String {
    let chars: Vec<char> = text.chars().filter(|&c| !is_invisible(c)).collect();
    let digit_at = |i: usize| chars.get(i).is_some_and(char::is_ascii_digit);
    let alphanumeric_at = |i: usize| chars.get(i).is_some_and(|c| c.is_alphanumeric());
    let mut out = String::with_capacity(text.len());
    for (i, &c) in chars.iter().enumerate() {
        let in_number = match c {
            '.' | ',' => i > 0 && digit_at(i - 1) && digit_at(i + 1),
            '-' | '\u{2212}' => digit_at(i + 1) && (i == 0 || !alphanumeric_at(i - 1)),
            _ => false,
        };
        if in_number {
            out.push(if c == '\u{2212}' { '-' } else { c });
        } else if is_dash(c) {
            // Words joined by a dash stay two words.
            out.push(' ');
        } else if !is_punctuation(c) {
            out.push(c);
        }
    }
    spaces(Cow::Owned(out)).into_owned()
}

/// Characters that take no room: zero-width spaces and joiners, marks of direction, the byte order mark.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}')
}

/// Whether Unicode calls it punctuation (with backtick and asterisk, without `%`).
pub(crate) fn is_punctuation(c: char) -> bool {
    static PUNCTUATION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{P}$").ok());
    if c.is_ascii() {
        return c.is_ascii_punctuation() && !matches!(c, '$' | '+' | '<' | '=' | '>' | '%' | '|' | '^' | '~');
    }
    if c.is_alphanumeric() || c.is_whitespace() {
        return false;
    }
    PUNCTUATION.as_ref().is_some_and(|regex| regex.is_match(c.encode_utf8(&mut [0; 4])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_and_decomposed_letters_are_equal() {
        assert_eq!(nfc("e\u{301}"), "é");
        assert_eq!(lower("E\u{301}"), "é");
        assert!(matches!(nfc("plain"), Cow::Borrowed(_)));
        assert_eq!(lower("ÄÖ STRASSE Σ"), "äö strasse σ");
    }

    #[test]
    fn white_space_is_folded() {
        for (text, expected) in
            [("a b", "a b"), (" a\n\tb ", "a b"), ("", ""), (" ", ""), ("a\u{a0}b", "a b"), ("a  b", "a b")]
        {
            assert_eq!(spaces(Cow::Borrowed(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn punctuation_goes_and_numbers_stay() {
        for (text, expected) in [
            ("\"Paris!\"", "Paris"),
            ("**Paris**.", "Paris"),
            ("it's", "its"),
            ("well-known", "well known"),
            ("3.5", "3.5"),
            ("-5.", "-5"),
            ("\u{2212}5", "-5"),
            ("1,234", "1,234"),
            ("C++", "C++"),
            ("5%", "5%"),
            ("«Paris» …", "Paris"),
            ("东京。", "东京"),
            ("¿qué?", "qué"),
            ("...", ""),
            ("a\u{200b}b", "ab"),
        ] {
            assert_eq!(without_punctuation(text), expected, "{text:?}");
        }
    }

    #[test]
    fn invisible_characters_at_the_ends_go() {
        assert_eq!(trim("\u{feff} a b\u{200b}\n"), "a b");
        assert_eq!(trim("\u{200b}"), "");
    }
}
