//! What translations have to keep.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::FluentResource;

use super::*;

/// The messages of a file with the variables that they take.
fn messages(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    FluentResource::try_new(source.to_owned()).unwrap_or_else(|(_, errors)| panic!("{errors:?}"));
    let mut found = BTreeMap::new();
    let mut id = String::new();
    for line in source.lines() {
        let begins = line.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
        if let Some((name, _)) = line.split_once(" =").filter(|_| begins) {
            id = name.to_owned();
            assert!(found.insert(id.clone(), BTreeSet::new()).is_none(), "{id} is there twice");
        }
        for part in line.split('$').skip(1).filter(|_| !id.is_empty()) {
            let name: String = part.chars().take_while(char::is_ascii_alphanumeric).collect();
            found.get_mut(&id).unwrap().insert(name);
        }
    }
    found
}

#[test]
fn every_language_has_every_message_with_the_same_variables() {
    for file in 0..2 {
        let english = messages(SOURCES[0][file]);
        assert!(english.len() > 20);
        for (sources, language) in SOURCES.iter().zip(Language::ALL).skip(1) {
            let other = messages(sources[file]);
            let ids = |all: &BTreeMap<String, BTreeSet<String>>| all.keys().cloned().collect::<Vec<_>>();
            assert_eq!(ids(&english), ids(&other), "{language:?}");
            for (id, variables) in &english {
                assert_eq!(variables, &other[id], "{language:?} {id}");
            }
        }
    }
}

#[test]
fn every_message_that_is_said_is_there() {
    let known: BTreeSet<String> = SOURCES[0].iter().flat_map(|source| messages(source).into_keys()).collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/civic");
    let mut said = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap().flatten().filter(|file| file.path().is_file()) {
        let text = std::fs::read_to_string(file.path()).unwrap();
        // A message is named in the code by a string that begins as one of these does.
        for word in text.split('"').filter(|word| !word.is_empty() && word.len() < 60) {
            let plain = word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if plain
                && ["say-", "sign-", "statement-", "statements-"].iter().any(|start| word.starts_with(start))
            {
                said.insert(word.to_owned());
            }
        }
    }
    let missing: Vec<_> = said.difference(&known).collect();
    let unused: Vec<_> = known.difference(&said).collect();
    assert!(missing.is_empty() && unused.is_empty(), "missing {missing:?}, unused {unused:?}");
}

#[test]
fn numbers_have_the_plural_of_the_language() {
    let said = |language: Language, number: u64, shown: &str| {
        language.say_with(
            "statement-count",
            &[("n", Variable::Number(number)), ("shown", Variable::Words(shown))],
        )
    };
    assert_eq!(said(Language::English, 1, "1"), "1 signature");
    assert_eq!(said(Language::English, 0, "0"), "0 signatures");
    assert_eq!(said(Language::German, 2, "2"), "2 Unterschriften");
    assert_eq!(said(Language::French, 0, "0"), "0 signature");
}
