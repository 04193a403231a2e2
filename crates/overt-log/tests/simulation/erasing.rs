//! A body that was erased stays erased, and every other one stays.

use std::collections::BTreeSet;
use std::sync::Arc;

use overt_log::bodies;
use overt_log::simulated::{Break, Fault, Faults, Power};
use overt_log::store::{DirectoryStore, Files, MemoryStore, Store};

use crate::world::{
    Choices, Client, Recorder, SEGMENT, batches, body_of, check_promises_after_erasures, size_of,
};

/// The entry whose body is erased. Its pack has another one before it.
const ERASED: u64 = 1;

/// An operator who writes two batches, erases a body, and writes one more.
struct Operator {
    client: Client,
    last: Option<Vec<Vec<u8>>>,
    erased: bool,
}

impl Operator {
    fn new() -> Self {
        let mut batches = batches(&[2, 1, 2]);
        let last = batches.pop();
        Self { client: Client::new(batches), last, erased: false }
    }

    /// One who ends with erasing in the newest batch, so that nothing after it flushes what that left.
    fn who_stops() -> Self {
        Self { client: Client::new(batches(&[2])), last: None, erased: false }
    }

    /// One process. It ends when all is done, or something fails.
    fn run(&mut self, store: &Arc<dyn Store>) {
        self.client.run(store);
        if self.client.is_done() && !self.erased {
            let Some(size) = size_of(store.as_ref()) else { return };
            self.erased = bodies::remove(store.as_ref(), ERASED, size).is_ok();
        }
        if self.erased
            && let Some(last) = self.last.take()
        {
            self.client.submit(last);
            self.client.run(store);
        }
    }

    fn is_done(&self) -> bool {
        self.erased && self.client.is_done()
    }

    fn check(self, store: &Arc<dyn Store>, written: &[(overt_log::Key, Vec<u8>)]) {
        let erased = BTreeSet::from([ERASED]);
        check_promises_after_erasures(store, &self.client.acknowledged, 5, written, &erased);
    }
}

fn has_the_body(bytes: &[u8]) -> bool {
    let body = body_of(&batches(&[2])[0][ERASED as usize]).unwrap();
    bytes.windows(body.len()).any(|window| window == body)
}

fn play(plan: &[(u64, Fault)]) -> u64 {
    let memory = Arc::new(MemoryStore::new());
    let faults = Arc::new(Faults::new(memory.clone(), plan.iter().copied()));
    let store: Arc<dyn Store> = faults.clone();
    let mut operator = Operator::new();
    for _ in 0..=plan.len() + 1 {
        operator.run(&store);
        faults.restart();
        if operator.erased {
            for (key, bytes) in memory.objects() {
                assert!(!has_the_body(&bytes), "{key} has the body: {plan:?}");
            }
        }
    }
    assert!(operator.is_done(), "more failures than faults: {plan:?}");
    let operations = faults.count();
    let clean: Arc<dyn Store> = memory;
    operator.check(&clean, &faults.written());
    operations
}

#[test]
fn no_fault_brings_an_erased_body_back() {
    let mut histories = 0;
    for at in 0..play(&[]) {
        for fault in Fault::ALL {
            play(&[(at, fault)]);
            histories += 1;
        }
    }
    eprintln!("{histories} histories");
}

#[test]
fn no_faults_during_recovery_bring_an_erased_body_back() {
    for seed in 0..600 {
        let mut choices = Choices(seed);
        let plan: Vec<_> =
            (0..2 + choices.below(3)).map(|_| (choices.below(150), choices.pick(&Fault::ALL))).collect();
        play(&plan);
    }
}

/// Everything on a disk that has a name.
fn files_of(disk: &Power, directory: &str, found: &mut Vec<(String, Vec<u8>)>) {
    let (files, directories) = disk.list(directory).unwrap();
    let path =
        |name: &String| if directory.is_empty() { name.clone() } else { format!("{directory}/{name}") };
    for path in files.iter().map(path) {
        let bytes = disk.read(&path, u64::MAX - 1).unwrap().unwrap();
        found.push((path, bytes));
    }
    for path in directories.iter().map(path) {
        files_of(disk, &path, found);
    }
}

/// Plays one history with a loss of power whenever the process ends, and another when the body was erased if `at_once`.
fn lose_power(plan: &[(u64, Break)], seed: u64, at_once: bool) -> u64 {
    let power = Power::new(plan.iter().copied());
    let mut operator = if at_once { Operator::who_stops() } else { Operator::new() };
    let mut written = Vec::new();
    for boot in 0..=plan.len() as u64 + 1 {
        if let Ok(directory) = DirectoryStore::over(power.clone(), SEGMENT) {
            let recorder = Arc::new(Recorder::new(Arc::new(directory)));
            let store: Arc<dyn Store> = recorder.clone();
            operator.run(&store);
            written.extend(recorder.written());
        }
        if at_once && operator.erased {
            break;
        }
        power.lose_power(seed.wrapping_add(boot));
    }
    assert!(operator.is_done(), "more failures than faults: {plan:?}");
    let calls = power.count();
    power.heal();
    power.lose_power(!seed);
    let mut files = Vec::new();
    files_of(&power, "", &mut files);
    for (path, bytes) in files {
        assert!(!has_the_body(&bytes), "{path} has the body: {plan:?} {seed} {at_once}");
    }
    if !at_once {
        let store: Arc<dyn Store> = Arc::new(DirectoryStore::over(power, SEGMENT).unwrap());
        operator.check(&store, &written);
    }
    calls
}

#[test]
fn no_loss_of_power_brings_an_erased_body_back() {
    let mut histories = 0;
    for at_once in [false, true] {
        for at in 0..lose_power(&[], 0, at_once) {
            for broken in [Break::FailsApplied, Break::DiesBefore, Break::DiesAfter] {
                lose_power(&[(at, broken)], at, at_once);
                histories += 1;
            }
        }
        for seed in 0..200 {
            lose_power(&[], seed, at_once);
        }
    }
    eprintln!("{histories} histories");
}
