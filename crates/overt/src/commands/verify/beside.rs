//! The files of a run from beside the log, where they are not beside the record.

use std::path::Path;

use overt_eval::MANIFEST;
use overt_log::client::Source;
use overt_log::files::{self, FileList, FilesError};
use overt_record::record::{Body, Evaluation};
use overt_record::verify::VerifiedRecord;
use overt_record::{Hash, LogOpening};
use tempfile::TempDir;

use super::{Given, PUBLISHED_FILES, online};
use crate::cli::VerifyArgs;
use crate::commands::eval;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::logs;
use crate::outfile;
use crate::output::Output;
use crate::text::{bytes, count};

/// The most bytes that are fetched for one record.
const MAX_TOTAL: u64 = 256 << 20;

/// Where the files of the run are.
pub(super) enum Beside {
    /// Beside the record, if anywhere.
    Here,
    /// In a folder of their own, which goes with this.
    Fetched(TempDir),
    /// Beside the log, and not those of the record.
    Others(String),
}

/// Gets the files of an evaluation that are not here. Each is checked against its digest before anything reads it: the one
/// in the signed record, or for the two that only open samples, the one in the log's list.
pub(super) fn files(
    args: &VerifyArgs,
    environment: &Environment,
    verified: &VerifiedRecord,
    given: &Given,
    output: &mut Output,
) -> Result<Beside, Failure> {
    let Body::Evaluation(evaluation) = verified.record.body() else { return Ok(Beside::Here) };
    let are_here = given.folder.as_ref().is_some_and(|folder| folder.join(MANIFEST).is_file());
    if args.files.is_some() || are_here || !(args.online || args.log.is_some()) {
        return Ok(Beside::Here);
    }
    let opening = given.proof().and_then(|proof| LogOpening::parse(proof.extra()?).ok());
    let Some(opening) = opening else { return Ok(Beside::Here) };
    let opened = online::opened(args, environment)?;
    let folder = tempfile::tempdir().map_err(Failure::undecided)?;
    let getting = get(opened.client.source(), &opening.leaf.commit, evaluation, folder.path());
    match eval::runtime()?.block_on(output.waiting("the files come from beside the log", getting)) {
        Ok(None) => {
            output.note("  the log has no files of this record beside it");
            Ok(Beside::Here)
        }
        Ok(Some((number, size))) => {
            output.note(format!("  {} from beside the log, {}", count(number, "file"), bytes(size)));
            Ok(Beside::Fetched(folder))
        }
        Err(NotFetched::Files(FilesError::Source(error))) => Err(logs::source_failure(error)),
        Err(NotFetched::Files(error @ (FilesError::Other { .. } | FilesError::List(_)))) => {
            Ok(Beside::Others(error.to_string()))
        }
        Err(NotFetched::Files(error)) => Err(Failure::undecided(error)),
        Err(NotFetched::Lies(why)) => Ok(Beside::Others(why)),
        Err(NotFetched::Here(failure)) => Err(failure),
    }
}

/// Why the files could not be had.
enum NotFetched {
    Files(FilesError),
    /// What lies there is not the record's.
    Lies(String),
    /// They could not be written here.
    Here(Failure),
}

impl From<FilesError> for NotFetched {
    fn from(error: FilesError) -> Self {
        Self::Files(error)
    }
}

/// Writes the files into the folder; how many there were and their size, or `None` if the log lists none.
async fn get(
    source: &Source,
    commit: &Hash,
    evaluation: &Evaluation,
    folder: &Path,
) -> Result<Option<(u64, u64)>, NotFetched> {
    let Some(list) = files::listed(source, commit).await? else { return Ok(None) };
    let wanted = wanted(&list, evaluation)?;
    let mut size = 0;
    for (name, sha256, length) in &wanted {
        let bytes = files::fetch(source, sha256, *length).await?;
        let bytes = bytes.ok_or_else(|| {
            NotFetched::Lies(format!("the log lists {name}, and has no file with the digest {sha256}"))
        })?;
        size += bytes.len() as u64;
        outfile::write(&folder.join(name), &bytes).map_err(NotFetched::Here)?;
    }
    Ok(Some((wanted.len() as u64, size)))
}

/// Which files are fetched: of those that a publication has, the listed ones.
fn wanted(list: &FileList, evaluation: &Evaluation) -> Result<Vec<(&'static str, Hash, u64)>, NotFetched> {
    let mut wanted = Vec::new();
    for name in PUBLISHED_FILES {
        let Some(listed) = list.get(name) else { continue };
        let signed = match name {
            MANIFEST => Some(evaluation.run.manifest_sha256),
            _ => {
                evaluation.files.iter().find(|(signed, _)| signed.as_str() == name).map(|(_, sha256)| *sha256)
            }
        };
        let sha256 = signed.unwrap_or(listed.sha256);
        if sha256 != listed.sha256 {
            let found = listed.sha256;
            return Err(NotFetched::Lies(format!(
                "{name}: the record has the digest {sha256}, and beside the log lies {found}"
            )));
        }
        wanted.push((name, sha256, listed.bytes));
    }
    let total: u64 = wanted.iter().map(|(_, _, length)| length).sum();
    if total > MAX_TOTAL {
        let (total, most) = (bytes(total), bytes(MAX_TOTAL));
        let why = format!(
            "{total} lie beside the log, and at most {most} are fetched\n  next   get the published folder, and name it with --files"
        );
        return Err(NotFetched::Here(Failure::undecided(why)));
    }
    Ok(wanted)
}
