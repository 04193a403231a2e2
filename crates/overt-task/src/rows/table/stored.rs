//! The bytes of a Parquet file, wherever they are; nothing is allocated for what lies beyond their end.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

/// Bytes that can be read from any place on.
#[derive(Clone)]
pub(crate) enum StoredTable {
    /// On the disk, with the length that the file had when it was opened.
    File(Arc<File>, u64),
    /// In memory.
    Bytes(Bytes),
}

impl StoredTable {
    pub(crate) fn of_file(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self::File(Arc::new(file), length))
    }

    /// The bytes of a place; shorter at the file's end.
    pub(crate) fn up_to(&self, start: u64, length: u64) -> Result<Bytes> {
        let length = length.min(self.len().saturating_sub(start));
        let length = usize::try_from(length).map_err(|_| beyond(start))?;
        self.get_bytes(start, length)
    }
}

impl Length for StoredTable {
    fn len(&self) -> u64 {
        match self {
            Self::File(_, length) => *length,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }
}

impl ChunkReader for StoredTable {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        match self {
            Self::File(file, _) => {
                let mut file = file.try_clone()?;
                file.seek(SeekFrom::Start(start))?;
                Ok(Box::new(BufReader::new(file)))
            }
            Self::Bytes(bytes) => {
                let start = usize::try_from(start).ok().filter(|start| *start <= bytes.len());
                let start = start.ok_or_else(|| beyond(bytes.len() as u64))?;
                Ok(Box::new(bytes.slice(start..).reader()))
            }
        }
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let end = start.checked_add(length as u64).filter(|end| *end <= self.len());
        let end = end.ok_or_else(|| beyond(start))?;
        match self {
            Self::File(file, _) => {
                let mut file = file.try_clone()?;
                file.seek(SeekFrom::Start(start))?;
                let mut read = vec![0; length];
                file.read_exact(&mut read)?;
                Ok(read.into())
            }
            // Both fit, for `end` is not beyond what is in memory.
            Self::Bytes(bytes) => Ok(bytes.slice(start as usize..end as usize)),
        }
    }
}

#[cold]
fn beyond(start: u64) -> ParquetError {
    ParquetError::EOF(format!("something at byte {start} is said to go beyond the file's end"))
}
