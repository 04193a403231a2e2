//! Records that were signed, logged in a log of five entries, and bundled.

use overt_record::checkpoint::Checkpoint;
use overt_record::dsse::Envelope;
use overt_record::in_toto::PAYLOAD_TYPE;
use overt_record::merkle::{MemoryTree, leaf_hash};
use overt_record::note::{KeyName, Note};
use overt_record::policy::Policy;
use overt_record::signer::NoteSigner;
use overt_record::tlog_proof::TlogProof;
use overt_record::{
    Bundle, LogEntry, LogOpening, PrivateKey, Record, Reveal, RevealedSample, Salt, SampleTree,
    SignatureType, Timestamp,
};

use crate::examples::{self, ROWS};

pub(crate) const ORIGIN: &str = "log.example.org/2026";

/// When everything is logged and cosigned: a minute after it was issued.
pub(crate) const LOGGED: u64 = 1_795_536_060;

pub(crate) fn log_signer(origin: &str) -> NoteSigner {
    signer(origin, SignatureType::Ed25519, 21)
}

pub(crate) fn witness_signer() -> NoteSigner {
    signer("witness.example.net", SignatureType::CosignatureEd25519, 22)
}

/// A witness that never cosigned anything.
pub(crate) fn absent_witness() -> NoteSigner {
    signer("absent.example.net", SignatureType::CosignatureEd25519, 23)
}

fn signer(name: &str, signature_type: SignatureType, seed: u8) -> NoteSigner {
    NoteSigner::from_seed(KeyName::parse(name).unwrap(), signature_type, &[seed; 32]).unwrap()
}

/// Believes the log [`ORIGIN`] and asks for the one witness.
pub(crate) fn policy() -> Policy {
    let (log, witness) = (log_signer(ORIGIN), witness_signer());
    let text = format!("log {}\nwitness w1 {}\nquorum w1\n", log.vkey(), witness.vkey());
    Policy::parse(text.as_bytes()).unwrap()
}

pub(crate) fn envelope(record: &Record, key: &PrivateKey) -> Envelope {
    Envelope::sign(PAYLOAD_TYPE, record.to_payload().unwrap(), key).unwrap()
}

pub(crate) fn salt() -> Salt {
    Salt::from_bytes([6; 32])
}

/// The record in the log, under a leaf that may say something else than it should.
pub(crate) fn proof_of(leaf: &LogEntry, salt: Salt, origin: &str) -> TlogProof {
    let bytes = leaf.to_bytes().unwrap();
    let entries = [b"a".as_slice(), b"b", &bytes, b"c", b"d"];
    let tree: MemoryTree = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let mut note = Note::new(Checkpoint::new(origin, tree.head()).unwrap().to_string()).unwrap();
    log_signer(origin).sign_note(&mut note, LOGGED).unwrap();
    witness_signer().sign_note(&mut note, LOGGED).unwrap();
    let extra = LogOpening { leaf: leaf.clone(), salt }.to_bytes().unwrap();
    TlogProof::new(2, tree.prove_inclusion(2, 5).unwrap(), note).with_extra(extra).unwrap()
}

pub(crate) fn entry(record: &Record, envelope: &Envelope) -> LogEntry {
    LogEntry::of_record(record, &envelope.digest(), &salt(), Timestamp::from_unix(LOGGED).unwrap()).unwrap()
}

/// A bundle with its proof, and without samples.
pub(crate) fn logged(record: &Record) -> Bundle {
    let envelope = envelope(record, &examples::key());
    let proof = proof_of(&entry(record, &envelope), salt(), ORIGIN);
    Bundle { proof: Some(proof), ..Bundle::new(envelope) }
}

/// The evaluation with its proof and two of its samples, one without content.
pub(crate) fn evaluation() -> Bundle {
    let bundle = logged(&examples::all()[0]);
    let digest = bundle.envelope.digest();
    let tree: SampleTree = examples::leaves().into_iter().collect();
    let reveal = |index: u64, reveal| {
        let (shown, content) = ROWS[index as usize];
        let sample = (index, shown.as_bytes(), content.as_bytes());
        RevealedSample::reveal(digest, &tree, &examples::secret(), sample, reveal).unwrap()
    };
    Bundle { samples: vec![reveal(0, Reveal::Everything), reveal(3, Reveal::ShownPart)], ..bundle }
}
