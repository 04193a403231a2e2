//! Everything that a sceptic runs: what is signed and how, keys, envelopes, Merkle proofs, notes, bundles.
//!
//! Pure: no file, network, clock or source of randomness; the same input gives the same bytes everywhere.
//! `docs/design/evidence.md` holds the formats.

mod hash;

pub use hash::{Hash, NotAHash};
