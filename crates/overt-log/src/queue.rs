//! What waits to be written: bounded, so that a crowd is turned away at the door and not lost inside.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Something with a size.
pub(crate) trait Weighs {
    fn bytes(&self) -> usize;
}

/// How much may be waiting, or be in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The most entries.
    pub entries: usize,
    /// The most bytes of entries and their bodies.
    pub bytes: usize,
}

/// A queue between many who submit and one who writes.
pub(crate) struct Queue<T> {
    bounds: Bounds,
    state: Mutex<State<T>>,
    filled: Condvar,
}

struct State<T> {
    waiting: VecDeque<T>,
    bytes: usize,
    closed: bool,
}

/// Why something was not taken in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turned {
    Full { entries: usize, bytes: usize },
    Closed,
}

/// What a wait came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken<T> {
    /// At least one.
    Batch(Vec<T>),
    /// Nothing came in time.
    Nothing,
    /// The queue is closed and empty.
    Closed,
}

impl<T: Weighs> Queue<T> {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let state = State { waiting: VecDeque::new(), bytes: 0, closed: false };
        Self { bounds, state: Mutex::new(state), filled: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // No method panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, item: T) -> Result<(), Turned> {
        let mut state = self.state();
        if state.closed {
            return Err(Turned::Closed);
        }
        let (entries, bytes) = (state.waiting.len(), state.bytes);
        if entries >= self.bounds.entries || bytes.saturating_add(item.bytes()) > self.bounds.bytes {
            return Err(Turned::Full { entries, bytes });
        }
        state.bytes += item.bytes();
        state.waiting.push_back(item);
        drop(state);
        // The writer waits only while there is nothing, and to wake nobody takes a system call as well.
        if entries == 0 {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Waits for something, then takes what fits into one batch, at least one. `None` once the queue is closed and empty.
    pub(crate) fn take(&self, batch: Bounds) -> Option<Vec<T>> {
        let mut state = self.state();
        while state.waiting.is_empty() {
            if state.closed {
                return None;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Some(taken(state, batch))
    }

    /// As [`Queue::take`], but waits at most this long.
    pub(crate) fn take_within(&self, batch: Bounds, at_most: Duration) -> Taken<T> {
        let empty = |state: &mut State<T>| state.waiting.is_empty() && !state.closed;
        let waited = self.filled.wait_timeout_while(self.state(), at_most, empty);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match (state.waiting.is_empty(), state.closed) {
            (false, _) => Taken::Batch(taken(state, batch)),
            (true, false) => Taken::Nothing,
            (true, true) => Taken::Closed,
        }
    }

    /// Takes nothing in any more. What waits is still given out.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_all();
    }

    /// Waits until the queue is closed, at most this long; whether it is.
    pub(crate) fn wait_closed(&self, at_most: Duration) -> bool {
        let waited = self.filled.wait_timeout_while(self.state(), at_most, |state| !state.closed);
        waited.unwrap_or_else(PoisonError::into_inner).0.closed
    }
}

/// What fits into one batch, of a queue that is not empty.
fn taken<T: Weighs>(mut state: MutexGuard<'_, State<T>>, batch: Bounds) -> Vec<T> {
    let (mut taken, mut bytes) = (Vec::new(), 0);
    while let Some(next) = state.waiting.front() {
        if !taken.is_empty() && (taken.len() >= batch.entries || bytes + next.bytes() > batch.bytes) {
            break;
        }
        bytes += next.bytes();
        taken.extend(state.waiting.pop_front());
    }
    state.bytes -= bytes;
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Weighs for usize {
        fn bytes(&self) -> usize {
            *self
        }
    }

    const BATCH: Bounds = Bounds { entries: 2, bytes: 10 };

    #[test]
    fn a_full_queue_says_how_full_it_is() {
        let queue = Queue::new(Bounds { entries: 3, bytes: 20 });
        for size in [9, 9, 1] {
            queue.push(size).unwrap();
        }
        assert_eq!(queue.push(0), Err(Turned::Full { entries: 3, bytes: 19 }));
        assert_eq!(queue.take(BATCH), Some(vec![9]), "two of nine are more than ten");
        assert_eq!(queue.push(11), Err(Turned::Full { entries: 2, bytes: 10 }));
        queue.push(10).unwrap();
        assert_eq!(queue.take(BATCH), Some(vec![9, 1]));
        assert_eq!(queue.take(BATCH), Some(vec![10]));
    }

    #[test]
    fn a_closed_queue_gives_out_what_waits_and_then_ends() {
        let queue = Queue::new(Bounds { entries: 3, bytes: 20 });
        queue.push(20).unwrap();
        queue.close();
        assert_eq!(queue.push(0), Err(Turned::Closed));
        assert_eq!(queue.take(BATCH), Some(vec![20]), "one entry is always a batch");
        assert_eq!(queue.take(BATCH), None);
    }
}
