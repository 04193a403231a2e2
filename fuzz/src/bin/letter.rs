//! A letter that is read reads the same: its text as CommonMark has the file's words and lists and no markup besides, and
//! both its records can be written and read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::record::{Header, Issuer};
use overt_record::{Algorithm, Hash, Name, PrivateKey, Record};
use overt_statement::{Block, Letter, Markup, Span};

/// What stands for the mark of an item, which no text has.
const ITEM: char = '\u{1}';

/// The words of a tree, with a sign and its number where an item begins.
fn words(all: &[Block], out: &mut String) {
    for block in all {
        match block {
            Block::Paragraph(spans) => spans.iter().for_each(|span| match span {
                Span::Text(words) => out.push_str(words),
                Span::Break => {}
                other => panic!("plain text became {other:?}"),
            }),
            Block::List { start, items } => {
                for (item, place) in items.iter().zip(0..) {
                    out.push(ITEM);
                    out.extend(start.map(|start| (start + place).to_string()));
                    out.push(ITEM);
                    words(item, out);
                }
            }
            other => panic!("plain text became {other:?}"),
        }
    }
}

fn bare(words: &str) -> String {
    words.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Holds the words of the tree against the lines of the file, one after the other.
fn is_of(file: &str, mut tree: &str) {
    for line in file.split('\n').map(str::trim).filter(|line| !bare(line).is_empty()) {
        let mut line = bare(line);
        if let Some(item) = tree.strip_prefix(ITEM) {
            let (number, rest) = item.split_once(ITEM).expect("a sign ends a number");
            let unmarked = match number {
                "" => line.strip_prefix(['-', '*', '•', '‣', '▪']),
                number => {
                    let digits = line.trim_start_matches('0');
                    digits.strip_prefix(number).and_then(|rest| rest.strip_prefix(['.', ')']))
                }
            };
            line = unmarked.expect("an item has its mark in the file").to_owned();
            tree = rest;
        }
        tree =
            tree.strip_prefix(&*line).unwrap_or_else(|| panic!("{line:?} is not what {tree:?} begins with"));
    }
    assert_eq!(tree, "");
}

fn write(header: Header, body: impl Into<overt_record::record::Body>) -> Vec<u8> {
    Record::new(header, body)
        .expect("what a letter says fits a record")
        .to_payload()
        .expect("so it can be written")
}

fuzz_target!(|file: &[u8]| {
    let Ok(letter) = Letter::read(file) else { return };
    let text = str::from_utf8(file).expect("it was read").replace("\r\n", "\n");
    let text = text.trim_start_matches('\u{feff}');
    let blank = text.split_inclusive('\n').take_while(|line| bare(line).is_empty()).map(str::len).sum();
    let (title, prose) = text[blank..].split_once('\n').expect("something follows the title");
    assert_eq!(bare(title), bare(letter.title.as_str()));
    let end = match &*letter.names {
        [] => prose.len(),
        // The last heading of signatories has a blank line above it.
        _ => heading(prose),
    };
    let mut tree = String::new();
    words(Markup::from_markdown(&letter.text).blocks(), &mut tree);
    is_of(&prose[..end], &bare(&tree));

    let header = Header {
        issuer: Issuer {
            name: letter.title.clone(),
            key: PrivateKey::generate(Algorithm::Ed25519, &[7; 32]).public(),
            uri: None,
        },
        issued_at: "2026-11-24T16:00:00Z".parse().expect("a time"),
    };
    let name = |word| Name::new(word).expect("a name");
    let payload = write(header.clone(), letter.statement(name("en"), name("1")));
    assert!(Record::from_payload(&payload).is_ok());
    assert_eq!(letter.sha256, Hash::of(file));
    if let Some(listing) = letter.listing(Hash::of(&payload), None) {
        assert!(listing.stated_total.is_none_or(|total| total >= letter.names.len() as u64));
        assert!(Record::from_payload(&write(header, listing)).is_ok());
    }
});

/// Where the list of signatories begins.
fn heading(prose: &str) -> usize {
    const HEADINGS: [&str; 7] = [
        "signatories",
        "signatures",
        "signed",
        "signed by",
        "signers",
        "list of signatories",
        "the undersigned",
    ];
    let mut at = 0;
    let mut found = None;
    let mut blank = true;
    for line in prose.split('\n') {
        let words = line.trim().trim_start_matches('#').trim_end_matches(':').trim().to_lowercase();
        if blank && HEADINGS.contains(&&*words) {
            found = Some(at);
        }
        blank = bare(line).is_empty();
        at += line.len() + 1;
    }
    found.expect("names stand below a heading")
}
