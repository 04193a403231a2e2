//! The runs that were begun under a plan, numbered before their first request.
//!
//! A record tells how many runs its plan had, so that whoever publishes one of five says that there were five. The
//! ledger is the publisher's own: it keeps an honest publisher from forgetting, and binds a number into each run, so
//! that a gap shows as soon as a later run is published. It cannot stop somebody who keeps two ledgers.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use overt_eval::{MANIFEST, RunDirectory};
use overt_record::Hash;
use overt_record::record::{OtherRun, OtherRunStatus};
use overt_schema::Status;
use serde::{Deserialize, Serialize};

use crate::error::EvidenceError;

/// The runs of one plan.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
}

/// A line of the ledger; later lines about a number add to earlier ones.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase", deny_unknown_fields)]
enum Entry {
    /// A run is about to begin.
    Begun { number: u32 },
    /// It has this directory.
    Named { number: u32, run: PathBuf },
    /// It was published as this record.
    Published { number: u32, record: Hash },
}

/// What is known of one run.
#[derive(Debug, Default)]
struct Known {
    directory: Option<PathBuf>,
    record: Option<Hash>,
}

impl Ledger {
    /// The ledger of a plan, by the digest of its record, below overt's home.
    pub fn of(home: &Path, plan: Hash) -> Self {
        Self { path: home.join("plans").join(plan.to_string()).join("runs.jsonl") }
    }

    /// Gives a run its number, from 1 on; it is on disk when this returns.
    pub fn begin(&self) -> Result<u32, EvidenceError> {
        let mut file = self.open()?;
        let runs = self.runs(&mut file)?;
        let number = u32::try_from(runs.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.append(&mut file, &Entry::Begun { number })?;
        Ok(number)
    }

    /// Notes where a run is.
    pub fn named(&self, number: u32, run: &Path) -> Result<(), EvidenceError> {
        let run = std::path::absolute(run).unwrap_or_else(|_| run.to_owned());
        self.note(number, |number| Entry::Named { number, run })
    }

    /// Notes that a run was published.
    pub fn published(&self, number: u32, record: Hash) -> Result<(), EvidenceError> {
        self.note(number, |number| Entry::Published { number, record })
    }

    /// All runs of the plan but one, by number.
    pub fn others(&self, number: u32) -> Result<Vec<OtherRun>, EvidenceError> {
        let mut file = self.open()?;
        let runs = self.runs(&mut file)?;
        let known = (1..).zip(runs).filter(|(other, _)| *other != number);
        Ok(known.map(|(number, known)| known.told(number)).collect())
    }

    fn note(&self, number: u32, entry: impl FnOnce(u32) -> Entry) -> Result<(), EvidenceError> {
        let mut file = self.open()?;
        let runs = self.runs(&mut file)?.len();
        if number == 0 || number as usize > runs {
            let why = format!("it has {runs} runs, and none with number {number}");
            return Err(EvidenceError::Garbled { path: self.path.clone(), why });
        }
        self.append(&mut file, &entry(number))
    }

    /// Opens the file and waits until no other process has it.
    fn open(&self) -> Result<File, EvidenceError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(self.failed("create"))?;
        let file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(&self.path)
            .map_err(self.failed("open"))?;
        file.lock().map_err(self.failed("lock"))?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(self.failed("sync the folder of"))?;
        Ok(file)
    }

    /// The runs by number. A torn last line was never acknowledged: it is cut off.
    fn runs(&self, file: &mut File) -> Result<Vec<Known>, EvidenceError> {
        let mut text = String::new();
        file.seek(SeekFrom::Start(0)).map_err(self.failed("read"))?;
        file.read_to_string(&mut text).map_err(self.failed("read"))?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            file.set_len(whole as u64).map_err(self.failed("cut the torn line of"))?;
        }
        let mut runs: Vec<Known> = Vec::new();
        for (line, text) in (1..).zip(text[..whole].lines()) {
            let garbled = |why: String| EvidenceError::Garbled {
                path: self.path.clone(),
                why: format!("line {line}: {why}"),
            };
            let entry: Entry = serde_json::from_str(text).map_err(|error| garbled(error.to_string()))?;
            let known = match &entry {
                Entry::Begun { number } if *number as usize == runs.len() + 1 => {
                    runs.push(Known::default());
                    continue;
                }
                Entry::Begun { number } => return Err(garbled(format!("run {number} out of turn"))),
                Entry::Named { number, .. } | Entry::Published { number, .. } => {
                    (*number as usize).checked_sub(1).and_then(|position| runs.get_mut(position))
                }
            };
            let known = known.ok_or_else(|| garbled("a run that was not begun".into()))?;
            match entry {
                Entry::Named { run, .. } => known.directory = Some(run),
                Entry::Published { record, .. } => known.record = Some(record),
                Entry::Begun { .. } => {}
            }
        }
        Ok(runs)
    }

    fn append(&self, file: &mut File, entry: &Entry) -> Result<(), EvidenceError> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        file.write_all(&line).map_err(self.failed("write"))?;
        file.sync_all().map_err(self.failed("sync"))
    }

    fn failed(&self, doing: &'static str) -> impl Fn(io::Error) -> EvidenceError {
        let path = self.path.clone();
        move |source| EvidenceError::Io { path: path.clone(), doing, source }
    }
}

impl Known {
    /// The run as a record tells of it.
    fn told(self, number: u32) -> OtherRun {
        let manifest = self.directory.as_deref().and_then(finished);
        let status = match (&self.directory, &manifest) {
            (_, Some(_)) => OtherRunStatus::Finished,
            (Some(directory), None) if directory.join(MANIFEST).is_file() => OtherRunStatus::Unfinished,
            // Published and deleted since: the record says what it was.
            _ if self.record.is_some() => OtherRunStatus::Finished,
            _ => OtherRunStatus::Lost,
        };
        OtherRun { number, status, manifest_sha256: manifest, record: self.record }
    }
}

/// The digest of a run's manifest, if the run is finished.
fn finished(directory: &Path) -> Option<Hash> {
    let run = RunDirectory::open(directory).ok()?.manifest().ok()?;
    (run.status == Status::Finished).then(|| fs::read(directory.join(MANIFEST)).ok().map(Hash::of))?
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

    use super::*;

    #[test]
    fn runs_are_numbered_once_and_a_torn_line_counts_for_nothing() {
        let home = tempfile::tempdir().unwrap();
        let ledger = Ledger::of(home.path(), Hash::of("plan"));
        assert_eq!(ledger.begin().unwrap(), 1);
        assert_eq!(ledger.begin().unwrap(), 2);
        let mut file = OpenOptions::new().append(true).open(&ledger.path).unwrap();
        file.write_all(b"{\"event\":\"beg").unwrap();
        assert_eq!(ledger.begin().unwrap(), 3);
        ledger.published(2, Hash::of("record")).unwrap();
        let others = ledger.others(3).unwrap();
        assert_eq!(others.len(), 2);
        assert_eq!((others[0].number, others[0].status, others[0].record), (1, OtherRunStatus::Lost, None));
        assert_eq!(others[1].record, Some(Hash::of("record")));
        assert!(ledger.published(4, Hash::of("record")).is_err());
        assert!(ledger.published(0, Hash::of("record")).is_err());
    }

    #[test]
    fn a_ledger_that_was_written_in_is_refused_and_not_continued() {
        let home = tempfile::tempdir().unwrap();
        let ledger = Ledger::of(home.path(), Hash::of("plan"));
        ledger.begin().unwrap();
        for bad in [
            "{}",
            "{\"event\":\"begun\",\"number\":7}",
            "nonsense",
            "{\"event\":\"named\",\"number\":2,\"run\":\"x\"}",
        ] {
            let before = fs::read(&ledger.path).unwrap();
            let mut file = OpenOptions::new().append(true).open(&ledger.path).unwrap();
            file.write_all(format!("{bad}\n").as_bytes()).unwrap();
            let error = ledger.begin().unwrap_err().to_string();
            assert!(error.contains("line 2"), "{error}");
            fs::write(&ledger.path, before).unwrap();
        }
    }
}
