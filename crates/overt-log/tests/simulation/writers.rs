//! Several writers and somebody who erases on one store, interleaved operation by operation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex};

use overt_log::Key;
use overt_log::bodies;
use overt_log::simulated::Faults;
use overt_log::store::{MemoryStore, Put, Store, StoreError, SwapError};

use crate::world::{Choices, Client, check_promises_after_erasures, size_of};

/// Decides who is next: each writer stops before each operation until all have stopped, then one of them goes on. So a
/// seed decides the whole history, although the writers are threads.
struct Turns {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    running: BTreeSet<usize>,
    waiting: BTreeSet<usize>,
    next: Option<usize>,
    choices: Choices,
}

impl Turns {
    fn new(writers: usize, seed: u64) -> Self {
        let running = (0..writers).collect();
        let state = State { running, waiting: BTreeSet::new(), next: None, choices: Choices(seed) };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn wait(&self, writer: usize) {
        let mut state = self.state.lock().unwrap();
        state.waiting.insert(writer);
        self.choose(&mut state);
        while state.next != Some(writer) {
            state = self.changed.wait(state).unwrap();
        }
        state.next = None;
        state.waiting.remove(&writer);
    }

    fn leave(&self, writer: usize) {
        let mut state = self.state.lock().unwrap();
        state.running.remove(&writer);
        self.choose(&mut state);
    }

    fn choose(&self, state: &mut State) {
        if state.next.is_none() && !state.running.is_empty() && state.waiting == state.running {
            let waiting: Vec<usize> = state.waiting.iter().copied().collect();
            state.next = Some(state.choices.pick(&waiting));
            self.changed.notify_all();
        }
    }
}

/// A writer, also one that panics, no longer takes part once this is gone.
struct Part(Arc<Turns>, usize);

impl Drop for Part {
    fn drop(&mut self) {
        self.0.leave(self.1);
    }
}

/// The store as one writer sees it.
struct Turned {
    inner: Arc<Faults>,
    turns: Arc<Turns>,
    writer: usize,
}

impl Store for Turned {
    fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<Put, StoreError> {
        self.turns.wait(self.writer);
        self.inner.put_new(key, bytes)
    }
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.turns.wait(self.writer);
        self.inner.get(key)
    }
    fn compare_and_swap(&self, key: &Key, expected: Option<&[u8]>, bytes: &[u8]) -> Result<(), SwapError> {
        self.turns.wait(self.writer);
        self.inner.compare_and_swap(key, expected, bytes)
    }
    fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.turns.wait(self.writer);
        self.inner.delete(key)
    }
    fn list(&self, directory: &Key) -> Result<Vec<Key>, StoreError> {
        self.turns.wait(self.writer);
        self.inner.list(directory)
    }
}

/// What one writer submits; every writer also submits what the others do, now and then.
fn batches(writer: usize) -> Vec<Vec<Vec<u8>>> {
    let own = |batch: usize| format!("writer {writer} batch {batch}").into_bytes();
    (0..3)
        .map(|batch| if batch == 1 { vec![own(batch), b"shared".to_vec()] } else { vec![own(batch)] })
        .collect()
}

/// Erases the bodies of two entries as soon as they are published, while the writers go on.
fn erase(store: &dyn Store) -> BTreeSet<u64> {
    let mut erased = BTreeSet::new();
    while erased.len() < 2 {
        let index = erased.len() as u64;
        if let Some(size) = size_of(store).filter(|size| *size > index) {
            bodies::remove(store, index, size).unwrap();
            erased.insert(index);
        }
    }
    erased
}

fn interleave(writers: usize, seed: u64) -> u64 {
    let memory = Arc::new(MemoryStore::new());
    let faults = Arc::new(Faults::new(memory.clone(), []));
    let turns = Arc::new(Turns::new(writers + 1, seed));
    let (clients, erased) = std::thread::scope(|scope| {
        let eraser = {
            let (inner, turns) = (faults.clone(), turns.clone());
            scope.spawn(move || {
                let _part = Part(turns.clone(), writers);
                erase(&Turned { inner, turns, writer: writers })
            })
        };
        let running: Vec<_> = (0..writers)
            .map(|writer| {
                let (inner, turns) = (faults.clone(), turns.clone());
                scope.spawn(move || {
                    let _part = Part(turns.clone(), writer);
                    let store: Arc<dyn Store> = Arc::new(Turned { inner, turns, writer });
                    let mut client = Client::new(batches(writer));
                    while !client.is_done() {
                        client.run(&store);
                    }
                    client
                })
            })
            .collect();
        let clients: Vec<Client> = running.into_iter().map(|thread| thread.join().unwrap()).collect();
        (clients, eraser.join().unwrap())
    });
    let mut acknowledged = BTreeMap::new();
    for (entry, index) in clients.into_iter().flat_map(|client| client.acknowledged) {
        assert_eq!(*acknowledged.entry(entry).or_insert(index), index, "two writers disagree");
    }
    let store: Arc<dyn Store> = memory;
    let submitted = writers as u64 * 3 + 1;
    check_promises_after_erasures(&store, &acknowledged, submitted, &faults.written(), &erased);
    faults.count()
}

#[test]
fn writers_in_any_order_make_one_history_and_lose_nothing() {
    let mut operations = 0;
    for seed in 0..150 {
        operations += interleave(2 + seed as usize % 3, seed);
    }
    eprintln!("150 histories, {operations} operations");
}
