//! The rows of a table, one after the other.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Float64Array, ListArray, RecordBatch, StringViewArray, StructArray,
    TimestampMillisecondArray, UInt32Array, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Schema};
use overt_schema::{Answer, Outcome, Sample, SampleRow, Score, Served, Usage};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::{ProjectionMask, parquet_to_arrow_schema};
use serde::de::DeserializeOwned;

use super::guard::{self, Examined};
use super::{LATER, MAX_ROW, NONCE, TableError, schema, wrap};
use crate::allowance::Allowance;
use crate::directory::open_file;

/// A table that is a run's, and whose claims about its own size were looked over.
pub(super) struct Looked {
    pub(super) file: File,
    pub(super) bytes: u64,
    pub(super) metadata: ArrowReaderMetadata,
    /// How many rows are unpacked at once.
    pub(super) batch: usize,
}

impl Looked {
    pub(super) fn at(path: &Path) -> Result<Self, TableError> {
        let failed = |source| TableError::Io { path: path.to_owned(), source };
        let file = open_file(path).map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len();
        let Examined { metadata, batch } =
            guard::examine(&file).map_err(|why| TableError::Hostile { path: path.to_owned(), why })?;
        let descriptor = metadata.file_metadata().schema_descr_ptr();
        let there = parquet_to_arrow_schema(&descriptor, None).map_err(|source| wrap(path, source))?;
        let is_there = |name: &str| LATER.contains(&name) || there.field_with_name(name).is_ok();
        if !schema().fields().iter().all(|field| is_there(field.name())) {
            return Err(TableError::Foreign { path: path.to_owned() });
        }
        let views = Schema::new(there.fields().iter().map(|field| as_view(field)).collect::<Vec<_>>());
        let options = ArrowReaderOptions::new().with_schema(Arc::new(views));
        let metadata =
            ArrowReaderMetadata::try_new(Arc::new(metadata), options).map_err(|source| wrap(path, source))?;
        Ok(Self { file, bytes, metadata, batch })
    }
}

/// Opens a table to read its rows in order.
pub(crate) fn read(path: &Path) -> Result<Reader, TableError> {
    let Looked { file, bytes, metadata, batch } = Looked::at(path)?;
    let allowance = Allowance::of(bytes);
    // What stands there beside a run's columns is not read.
    let known = schema();
    let names = known.fields().iter().map(|field| field.name().as_str());
    let columns = ProjectionMask::columns(metadata.parquet_schema(), names);
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
    let batches = builder.with_projection(columns).with_batch_size(batch).build();
    let batches = batches.map_err(|source| wrap(path, source))?;
    Ok(Reader { path: path.to_owned(), batches, batch: None, at: 0, allowance })
}

/// Whether a table holds a number that nobody can guess who does not have it.
pub(crate) fn is_unguessable(path: &Path) -> Result<bool, TableError> {
    let file = open_file(path).map_err(|source| TableError::Io { path: path.to_owned(), source })?;
    let examined = guard::examine(&file).map_err(|why| TableError::Hostile { path: path.to_owned(), why })?;
    let words = examined.metadata.file_metadata().key_value_metadata();
    Ok(words.is_some_and(|words| words.iter().any(|word| word.key == NONCE && word.value.is_some())))
}

/// The same field with its texts as views: a text that many rows share is in memory once.
pub(super) fn as_view(field: &Field) -> Field {
    let kind = match field.data_type() {
        DataType::Utf8 => DataType::Utf8View,
        DataType::List(item) => DataType::List(Arc::new(as_view(item))),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(|field| as_view(field)).collect()),
        other => other.clone(),
    };
    field.clone().with_data_type(kind)
}

/// The rows of a table.
pub(crate) struct Reader {
    path: PathBuf,
    batches: ParquetRecordBatchReader,
    batch: Option<RecordBatch>,
    at: usize,
    allowance: Allowance,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Iterator for Reader {
    type Item = Result<SampleRow, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match &self.batch {
                Some(batch) if self.at < batch.num_rows() => {
                    let at = self.at;
                    self.at += 1;
                    let hostile = |why| TableError::Hostile { path: self.path.clone(), why };
                    if let Err(why) = borne(batch, at, &mut self.allowance) {
                        return Some(Err(hostile(why)));
                    }
                    let row = row(batch, at);
                    return Some(row.ok_or_else(|| TableError::Foreign { path: self.path.clone() }));
                }
                _ => match self.batches.next()? {
                    Ok(batch) => (self.batch, self.at) = (Some(batch), 0),
                    Err(source) => return Some(Err(wrap(&self.path, source.into()))),
                },
            }
        }
    }
}

/// Whether a row is small enough to be taken out of its columns.
pub(super) fn borne(batch: &RecordBatch, at: usize, allowance: &mut Allowance) -> Result<(), String> {
    let texts = batch.columns().iter().filter_map(|column| column.as_any().downcast_ref::<StringViewArray>());
    let bytes =
        texts.filter(|texts| texts.is_valid(at)).fold(0_u64, |sum, texts| sum + texts.value(at).len() as u64);
    if bytes > MAX_ROW {
        return Err(format!("a sample has {bytes} bytes, and none of more than {MAX_ROW} is read"));
    }
    allowance.take(bytes).map_err(|error| error.to_string())
}

/// One row; `None` if a column has another type than ours.
pub(super) fn row(batch: &RecordBatch, at: usize) -> Option<SampleRow> {
    let column = |name: &str| batch.column_by_name(name);
    let text = |name: &str| {
        let texts = column(name)?.as_any().downcast_ref::<StringViewArray>()?;
        Some(texts.is_valid(at).then(|| texts.value(at)))
    };
    let number = |name: &str| Some(column(name)?.as_any().downcast_ref::<UInt64Array>()?.value(at));
    let flag = |name: &str| Some(column(name)?.as_any().downcast_ref::<BooleanArray>()?.value(at));
    let small = |name: &str| Some(column(name)?.as_any().downcast_ref::<UInt32Array>()?.value(at));
    column("started")?.as_any().downcast_ref::<TimestampMillisecondArray>()?;
    let outcome = text("outcome")??;
    let outcome = Outcome::ALL.into_iter().find(|known| known.as_str() == outcome)?;
    let owned = |name: &str| Some(text(name)?.map(str::to_owned));
    let (Ok(fields), Ok(messages), Ok(attempts)) = (
        serde_json::from_str(text("sample")??),
        serde_json::from_str(text("messages")??),
        serde_json::from_str(text("attempts")??),
    ) else {
        return None;
    };
    Some(SampleRow {
        task: small("task_index")?,
        index: number("index")?,
        epoch: small("epoch")?,
        sample: Sample { id: owned("id")??, fields },
        messages,
        answer: Answer {
            outcome,
            output: owned("output")?,
            tool_calls: list(text("tool_calls").flatten())?,
            finish_reason: owned("finish_reason")?,
            usage: Usage {
                prompt_tokens: number("prompt_tokens")?,
                completion_tokens: number("completion_tokens")?,
                cached_tokens: number("cached_tokens")?,
                reasoning_tokens: number("reasoning_tokens").unwrap_or(0),
            },
            served: Served {
                model: owned("response_model")?,
                fingerprint: owned("fingerprint")?,
                request_id: owned("request_id")?,
                cached: flag("cached").unwrap_or(false),
                filters: list(text("filters").flatten())?,
            },
            request_digest: match text("request_sha256")? {
                Some(digest) => Some(digest.parse().ok()?),
                None => None,
            },
            attempts,
            error: owned("error")?,
            logprobs: match text("logprobs").flatten() {
                Some(logprobs) => Some(serde_json::from_str(logprobs).ok()?),
                None => None,
            },
        },
        scores: scores(column("scores")?, at)?,
        judgements: list(text("judgements").flatten())?,
        pending: false,
    })
}

/// A list from its JSON; empty if there is none.
fn list<T: DeserializeOwned>(json: Option<&str>) -> Option<Vec<T>> {
    json.map_or(Some(Vec::new()), |json| serde_json::from_str(json).ok())
}

fn scores(column: &ArrayRef, at: usize) -> Option<Vec<Score>> {
    let items = column.as_any().downcast_ref::<ListArray>()?.value(at);
    let items = items.as_any().downcast_ref::<StructArray>()?;
    let text = |name: &str, i: usize| {
        let texts = items.column_by_name(name)?.as_any().downcast_ref::<StringViewArray>()?;
        Some(texts.is_valid(i).then(|| texts.value(i).to_owned()))
    };
    let values = items.column_by_name("value")?.as_any().downcast_ref::<Float64Array>()?;
    let flags = items.column_by_name("unparsed")?.as_any().downcast_ref::<BooleanArray>()?;
    (0..items.len())
        .map(|i| {
            Some(Score {
                scorer: text("scorer", i)??,
                value: values.is_valid(i).then(|| values.value(i)),
                answer: text("answer", i)?,
                explanation: text("explanation", i)?,
                unparsed: flags.value(i),
            })
        })
        .collect()
}
