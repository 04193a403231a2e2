//! A published run that its publisher has changed, with digests, tree and record that fit.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use overt_eval::RunDirectory;
use overt_evidence::{
    Checked, Publication, PublishedSample, RunCheck, SAMPLES_FILE, check_files, evaluation, write_files,
};
use overt_record::record::{Evaluation, Evaluator, Relationship};
use overt_record::verify::Outcome;
use overt_record::{Hash, Part, Salt, SampleLeaf, SampleSecret, sample_root};
use overt_schema::{Run, SampleRow, canonical_json};
use serde_json::Value;

use crate::made::Made;

/// A folder with what was published.
pub(crate) struct Forged {
    pub(crate) folder: PathBuf,
}

impl Forged {
    /// With one sample withheld, so that the samples come as lines.
    pub(crate) fn of(made: &Made) -> Self {
        Self::withholding(made, |row| row.index == 0)
    }

    pub(crate) fn withholding(made: &Made, withheld: impl Fn(&SampleRow) -> bool) -> Self {
        let folder = made.path("published");
        let _ = fs::remove_dir_all(&folder);
        let directory = RunDirectory::open(&made.run).unwrap();
        write_files(&directory, &SampleSecret::from_bytes([7; 32]), &folder, withheld).unwrap();
        Self { folder }
    }

    /// With the lines of the samples changed.
    pub(crate) fn lines(self, change: impl FnOnce(&mut Vec<Value>)) -> Self {
        let path = self.folder.join(SAMPLES_FILE);
        let mut text = String::new();
        MultiGzDecoder::new(File::open(&path).unwrap()).read_to_string(&mut text).unwrap();
        let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        change(&mut lines);
        let mut out = GzEncoder::new(File::create(&path).unwrap(), Compression::fast());
        for line in &lines {
            writeln!(out, "{line}").unwrap();
        }
        out.finish().unwrap();
        self
    }

    pub(crate) fn sample(self, at: usize, change: impl FnOnce(&mut Value)) -> Self {
        self.lines(|lines| change(&mut lines[at]))
    }

    fn samples(&self) -> Vec<PublishedSample> {
        let mut text = String::new();
        let file = File::open(self.folder.join(SAMPLES_FILE)).unwrap();
        MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The record of what lies there now.
    pub(crate) fn record(&self) -> Evaluation {
        let salt = |hash: Hash| Salt::from_bytes(*hash.as_bytes());
        let mut withheld = 0;
        let leaves: Vec<SampleLeaf> = (self.samples().into_iter())
            .map(|sample| {
                withheld += u64::from(sample.content.is_none());
                let shown = canonical_json(&sample.shown).unwrap();
                SampleLeaf {
                    shown: Part::Shown.commit(&salt(sample.shown_salt), &shown),
                    content: sample.content_commitment.unwrap_or_else(|| {
                        let content = canonical_json(&sample.content).unwrap();
                        Part::Content.commit(&salt(sample.content_salt.unwrap()), &content)
                    }),
                }
            })
            .collect();
        let manifest = fs::read(self.folder.join("run.json")).unwrap();
        let run: Run = serde_json::from_slice(&manifest).unwrap();
        let (limitations, conflicts_of_interest) = (None, None);
        let evaluator =
            Evaluator { relationship: Relationship::ThirdParty, limitations, conflicts_of_interest };
        let publication = Publication { evaluator, plan: None, corrects: None, withheld };
        evaluation(&run, Hash::of(manifest), sample_root(leaves), publication).unwrap()
    }

    pub(crate) fn checked(&self) -> Checked {
        check_files(&self.record(), &self.folder).unwrap()
    }

    pub(crate) fn check(&self) -> Vec<RunCheck> {
        self.checked().checks
    }
}

fn one<'a>(checks: &'a [RunCheck], id: &str) -> &'a RunCheck {
    checks.iter().find(|check| check.id == id).unwrap_or_else(|| panic!("no check {id} in {checks:?}"))
}

pub(crate) fn passes(checks: &[RunCheck], id: &str) {
    let check = one(checks, id);
    assert_eq!(check.outcome, Outcome::Passed, "{id}: {}", check.detail);
}

pub(crate) fn fails(checks: &[RunCheck], id: &str, words: &str) {
    let check = one(checks, id);
    assert_eq!(check.outcome, Outcome::Failed, "{id}: {}", check.detail);
    assert!(check.detail.contains(words), "{id}: {:?} does not say {words:?}", check.detail);
}
