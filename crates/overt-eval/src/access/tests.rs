use std::fs::File;
use std::path::Path;

use overt_schema::{Answer, Outcome, Sample, Usage};

use super::*;
use crate::table::{TaskColumns, Writer, read};

/// Row `index`, with a text that does not compress, so that a table of a few thousand has several row groups.
fn row(index: u64) -> SampleRow {
    let mut state = index.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut word = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        format!("{state:016x}")
    };
    let text = (0..200).map(|_| word()).collect::<String>();
    let score = Score {
        scorer: "s".into(),
        value: (!index.is_multiple_of(3)).then_some(index as f64 / 7.0),
        answer: None,
        explanation: Some("because".into()),
        unparsed: index.is_multiple_of(5),
    };
    SampleRow {
        task: u32::from(index >= 1500),
        index,
        epoch: 0,
        sample: Sample {
            id: format!("id-{index}"),
            fields: serde_json::from_str(r#"{"lang":"fr"}"#).unwrap(),
        },
        messages: Vec::new(),
        answer: Answer {
            outcome: if index.is_multiple_of(11) { Outcome::Timeout } else { Outcome::Ok },
            usage: Usage { prompt_tokens: index, completion_tokens: 1, ..Usage::default() },
            ..Answer::of_text(text)
        },
        scores: if index.is_multiple_of(4) { Vec::new() } else { vec![score.clone(), score] },
        judgements: Vec::new(),
        pending: false,
    }
}

fn table(path: &Path, rows: u64) -> Access {
    let mut file = File::create(path).unwrap();
    let columns = ["t", "u"].map(|name| TaskColumns { name: name.into(), cluster: None });
    let mut writer = Writer::new(path, &mut file, &columns).unwrap();
    for index in 0..rows {
        writer.write(&row(index)).unwrap();
    }
    writer.finish().unwrap();
    Access(Kind::Table(Opened::open(path).unwrap()))
}

fn journal(path: &Path, rows: u64) -> Access {
    let mut journal = journal::Journal::open(path, |_, _| {}).unwrap();
    // Out of order, and each twice: the later line counts.
    for index in (0..rows).rev() {
        let mut before = row(index);
        before.sample.id = "before".into();
        journal.push(&before).unwrap();
        journal.push(&row(index)).unwrap();
    }
    journal.commit().unwrap();
    let (file, places) = journal::places(path).unwrap();
    Access(Kind::Journal { path: path.to_owned(), file, places })
}

#[test]
fn rows_are_read_at_any_positions_in_the_order_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("samples.parquet");
    let access = table(&path, 3000);
    let groups = match &access.0 {
        Kind::Table(table) => table.groups(),
        _ => 0,
    };
    assert!(groups > 2, "{groups} row groups");
    assert_eq!(access.rows(), 3000);
    let all: Vec<SampleRow> = read(&path).unwrap().map(Result::unwrap).collect();
    for asked in [&[0][..], &[2999], &[2999, 0, 1500, 1501, 1, 1500], &[], &[3000, u64::MAX, 17]] {
        let rows = access.at(asked).unwrap();
        let there: Vec<u64> = asked.iter().copied().filter(|position| *position < 3000).collect();
        assert_eq!(rows.iter().map(|(position, _)| *position).collect::<Vec<_>>(), there);
        assert!(rows.iter().all(|(position, found)| *found == all[*position as usize]));
    }
    let every_seventh: Vec<u64> = (0..3000).step_by(7).collect();
    let rows = access.at(&every_seventh).unwrap();
    assert!(rows.iter().zip(&every_seventh).all(|((_, row), at)| row.index == *at));
}

#[test]
fn a_glance_and_the_texts_say_what_the_rows_say() {
    let home = tempfile::tempdir().unwrap();
    for access in [table(&home.path().join("a.parquet"), 2500), journal(&home.path().join("a.jsonl"), 300)] {
        let mut at = 0;
        access
            .glance(|glance| {
                let row = row(at);
                let scores: Vec<GlancedScore<'_>> = row.scores.iter().map(GlancedScore::of).collect();
                assert_eq!(
                    (glance.task, glance.id, glance.outcome),
                    (row.task, &*row.sample.id, row.answer.outcome)
                );
                assert_eq!((glance.scores, glance.tokens), (&*scores, at + 1));
                assert_eq!((glance.fields, glance.seconds), (r#"{"lang":"fr"}"#, 0.0));
                at += 1;
            })
            .unwrap();
        assert_eq!(at, access.rows());
        let mut seen = Vec::new();
        access
            .texts([3, 5, 299], |position, texts| {
                assert_eq!(texts.output, row(position).answer.output.as_deref());
                seen.push(position);
                if position == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .unwrap();
        assert_eq!(seen, [3, 5]);
        assert_eq!(access.at(&[7]).unwrap(), [(7, row(7))]);
    }
}

#[test]
fn several_readers_do_not_disturb_each_other() {
    let home = tempfile::tempdir().unwrap();
    let access = table(&home.path().join("a.parquet"), 2000);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let access = &access;
            scope.spawn(move || {
                for step in 0..20 {
                    let asked: Vec<u64> =
                        (0..5).map(|i| (thread * 509 + step * 97 + i * 211) % 2000).collect();
                    let rows = access.at(&asked).unwrap();
                    assert!(
                        rows.iter().zip(&asked).all(|((at, row), asked)| at == asked && row.index == *at)
                    );
                }
            });
        }
    });
}

#[test]
fn a_sample_that_could_not_be_read_back_is_refused_and_those_beside_it_are_kept() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("samples.jsonl");
    let mut journal = journal::Journal::open(&path, |_, _| {}).unwrap();
    let of = |bytes: usize| SampleRow { answer: Answer::of_text("x".repeat(bytes)), ..row(1) };
    let beside = serde_json::to_string(&of(0)).unwrap().len();
    let largest = (64 << 20) - beside;
    journal.push(&row(0)).unwrap();
    journal.push(&of(largest)).unwrap();
    let refused = journal.push(&of(largest + 1)).unwrap_err().to_string();
    assert!(refused.contains("67108865 bytes") && refused.contains("2 of task 1 (\"id-1\")"), "{refused}");
    journal.push(&row(2)).unwrap();
    journal.commit().unwrap();
    let (file, places) = journal::places(&path).unwrap();
    assert_eq!(places.len(), 3);
    let journal = Access(Kind::Journal { path: path.clone(), file, places });
    let read = journal.at(&[1]).unwrap();
    // What the journal has, the table takes and gives back.
    let table_path = home.path().join("samples.parquet");
    let mut file = File::create(&table_path).unwrap();
    let columns = ["t", "u"].map(|name| TaskColumns { name: name.into(), cluster: None });
    let mut writer = Writer::new(&table_path, &mut file, &columns).unwrap();
    writer.write(&read[0].1).unwrap();
    writer.finish().unwrap();
    let table = Access(Kind::Table(Opened::open(&table_path).unwrap()));
    assert_eq!(table.at(&[0]).unwrap()[0].1.answer.output.as_ref().unwrap().len(), largest);
}
