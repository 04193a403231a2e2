//! The journal: what keeps a finished sample through `kill -9`.
//!
//! One JSON object a line, appended, never changed. A line counts once its newline is on disk; a torn last line is
//! what a crash left of a sample that was not finished, and is cut off when the journal is opened again. If a sample
//! occurs twice (it failed, and a resumed run asked again), the later line is the one that counts.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use overt_schema::SampleRow;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::table::MAX_ROW;

/// Longest line that is read back. A larger one was not written by overt.
const MAX_LINE: u64 = 256 << 20;
/// How often data is forced to the disk. A process that dies loses nothing; only a machine that loses power could
/// lose what is younger than this.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// Where a finished sample's line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) task: u32,
    pub(crate) index: u64,
    pub(crate) offset: u64,
}

/// The open journal of a run. Whoever holds it holds the run's lock.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    length: u64,
    batch: Vec<u8>,
    synced: Instant,
}

impl Journal {
    /// Opens or creates the journal, cuts off a torn last line, and tells `seen` of every line.
    pub(crate) fn open(path: &Path, mut seen: impl FnMut(Place, &Line<'_>)) -> Result<Self, JournalError> {
        let wrap = |source| JournalError::Io { path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(wrap)?;
        let mut reader = BufReader::with_capacity(1 << 16, &file);
        let mut line = Vec::new();
        let mut length = 0;
        loop {
            line.clear();
            let read = (&mut reader).take(MAX_LINE).read_until(b'\n', &mut line).map_err(wrap)?;
            if read == 0 || line.last() != Some(&b'\n') {
                break;
            }
            let parsed: Line<'_> = serde_json::from_slice(&line).map_err(|source| JournalError::Garbled {
                path: path.to_owned(),
                offset: length,
                source,
            })?;
            seen(Place { task: parsed.task, index: parsed.index, offset: length }, &parsed);
            length += read as u64;
        }
        drop(reader);
        if file.metadata().map_err(wrap)?.len() != length {
            file.set_len(length).map_err(wrap)?;
        }
        Ok(Self { path: path.to_owned(), file, length, batch: Vec::new(), synced: Instant::now() })
    }

    /// Puts a row into the batch and returns where its line will stand.
    pub(crate) fn push(&mut self, row: &SampleRow) -> Result<u64, JournalError> {
        let offset = self.length + self.batch.len() as u64;
        let before = self.batch.len();
        if let Err(error) = serde_json::to_writer(&mut self.batch, row) {
            self.batch.truncate(before);
            return Err(JournalError::Io { path: self.path.clone(), source: error.into() });
        }
        let bytes = (self.batch.len() - before) as u64;
        if bytes > MAX_ROW {
            self.batch.truncate(before);
            let sample = named(row.task, row.index, &row.sample.id);
            return Err(JournalError::TooLarge { path: self.path.clone(), sample, bytes });
        }
        self.batch.push(b'\n');
        Ok(offset)
    }

    /// Hands the batch to the operating system: from here on it survives the process. Now and then it also forces
    /// it to the disk.
    pub(crate) fn commit(&mut self) -> Result<(), JournalError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        if let Err(source) = self.file.write_all(&self.batch) {
            // Leave no torn line behind where that can be helped; if it cannot, opening cuts it off.
            let _ = self.file.set_len(self.length);
            return Err(JournalError::Io { path: self.path.clone(), source });
        }
        self.length += self.batch.len() as u64;
        self.batch.clear();
        if self.synced.elapsed() >= SYNC_EVERY {
            self.sync()?;
        }
        Ok(())
    }

    /// Forces everything committed to the disk.
    pub(crate) fn sync(&mut self) -> Result<(), JournalError> {
        self.synced = Instant::now();
        self.file.sync_data().map_err(|source| JournalError::Io { path: self.path.clone(), source })
    }

    /// Reads the row whose line begins at `offset`. `hint` is a buffer that is reused.
    pub(crate) fn read(&self, offset: u64, buffer: &mut Vec<u8>) -> Result<SampleRow, JournalError> {
        read_row(&self.file, &self.path, offset, buffer)
    }
}

/// What is needed of a line when the journal is opened: which sample it is, and whether it was answered.
#[derive(Debug, Deserialize)]
pub(crate) struct Line<'a> {
    pub(crate) task: u32,
    pub(crate) index: u64,
    #[serde(borrow)]
    pub(crate) answer: &'a RawValue,
    #[serde(default)]
    pub(crate) pending: bool,
    #[serde(default, borrow)]
    pub(crate) judgements: Vec<JudgementLine<'a>>,
}

/// The same of a judgement.
#[derive(Debug, Deserialize)]
pub(crate) struct JudgementLine<'a> {
    #[serde(borrow)]
    pub(crate) answer: &'a RawValue,
}

pub(crate) fn read_row(
    file: &File,
    path: &Path,
    offset: u64,
    buffer: &mut Vec<u8>,
) -> Result<SampleRow, JournalError> {
    let wrap = |source| JournalError::Io { path: path.to_owned(), source };
    let mut filled = 0;
    buffer.resize(buffer.len().max(4096), 0);
    let end = loop {
        if let Some(at) = buffer[..filled].iter().position(|byte| *byte == b'\n') {
            break at;
        }
        if filled == buffer.len() {
            if filled as u64 >= MAX_LINE {
                return Err(wrap(io::Error::new(io::ErrorKind::InvalidData, "a line without end")));
            }
            buffer.resize(filled * 2, 0);
        }
        match file.read_at(&mut buffer[filled..], offset + filled as u64).map_err(wrap)? {
            0 => return Err(wrap(io::ErrorKind::UnexpectedEof.into())),
            n => filled += n,
        }
    };
    serde_json::from_slice(&buffer[..end]).map_err(|source| JournalError::Garbled {
        path: path.to_owned(),
        offset,
        source,
    })
}

/// Reads a journal that another process may be writing: every whole line, without touching the file.
pub(crate) fn read_only(path: &Path) -> Result<JournalReader, JournalError> {
    let (file, places) = places(path)?;
    Ok(JournalReader { path: path.to_owned(), file, places: places.into_iter(), buffer: Vec::new() })
}

/// Where the line of each sample begins, in the run's order.
pub(crate) fn places(path: &Path) -> Result<(File, Vec<Place>), JournalError> {
    let wrap = |source| JournalError::Io { path: path.to_owned(), source };
    let mut places: Vec<Place> = Vec::new();
    let file = File::open(path).map_err(wrap)?;
    let mut reader = BufReader::with_capacity(1 << 16, &file);
    reader.seek(SeekFrom::Start(0)).map_err(wrap)?;
    let (mut line, mut offset) = (Vec::new(), 0);
    loop {
        line.clear();
        let read = (&mut reader).take(MAX_LINE).read_until(b'\n', &mut line).map_err(wrap)?;
        if read == 0 || line.last() != Some(&b'\n') {
            break;
        }
        let parsed: Line<'_> = serde_json::from_slice(&line).map_err(|source| JournalError::Garbled {
            path: path.to_owned(),
            offset,
            source,
        })?;
        places.push(Place { task: parsed.task, index: parsed.index, offset });
        offset += read as u64;
    }
    drop(reader);
    // Later lines supersede earlier ones of the same sample; a stable sort keeps the later one last.
    places.sort_by_key(|place| (place.task, place.index));
    places.reverse();
    places.dedup_by_key(|place| (place.task, place.index));
    places.reverse();
    Ok((file, places))
}

/// Rows of a journal in the run's order.
#[derive(Debug)]
pub(crate) struct JournalReader {
    path: PathBuf,
    file: File,
    places: std::vec::IntoIter<Place>,
    buffer: Vec<u8>,
}

impl Iterator for JournalReader {
    type Item = Result<SampleRow, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        let place = self.places.next()?;
        Some(read_row(&self.file, &self.path, place.offset, &mut self.buffer))
    }
}

/// What people call a sample.
fn named(task: u32, index: u64, id: &str) -> String {
    let id: String = id.chars().take(100).collect();
    format!("{} of task {} ({id:?})", index + 1, task + 1)
}

/// Why a journal could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The operating system said no: disk full, no permission, a failing disk.
    #[error("the journal cannot be written or read\n  file   {}\n  cause  {source}", path.display())]
    Io {
        /// The journal.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A sample is larger than any that can be read back. It is not kept, and all before it are.
    #[error(
        "a sample has {bytes} bytes with its conversation and answer, and none of more than {MAX_ROW} is kept\n  file   {}\n  sample {sample}\n  next   leave it out of the data, then resume",
        path.display()
    )]
    TooLarge {
        /// The journal.
        path: PathBuf,
        /// What people call it.
        sample: String,
        /// Its length.
        bytes: u64,
    },
    /// A whole line is not what overt writes.
    #[error(
        "the journal is damaged\n  file   {} at byte {offset}\n  cause  {source}\n  next   whole lines before that byte are good: keep them with `head -c {offset}`, then resume",
        path.display()
    )]
    Garbled {
        /// The journal.
        path: PathBuf,
        /// Where the line begins.
        offset: u64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}
