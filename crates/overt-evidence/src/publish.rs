//! The files of a published run: everything that a stranger needs to compute its results again.
//!
//! Where nothing is withheld these are the run's own files and the secret behind the salts; otherwise the samples come as
//! [`SAMPLES_FILE`], each with what is shown of it and its content or what stands for it.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use overt_eval::{MANIFEST, RunDirectory, SAMPLES, TASKS, write_atomically};
use overt_record::{Hash, Part, SampleLeaf, SampleSecret};
use overt_schema::SampleRow;
use serde::{Deserialize, Serialize};

use crate::error::EvidenceError;
use crate::leaf::PublishedSample;
use crate::rows::{BoundRow, FieldsRead, bound_rows};
use crate::samples_file::{self, SAMPLES_FILE};

/// The secret behind the salts of a run that is published whole.
pub const OPENINGS: &str = "openings.json";

/// Far more bytes than that file has.
const MAX_OPENINGS: u64 = 4096;

/// Opens every sample of a run.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Openings {
    pub(crate) secret: Hash,
}

/// Writes the files of a run into a folder, which is created. `withheld` says of which samples the content stays private.
/// Returns how many those are.
///
/// A file that is there already is replaced, so that a publication that was interrupted can be taken up; and what an
/// earlier one showed that this one withholds is taken away first.
///
/// # Errors
/// When `into` is the run itself, whose samples would be taken away; when a file cannot be read or written.
pub fn write_files(
    directory: &RunDirectory,
    secret: &SampleSecret,
    into: &Path,
    withheld: impl Fn(&SampleRow) -> bool,
) -> Result<u64, EvidenceError> {
    fs::create_dir_all(into).map_err(|source| failed(into, "create", source))?;
    let real = |path: &Path| path.canonicalize().map_err(|source| failed(path, "look at", source));
    if real(into)? == real(directory.path())? {
        return Err(EvidenceError::Itself { run: directory.path().to_owned() });
    }
    let run = directory.manifest()?;
    for name in [MANIFEST, TASKS] {
        copy(&directory.path().join(name), &into.join(name))?;
    }
    let count = count(directory, &withheld)?;
    // The digest of the whole table is in the record.
    if count > 0 && !directory.is_unguessable()? {
        return Err(EvidenceError::Guessable { run: directory.path().to_owned() });
    }
    let stale: &[&str] = if count == 0 { &[SAMPLES_FILE] } else { &[OPENINGS, SAMPLES] };
    for name in stale {
        remove(&into.join(name))?;
    }
    if count == 0 {
        copy(&directory.path().join(SAMPLES), &into.join(SAMPLES))?;
        let openings = serde_json::to_vec(&Openings { secret: Hash::from(*secret.as_bytes()) })?;
        place(&into.join(OPENINGS), |file| {
            (&*file).write_all(&openings).map_err(|source| failed(&into.join(OPENINGS), "write", source))
        })?;
    } else {
        let path = into.join(SAMPLES_FILE);
        let samples = (0..).zip(bound_rows(directory, &run)?).map(|(position, bound)| {
            let bound = bound?;
            let hide = withheld(&bound.row);
            published(position, bound, secret, hide)
        });
        place(&path, |file| samples_file::write(&path, file, samples))?;
    }
    Ok(count)
}

/// How many samples are withheld.
fn count(directory: &RunDirectory, withheld: impl Fn(&SampleRow) -> bool) -> Result<u64, EvidenceError> {
    let mut count = 0;
    for row in directory.rows()? {
        count += u64::from(withheld(&row?));
    }
    Ok(count)
}

fn published(
    position: u64,
    bound: BoundRow,
    secret: &SampleSecret,
    hide: bool,
) -> Result<PublishedSample, EvidenceError> {
    let salt = |part| Hash::from(*secret.salt(position, part).as_bytes());
    let SampleLeaf { content, .. } = bound.leaf(position, secret);
    Ok(PublishedSample {
        shown: serde_json::from_slice(&bound.shown)?,
        shown_salt: salt(Part::Shown),
        content: (!hide).then(|| Box::new(bound.row)),
        content_salt: (!hide).then(|| salt(Part::Content)),
        content_commitment: hide.then_some(content),
    })
}

/// A folder of published files, read sample by sample.
pub(crate) fn published_samples(
    folder: &Path,
) -> Result<Box<dyn Iterator<Item = Result<PublishedSample, EvidenceError>>>, EvidenceError> {
    let openings = folder.join(OPENINGS);
    if !openings.is_file() {
        return Ok(Box::new(samples_file::Lines::open(&folder.join(SAMPLES_FILE))?));
    }
    let mut bytes = Vec::new();
    File::open(&openings)
        .and_then(|file| file.take(MAX_OPENINGS).read_to_end(&mut bytes))
        .map_err(|source| failed(&openings, "read", source))?;
    let read: Openings = serde_json::from_slice(&bytes)
        .map_err(|error| EvidenceError::Garbled { path: openings, why: error.to_string() })?;
    let secret = SampleSecret::from_bytes(*read.secret.as_bytes());
    let directory = RunDirectory::open(folder)?;
    let run = directory.manifest()?;
    let fields = FieldsRead::of(&directory.materials()?, run.settings.level)?;
    let rows = (0..).zip(directory.rows()?);
    Ok(Box::new(
        rows.map(move |(position, row)| published(position, BoundRow::new(row?, &fields)?, &secret, false)),
    ))
}

/// Removes a file that may be there.
fn remove(path: &Path) -> Result<(), EvidenceError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(path, "remove", error)),
        _ => Ok(()),
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), EvidenceError> {
    let mut source = File::open(from).map_err(|source| failed(from, "read", source))?;
    place(to, |mut file| {
        std::io::copy(&mut source, &mut file).map(|_| ()).map_err(|source| failed(to, "write", source))
    })
}

/// Writes a file whole, or not at all.
fn place(path: &Path, write: impl FnOnce(&File) -> Result<(), EvidenceError>) -> Result<(), EvidenceError> {
    let written = write_atomically(path, |file| write(file).map_err(std::io::Error::other));
    written.map_err(|source| failed(path, "write", source))
}

fn failed(path: &Path, doing: &'static str, source: std::io::Error) -> EvidenceError {
    EvidenceError::Io { path: path.to_owned(), doing, source }
}
