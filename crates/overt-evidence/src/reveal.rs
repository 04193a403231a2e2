//! Opening single samples of a published run.

use overt_eval::RunDirectory;
use overt_record::{Hash, Reveal, RevealedSample, SampleSecret};

use crate::error::EvidenceError;
use crate::record::sample_tree;
use crate::rows::bound_rows;

/// The samples with these ids, opened whole; with `task`, only those of it. A sample that was asked several times comes
/// several times.
pub fn reveal(
    directory: &RunDirectory,
    secret: &SampleSecret,
    record: Hash,
    ids: &[String],
    task: Option<&str>,
) -> Result<Vec<RevealedSample>, EvidenceError> {
    let run = directory.manifest()?;
    let tree = sample_tree(directory, secret)?;
    let mut found = Vec::new();
    for (position, row) in (0..).zip(bound_rows(directory, &run)?) {
        let bound = row?;
        let of = run.tasks.get(bound.row.task as usize).map(|task| task.name.as_str());
        if !ids.contains(&bound.row.sample.id) || (task.is_some() && task != of) {
            continue;
        }
        let sample = (position, bound.shown.as_slice(), bound.content.as_slice());
        found.extend(RevealedSample::reveal(record, &tree, secret, sample, Reveal::Everything));
    }
    Ok(found)
}
