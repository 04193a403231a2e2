//! The transparency log's formats and proofs: published vectors, other implementations, laws and hostile inputs.
#![allow(clippy::unwrap_used, reason = "tests")]

mod add_checkpoint;
mod fork;
mod keys;
mod merkle;
mod note;
mod policy;
mod tile;
mod tlog_proof;
mod vectors;
