//! Everything that a sceptic runs: what is signed and how, keys, envelopes, Merkle proofs, notes, bundles.
//!
//! **Charter.** From bytes that somebody else made to what they prove. Pure: no file, network, clock or source of
//! randomness; the same input gives the same bytes everywhere. It knows no run: a cryptographer can read it alone.
//! `docs/design/evidence.md` holds the formats, `docs/records.md` the types of records.
//!
//! **A tour, in the order in which data passes.** A [`Record`] is what somebody says; [`record`] has one file for each
//! type. Its canonical JSON ([`json`]) is the payload of an in-toto [`in_toto::Statement`], signed with a [`PrivateKey`]
//! into a [`dsse::Envelope`], which a [`sigstore::Bundle`] carries. A log takes a [`LogEntry`], a salted commitment, into
//! its tree ([`merkle`], stored as [`tile`]s) and signs a [`checkpoint`] as a [`note`]; witnesses add cosignatures
//! ([`cosignature`]), and a [`policy`] says whose count. [`tlog_proof`] proves offline that an entry is in the tree; with
//! the envelope it makes a [`Bundle`], and [`Verifier`] checks all of it. Samples of a run are bound by a tree of their own
//! ([`SampleTree`]), so that single ones can be shown ([`RevealedSample`]) or withheld. A log that shows two histories is
//! caught by a [`fork`] proof.
//!
//! ```
//! use overt_record::record::{Header, Issuer, KeyChange, Change};
//! use overt_record::{Algorithm, Bundle, Name, PrivateKey, Record, Timestamp, Verifier, dsse, in_toto};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Random bytes come from outside: here they are not random.
//! let key = PrivateKey::generate(Algorithm::Ed25519, &[7; 32]);
//! let issuer = Issuer { name: Name::new("An audit laboratory")?, key: key.public(), uri: None };
//! let issued_at: Timestamp = "2026-11-24T16:00:00Z".parse()?;
//! let change = Change::Introduce { holder: issuer.name.clone(), possession: None };
//! let body = KeyChange { key: key.public(), change, effective: issued_at, explanation: None };
//! let record = Record::new(Header { issuer, issued_at }, body)?;
//!
//! let envelope = dsse::Envelope::sign(in_toto::PAYLOAD_TYPE, record.to_payload()?, &key)?;
//! let file = Bundle::new(envelope).to_json()?;
//!
//! let report = Verifier::default().verify(&file);
//! assert!(report.passed());
//! assert_eq!(report.record.map(|verified| verified.record), Some(record));
//! # Ok(())
//! # }
//! ```

pub mod add_checkpoint;
mod armor;
pub mod bundle;
mod characters;
pub mod checkpoint;
pub mod cosignature;
mod decimal;
pub mod dsse;
pub mod fork;
mod hash;
mod hash_lines;
pub mod in_toto;
pub mod json;
mod key;
pub mod log_entry;
pub mod merkle;
pub mod model_signing;
pub mod note;
mod number;
pub mod policy;
pub mod record;
mod revealed_sample;
mod salt;
mod sample_tree;
pub mod signer;
pub mod sigstore;
pub mod ssh;
mod text;
pub mod tile;
mod timestamp;
pub mod tlog_proof;
pub mod verify;
pub mod vkey;

pub use bundle::Bundle;
pub use characters::{BadCharacter, CharacterFault};
pub use decimal::{Decimal, NotADecimal, NotASeed, Seed};
pub use hash::{Hash, NotAHash};
pub use key::{Algorithm, BadSignature, KeyError, KeyId, PrivateKey, PublicKey};
pub use log_entry::{LogEntry, LogOpening};
pub use record::Record;
pub use revealed_sample::{BadSample, Content, Opened, Reveal, RevealedSample};
pub use salt::Salt;
pub use sample_tree::{Part, SampleLeaf, SampleSecret, SampleTree, sample_root, verify_leaf};
pub use text::{BadText, Link, Name, Text};
pub use timestamp::{NotATimestamp, Timestamp};
pub use verify::Verifier;
pub use vkey::{SignatureType, VerifierKey, VkeyError};
