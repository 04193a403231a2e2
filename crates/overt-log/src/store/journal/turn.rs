//! Who may write into the journal, and what is done with the right to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::sync::MutexGuard;

use super::segment::{self, HEADER, MARK};
use super::{Journal, LARGEST_SEGMENT, Live, MOST_SEGMENTS, SPARE, Settling, State, Tail, path, settle};
use crate::key::Key;
use crate::store::files::{Files, Guard};
use crate::store::place::{RECORD, io_error};
use crate::store::{Object, StoreError, SwapError};

/// The right to change what others may change, too: nobody else does meanwhile.
pub(in crate::store) struct Turn<'j, F: Files + 'static> {
    pub(super) journal: &'j Journal<F>,
    pub(super) state: MutexGuard<'j, State>,
    pub(super) _lock: Option<Box<dyn Guard>>,
}

impl<F: Files + 'static> Turn<'_, F> {
    /// Writes objects under their names, all of them or none, and whatever is there now. `Ok` when they survive a loss of power.
    pub(in crate::store) fn write(&mut self, objects: &[Object]) -> Result<(), SwapError> {
        let place = &self.journal.place;
        let prepared = || {
            place.create_directories(objects.iter().map(|object| &object.key))?;
            place.write(RECORD, objects.iter().map(|object| object.bytes.as_slice()))
        };
        let temporaries = prepared().map_err(SwapError::NotMade)?;
        let outcome = self.append(objects).and_then(|end| {
            self.journal.name(objects, &temporaries).map_err(SwapError::Unknown)?;
            if let Some(tail) = &mut self.state.tail {
                tail.end = end;
            }
            Ok(())
        });
        if outcome.is_err() {
            self.journal.place.remove_temporaries(&temporaries);
        } else if self.state.tail.is_some_and(|tail| tail.end >= self.journal.limit) {
            // What was written is written. A segment that can't be closed now is closed after the next record.
            let _ = self.close();
        }
        outcome
    }

    /// Whether a record that is not settled names this.
    pub(in crate::store) fn names(&self, key: &Key) -> bool {
        self.state.live.values().any(|segment| segment.names.contains(key))
    }

    /// Flushes whatever records name, and removes them and every byte of them, also those of records that whoever has died was
    /// about to name.
    pub(in crate::store) fn settle(&mut self) -> Result<(), StoreError> {
        self.reap()?;
        self.journal.remove(SPARE)?;
        // Nobody else writes such files now.
        self.journal.place.remove_all(RECORD)?;
        let Some(tail) = self.state.tail else { return Ok(()) };
        if !self.state.is_own() {
            return self.rewrite();
        }
        let path = path(tail.number);
        let length = self.journal.place.files.length(&path).map_err(io_error("look at", &path))?;
        // Also for what is left there of a segment that is gone.
        if length.is_none_or(|length| length > HEADER) {
            self.begin(tail.number + 1)?;
        }
        let newest = self.state.tail.map_or(0, |tail| tail.number);
        settle(&self.journal.place, &self.names_below(newest))?;
        for number in self.numbers_below(newest) {
            self.journal.remove(&super::path(number))?;
            self.state.live.remove(&number);
        }
        Ok(())
    }

    /// Has everything settled that can be, if nothing else is to be done: what a thread does takes until the next call.
    pub(in crate::store) fn rest(&mut self) -> Result<(), StoreError> {
        if self.state.settling.as_ref().is_some_and(|settling| !settling.thread.is_finished()) {
            return Ok(());
        }
        self.reap()?;
        if self.state.is_at_rest() { Ok(()) } else { self.close() }
    }

    fn rewrite(&mut self) -> Result<(), StoreError> {
        // Whatever becomes of this: the next turn looks at everything again.
        self.state.tail = None;
        let segments = self.journal.segments()?;
        let tail = self.journal.rewrite(&segments)?;
        self.state.live = BTreeMap::from([(tail.number, Live { is_own: true, ..Live::default() })]);
        self.state.tail = Some(tail);
        Ok(())
    }

    /// Finds the newest segment, and finishes its last record if another process did not.
    pub(super) fn catch_up(&mut self) -> Result<(), StoreError> {
        if let Some(tail) = self.state.tail
            && self.journal.ends(tail)?
            && !self.journal.exists(tail.number + 1)?
        {
            return Ok(());
        }
        self.state.tail = None;
        let segments = self.journal.segments()?;
        self.state.live.retain(|number, _| segments.contains(number));
        let newest = segments.last().copied().unwrap_or(0);
        let mut last = None;
        for number in segments {
            let records = self.journal.records(number)?;
            let segment = self.state.live.entry(number).or_default();
            segment.names.extend(records.iter().flatten().map(|object| object.key.clone()));
            last = records.into_iter().next_back().or(last);
        }
        // A segment of its own: whether that of another process is on the disk, only that one could know.
        self.begin(newest + 1)?;
        let finished = match last {
            Some(record) if !self.is_named(&record)? => self.finish(&record),
            _ => Ok(()),
        };
        if finished.is_err() {
            // So that the next turn looks at everything again.
            self.state.tail = None;
        } else if self.state.live.len() > MOST_SEGMENTS {
            self.settle()?;
        }
        finished
    }

    /// Writes once more what another process has begun.
    fn finish(&mut self, record: &[Object]) -> Result<(), StoreError> {
        self.write(record).map_err(|error| match error {
            SwapError::NotMade(error) | SwapError::Unknown(error) => error,
            SwapError::Lost { key } => StoreError::Conflict { key },
        })
    }

    /// Whether the objects of a record have their names: the last one gets its name last.
    fn is_named(&self, record: &[Object]) -> Result<bool, StoreError> {
        let Some(object) = record.last() else { return Ok(true) };
        Ok(self.journal.place.read(&object.key)?.as_deref() == Some(&object.bytes))
    }

    /// Writes a record behind the last one; gives where it ends.
    fn append(&mut self, objects: &[Object]) -> Result<u64, SwapError> {
        let Some(Tail { number, nonce, end }) = self.state.tail else {
            return Err(SwapError::NotMade(StoreError::Poisoned));
        };
        let record = nonce.record(end, objects);
        let (place, path) = (&self.journal.place, path(number));
        if end + record.len() as u64 > LARGEST_SEGMENT {
            let error = ErrorKind::FileTooLarge.into();
            return Err(SwapError::NotMade(io_error("write", &path)(error)));
        }
        if let Err(error) = place.files.write_at(&path, end, &record) {
            // Only if nothing of it can come back it is certain that it was not written.
            let undone = place.files.write_at(&path, end, &[0; MARK]).map_err(io_error("write", &path));
            let undone = undone.and_then(|()| place.flush_files([path.as_str()]));
            let error = io_error("write", &path)(error);
            return Err(match undone {
                Ok(()) => SwapError::NotMade(error),
                Err(_) => SwapError::Unknown(error),
            });
        }
        place.flush_files([path.as_str()]).map_err(SwapError::Unknown)?;
        let names = objects.iter().map(|object| object.key.clone());
        self.state.live.entry(number).or_default().names.extend(names);
        Ok(segment::after(end + record.len() as u64))
    }

    /// Begins a new segment.
    fn begin(&mut self, number: u64) -> Result<(), StoreError> {
        self.state.tail = Some(self.journal.create(number)?);
        self.state.live.insert(number, Live { is_own: true, ..Live::default() });
        Ok(())
    }

    /// Begins a new segment, and has the old one settled.
    fn close(&mut self) -> Result<(), StoreError> {
        self.reap()?;
        let Some(Tail { number, .. }) = self.state.tail else { return Ok(()) };
        if !self.state.is_own() {
            return self.rewrite();
        }
        self.begin(number + 1)?;
        let (names, place) = (self.names_below(number + 1), self.journal.place.clone());
        if self.journal.aside {
            let named = std::thread::Builder::new().name("overt-settle".into());
            if let Ok(thread) = named.spawn(move || settle(&place, &names)) {
                self.state.settling = Some(Settling { newest: number, thread });
            }
            // Without a thread the next close has more to do.
            return Ok(());
        }
        settle(&place, &names)?;
        self.spare_until(number)
    }

    /// Waits for the thread that settles, and removes what it has settled.
    fn reap(&mut self) -> Result<(), StoreError> {
        let Some(Settling { newest, thread }) = self.state.settling.take() else { return Ok(()) };
        // It does not panic; if it did, its segments would stay.
        thread.join().unwrap_or(Err(StoreError::Poisoned))?;
        self.spare_until(newest)
    }

    fn names_below(&self, number: u64) -> BTreeSet<Key> {
        self.state.live.range(..number).flat_map(|(_, segment)| &segment.names).cloned().collect()
    }

    fn numbers_below(&self, number: u64) -> Vec<u64> {
        self.state.live.range(..number).map(|(number, _)| *number).collect()
    }

    /// Lets segments up to this one go, which are settled.
    fn spare_until(&mut self, newest: u64) -> Result<(), StoreError> {
        for number in self.numbers_below(newest + 1) {
            self.journal.spare(number)?;
            self.state.live.remove(&number);
        }
        Ok(())
    }
}
