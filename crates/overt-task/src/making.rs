//! Samples that a program makes: it runs once, within limits, and what it writes is kept in the cache under its digest.
//!
//! A run that goes on, or whose answers are scored again, finds its samples there by the digest in its manifest: they
//! are what they were, however the program would draw today.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use overt_schema::{Dataset, Digest, Hasher};
use serde_json::json;
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWriteExt as _};
use tokio::process::ChildStdin;

use crate::cache;
use crate::error::DatasetError;
use crate::fetch::{FromUrl, sync_directory};
use crate::loaded::LoadedTask;
use crate::process::{Process, ProcessSpec};
use crate::rows::MAX_ROW;
use crate::samples::Selection;

/// The most bytes that a program may write.
const MOST_BYTES: u64 = 1 << 30;

/// The most rows that a program may write.
const MOST_ROWS: u64 = 1_000_000;

/// Whether programs that make samples may run, and what they are told.
#[derive(Clone, Copy, Debug)]
pub enum Making<'a> {
    /// They may not: what was made before has to be there.
    Refused,
    /// They may.
    Allowed {
        /// The run's seed.
        seed: u64,
        /// Which samples the run takes.
        selection: &'a Selection,
    },
}

/// Why a program made no samples.
#[derive(Debug, thiserror::Error)]
pub enum ProgramProblem {
    /// It cannot be run.
    #[error("it cannot be run: {0}")]
    Start(#[source] io::Error),
    /// It took too long.
    #[error("it was not done within {} s", .0.as_secs_f64())]
    Timeout(Duration),
    /// It says itself that it failed.
    #[error("it ended with {status}{}", words(.said))]
    Failed {
        /// How it ended.
        status: ExitStatus,
        /// The end of what it said on standard error.
        said: String,
    },
    /// It writes and writes.
    #[error("it wrote more than {} MiB", MOST_BYTES >> 20)]
    TooLarge,
    /// The same, in short lines.
    #[error("it wrote more than {MOST_ROWS} lines")]
    TooManyRows,
    /// A line is longer than a row may be.
    #[error("its line {0} has more than {max} MiB", max = MAX_ROW >> 20)]
    LongLine(u64),
    /// What it writes cannot be read.
    #[error("what it writes cannot be read: {0}")]
    Read(#[source] io::Error),
}

fn words(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!("; it said: {said}") }
}

impl LoadedTask {
    /// Whether a program has to run before the samples are there.
    pub fn is_to_be_made(&self, cache: &Path) -> bool {
        self.task.dataset.command.is_some() && self.made_file(cache).is_none()
    }

    /// Runs the program that makes the samples, if the task has one and they are not in the cache under a digest that
    /// is known: the task's `sha256`, or the one that a run has ([`LoadedTask::made`]). Otherwise nothing happens.
    ///
    /// Dropping the future ends the program.
    ///
    /// # Errors
    /// When programs may not run, this one fails or passes a limit, what it writes is not what it has to be, or the
    /// cache cannot be written.
    pub async fn make(&mut self, cache: &Path, making: Making<'_>) -> Result<(), DatasetError> {
        let dataset = &self.task.dataset;
        let Some(command) = &dataset.command else { return Ok(()) };
        if self.made_file(cache).is_some() {
            return Ok(());
        }
        let program = command.join(" ");
        let Making::Allowed { seed, selection } = making else {
            return Err(DatasetError::NotMade(program));
        };
        let spec = ProcessSpec {
            command: command.clone(),
            directory: self.folder(),
            memory: Some(u64::from(dataset.memory.unwrap_or(Dataset::COMMAND_MEMORY)) << 20),
        };
        let _hold = cache::Hold::to_add(cache);
        let mut sink = Sink::new(cache)?;
        let line = line(&self.task.name, dataset, seed, selection);
        let seconds = dataset.timeout.unwrap_or(Dataset::COMMAND_SECONDS);
        let limit = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        let ran = tokio::time::timeout(limit, run(&spec, line, &mut sink)).await;
        match ran.unwrap_or(Err(ProgramProblem::Timeout(limit).into())) {
            Ok(()) => {}
            Err(Trouble::Sink(source)) => return Err(sink.error(source)),
            Err(Trouble::Program(problem)) => return Err(DatasetError::Program { program, problem }),
        }
        let found = sink.digest();
        self.check_made(found)?;
        sink.keep(cache, found)?;
        FromUrl { url: source(command), sha256: found }.keep(cache);
        self.made = Some(found);
        Ok(())
    }

    /// What the samples' bytes have to be, if that is known.
    pub(crate) fn known_digest(&self) -> Option<Digest> {
        self.task.dataset.sha256.or(self.made)
    }

    /// The file with the samples, if they were made.
    pub(crate) fn made_file(&self, cache: &Path) -> Option<PathBuf> {
        cache::find(cache, &self.known_digest()?)
    }

    fn check_made(&self, found: Digest) -> Result<(), DatasetError> {
        let command = self.task.dataset.command.as_deref().unwrap_or_default();
        match self.known_digest() {
            Some(expected) if expected != found => {
                let next = match self.task.dataset.sha256 {
                    Some(_) => {
                        "let the program make the same samples each time, or, if the change is meant, update dataset.sha256"
                    }
                    None => {
                        "the program makes other samples now; `overt data add` puts a copy of the earlier ones back, and else a new run is needed"
                    }
                };
                let (file, next) = (source(command), next.to_owned());
                Err(DatasetError::Digest { file, expected, found, next })
            }
            _ => Ok(()),
        }
    }
}

/// What a run's manifest calls the samples of a program.
pub(crate) fn source(command: &[String]) -> String {
    format!("command:{}", command.join(" "))
}

/// What the program reads. One whose samples are pinned is always told the same.
fn line(task: &str, dataset: &Dataset, seed: u64, selection: &Selection) -> Vec<u8> {
    let (seed, limit) =
        if dataset.sha256.is_some() { (0, dataset.limit) } else { (seed, enough(dataset, selection)) };
    let mut line = json!({ "task": task, "seed": seed, "limit": limit }).to_string().into_bytes();
    line.push(b'\n');
    line
}

/// How many rows are enough, if it is the first ones that are taken.
fn enough(dataset: &Dataset, selection: &Selection) -> Option<u64> {
    if dataset.filter.is_some() || dataset.shuffle.is_some() || !selection.sample_ids.is_empty() {
        return None;
    }
    [dataset.limit, selection.limit].into_iter().flatten().min()
}

/// Who is to blame.
enum Trouble {
    Program(ProgramProblem),
    Sink(io::Error),
}

impl From<ProgramProblem> for Trouble {
    fn from(problem: ProgramProblem) -> Self {
        Self::Program(problem)
    }
}

async fn run(spec: &ProcessSpec, line: Vec<u8>, sink: &mut Sink) -> Result<(), Trouble> {
    let mut process = Process::start(spec).map_err(ProgramProblem::Start)?;
    let told = tell(process.input.take(), line);
    let ((), received) = tokio::join!(told, sink.receive(&mut process.output));
    received?;
    let status = process.ended().await.map_err(ProgramProblem::Read)?;
    if !status.success() {
        return Err(ProgramProblem::Failed { status, said: process.last_words().await }.into());
    }
    Ok(())
}

/// Writes the line and closes the program's input.
async fn tell(input: Option<ChildStdin>, line: Vec<u8>) {
    if let Some(mut input) = input {
        // A program need not read it.
        let _ = input.write_all(&line).await;
    }
}

/// Where the rows go until they have a name.
struct Sink {
    directory: PathBuf,
    file: NamedTempFile,
    hasher: Hasher,
    bytes: u64,
    /// Lines that are complete.
    rows: u64,
    /// Bytes of the line that is not.
    open: usize,
}

impl Sink {
    fn new(cache: &Path) -> Result<Self, DatasetError> {
        let directory = cache::directory(cache);
        let file = std::fs::create_dir_all(&directory).and_then(|()| NamedTempFile::new_in(&directory));
        match file {
            Ok(file) => Ok(Self { directory, file, hasher: Hasher::default(), bytes: 0, rows: 0, open: 0 }),
            Err(source) => Err(DatasetError::Write { path: directory, source }),
        }
    }

    async fn receive(&mut self, output: &mut (impl AsyncBufRead + Unpin)) -> Result<(), Trouble> {
        loop {
            let chunk = output.fill_buf().await.map_err(ProgramProblem::Read)?;
            if chunk.is_empty() {
                return Ok(());
            }
            let length = chunk.len();
            self.measure(chunk)?;
            self.hasher.update(chunk);
            self.file.write_all(chunk).map_err(Trouble::Sink)?;
            output.consume(length);
        }
    }

    /// Refuses what passes a limit before it is written.
    fn measure(&mut self, chunk: &[u8]) -> Result<(), ProgramProblem> {
        self.bytes += chunk.len() as u64;
        if self.bytes > MOST_BYTES {
            return Err(ProgramProblem::TooLarge);
        }
        let mut rest = chunk;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.lengthen(end)?;
            (self.open, rest) = (0, &rest[end + 1..]);
            self.rows += 1;
            if self.rows > MOST_ROWS {
                return Err(ProgramProblem::TooManyRows);
            }
        }
        self.lengthen(rest.len())
    }

    fn lengthen(&mut self, by: usize) -> Result<(), ProgramProblem> {
        self.open += by;
        if self.open > MAX_ROW { Err(ProgramProblem::LongLine(self.rows + 1)) } else { Ok(()) }
    }

    fn digest(&mut self) -> Digest {
        std::mem::take(&mut self.hasher).finish()
    }

    /// Gives the file its name, once it is on the disk.
    fn keep(self, cache: &Path, digest: Digest) -> Result<(), DatasetError> {
        let Self { directory, file, .. } = self;
        let kept = file.as_file().sync_all();
        let kept = kept.and_then(|()| file.persist(cache::path(cache, &digest)).map_err(|error| error.error));
        kept.and_then(|_| sync_directory(&directory))
            .map_err(|source| DatasetError::Write { path: directory, source })
    }

    fn error(&self, source: io::Error) -> DatasetError {
        DatasetError::Write { path: self.directory.clone(), source }
    }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]
mod tests;
