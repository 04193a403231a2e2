//! The joint statement on AI safety and openness (31 October 2023), read from its published text where that is at hand.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::Path;

use overt_record::{Hash, Name};
use overt_statement::{Block, Letter, Markup};

const FILE: &str = "../../../shared/data/statement/joint-statement-on-ai-safety-and-openness.txt";

/// The file, or a loud word that it is not there.
fn file() -> Option<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let file = std::fs::read(&path).ok();
    if file.is_none() {
        #[allow(clippy::print_stderr, reason = "a test that is not made says so")]
        {
            eprintln!("SKIPPED: {} is not there", path.display());
        }
    }
    file
}

#[test]
fn it_has_its_title_its_82_names_and_its_total() {
    let Some(file) = file() else { return };
    let letter = Letter::read(&file).unwrap();
    assert_eq!(letter.title.as_str(), "Joint Statement on AI Safety and Openness");
    assert_eq!(letter.stated_total, Some(1821));
    let names: Vec<_> = letter
        .names
        .iter()
        .map(|one| (one.name.as_str(), one.affiliation.as_ref().map(Name::as_str)))
        .collect();
    assert_eq!(names.len(), 82);
    assert_eq!(names[0], ("Camille François", Some("Columbia University")));
    assert_eq!(names[3], ("Maria Ressa Rappler", Some("Nobel Peace Prize Laureate")));
    assert_eq!(names[37], ("Tim O’Reilly", Some("O'Reilly Media")));
    assert_eq!(
        names[46],
        ("Jenia Jitsev", Some("LAION/Juelich Supercomputing Center & Helmholtz Research Center Juelich"))
    );
    assert_eq!(names[63], ("Huu Nguyen", Some("Ontocord.ai; LAION.ai")));
    assert_eq!(names[66], ("Umakant Soni", Some("AI Foundry, ART Venture Fund")));
    assert_eq!(names[81], ("Brian Granger", Some("Project Jupyter")));
    let listing = letter.listing(Hash::of("the statement"), None).unwrap();
    assert_eq!((listing.names.len(), listing.source.sha256), (82, Hash::of(&file)));
}

#[test]
fn its_text_reads_word_for_word_and_its_list_is_a_list() {
    let Some(file) = file() else { return };
    let letter = Letter::read(&file).unwrap();
    let markup = Markup::from_markdown(&letter.text);
    let lists: Vec<_> = markup.blocks().iter().filter(|block| matches!(block, Block::List { .. })).collect();
    assert!(matches!(lists[..], [Block::List { start: Some(1), items }] if items.len() == 3));

    let text = String::from_utf8(file).unwrap();
    let prose = text.split_once("Openness\n").unwrap().1.split_once("\nSignatories\n").unwrap().0;
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&markup.to_plain()), words(prose));
}
