//! Flushing several files at once.
//!
//! A flush is mostly waiting for the disk, and a file system with a journal lets all who wait at the same time share one
//! commit of it: eight files one after the other take eight times as long as one, and all at once hardly longer.

use std::fs::File;
use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// How many flushes wait at once, beside that of the caller.
const THREADS: usize = 12;

type Job = (Flush, Sender<io::Result<()>>);

/// What is to be flushed.
enum Flush {
    /// A file: its content and length, and not when it was changed.
    Content(File),
    /// A directory.
    Names(File),
}

impl Flush {
    fn run(&self) -> io::Result<()> {
        match self {
            Self::Content(file) => file.sync_data(),
            Self::Names(directory) => directory.sync_all(),
        }
    }
}

/// Threads that flush files. They start when they are first needed, and end with it.
#[derive(Debug, Default)]
pub(super) struct Flusher(OnceLock<Mutex<Sender<Job>>>);

impl Flusher {
    /// Flushes files and directories, in any order.
    pub(super) fn flush(&self, files: Vec<File>, directories: Vec<File>) -> io::Result<()> {
        let files = files.into_iter().map(Flush::Content);
        let mut all: Vec<Flush> = files.chain(directories.into_iter().map(Flush::Names)).collect();
        let Some(own) = all.pop() else { return Ok(()) };
        let (sender, outcomes) = mpsc::channel();
        for flush in all {
            self.hand_over((flush, sender.clone()))?;
        }
        drop(sender);
        // The channel ends when the last of the others has answered.
        let own = own.run();
        outcomes.iter().fold(own, io::Result::and)
    }

    fn hand_over(&self, job: Job) -> io::Result<()> {
        let jobs = self.0.get_or_init(|| Mutex::new(start()));
        let sent = jobs.lock().unwrap_or_else(PoisonError::into_inner).send(job);
        // Without threads the caller flushes itself.
        sent.or_else(|mpsc::SendError((flush, _))| flush.run())
    }
}

fn start() -> Sender<Job> {
    let (sender, receiver) = mpsc::channel();
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..THREADS {
        let receiver = receiver.clone();
        // If none starts, the receiver is gone and sending fails.
        let _ = std::thread::Builder::new().name("overt-flush".into()).spawn(move || work(&receiver));
    }
    sender
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((flush, outcome)) = next else { return };
        // Whoever asked waits for the answer.
        let _ = outcome.send(flush.run());
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn more_files_than_threads_are_flushed_and_a_failure_is_told() {
        let flusher = Flusher::default();
        flusher.flush(Vec::new(), Vec::new()).unwrap();
        let file = || {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(b"bytes").unwrap();
            file
        };
        let directory = File::open(std::env::temp_dir()).unwrap();
        flusher.flush((0..3 * THREADS).map(|_| file()).collect(), vec![directory]).unwrap();
        // What cannot be flushed stands first, in the middle and last.
        for place in [0, 2, 4] {
            let mut files: Vec<File> = (0..4).map(|_| file()).collect();
            files.insert(place, File::open("/proc/self/stat").unwrap());
            assert!(flusher.flush(files, Vec::new()).is_err(), "{place}");
        }
    }
}
