//! `overt publish --upload`: the run's files go beside the log, by digest.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use overt_log::client::Target;
use overt_log::files::{self, FileList, FilesError, MAX_FILE_BYTES};
use overt_log::store::{DirectoryStore, Store};
use overt_record::LogOpening;

use crate::commands::verify::PUBLISHED_FILES;
use crate::failure::Failure;
use crate::logs;
use crate::output::Output;
use crate::signing::Issued;
use crate::text::{bytes, count};

/// Where the files go: the store of a log in a directory.
pub(super) fn place(log: &str) -> Result<Arc<dyn Store>, Failure> {
    match logs::named(log)? {
        Target::Directory(directory) => {
            logs::check_directory(&directory)?;
            Ok(Arc::new(DirectoryStore::open(&directory).map_err(Failure::undecided)?))
        }
        Target::Url(url) => Err(Failure::usage(format!(
            "--upload puts files beside a log in a directory; over HTTP a log takes records only\n  log    {url}\n  next   leave --upload away and publish the folder yourself, or run this where the log's directory is"
        ))),
    }
}

/// Refuses, before a log is told, files that are too large to lie beside it.
pub(super) fn check(folder: &Path) -> Result<(), Failure> {
    for name in PUBLISHED_FILES {
        let found = fs::metadata(folder.join(name)).map_or(0, |file| file.len());
        if found > MAX_FILE_BYTES {
            return Err(Failure::usage(format!(
                "{name} has {}; beside a log lie files of at most {}\n  next   leave --upload away, and publish the folder elsewhere",
                bytes(found),
                bytes(MAX_FILE_BYTES)
            )));
        }
    }
    Ok(())
}

/// Puts the published files beside the log.
pub(super) fn files(
    store: &dyn Store,
    issued: &Issued,
    folder: &Path,
    output: &mut Output,
) -> Result<(), Failure> {
    let extra = issued.bundle.proof.as_ref().and_then(|proof| proof.extra());
    let opening = extra.and_then(|extra| LogOpening::parse(extra).ok());
    let opening = opening.ok_or_else(|| Failure::undecided("the proof does not say which entry it is of"))?;
    let mut list = FileList::default();
    for name in PUBLISHED_FILES {
        if let Some(content) = read(&folder.join(name))? {
            files::put(store, &mut list, name, &content).map_err(failure)?;
        }
    }
    files::publish(store, &opening.leaf.commit, &list).map_err(failure)?;
    let (number, size) = list.iter().fold((0, 0), |(n, size), (_, listed)| (n + 1, size + listed.bytes));
    output.say(format!("  upload  {} beside the log, {}", count(number, "file"), bytes(size)));
    Ok(())
}

/// A file that may be there, if it is not larger than what is kept.
fn read(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    let failed = |error| Failure::file("read", path, error);
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut content = Vec::new();
    // One byte more than is kept: what is larger is refused, in words.
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut content).map_err(failed)?;
    Ok(Some(content))
}

fn failure(error: FilesError) -> Failure {
    let next =
        "the record is logged and its files are published in the folder; only beside the log they are not";
    let message = format!("{error}\n  next   {next}");
    match error {
        FilesError::Store(_) | FilesError::Source(_) => Failure::undecided(message),
        _ => Failure::usage(message),
    }
}
