//! The rows of a table, one after the other.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{
    Array, ArrayRef, BooleanArray, Float64Array, ListArray, RecordBatch, StringArray, StructArray,
    TimestampMillisecondArray, UInt32Array, UInt64Array,
};
use overt_schema::{Answer, Outcome, Sample, SampleRow, Score, Served, Usage};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use serde::de::DeserializeOwned;

use super::{BATCH_ROWS, LATER, TableError, schema, wrap};

/// Opens a table to read its rows in order.
pub(crate) fn read(path: &Path) -> Result<Reader, TableError> {
    let file = File::open(path).map_err(|source| TableError::Io { path: path.to_owned(), source })?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|source| wrap(path, source))?;
    let there = |name: &str| LATER.contains(&name) || builder.schema().field_with_name(name).is_ok();
    if !schema().fields().iter().all(|field| there(field.name())) {
        return Err(TableError::Foreign { path: path.to_owned() });
    }
    let batches = builder.with_batch_size(BATCH_ROWS).build().map_err(|source| wrap(path, source))?;
    Ok(Reader { path: path.to_owned(), batches, batch: None, at: 0 })
}

/// The rows of a table.
pub(crate) struct Reader {
    path: PathBuf,
    batches: ParquetRecordBatchReader,
    batch: Option<RecordBatch>,
    at: usize,
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
                    let row = row(batch, self.at)
                        .unwrap_or_else(|| Err(TableError::Foreign { path: self.path.clone() }));
                    self.at += 1;
                    return Some(row);
                }
                _ => match self.batches.next()? {
                    Ok(batch) => (self.batch, self.at) = (Some(batch), 0),
                    Err(source) => return Some(Err(wrap(&self.path, source.into()))),
                },
            }
        }
    }
}

/// One row; `None` if a column has another type than ours.
fn row(batch: &RecordBatch, at: usize) -> Option<Result<SampleRow, TableError>> {
    let column = |name: &str| batch.column_by_name(name);
    let text = |name: &str| {
        let texts = column(name)?.as_any().downcast_ref::<StringArray>()?;
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
    Some(Ok(SampleRow {
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
    }))
}

/// A list from its JSON; empty if there is none.
fn list<T: DeserializeOwned>(json: Option<&str>) -> Option<Vec<T>> {
    json.map_or(Some(Vec::new()), |json| serde_json::from_str(json).ok())
}

fn scores(column: &ArrayRef, at: usize) -> Option<Vec<Score>> {
    let items = column.as_any().downcast_ref::<ListArray>()?.value(at);
    let items = items.as_any().downcast_ref::<StructArray>()?;
    let text = |name: &str, i: usize| {
        let texts = items.column_by_name(name)?.as_any().downcast_ref::<StringArray>()?;
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
