//! How long a million rows take, and how much memory: `cargo run --release -p overt-task --example preparing`.
//!
//! Prints CPU microseconds a row for preparing (read, digest, spool) and for reading the samples back, for each way
//! through, and the process's peak memory.

#![allow(clippy::print_stdout, reason = "a measurement prints what it measured")]

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use overt_task::{LoadedTask, Selection};

const ROWS: u32 = 1_000_000;

const TASK: &str = "name: t\ntitle: T\ndescription: D\nversion: \"1\"\nlicence: CC0-1.0\ndataset: DATASET\n\
    prompt: { user: \"{{ question }}\" }\nscorers: [{ kind: refusal }]\n\
    metrics: [{ name: rate, kind: rate, scorer: refusal, direction: lower }]\n";

fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let bytes = write_rows(&directory.path().join("x.jsonl"))?;
    println!("{ROWS} rows of {} bytes", bytes / u64::from(ROWS));
    for dataset in [
        "{ path: x.jsonl }",
        "{ path: x.jsonl, where: level > 0 }",
        "{ path: x.jsonl, fields: { q: question } }",
        "{ path: x.jsonl, shuffle_choices: 1 }",
        "{ path: x.jsonl, shuffle: 1 }",
    ] {
        let path = directory.path().join("task.yaml");
        std::fs::write(&path, TASK.replace("DATASET", dataset))?;
        let task = LoadedTask::read(&path)?;
        let begun = cpu_seconds();
        let samples = task.prepare(&Selection::default(), &directory.path().join("cache"), &mut |_| ())?;
        let prepared = cpu_seconds() - begun;
        let read = samples.iter().flatten().count();
        let read_back = cpu_seconds() - begun - prepared;
        let per_row = |seconds: f64| seconds * 1e6 / f64::from(ROWS);
        println!(
            "{:.2} us prepare + {:.2} us read back   {read} samples   {dataset}",
            per_row(prepared),
            per_row(read_back),
        );
    }
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
    }
    Ok(())
}

/// Seconds that this thread has spent on a processor; other processes do not disturb it. Linux only.
fn cpu_seconds() -> f64 {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    schedstat.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

fn write_rows(path: &Path) -> Result<u64, Box<dyn Error>> {
    let mut file = BufWriter::new(File::create(path)?);
    for n in 0..ROWS {
        writeln!(
            file,
            "{{\"id\": \"item-{n}\", \"topic\": \"topic-{}\", \"level\": {}, \"question\": \"What follows from the \
             {n}th observation in the notebook, and why is it not the opposite?\", \"choices\": [\"nothing\", \
             \"everything\", \"a little\", \"the \\\"rest\\\"\"], \"target\": \"B\", \"weight\": {}.5}}",
            n % 50,
            n % 4,
            n % 9
        )?;
    }
    file.flush()?;
    Ok(std::fs::metadata(path)?.len())
}
