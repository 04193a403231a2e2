use std::collections::BTreeMap;

use serde_json::Value;

use super::*;

fn items(names: impl IntoIterator<Item = String>) -> Vec<Item> {
    let item =
        |(at, words): (usize, String)| Item { shown: serde_json::json!([at, words]).to_string(), words };
    names.into_iter().enumerate().map(item).collect()
}

/// The files by name; none is written twice.
fn files(items: &[Item], crowded: Crowded) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let written = write(items, crowded, &mut |name, text| {
        let leads = text.split_once("\"under\":").map_or(0, |(_, leads)| leads.len());
        assert!(text.len() - leads < LARGEST + 200, "{name} has {} bytes of items", text.len() - leads);
        assert!(leads < BRANCHES * (2 * STEM + 6), "{name} has {leads} bytes that lead to others");
        assert!(name.len() < 200 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.'));
        let before = found.insert(name.clone(), serde_json::from_str(&text).unwrap());
        if before.is_none() { Ok(()) } else { Err(name) }
    });
    written.unwrap();
    found
}

/// What a reader finds under a beginning, as the script looks for it, and whether it is all.
fn under(files: &BTreeMap<String, Value>, beginning: &str) -> (BTreeSet<u64>, bool) {
    let (mut found, mut is_all, mut next) = (BTreeSet::new(), true, vec![String::new()]);
    while let Some(at) = next.pop() {
        let file = &files[&format!("k{at}.json")];
        let leads = file["under"].as_array();
        if leads.is_none() || (file.get("items").is_some() && at.starts_with(beginning)) {
            let items = file["items"].as_array().unwrap();
            is_all &= file["count"] == items.len();
            found.extend(items.iter().map(|item| item[0].as_u64().unwrap()));
            continue;
        }
        let leads = leads.unwrap().iter().map(|one| one.as_str().unwrap().to_owned());
        next.extend(leads.filter(|one| one.starts_with(beginning) || beginning.starts_with(&**one)));
    }
    (found, is_all)
}

fn key(words: &str) -> String {
    hex(words.as_bytes())
}

#[test]
fn few_items_are_one_file_and_none_are_one_too() {
    let few = files(&items(["jane doe".to_owned(), "jane roe".to_owned()]), Crowded::Pairs);
    assert_eq!(few.len(), 1);
    assert_eq!(few["k.json"]["count"], 2);
    let none = files(&[], Crowded::Pairs);
    assert_eq!(none["k.json"], serde_json::json!({ "count": 0, "items": [] }));
}

#[test]
fn every_item_is_found_by_each_of_its_words_in_files_that_stay_small() {
    let names = (0..20_000).map(|at| format!("given{} family{at} university", at % 700));
    let all = items(names);
    let files = files(&all, Crowded::Pairs);
    assert!(files.len() > 100, "{}", files.len());
    for at in (0..20_000_u64).step_by(613) {
        let (found, is_all) = under(&files, &key(&format!("family{at} ")));
        assert!(is_all && found.contains(&at), "{at}");
        let (found, is_all) = under(&files, &key(&format!("given{} ", at % 700)));
        assert!(is_all && found.contains(&at), "{at}");
    }
    assert!(!under(&files, &key("university ")).1, "all have it, so that is said");
    // A beginning that nothing has.
    assert!(under(&files, &key("zzz")).0.is_empty());
}

#[test]
fn who_has_a_word_that_thousands_have_is_found_by_another_one_too() {
    let names = (0..9000).map(|at| format!("maria g{} of{}", at / 3, at % 2));
    let all = items(names);
    let files = files(&all, Crowded::Pairs);
    let (first, is_all) = under(&files, &key("maria "));
    assert!(!is_all && first.contains(&0) && first.len() < 9000);
    for at in (0..9000_u64).step_by(97) {
        let (found, is_all) = under(&files, &key(&format!("maria g{} ", at / 3)));
        assert!(is_all && found.contains(&at), "{at}");
    }
    // Half of them have this pair: the first stand for all, and the file says how many.
    let (found, is_all) = under(&files, &key("maria of0 "));
    assert!(!is_all && !found.is_empty());
}

#[test]
fn without_pairs_the_first_stand_for_all() {
    let all = items((0..5000).map(|at| format!("echo e{at}")));
    let files = files(&all, Crowded::First);
    let (found, is_all) = under(&files, &key("echo "));
    assert!(!is_all && found.contains(&0));
    assert!(files.values().filter_map(|file| file["count"].as_u64()).any(|count| count == 5000));
}

#[test]
fn what_cannot_be_written_ends_it() {
    let all = items((0..5000).map(|at| format!("echo e{at}")));
    let mut written = 0;
    let ended = write(&all, Crowded::Pairs, &mut |_, _| {
        written += 1;
        if written < 3 { Ok(()) } else { Err("full") }
    });
    assert_eq!((ended, written), (Err("full"), 3));
}

#[test]
fn hostile_words_make_no_file_that_is_large_or_has_a_strange_name() {
    let mut names: Vec<String> =
        (0x4e00..0x4e00 + 3000).filter_map(char::from_u32).map(String::from).collect();
    names.extend(
        ["../../x", "a\0b", "<script>", "\u{202e}", &"w".repeat(500), &"é".repeat(300)].map(str::to_owned),
    );
    names.push("many ".repeat(2000));
    names.extend((0..40_000).map(|_| "same".to_owned()));
    let all = items(names);
    let found = files(&all, Crowded::Pairs);
    let (_, is_all) = under(&found, &key("same "));
    assert!(!is_all);
}

#[test]
fn people_who_share_many_words_to_fill_the_index_do_not() {
    let letters: Vec<String> =
        (0..256_u32).map(|n| char::from_u32(0x4e00 + n).unwrap().to_string()).collect();
    // Sets of people with the same many words, each set with others: by pairs, each person would be written 64,000 times.
    let people = (0..40 * 8).map(|n: usize| letters[n / 40..][..200].join(" "));
    let people = items(people);
    let shown: usize = people.iter().map(|item| item.shown.len()).sum();
    let mut bytes = 0;
    write(&people, Crowded::Pairs, &mut |_, text: String| -> Result<(), ()> {
        bytes += text.len();
        Ok(())
    })
    .unwrap();
    // Every word's own file is written in any case.
    let words = 256 * (LARGEST + 4096);
    assert!(bytes < LEAST_ROOM + ROOM_FOR_EACH * shown + 256 * LARGEST + words, "{bytes} bytes for {shown}");
}
