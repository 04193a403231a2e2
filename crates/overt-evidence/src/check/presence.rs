//! Whether what lies in a published folder is fit to be opened: files, and none larger than what it is read as.
//!
//! A folder comes from a stranger. A link in it leads to a file of the reader's own, a pipe never ends, and a manifest of
//! ten gigabytes is read into memory before it can be refused for anything else.

use std::fs;
use std::io;
use std::path::Path;

use overt_eval::{MANIFEST, MAX_MANIFEST, SAMPLES, TASKS};

use crate::error::EvidenceError;
use crate::publish::OPENINGS;
use crate::samples_file::SAMPLES_FILE;

/// The files that are opened, and the most bytes of each. How far samples may expand is watched while they are read.
const FILES: [(&str, u64); 5] = [
    (MANIFEST, MAX_MANIFEST),
    (TASKS, MAX_MANIFEST),
    (SAMPLES, u64::MAX),
    (SAMPLES_FILE, u64::MAX),
    (OPENINGS, MAX_MANIFEST),
];

/// What must not be opened, in words. A file that is not there is none of it.
pub(super) fn unfit(folder: &Path) -> Result<Option<String>, EvidenceError> {
    for (name, most) in FILES {
        let path = folder.join(name);
        let what = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(source) => return Err(EvidenceError::Io { path, doing: "look at", source }),
            Ok(what) => what,
        };
        if what.is_symlink() {
            return Ok(Some(format!(
                "{name} is a link and no file: copy what it leads to, if you trust that"
            )));
        }
        if !what.is_file() {
            return Ok(Some(format!("{name} is no file")));
        }
        if what.len() > most {
            let long = what.len();
            return Ok(Some(format!("{name} has {long} bytes, and no run's has more than {most}")));
        }
    }
    Ok(None)
}
