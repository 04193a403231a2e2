//! The export: the same pages as files, every link of which leads to a file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use overt_web::site::{ExportError, Exported, export};

use crate::html::look;
use crate::world::{World, full};

async fn exported(world: &World, out: &Path) -> Result<Exported, ExportError> {
    export(&world.site, world.router.clone(), out).await
}

/// Where a file server finds an address.
fn file_of(root: &Path, link: &str) -> PathBuf {
    let path = link.split(['#', '?']).next().unwrap();
    let mut bytes = Vec::new();
    let mut rest = path.trim_start_matches('/').bytes();
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
    let path = root.join(String::from_utf8(bytes).unwrap());
    if link.split(['#', '?']).next().unwrap().ends_with('/') { path.join("index.html") } else { path }
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
        for link in looked.links.iter().filter(|link| link.starts_with('/')) {
            // Pages where people take part are another router's.
            let is_elsewhere = ["/statements", "/incidents"].iter().any(|root| link.starts_with(root));
            assert!(is_elsewhere || file_of(&out, link).is_file(), "{} leads to {link}", path.display());
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
