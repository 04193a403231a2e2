//! `aics-tlog` (PyPI): another implementation of C2SP tlog-tiles, reading and writing.

use std::path::Path;
use std::sync::Arc;

use overt_log::client::{LogClient, Source};
use overt_log::serve::files_router;
use overt_log::store::{DirectoryStore, Store};
use overt_log::{Reader, SystemClock, fsck};
use overt_record::policy::Policy;
use overt_record::{Hash, VerifierKey};
use serde_json::{Value, json};

use crate::judge::{Folder, Judge};
use crate::world::{ORIGIN, RunningLog, SEED, entry, serve};

fn texts(hashes: &[Hash]) -> Value {
    hashes.iter().map(|hash| Value::from(hash.to_string())).collect()
}

/// What it must find in a log of so many entries.
fn check(aics_tlog: &Judge, log: &RunningLog, size: u64, source: &str) {
    let indexes: Vec<u64> = [0, 1, 254, 255, 256, 511, 65_535, 65_536, size - 1]
        .into_iter()
        .filter(|index| *index < size)
        .collect();
    let sizes: Vec<u64> =
        [1, 2, 255, 256, 257, 65_536, 65_537, size].into_iter().filter(|old| *old <= size).collect();
    let answer = aics_tlog.ask(&json!({
        "do": "read", "source": source, "vkey": log.vkey(), "indexes": indexes, "sizes": sizes,
    }));
    assert_eq!(answer["size"], size);
    assert_eq!(answer["bundles"], size.div_ceil(256));
    let reader = log.log.reader();
    for (place, index) in indexes.into_iter().enumerate() {
        assert_eq!(answer["entries"][place], text_of(index));
        let proof = reader.prove_inclusion(index, size).unwrap();
        assert_eq!(answer["inclusion"][place], texts(proof.hashes()), "{index}");
    }
    for (place, old) in sizes.into_iter().enumerate() {
        let proof = reader.prove_consistency(old, size).unwrap();
        assert_eq!(answer["consistency"][place], texts(proof.hashes()), "{old}");
    }
}

fn text_of(index: u64) -> String {
    String::from_utf8(entry(index)).unwrap()
}

fn file_url(folder: &Path) -> String {
    format!("file://{}", folder.display())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_audits_the_tiles_on_the_disk_at_every_size() {
    let Some(aics_tlog) = Judge::python("aics_tlog.py") else { return };
    let folder = Folder::new();
    let log = RunningLog::in_folder(&folder);
    for size in [1, 2, 255, 256, 257, 600, 65_536 + 257] {
        log.grow(size).await;
        check(&aics_tlog, &log, size, &file_url(folder.path()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_audits_a_served_log_and_a_mirror_s_directory_without_a_writer() {
    let Some(aics_tlog) = Judge::python("aics_tlog.py") else { return };
    let folder = Folder::new();
    let log = RunningLog::in_folder(&folder);
    log.grow(700).await;
    let url = serve(files_router(log.store.clone())).await;
    tokio::task::spawn_blocking(move || check(&aics_tlog, &log, 700, &url)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_it_wrote_is_sound_here_and_proves_its_entries() {
    let Some(aics_tlog) = Judge::python("aics_tlog.py") else { return };
    let folder = Folder::new();
    let batches: Vec<Vec<String>> = [0..1, 1..255, 255..256, 256..257, 257..600]
        .into_iter()
        .map(|batch| batch.map(text_of).collect())
        .collect();
    let answer = aics_tlog.ask(&json!({
        "do": "write", "directory": folder.path(), "origin": ORIGIN, "seed": Hash::from(SEED).to_string(), "batches": batches,
    }));
    let vkey = VerifierKey::parse(answer["vkey"].as_str().unwrap()).unwrap();
    let store: Arc<dyn Store> = Arc::new(DirectoryStore::open(folder.path()).unwrap());
    let report = fsck(store.as_ref(), &vkey).unwrap();
    assert!(report.is_sound() && report.head.size == 600, "{:?}", report.deviations);
    assert_eq!(Reader::new(store.clone()).entry(599, 600).unwrap(), entry(599));

    let client = LogClient::new(Source::Store(store), Policy::of_logs([vkey]), Arc::new(SystemClock));
    for index in [0, 255, 256, 599] {
        assert_eq!(client.prove(index).await.unwrap().entry, entry(index));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_tile_is_found_there_as_here() {
    let Some(aics_tlog) = Judge::python("aics_tlog.py") else { return };
    let folder = Folder::new();
    let log = RunningLog::in_folder(&folder);
    log.grow(600).await;
    let question = json!({
        "do": "read", "source": file_url(folder.path()), "vkey": log.vkey(), "indexes": [], "sizes": [],
    });
    for name in ["tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/001", "checkpoint"] {
        let sound = folder.read(name);
        aics_tlog.ask(&question);
        let mut damaged = sound.clone();
        damaged[40] ^= 1;
        let path = folder.path().join(name);
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, damaged).unwrap();
        assert!(!aics_tlog.run(&[], question.to_string().as_bytes()).accepts, "{name}");
        let found = fsck(log.store.as_ref(), log.keys.signer().vkey());
        assert!(!found.is_ok_and(|report| report.is_sound()), "{name}");
        std::fs::write(&path, sound).unwrap();
    }
}
