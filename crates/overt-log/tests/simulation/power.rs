//! Each system call of the directory store breaks in each way, with and without loss of power.

use std::io::ErrorKind;
use std::sync::Arc;

use overt_log::Key;
use overt_log::simulated::{Break, Power};
use overt_log::store::{Commit, DirectoryStore, Files as _, Object, Put, Store, StoreError, SwapError};

use crate::world::{Choices, Client, Recorder, SEGMENT, batches, check_promises, two_keys};

const BREAKS: [Break; 5] = [
    Break::Fails(ErrorKind::Other),
    Break::Fails(ErrorKind::StorageFull),
    Break::FailsApplied,
    Break::DiesBefore,
    Break::DiesAfter,
];

/// What happens to the machine whenever the process has ended.
#[derive(Clone, Copy, Debug)]
enum Machine {
    Runs,
    LosesPower(u64),
    /// Runs on the first time, so that the next process sees what is not durable, and then loses power.
    LosesPowerLater(u64),
}

impl Machine {
    fn next_process(self, power: &Power, boot: u64) {
        match self {
            Self::Runs => power.restart(),
            Self::LosesPowerLater(_) if boot == 0 => power.restart(),
            Self::LosesPowerLater(seed) | Self::LosesPower(seed) => power.lose_power(seed.wrapping_add(boot)),
        }
    }
}

/// Plays one history to its end and checks the promises. Returns how many system calls it had.
fn play(sizes: &[usize], plan: &[(u64, Break)], machine: Machine) -> u64 {
    play_by(Client::new(batches(sizes)), sizes, plan, machine)
}

fn play_by(mut client: Client, sizes: &[usize], plan: &[(u64, Break)], machine: Machine) -> u64 {
    let power = Power::new(plan.iter().copied());
    let mut written = Vec::new();
    for boot in 0..=plan.len() as u64 + 1 {
        // A store that met a failed flush refuses everything, and the client ends.
        if let Ok(directory) = DirectoryStore::over(power.clone(), SEGMENT) {
            let recorder = Arc::new(Recorder::new(Arc::new(directory)));
            let store: Arc<dyn Store> = recorder.clone();
            client.run(&store);
            written.extend(recorder.written());
        }
        machine.next_process(&power, boot);
    }
    assert!(client.is_done(), "more failures than faults: {plan:?} {machine:?}");
    let calls = power.count();
    // What was acknowledged survives whatever comes.
    power.heal();
    power.lose_power(99);
    let store: Arc<dyn Store> = Arc::new(DirectoryStore::over(power, SEGMENT).unwrap());
    check_promises(&store, &client.acknowledged, sizes.iter().sum::<usize>() as u64, &written);
    calls
}

/// A checkpoint of two signatures is several blocks long: more of it can be lost than of one.
#[test]
fn a_log_with_a_second_key_keeps_the_promises_wherever_its_process_ends() {
    let (sizes, keys) = ([2, 1], two_keys());
    let play = |plan: &[(u64, Break)], machine| {
        play_by(Client::new(batches(&sizes)).with_keys(keys.clone()), &sizes, plan, machine)
    };
    for at in (0..play(&[], Machine::Runs)).step_by(2) {
        play(&[(at, Break::DiesBefore)], Machine::LosesPower(at));
        play(&[(at + 1, Break::DiesAfter)], Machine::LosesPowerLater(!at));
    }
}

#[test]
fn every_broken_system_call_in_two_batches_keeps_the_promises() {
    let sizes = [2, 1];
    let calls = play(&sizes, &[], Machine::Runs);
    let mut histories = 0;
    for at in 0..calls {
        for broken in BREAKS {
            for machine in [Machine::Runs, Machine::LosesPower(at), Machine::LosesPower(!at)] {
                play(&sizes, &[(at, broken)], machine);
                histories += 1;
            }
        }
    }
    eprintln!("{histories} histories of {calls} system calls");
}

#[test]
fn what_one_process_left_undurable_the_next_one_builds_on_safely() {
    let sizes = [1];
    let mut histories = 0;
    for at in 0..play(&sizes, &[], Machine::Runs) {
        let calls = play(&sizes, &[(at, Break::DiesBefore)], Machine::Runs);
        for then in at + 1..calls {
            let plan = [(at, Break::DiesBefore), (then, Break::DiesBefore)];
            play(&sizes, &plan, Machine::LosesPowerLater(at * then));
            histories += 1;
        }
    }
    eprintln!("{histories} histories");
}

#[test]
fn random_breaks_also_during_recovery_keep_the_promises() {
    for seed in 0..300 {
        let mut choices = Choices(seed);
        let sizes: Vec<usize> = (0..3).map(|_| choices.pick(&[1, 2, 3, 255, 256])).collect();
        let plan: Vec<_> =
            (0..2 + choices.below(5)).map(|_| (choices.below(400), choices.pick(&BREAKS))).collect();
        let machines = [Machine::Runs, Machine::LosesPower(seed), Machine::LosesPowerLater(seed)];
        let machine = choices.pick(&machines);
        play(&sizes, &plan, machine);
    }
}

fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

fn store(plan: &[(u64, Break)]) -> (Power, DirectoryStore<Power>) {
    let power = Power::new([]);
    DirectoryStore::over(power.clone(), SEGMENT).unwrap();
    let opening = power.count();
    let power = Power::new(plan.iter().map(|(at, broken)| (at + opening, *broken)));
    (power.clone(), DirectoryStore::over(power, SEGMENT).unwrap())
}

#[test]
fn a_full_disk_is_an_error_that_passes() {
    let (power, store) = store(&[(0, Break::Fails(ErrorKind::StorageFull))]);
    let full = store.put_new(&key("a/b"), b"bytes");
    assert!(matches!(full, Err(StoreError::Io { step: "write", .. })), "{full:?}");
    assert_eq!(store.get(&key("a/b")).unwrap(), None);
    assert_eq!(store.put_new(&key("a/b"), b"bytes").unwrap(), Put::Created);
    power.lose_power(0);
    assert_eq!(store.get(&key("a/b")).unwrap().as_deref(), Some(b"bytes".as_slice()));
}

#[test]
fn after_a_failed_flush_the_store_refuses_everything() {
    // Calls: write, flush the file.
    let (_, store) = store(&[(1, Break::Fails(ErrorKind::Other))]);
    assert!(matches!(
        store.put_new(&key("a"), b"bytes"),
        Err(StoreError::Io { step: "flush to the disk", .. })
    ));
    assert!(matches!(store.put_new(&key("a"), b"bytes"), Err(StoreError::Poisoned)));
    assert!(matches!(store.get(&key("a")), Err(StoreError::Poisoned)));
    assert!(matches!(store.list(&key("a")), Err(StoreError::Poisoned)));
    assert!(matches!(store.delete(&key("a")), Err(StoreError::Poisoned)));
    let swap = store.compare_and_swap(&key("a"), None, b"bytes");
    assert!(matches!(swap, Err(SwapError::NotMade(StoreError::Poisoned))));
}

/// A store that has swapped once, and so has a journal; its calls from there on break as planned.
fn swapping(plan: &[(u64, Break)]) -> DirectoryStore<Power> {
    let begin = |power: &Power| {
        let store = DirectoryStore::over(power.clone(), SEGMENT).unwrap();
        store.compare_and_swap(&key("other"), None, b"bytes").unwrap();
        store
    };
    let power = Power::new([]);
    drop(begin(&power));
    let before = {
        let power = Power::new([]);
        let store = begin(&power);
        let count = power.count();
        drop(store);
        count
    };
    let power = Power::new(plan.iter().map(|(at, broken)| (at + before, *broken)));
    begin(&power)
}

#[test]
fn a_swap_says_what_it_knows() {
    // Calls: lock, look behind the last record, look for a newer segment, read, write, write the record, flush it, rename.
    let outcomes = [0, 1, 2, 3, 4, 5, 6, 7].map(|at| {
        let store = swapping(&[(at, Break::Fails(ErrorKind::Other))]);
        store.compare_and_swap(&key("lock"), None, b"bytes")
    });
    for before in &outcomes[..6] {
        assert!(matches!(before, Err(SwapError::NotMade(_))), "{before:?}");
    }
    for after in &outcomes[6..] {
        assert!(matches!(after, Err(SwapError::Unknown(_))), "{after:?}");
    }
    // A record that was written although that failed, and can't be taken back, may be there later.
    let store = swapping(&[(5, Break::FailsApplied), (6, Break::Fails(ErrorKind::Other))]);
    let swap = store.compare_and_swap(&key("lock"), None, b"bytes");
    assert!(matches!(swap, Err(SwapError::Unknown(_))), "{swap:?}");
    // One that could be named only by whoever came next is there.
    let store = swapping(&[(7, Break::Fails(ErrorKind::Other))]);
    store.compare_and_swap(&key("lock"), None, b"first").unwrap_err();
    assert_eq!(store.get(&key("lock")).unwrap(), None);
    let stale = store.compare_and_swap(&key("lock"), None, b"second");
    assert!(matches!(stale, Err(SwapError::Lost { .. })), "{stale:?}");
    assert_eq!(store.get(&key("lock")).unwrap().as_deref(), Some(b"first".as_slice()));
}

/// Two processes take turns; one dies at any of its calls, or fails to flush, and the other goes on with what it knew.
#[test]
fn what_one_process_has_begun_another_one_finishes() {
    let mut histories = 0;
    for at in 0..260 {
        for broken in
            [Break::DiesBefore, Break::DiesAfter, Break::Fails(ErrorKind::Other), Break::FailsApplied]
        {
            for settles in [false, true] {
                two_processes(at, broken, settles);
                histories += 1;
            }
        }
    }
    eprintln!("{histories} histories");
}

fn two_processes(at: u64, broken: Break, settles: bool) {
    let lock = key("lock");
    let power = Power::new([]);
    let stores = [0, 1].map(|_| DirectoryStore::over(power.clone(), SEGMENT).unwrap());
    power.plan(power.count() + at, broken);
    let (mut acknowledged, mut gone) = (Vec::<String>::new(), None);
    for turn in 0..9 {
        let number = turn % 2;
        if gone == Some(number) {
            continue;
        }
        let store = &stores[number];
        let before = store.get(&lock).unwrap_or_default().unwrap_or_default();
        let object = Object { key: key(&format!("tile/0/{turn:03}")), bytes: vec![turn as u8 + 1; 900] };
        let next = [before.as_slice(), format!("{turn},").as_bytes()].concat();
        let next = Object { key: lock.clone(), bytes: next };
        let done = if before.is_empty() {
            store.compare_and_swap(&lock, None, &next.bytes)
        } else {
            let checkpoint = Object { key: key("checkpoint"), bytes: next.bytes.clone() };
            let commit = Commit {
                staging: &key("staging/1"),
                objects: &[object],
                lock: &next,
                expected: &before,
                checkpoint: &checkpoint,
            };
            store.commit(&commit).map(drop)
        };
        match done {
            Ok(()) => acknowledged.push(String::from_utf8(next.bytes).unwrap()),
            // The process has ended, or has to.
            Err(_) if power.is_dead() || matches!(store.get(&lock), Err(StoreError::Poisoned)) => {
                power.restart();
                gone = Some(number);
            }
            // What the other one has begun was finished before this one's turn; or this one has failed, and may go on.
            Err(SwapError::Lost { .. } | SwapError::NotMade(_) | SwapError::Unknown(_)) => {}
        }
    }
    if settles {
        let living = &stores[usize::from(gone == Some(0))];
        if living.settle().is_err() && power.is_dead() {
            power.restart();
        }
    }
    power.heal();
    power.lose_power(at);
    std::mem::forget(stores);
    let store = DirectoryStore::over(power, SEGMENT).unwrap();
    let found = String::from_utf8(store.get(&lock).unwrap().unwrap_or_default()).unwrap();
    let history = format!("{at} {broken:?} {settles}");
    for value in &acknowledged {
        assert!(found.starts_with(value), "{value} was acknowledged, {found} is there: {history}");
    }
    for turn in found.split_terminator(',').skip(1).map(|turn| turn.parse::<u8>().unwrap()) {
        let tile = store.get(&key(&format!("tile/0/{turn:03}"))).unwrap();
        assert_eq!(tile, Some(vec![turn + 1; 900]), "{history}");
    }
}

/// Whoever opens a directory after a loss of power may be stopped again and again; what is in the journal does not grow by that.
#[test]
fn an_interrupted_recovery_is_done_again_and_leaves_nothing() {
    let lost = || {
        let power = Power::new([]);
        let store = DirectoryStore::over(power.clone(), u64::MAX).unwrap();
        store.compare_and_swap(&key("lock"), None, b"0").unwrap();
        for turn in 1..6_u8 {
            let commit = Commit {
                staging: &key("staging/1"),
                objects: &[Object { key: key(&format!("tile/0/{turn:03}")), bytes: vec![turn; 900] }],
                lock: &Object { key: key("lock"), bytes: vec![b'0' + turn] },
                expected: &[b'0' + turn - 1],
                checkpoint: &Object { key: key("checkpoint"), bytes: vec![turn; 100] },
            };
            store.commit(&commit).unwrap();
        }
        std::mem::forget(store);
        power.lose_power(7);
        power
    };
    let power = lost();
    let before = power.count();
    drop(DirectoryStore::over(power.clone(), SEGMENT).unwrap());
    let calls = power.count() - before;
    for at in 0..calls {
        for broken in [Break::DiesBefore, Break::DiesAfter, Break::Fails(ErrorKind::StorageFull)] {
            for (seed, loses) in [(at, true), (!at, true), (0, false)] {
                let power = lost();
                for try_number in 0..3 {
                    power.plan(power.count() + at.saturating_sub(try_number), broken);
                    if let Ok(store) = DirectoryStore::over(power.clone(), SEGMENT) {
                        std::mem::forget(store);
                    }
                    if loses {
                        power.lose_power(u64::wrapping_add(seed, try_number));
                    } else {
                        power.restart();
                    }
                }
                power.heal();
                let store = DirectoryStore::over(power.clone(), SEGMENT).unwrap();
                assert_eq!(store.get(&key("lock")).unwrap().as_deref(), Some(b"5".as_slice()));
                for turn in 1..6_u8 {
                    let tile = store.get(&key(&format!("tile/0/{turn:03}"))).unwrap();
                    assert_eq!(tile, Some(vec![turn; 900]), "{at} {broken:?} {loses}");
                }
                let (segments, _) = power.list(".journal").unwrap();
                assert_eq!(segments.len(), 1, "{segments:?}");
                assert!(power.list(".tmp").unwrap().0.is_empty());
            }
        }
    }
    eprintln!("{calls} calls");
}

#[test]
fn what_is_durable_survives_any_loss_and_what_is_not_is_whole_or_absent() {
    let objects: Vec<Object> = (0..6_u8)
        .map(|i| Object {
            key: key(&format!("tile/{}/{i:03}", i % 2)),
            bytes: vec![i + 1; 1000 * usize::from(i)],
        })
        .collect();
    let (clean, whole) = store(&[]);
    whole.put_all(&objects).unwrap();
    let calls = clean.count();
    for at in 0..calls {
        for seed in 0..20 {
            let (power, store) = store(&[(at, Break::DiesBefore)]);
            let stored = store.put_all(&objects);
            power.lose_power(seed);
            power.heal();
            let Ok(store) = DirectoryStore::over(power, SEGMENT) else { panic!("the store does not open") };
            for Object { key, bytes } in &objects {
                let found = store.get(key).unwrap();
                assert!(found.as_ref().is_none_or(|found| found == bytes), "{key} is torn");
                assert!(stored.is_err() || found.is_some(), "{key} is lost");
            }
            store.put_all(&objects).unwrap();
        }
    }
}
