//! A journal of a run that goes on: it is read alike in every way that there is, or refused.
#![no_main]

#[path = "../run.rs"]
mod run;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use overt_eval::JOURNAL;
use tempfile::TempDir;

static DIRECTORY: LazyLock<TempDir> = LazyLock::new(|| {
    let directory = tempfile::tempdir().expect("a directory");
    run::manifest(directory.path(), "running");
    directory
});

fuzz_target!(|bytes: &[u8]| {
    std::fs::write(DIRECTORY.path().join(JOURNAL), bytes).expect("a disk");
    run::read(DIRECTORY.path());
});
