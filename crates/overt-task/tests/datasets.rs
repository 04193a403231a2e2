//! From a task file and a data file to samples: what a run gets, and what a person is told.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::format_collect, reason = "rows of a test file need not be written quickly")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use overt_schema::{Digest, Sample, canonical_json};
use overt_task::{DatasetError, LoadedTask, Samples, Selection};
use tempfile::TempDir;

/// A directory with a task file whose dataset is as given, and data files beside it.
struct Project(TempDir);

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(directory.path().join(name), content).unwrap();
        }
        Self(directory)
    }

    fn task(&self, dataset: &str) -> LoadedTask {
        let text = format!(
            "name: t\ntitle: T\ndescription: D\nversion: \"1\"\nlicence: CC0-1.0\ndataset: {dataset}\n\
             prompt: {{ user: \"{{{{ q }}}}\" }}\nscorers: [{{ kind: refusal }}]\n\
             metrics: [{{ name: rate, kind: rate, scorer: refusal, direction: lower }}]\n"
        );
        let path = self.0.path().join("task.yaml");
        std::fs::write(&path, text).unwrap();
        LoadedTask::read(&path).unwrap()
    }

    fn select(&self, dataset: &str, selection: &Selection) -> Result<Samples, DatasetError> {
        self.task(dataset).prepare(selection, &self.0.path().join("cache"), &mut |_| ())
    }

    fn prepare(&self, dataset: &str) -> Result<Samples, DatasetError> {
        self.select(dataset, &Selection::default())
    }

    fn message(&self, dataset: &str) -> String {
        self.prepare(dataset).unwrap_err().to_string().replace(&format!("{}/", self.0.path().display()), "")
    }
}

fn ids(samples: &Samples) -> Vec<String> {
    samples.iter().map(|sample| sample.unwrap().1.id).collect()
}

fn numbered(count: usize) -> String {
    (1..=count).map(|n| format!("{{\"id\":\"s{n}\",\"q\":\"question {n}\",\"n\":{n}}}\n")).collect()
}

fn only(ids: &[&str]) -> Selection {
    Selection { sample_ids: ids.iter().map(ToString::to_string).collect(), ..Selection::default() }
}

fn first(limit: u64) -> Selection {
    Selection { limit: Some(limit), ..Selection::default() }
}

/// A Parquet file of columns of text.
fn parquet(columns: &[(&str, &[&str])]) -> Vec<u8> {
    let columns = columns
        .iter()
        .map(|(name, texts)| (*name, Arc::new(StringArray::from(texts.to_vec())) as arrow::array::ArrayRef));
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn a_parquet_file_is_pinned_mapped_filtered_shuffled_and_limited_as_others_are() {
    let numbers: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let bytes = parquet(&[("question", &numbers), ("id", &numbers)]);
    let project = Project::new(&[]);
    std::fs::write(project.0.path().join("x.parquet"), &bytes).unwrap();
    let dataset = "{ path: x.parquet, fields: { q: question }, where: id|int > 49, shuffle: 7, limit: 10 }";
    let samples = project.prepare(dataset).unwrap();
    let chosen = ids(&samples);
    assert_eq!(chosen.len(), 10);
    assert!(chosen.iter().all(|id| id.parse::<u32>().unwrap() > 49) && !chosen.is_sorted(), "{chosen:?}");
    assert_eq!(samples.get(0).unwrap().unwrap().text("q"), Some(chosen[0].clone()));
    assert_eq!(samples.dataset_ref().sha256, Digest::of(&bytes));
    let limited = project.select("{ path: x.parquet }", &first(3)).unwrap();
    assert_eq!((limited.len(), limited.dataset_ref().sha256), (3, Digest::of(&bytes)));
    let row = limited.place(2).unwrap().unwrap().to_string();
    assert!(row.ends_with("x.parquet, row 3"), "{row}");
    let other = Digest::of("other");
    let pinned = format!("{{ path: x.parquet, sha256: {other} }}");
    assert!(project.message(&pinned).contains("does not match its digest"));
    // A file that is neither the pinned one nor Parquet: the first is the reason.
    std::fs::write(project.0.path().join("x.parquet"), "no table").unwrap();
    assert!(project.message(&pinned).contains("does not match its digest"));
    assert!(
        project.message("{ path: x.parquet }").contains("x.parquet cannot be used: it is not a Parquet file")
    );
}

#[test]
fn the_same_id_twice_in_a_parquet_file_names_both_rows() {
    let project = Project::new(&[]);
    let bytes = parquet(&[("q", &["a", "b", "c"]), ("id", &["x", "y", "x"])]);
    std::fs::write(project.0.path().join("x.parquet"), bytes).unwrap();
    let message = project.message("{ path: x.parquet }");
    assert!(message.contains("first    x.parquet, row 1\n  again    x.parquet, row 3"), "{message}");
}

#[test]
fn every_form_of_a_dataset_gives_the_same_samples() {
    let rows = "[{\"q\":\"a\",\"t\":\"1\"},{\"q\":\"b\",\"t\":\"2\"}]";
    let project = Project::new(&[
        ("x.jsonl", "{\"q\":\"a\",\"t\":\"1\"}\n\n{\"q\":\"b\",\"t\":\"2\"}\n"),
        ("x.json", rows),
        ("x.csv", "q,t\na,1\nb,2\n"),
    ]);
    let zipped = zstd::encode_all(rows.as_bytes(), 1).unwrap();
    std::fs::write(project.0.path().join("x.json.zst"), zipped).unwrap();
    std::fs::write(project.0.path().join("x.parquet"), parquet(&[("q", &["a", "b"]), ("t", &["1", "2"])]))
        .unwrap();
    std::fs::copy(project.0.path().join("x.parquet"), project.0.path().join("table")).unwrap();
    let digests: BTreeSet<Digest> = [
        "{ path: x.jsonl }",
        "{ path: ./x.json }",
        "{ path: x.csv }",
        "{ path: x.json.zst }",
        "{ path: x.parquet }",
        "{ path: table, format: parquet }",
        &format!("{{ samples: {rows} }}"),
    ]
    .iter()
    .map(|dataset| {
        let samples = project.prepare(dataset).unwrap();
        assert_eq!(ids(&samples), ["1", "2"], "{dataset}");
        samples.dataset_ref().samples_sha256
    })
    .collect();
    assert_eq!(digests.len(), 1);
}

#[test]
fn the_dataset_reference_holds_what_a_stranger_can_recompute() {
    let text = numbered(3);
    let project = Project::new(&[("x.jsonl", &text)]);
    let samples = project.prepare("{ path: x.jsonl }").unwrap();
    let used: Vec<Sample> = samples.iter().map(|sample| sample.unwrap().1).collect();
    let lines: Vec<u8> =
        used.iter().flat_map(|sample| [canonical_json(sample).unwrap(), vec![b'\n']].concat()).collect();
    let reference = samples.dataset_ref();
    assert_eq!(reference.samples_sha256, Digest::of(lines));
    assert_eq!(reference.sha256, Digest::of(&text));
    assert_eq!((reference.source.as_str(), reference.samples), ("x.jsonl", 3));
}

#[test]
fn mapping_filter_shuffle_and_limit_work_together() {
    let text: String = (0..100).map(|n| format!("{{\"question\":\"q{n}\",\"level\":{}}}\n", n % 4)).collect();
    let project = Project::new(&[("x.jsonl", &text)]);
    let dataset = "{ path: x.jsonl, fields: { q: question }, where: level == 3, shuffle: 7, limit: 10 }";
    let samples = project.prepare(dataset).unwrap();
    let chosen = ids(&samples);
    assert_eq!(chosen.len(), 10);
    assert!(chosen.iter().all(|id| id.parse::<u32>().unwrap() % 4 == 0), "{chosen:?}");
    assert!(!chosen.is_sorted_by_key(|id| id.parse::<u32>().unwrap()), "{chosen:?}");
    let sample = samples.get(0).unwrap().unwrap();
    assert_eq!(sample.text("q"), Some(format!("q{}", sample.id.parse::<u32>().unwrap() - 1)));
    assert_eq!(ids(&project.prepare(dataset).unwrap()), chosen, "the same seed gives the same order");
    assert_ne!(ids(&project.prepare(&dataset.replace('7', "8")).unwrap()), chosen);
}

#[test]
fn a_limit_takes_the_beginning_of_the_same_order() {
    let project = Project::new(&[("x.jsonl", &numbered(50))]);
    for dataset in ["{ path: x.jsonl }", "{ path: x.jsonl, shuffle: 3 }"] {
        let all = ids(&project.prepare(dataset).unwrap());
        let some = project.select(dataset, &first(7)).unwrap();
        assert_eq!(ids(&some), all[..7]);
        assert_eq!(some.dataset_ref().sha256, Digest::of(numbered(50)), "the file's digest covers all of it");
    }
}

#[test]
fn choices_move_with_their_target_and_stay_put_under_another_selection() {
    let text: String = (0..30)
        .map(|n| format!("{{\"q\":\"{n}\",\"choices\":[\"w\",\"x\",\"y\",\"z\"],\"target\":\"C\"}}\n"))
        .collect();
    let project = Project::new(&[("x.jsonl", &text)]);
    let dataset = "{ path: x.jsonl, shuffle_choices: 5 }";
    let all = project.prepare(dataset).unwrap();
    let mut letters = BTreeSet::new();
    for sample in &all {
        let (index, sample) = sample.unwrap();
        let letter = sample.text("target").unwrap();
        let place = usize::from(letter.as_bytes()[0] - b'A');
        assert_eq!(sample.choices()[place], "y");
        letters.insert(letter);
        let alone = project.select(dataset, &only(&[&sample.id])).unwrap();
        assert_eq!(alone.get(0).unwrap(), all.get(index).unwrap());
    }
    assert_eq!(letters.len(), 4);
}

#[test]
fn samples_can_be_named() {
    let project = Project::new(&[("x.jsonl", &numbered(20))]);
    for dataset in ["{ path: x.jsonl }", "{ path: x.jsonl, shuffle: 3 }"] {
        let samples = project.select(dataset, &only(&["s7", "s20"])).unwrap();
        assert_eq!(
            ids(&samples).into_iter().collect::<BTreeSet<_>>(),
            ["s20", "s7"].map(String::from).into()
        );
        let error = project.select(dataset, &only(&["s7", "s2O"])).unwrap_err();
        assert!(
            error.to_string().starts_with("the task has no sample \"s2O\"; did you mean `s2`?"),
            "{error}"
        );
    }
    let both = Selection { limit: Some(1), ..only(&["s7", "s20"]) };
    assert_eq!(ids(&project.select("{ path: x.jsonl }", &both).unwrap()), ["s7"]);
}

#[test]
fn a_resumed_run_reads_only_what_it_wants() {
    let project = Project::new(&[("x.jsonl", &numbered(9000))]);
    let samples = project.prepare("{ path: x.jsonl }").unwrap();
    let wanted: Vec<u64> =
        samples.iter_where(|index| index % 1000 == 1).map(|item| item.unwrap().0).collect();
    assert_eq!(wanted, [1, 1001, 2001, 3001, 4001, 5001, 6001, 7001, 8001]);
    assert_eq!(samples.get(8999).unwrap().unwrap().id, "s9000");
    assert_eq!(samples.get(9000).unwrap(), None);
    assert_eq!(samples.place(41).unwrap().unwrap().row, 42);
}

#[test]
fn samples_can_be_read_by_several_threads_at_once() {
    let project = Project::new(&[("x.jsonl", &numbered(30_000))]);
    let samples = project.prepare("{ path: x.jsonl }").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                assert!(
                    samples.iter().all(|item| item.is_ok_and(|(index, s)| s.id == format!("s{}", index + 1)))
                );
            });
        }
    });
}

#[test]
fn numbers_are_asked_as_the_file_has_them() {
    let project =
        Project::new(&[("x.jsonl", "{\"id\":18446744073709551615,\"q\":1.0,\"n\":12345678901234567890}\n")]);
    let sample = project.prepare("{ path: x.jsonl }").unwrap().get(0).unwrap().unwrap();
    assert_eq!((sample.id.as_str(), sample.text("q").as_deref()), ("18446744073709551615", Some("1.0")));
    assert_eq!(sample.text("n").as_deref(), Some("12345678901234567890"));
}

#[test]
fn two_rows_with_one_id_are_named_with_both_lines() {
    let project = Project::new(&[("x.jsonl", &(numbered(20) + "\n{\"id\":\"s7\",\"q\":\"again\"}\n"))]);
    for dataset in ["{ path: x.jsonl }", "{ path: x.jsonl, shuffle: 1 }"] {
        let message = project.message(dataset);
        assert!(
            message.starts_with("two rows have the id \"s7\"\n  first    x.jsonl:7\n  again    x.jsonl:22\n"),
            "{message}"
        );
    }
    // A row without an id is named by its position, which another row may have taken.
    let project = Project::new(&[("x.jsonl", "{\"id\":2,\"q\":\"a\"}\n{\"q\":\"b\"}\n")]);
    assert!(project.message("{ path: x.jsonl }").contains("the id \"2\""));
}

#[test]
fn a_file_that_is_not_the_pinned_one_is_refused_with_both_digests() {
    let project = Project::new(&[("x.jsonl", "{\"q\":\"a\"}\n"), ("broken.jsonl", "{{{\n")]);
    let other = Digest::of("other");
    for (file, content) in [("x.jsonl", "{\"q\":\"a\"}\n"), ("broken.jsonl", "{{{\n")] {
        let message = project.message(&format!("{{ path: {file}, sha256: {other} }}"));
        let expected = format!(
            "the dataset does not match its digest\n  file     {file}\n  expected sha256 {other}\n  found    sha256 {}\n",
            Digest::of(content)
        );
        assert!(message.starts_with(&expected), "{message}");
    }
    let right = Digest::of("{\"q\":\"a\"}\n");
    assert!(project.prepare(&format!("{{ path: x.jsonl, sha256: {right} }}")).is_ok());
}

#[test]
fn missing_empty_and_unknown_files_are_told_apart() {
    let project = Project::new(&[
        ("empty.jsonl", "\n"),
        ("x.jsonl", "{\"q\":1}\n"),
        ("x.txt", "{\"q\":1}\n"),
        ("h.csv", "q\n"),
    ]);
    assert!(project.message("{ path: no.jsonl }").starts_with("there is no dataset file no.jsonl"));
    assert!(project.message("{ path: empty.jsonl }").starts_with("the dataset empty.jsonl has no rows"));
    assert!(project.message("{ path: h.csv }").starts_with("the dataset h.csv has no rows"));
    assert!(project.prepare("{ path: x.txt, format: jsonl }").is_ok());
    let filtered = project.message("{ path: x.jsonl, where: q > 1 }");
    assert!(
        filtered.starts_with("dataset.where leaves none of the 1 rows of x.jsonl\n  where    q > 1"),
        "{filtered}"
    );
    std::fs::create_dir(project.0.path().join("d.jsonl")).unwrap();
    assert!(project.message("{ path: d.jsonl }").starts_with("cannot read the dataset d.jsonl"));
}

#[test]
fn a_filter_that_fails_names_the_row() {
    let project = Project::new(&[("x.jsonl", "{\"q\":1,\"level\":1}\n{\"q\":2}\n")]);
    let message = project.message("{ path: x.jsonl, where: level > 0 }");
    assert!(
        message.starts_with("dataset.where fails on a row: ") && message.contains("`level`"),
        "{message}"
    );
    assert!(message.contains("where    x.jsonl:2") && message.contains("found    {\"q\":2}"), "{message}");
}

#[test]
fn a_column_that_is_missing_names_row_and_nearest_column() {
    let project = Project::new(&[("x.jsonl", "{\"question\":1}\n{\"qestion\":2}\n")]);
    let message = project.message("{ path: x.jsonl, fields: { q: question } }");
    assert!(
        message.contains("no column `question`, which dataset.fields.q names; did you mean `qestion`?"),
        "{message}"
    );
    assert!(message.contains("x.jsonl:2"), "{message}");
}

#[test]
fn an_id_is_a_text_or_a_whole_number() {
    for (id, what) in
        [("1.5", "a fraction"), ("[1]", "a list"), ("true", "a truth value"), ("\"\"", "an empty text")]
    {
        let project = Project::new(&[("x.jsonl", &format!("{{\"id\":{id},\"q\":1}}\n"))]);
        assert!(
            project.message("{ path: x.jsonl }").starts_with(&format!("a row's id is {what}, not")),
            "{id}"
        );
    }
}

#[test]
fn a_small_compressed_file_that_unpacks_without_end_is_refused() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let megabyte = vec![b'x'; 1 << 20];
    for _ in 0..17 {
        std::io::Write::write_all(&mut encoder, &megabyte).unwrap();
    }
    let project = Project::new(&[]);
    std::fs::write(project.0.path().join("bomb.jsonl.gz"), encoder.finish().unwrap()).unwrap();
    assert!(project.message("{ path: bomb.jsonl.gz }").starts_with("a row has more than 16 MiB"));
}

#[test]
fn a_read_only_cache_is_no_obstacle_for_a_local_dataset() {
    let project = Project::new(&[("x.jsonl", &numbered(30_000))]);
    let task = project.task("{ path: x.jsonl }");
    let samples = task.prepare(&Selection::default(), Path::new("/proc/no-such-place"), &mut |_| ()).unwrap();
    assert_eq!(samples.len(), 30_000);
}
