//! When this user issued a record: who says the same again, with the same key, says it with the moment of the first time.
//!
//! The digest of a record covers its moment. So a try that failed must not decide about the moment of the next one, and a
//! submission that perhaps arrived must: only then the log finds it again. A record that is signed elsewhere, by a key
//! that is not here, is also found again by this: what was signed has the moment at which it was written out.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use overt_record::{Hash, Timestamp};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::outfile;

/// How far a record got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stage {
    /// Written out to be signed elsewhere.
    Prepared,
    /// Signed, and on its way to a log; nobody knows whether it arrived.
    Sent,
    /// Signed and, if a log was told, logged.
    Issued,
}

/// What is known of one record of this user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Moment {
    /// The time that stands in it.
    pub(crate) issued_at: Timestamp,
    /// How far it got.
    pub(crate) stage: Stage,
    /// Its digest, once it is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) record: Option<Hash>,
}

/// The moments of a user's records, by the digest of what each says with its time left out.
pub(crate) struct Moments {
    folder: PathBuf,
}

impl Moments {
    pub(crate) fn new(home: &Path) -> Self {
        Self { folder: home.join("moments") }
    }

    /// What is known of the record that says this.
    pub(crate) fn find(&self, content: Hash) -> Result<Option<Moment>, Failure> {
        let path = self.path(content);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::file("read", &path, error)),
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            Failure::usage(format!(
                "{} is damaged: {error}\n  next   move it away; the record gets a new moment, and so a new digest",
                path.display()
            ))
        })
    }

    /// Keeps it; on disk when this returns.
    pub(crate) fn keep(&self, content: Hash, moment: Moment) -> Result<(), Failure> {
        let bytes = serde_json::to_vec(&moment).map_err(Failure::undecided)?;
        outfile::write(&self.path(content), &bytes)
    }

    fn path(&self, content: Hash) -> PathBuf {
        self.folder.join(format!("{content}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_found_by_what_was_said_and_a_damaged_one_is_no_moment() {
        let home = tempfile::tempdir().unwrap();
        let (moments, said) = (Moments::new(home.path()), Hash::of("a record"));
        assert_eq!(moments.find(said).unwrap(), None);
        let moment =
            Moment { issued_at: Timestamp::from_unix(1).unwrap(), stage: Stage::Sent, record: Some(said) };
        moments.keep(said, moment).unwrap();
        assert_eq!(moments.find(said).unwrap(), Some(moment));
        assert_eq!(moments.find(Hash::of("another")).unwrap(), None);
        fs::write(moments.path(said), "{\"issuedAt\":").unwrap();
        assert!(moments.find(said).unwrap_err().message.contains("damaged"));
    }
}
