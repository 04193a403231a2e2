//! Finding the run that a command means.

use std::path::{Path, PathBuf};

use overt_eval::{MANIFEST, RunDirectory};

use crate::failure::Failure;

/// The run that was named, or the newest under `runs`. Names sort by time, since they begin with it.
pub(crate) fn find(named: Option<&PathBuf>, runs: &Path) -> Result<PathBuf, Failure> {
    if let Some(path) = named {
        // A bare id is looked for under `runs`.
        let within = runs.join(path);
        return Ok(if !path.exists() && within.join(MANIFEST).is_file() { within } else { path.clone() });
    }
    let entries = std::fs::read_dir(runs).into_iter().flatten().flatten();
    let newest = entries.map(|entry| entry.path()).filter(|path| path.join(MANIFEST).is_file()).max();
    newest.ok_or_else(|| {
        Failure::usage(format!(
            "there is no run yet\n  where  {}\n  next   make one with `overt eval`, or name a run directory",
            runs.display()
        ))
    })
}

/// Opens the run that was named, or the newest.
pub(crate) fn open(named: Option<&PathBuf>, runs: &Path) -> Result<RunDirectory, Failure> {
    Ok(RunDirectory::open(&find(named, runs)?)?)
}
