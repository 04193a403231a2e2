//! The thread that writes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::database::DatabaseError;

/// The most steps in one transaction.
const TOGETHER: usize = 512;

/// Work for the writer, and whom to answer.
pub(super) struct Step(Box<dyn Work + Send>);

trait Work {
    fn run(self: Box<Self>, connection: &Connection) -> (Fate, Answer);
    fn refuse(self: Box<Self>, reason: Arc<str>);
}

struct Asked<F, T, E> {
    work: F,
    reply: oneshot::Sender<Result<T, E>>,
}

/// Says what became of the step, once that is known.
type Answer = Box<dyn FnOnce(Result<(), Arc<str>>) + Send>;

/// What is to become of what a step did.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Kept,
    TakenBack,
}

/// A handle of the writing thread, which ends when the handle is dropped and everything is written.
pub(super) struct Writer {
    steps: Option<SyncSender<Step>>,
    thread: Option<JoinHandle<()>>,
}

impl Step {
    pub(super) fn new<T, E>(
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        reply: oneshot::Sender<Result<T, E>>,
    ) -> Self
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        Self(Box::new(Asked { work, reply }))
    }
}

impl<F, T, E> Work for Asked<F, T, E>
where
    F: FnOnce(&Connection) -> Result<T, E>,
    T: Send + 'static,
    E: From<DatabaseError> + Send + 'static,
{
    fn run(self: Box<Self>, connection: &Connection) -> (Fate, Answer) {
        let done = (self.work)(connection);
        let fate = if done.is_ok() { Fate::Kept } else { Fate::TakenBack };
        let reply = self.reply;
        let answer = move |committed: Result<(), Arc<str>>| {
            let answer = match (done, committed) {
                (Ok(_), Err(reason)) => Err(DatabaseError::NotCommitted(reason).into()),
                (done, _) => done,
            };
            // Whoever no longer waits does not want to know.
            let _ = reply.send(answer);
        };
        (fate, Box::new(answer))
    }

    fn refuse(self: Box<Self>, reason: Arc<str>) {
        let _ = self.reply.send(Err(DatabaseError::NotCommitted(reason).into()));
    }
}

impl Writer {
    pub(super) fn start(connection: Connection, waiting: usize) -> Result<Self, DatabaseError> {
        let (steps, queue) = sync_channel(waiting);
        let work = move || run(&connection, &queue);
        let thread = std::thread::Builder::new().name("overt-site-writer".into()).spawn(work)?;
        Ok(Self { steps: Some(steps), thread: Some(thread) })
    }

    pub(super) fn submit(&self, step: Step) -> Result<(), DatabaseError> {
        let steps = self.steps.as_ref().ok_or(DatabaseError::Ended)?;
        steps.try_send(step).map_err(|turned| match turned {
            TrySendError::Full(_) => DatabaseError::Busy,
            TrySendError::Disconnected(_) => DatabaseError::Ended,
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.steps.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported, and there is nothing left to do.
            let _ = thread.join();
        }
    }
}

fn run(connection: &Connection, queue: &Receiver<Step>) {
    while let Ok(first) = queue.recv() {
        let batch = std::iter::once(first).chain(queue.try_iter().take(TOGETHER - 1));
        write(connection, batch);
    }
}

/// One transaction. Whatever happens in it, it is over when this returns.
fn write(connection: &Connection, batch: impl Iterator<Item = Step>) {
    let begun = connection.execute_batch("BEGIN IMMEDIATE");
    if let Err(error) = begun {
        let reason: Arc<str> = error.to_string().into();
        return batch.for_each(|step| step.0.refuse(reason.clone()));
    }
    let answers: Vec<Answer> = batch.filter_map(|step| take(connection, step)).collect();
    let committed = connection.execute_batch("COMMIT").map_err(|error| {
        // Ends the transaction, so that the next one begins with nothing of it.
        let _ = connection.execute_batch("ROLLBACK");
        Arc::from(error.to_string())
    });
    for answer in answers {
        answer(committed.clone());
    }
}

/// One step in a savepoint. A step that panics is taken back and answered by nobody, which its caller notices.
fn take(connection: &Connection, step: Step) -> Option<Answer> {
    if let Err(error) = connection.execute_batch("SAVEPOINT step") {
        step.0.refuse(error.to_string().into());
        return None;
    }
    let done = catch_unwind(AssertUnwindSafe(|| step.0.run(connection)));
    let kept = matches!(&done, Ok((Fate::Kept, _)));
    let end = if kept { "RELEASE step" } else { "ROLLBACK TO step; RELEASE step" };
    let ended = connection.execute_batch(end);
    let (_, answer) = done.ok()?;
    match ended {
        Ok(()) => Some(answer),
        Err(error) => {
            answer(Err(error.to_string().into()));
            None
        }
    }
}
