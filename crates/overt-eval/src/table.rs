//! `samples.parquet`: one row per sample and epoch, for overt and for everything else that reads Parquet.
//!
//! The columns are documented in `docs/run-directory.md`. Lists and maps that only overt needs are JSON in a text
//! column; what people query (outcome, output, scores, tokens, timings) has columns of its own.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};

pub(crate) use opened::{Columns, Opened};
pub(crate) use reading::{Reader, is_unguessable, read};
pub(crate) use some::{GlanceColumns, TextColumns};
pub(crate) use writing::Writer;

mod guard;
mod opened;
mod reading;
mod some;
mod thrift;
mod writing;

/// Rows that are turned into columns together.
const BATCH_ROWS: usize = 512;
/// The most bytes of a sample that is kept, as its line in the journal; its texts in the table have no more.
pub(crate) const MAX_ROW: u64 = 64 << 20;
/// Under this word the footer holds a number that was drawn when the table was written. The digest of a table is public
/// even where samples of it are withheld: without the number, whoever guesses those could see whether they guess right.
const NONCE: &str = "overt.nonce";

/// Columns that older tables lack: they count as zero and as empty.
const LATER: [&str; 6] = ["reasoning_tokens", "judgements", "cached", "logprobs", "tool_calls", "filters"];

fn score_fields() -> Fields {
    Fields::from(vec![
        Field::new("scorer", DataType::Utf8, false),
        Field::new("value", DataType::Float64, true),
        Field::new("answer", DataType::Utf8, true),
        Field::new("explanation", DataType::Utf8, true),
        Field::new("unparsed", DataType::Boolean, false),
    ])
}

fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let maybe = |name: &str| Field::new(name, DataType::Utf8, true);
    let scores = Field::new("item", DataType::Struct(score_fields()), true);
    Arc::new(Schema::new(vec![
        text("task"),
        Field::new("task_index", DataType::UInt32, false),
        Field::new("index", DataType::UInt64, false),
        text("id"),
        Field::new("epoch", DataType::UInt32, false),
        maybe("cluster"),
        text("sample"),
        text("messages"),
        maybe("output"),
        text("outcome"),
        maybe("finish_reason"),
        Field::new("scores", DataType::List(Arc::new(scores)), false),
        Field::new("prompt_tokens", DataType::UInt64, false),
        Field::new("completion_tokens", DataType::UInt64, false),
        Field::new("cached_tokens", DataType::UInt64, false),
        Field::new("reasoning_tokens", DataType::UInt64, false),
        Field::new("started", DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())), true),
        Field::new("seconds", DataType::Float64, false),
        text("attempts"),
        maybe("error"),
        maybe("request_sha256"),
        maybe("response_model"),
        maybe("fingerprint"),
        maybe("request_id"),
        maybe("judgements"),
        Field::new("cached", DataType::Boolean, false),
        maybe("logprobs"),
        maybe("tool_calls"),
        maybe("filters"),
    ]))
}

/// What the table says of a task that a row does not carry.
#[derive(Clone, Debug)]
pub(crate) struct TaskColumns {
    pub(crate) name: String,
    pub(crate) cluster: Option<String>,
}

fn wrap(path: &Path, source: parquet::errors::ParquetError) -> TableError {
    TableError::Parquet { path: path.to_owned(), source }
}

/// Why a table could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The operating system said no.
    #[error("cannot read the samples\n  file   {}\n  cause  {source}", path.display())]
    Io {
        /// The table.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is damaged, or the disk is full.
    #[error("the samples cannot be read or written\n  file   {}\n  cause  {source}", path.display())]
    Parquet {
        /// The table.
        path: PathBuf,
        /// What the library said.
        source: parquet::errors::ParquetError,
    },
    /// The file says of itself what no table of a run says, or expands without bound.
    #[error("the samples are no table of a run\n  file   {}\n  cause  {why}", path.display())]
    Hostile {
        /// The table.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The system gives no random numbers.
    #[error("the samples cannot be written: the system gives no random numbers\n  file   {}\n  cause  {source}", path.display())]
    NoChance {
        /// The table.
        path: PathBuf,
        /// Why not.
        source: getrandom::Error,
    },
    /// The file has other columns than a run's.
    #[error(
        "this Parquet file does not have the columns of a run\n  file   {}\n  next   see docs/run-directory.md for the columns",
        path.display()
    )]
    Foreign {
        /// The table.
        path: PathBuf,
    },
    /// A value could not be written as JSON.
    #[error("a sample cannot be written\n  file   {}\n  cause  {source}", path.display())]
    Text {
        /// The table.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
}

#[cfg(test)]
mod tests;
