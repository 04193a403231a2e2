//! What is submitted to a log: `{"salt": "<hex>", "bundle": <Sigstore bundle>}`.

use overt_record::json::{self, JsonError};
use overt_record::log_entry::{self, BadEntry};
use overt_record::sigstore::{self, BundleError};
use overt_record::verify::VerifiedRecord;
use overt_record::{Bundle, Hash, LogEntry, Salt, Timestamp, Verifier};
use serde_json::Value;

/// The most bytes of a submission: a Sigstore bundle and a salt.
pub const MAX_SUBMISSION_BYTES: usize = sigstore::MAX_BUNDLE + 1024;

/// A record to be logged, and the salt of its commitment.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    salt: Salt,
    bundle: sigstore::Bundle,
    digest: Hash,
}

/// Why bytes are not a submission, or not one of a record.
#[derive(Debug, thiserror::Error)]
pub enum BadSubmission {
    /// The JSON around it.
    #[error("submission: {0}")]
    Json(#[from] JsonError),
    /// A field is missing, left over, or of another type.
    #[error(
        "a submission is {{\"salt\": \"<64 hexadecimal digits>\", \"bundle\": <Sigstore bundle>}} and nothing else"
    )]
    Form,
    /// The bundle in it.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The record does not verify.
    #[error("the record does not verify: {check}: {detail}")]
    NotVerified {
        /// Which check failed.
        check: &'static str,
        /// Why.
        detail: String,
    },
    /// The record makes no entry.
    #[error(transparent)]
    Entry(#[from] BadEntry),
}

impl Submission {
    /// A record that was signed, and a salt of fresh randomness for its commitment.
    ///
    /// # Errors
    /// When the bundle holds no envelope.
    pub fn new(salt: Salt, bundle: &sigstore::Bundle) -> Result<Self, BadSubmission> {
        let envelope = bundle.envelope()?;
        // What stands beside the envelope is covered by no signature and no commitment, so it is not taken along: what
        // lies under a commitment is always the same bytes.
        let digest = envelope.digest();
        Ok(Self { salt, bundle: sigstore::Bundle::new(envelope.clone()), digest })
    }

    /// Reads a submission.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadSubmission> {
        let Value::Object(mut fields) = json::parse_foreign(bytes, MAX_SUBMISSION_BYTES)? else {
            return Err(BadSubmission::Form);
        };
        let (Some(salt), Some(bundle), true) =
            (fields.remove("salt"), fields.remove("bundle"), fields.is_empty())
        else {
            return Err(BadSubmission::Form);
        };
        let salt = serde_json::from_value(salt).map_err(|_| BadSubmission::Form)?;
        Self::new(salt, &sigstore::Bundle::from_value(bundle)?)
    }

    /// The submission in its one spelling: what is sent, and what is the body of its entry.
    ///
    /// # Errors
    /// When the bundle can't be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, BadSubmission> {
        let salt = format!(r#","salt":"{}"}}"#, Hash::from(self.salt));
        Ok([br#"{"bundle":"#, self.bundle.to_json()?.as_slice(), salt.as_bytes()].concat())
    }

    /// The salt.
    pub fn salt(&self) -> &Salt {
        &self.salt
    }

    /// The signed record.
    pub fn bundle(&self) -> &sigstore::Bundle {
        &self.bundle
    }

    /// The record digest.
    pub fn digest(&self) -> Hash {
        self.digest
    }

    /// The commitment under which it is logged.
    pub fn commit(&self) -> Hash {
        log_entry::commitment(&self.salt, &self.digest)
    }

    /// Checks the signature and the rules of the record's type.
    ///
    /// # Errors
    /// The first check that failed.
    pub fn verify(&self) -> Result<VerifiedRecord, BadSubmission> {
        let bundle = Bundle::new(self.bundle.envelope()?.clone());
        let report = Verifier::default().verify_bundle(bundle);
        let failure = report.first_failure().map(|check| (check.title, check.detail.clone()));
        match (report.record, failure) {
            (Some(record), None) => Ok(record),
            (_, Some((check, detail))) => Err(BadSubmission::NotVerified { check, detail }),
            (None, None) => {
                let (check, detail) = ("the record", "it could not be checked".to_owned());
                Err(BadSubmission::NotVerified { check, detail })
            }
        }
    }

    /// The entry of the record when it is logged at this time.
    pub(crate) fn entry(&self, record: &VerifiedRecord, time: Timestamp) -> Result<LogEntry, BadSubmission> {
        Ok(LogEntry::of_record(&record.record, &record.digest, &self.salt, time)?)
    }
}

#[cfg(test)]
mod tests {
    use overt_record::{Algorithm, PrivateKey, dsse};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_submission_has_one_spelling_and_is_read_back() {
        let key = PrivateKey::generate(Algorithm::Ed25519, &[1; 32]);
        let envelope = dsse::Envelope::sign("a/b", b"{}".to_vec(), &key).unwrap();
        let submission =
            Submission::new(Salt::from_bytes([7; 32]), &sigstore::Bundle::new(envelope)).unwrap();
        let bytes = submission.to_bytes().unwrap();
        let value = json!({ "salt": submission.salt, "bundle": submission.bundle.to_value().unwrap() });
        assert_eq!(bytes, json::to_canonical(&value).unwrap());
        assert_eq!(Submission::parse(&bytes).unwrap(), submission);
    }
}
