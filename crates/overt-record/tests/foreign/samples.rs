//! What is shown to the judges.

use overt_record::checkpoint::Checkpoint;
use overt_record::merkle::MemoryTree;
use overt_record::note::{KeyName, Note};
use overt_record::signer::NoteSigner;
use overt_record::{Algorithm, PrivateKey, SignatureType};

#[path = "../records/examples.rs"]
mod examples;

pub(crate) const ALGORITHMS: [Algorithm; 2] = [Algorithm::Ed25519, Algorithm::P256];

/// A key per algorithm and number.
pub(crate) fn key(algorithm: Algorithm, number: u8) -> PrivateKey {
    PrivateKey::generate(algorithm, &[number; 32])
}

/// The payloads of one record of each type.
pub(crate) fn payloads() -> Vec<Vec<u8>> {
    examples::all().iter().map(|record| record.to_payload().unwrap()).collect()
}

/// Something that signs notes under `name`.
pub(crate) fn signer(name: &str, signature_type: SignatureType, seed: u8) -> NoteSigner {
    NoteSigner::from_seed(KeyName::parse(name).unwrap(), signature_type, &[seed; 32]).unwrap()
}

/// The checkpoint of the first `size` leaves, without a signature.
pub(crate) fn checkpoint(origin: &str, tree: &MemoryTree, size: u64) -> Note {
    Note::new(Checkpoint::new(origin, tree.head_at(size).unwrap()).unwrap().to_string()).unwrap()
}
