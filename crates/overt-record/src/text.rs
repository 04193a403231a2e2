//! People's words: prose, names and links, in the form in which they are safe to show.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::characters::{Alphabet, BadCharacter, Form, alphabet, first_fault};

/// What stands for a character that was taken out.
const REPLACEMENT: char = '\u{FFFD}';

/// Prose of at most 64 KiB: line breaks and tabs may stand in it; controls, characters that reorder text and invisible
/// ones may not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text(String);

/// A single line of at most 256 characters that names something: a person, a task, a model.
///
/// Stricter than [`Text`]: no spaces but the ordinary one, none at either end and no two in a row, no characters that
/// reorder or show nothing. Joiners may stand where a script needs them. It says nothing about who bears the name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// An `https` or `http` address: at most 2048 printable ASCII characters, without a user name, so that what stands
/// before the first slash is the host. Hosts in other scripts are written in their ASCII form (`xn--…`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Link(String);

/// Why a text is none that a record may carry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// Nothing to read in it.
    #[error("the text is empty; leave the field out instead")]
    Empty,
    /// Over the limit.
    #[error("the text has {found} {unit}; at most {limit} may stand here")]
    TooLong {
        /// Its length.
        found: usize,
        /// The most that is allowed.
        limit: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// A character that may not stand where it does.
    #[error("the text has {0}")]
    Character(#[from] BadCharacter),
    /// A name with loose spaces.
    #[error("the name begins or ends with a space, or has two in a row; write it without: {0:?}")]
    LooseSpace(String),
    /// No address.
    #[error(
        "an address begins with https:// or http:// and a host, is printable ASCII, and names no user; found {0:?}"
    )]
    NotALink(String),
}

impl Text {
    /// The most bytes that a text may have.
    pub const MAX_BYTES: usize = 64 * 1024;

    /// Takes the words if they may stand in a record.
    pub fn new(words: impl Into<String>) -> Result<Self, BadText> {
        let words = words.into();
        if words.len() > Self::MAX_BYTES {
            return Err(BadText::TooLong { found: words.len(), limit: Self::MAX_BYTES, unit: "bytes" });
        }
        if words.trim().is_empty() {
            return Err(BadText::Empty);
        }
        match first_fault(&words, Form::Prose) {
            Some(bad) => Err(bad.into()),
            None => Ok(Self(words)),
        }
    }

    /// Words of a machine, made fit to stand in a record: what may not stand is replaced by U+FFFD, what is too long
    /// is cut. `None` if nothing is left.
    pub fn cleaned(words: &str) -> Option<Self> {
        Self::new(clean(words.trim(), Form::Prose, Self::MAX_BYTES)).ok()
    }
}

impl Name {
    /// The most characters that a name may have.
    pub const MAX_CHARACTERS: usize = 256;

    /// Takes the name if it may stand in a record.
    pub fn new(name: impl Into<String>) -> Result<Self, BadText> {
        let name = name.into();
        let characters = name.chars().count();
        if characters > Self::MAX_CHARACTERS {
            return Err(BadText::TooLong {
                found: characters,
                limit: Self::MAX_CHARACTERS,
                unit: "characters",
            });
        }
        if name.is_empty() {
            return Err(BadText::Empty);
        }
        if let Some(bad) = first_fault(&name, Form::Line) {
            return Err(bad.into());
        }
        if name.starts_with(' ') || name.ends_with(' ') || name.contains("  ") {
            return Err(BadText::LooseSpace(name));
        }
        Ok(Self(name))
    }

    /// A machine's word, made fit to stand as a name: see [`Text::cleaned`].
    pub fn cleaned(name: &str) -> Option<Self> {
        let single = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = single.chars().take(Self::MAX_CHARACTERS).collect();
        Self::new(clean(short.trim(), Form::Line, usize::MAX)).ok()
    }

    /// Whether one word mixes letters of alphabets that look alike, such as a Cyrillic `а` among Latin letters: there
    /// are honest names of that kind, so it is no error, but whoever shows the name should say so.
    ///
    /// A name that is foreign as a whole is not found; only keys tell one bearer of a name from another.
    pub fn mixes_scripts(&self) -> bool {
        self.0.split(|c: char| !c.is_alphanumeric()).any(|word| {
            let mut alphabets = word.chars().filter_map(alphabet);
            let first: Option<Alphabet> = alphabets.next();
            alphabets.any(|other| Some(other) != first)
        })
    }
}

impl Link {
    /// The most bytes that an address may have.
    pub const MAX_BYTES: usize = 2048;

    /// Takes the address if it may stand in a record.
    pub fn new(address: impl Into<String>) -> Result<Self, BadText> {
        let address = address.into();
        if address.len() > Self::MAX_BYTES {
            return Err(BadText::TooLong { found: address.len(), limit: Self::MAX_BYTES, unit: "bytes" });
        }
        let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
        let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
        let host = authority.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
        // Browsers read a backslash as a slash, so it could hide where the host ends.
        let plain =
            address.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'\\' | b'"' | b'<' | b'>' | b'`'));
        if host && plain && !authority.contains('@') { Ok(Self(address)) } else { Err(not_a_link(&address)) }
    }
}

fn not_a_link(address: &str) -> BadText {
    BadText::NotALink(address.chars().take(80).collect())
}

/// Replaces, one after the other, the characters that may not stand; stops before `limit` bytes.
fn clean(words: &str, form: Form, limit: usize) -> String {
    let mut clean = String::new();
    let mut rest = words;
    while let Some(bad) = first_fault(rest, form) {
        clean.push_str(&rest[..bad.position]);
        clean.push(REPLACEMENT);
        rest = &rest[bad.position + bad.character.len_utf8()..];
    }
    clean.push_str(rest);
    clean.truncate(clean.floor_char_boundary(limit));
    clean
}

macro_rules! words {
    ($type:ident, $schema:tt) => {
        impl $type {
            /// The words.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $type {
            type Err = BadText;

            fn from_str(words: &str) -> Result<Self, BadText> {
                Self::new(words)
            }
        }

        impl TryFrom<String> for $type {
            type Error = BadText;

            fn try_from(words: String) -> Result<Self, BadText> {
                Self::new(words)
            }
        }

        impl From<$type> for String {
            fn from(words: $type) -> Self {
                words.0
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

words!(Text, { "type": "string", "minLength": 1, "maxLength": Text::MAX_BYTES });
words!(Name, { "type": "string", "minLength": 1, "maxLength": Name::MAX_CHARACTERS, "pattern": r"^\S( ?\S)*$" });
words!(Link, { "type": "string", "maxLength": Link::MAX_BYTES, "pattern": r"^https?://[A-Za-z0-9\[]" });

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_single_lines_without_loose_ends() {
        for bad in ["", " a", "a ", "a  b", "a\nb", "a\tb", "a\u{3000}b", "\u{202E}evil", &"x".repeat(257)] {
            assert!(Name::new(bad).is_err(), "{bad:?}");
        }
        assert!(Name::new("ö".repeat(256)).is_ok());
        assert!(serde_json::from_str::<Name>("\"a\\u0000b\"").is_err());
    }

    #[test]
    fn prose_keeps_its_line_breaks_and_has_a_limit() {
        assert_eq!(Text::new("a\n\n\tb\n").unwrap().as_str(), "a\n\n\tb\n");
        assert!(Text::new("x".repeat(Text::MAX_BYTES)).is_ok());
        for bad in ["", " \n", "a\r\nb", "a\u{202E}b", &"x".repeat(Text::MAX_BYTES + 1)] {
            assert!(Text::new(bad).is_err());
        }
    }

    #[test]
    fn an_error_names_the_character_and_its_place() {
        let error = Name::new("a\u{202E}b").unwrap_err().to_string();
        assert_eq!(
            error,
            "the text has a character that changes the direction of the text around it (U+202E, at byte 1); remove it"
        );
    }

    #[test]
    fn letters_of_another_alphabet_within_a_word_are_noticed() {
        for name in ["P\u{430}yPal", "ΑBC", "Google \u{405}cholar x\u{445}"] {
            assert!(Name::new(name).unwrap().mixes_scripts(), "{name:?}");
        }
        for name in ["PayPal", "Яндекс Research", "α-Net", "ソニーAI", "Université de Montréal"] {
            assert!(!Name::new(name).unwrap().mixes_scripts(), "{name:?}");
        }
    }

    #[test]
    fn an_address_shows_its_host() {
        for good in [
            "https://example.org",
            "http://127.0.0.1:8000/v1",
            "https://[::1]/",
            "https://a.example/@user?x=%20#y",
        ] {
            assert!(Link::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "https://",
            "https:///x",
            "javascript:alert(1)",
            "HTTPS://example.org",
            "https://example.org@evil.example",
            "https://example.org\\@evil.example",
            "https://ex\u{430}mple.org",
            "https://example.org/a b",
            "https://example.org/\"onclick",
            "ftp://example.org",
        ] {
            assert!(Link::new(bad).is_err(), "{bad}");
        }
        assert!(Link::new(format!("https://example.org/{}", "x".repeat(2048))).is_err());
    }

    #[test]
    fn a_machines_words_are_made_fit() {
        assert_eq!(Name::cleaned(" gpt\x1b[31m\n x ").unwrap().as_str(), "gpt\u{FFFD}[31m x");
        assert_eq!(Name::cleaned(" \n "), None);
        assert_eq!(Text::cleaned("a\r\nb").unwrap().as_str(), "a\u{FFFD}\nb");
        assert_eq!(Text::cleaned(&"ö".repeat(40_000)).unwrap().as_str().len(), Text::MAX_BYTES);
    }

    proptest! {
        #[test]
        fn whatever_is_not_blank_can_be_cleaned(words in "\\PC*|.*") {
            prop_assert_eq!(Name::cleaned(&words).is_none(), words.trim().is_empty());
            prop_assert_eq!(Text::cleaned(&words).is_none(), words.trim().is_empty());
        }

        #[test]
        fn clean_words_stay_as_they_are(words in any::<String>()) {
            if let Ok(name) = Name::new(words.clone()) {
                prop_assert_eq!(Name::cleaned(&words), Some(name));
            }
        }
    }
}
