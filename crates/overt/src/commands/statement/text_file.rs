//! A text with its head, as people write it.

use overt_record::record::{MediaType, PublicStatement};
use overt_record::{Hash, Name, Text};

/// What `overt statement new` writes.
pub(super) const TEMPLATE: &str = "\
---
title: What we ask for
language: en
version: 1
---

One paragraph that says what this is about.

We ask for

1. one thing, and
2. another.
";

/// The largest file that is read: a text and its head.
pub(super) const MAX_BYTES: u64 = Text::MAX_BYTES as u64 + 4096;

/// Why a file is no text with a head.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum BadFile {
    #[error("it does not begin with a head between two lines of `---`; `overt statement new` writes one")]
    NoHead,
    #[error("line {line}: a line of the head is `key: value`")]
    NoPair { line: usize },
    #[error("line {line}: `{key}` is none of title, language, version, or stands there twice")]
    UnknownKey { line: usize, key: String },
    #[error("the head lacks `{0}`")]
    Lacks(&'static str),
    #[error("{what}: {why}")]
    Words { what: &'static str, why: String },
}

/// Reads a file. Nothing of the text is changed but blank lines around it.
pub(super) fn parse(file: &str) -> Result<PublicStatement, BadFile> {
    let file = file.replace("\r\n", "\n");
    let rest = file.strip_prefix("---\n").ok_or(BadFile::NoHead)?;
    let (head, text) = rest.split_once("\n---\n").ok_or(BadFile::NoHead)?;
    let [mut title, mut language, mut version] = [None, None, None];
    for (line, pair) in (2..).zip(head.lines()).filter(|(_, pair)| !pair.trim().is_empty()) {
        let (key, value) = pair.split_once(':').ok_or(BadFile::NoPair { line })?;
        let slot = match key.trim() {
            "title" => &mut title,
            "language" => &mut language,
            "version" => &mut version,
            other => return Err(BadFile::UnknownKey { line, key: other.chars().take(40).collect() }),
        };
        if slot.replace(value.trim().to_owned()).is_some() {
            return Err(BadFile::UnknownKey { line, key: key.trim().to_owned() });
        }
    }
    let text = Text::new(format!("{}\n", text.trim_matches('\n')))
        .map_err(|error| BadFile::Words { what: "the text", why: error.to_string() })?;
    Ok(PublicStatement {
        title: word("title", title)?,
        language: word("language", language)?,
        version: word("version", version)?,
        replaces: None,
        translates: None,
        media_type: MediaType::Markdown,
        sha256: Hash::of(text.as_str()),
        text,
    })
}

fn word(what: &'static str, value: Option<String>) -> Result<Name, BadFile> {
    let value = value.ok_or(BadFile::Lacks(what))?;
    Name::new(value).map_err(|error| BadFile::Words { what, why: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_a_text() {
        let statement = parse(TEMPLATE).unwrap();
        assert_eq!((statement.title.as_str(), statement.version.as_str()), ("What we ask for", "1"));
        assert!(
            statement.text.as_str().starts_with("One paragraph")
                && statement.text.as_str().ends_with("another.\n")
        );
        assert_eq!(parse(&TEMPLATE.replace('\n', "\r\n")).unwrap(), statement, "line ends say nothing");
    }

    #[test]
    fn a_head_that_is_wrong_is_said_with_its_line() {
        assert_eq!(parse("no head"), Err(BadFile::NoHead));
        assert_eq!(parse("---\ntitle\n---\nx"), Err(BadFile::NoPair { line: 2 }));
        let twice = parse("---\ntitle: a\ntitle: b\n---\nx");
        assert_eq!(twice, Err(BadFile::UnknownKey { line: 3, key: "title".into() }));
        assert_eq!(parse("---\ntitle: a\nlanguage: en\n---\nx"), Err(BadFile::Lacks("version")));
        let hidden = parse("---\ntitle: a\u{202e}b\nlanguage: en\nversion: 1\n---\nx");
        assert!(matches!(hidden, Err(BadFile::Words { what: "title", .. })), "{hidden:?}");
        let empty = parse("---\ntitle: a\nlanguage: en\nversion: 1\n---\n\n\n");
        assert!(matches!(empty, Err(BadFile::Words { what: "the text", .. })), "{empty:?}");
    }
}
