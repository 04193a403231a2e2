//! Runs that were opened and may be looked at again, within a limit of memory.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use overt_schema::Status;

use super::{RunView, ViewError};

/// Files that tell whether a run has changed.
const WATCHED: [&str; 4] = ["run.json", "samples.parquet", "samples.jsonl.gz", "journal.jsonl"];
/// A run that goes on is opened again when this many times as long has passed as opening it takes.
const PATIENCE: u32 = 20;

/// Opened runs. The least used go first.
#[derive(Debug)]
pub struct Shelf {
    limit: usize,
    places: Mutex<Places>,
}

#[derive(Debug, Default)]
struct Places {
    /// Counts uses.
    now: u64,
    places: HashMap<PathBuf, (u64, Arc<Place>)>,
}

/// A place on the shelf; its lock is held while a run is opened.
type Place = Mutex<Option<Held>>;

/// What a file looked like: when it was written, and how long it was.
type Stamp = [Option<(SystemTime, u64)>; WATCHED.len()];

#[derive(Clone, Debug)]
struct Held {
    stamp: Stamp,
    view: Arc<RunView>,
    opened: Instant,
    took: Duration,
}

impl Shelf {
    /// A shelf for runs that take so many bytes together. One run is kept, whatever it takes.
    pub fn new(limit: usize) -> Self {
        Self { limit, places: Mutex::default() }
    }

    /// A run, opened now or before. Whoever asks for the same run at the same time waits and gets the same.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(&self, folder: &Path) -> Result<Arc<RunView>, ViewError> {
        let place = self.place(folder);
        let view = {
            let mut held = place.lock().unwrap_or_else(PoisonError::into_inner);
            let stamp = stamp(folder);
            match &*held {
                Some(known) if known.is_good(&stamp) => Arc::clone(&known.view),
                _ => {
                    // The old one is let go first, so that two do not stand in memory.
                    *held = None;
                    let opened = Instant::now();
                    let view = Arc::new(RunView::open(folder)?);
                    *held = Some(Held { stamp, view: Arc::clone(&view), opened, took: opened.elapsed() });
                    view
                }
            }
        };
        self.tidy(folder);
        Ok(view)
    }

    /// About how many bytes of memory the opened runs take.
    pub fn memory(&self) -> usize {
        self.lock().places.values().filter_map(|(_, place)| taken(place)).sum()
    }

    fn place(&self, folder: &Path) -> Arc<Place> {
        let mut places = self.lock();
        places.now += 1;
        let now = places.now;
        let (used, place) = places.places.entry(folder.to_owned()).or_default();
        *used = now;
        Arc::clone(place)
    }

    /// Takes the least used off the shelf until what is left fits; never the one that was just asked for.
    fn tidy(&self, just: &Path) {
        let mut places = self.lock();
        // Those that are being opened just now are left alone.
        let known = places.places.iter();
        let known = known.filter_map(|(path, (used, place))| Some((*used, path.clone(), taken(place)?)));
        let mut by_use: Vec<(u64, PathBuf, usize)> = known.collect();
        by_use.sort_by_key(|(used, ..)| std::cmp::Reverse(*used));
        let mut sum = 0;
        for (_, path, memory) in by_use {
            sum += memory;
            if path != just && (sum > self.limit || memory == 0) {
                places.places.remove(&path);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a place takes: 0 if it is empty, `None` if it is being filled.
fn taken(place: &Place) -> Option<usize> {
    let held = place.try_lock().ok()?;
    Some(held.as_ref().map_or(0, |held| held.view.memory()))
}

impl Held {
    fn is_good(&self, stamp: &Stamp) -> bool {
        let is_going_on = self.view.run.status == Status::Running;
        self.stamp == *stamp || is_going_on && self.opened.elapsed() < self.took * PATIENCE
    }
}

fn stamp(folder: &Path) -> Stamp {
    WATCHED.map(|name| {
        let there = fs::metadata(folder.join(name)).ok()?;
        Some((there.modified().ok()?, there.len()))
    })
}
