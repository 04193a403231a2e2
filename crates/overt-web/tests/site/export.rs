//! The export: the same pages as files, every link of which leads to a file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use overt_web::site::{ExportError, Exported, export};

use crate::html::look;
use crate::world::{World, full};

async fn exported(world: &World, out: &Path) -> Result<Exported, ExportError> {
    export(&world.site, world.router.clone(), out).await
}

/// Where a file server finds what a page links to.
fn file_of(page: &Path, link: &str) -> PathBuf {
    let path = link.split(['#', '?']).next().unwrap();
    let mut folder = page.parent().unwrap().to_owned();
    let mut rest = path;
    while let Some(behind) = rest.strip_prefix("../") {
        assert!(folder.pop());
        rest = behind;
    }
    let mut bytes = Vec::new();
    let mut rest = rest.trim_start_matches("./").bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex: Vec<u8> = rest.by_ref().take(2).collect();
            let code = u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap();
            // A slash within a name stays escaped.
            if code == b'/' { bytes.extend(b"%2F") } else { bytes.push(code) }
        } else {
            bytes.push(byte);
        }
    }
    let path = folder.join(String::from_utf8(bytes).unwrap());
    if link.split(['#', '?']).next().unwrap().ends_with('/') { path.join("index.html") } else { path }
}

/// Whether a link leads to a page of the export.
fn is_own(link: &str) -> bool {
    !["https://", "http://", "mailto:", "#", "data:"].iter().any(|elsewhere| link.starts_with(elsewhere))
}

fn files(root: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { assert!(found.insert(path)) }
        }
    }
    found
}

#[tokio::test]
async fn every_link_of_every_exported_page_leads_to_a_file() {
    let (world, logged) = full().await;
    let out = world.path("out");
    let done = exported(&world, &out).await.unwrap();
    let files = files(&out);
    assert_eq!(done.files, files.len() as u64 - 1, "all but the mark are counted");
    let mut pages = 0;
    for path in files.iter().filter(|path| path.extension().is_some_and(|ending| ending == "html")) {
        let looked = look(&std::fs::read_to_string(path).unwrap());
        assert!(looked.faults.is_empty(), "{}: {:?}", path.display(), looked.faults);
        for link in looked.links.iter().filter(|link| is_own(link)) {
            let file = file_of(path, link);
            assert!(file.starts_with(&out) && !link.starts_with('/'), "{} leads to {link}", path.display());
            // Pages where people take part are another router's.
            let is_elsewhere =
                ["statements", "incidents"].iter().any(|root| file.starts_with(out.join(root)));
            assert!(is_elsewhere || file.is_file(), "{} leads to {link}", path.display());
            assert!(!link.contains('?'), "{} leads to {link}", path.display());
        }
        pages += 1;
    }
    assert!(pages > 20, "{pages}");
    let record = logged["evaluation"];
    for name in [
        format!("records/{record}.overt.json"),
        "checkpoint".into(),
        "feed.atom".into(),
        "api/v1/openapi.json".into(),
        "tile/0/000.p/10".into(),
        "tile/entries/000.p/10".into(),
    ] {
        let served = world.get(&format!("/{name}")).await;
        assert_eq!(std::fs::read(out.join(&name)).unwrap(), served.bytes, "{name}");
    }
}

#[tokio::test]
async fn a_second_export_changes_what_has_changed_and_nothing_else() {
    let (world, _) = full().await;
    let out = world.path("out");
    let first = exported(&world, &out).await.unwrap();
    assert_eq!(first.changed, first.files);
    let again = exported(&world, &out).await.unwrap();
    assert_eq!((again.files, again.changed), (first.files, 0));
    std::fs::write(out.join("about/index.html"), "somebody wrote here").unwrap();
    assert_eq!(exported(&world, &out).await.unwrap().changed, 1);
    // Nothing is left beside it.
    let beside = std::fs::read_dir(out.parent().unwrap())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".overt-export"));
    assert_eq!(beside.count(), 0);
}

#[tokio::test]
async fn somebody_elses_directory_is_left_alone() {
    let (world, _) = full().await;
    let out = world.path("mine");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("notes.txt"), "mine").unwrap();
    assert!(matches!(exported(&world, &out).await, Err(ExportError::NotAnExport(_))));
    assert_eq!(files(&out).len(), 1);
}

#[tokio::test]
async fn a_task_with_a_hostile_name_does_not_keep_a_site_from_being_exported() {
    let (world, _) = full().await;
    for task in ["index.html", "page-2", "..", ".overt-export", "a/b", "x.json"] {
        let all = crate::examples::all();
        let overt_record::record::Body::Evaluation(evaluation) = all[0].body() else {
            panic!("the first is an evaluation")
        };
        let mut evaluation = evaluation.clone();
        evaluation.tasks[0].name = crate::world::name(task);
        world.log(&crate::world::record_by("Somebody", *evaluation), &crate::examples::key()).await;
    }
    let out = world.path("out");
    exported(&world, &out).await.unwrap();
    assert!(out.join("tasks/=index.html/index.html").is_file() && out.join("tasks/index.html").is_file());
}

/// What the index of a folder says, put together from its files.
fn items(out: &Path, folder: &str) -> Vec<serde_json::Value> {
    let mut found = Vec::new();
    for path in files(&out.join("search").join(folder)) {
        let file: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        found.extend(file["items"].as_array().into_iter().flatten().cloned());
    }
    found
}

#[tokio::test]
async fn what_a_server_finds_stands_in_the_index_of_the_export_and_leads_to_a_file() {
    let (world, logged) = full().await;
    let out = world.path("out");
    exported(&world, &out).await.unwrap();
    let found = items(&out, "site");
    for kind in ["statement", "system", "task"] {
        let here = found.iter().filter(|item| item[0] == kind);
        let mut links = here.map(|item| item[1].as_str().unwrap()).peekable();
        assert!(links.peek().is_some(), "no {kind} in {found:?}");
        if kind == "statement" {
            continue; // Its page is another router's.
        }
        for link in links {
            assert!(out.join(link).join("index.html").is_file(), "{link}");
        }
    }
    let records = items(&out, "records");
    for digest in logged.values().map(ToString::to_string) {
        // What the examples take down is not found; everything else that the log can show is.
        let is_known = out.join("records").join(&digest).join("index.html").is_file()
            && world.get(&format!("/records/{digest}")).await.status == 200;
        assert_eq!(records.iter().any(|item| item[0] == *digest), is_known, "{digest}");
    }
    let page = std::fs::read_to_string(out.join("find/index.html")).unwrap();
    assert!(page.contains("data-index=\"../search/site/\"") && page.contains("<noscript>"), "{page}");
    assert!(page.contains("Content-Security-Policy") && !page.contains("frame-ancestors"), "{page}");
}
