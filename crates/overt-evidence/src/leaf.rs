//! A sample as it is published: what is shown, and the content or its commitment.

use overt_record::{Hash, Part, Salt, SampleLeaf};
use overt_schema::{SampleRow, canonical_json};
use serde::{Deserialize, Serialize};

use crate::error::EvidenceError;
use crate::shown::Shown;

/// One line of `samples.jsonl.gz`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PublishedSample {
    /// What the results depend on.
    pub shown: Shown,
    /// Its salt.
    pub shown_salt: Hash,
    /// The whole row, unless it is withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Box<SampleRow>>,
    /// Its salt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_salt: Option<Hash>,
    /// Stands for the content that is withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_commitment: Option<Hash>,
}

impl PublishedSample {
    /// The leaf that the record was signed over, if this is the sample. `None` if the line says neither what the content
    /// is nor what stands for it, or both.
    pub(crate) fn leaf(&self) -> Result<Option<SampleLeaf>, EvidenceError> {
        let salt = |hash: &Hash| Salt::from_bytes(*hash.as_bytes());
        let shown = Part::Shown.commit(&salt(&self.shown_salt), &canonical_json(&self.shown)?);
        let content = match (&self.content, &self.content_salt, self.content_commitment) {
            (Some(row), Some(bytes), None) => Part::Content.commit(&salt(bytes), &canonical_json(row)?),
            (None, None, Some(commitment)) => commitment,
            _ => return Ok(None),
        };
        Ok(Some(SampleLeaf { shown, content }))
    }
}
