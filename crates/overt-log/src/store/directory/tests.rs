use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::sync::mpsc;
use std::time::Duration;

use super::*;

fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

fn journal(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder.join(".journal")).unwrap().flatten();
    let mut names: Vec<String> = names.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Swaps a value of a kilobyte so often; each takes a block and a half of the journal.
fn swap(store: &DirectoryStore, from: u32, to: u32) {
    let value = |number: u32| [number.to_be_bytes().as_slice(), &[7; 5000]].concat();
    for number in from..to {
        let before = (number > 0).then(|| value(number));
        store.compare_and_swap(&key("lock"), before.as_deref(), &value(number + 1)).unwrap();
        store.compare_and_swap(&key(&format!("a/{number}")), None, b"bytes").unwrap();
    }
}

#[test]
fn closed_segments_are_settled_beside_what_goes_on_and_one_file_is_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let open = || DirectoryStore::with(Disk::open(folder.path()).unwrap(), 40_000, true).unwrap();
    let store = open();
    swap(&store, 0, 200);
    let names = journal(folder.path());
    let newest =
        folder.path().join(".journal").join(names.iter().filter(|name| *name != "spare").max().unwrap());
    assert!(names.len() <= 3 && fs::metadata(newest).unwrap().len() > 30_000, "{names:?}");
    // With nothing to do, it comes to rest in a few looks.
    for _ in 0..100 {
        store.rest().unwrap();
        if store.journal.is_at_rest() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(store.journal.is_at_rest());
    swap(&store, 200, 210);
    // One that uses the directory, too, does not rely on what this one has not flushed.
    std::mem::forget(store);
    let store = open();
    swap(&store, 210, 220);
    drop(store);
    assert_eq!(journal(folder.path()).len(), 1);
    for number in 0..220 {
        assert_eq!(fs::read(folder.path().join(format!("a/{number}"))).unwrap(), b"bytes");
    }
}

#[test]
fn whoever_opens_waits_for_whoever_is_opening() {
    let folder = tempfile::tempdir().unwrap();
    drop(DirectoryStore::open(folder.path()).unwrap());
    let disk = Disk::open(folder.path()).unwrap();
    let opening = disk.lock(OPEN_LOCK, Hold::Exclusive).unwrap();
    let (sender, opened) = mpsc::channel();
    let path = folder.path().to_owned();
    std::thread::spawn(move || sender.send(DirectoryStore::open(path).map(drop)));
    assert!(opened.recv_timeout(Duration::from_millis(200)).is_err(), "it did not wait");
    drop(opening);
    opened.recv_timeout(Duration::from_secs(60)).unwrap().unwrap();
}

#[test]
fn what_the_administrator_writes_is_the_owners() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED: only the administrator can try this out");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    chown(folder.path(), Some(12_345), Some(12_346)).unwrap();
    let store = DirectoryStore::open(folder.path()).unwrap();
    swap(&store, 0, 3);
    store.put_new(&key("b/c/d"), b"bytes").unwrap();
    let mut folders = vec![folder.path().to_owned()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let about = entry.metadata().unwrap();
            assert_eq!((about.uid(), about.gid()), (12_345, 12_346), "{:?}", entry.path());
            seen += 1;
            if about.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn a_file_in_the_place_of_a_directory_is_found_before_anything_is_promised() {
    let folder = tempfile::tempdir().unwrap();
    let store = DirectoryStore::open(folder.path()).unwrap();
    fs::write(folder.path().join("x"), "a file").unwrap();
    let swap = store.compare_and_swap(&key("x/y"), None, b"bytes");
    assert!(matches!(swap, Err(SwapError::NotMade(_))), "{swap:?}");
    store.compare_and_swap(&key("z"), None, b"bytes").unwrap();
    drop(store);
    DirectoryStore::open(folder.path()).unwrap();
}

#[test]
fn a_journal_that_is_no_journal_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(DirectoryStore::open(folder.path()).unwrap());
    for (name, content) in [("7", b"overt journal 1\nrubbish".as_slice()), ("8", b""), ("notes.txt", b"mine")]
    {
        fs::write(folder.path().join(".journal").join(name), content).unwrap();
    }
    let store = DirectoryStore::open(folder.path()).unwrap();
    store.compare_and_swap(&key("lock"), None, b"bytes").unwrap();
    drop(store);
    let names = journal(folder.path());
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.contains(&"notes.txt".to_owned()), "{names:?}");
}

#[test]
fn what_another_process_deletes_is_no_failure_of_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = [(); 2].map(|()| DirectoryStore::open(folder.path()).unwrap());
    one.compare_and_swap(&key("preflight/1"), None, b"bytes").unwrap();
    other.delete(&key("preflight/1")).unwrap();
    one.settle().unwrap();
    // Nor if it went without a word.
    one.compare_and_swap(&key("preflight/2"), None, b"bytes").unwrap();
    fs::remove_file(folder.path().join("preflight/2")).unwrap();
    assert!(matches!(one.settle(), Err(StoreError::Io { .. })));
    one.compare_and_swap(&key("lock"), None, b"bytes").unwrap();
    assert_eq!(one.get(&key("lock")).unwrap().as_deref(), Some(b"bytes".as_slice()));
}
