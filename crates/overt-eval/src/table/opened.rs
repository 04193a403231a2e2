//! A table that is read from any row: what is looked at is found by row group, and nothing else is unpacked.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use bytes::Bytes;
use overt_schema::SampleRow;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::file::reader::{ChunkReader, Length};

use super::reading::{Looked, borne, row};
use super::{TableError, schema, wrap};
use crate::allowance::Allowance;

/// Which columns are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Columns {
    /// All that a run has.
    All,
    /// Those of fixed width, ids, and the samples' fields.
    Glance,
    /// Those with texts that people look for.
    Texts,
}

impl Columns {
    fn names(self) -> Vec<String> {
        let names: &[&str] = match self {
            Self::All => return schema().fields().iter().map(|field| field.name().clone()).collect(),
            Self::Glance => &[
                "task_index",
                "index",
                "id",
                "epoch",
                "sample",
                "outcome",
                "scores.list.item.scorer",
                "scores.list.item.value",
                "scores.list.item.unparsed",
                "prompt_tokens",
                "completion_tokens",
                "seconds",
            ],
            Self::Texts => &["id", "sample", "messages", "output", "error"],
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }
}

/// A table whose claims were looked over, open to be read from anywhere, by several readers at once.
#[derive(Debug)]
pub(crate) struct Opened {
    path: PathBuf,
    file: Arc<File>,
    metadata: ArrowReaderMetadata,
    batch: usize,
    bytes: u64,
    /// The first row of each row group, and after them the number of all rows.
    starts: Vec<u64>,
}

impl Opened {
    pub(crate) fn open(path: &Path) -> Result<Self, TableError> {
        let Looked { file, bytes, metadata, batch } = Looked::at(path)?;
        let mut starts = vec![0];
        for group in metadata.metadata().row_groups() {
            let rows = u64::try_from(group.num_rows()).unwrap_or(0);
            starts.push(starts.last().copied().unwrap_or(0) + rows);
        }
        Ok(Self { path: path.to_owned(), file: Arc::new(file), metadata, batch, bytes, starts })
    }

    /// How many rows it has.
    pub(crate) fn rows(&self) -> u64 {
        self.starts.last().copied().unwrap_or(0)
    }

    /// How many row groups it has.
    #[cfg(test)]
    pub(crate) fn groups(&self) -> usize {
        self.starts.len() - 1
    }

    /// About how many bytes of memory it takes.
    pub(crate) fn memory(&self) -> usize {
        self.metadata.metadata().memory_size() + self.starts.len() * 8
    }

    /// The table has other columns than a run's.
    pub(crate) fn foreign(&self) -> TableError {
        TableError::Foreign { path: self.path.clone() }
    }

    /// The rows at these positions, in the order given. Positions beyond the end are passed over.
    pub(crate) fn at(&self, positions: &[u64]) -> Result<Vec<(u64, SampleRow)>, TableError> {
        let mut ascending: Vec<u64> = positions.to_vec();
        ascending.sort_unstable();
        ascending.dedup();
        let mut found: Vec<(u64, SampleRow)> = Vec::new();
        self.visit(ascending, Columns::All, |position, batch, at| {
            let row = row(batch, at).ok_or_else(|| self.foreign())?;
            found.push((position, row));
            Ok(ControlFlow::Continue(()))
        })?;
        let row = |position: &u64| {
            let at = found.binary_search_by_key(position, |(known, _)| *known).ok()?;
            Some(found[at].clone())
        };
        Ok(positions.iter().filter_map(row).collect())
    }

    /// Reads the rows at ascending positions, and hands each to `each` with its position, until that breaks off.
    pub(crate) fn visit(
        &self,
        positions: impl IntoIterator<Item = u64>,
        columns: Columns,
        mut each: impl FnMut(u64, &RecordBatch, usize) -> Result<ControlFlow<()>, TableError>,
    ) -> Result<(), TableError> {
        let mut allowance = Allowance::of(self.bytes);
        let mut positions = positions.into_iter().peekable();
        for (group, bounds) in self.starts.windows(2).enumerate() {
            let mut wanted = Vec::new();
            while let Some(position) = positions.next_if(|position| *position < bounds[1]) {
                wanted.push(position);
            }
            if wanted.is_empty() {
                continue;
            }
            if self.visit_group(group, &wanted, columns, &mut allowance, &mut each)?.is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// One row group at a time, so that no more of the file is unpacked at once than was looked over.
    fn visit_group(
        &self,
        group: usize,
        wanted: &[u64],
        columns: Columns,
        allowance: &mut Allowance,
        each: &mut impl FnMut(u64, &RecordBatch, usize) -> Result<ControlFlow<()>, TableError>,
    ) -> Result<ControlFlow<()>, TableError> {
        let descriptor = self.metadata.parquet_schema();
        let names = columns.names();
        let mask = ProjectionMask::columns(descriptor, names.iter().map(String::as_str));
        let file = At { file: Arc::clone(&self.file), length: self.bytes };
        let batches = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_projection(mask)
            .with_row_groups(vec![group])
            .with_row_selection(selection(wanted, self.starts[group]))
            .with_batch_size(self.batch)
            .build()
            .map_err(|source| wrap(&self.path, source))?;
        let mut positions = wanted.iter();
        for batch in batches {
            let batch = batch.map_err(|source| wrap(&self.path, source.into()))?;
            for at in 0..batch.num_rows() {
                let Some(position) = positions.next() else { break };
                borne(&batch, at, allowance)
                    .map_err(|why| TableError::Hostile { path: self.path.clone(), why })?;
                if each(*position, &batch, at)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Ascending positions as what is skipped and what is read of a row group that begins at `start`.
fn selection(wanted: &[u64], start: u64) -> RowSelection {
    let mut selectors: Vec<RowSelector> = Vec::new();
    let mut next = start;
    let mut run = 0;
    for position in wanted {
        if *position > next {
            if run > 0 {
                selectors.push(RowSelector::select(run));
            }
            selectors.push(RowSelector::skip((*position - next) as usize));
            run = 0;
        }
        run += 1;
        next = *position + 1;
    }
    selectors.push(RowSelector::select(run));
    selectors.into()
}

/// A file that is read at places, not from where somebody left off: readers do not disturb each other.
#[derive(Debug)]
struct At {
    file: Arc<File>,
    length: u64,
}

impl Length for At {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for At {
    type T = BufReader<From>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(BufReader::new(From { file: Arc::clone(&self.file), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        // Checked before room is made for it.
        if start.checked_add(length as u64).is_none_or(|end| end > self.length) {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, start)?;
        Ok(bytes.into())
    }
}

/// From a place in the file on.
#[derive(Debug)]
struct From {
    file: Arc<File>,
    at: u64,
}

impl Read for From {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(into, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}
