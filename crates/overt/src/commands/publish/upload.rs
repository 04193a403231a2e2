//! `overt publish --upload`: the run's files go beside the log, by digest.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use overt_log::client::{Target, UploadError, Uploader, Url};
use overt_log::files::{self, FileList, FilesError, MAX_FILE_BYTES, Offer};
use overt_log::store::{DirectoryStore, Store};
use overt_record::dsse::Envelope;
use overt_record::tlog_proof::TlogProof;
use overt_record::{Hash, LogOpening, PrivateKey};
use tokio::runtime::Runtime;

use crate::commands::verify::PUBLISHED_FILES;
use crate::failure::Failure;
use crate::logs;
use crate::output::Output;
use crate::signing::{Issued, Signer};
use crate::text::{bytes, count};

/// How often a log may want files again: one that was started anew in between has forgotten what came.
const ROUNDS: usize = 3;

/// Where the files go.
pub(super) enum Place<'k> {
    /// A log in a directory of this machine.
    Directory(Arc<dyn Store>),
    /// A log elsewhere, which takes files from the key of the record.
    Elsewhere {
        /// Its address.
        url: Url,
        /// The record's key.
        key: &'k PrivateKey,
    },
}

impl<'k> Place<'k> {
    pub(super) fn of(log: &str, signer: &'k Signer) -> Result<Self, Failure> {
        match logs::named(log)? {
            Target::Directory(directory) => {
                logs::check_directory(&directory)?;
                Ok(Self::Directory(Arc::new(DirectoryStore::open(&directory).map_err(Failure::undecided)?)))
            }
            Target::Url(url) => {
                let key = signer.key().ok_or_else(|| {
                    Failure::usage(
                        "--upload over HTTP signs the list of files with the record's key, which is not here\n  next   leave --upload away and publish the folder yourself, or bring it to whoever keeps the log",
                    )
                })?;
                Ok(Self::Elsewhere { url, key })
            }
        }
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
    place: &Place<'_>,
    issued: &Issued,
    folder: &Path,
    runtime: &Runtime,
    output: &mut Output,
) -> Result<(), Failure> {
    let proof = issued.bundle.proof.as_ref();
    let opening = proof.and_then(TlogProof::extra).and_then(|extra| LogOpening::parse(extra).ok());
    let (Some(proof), Some(opening)) = (proof, opening) else {
        return Err(Failure::undecided("the proof does not say which entry it is of"));
    };
    let commit = opening.leaf.commit;
    let mut list = FileList::default();
    for name in PUBLISHED_FILES {
        if let Some(content) = read(&folder.join(name))? {
            list.add(name, &content).map_err(failure)?;
        }
    }
    match place {
        Place::Directory(store) => {
            files::lay(store.as_ref(), &commit, &list, |listed| content(&list, &listed.sha256, folder))
                .map_err(|error| match error {
                    NotLaid::Here(failure) => failure,
                    NotLaid::There(error) => failure(error),
                })?;
        }
        Place::Elsewhere { url, key } => {
            let (origin, index) = (proof.note().text().lines().next().unwrap_or_default(), proof.index());
            let offer = Offer::new(origin, index, commit, key.public(), list.clone());
            let offer = offer.sign(key).map_err(Failure::undecided)?;
            let sending = send(url, &offer, &list, folder);
            runtime.block_on(output.waiting("the files go to the log", sending))?;
        }
    }
    let number = list.iter().count() as u64;
    output.say(format!("  upload  {} beside the log, {}", count(number, "file"), bytes(list.bytes())));
    Ok(())
}

/// Why files were not laid beside a log in a directory.
enum NotLaid {
    Here(Failure),
    There(FilesError),
}

impl From<FilesError> for NotLaid {
    fn from(error: FilesError) -> Self {
        Self::There(error)
    }
}

/// A file of the list, out of the folder.
fn content(list: &FileList, sha256: &Hash, folder: &Path) -> Result<Vec<u8>, NotLaid> {
    let listed = list.iter().find(|(_, listed)| listed.sha256 == *sha256);
    let content = listed.map(|(name, _)| read(&folder.join(name))).transpose().map_err(NotLaid::Here)?;
    // What is not there any more has another digest than what was.
    Ok(content.flatten().unwrap_or_default())
}

/// Sends what the log wants until it wants nothing more.
async fn send(url: &Url, offer: &Envelope, list: &FileList, folder: &Path) -> Result<(), Failure> {
    let uploader = Uploader::new(url.clone()).map_err(Failure::undecided)?;
    let mut wanted = uploader.offer(offer).await.map_err(refused)?;
    for _ in 0..ROUNDS {
        if wanted.is_empty() {
            return Ok(());
        }
        for sha256 in &wanted {
            let listed = list.iter().find(|(_, listed)| listed.sha256 == *sha256);
            let Some((name, _)) = listed else {
                return Err(Failure::undecided(format!(
                    "the log at {url} asks for a file that this record has not"
                )));
            };
            let content = read(&folder.join(name))?.unwrap_or_default();
            uploader.send(offer, content).await.map_err(refused)?;
        }
        wanted = uploader.offer(offer).await.map_err(refused)?;
    }
    let left = count(wanted.len() as u64, "file");
    Err(failed(&format!("the log at {url} took the files, and asks for {left} of them again")))
}

fn refused(error: UploadError) -> Failure {
    match error {
        // What the log's operator decided, asking again does not change.
        UploadError::Refused { status: 400..=499, .. } | UploadError::Unknown(_) => {
            Failure::usage(with_next(&error.to_string()))
        }
        error => failed(&error.to_string()),
    }
}

fn failed(why: &str) -> Failure {
    Failure::undecided(with_next(why))
}

fn with_next(why: &str) -> String {
    format!(
        "{why}\n  next   the record is logged and its files are published in the folder; only beside the log they are not: the same command again goes on"
    )
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
    match error {
        FilesError::Store(_) | FilesError::Source(_) => failed(&error.to_string()),
        error => Failure::usage(with_next(&error.to_string())),
    }
}
