//! The transparency log: sequencing, tiles, checkpoints, proofs served, witnessing, mirrors.
//!
//! A leaf is bytes; the log knows no evaluation. `docs/design/evidence.md` holds the protocol and its promises.
