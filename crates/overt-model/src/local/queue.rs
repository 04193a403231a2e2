//! The requests that wait, and which worker takes them.
//!
//! Requests are taken in the order in which they came, by the worker that writes the fewest answers; a worker that
//! writes more than another one leaves them to it. Which worker answers changes nothing in the answer.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::answer::Job;

/// Requests on their way to the workers.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    waiting: VecDeque<Job>,
    /// Answers that each worker writes; `usize::MAX` for one that has ended.
    loads: Vec<usize>,
    closed: bool,
}

impl Queue {
    /// A queue for so many workers.
    pub(crate) fn new(workers: usize) -> Self {
        let state = State { waiting: VecDeque::new(), loads: vec![0; workers], closed: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Adds a request. When nobody is left to answer, it is dropped, which its sender notices.
    pub(crate) fn push(&self, job: Job) {
        let mut state = self.lock();
        if !state.closed {
            state.waiting.push_back(job);
            self.changed.notify_all();
        }
    }

    /// Tells the workers to end when nothing is left to do.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// The worker with this number, in its thread.
    pub(crate) fn worker(&self, number: usize) -> Worker<'_> {
        Worker { queue: self, number }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing is left half done under this lock, so a panic elsewhere does no harm here.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One worker's end of the queue. Dropping it tells the others that it has ended.
#[derive(Debug)]
pub(crate) struct Worker<'a> {
    queue: &'a Queue,
    number: usize,
}

impl Worker<'_> {
    /// Waits, having nothing to do, for a request. False if none will come any more.
    pub(crate) fn wait(&self) -> bool {
        let mut state = self.queue.lock();
        loop {
            state.waiting.retain(|job| !job.reply.is_closed());
            if !state.waiting.is_empty() {
                return true;
            }
            if state.closed {
                return false;
            }
            state = self.queue.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes the oldest request, unless there is none or another worker writes fewer answers.
    pub(crate) fn take(&self) -> Option<Job> {
        let mut state = self.queue.lock();
        let least = state.loads.iter().min().copied().unwrap_or(0);
        if state.loads[self.number] > least {
            return None;
        }
        while let Some(job) = state.waiting.pop_front() {
            if !job.reply.is_closed() {
                state.loads[self.number] += 1;
                return Some(job);
            }
        }
        None
    }

    /// Notes that an answer, or a request that got none, is done with.
    pub(crate) fn done(&self) {
        let mut state = self.queue.lock();
        let load = &mut state.loads[self.number];
        *load = load.saturating_sub(1);
    }

    /// The largest of what `of` says of the requests that wait.
    pub(crate) fn most(&self, of: impl Fn(&Job) -> Option<u32>) -> Option<u32> {
        self.queue.lock().waiting.iter().filter_map(of).max()
    }
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.loads[self.number] = usize::MAX;
        if state.loads.iter().all(|load| *load == usize::MAX) {
            state.closed = true;
            state.waiting.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use llama_cpp_2::token::LlamaToken;
    use overt_schema::{Digest, Failure, Generation, Response};
    use tokio::sync::oneshot::{self, Receiver};

    use super::*;

    fn job(name: i32) -> (Job, Receiver<Result<Response, Failure>>) {
        let (reply, receiver) = oneshot::channel();
        let prompt = vec![LlamaToken(name)];
        (Job { prompt, generation: Generation::default(), digest: Digest::of(""), reply }, receiver)
    }

    fn taken(worker: &Worker<'_>) -> Option<i32> {
        worker.take().map(|job| job.prompt[0].0)
    }

    #[test]
    fn requests_are_taken_in_order_by_whoever_has_least_to_do() {
        let queue = Queue::new(2);
        let (a, b) = (queue.worker(0), queue.worker(1));
        let receivers: Vec<_> = (0..5)
            .map(|name| {
                let (job, receiver) = job(name);
                queue.push(job);
                receiver
            })
            .collect();
        assert_eq!(taken(&a), Some(0));
        assert_eq!(taken(&a), None, "the other one writes fewer");
        assert_eq!(taken(&b), Some(1));
        assert_eq!(taken(&a), Some(2));
        a.done();
        a.done();
        assert_eq!(taken(&b), None);
        assert_eq!(taken(&a), Some(3));
        drop(receivers);
        assert_eq!(taken(&b), None, "nobody waits for it any more");
    }

    #[test]
    fn a_worker_that_died_is_not_waited_for() {
        let queue = Queue::new(2);
        let (a, b) = (queue.worker(0), queue.worker(1));
        let ((first, _one), (second, _two)) = (job(1), job(2));
        queue.push(first);
        queue.push(second);
        drop(a);
        assert_eq!((taken(&b), taken(&b)), (Some(1), Some(2)));
    }

    #[test]
    fn requests_are_dropped_when_nobody_is_left_to_answer() {
        let queue = Queue::new(1);
        let worker = queue.worker(0);
        let ((early, mut one), (late, mut two)) = (job(1), job(2));
        queue.push(early);
        drop(worker);
        queue.push(late);
        assert!(one.try_recv().is_err() && two.try_recv().is_err());
    }

    #[test]
    fn a_closed_queue_lets_its_workers_go_once_it_is_empty() {
        let queue = Queue::new(1);
        let worker = queue.worker(0);
        let (job, receiver) = job(1);
        queue.push(job);
        queue.close();
        assert!(worker.wait(), "there is still a request");
        drop(receiver);
        assert!(!worker.wait());
    }
}
