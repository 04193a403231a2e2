//! The samples of a run on their way from the dataset to the system: kept outside memory unless they are few.
//!
//! A record is a header (line, length of the id, length of the JSON) followed by id and JSON, so that
//! one can be skipped without being read. Every [`STRIDE`]th record's offset is kept, which makes any record reachable
//! for half a byte of memory each. The file has no name: it goes when the process goes, however that happens.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::DatasetError;

/// Up to this many bytes stay in memory.
const IN_MEMORY: usize = 1 << 20;

/// Bytes gathered before they are written to the file.
const WRITE_CHUNK: usize = 256 << 10;

/// Bytes read ahead by a cursor that goes through the file in order.
const READ_AHEAD: usize = 64 << 10;

/// Bytes read at once by a cursor that jumps: a block of [`STRIDE`] short records.
const READ_AROUND: usize = 4 << 10;

/// Every how manieth offset is kept.
const STRIDE: u64 = 16;

/// Three numbers of eight bytes.
const HEADER: usize = 24;

/// Takes records.
pub(crate) struct SpoolWriter {
    directory: PathBuf,
    /// Everything, or what is not in the file yet.
    pending: Vec<u8>,
    file: Option<File>,
    /// Bytes in the file.
    written: u64,
    offsets: Vec<u64>,
    stride: u64,
    records: u64,
}

impl SpoolWriter {
    /// `directory` is where the file goes if one is needed; if none can be made there, the system's directory for
    /// temporary files is taken.
    pub(crate) fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            pending: Vec::new(),
            file: None,
            written: 0,
            offsets: Vec::new(),
            stride: STRIDE,
            records: 0,
        }
    }

    /// Keeps every offset, for reading in another order than that of writing.
    pub(crate) fn for_random_access(directory: &Path) -> Self {
        Self { stride: 1, ..Self::new(directory) }
    }

    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    pub(crate) fn push(&mut self, line: u64, id: &str, json: &[u8]) -> Result<(), DatasetError> {
        if self.records.is_multiple_of(self.stride) {
            self.offsets.push(self.written + self.pending.len() as u64);
        }
        self.records += 1;
        for number in [line, id.len() as u64, json.len() as u64] {
            self.pending.extend_from_slice(&number.to_le_bytes());
        }
        self.pending.extend_from_slice(id.as_bytes());
        self.pending.extend_from_slice(json);
        let bound = if self.file.is_some() { WRITE_CHUNK } else { IN_MEMORY };
        if self.pending.len() > bound { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), DatasetError> {
        let write_error = |source| DatasetError::Write { path: self.directory.clone(), source };
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(unnamed_file(&self.directory).map_err(write_error)?),
        };
        file.write_all(&self.pending).map_err(write_error)?;
        self.written += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<Spool, DatasetError> {
        let store = if self.file.is_some() {
            self.flush()?;
            self.file.map(|file| Store::File { file, length: self.written })
        } else {
            None
        };
        let store = store.unwrap_or_else(|| {
            self.pending.shrink_to_fit();
            Store::Memory(self.pending)
        });
        Ok(Spool { store, offsets: self.offsets, stride: self.stride, records: self.records })
    }
}

fn unnamed_file(directory: &Path) -> io::Result<File> {
    let here = std::fs::create_dir_all(directory).and_then(|()| tempfile::tempfile_in(directory));
    here.or_else(|_| tempfile::tempfile())
}

/// Records that can be read in any order, by several readers at once.
#[derive(Debug)]
pub(crate) struct Spool {
    store: Store,
    offsets: Vec<u64>,
    stride: u64,
    records: u64,
}

#[derive(Debug)]
enum Store {
    Memory(Vec<u8>),
    File { file: File, length: u64 },
}

/// A record as it was pushed.
#[derive(Debug, PartialEq)]
pub(crate) struct Record<'a> {
    pub(crate) line: u64,
    pub(crate) id: &'a str,
    pub(crate) json: &'a [u8],
}

impl Spool {
    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    /// A cursor before the first record, for going through them in order.
    pub(crate) fn cursor(&self) -> Cursor<'_> {
        Cursor { spool: self, index: 0, offset: 0, buffer: Vec::new(), buffered_from: 0, ahead: READ_AHEAD }
    }

    /// A cursor for jumping.
    pub(crate) fn jumping_cursor(&self) -> Cursor<'_> {
        Cursor { ahead: READ_AROUND, ..self.cursor() }
    }

    fn length(&self) -> u64 {
        match &self.store {
            Store::Memory(bytes) => bytes.len() as u64,
            Store::File { length, .. } => *length,
        }
    }
}

/// A place between two records.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    spool: &'a Spool,
    /// Of the next record.
    index: u64,
    offset: u64,
    buffer: Vec<u8>,
    buffered_from: u64,
    ahead: usize,
}

#[derive(Clone, Copy)]
struct Header {
    line: u64,
    id: usize,
    json: usize,
}

impl Cursor<'_> {
    /// Index of the next record; the number of records at the end.
    pub(crate) fn index(&self) -> u64 {
        self.index
    }

    pub(crate) fn at_end(&self) -> bool {
        self.index >= self.spool.records
    }

    /// Goes to before a record.
    pub(crate) fn seek(&mut self, index: u64) -> io::Result<()> {
        let block = index / self.spool.stride;
        let known = usize::try_from(block).ok().and_then(|block| self.spool.offsets.get(block));
        let offset = known.ok_or(io::ErrorKind::UnexpectedEof)?;
        (self.index, self.offset) = (block * self.spool.stride, *offset);
        while self.index < index {
            self.skip()?;
        }
        Ok(())
    }

    /// Passes over a record without reading it.
    pub(crate) fn skip(&mut self) -> io::Result<()> {
        let header = self.header()?;
        self.pass(header);
        Ok(())
    }

    /// Reads a record.
    pub(crate) fn read(&mut self) -> io::Result<Record<'_>> {
        let header = self.header()?;
        let offset = self.offset + HEADER as u64;
        self.pass(header);
        let body = self.bytes(offset, header.id + header.json)?;
        let (id, json) = body.split_at(header.id);
        let id =
            std::str::from_utf8(id).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        Ok(Record { line: header.line, id, json })
    }

    fn pass(&mut self, header: Header) {
        self.offset += (HEADER + header.id + header.json) as u64;
        self.index += 1;
    }

    fn header(&mut self) -> io::Result<Header> {
        let (numbers, _) = self.bytes(self.offset, HEADER)?.as_chunks::<8>();
        let number = |at: usize| numbers.get(at).map_or(0, |bytes| u64::from_le_bytes(*bytes));
        Ok(Header { line: number(0), id: size(number(1))?, json: size(number(2))? })
    }

    fn bytes(&mut self, offset: u64, length: usize) -> io::Result<&[u8]> {
        let end = offset + length as u64;
        if end > self.spool.length() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match &self.spool.store {
            Store::Memory(bytes) => {
                bytes.get(size(offset)?..size(end)?).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
            }
            Store::File { file, length: total } => {
                let held = self.buffered_from..=self.buffered_from + self.buffer.len() as u64;
                if !(held.contains(&offset) && held.contains(&end)) {
                    let ahead = length.max(self.ahead).min(size(total - offset)?);
                    self.buffer.resize(ahead, 0);
                    self.buffered_from = offset;
                    read_at(file, &mut self.buffer, offset)?;
                }
                let start = size(offset - self.buffered_from)?;
                Ok(&self.buffer[start..start + length])
            }
        }
    }
}

/// A number of bytes that fits into memory.
fn size(number: u64) -> io::Result<usize> {
    usize::try_from(number).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buffer, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                buffer = &mut buffer[count..];
                offset += count as u64;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(mut writer: SpoolWriter, records: u64) -> Spool {
        for index in 0..records {
            writer.push(index + 7, &format!("id-{index}"), &json(index)).unwrap();
        }
        writer.finish().unwrap()
    }

    fn json(index: u64) -> Vec<u8> {
        format!("{{\"n\":{index},\"t\":\"{}\"}}", "x".repeat(usize::try_from(index % 300).unwrap()))
            .into_bytes()
    }

    #[test]
    fn records_come_back_in_order_and_by_index_from_memory_and_from_a_file() {
        let directory = tempfile::tempdir().unwrap();
        for (records, in_file) in [(100, false), (20_000, true)] {
            for writer in
                [SpoolWriter::new(directory.path()), SpoolWriter::for_random_access(directory.path())]
            {
                let spool = filled(writer, records);
                assert_eq!(matches!(spool.store, Store::File { .. }), in_file);
                let mut cursor = spool.cursor();
                for index in 0..records {
                    let record = cursor.read().unwrap();
                    assert_eq!((record.line, record.json), (index + 7, &*json(index)));
                }
                assert!(cursor.at_end() && cursor.read().is_err());
                let mut cursor = spool.jumping_cursor();
                for index in [records - 1, 0, 17, 16, 15, 99] {
                    cursor.seek(index).unwrap();
                    assert_eq!(cursor.read().unwrap().id, format!("id-{index}"));
                    assert_eq!(cursor.index(), index + 1);
                }
                assert!(cursor.seek(records + STRIDE).is_err());
            }
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "the file has no name");
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_no_obstacle() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let spool = filled(SpoolWriter::new(&file.path().join("below-a-file")), 20_000);
        assert_eq!(spool.records(), 20_000);
    }
}
