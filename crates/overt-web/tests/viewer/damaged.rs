//! Runs that are half written, damaged, or none at all.

use std::fs;

use super::*;

#[test]
fn what_cannot_be_read_is_listed_as_that_and_hides_nothing_else() {
    let site = Site::new();
    let run = site.run("alpha", &samples(12), &system());
    let make = |name: &str, manifest: Option<&[u8]>| {
        fs::create_dir(site.runs().join(name)).unwrap();
        if let Some(bytes) = manifest {
            fs::write(site.runs().join(name).join("run.json"), bytes).unwrap();
        }
    };
    make("not-a-run", None);
    make("empty", Some(b""));
    make("half", Some(br#"{"format":"overt-run/1","id":"#));
    make("newer", Some(br#"{"format":"overt-run/9"}"#));
    make("no-text", Some(b"\xff\xfe\x00"));
    make("<b>markup", Some(b"[]"));
    fs::write(site.runs().join("a file"), "x").unwrap();
    let page = site.page("/");
    assert_eq!(page.row_heads().len(), 1);
    for name in ["empty", "half", "newer", "no-text", "<b>markup", "not-a-run"] {
        assert!(page.main().contains(name), "{name}");
    }
    for name in ["empty", "half", "newer", "no-text"] {
        let (status, body) = site.get(&format!("/runs/{name}"));
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        Document::checked(&body);
    }
    site.page(&format!("/runs/{run}"));
}

#[test]
fn a_damaged_table_is_one_error_and_never_a_panic() {
    let site = Site::new();
    let run = site.run("alpha", &samples(12), &system());
    let path = site.runs().join(&run).join("samples.parquet");
    let whole = fs::read(&path).unwrap();
    let damages: [&dyn Fn() -> Vec<u8>; 5] = [
        &Vec::new,
        &|| whole[..whole.len() / 2].to_vec(),
        &|| whole[..whole.len() - 1].to_vec(),
        &|| b"PAR1PAR1".to_vec(),
        &|| {
            let mut bytes = whole.clone();
            let middle = bytes.len() / 3;
            bytes[middle..middle + 64].fill(0xff);
            bytes
        },
    ];
    for (at, damage) in damages.iter().enumerate() {
        fs::write(&path, damage()).unwrap();
        for below in ["", "/samples", "/samples/alpha/s001/0"] {
            let (status, body) = site.get(&format!("/runs/{run}{below}"));
            assert!(
                status == StatusCode::INTERNAL_SERVER_ERROR || status == StatusCode::OK,
                "{at} {below}: {status}"
            );
            Document::checked(&body);
        }
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(site.get(&format!("/runs/{run}")).0, StatusCode::INTERNAL_SERVER_ERROR);
    // The file is back, and so is the run.
    fs::write(&path, &whole).unwrap();
    assert_eq!(site.page(&format!("/runs/{run}/samples")).row_heads().len(), 12);
}

#[test]
fn a_torn_journal_shows_its_whole_lines() {
    let site = Site::new();
    let task = task(site.home.path(), "alpha", &samples(40));
    let run = make(
        &site.runs(),
        (None, vec![task]),
        settings(None, None),
        Systems::alone(&system()),
        Until::Samples(10),
    );
    let journal = run.join("journal.jsonl");
    let bytes = fs::read(&journal).unwrap();
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    fs::write(&journal, &bytes[..bytes.len() - 5]).unwrap();
    let list = site.page(&format!("/runs/{}/samples", name_of(&run)));
    assert_eq!(list.row_heads().len(), lines - 1);
}
