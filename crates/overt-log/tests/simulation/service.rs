//! Many submitters at once get true answers.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use overt_log::sequencer::Idle;
use overt_log::simulated::{Break, Fault, Faults, Power};
use overt_log::store::{DirectoryStore, MemoryStore, Store, StoreError};
use overt_log::{AddError, Arrival, Bounds, Clock, Identity, Limits, Log, OpenError, fsck};
use overt_record::Hash;
use overt_record::merkle::leaf_hash;

use crate::world::{SEGMENT, keys};

#[derive(Default)]
struct Time(AtomicU64);

impl Clock for Time {
    fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

fn open(store: &Arc<dyn Store>, limits: Limits) -> Result<Log, OpenError> {
    Log::open(store.clone(), keys(), Arc::new(Time::default()), Identity::BYTES, limits)
}

fn created() -> (Arc<MemoryStore>, Arc<dyn Store>) {
    let memory = Arc::new(MemoryStore::new());
    let store: Arc<dyn Store> = memory.clone();
    Idle::create(store.clone(), keys(), 0).unwrap();
    (memory, store)
}

#[tokio::test]
async fn a_crowd_shares_batches_and_everyone_can_prove_their_entry() {
    let (memory, store) = created();
    let log = Arc::new(open(&store, Limits::default()).unwrap());
    let adding: Vec<_> = (0..500_u32)
        .map(|i| {
            let log = log.clone();
            // Every entry twice, from two submitters at once.
            tokio::spawn(
                async move { (i / 2, log.add(format!("entry {}", i / 2).into_bytes()).await.unwrap()) },
            )
        })
        .collect();
    let mut places = BTreeMap::new();
    let mut firsts = 0;
    for added in adding {
        let (entry, added) = added.await.unwrap();
        assert_eq!(*places.entry(entry).or_insert(added.index), added.index);
        firsts += u32::from(added.arrival == Arrival::First);
        let head = added.signed_head.head;
        let proof = log.reader().prove_inclusion(added.index, head.size).unwrap();
        proof.verify(leaf_hash(format!("entry {entry}").as_bytes()), added.index, head).unwrap();
    }
    assert_eq!((places.len(), firsts), (250, 250));
    assert_eq!(log.head().borrow().head.size, 250);
    drop(log);
    assert!(fsck(memory.as_ref(), keys().signer().vkey()).unwrap().is_sound());
}

#[tokio::test]
async fn an_idle_log_shows_what_another_process_wrote() {
    let (_, store) = created();
    let (idle, busy) = (open(&store, Limits::default()).unwrap(), open(&store, Limits::default()).unwrap());
    let mut head = idle.head();
    for size in 1..=2 {
        busy.add(format!("entry {size}").into_bytes()).await.unwrap();
        let seen = head.wait_for(|signed| signed.head.size == size);
        tokio::time::timeout(std::time::Duration::from_secs(10), seen).await.unwrap().unwrap();
    }
    // It knows the entries, too: the same again is found, and what is new comes after them.
    let again = idle.add(b"entry 1".to_vec()).await.unwrap();
    assert_eq!((again.index, again.arrival), (0, Arrival::Again));
    assert_eq!(idle.add(b"entry 3".to_vec()).await.unwrap().index, 2);
}

#[tokio::test]
async fn the_same_submission_after_a_restart_gets_the_same_place() {
    let directory = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(DirectoryStore::open(directory.path()).unwrap());
    assert!(matches!(open(&store, Limits::default()), Err(OpenError::Load(_))), "there is no log yet");
    Idle::create(store.clone(), keys(), 0).unwrap();
    let log = open(&store, Limits::default()).unwrap();
    for entry in ["a", "b", "c"] {
        log.add(entry.into()).await.unwrap();
    }
    log.close();
    let log = open(&store, Limits::default()).unwrap();
    let again = log.add("b".into()).await.unwrap();
    assert_eq!((again.index, again.arrival), (1, Arrival::Again));
    assert_eq!(again.signed_head.head.size, 3);
    assert_eq!(log.add("d".into()).await.unwrap().index, 3);
    assert!(matches!(Idle::create(store.clone(), keys(), 0), Err(overt_log::sequencer::LoadError::Exists)));
}

#[tokio::test]
async fn what_is_too_long_or_too_much_is_turned_away() {
    let (_, store) = created();
    let limits = Limits { entry_bytes: 10, waiting: Bounds { entries: 0, bytes: 100 } };
    let log = open(&store, limits).unwrap();
    assert!(matches!(log.add(vec![0; 11]).await, Err(AddError::TooLong { found: 11, limit: 10 })));
    assert!(matches!(log.add(vec![0; 10]).await, Err(AddError::Busy { entries: 0, bytes: 0 })));
}

#[tokio::test]
async fn a_clock_that_runs_back_stops_nothing_but_the_batch() {
    let (_, store) = created();
    let time = Arc::new(Time(AtomicU64::new(5000)));
    let log = Log::open(store, keys(), time.clone(), Identity::BYTES, Limits::default()).unwrap();
    log.add("a".into()).await.unwrap();
    time.0.store(4999, Ordering::SeqCst);
    let refused = log.add("b".into()).await;
    assert!(matches!(&refused, Err(AddError::NotLogged(why)) if why.contains("clock")), "{refused:?}");
    time.0.store(5000, Ordering::SeqCst);
    assert_eq!(log.add("b".into()).await.unwrap().index, 1);
}

#[tokio::test]
async fn every_fault_of_the_store_leaves_true_answers() {
    let (_, clean) = created();
    let faults = Arc::new(Faults::new(clean, []));
    let store: Arc<dyn Store> = faults.clone();
    let opened = open(&store, Limits::default()).unwrap();
    let first = faults.count();
    opened.add("a".into()).await.unwrap();
    opened.close();
    let last = faults.count();
    for at in first..last {
        for fault in Fault::ALL {
            let (memory, clean) = created();
            let faults = Arc::new(Faults::new(clean.clone(), [(at, fault)]));
            let store: Arc<dyn Store> = faults.clone();
            let log = open(&store, Limits::default()).unwrap();
            let answer = log.add("a".into()).await;
            // A dead store makes the writer ask again and again; a new process is what helps.
            drop(log);
            let log = open(&clean, Limits::default()).unwrap();
            let size = log.head().borrow().head.size;
            match &answer {
                Ok(added) => assert_eq!((added.index, size), (0, 1)),
                Err(AddError::NotLogged(_)) => assert_eq!(size, 0, "{at} {fault:?}"),
                Err(AddError::Unsettled(_)) => {}
                Err(error) => panic!("{error}"),
            }
            assert_eq!(log.add("a".into()).await.unwrap().index, 0);
            assert_eq!(log.head().borrow().head.size, 1, "{at} {fault:?} {answer:?}");
            assert!(fsck(memory.as_ref(), keys().signer().vkey()).unwrap().is_sound());
        }
    }
}

#[tokio::test]
async fn a_large_log_is_mapped_from_segments_and_a_damaged_one_is_made_again() {
    let (memory, store) = created();
    let mut idle = Idle::load(store.clone(), keys()).unwrap();
    let entry = |i: u32| i.to_be_bytes();
    for batch in 0..16 {
        let entries: Vec<[u8; 4]> = (batch * 4096..(batch + 1) * 4096).map(entry).collect();
        let entries: Vec<&[u8]> = entries.iter().map(<[u8; 4]>::as_slice).collect();
        let prepared = idle.prepare(&entries, 0).ok().unwrap();
        idle = prepared.commit().ok().unwrap().apply().ok().unwrap().publish().ok().unwrap().tidy();
    }
    let segment = overt_log::Key::new("derived/bytes/0").unwrap();
    for damage in ["none yet", "left alone", "cut", "changed"] {
        match (damage, store.get(&segment).unwrap()) {
            ("none yet", found) => assert!(found.is_none()),
            ("cut", Some(bytes)) => memory.overwrite(&segment, Some(bytes[..bytes.len() - 16].to_vec())),
            ("changed", Some(mut bytes)) => {
                bytes[100] ^= 1;
                memory.overwrite(&segment, Some(bytes));
            }
            (_, found) => assert!(found.is_some()),
        }
        let log = open(&store, Limits::default()).unwrap();
        for index in [0, 1, 255, 256, 65_535] {
            assert_eq!(log.add(entry(index).to_vec()).await.unwrap().index, u64::from(index), "{damage}");
        }
        assert_eq!(log.head().borrow().head.size, 65_536);
        log.close();
    }
    assert_eq!(Identity::BYTES.name, "bytes");
    assert_eq!((Identity::BYTES.of)(b"a"), Hash::of(b"a"));
}

/// The calls of a commit are broken one after the other; whichever of them poisons the store, the log ends and says so.
#[tokio::test]
async fn after_a_failed_flush_the_log_stops_and_whoever_watches_it_is_told() {
    let mut stopped = 0;
    for at in 0..20 {
        let power = Power::new([]);
        let store: Arc<dyn Store> = Arc::new(DirectoryStore::over(power.clone(), SEGMENT).unwrap());
        Idle::create(store.clone(), keys(), 0).unwrap();
        let log = open(&store, Limits::default()).unwrap();
        log.add(b"one".to_vec()).await.unwrap();
        let mut head = log.head();
        head.borrow_and_update();
        power.plan(power.count() + at, Break::Fails(ErrorKind::Other));
        let added = log.add(b"two".to_vec()).await;
        if matches!(store.get(&overt_log::Key::new("lock").unwrap()), Err(StoreError::Poisoned)) {
            assert!(added.is_err(), "{at}");
            assert!(head.changed().await.is_err(), "{at}");
            assert!(matches!(log.add(b"three".to_vec()).await, Err(AddError::Stopped)), "{at}");
            stopped += 1;
        }
    }
    assert!(stopped > 0, "no flush was broken");
}
