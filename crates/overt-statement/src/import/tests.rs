#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use overt_record::record::{Header, Issuer};
use overt_record::{Algorithm, PrivateKey, Record};
use proptest::prelude::*;

use super::*;
use crate::{Block, Markup, Span};

const SMALL: &str = "\
A letter

We ask for a few things.

  1. One
  2. Two,
     in two lines

And we mean it.

Signatories:

  1. Zoë Example, AI Foundry, a fund
  2.  Tim O’Example ,  Example;  Other
  3. Example Institute

See all 1,821 signatures
";

fn read(letter: &str) -> Letter {
    Letter::read(letter.as_bytes()).unwrap()
}

/// The line and the message of the error.
fn refused(letter: impl AsRef<[u8]>) -> (usize, String) {
    match Letter::read(letter.as_ref()).unwrap_err() {
        BadLetter::Line { line, fault } => (line, fault.to_string()),
        BadLetter::TooLarge { .. } => panic!("too large"),
    }
}

fn listed(letter: &Letter) -> Vec<(&str, Option<&str>)> {
    letter.names.iter().map(|one| (one.name.as_str(), one.affiliation.as_ref().map(Name::as_str))).collect()
}

#[test]
fn a_letter_is_read_with_its_title_text_names_and_total() {
    let letter = read(SMALL);
    assert_eq!(letter.title.as_str(), "A letter");
    assert_eq!(
        letter.text.as_str(),
        "We ask for a few things.\n\n1. One\n2. Two,\n   in two lines\n\nAnd we mean it.\n"
    );
    assert_eq!(
        listed(&letter),
        [
            ("Zoë Example", Some("AI Foundry, a fund")),
            ("Tim O’Example", Some("Example; Other")),
            ("Example Institute", None)
        ]
    );
    assert_eq!(letter.stated_total, Some(1821));
    assert_eq!(letter.sha256, Hash::of(SMALL));
}

#[test]
fn its_records_obey_their_rules() {
    let letter = read(SMALL);
    let key = PrivateKey::generate(Algorithm::Ed25519, &[1; 32]);
    let issuer = Issuer { name: Name::new("A laboratory").unwrap(), key: key.public(), uri: None };
    let header = Header { issuer, issued_at: "2026-11-24T16:00:00Z".parse().unwrap() };
    let statement = letter.statement(Name::new("en").unwrap(), Name::new("1").unwrap());
    assert!(Record::new(header.clone(), statement).is_ok());
    let listing = letter.listing(Hash::of("statement"), None).unwrap();
    assert_eq!(listing.source.sha256, Hash::of(SMALL));
    assert!(Record::new(header, listing).is_ok());
    assert_eq!(read("T\n\nText.\n").listing(Hash::of("statement"), None), None);
}

/// The joint statement on AI safety and openness has all of this; `tests/joint_statement.rs` reads it whole.
#[test]
fn names_are_read_as_letters_have_them() {
    let names = "1. Camille François, Columbia University\n2. Jenia Jitsev, LAION/Juelich & Helmholtz\n3. Tim O’Reilly, O'Reilly Media\n4. Huu Nguyen, Ontocord.ai; LAION.ai\n5. Cedric O\n6. J. Bob Alotta,\n";
    let letter = read(&format!("T\n\nx\n\nSignatories\n\n{names}"));
    assert_eq!(
        listed(&letter),
        [
            ("Camille François", Some("Columbia University")),
            ("Jenia Jitsev", Some("LAION/Juelich & Helmholtz")),
            ("Tim O’Reilly", Some("O'Reilly Media")),
            ("Huu Nguyen", Some("Ontocord.ai; LAION.ai")),
            ("Cedric O", None),
            ("J. Bob Alotta", None),
        ]
    );
}

#[test]
fn what_is_missing_is_said_with_its_line() {
    for (letter, line, message) in [
        ("", 1, "begins with its title"),
        (" \n\n", 1, "begins with its title"),
        ("A paragraph\nand more of it\n", 1, "begins with its title"),
        ("\nSignatories\n\n1. A\n", 2, "begins with its title"),
        ("T\n", 2, "no text"),
        ("T\n\n\n\nSignatories\n\n1. A\n", 5, "no text"),
        ("T\n\nx\n\nSignatories\n", 5, "no names"),
        ("T\n\nx\n\nSignatories\n\n12 signatures\n", 5, "no names"),
    ] {
        let (found, said) = refused(letter);
        assert!(said.contains(message), "{letter:?}: {said}");
        assert_eq!(found, line, "{letter:?}");
    }
}

#[test]
fn names_are_numbered_without_gaps_and_none_is_lost() {
    let under = |names: &str| refused(format!("T\n\nx\n\nSignatories\n\n{names}"));
    for (names, line, message) in [
        ("1. A\n3. B\n", 8, "the number 3 stands where 2 should"),
        ("2. A\n", 7, "the number 2 stands where 1 should"),
        ("0. A\n", 7, "the number 0 stands where 1 should"),
        ("99999999999999999999999. A\n", 7, "stands where 1 should"),
        ("1. A\n2. B\n\n1. C\n", 10, "already at line 7"),
        ("1. A\n1. B\n", 8, "already at line 7"),
        ("1. A\n2.\n", 8, "no name"),
        ("1. A\n2. , Example\n", 8, "no name"),
        ("1. A\nB\n", 8, "neither"),
        ("A\n", 7, "neither"),
        ("1. A\n2 signatures\n3 signatures\n", 9, "stated at line 8 already"),
        ("1. A\n2. B\n\nSee all 1 signatures\n", 10, "1 signatures are stated, and 2 names"),
    ] {
        let (found, said) = under(names);
        assert!(said.contains(message), "{names:?}: {said}");
        assert_eq!(found, line, "{names:?}");
    }
}

#[test]
fn hostile_characters_are_named_with_their_line() {
    for (letter, line) in [
        ("T\u{202E}\n\nx\n", 1),
        ("T\n\nx\u{1b}[31m\n", 3),
        ("T\n\nx\n\ny\u{200B}z\n", 5),
        ("T\n\nx\rmore\n", 3),
        ("T\n\n\u{b}\n", 3),
        ("T\n\nx\n\nSignatories\n\n1. A\n2. B\u{2066}C\n", 8),
        ("T\n\nx\n\nSignatories\n\n1. A\u{200D}B\n", 7),
    ] {
        let (found, said) = refused(letter);
        assert!(said.contains("U+") || said.contains("joiner"), "{letter:?}: {said}");
        assert_eq!(found, line, "{letter:?}");
    }
    let (line, said) = refused(b"T\n\nx\n\xff\n");
    assert_eq!(line, 4);
    assert!(said.contains("UTF-8"));
}

#[test]
fn what_is_too_long_is_said_with_its_line() {
    let long = "x".repeat(257);
    assert_eq!(refused(format!("{long}\n\nx\n")).0, 1);
    assert_eq!(refused(format!("T\n\nx\n\nSignatories\n\n1. A\n2. {long}\n")).0, 8);
    assert_eq!(refused(format!("T\n\nx\n\nSignatories\n\n1. A, {long}\n")).0, 7);
    let (line, said) = refused(format!("T\n\n\n{}\n", "word and ".repeat(8000)));
    assert!(line == 4 && said.contains("65536"), "{line}: {said}");
    let large = vec![b'x'; Letter::MAX_BYTES + 1];
    assert_eq!(Letter::read(&large), Err(BadLetter::TooLarge { found: Letter::MAX_BYTES + 1 }));
}

#[test]
fn the_names_of_a_letter_fit_into_a_record() {
    let mut letter = "T\n\nx\n\nSignatories\n\n".to_owned();
    (1..=150_000).for_each(|number| letter.push_str(&format!("{number}. A,B\n")));
    let (line, said) = refused(&letter);
    assert!(said.contains("4 MiB"), "{said}");
    let fitting: String = letter.split_inclusive('\n').take(line - 1).collect();
    let listing = read(&fitting).listing(Hash::of("statement"), None).unwrap();
    assert!(serde_json::to_vec(&listing).unwrap().len() < dsse::MAX_PAYLOAD);
}

#[test]
fn files_of_other_systems_are_read_alike() {
    let windows = SMALL.replace('\n', "\r\n");
    let (letter, other) = (read(SMALL), read(&format!("\u{FEFF}{windows}")));
    assert_eq!((&letter.text, &letter.names), (&other.text, &other.names));
    let spaced = read("T\n\nx\n\n## Signed by:\n\n1)\tA\u{A0}\u{A0}B,\u{3000}C\n");
    assert_eq!(listed(&spaced), [("A B", Some("C"))]);
}

#[test]
fn totals_are_read_in_several_spellings() {
    for (line, total) in [
        ("See all 1821 signatures", 1821),
        ("1 821 signatories", 1821),
        ("1.821 signatures", 1821),
        ("1’234’567 signers so far", 1_234_567),
        ("Signed by 12 people", 12),
    ] {
        let letter = read(&format!("T\n\nx\n\nSignatories\n\n1. A\n\n{line}\n"));
        assert_eq!(letter.stated_total, Some(total), "{line}");
    }
    for line in
        ["See all signatures", "See all 12 of 13 signatures", "1234567890123456 signatures", "12 people"]
    {
        assert!(
            refused(format!("T\n\nx\n\nSignatories\n\n1. A\n\n{line}\n")).1.contains("neither"),
            "{line}"
        );
    }
}

#[test]
fn lists_stay_lists_and_paragraphs_stay_paragraphs() {
    let text = |prose: &str| read(&format!("T\n\n{prose}")).text.as_str().to_owned();
    assert_eq!(text("Two:\n• one\n• two\n"), "Two:\n\n- one\n- two\n");
    assert_eq!(text("2023. What a year.\n"), "2023\\. What a year.\n");
    assert_eq!(text("1. a\n\n2. b\n"), "1. a\n\n2. b\n");
    // Two lists in a row do not become one.
    assert_eq!(text(" 1. a\n 2. b\n\n 1. c\n"), "1. a\n2. b\n\n1) c\n");
    assert_eq!(text(" 1. a\n\n    more\n\nAfter.\n"), "1. a\n\n   more\n\nAfter.\n");
    assert!(refused("T\n\n 1. a\n   - b\n").1.contains("list within a list"));
    assert!(refused("T\n\n 1. a\n 3. b\n").1.contains("the number 3 stands where 2 should"));
}

#[test]
fn signs_that_mean_something_in_markdown_are_shown_as_they_are() {
    let prose = "# *a* _b_ `c` [d](https://example.org) <e> &amp; \\f\n> g\n===\n- - -\n~~~\n+ 1\n12) h\nR&D";
    let letter = read(&format!("T\n\n{prose}\n"));
    let markup = Markup::from_markdown(&letter.text);
    let words = prose.replace("- - -", "").replace('\n', " ");
    let [Block::Paragraph(spans), Block::List { start: None, items }] = markup.blocks() else {
        panic!("{:?}", markup.blocks())
    };
    assert!(matches!(&spans[..], [Span::Text(text)] if words.starts_with(text.as_str())), "{spans:?}");
    assert_eq!(items.len(), 1, "a line that begins with a hyphen and a space is an item");
}

/// Lines of words that could mean something to a reader of Markdown.
fn prose() -> impl Strategy<Value = Vec<String>> {
    let word = "[a-zé’*_`<>\\[\\]()&;#!~|\\\\.+=:0-9\"-]{1,9}";
    prop::collection::vec(prop::collection::vec(word, 1..6).prop_map(|words| words.join(" ")), 1..6)
}

proptest! {
    #[test]
    fn the_text_reads_as_the_file_does(lines in prose()) {
        let file = format!("T\n\n{}\n", lines.join("\n"));
        if let Ok(letter) = Letter::read(file.as_bytes())
            && !lines.iter().any(|line| line.starts_with(['-', '*', '•']) || line.starts_with(|c: char| c.is_ascii_digit()))
        {
            let plain = Markup::from_markdown(&letter.text).to_plain();
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            if letter.names.is_empty() {
                prop_assert_eq!(words(&plain), words(&lines.join("\n")), "{}", letter.text);
            }
        }
    }

    #[test]
    fn no_bytes_make_it_panic(file in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Letter::read(&file);
    }

    #[test]
    fn no_text_makes_it_panic(file in "T\n\n(\\PC{0,20}\n| {0,3}[0-9]{1,3}[.)] ?\\PC{0,9}\n|Signatories\n|\n){0,20}") {
        let _ = Letter::read(file.as_bytes());
    }
}
