//! A table being written: rows gather in column builders, and leave them in batches.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, ListBuilder, RecordBatch, StringBuilder, StructBuilder,
    TimestampMillisecondBuilder, UInt32Builder, UInt64Builder,
};
use overt_schema::{Answer, SampleRow, Score};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::{BATCH_ROWS, NONCE, TableError, TaskColumns, schema, score_fields, wrap};

/// A batch is also closed when its texts reach this size, so that long outputs do not pile up in memory.
const BATCH_BYTES: usize = 4 << 20;
/// A row group is closed when its encoded pages reach this size. Until then it is in memory, several times over: groups
/// of 16 MiB took 35 MB more, and the file is a twelfth smaller with them.
const GROUP_BYTES: usize = 2 << 20;

/// A table being written.
pub(crate) struct Writer<'a> {
    path: PathBuf,
    tasks: &'a [TaskColumns],
    parquet: ArrowWriter<&'a mut File>,
    builders: Builders,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(path: &Path, file: &'a mut File, tasks: &'a [TaskColumns]) -> Result<Self, TableError> {
        let level = ZstdLevel::try_new(1).map_err(|source| wrap(path, source))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_max_row_group_bytes(Some(GROUP_BYTES))
            // Every group's part of the footer stays in memory to the end: no more in it than finds a row group.
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .set_key_value_metadata(Some(vec![KeyValue::new(NONCE.to_owned(), nonce(path)?)]))
            .set_created_by(concat!("overt ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let parquet =
            ArrowWriter::try_new(file, schema(), Some(properties)).map_err(|source| wrap(path, source))?;
        Ok(Self { path: path.to_owned(), tasks, parquet, builders: Builders::default() })
    }

    pub(crate) fn write(&mut self, row: &SampleRow) -> Result<(), TableError> {
        self.builders
            .append(row, &self.tasks[row.task as usize])
            .map_err(|source| TableError::Text { path: self.path.clone(), source })?;
        if self.builders.rows >= BATCH_ROWS || self.builders.bytes >= BATCH_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<(), TableError> {
        self.flush()?;
        self.parquet.close().map_err(|source| wrap(&self.path, source))?;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), TableError> {
        if self.builders.rows == 0 {
            return Ok(());
        }
        let batch = RecordBatch::try_new(schema(), self.builders.finish())
            .map_err(|source| wrap(&self.path, source.into()))?;
        self.parquet.write(&batch).map_err(|source| wrap(&self.path, source))?;
        if self.parquet.in_progress_size() >= GROUP_BYTES {
            self.parquet.flush().map_err(|source| wrap(&self.path, source))?;
        }
        Ok(())
    }
}

/// A random number of 256 bits, in hexadecimal digits.
fn nonce(path: &Path) -> Result<String, TableError> {
    let mut bytes = [0; 32];
    let failed = |source| TableError::NoChance { path: path.to_owned(), source };
    getrandom::fill(&mut bytes).map_err(failed)?;
    Ok(overt_schema::Digest::of(bytes).to_string())
}

/// Builders of all columns, in the order of the schema.
struct Builders {
    rows: usize,
    bytes: usize,
    task: StringBuilder,
    task_index: UInt32Builder,
    index: UInt64Builder,
    id: StringBuilder,
    epoch: UInt32Builder,
    cluster: StringBuilder,
    sample: StringBuilder,
    messages: StringBuilder,
    output: StringBuilder,
    outcome: StringBuilder,
    finish_reason: StringBuilder,
    scores: ListBuilder<StructBuilder>,
    prompt_tokens: UInt64Builder,
    completion_tokens: UInt64Builder,
    cached_tokens: UInt64Builder,
    reasoning_tokens: UInt64Builder,
    started: TimestampMillisecondBuilder,
    seconds: Float64Builder,
    attempts: StringBuilder,
    error: StringBuilder,
    request: StringBuilder,
    model: StringBuilder,
    fingerprint: StringBuilder,
    request_id: StringBuilder,
    judgements: StringBuilder,
    cached: BooleanBuilder,
    logprobs: StringBuilder,
    tool_calls: StringBuilder,
    filters: StringBuilder,
}

impl Default for Builders {
    fn default() -> Self {
        Self {
            rows: 0,
            bytes: 0,
            task: StringBuilder::new(),
            task_index: UInt32Builder::new(),
            index: UInt64Builder::new(),
            id: StringBuilder::new(),
            epoch: UInt32Builder::new(),
            cluster: StringBuilder::new(),
            sample: StringBuilder::new(),
            messages: StringBuilder::new(),
            output: StringBuilder::new(),
            outcome: StringBuilder::new(),
            finish_reason: StringBuilder::new(),
            scores: ListBuilder::new(StructBuilder::from_fields(score_fields(), 0)),
            prompt_tokens: UInt64Builder::new(),
            completion_tokens: UInt64Builder::new(),
            cached_tokens: UInt64Builder::new(),
            reasoning_tokens: UInt64Builder::new(),
            started: TimestampMillisecondBuilder::new().with_timezone("UTC"),
            seconds: Float64Builder::new(),
            attempts: StringBuilder::new(),
            error: StringBuilder::new(),
            request: StringBuilder::new(),
            model: StringBuilder::new(),
            fingerprint: StringBuilder::new(),
            request_id: StringBuilder::new(),
            judgements: StringBuilder::new(),
            cached: BooleanBuilder::new(),
            logprobs: StringBuilder::new(),
            tool_calls: StringBuilder::new(),
            filters: StringBuilder::new(),
        }
    }
}

impl Builders {
    fn append(&mut self, row: &SampleRow, task: &TaskColumns) -> Result<(), serde_json::Error> {
        let SampleRow {
            task: task_index, index, epoch, sample, messages, answer, scores, judgements, ..
        } = row;
        let fields = serde_json::to_string(&sample.fields)?;
        let messages = serde_json::to_string(messages)?;
        self.rows += 1;
        self.bytes += fields.len() + messages.len() + answer.output.as_ref().map_or(0, String::len);
        self.task.append_value(&task.name);
        self.task_index.append_value(*task_index);
        self.index.append_value(*index);
        self.id.append_value(&sample.id);
        self.epoch.append_value(*epoch);
        self.cluster.append_option(task.cluster.as_ref().and_then(|field| sample.text(field)));
        self.sample.append_value(fields);
        self.messages.append_value(messages);
        self.append_answer(answer)?;
        self.append_scores(scores);
        let judgements = list(judgements)?;
        self.bytes += judgements.as_ref().map_or(0, String::len);
        self.judgements.append_option(judgements);
        Ok(())
    }

    fn append_answer(&mut self, answer: &Answer) -> Result<(), serde_json::Error> {
        self.output.append_option(answer.output.as_deref());
        self.outcome.append_value(answer.outcome.as_str());
        self.finish_reason.append_option(answer.finish_reason.as_deref());
        self.prompt_tokens.append_value(answer.usage.prompt_tokens);
        self.completion_tokens.append_value(answer.usage.completion_tokens);
        self.cached_tokens.append_value(answer.usage.cached_tokens);
        self.reasoning_tokens.append_value(answer.usage.reasoning_tokens);
        let started = answer.attempts.first().map(|attempt| attempt.started_ms.cast_signed());
        self.started.append_option(started);
        self.seconds.append_value(answer.attempts.iter().map(|attempt| attempt.took_ms).sum::<f64>() / 1e3);
        self.attempts.append_value(serde_json::to_string(&answer.attempts)?);
        self.error.append_option(answer.error.as_deref());
        self.request.append_option(answer.request_digest.map(|digest| digest.to_string()));
        self.model.append_option(answer.served.model.as_deref());
        self.fingerprint.append_option(answer.served.fingerprint.as_deref());
        self.request_id.append_option(answer.served.request_id.as_deref());
        self.cached.append_value(answer.served.cached);
        let logprobs = answer.logprobs.as_ref().map(serde_json::to_string).transpose()?;
        self.bytes += logprobs.as_ref().map_or(0, String::len);
        self.logprobs.append_option(logprobs);
        let calls = list(&answer.tool_calls)?;
        self.bytes += calls.as_ref().map_or(0, String::len);
        self.tool_calls.append_option(calls);
        self.filters.append_option(list(&answer.served.filters)?);
        Ok(())
    }

    fn append_scores(&mut self, scores: &[Score]) {
        let items = self.scores.values();
        for score in scores {
            text_field(items, 0, Some(&score.scorer));
            if let Some(values) = items.field_builder::<Float64Builder>(1) {
                values.append_option(score.value);
            }
            text_field(items, 2, score.answer.as_deref());
            text_field(items, 3, score.explanation.as_deref());
            if let Some(flags) = items.field_builder::<BooleanBuilder>(4) {
                flags.append_value(score.unparsed);
            }
            items.append(true);
        }
        self.scores.append(true);
    }

    fn finish(&mut self) -> Vec<ArrayRef> {
        self.rows = 0;
        self.bytes = 0;
        vec![
            Arc::new(self.task.finish()),
            Arc::new(self.task_index.finish()),
            Arc::new(self.index.finish()),
            Arc::new(self.id.finish()),
            Arc::new(self.epoch.finish()),
            Arc::new(self.cluster.finish()),
            Arc::new(self.sample.finish()),
            Arc::new(self.messages.finish()),
            Arc::new(self.output.finish()),
            Arc::new(self.outcome.finish()),
            Arc::new(self.finish_reason.finish()),
            Arc::new(self.scores.finish()),
            Arc::new(self.prompt_tokens.finish()),
            Arc::new(self.completion_tokens.finish()),
            Arc::new(self.cached_tokens.finish()),
            Arc::new(self.reasoning_tokens.finish()),
            Arc::new(self.started.finish()),
            Arc::new(self.seconds.finish()),
            Arc::new(self.attempts.finish()),
            Arc::new(self.error.finish()),
            Arc::new(self.request.finish()),
            Arc::new(self.model.finish()),
            Arc::new(self.fingerprint.finish()),
            Arc::new(self.request_id.finish()),
            Arc::new(self.judgements.finish()),
            Arc::new(self.cached.finish()),
            Arc::new(self.logprobs.finish()),
            Arc::new(self.tool_calls.finish()),
            Arc::new(self.filters.finish()),
        ]
    }
}

/// A list as JSON; `None` if it is empty.
fn list(items: &[impl serde::Serialize]) -> Result<Option<String>, serde_json::Error> {
    (!items.is_empty()).then(|| serde_json::to_string(items)).transpose()
}

fn text_field(items: &mut StructBuilder, at: usize, value: Option<&str>) {
    if let Some(texts) = items.field_builder::<StringBuilder>(at) {
        texts.append_option(value);
    }
}
