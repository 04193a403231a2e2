//! What the simulations share: keys, a client that never gives up, and the promises.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use overt_log::bodies::{self, Pack};
use overt_log::sequencer::{Applied, Idle, LoadError, NewEntry, NotCommitted, Poisoned};
use overt_log::store::{Commit, Done, MemoryStore, Object, Put, Store, StoreError, SwapError};
use overt_log::{Key, LogKeys, fsck};
use overt_record::SignatureType;
use overt_record::checkpoint::Checkpoint;
use overt_record::merkle::{MemoryTree, TreeHead, leaf_hash};
use overt_record::note::{KeyName, Note};
use overt_record::signer::NoteSigner;

pub(crate) fn keys() -> Arc<LogKeys> {
    Arc::new(LogKeys::new(signer(SignatureType::Ed25519), None).unwrap())
}

/// The same log with a second key, of ML-DSA-44.
pub(crate) fn two_keys() -> Arc<LogKeys> {
    let second = signer(SignatureType::CosignatureMlDsa44);
    Arc::new(LogKeys::new(signer(SignatureType::Ed25519), Some(second)).unwrap())
}

fn signer(kind: SignatureType) -> NoteSigner {
    let name = KeyName::parse("log.example/simulated").unwrap();
    NoteSigner::from_seed(name, kind, &[7; 32]).unwrap()
}

/// How long a segment of a journal gets, in bytes: one batch or two, so that segments are closed and settled in each history.
pub(crate) const SEGMENT: u64 = 9000;

/// A small deterministic source of choices (splitmix64).
pub(crate) struct Choices(pub(crate) u64);

impl Choices {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

/// Somebody who submits batches until each is acknowledged, as the log's own writer does.
pub(crate) struct Client {
    keys: Arc<LogKeys>,
    todo: Vec<Vec<Vec<u8>>>,
    time: u64,
    /// Entries that were acknowledged, and where.
    pub(crate) acknowledged: BTreeMap<Vec<u8>, u64>,
}

impl Client {
    pub(crate) fn new(batches: impl IntoIterator<Item = Vec<Vec<u8>>>) -> Self {
        let mut todo: Vec<_> = batches.into_iter().collect();
        todo.reverse();
        Self { keys: keys(), todo, time: 1_000_000, acknowledged: BTreeMap::new() }
    }

    pub(crate) fn with_keys(self, keys: Arc<LogKeys>) -> Self {
        Self { keys, ..self }
    }

    /// One more batch, after all others.
    pub(crate) fn submit(&mut self, batch: Vec<Vec<u8>>) {
        self.todo.insert(0, batch);
    }

    pub(crate) fn is_done(&self) -> bool {
        self.todo.is_empty()
    }

    /// One process: opens the log, or creates it, and submits what is left. Ends when all is done or something fails for
    /// good; what a log must never say panics.
    pub(crate) fn run(&mut self, store: &Arc<dyn Store>) {
        let opened = match Idle::load(store.clone(), self.keys.clone()) {
            Err(LoadError::NoLog) => Idle::create(store.clone(), self.keys.clone(), self.time),
            opened => opened,
        };
        let Some(mut idle) = passing(opened) else { return };
        while let Some(batch) = self.todo.last() {
            let Ok(there) = entries(&idle) else { return };
            let missing: Vec<&[u8]> =
                batch.iter().filter(|entry| !there.contains_key(*entry)).map(Vec::as_slice).collect();
            if missing.is_empty() {
                self.acknowledged.extend(batch.iter().map(|entry| (entry.clone(), there[entry])));
                self.todo.pop();
                continue;
            }
            self.time += 1;
            match attempt(idle, &missing, self.time) {
                // It is acknowledged in the next round, which finds its entries.
                Attempt::Done(next) => idle = next,
                Attempt::Gone => return,
                Attempt::InDoubt(poisoned) => match passing(poisoned.recover().map_err(|(_, error)| error)) {
                    Some(next) => idle = next,
                    None => return,
                },
            }
        }
    }
}

/// The body of an entry: four of five have one.
pub(crate) fn body_of(entry: &[u8]) -> Option<Vec<u8>> {
    let length = usize::from((entry[entry.len() - 1] + 2) % 5) * 300;
    (length > 0).then(|| [b"body of ", entry, &vec![b'.'; length]].concat())
}

enum Attempt {
    Done(Idle),
    InDoubt(Poisoned),
    Gone,
}

fn attempt(idle: Idle, entries: &[&[u8]], time: u64) -> Attempt {
    let bodies: Vec<Option<Vec<u8>>> = entries.iter().map(|entry| body_of(entry)).collect();
    let entries: Vec<NewEntry<'_>> =
        entries.iter().zip(&bodies).map(|(entry, body)| NewEntry { entry, body: body.as_deref() }).collect();
    let Ok(prepared) = idle.prepare(&entries, time) else { return Attempt::Gone };
    match prepared.commit() {
        Ok(committed) => {
            let published = committed.apply().and_then(Applied::publish);
            published.map_or_else(Attempt::InDoubt, |published| Attempt::Done(published.tidy()))
        }
        Err(NotCommitted::InDoubt(poisoned)) => Attempt::InDoubt(poisoned),
        Err(NotCommitted::Refused(..)) => Attempt::Gone,
    }
}

/// Nothing that the simulations break may look like a damaged log.
fn passing(outcome: Result<Idle, LoadError>) -> Option<Idle> {
    match outcome {
        Ok(idle) => Some(idle),
        Err(error) => {
            let poisoned = chain(&error).contains("an earlier flush to the disk failed");
            let harmless = error.may_pass() || poisoned || matches!(error, LoadError::Exists);
            assert!(harmless, "{}", chain(&error));
            None
        }
    }
}

/// An error and what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {}", chain(source)))
}

/// Every entry of the log, and where it is first.
pub(crate) fn entries(idle: &Idle) -> Result<BTreeMap<Vec<u8>, u64>, overt_log::ReaderError> {
    let (reader, size) = (idle.reader(), idle.head().size);
    let mut there = BTreeMap::new();
    let mut index = 0;
    for bundle in 0..size.div_ceil(256) {
        for entry in reader.bundle(bundle, size)? {
            there.entry(entry).or_insert(index);
            index += 1;
        }
    }
    Ok(there)
}

/// Checks all that was promised, in a store that works again. `written` is everything that ever took effect in it.
pub(crate) fn check_promises(
    store: &Arc<dyn Store>,
    acknowledged: &BTreeMap<Vec<u8>, u64>,
    submitted: u64,
    written: &[(Key, Vec<u8>)],
) {
    check_promises_after_erasures(store, acknowledged, submitted, written, &BTreeSet::new());
}

/// The same where the bodies of some entries were erased.
pub(crate) fn check_promises_after_erasures(
    store: &Arc<dyn Store>,
    acknowledged: &BTreeMap<Vec<u8>, u64>,
    submitted: u64,
    written: &[(Key, Vec<u8>)],
    erased: &BTreeSet<u64>,
) {
    let idle = Idle::load(store.clone(), keys()).unwrap();
    let report = fsck(store.as_ref(), keys().signer().vkey()).unwrap();
    assert!(report.is_sound(), "{:?}", report.deviations);
    let there = entries(&idle).unwrap();
    // P1
    for (entry, index) in acknowledged {
        assert_eq!(there.get(entry), Some(index), "an acknowledged entry has moved");
    }
    check_bodies(store.as_ref(), &there, erased);
    // P4: everything was submitted until it was acknowledged, and is there once.
    assert_eq!(there.len() as u64, idle.head().size, "an entry is there twice");
    assert_eq!((there.len() as u64, acknowledged.len() as u64), (submitted, submitted));
    // P2: the trees of all checkpoints that ever left are prefixes of this one.
    let mut order: Vec<_> = there.into_iter().map(|(entry, index)| (index, entry)).collect();
    order.sort();
    let mut tree = MemoryTree::new();
    for (_, entry) in &order {
        tree.push(leaf_hash(entry));
    }
    let mut newest = 0;
    for head in
        written.iter().filter(|(key, _)| key.as_str() == "checkpoint").map(|(_, bytes)| head_in(bytes))
    {
        assert!(head.size >= newest, "an older checkpoint was published");
        newest = head.size;
    }
    for (_, bytes) in written.iter().filter(|(key, _)| matches!(key.as_str(), "lock" | "checkpoint")) {
        let head = head_in(bytes);
        assert_eq!(tree.head_at(head.size).unwrap(), head, "a signed checkpoint is of another tree");
    }
    check_paths(written, if erased.is_empty() { &["tile/", "bodies/"] } else { &["tile/"] });
}

/// Each entry has the body that came with it, unless it was erased.
fn check_bodies(store: &dyn Store, there: &BTreeMap<Vec<u8>, u64>, erased: &BTreeSet<u64>) {
    let mut stored: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    for key in store.list(&Key::new("bodies").unwrap()).unwrap() {
        let pack = Pack::parse(&key, &store.get(&key).unwrap().unwrap()).unwrap();
        let bodies = (pack.first()..).zip(pack.bodies());
        for (index, body) in bodies.filter_map(|(index, body)| Some((index, body.clone()?))) {
            assert!(stored.insert(index, body).is_none(), "entry {index} is in two packs");
        }
    }
    for (entry, index) in there {
        let expected = body_of(entry).filter(|_| !erased.contains(index));
        assert_eq!(stored.remove(index), expected, "the body of entry {index}");
        if index % 100 < 2 {
            assert_eq!(bodies::read(store, *index).unwrap(), expected);
        }
    }
    assert!(stored.is_empty(), "bodies of entries that are not there");
}

/// P3: what was readable once never changes; P7 is the exception.
fn check_paths(written: &[(Key, Vec<u8>)], below: &[&str]) {
    let mut first: BTreeMap<&Key, &[u8]> = BTreeMap::new();
    let checked = |key: &Key| below.iter().any(|prefix| key.as_str().starts_with(prefix));
    for (key, bytes) in written.iter().filter(|(key, _)| checked(key)) {
        assert_eq!(*first.entry(key).or_insert(bytes), bytes.as_slice(), "{key} has changed");
    }
}

/// The tree head in a checkpoint, or in the lock, which has lines of its own before it.
pub(crate) fn head_in(bytes: &[u8]) -> TreeHead {
    let text = str::from_utf8(bytes).unwrap();
    let note = text.strip_prefix("overt-log lock").map_or(text, |lock| lock.split_once("\n\n").unwrap().1);
    Checkpoint::parse(Note::parse(note.as_bytes()).unwrap().text()).unwrap().head()
}

/// The size of the published tree.
pub(crate) fn size_of(store: &dyn Store) -> Option<u64> {
    let checkpoint = store.get(&Key::new("checkpoint").unwrap()).ok()??;
    Some(head_in(&checkpoint).size)
}

/// Small batches with different entries.
pub(crate) fn batches(sizes: &[usize]) -> Vec<Vec<Vec<u8>>> {
    let mut next = 0;
    let mut entry = || {
        next += 1;
        format!("entry {next}").into_bytes()
    };
    sizes.iter().map(|size| (0..*size).map(|_| entry()).collect()).collect()
}

/// What a published checkpoint promises holds at any moment, whatever is going on.
pub(crate) fn check_readable(store: &MemoryStore) {
    let report = fsck(store, keys().signer().vkey());
    assert!(report.as_ref().is_ok_and(overt_log::Report::is_sound), "{report:?}");
}

/// The names of all objects.
pub(crate) fn names(store: &MemoryStore) -> BTreeSet<String> {
    store.objects().into_keys().map(|key| key.to_string()).collect()
}

/// A store that passes everything on as it is, and notes what took effect.
pub(crate) struct Recorder {
    inner: Arc<dyn Store>,
    written: Mutex<Vec<(Key, Vec<u8>)>>,
}

impl Recorder {
    pub(crate) fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, written: Mutex::default() }
    }

    pub(crate) fn written(&self) -> Vec<(Key, Vec<u8>)> {
        self.written.lock().unwrap().clone()
    }

    fn note<T, E>(&self, objects: &[Object], outcome: Result<T, E>) -> Result<T, E> {
        if outcome.is_ok() {
            let objects = objects.iter().map(|object| (object.key.clone(), object.bytes.clone()));
            self.written.lock().unwrap().extend(objects);
        }
        outcome
    }
}

impl Store for Recorder {
    fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<Put, StoreError> {
        let put = self.inner.put_new(key, bytes)?;
        self.written.lock().unwrap().push((key.clone(), bytes.to_vec()));
        Ok(put)
    }
    fn put_all(&self, objects: &[Object]) -> Result<(), StoreError> {
        self.note(objects, self.inner.put_all(objects))
    }
    fn commit(&self, commit: &Commit<'_>) -> Result<Done, SwapError> {
        let done = self.inner.commit(commit)?;
        let stored = match done {
            Done::Swapped => [commit.lock.clone()].to_vec(),
            Done::Stored => [commit.objects, &[commit.lock.clone(), commit.checkpoint.clone()]].concat(),
        };
        self.note(&stored, Ok(done))
    }
    fn settle(&self) -> Result<(), StoreError> {
        self.inner.settle()
    }
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(key)
    }
    fn compare_and_swap(&self, key: &Key, expected: Option<&[u8]>, bytes: &[u8]) -> Result<(), SwapError> {
        let swapped = Object { key: key.clone(), bytes: bytes.to_vec() };
        self.note(&[swapped], self.inner.compare_and_swap(key, expected, bytes))
    }
    fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.inner.delete(key)
    }
    fn delete_all(&self, keys: &[Key]) -> Result<(), StoreError> {
        self.inner.delete_all(keys)
    }
    fn list(&self, directory: &Key) -> Result<Vec<Key>, StoreError> {
        self.inner.list(directory)
    }
}
