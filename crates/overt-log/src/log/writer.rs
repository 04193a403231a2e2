//! The thread that writes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use overt_record::Hash;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::keys::SignedHead;
use crate::log::{AddError, Added, Arrival, Submission};
use crate::queue::{Bounds, Queue, Taken};
use crate::reader::Reader;
use crate::seen::Seen;
use crate::sequencer::{
    Applied, Idle, LoadError, MAX_BATCH_BYTES, MAX_BATCH_ENTRIES, NewEntry, NotCommitted, Poisoned,
    PrepareError, Published,
};
use crate::store::{Store, StoreError};

const BATCH: Bounds = Bounds { entries: MAX_BATCH_ENTRIES, bytes: MAX_BATCH_BYTES };

/// How often a batch is begun anew, each time from the store, before its submitters are told to come again.
const ATTEMPTS: usize = 16;

/// How long nothing may be submitted before the store is looked at for what other processes wrote.
const LOOK: Duration = Duration::from_secs(1);

/// How long to wait before a store that fails is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// Everything the writing thread has but the state of the protocol.
pub(super) struct Writer {
    pub(super) store: Arc<dyn Store>,
    pub(super) reader: Reader,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) queue: Arc<Queue<Submission>>,
    pub(super) published: watch::Sender<Arc<SignedHead>>,
    pub(super) seen: Seen,
}

/// Submissions of the same thing: one entry, and everyone who waits for it.
struct Pending {
    identity: Hash,
    submissions: Vec<Submission>,
}

impl Pending {
    /// The entry that came first, with the body that came first.
    fn new_entry(&self) -> Option<NewEntry<'_>> {
        let bodies = self.submissions.iter().map(|submission| submission.body.as_slice());
        let body = bodies.into_iter().find(|body| !body.is_empty());
        Some(NewEntry { entry: self.submissions.first()?.entry.as_slice(), body })
    }
}

/// What became of one attempt to write a batch.
enum Attempt {
    Published(Published),
    Refused(Idle, PrepareError),
    InDoubt(Poisoned),
}

impl Writer {
    pub(super) fn run(mut self, mut idle: Idle) {
        loop {
            let next = match self.queue.take_within(BATCH, LOOK) {
                Taken::Batch(batch) => {
                    let pending = Self::gather(batch);
                    self.write(idle, pending)
                }
                Taken::Nothing => self.look(idle),
                Taken::Closed => break,
            };
            match next {
                Some(next) => idle = next,
                None => break,
            }
        }
        self.queue.close();
        while let Some(rest) = self.queue.take(BATCH) {
            answer(rest, &AddError::Stopped);
        }
        // Whoever opens the log next has less to do. If it can't be now, it is done then.
        let _ = self.store.settle();
    }

    /// Publishes what other processes wrote since, and lets the store come to rest. `None` if the log has to stop.
    fn look(&mut self, idle: Idle) -> Option<Idle> {
        if let Err(StoreError::Poisoned) = self.store.rest() {
            return None;
        }
        if !idle.is_behind() {
            return Some(idle);
        }
        match self.recover(idle.abandon()) {
            Ok(recovered) => Some(recovered),
            Err((poisoned, error)) => self.keep_recovering(poisoned, error),
        }
    }

    /// Puts equal submissions together, in the order in which they came.
    fn gather(batch: Vec<Submission>) -> Vec<Pending> {
        let mut pending: Vec<Pending> = Vec::new();
        let mut places = HashMap::new();
        for submission in batch {
            let identity = submission.identity;
            let place = *places.entry(identity).or_insert(pending.len());
            if place == pending.len() {
                pending.push(Pending { identity, submissions: Vec::new() });
            }
            pending[place].submissions.push(submission);
        }
        pending
    }

    /// Writes a batch, as often as it takes, and answers everyone. `None` if the log has to stop.
    fn write(&mut self, mut idle: Idle, mut pending: Vec<Pending>) -> Option<Idle> {
        for _ in 0..ATTEMPTS {
            pending = self.answer_seen(idle.signed_head(), pending);
            if pending.is_empty() {
                return Some(idle);
            }
            match self.attempt(idle, &pending) {
                Attempt::Published(published) => return Some(self.finish(published, pending)),
                Attempt::Refused(unharmed, error) => {
                    answer_all(pending, &AddError::NotLogged(error.to_string().into()));
                    // After that, nothing this process does can succeed: its operator, or its supervisor, has to know.
                    let is_over = matches!(error, PrepareError::Store(StoreError::Poisoned));
                    return (!is_over).then_some(unharmed);
                }
                Attempt::InDoubt(poisoned) => match self.recover(poisoned) {
                    Ok(recovered) => idle = recovered,
                    Err((poisoned, error)) => {
                        answer_all(pending, &AddError::Unsettled(error.to_string().into()));
                        return self.keep_recovering(poisoned, error);
                    }
                },
            }
        }
        let reason = "other writers were faster, or the store failed, again and again";
        answer_all(self.answer_seen(idle.signed_head(), pending), &AddError::Unsettled(reason.into()));
        Some(idle)
    }

    fn attempt(&self, idle: Idle, pending: &[Pending]) -> Attempt {
        let entries: Vec<NewEntry<'_>> = pending.iter().filter_map(Pending::new_entry).collect();
        let prepared = match idle.prepare(&entries, self.clock.now()) {
            Ok(prepared) => prepared,
            Err((idle, error)) => return Attempt::Refused(idle, error),
        };
        match prepared.commit() {
            Ok(committed) => {
                let published = committed.apply().and_then(Applied::publish);
                published.map_or_else(Attempt::InDoubt, Attempt::Published)
            }
            Err(NotCommitted::Refused(idle, error)) => Attempt::Refused(idle, error),
            Err(NotCommitted::InDoubt(poisoned)) => Attempt::InDoubt(poisoned),
        }
    }

    /// Acknowledges a published batch.
    fn finish(&mut self, published: Published, pending: Vec<Pending>) -> Idle {
        let signed_head = published.signed_head().clone();
        self.published.send_replace(signed_head.clone());
        let first = signed_head.head.size - pending.len() as u64;
        for (index, pending) in (first..).zip(pending) {
            // The map has the entry even if a segment of it could not be stored; the next start makes that up.
            let _ =
                self.seen.add(self.store.as_ref(), &self.reader, &pending.identity, signed_head.head.size);
            let mut arrival = Arrival::First;
            for submission in pending.submissions {
                // Whoever no longer waits will ask again.
                let _ = submission.reply.send(Ok(Added { index, signed_head: signed_head.clone(), arrival }));
                arrival = Arrival::Again;
            }
        }
        published.tidy()
    }

    /// Answers those whose submission is in the log, and gives back the others.
    fn answer_seen(&self, signed_head: &Arc<SignedHead>, pending: Vec<Pending>) -> Vec<Pending> {
        let mut rest = Vec::new();
        for pending in pending {
            let Some(index) = self.seen.find(&pending.identity) else {
                rest.push(pending);
                continue;
            };
            for submission in pending.submissions {
                let added = Added { index, signed_head: signed_head.clone(), arrival: Arrival::Again };
                let _ = submission.reply.send(Ok(added));
            }
        }
        rest
    }

    /// Reads the log again, and what others added to it.
    fn recover(&mut self, poisoned: Poisoned) -> Result<Idle, (Poisoned, LoadError)> {
        let idle = poisoned.recover()?;
        let caught_up = self.seen.catch_up(self.store.as_ref(), &self.reader, idle.head().size);
        // The map is what keeps promises to those who ask again: without it nothing may be written.
        match caught_up {
            Ok(()) => {
                self.published.send_replace(idle.signed_head().clone());
                Ok(idle)
            }
            Err(error) => Err((idle.abandon(), error.into())),
        }
    }

    /// Tries again while that may help, until the log is closed.
    fn keep_recovering(&mut self, mut poisoned: Poisoned, mut error: LoadError) -> Option<Idle> {
        while error.may_pass() && !self.queue.wait_closed(PAUSE) {
            match self.recover(poisoned) {
                Ok(idle) => return Some(idle),
                Err((again, next)) => (poisoned, error) = (again, next),
            }
        }
        None
    }
}

fn answer(submissions: Vec<Submission>, error: &AddError) {
    for submission in submissions {
        let _ = submission.reply.send(Err(error.clone()));
    }
}

fn answer_all(pending: Vec<Pending>, error: &AddError) {
    for pending in pending {
        answer(pending.submissions, error);
    }
}
