//! A stranger's data file, in the format that the first byte picks: its samples are the same each time, in order and by index.
#![no_main]

use std::fs;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use overt_task::{LoadedTask, Selection};
use tempfile::TempDir;

/// Not Parquet: without a seed nothing gets past its footer.
const FORMATS: [&str; 3] = ["jsonl", "json", "csv"];

/// In memory where the system has such a place: a data file is written for each input.
static DIRECTORY: LazyLock<TempDir> = LazyLock::new(|| {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("there is room for a directory")
});

static TASKS: LazyLock<[LoadedTask; 3]> = LazyLock::new(|| {
    FORMATS.map(|format| {
        let path = DIRECTORY.path().join(format!("{format}.yaml"));
        let text = format!(
            "name: t\ntitle: T\ndescription: D\nversion: \"1\"\nlicence: CC0-1.0\ndataset: {{ path: data.{format} }}\n\
             prompt: {{ user: \"{{{{ q }}}}\" }}\nscorers: [{{ kind: refusal }}]\n\
             metrics: [{{ name: rate, kind: rate, scorer: refusal, direction: lower }}]\n"
        );
        fs::write(&path, text).expect("there is room for a task");
        LoadedTask::read(&path).expect("the task is one")
    })
});

fuzz_target!(|bytes: &[u8]| {
    let Some((format, data)) = bytes.split_first() else { return };
    let format = usize::from(*format) % FORMATS.len();
    let task = &TASKS[format];
    fs::write(DIRECTORY.path().join(format!("data.{}", FORMATS[format])), data)
        .expect("there is room for the data");
    let prepare = || task.prepare(&Selection::default(), &DIRECTORY.path().join("cache"), &mut |_| ());
    match prepare() {
        Ok(samples) => {
            let read: Vec<_> =
                samples.iter().collect::<Result<_, _>>().expect("what was prepared can be read");
            assert_eq!(read.len() as u64, samples.len());
            for (index, sample) in &read {
                assert_eq!(samples.get(*index).expect("it is there").as_ref(), Some(sample));
            }
            let again = prepare().expect("it was prepared before");
            assert_eq!(again.dataset_ref(), samples.dataset_ref());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
