//! Parquet: rows as JSON objects, read a few at a time.
//!
//! A Parquet file says how large it is, and a hostile one lies. So nothing is decoded before [`footer`] has looked at
//! the schema and [`pages`] at every page's header: what a batch of rows can need at most is known then, and the
//! batch is made as small as it has to be. The schema that the Arrow library may have embedded is not used: what the
//! columns mean is said by Parquet's own types, and so it is the same whoever wrote the file.

use std::fs::File;
use std::sync::Arc;

use arrow::array::{Array as _, RecordBatch, StructArray};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use serde_json::{Map, Value};

use super::{MAX_ROW, Name, Row, RowError, RowProblem, Trouble};
use crate::error::{DatasetError, excerpt};

use guard::guarded;
use pages::{LIMITS, Limits};
pub use problem::TableProblem;
use stored::StoredTable;
use values::Reading;

mod footer;
mod guard;
mod pages;
mod problem;
mod stored;
mod thrift;
mod values;

/// A Parquet file that is being read.
pub(crate) struct Table {
    stored: StoredTable,
    metadata: ArrowReaderMetadata,
    limits: Limits,
    /// The next group of rows.
    group: usize,
    reader: Option<ParquetRecordBatchReader>,
    /// The batch that is being handed out.
    batch: Option<StructArray>,
    /// The batch's next row.
    at: usize,
    /// Rows handed out.
    rows: u64,
    ended: bool,
}

impl Table {
    /// Opens a file on the disk.
    pub(crate) fn of_file(name: &str, file: File) -> Result<Self, DatasetError> {
        let read_error = |source| DatasetError::Read { file: name.to_owned(), source };
        let stored = StoredTable::of_file(file).map_err(read_error)?;
        Self::open(stored, LIMITS).map_err(|problem| table_error(name, problem))
    }

    /// Opens what is part of the binary.
    pub(crate) fn embedded(name: &str, bytes: &'static [u8]) -> Result<Self, DatasetError> {
        let stored = StoredTable::Bytes(bytes::Bytes::from_static(bytes));
        Self::open(stored, LIMITS).map_err(|problem| table_error(name, problem))
    }

    fn open(stored: StoredTable, limits: Limits) -> Result<Self, TableProblem> {
        footer::check(&stored)?;
        let metadata = guarded(|| load(&stored))?;
        values::check_columns(metadata.schema().fields())?;
        let table = Self {
            stored,
            metadata,
            limits,
            group: 0,
            reader: None,
            batch: None,
            at: 0,
            rows: 0,
            ended: false,
        };
        Ok(table)
    }

    /// The next row; `None` at the end and after [`Trouble::Fatal`].
    pub(super) fn next(&mut self, name: &Name) -> Result<Option<Row>, Trouble> {
        if self.ended {
            return Ok(None);
        }
        match self.advance() {
            Ok(true) => {}
            Ok(false) => {
                self.ended = true;
                return Ok(None);
            }
            Err(problem) => {
                self.ended = true;
                return Err(Trouble::Fatal(table_error(&name.file, problem)));
            }
        }
        self.rows += 1;
        match guarded(|| Ok(self.row())) {
            Err(problem) => {
                self.ended = true;
                Err(Trouble::Fatal(table_error(&name.file, problem)))
            }
            Ok(Ok(fields)) => Ok(Some(Row { at: self.rows, fields })),
            Ok(Err(problem)) => Err(Trouble::Row(Box::new(RowError {
                place: name.at(self.rows),
                problem,
                text: excerpt(&self.row_text(), 0),
            }))),
        }
    }

    /// The last row's columns as text, as far as they can be shown.
    pub(super) fn row_text(&self) -> Vec<u8> {
        let (Some(batch), Some(at)) = (&self.batch, self.at.checked_sub(1)) else { return Vec::new() };
        let shown: Map<String, Value> = columns(batch)
            .map(|(name, array)| {
                let value = Reading::new(name, MAX_ROW).value(array, at);
                (name.to_owned(), value.unwrap_or_else(|_| "?".into()))
            })
            .collect();
        serde_json::to_vec(&shown).unwrap_or_default()
    }

    fn row(&self) -> Result<Map<String, Value>, RowProblem> {
        let (Some(batch), Some(at)) = (&self.batch, self.at.checked_sub(1)) else { return Ok(Map::new()) };
        let mut left = MAX_ROW;
        let mut fields = Map::with_capacity(batch.num_columns());
        for (name, array) in columns(batch) {
            let mut reading = Reading::new(name, left);
            fields.insert(name.to_owned(), reading.value(array, at)?);
            left = reading.left();
        }
        Ok(fields)
    }

    /// Goes to the next row; `false` at the end.
    fn advance(&mut self) -> Result<bool, TableProblem> {
        loop {
            if let Some(batch) = &self.batch
                && self.at < batch.len()
            {
                self.at += 1;
                return Ok(true);
            }
            self.batch = None;
            let Some(reader) = &mut self.reader else {
                if !self.next_group()? {
                    return Ok(false);
                }
                continue;
            };
            let read = guarded(|| reader.next().transpose().map_err(TableProblem::arrow))?;
            match read {
                Some(batch) => (self.batch, self.at) = (Some(whole(batch)), 0),
                None => self.reader = None,
            }
        }
    }

    /// Makes the next group of rows ready; `false` after the last.
    fn next_group(&mut self) -> Result<bool, TableProblem> {
        let metadata = self.metadata.metadata();
        let number = self.group;
        if number >= metadata.num_row_groups() {
            return Ok(false);
        }
        self.group += 1;
        let rows = pages::rows_at_once(&self.stored, metadata.row_group(number), self.limits)?;
        let reader = guarded(|| {
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
                self.stored.clone(),
                self.metadata.clone(),
            );
            let reader = builder.with_row_groups(vec![number]).with_batch_size(rows).build();
            reader.map_err(TableProblem::parquet)
        })?;
        self.reader = Some(reader);
        Ok(true)
    }
}

fn whole(batch: RecordBatch) -> StructArray {
    StructArray::from(batch)
}

fn columns(batch: &StructArray) -> impl Iterator<Item = (&str, &dyn arrow::array::Array)> {
    batch.fields().iter().zip(batch.columns()).map(|(field, array)| (field.name().as_str(), array.as_ref()))
}

fn load(stored: &StoredTable) -> Result<ArrowReaderMetadata, TableProblem> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::load(stored, options).map_err(TableProblem::parquet)?;
    let options = ArrowReaderOptions::new().with_schema(with_views(metadata.schema()));
    ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options).map_err(TableProblem::parquet)
}

/// Texts are read as views of their pages: a text that a thousand rows share is then held once.
fn with_views(schema: &SchemaRef) -> SchemaRef {
    Arc::new(Schema::new(viewed_fields(schema.fields())))
}

fn viewed_fields(fields: &Fields) -> Fields {
    fields.iter().map(viewed).collect()
}

fn viewed(field: &Arc<Field>) -> Arc<Field> {
    let data_type = match field.data_type() {
        DataType::Utf8 => DataType::Utf8View,
        DataType::Binary => DataType::BinaryView,
        DataType::List(items) => DataType::List(viewed(items)),
        DataType::Struct(fields) => DataType::Struct(viewed_fields(fields)),
        DataType::Map(entries, sorted) => DataType::Map(viewed(entries), *sorted),
        _ => return Arc::clone(field),
    };
    Arc::new(field.as_ref().clone().with_data_type(data_type))
}

fn table_error(name: &str, problem: TableProblem) -> DatasetError {
    DatasetError::Table { file: name.to_owned(), problem }
}

impl TableProblem {
    fn parquet(error: ParquetError) -> Self {
        Self::damaged(&error.to_string())
    }

    fn arrow(error: arrow::error::ArrowError) -> Self {
        Self::damaged(&error.to_string())
    }

    fn damaged(said: &str) -> Self {
        Self::Damaged(excerpt(said.as_bytes(), 0))
    }
}

#[cfg(test)]
mod tests;
