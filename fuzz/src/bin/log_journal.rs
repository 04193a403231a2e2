//! A damaged journal never stops a directory from being opened and written, and what comes out of it is what was once there. On
//! edits `u16be place || byte` of a journal with six values, or, after a zero byte, on a file that takes its place.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_log::Key;
use overt_log::simulated::{Break, Power};
use overt_log::store::{DirectoryStore, Files as _, Store as _};

const VALUES: [&[u8]; 6] = [b"0", b"1", b"22", b"333", b"4444", b"55555"];

fuzz_target!(|bytes: &[u8]| {
    let disk = Power::new([]);
    let key = Key::new("lock").expect("it is a name");
    let store = DirectoryStore::over(disk.clone(), u64::MAX).expect("the disk is sound");
    let mut before: Option<&[u8]> = None;
    for value in VALUES {
        store.compare_and_swap(&key, before, value).expect("the disk is sound");
        before = Some(value);
    }
    // As a process that is killed before it could come to rest.
    disk.plan(disk.count(), Break::DiesBefore);
    drop(store);
    disk.restart();
    let path = ".journal/1";
    let mut journal = disk.read(path, u64::MAX - 1).expect("it is there").expect("it is there");
    match bytes.split_first() {
        Some((0, whole)) => journal = whole.to_vec(),
        _ => {
            for edit in bytes.chunks_exact(3) {
                let place = usize::from(u16::from_be_bytes([edit[0], edit[1]]));
                if let Some(byte) = journal.get_mut(place) {
                    *byte ^= edit[2];
                }
            }
        }
    }
    disk.unlink(path).expect("it is there");
    disk.write_at(path, 0, &journal).expect("the disk is sound");
    let store = DirectoryStore::over(disk.clone(), u64::MAX).expect("a damaged journal is no reason");
    let found = store.get(&key).expect("the disk is sound").expect("it was there");
    assert!(VALUES.contains(&found.as_slice()), "{found:?}");
    store.compare_and_swap(&key, Some(&found), b"next").expect("it is written on");
    drop(store);
    disk.lose_power(1);
    let store = DirectoryStore::over(disk, u64::MAX).expect("the disk is sound");
    assert_eq!(store.get(&key).expect("the disk is sound").as_deref(), Some(b"next".as_slice()));
});
