use std::fs::File;

use arrow::array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, Float64Array, ListArray, RecordBatch, StringArray,
    StructArray, UInt8Array,
};
use arrow::buffer::OffsetBuffer;
use overt_schema::{
    Alternative, Answer, FilterNote, FilterSide, FirstToken, Outcome, Sample, SampleRow, Served, ToolCall,
    Usage,
};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::*;

fn row() -> SampleRow {
    SampleRow {
        task: 0,
        index: 0,
        epoch: 1,
        sample: Sample { id: "a".into(), fields: serde_json::from_str("{}").unwrap() },
        messages: Vec::new(),
        answer: Answer {
            outcome: Outcome::Ok,
            output: Some("42".into()),
            tool_calls: vec![ToolCall { id: "1".into(), name: "f".into(), arguments: "{".into() }],
            finish_reason: None,
            usage: Usage { reasoning_tokens: 7, ..Usage::default() },
            served: Served {
                filters: vec![FilterNote {
                    side: FilterSide::Prompt,
                    category: "violence".into(),
                    severity: Some("low".into()),
                    filtered: false,
                }],
                ..Served::default()
            },
            request_digest: None,
            attempts: Vec::new(),
            error: None,
            logprobs: Some(FirstToken {
                token: "4".into(),
                logprob: -0.25,
                top: vec![Alternative { token: "4".into(), logprob: -0.25 }],
            }),
        },
        scores: Vec::new(),
        judgements: Vec::new(),
        pending: false,
    }
}

#[test]
fn a_table_from_before_later_columns_is_read_without_them() {
    let folder = tempfile::tempdir().unwrap();
    let (now, before) = (folder.path().join("now.parquet"), folder.path().join("before.parquet"));
    let tasks = [TaskColumns { name: "t".into(), cluster: None }];
    let mut file = File::create(&now).unwrap();
    let mut writer = Writer::new(&now, &mut file, &tasks).unwrap();
    writer.write(&row()).unwrap();
    writer.finish().unwrap();
    let reread = read(&now).unwrap().next().unwrap().unwrap();
    assert_eq!(reread, row());

    let batches = ParquetRecordBatchReaderBuilder::try_new(File::open(&now).unwrap()).unwrap();
    let batch = batches.build().unwrap().next().unwrap().unwrap();
    let kept: Vec<usize> = (0..batch.num_columns())
        .filter(|at| !LATER.contains(&batch.schema().field(*at).name().as_str()))
        .collect();
    let batch = batch.project(&kept).unwrap();
    let mut file = File::create(&before).unwrap();
    let mut parquet = ArrowWriter::try_new(&mut file, batch.schema(), None).unwrap();
    parquet.write(&batch).unwrap();
    parquet.close().unwrap();
    let reread = read(&before).unwrap().next().unwrap().unwrap();
    assert_eq!(reread.answer.usage, Usage::default());
    assert_eq!(reread.answer.tool_calls, []);
    assert_eq!(reread.answer.served.filters, []);
}

/// A table of overt's own columns, changed, with the properties of another writer.
fn written(path: &Path, rows: usize, change: impl Fn(&str, ArrayRef) -> ArrayRef, packing: Compression) {
    let honest = path.with_extension("honest");
    let tasks = [TaskColumns { name: "t".into(), cluster: None }];
    let mut file = File::create(&honest).unwrap();
    let mut writer = Writer::new(&honest, &mut file, &tasks).unwrap();
    (0..rows).for_each(|_| writer.write(&row()).unwrap());
    writer.finish().unwrap();
    let batches = ParquetRecordBatchReaderBuilder::try_new(File::open(&honest).unwrap()).unwrap();
    let properties = WriterProperties::builder()
        .set_compression(packing)
        .set_dictionary_page_size_limit(usize::MAX)
        .build();
    let mut out: Option<ArrowWriter<File>> = None;
    for batch in batches.build().unwrap() {
        let batch = batch.unwrap();
        let (fields, columns): (Vec<Field>, Vec<ArrayRef>) = (batch.schema().fields().iter())
            .zip(batch.columns())
            .map(|(field, column)| {
                let column = change(field.name(), Arc::clone(column));
                (field.as_ref().clone().with_data_type(column.data_type().clone()), column)
            })
            .unzip();
        let schema = Arc::new(Schema::new(fields));
        let writer = out.get_or_insert_with(|| {
            let file = File::create(path).unwrap();
            ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties.clone())).unwrap()
        });
        writer.write(&RecordBatch::try_new(schema, columns).unwrap()).unwrap();
    }
    out.unwrap().close().unwrap();
}

fn zstd() -> Compression {
    Compression::ZSTD(ZstdLevel::try_new(1).unwrap())
}

/// What reading a table comes to: how many rows, and the error.
fn outcome(path: &Path) -> (usize, Option<String>) {
    let rows = match read(path) {
        Ok(rows) => rows,
        Err(error) => return (0, Some(error.to_string())),
    };
    let mut count = 0;
    for row in rows {
        match row {
            Ok(_) => count += 1,
            Err(error) => return (count, Some(error.to_string())),
        }
    }
    (count, None)
}

fn refused(path: &Path, words: &str) {
    let (rows, error) = outcome(path);
    let error = error.unwrap_or_else(|| panic!("{rows} rows were read"));
    assert!(error.contains(words), "{error}");
}

#[test]
fn a_text_that_every_row_repeats_is_not_unpacked_for_every_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.parquet");
    let giant = "a".repeat(60 << 20);
    let repeat = |name: &str, column: ArrayRef| -> ArrayRef {
        if name != "output" {
            return column;
        }
        let keys = UInt8Array::from(vec![0; column.len()]);
        let values = Arc::new(StringArray::from(vec![giant.as_str()]));
        Arc::new(DictionaryArray::new(keys, values))
    };
    // Each of twelve rows says sixty megabytes, which are there once.
    written(&path, 12, repeat, zstd());
    assert!(std::fs::metadata(&path).unwrap().len() < 1 << 20, "the file itself is small");
    let (rows, error) = outcome(&path);
    assert!(rows <= 4, "{rows} rows of sixty megabytes were taken out");
    assert!(error.unwrap().contains("expand to more than"));
}

#[test]
fn a_sample_that_is_too_large_to_be_held_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.parquet");
    let large = |name: &str, column: ArrayRef| -> ArrayRef {
        if name == "output" { Arc::new(StringArray::from(vec!["a".repeat(70 << 20)])) } else { column }
    };
    written(&path, 1, large, zstd());
    refused(&path, "a sample has 73400");
    let larger = |name: &str, column: ArrayRef| -> ArrayRef {
        if name == "output" { Arc::new(StringArray::from(vec!["a".repeat(140 << 20)])) } else { column }
    };
    written(&path, 1, larger, zstd());
    refused(&path, "a page of output is malformed, or too large");
}

#[test]
fn a_row_with_millions_of_scores_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.parquet");
    let many = |name: &str, column: ArrayRef| -> ArrayRef {
        if name != "scores" {
            return column;
        }
        let DataType::List(item) = column.data_type() else { panic!("no list") };
        let count = 3 << 20;
        let items: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(vec!["s"; count])),
            Arc::new(Float64Array::from(vec![0.0; count])),
            Arc::new(StringArray::new_null(count)),
            Arc::new(StringArray::new_null(count)),
            Arc::new(BooleanArray::from(vec![false; count])),
        ];
        let items = StructArray::new(score_fields(), items, None);
        let offsets = OffsetBuffer::from_lengths([count]);
        Arc::new(ListArray::new(Arc::clone(item), offsets, Arc::new(items), None))
    };
    written(&path, 1, many, zstd());
    assert!(std::fs::metadata(&path).unwrap().len() < 1 << 20, "the file itself is small");
    refused(&path, "scores");
}

#[test]
fn packing_that_overt_does_not_use_is_not_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.parquet");
    // A page in Snappy says itself how large it is, and would be believed.
    written(&path, 3, |_, column| column, Compression::SNAPPY);
    refused(&path, "compressed otherwise");
    written(&path, 3, |_, column| column, Compression::UNCOMPRESSED);
    assert_eq!(outcome(&path), (3, None));
}

/// A file with this footer and nothing else.
fn with_footer(path: &Path, footer: &[u8]) {
    let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
    std::fs::write(path, [b"PAR1", footer, &length, b"PAR1"].concat()).unwrap();
}

#[test]
fn a_footer_with_absurd_counts_is_refused_before_it_is_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.parquet");
    // A schema of a million groups, each within the one before: `{ name: "a", num_children: 1 }`.
    let element = [0x48, 1, b'a', 0x15, 2, 0];
    let nested =
        [&[0x15, 2, 0x19, 0xfc, 0x80, 0x89, 0x7a][..], &element.repeat(2_000_000), &[0x16, 0, 0]].concat();
    with_footer(&path, &nested);
    refused(&path, "its footer is malformed");
    // Four billion row groups in ten bytes; lists in lists without an end; a text longer than the file.
    let groups = [0x15, 2, 0x19, 0x0c, 0x16, 0, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f, 0];
    for footer in [&groups[..], &[0x19; 5000], &[0x18, 0xff, 0xff, 0xff, 0xff, 0x7f, 0], &[]] {
        with_footer(&path, footer);
        refused(&path, "its footer is malformed");
    }
    // A footer that is longer than the file, and files that are none.
    std::fs::write(&path, b"PAR1\xff\xff\xff\x7fPAR1").unwrap();
    refused(&path, "its footer claims 2147483647 bytes");
    for bytes in [&b""[..], b"PAR1", b"PAR1PAR1", b"PAR1aaaaaaaaaaaaaaaa"] {
        std::fs::write(&path, bytes).unwrap();
        refused(&path, "Parquet file");
    }
}

#[test]
fn a_pipe_or_a_folder_in_the_place_of_the_table_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    refused(&pipe, "it is no file");
    refused(folder.path(), "it is no file");
}

#[test]
fn whatever_byte_is_changed_a_table_is_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.parquet");
    written(&path, 3, |_, column| column, zstd());
    let honest = std::fs::read(&path).unwrap();
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..1500 {
        let mut bytes = honest.clone();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            bytes[at] = [0, 0xff, 0x7f, 0x80, bytes[at] ^ 1, bytes[at].wrapping_add(1)][random(6)];
        }
        std::fs::write(&path, &bytes).unwrap();
        let read = std::panic::catch_unwind(|| outcome(&path));
        assert!(read.is_ok(), "{:?}", bytes.iter().zip(&honest).position(|(now, then)| now != then));
    }
}

#[test]
fn equal_samples_are_written_differently_each_time_so_that_a_digest_confirms_no_guess() {
    let folder = tempfile::tempdir().unwrap();
    let tasks = [TaskColumns { name: "t".into(), cluster: None }];
    let digest = |name: &str| {
        let path = folder.path().join(name);
        let mut file = File::create(&path).unwrap();
        let mut writer = Writer::new(&path, &mut file, &tasks).unwrap();
        writer.write(&row()).unwrap();
        writer.finish().unwrap();
        assert!(is_unguessable(&path).unwrap());
        assert_eq!(read(&path).unwrap().next().unwrap().unwrap(), row());
        crate::digest_of(&path).unwrap()
    };
    assert_ne!(digest("a"), digest("b"));
    let early = folder.path().join("early");
    written(&early, 1, |_, column| column, zstd());
    assert!(!is_unguessable(&early).unwrap(), "another writer draws none");
}
