//! What a directory store has promised and not yet flushed under its own names.
//!
//! A *record* is a list of objects that belong to their names together; later ones replace earlier ones. It is written behind
//! the last one of the newest *segment*, `.journal/<number>` ([`segment`]), and flushed: one wait for the disk, whatever is in it.
//! Then its objects get their names, which nobody flushes. So a process that dies leaves at most one record without all its
//! names, and a loss of power may take any of them, or tear what they name: whoever opens the directory alone writes the objects
//! of all records anew, in their order.
//!
//! A segment that is long enough is closed: a thread flushes what its records name, and then the segment is gone, and its file
//! is spare: a later segment lies in it, since to flush a file that does not grow takes half the time. Segments go one after the
//! other, the oldest first, and each for certain before the next: an old one alone would set back what came after it. The newest
//! one stays, also without records, so that it can be told from those that are gone.
//!
//! Whoever writes holds a lock on a file, and looks first whether somebody else did. If the last record of somebody else has
//! its names, it was flushed. If not, its writer has died, or met a failed flush, and what this process can read need not be on
//! the disk: then it is written once more, to a segment of its own, before anybody may see its names. Nor may one process rely on
//! its own flush of what another has named, since that one's may have failed before: whatever another process wrote is written
//! anew before its segment goes. All of this is for the processes of one machine.

mod segment;
mod turn;

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::key::Key;
use crate::store::files::{Files, Hold};
use crate::store::journal::segment::{BEGIN, MARK, Nonce};
use crate::store::place::{Place, RECORD, io_error, is_absent, parent};
use crate::store::{Object, StoreError};

pub(super) use turn::Turn;

const JOURNAL: &str = ".journal";
/// The file of a segment that is gone.
const SPARE: &str = ".journal/spare";
/// The most bytes of a segment. It has that many only where others were added that a process that died has left.
const LARGEST_SEGMENT: u64 = 1 << 30;
/// How many segments there may be before one that takes turns with others settles them all.
const MOST_SEGMENTS: usize = 8;
/// Held alone by whoever writes.
const LOCK: &str = ".swap.lock";

/// The journal of a directory.
pub(super) struct Journal<F> {
    place: Arc<Place<F>>,
    /// When a segment is long enough.
    limit: u64,
    /// Whether closed segments are settled by a thread.
    aside: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tail: Option<Tail>,
    live: BTreeMap<u64, Live>,
    settling: Option<Settling>,
}

/// A segment that is there.
#[derive(Default)]
struct Live {
    /// What its records name.
    names: BTreeSet<Key>,
    /// Whether this process wrote them.
    is_own: bool,
}

impl State {
    fn is_at_rest(&self) -> bool {
        self.live.values().all(|segment| segment.names.is_empty())
    }

    /// Whether this process wrote all records that are there.
    fn is_own(&self) -> bool {
        self.live.values().all(|segment| segment.is_own || segment.names.is_empty())
    }
}

/// The newest segment, and where its last record ends of which this process knows that it has its names.
#[derive(Clone, Copy)]
struct Tail {
    number: u64,
    nonce: Nonce,
    end: u64,
}

/// Segments whose names are being flushed.
struct Settling {
    newest: u64,
    thread: JoinHandle<Result<(), StoreError>>,
}

impl<F: Files + 'static> Journal<F> {
    pub(super) fn new(place: Arc<Place<F>>, limit: u64, aside: bool) -> Self {
        Self { place, limit, aside, state: Mutex::default() }
    }

    /// Makes ready for records. Whoever is alone writes anew what a loss of power may have taken.
    pub(super) fn open(&self, alone: bool) -> Result<(), StoreError> {
        self.place.files.create_directory(JOURNAL).map_err(io_error("create", JOURNAL))?;
        if alone { self.replay() } else { Ok(()) }
    }

    /// Waits for the turn of this process, and finishes what another one has begun.
    pub(super) fn turn(&self) -> Result<Turn<'_, F>, StoreError> {
        let state = self.state();
        let lock = self.place.files.lock(LOCK, Hold::Exclusive).map_err(io_error("lock", LOCK))?;
        // With the lock: another thread's flush may have failed meanwhile.
        self.place.check()?;
        let mut turn = Turn { journal: self, state, _lock: lock };
        turn.catch_up()?;
        Ok(turn)
    }

    /// Whether there are records that this process wrote, and no others.
    pub(super) fn has_own(&self) -> bool {
        let state = self.state();
        state.is_own() && !state.is_at_rest()
    }

    /// Whether there are no records, as far as this process has looked.
    pub(super) fn is_at_rest(&self) -> bool {
        self.state().is_at_rest()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic leaves at worst a tail that is too short, and what follows it is looked at again.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replay(&self) -> Result<(), StoreError> {
        // It may be a segment's file as well: whoever renamed it may have died before that was durable.
        self.remove(SPARE)?;
        let segments = self.segments()?;
        let mut is_empty = segments.len() < 2;
        for number in &segments {
            is_empty &= self.records(*number)?.is_empty();
        }
        if is_empty { Ok(()) } else { self.rewrite(&segments).map(drop) }
    }

    /// Writes the objects of all records anew, and makes them durable; gives the segment that is there then.
    ///
    /// What can be read need not be on the disk. If a part of what is written here were, and the records were not, nobody could
    /// finish them: so there is one record of everything first.
    fn rewrite(&self, segments: &[u64]) -> Result<Tail, StoreError> {
        let mut objects = Vec::new();
        for number in segments {
            objects.extend(self.records(*number)?.into_iter().flatten());
            objects = last_of_each(objects);
        }
        let newest = segments.last().copied().unwrap_or(0);
        let tail = self.create(newest + 1)?;
        let copy = path(tail.number);
        let record = tail.nonce.record(tail.end, &objects);
        let written = if tail.end + record.len() as u64 > LARGEST_SEGMENT {
            Err(ErrorKind::FileTooLarge.into())
        } else {
            self.place.files.write_at(&copy, tail.end, &record)
        };
        let written = written.map_err(io_error("write", &copy));
        drop(record);
        if let Err(error) = written.and_then(|()| self.place.flush_files([copy.as_str()])) {
            // It is one try's, and takes room that the next one needs.
            let _ = self.place.files.unlink(&copy);
            return Err(error);
        }
        segments.iter().try_for_each(|number| self.remove(&path(*number)))?;
        self.place.create_directories(objects.iter().map(|object| &object.key))?;
        let temporaries = self.place.write(RECORD, objects.iter().map(|object| object.bytes.as_slice()))?;
        if let Err(error) = self.name(&objects, &temporaries) {
            self.place.remove_temporaries(&temporaries);
            return Err(error);
        }
        settle(&self.place, &objects.into_iter().map(|object| object.key).collect())?;
        let tail = self.create(newest + 2)?;
        self.remove(&copy)?;
        Ok(tail)
    }

    /// The numbers of all segments, the oldest first.
    fn segments(&self) -> Result<Vec<u64>, StoreError> {
        let (names, _) = self.place.files.list(JOURNAL).map_err(io_error("list", JOURNAL))?;
        let mut numbers: Vec<u64> = names.iter().filter_map(|name| name.parse().ok()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn exists(&self, number: u64) -> Result<bool, StoreError> {
        let path = path(number);
        let length = self.place.files.length(&path).map_err(io_error("look at", &path))?;
        Ok(length.is_some())
    }

    /// Whether there is nothing behind the last record, of a segment that is still there.
    fn ends(&self, tail: Tail) -> Result<bool, StoreError> {
        let (path, mut mark) = (path(tail.number), [0; MARK]);
        match self.place.files.read_at(&path, tail.end, &mut mark) {
            Err(error) if is_absent(&error) => Ok(false),
            outcome => Ok(!(outcome.map_err(io_error("read", &path))? && tail.nonce.marks(&mark))),
        }
    }

    fn records(&self, number: u64) -> Result<Vec<Vec<Object>>, StoreError> {
        let path = path(number);
        let bytes = self.place.files.read(&path, LARGEST_SEGMENT).map_err(io_error("read", &path))?;
        Ok(segment::records(number, &bytes.unwrap_or_default()))
    }

    /// A new segment that is there for certain, in the spare file if there is one.
    fn create(&self, number: u64) -> Result<Tail, StoreError> {
        let path = path(number);
        let nonce = Nonce::random().map_err(|error| io_error("create", &path)(error.into()))?;
        match self.place.files.rename(SPARE, &path) {
            Err(error) if !is_absent(&error) => return Err(io_error("rename to", &path)(error)),
            _ => {}
        }
        let written =
            self.place.files.write_at(&path, 0, &nonce.header(number)).map_err(io_error("write", &path));
        if let Err(error) = written.and_then(|()| self.place.flush_files([path.as_str()])) {
            let _ = self.place.files.unlink(&path);
            return Err(error);
        }
        self.flush_names()?;
        Ok(Tail { number, nonce, end: BEGIN })
    }

    fn flush_names(&self) -> Result<(), StoreError> {
        self.place.flush_names([JOURNAL], &BTreeSet::from([JOURNAL.to_owned()]))
    }

    /// Removes a file for certain.
    fn remove(&self, path: &str) -> Result<(), StoreError> {
        if self.place.remove(path)? { self.flush_names() } else { Ok(()) }
    }

    /// Makes the file of a segment spare, for certain.
    fn spare(&self, number: u64) -> Result<(), StoreError> {
        let path = path(number);
        self.place.files.rename(&path, SPARE).map_err(io_error("rename", &path))?;
        self.flush_names()
    }

    /// Gives objects their names. They have to be in a record.
    fn name(&self, objects: &[Object], temporaries: &[String]) -> Result<(), StoreError> {
        for (object, temporary) in objects.iter().zip(temporaries) {
            let path = object.key.as_str();
            self.place.files.rename(temporary, path).map_err(io_error("rename to", path))?;
        }
        Ok(())
    }
}

impl<F> Drop for Journal<F> {
    /// Leaves no thread behind that still flushes.
    fn drop(&mut self) {
        let settling = self.state.get_mut().unwrap_or_else(PoisonError::into_inner).settling.take();
        if let Some(Settling { thread, .. }) = settling {
            let _ = thread.join();
        }
    }
}

/// Makes what has these names durable, and the names. All of them are there: what is deleted is settled first.
fn settle<F: Files>(place: &Place<F>, names: &BTreeSet<Key>) -> Result<(), StoreError> {
    place.flush_files(names.iter().map(Key::as_str))?;
    let mut directories = BTreeSet::new();
    for key in names {
        let mut directory = key.parent();
        while directories.insert(directory.to_owned()) && !directory.is_empty() {
            directory = parent(directory);
        }
    }
    let new: BTreeSet<String> = directories.iter().filter(|path| !path.is_empty()).cloned().collect();
    place.flush_names(directories.iter().map(String::as_str), &new)
}

/// Objects without those that a later one replaces.
fn last_of_each(objects: Vec<Object>) -> Vec<Object> {
    let mut seen = BTreeSet::new();
    let mut last: Vec<Object> =
        objects.into_iter().rev().filter(|object| seen.insert(object.key.clone())).collect();
    last.reverse();
    last
}

fn path(number: u64) -> String {
    format!("{JOURNAL}/{number}")
}
