//! Runs whose files lie beside the log, laid out as folders under `DATA/derived/runs`, so that the pages of the viewer can show them.
//!
//! A folder is named by the record and appears whole or not at all. Before it does, its files are checked against the signed
//! record, as `overt verify` does. It goes when the record, or a part of it, is taken down. All of it may be deleted.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use overt_evidence::check_files;
use overt_log::client::Source;
use overt_log::files::{fetch, listed};
use overt_record::Hash;
use overt_record::record::{Body, Evaluation};
use overt_record::verify::Outcome;
use overt_site::index::RecordView;

use super::records::Signed;
use super::state::Site;
use super::wrong::Wrong;

/// The files of a published run.
const FILES: [&str; 5] = ["run.json", "tasks.json", "samples.parquet", "samples.jsonl.gz", "openings.json"];

/// Where the files of a run are.
pub(super) enum LaidOut {
    /// Here, in this folder.
    Here(PathBuf),
    /// Not beside this log.
    Elsewhere,
    /// A part of them was taken down.
    TakenDown,
    /// They are not what the record says; why.
    Refused(String),
}

impl Site {
    /// The files of an evaluation's run, laid out now or before.
    pub(super) fn laid_out(&self, view: &RecordView, signed: &Signed) -> Result<LaidOut, Wrong> {
        let runs = self.sources().derived.join("runs");
        let folder = runs.join(view.record.to_string());
        if self.is_partly_taken_down(view) {
            forget(&folder)?;
            return Ok(LaidOut::TakenDown);
        }
        if folder.is_dir() {
            return Ok(LaidOut::Here(folder));
        }
        let Body::Evaluation(evaluation) = signed.verified.record.body() else {
            return Ok(LaidOut::Elsewhere);
        };
        let _one = self.laying().lock().unwrap_or_else(PoisonError::into_inner);
        if folder.is_dir() {
            return Ok(LaidOut::Here(folder));
        }
        if let Ok(why) = fs::read_to_string(refusal(&folder)) {
            return Ok(LaidOut::Refused(why));
        }
        fs::create_dir_all(&runs).map_err(io("create"))?;
        self.lay_out(evaluation, &signed.entry.commit, &folder)
    }

    /// Whether somebody with a say took samples or files of it down.
    fn is_partly_taken_down(&self, view: &RecordView) -> bool {
        let own = view.entry.as_ref().map(|entry| entry.key);
        let authorities = &self.sources().authorities;
        view.redactions
            .iter()
            .any(|redaction| Some(redaction.key) == own || authorities.contains(&redaction.key))
    }

    fn lay_out(&self, evaluation: &Evaluation, commit: &Hash, folder: &Path) -> Result<LaidOut, Wrong> {
        let source = Source::Store(self.sources().store.clone());
        let Some(list) = Self::wait(listed(&source, commit))? else { return Ok(LaidOut::Elsewhere) };
        let parent = folder.parent().unwrap_or(folder);
        let new = tempfile::Builder::new().prefix(".new-").tempdir_in(parent).map_err(io("create"))?;
        for (name, file) in list.iter().filter(|(name, _)| FILES.contains(name)) {
            let Some(bytes) = Self::wait(fetch(&source, &file.sha256, file.bytes))? else {
                return Ok(LaidOut::Elsewhere);
            };
            let mut out = fs::File::create_new(new.path().join(name)).map_err(io("create"))?;
            out.write_all(&bytes).and_then(|()| out.sync_all()).map_err(io("write"))?;
        }
        if let Some(why) = fault(evaluation, new.path()) {
            fs::write(refusal(folder), &why).map_err(io("write"))?;
            return Ok(LaidOut::Refused(why));
        }
        fs::rename(new.path(), folder).map_err(io("name"))?;
        // What was named is no longer there to be removed.
        let _ = new.keep();
        Ok(LaidOut::Here(folder.to_owned()))
    }

    /// Removes what was laid out of a record that is gone.
    pub(super) fn forget_laid_out(&self, record: &Hash) -> Result<(), Wrong> {
        forget(&self.sources().derived.join("runs").join(record.to_string()))
    }
}

/// What is wrong with the files, if anything is.
fn fault(evaluation: &Evaluation, folder: &Path) -> Option<String> {
    match check_files(evaluation, folder) {
        Err(error) => Some(error.to_string()),
        Ok(checked) => {
            let failed = checked.checks.iter().find(|check| check.outcome == Outcome::Failed);
            failed.map(|check| format!("{}: {}", check.title, check.detail))
        }
    }
}

fn refusal(folder: &Path) -> PathBuf {
    folder.with_extension("refused")
}

fn forget(folder: &Path) -> Result<(), Wrong> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Wrong::Io { step: "remove", source })
        }
        _ => Ok(()),
    }
}

fn io(step: &'static str) -> impl Fn(std::io::Error) -> Wrong {
    move |source| Wrong::Io { step, source }
}
