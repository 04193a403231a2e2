use std::fs::File;

use overt_schema::{
    Alternative, Answer, FilterNote, FilterSide, FirstToken, Outcome, Sample, SampleRow, Served, ToolCall,
    Usage,
};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

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
