//! A sample of a run, shown after the record was signed.

use serde::{Deserialize, Serialize};

use crate::json::MAX_INTEGER;
use crate::json::is_canonical;
use crate::merkle::{InclusionProof, MAX_PROOF_HASHES, ProofError, TreeHead};
use crate::{Hash, Part, Salt, SampleLeaf, SampleSecret, SampleTree};

/// A sample with what shows that it is the record's: its shown part, its content or the commitment to it, and the path
/// to the record's root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct RevealedSample {
    /// The record digest.
    pub record: Hash,
    /// The sample's position in the run's order.
    pub index: u64,
    /// How many samples the run has.
    pub count: u64,
    /// The part from which the metrics are computed.
    pub shown: Opened,
    /// The whole row, or the commitment to it.
    pub content: Content,
    /// From the leaf to the root.
    pub path: InclusionProof,
}

/// A part of a sample with the salt that opens its commitment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The exact bytes that were committed to: canonical JSON.
    pub json: String,
    /// Their salt.
    pub salt: Salt,
}

/// A sample's content, as far as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// It is shown.
    Shown(Opened),
    /// It is withheld: its commitment.
    Withheld(Hash),
}

/// Whether a sample is shown with its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reveal {
    /// Only what the metrics are computed from.
    ShownPart,
    /// The whole row too.
    Everything,
}

/// Why a sample is not shown to be the record's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadSample {
    /// It belongs to another record.
    #[error("sample {index} is of the record {found}, not of {expected}")]
    OtherRecord {
        /// Its position.
        index: u64,
        /// Whose it says it is.
        found: Hash,
        /// Whose it should be.
        expected: Hash,
    },
    /// Another number of samples.
    #[error("sample {index} says that the run has {found} samples; the record says {expected}")]
    Count {
        /// Its position.
        index: u64,
        /// What it says.
        found: u64,
        /// What the record says.
        expected: u64,
    },
    /// Two readers could see two things in it.
    #[error("sample {index}: its {part:?} part is not canonical JSON (RFC 8785)")]
    NotCanonical {
        /// Its position.
        index: u64,
        /// Which part.
        part: Part,
    },
    /// The path does not lead to the record's root: bytes, salt, position or path were changed.
    #[error("sample {index} is not the one that the record was signed over: {source}")]
    NotInTree {
        /// Its position.
        index: u64,
        /// How the proof fails.
        source: ProofError,
    },
}

impl RevealedSample {
    /// Shows sample `index` of a run: the bytes of both parts, with salts and path.
    ///
    /// `None` if the tree has no such sample, or the bytes are not UTF-8.
    pub fn reveal(
        record: Hash,
        tree: &SampleTree,
        secret: &SampleSecret,
        sample: (u64, &[u8], &[u8]),
        reveal: Reveal,
    ) -> Option<Self> {
        let (index, shown, content) = sample;
        let open = |part, bytes: &[u8]| {
            Some(Opened { json: String::from_utf8(bytes.to_vec()).ok()?, salt: secret.salt(index, part) })
        };
        Some(Self {
            record,
            index,
            count: tree.head().size,
            shown: open(Part::Shown, shown)?,
            content: match reveal {
                Reveal::Everything => Content::Shown(open(Part::Content, content)?),
                Reveal::ShownPart => Content::Withheld(secret.leaf(index, shown, content).content),
            },
            path: tree.prove(index).ok()?,
        })
    }

    /// Whether this is sample [`RevealedSample::index`] of the run that the record `record` binds by `tree`.
    pub fn verify(&self, record: &Hash, tree: TreeHead) -> Result<(), BadSample> {
        let index = self.index;
        if self.record != *record {
            return Err(BadSample::OtherRecord { index, found: self.record, expected: *record });
        }
        if self.count != tree.size {
            return Err(BadSample::Count { index, found: self.count, expected: tree.size });
        }
        self.check_canonical(Part::Shown, &self.shown)?;
        if let Content::Shown(content) = &self.content {
            self.check_canonical(Part::Content, content)?;
        }
        self.path
            .verify(self.leaf().hash(), index, tree)
            .map_err(|source| BadSample::NotInTree { index, source })
    }

    /// The leaf that follows from what is shown.
    pub fn leaf(&self) -> SampleLeaf {
        SampleLeaf {
            shown: self.shown.commit(Part::Shown),
            content: match &self.content {
                Content::Shown(content) => content.commit(Part::Content),
                Content::Withheld(commitment) => *commitment,
            },
        }
    }

    fn check_canonical(&self, part: Part, opened: &Opened) -> Result<(), BadSample> {
        let canonical = is_canonical(opened.json.as_bytes());
        if canonical { Ok(()) } else { Err(BadSample::NotCanonical { index: self.index, part }) }
    }
}

impl Opened {
    fn commit(&self, part: Part) -> Hash {
        part.commit(&self.salt, self.json.as_bytes())
    }
}

/// As JSON has it. Either `content` and `contentSalt`, or `contentCommitment`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wire {
    record: Hash,
    index: u64,
    count: u64,
    shown: String,
    shown_salt: Salt,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_salt: Option<Salt>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_commitment: Option<Hash>,
    path: Vec<Hash>,
}

/// Why JSON is not a revealed sample.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum NotARevealedSample {
    /// A position or a number of samples that no run has.
    #[error("a sample's index and the count are at most 2^53 - 1, not {0}")]
    Large(u64),
    #[error("a sample has either `content` and `contentSalt`, or `contentCommitment`")]
    Content,
    #[error("a path has at most {MAX_PROOF_HASHES} hashes")]
    Path,
}

impl TryFrom<Wire> for RevealedSample {
    type Error = NotARevealedSample;

    fn try_from(wire: Wire) -> Result<Self, NotARevealedSample> {
        // Larger ones have no spelling that all programs read alike.
        if let Some(large) = [wire.index, wire.count].into_iter().find(|n| *n > MAX_INTEGER.unsigned_abs()) {
            return Err(NotARevealedSample::Large(large));
        }
        let content = match (wire.content, wire.content_salt, wire.content_commitment) {
            (Some(json), Some(salt), None) => Content::Shown(Opened { json, salt }),
            (None, None, Some(commitment)) => Content::Withheld(commitment),
            _ => return Err(NotARevealedSample::Content),
        };
        Ok(Self {
            record: wire.record,
            index: wire.index,
            count: wire.count,
            shown: Opened { json: wire.shown, salt: wire.shown_salt },
            content,
            path: InclusionProof::new(wire.path).map_err(|_| NotARevealedSample::Path)?,
        })
    }
}

impl From<RevealedSample> for Wire {
    fn from(sample: RevealedSample) -> Self {
        let (content, content_salt, content_commitment) = match sample.content {
            Content::Shown(opened) => (Some(opened.json), Some(opened.salt), None),
            Content::Withheld(commitment) => (None, None, Some(commitment)),
        };
        Self {
            record: sample.record,
            index: sample.index,
            count: sample.count,
            shown: sample.shown.json,
            shown_salt: sample.shown.salt,
            content,
            content_salt,
            content_commitment,
            path: sample.path.hashes().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const ROWS: [(&str, &str); 3] = [
        (r#"{"score":1}"#, r#"{"answer":"a"}"#),
        (r#"{"score":0}"#, r#"{"answer":"b"}"#),
        (r#"{"score":0.5}"#, "{}"),
    ];

    fn run() -> (SampleSecret, SampleTree) {
        let secret = SampleSecret::from_bytes([3; 32]);
        let leaf = |(i, (shown, content)): (u64, &(&str, &str))| {
            secret.leaf(i, shown.as_bytes(), content.as_bytes())
        };
        let tree = (0..).zip(&ROWS).map(leaf).collect();
        (secret, tree)
    }

    fn sample(index: u64, reveal: Reveal) -> RevealedSample {
        let (secret, tree) = run();
        let (shown, content) = ROWS[index as usize];
        let sample = (index, shown.as_bytes(), content.as_bytes());
        RevealedSample::reveal(Hash::of("record"), &tree, &secret, sample, reveal).unwrap()
    }

    fn verify(sample: &RevealedSample) -> Result<(), BadSample> {
        sample.verify(&Hash::of("record"), run().1.head())
    }

    #[test]
    fn every_sample_can_be_shown_with_and_without_content() {
        for index in 0..3 {
            for reveal in [Reveal::ShownPart, Reveal::Everything] {
                let json = serde_json::to_string(&sample(index, reveal)).unwrap();
                let again: RevealedSample = serde_json::from_str(&json).unwrap();
                assert_eq!(again, sample(index, reveal));
                assert_eq!(verify(&again), Ok(()));
            }
        }
    }

    #[test]
    fn withheld_content_is_not_in_the_file() {
        let json = serde_json::to_value(sample(0, Reveal::ShownPart)).unwrap();
        assert_eq!(json.get("content"), None);
        assert_eq!(json.get("contentSalt"), None);
    }

    #[test]
    fn a_position_that_json_cannot_hold_is_refused() {
        let mut json = serde_json::to_value(sample(0, Reveal::ShownPart)).unwrap();
        for field in ["index", "count"] {
            let honest = json[field].take();
            json[field] = json!(9_007_199_254_740_992_u64);
            let read = serde_json::from_value::<RevealedSample>(json.clone());
            assert!(read.unwrap_err().to_string().contains("2^53 - 1"), "{field}");
            json[field] = honest;
        }
    }

    #[test]
    fn whatever_is_changed_is_noticed() {
        let honest = serde_json::to_value(sample(1, Reveal::Everything)).unwrap();
        let other = Value::from(Hash::of("other").to_string());
        for (field, value) in [
            ("record", other.clone()),
            ("index", json!(0)),
            ("index", json!(2)),
            ("index", json!(3)),
            ("index", json!(9_007_199_254_740_991_u64)),
            ("count", json!(2)),
            ("count", json!(4)),
            ("shown", json!("{\"score\":1}")),
            ("shown", json!("{\"score\": 0}")),
            ("shownSalt", other.clone()),
            ("content", json!("{\"answer\":\"c\"}")),
            ("content", json!("")),
            ("contentSalt", other.clone()),
            ("path", json!([])),
            ("path", json!([other.clone(), other.clone()])),
        ] {
            let mut changed = honest.clone();
            changed[field] = value;
            let sample: RevealedSample = serde_json::from_value(changed).unwrap();
            assert!(verify(&sample).is_err(), "{field}");
        }
    }

    #[test]
    fn half_an_opening_and_unknown_fields_are_refused() {
        let honest = serde_json::to_value(sample(1, Reveal::Everything)).unwrap();
        let hash = Value::from(Hash::of("x").to_string());
        for (field, value) in [
            ("contentSalt", Value::Null),
            ("content", Value::Null),
            ("contentCommitment", hash.clone()),
            ("surprise", json!(1)),
            ("index", json!(-1)),
            ("index", json!("1")),
            ("path", json!(vec![hash; 65])),
            ("shownSalt", json!("00")),
        ] {
            let mut changed = honest.clone();
            changed[field] = value;
            assert!(serde_json::from_value::<RevealedSample>(changed).is_err(), "{field}");
        }
    }

    #[test]
    fn bytes_that_are_not_canonical_json_are_refused_even_if_they_were_committed_to() {
        let secret = SampleSecret::from_bytes([3; 32]);
        for shown in ["{ }", "", "{\"a\":1,\"a\":2}", "{\"b\":1,\"a\":2}", "1.0", "x"] {
            let tree = [secret.leaf(0, shown.as_bytes(), b"{}")].into_iter().collect();
            let sample = (0, shown.as_bytes(), b"{}".as_slice());
            let sample =
                RevealedSample::reveal(Hash::of("r"), &tree, &secret, sample, Reveal::ShownPart).unwrap();
            assert_eq!(
                sample.verify(&Hash::of("r"), tree.head()),
                Err(BadSample::NotCanonical { index: 0, part: Part::Shown })
            );
        }
    }
}
