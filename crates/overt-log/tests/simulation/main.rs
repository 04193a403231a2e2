//! The promises P1 to P4, and P7, of `docs/design/evidence.md` under everything that can go wrong, in simulated worlds.
//!
//! - [`faults`]: each operation of the store breaks in each way, alone, in pairs (so also during recovery), at random.
//! - [`power`]: each system call of the directory store breaks in each way, with and without loss of power.
//! - [`erasing`]: a body that was erased stays erased, whoever fails, recovers or writes meanwhile.
//! - [`writers`]: several writers on one store, interleaved operation by operation.
//! - [`sizes`]: trees around the borders of tiles are those of RFC 6962.
//! - [`service`]: many submitters at once get true answers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod erasing;
mod faults;
mod power;
mod service;
mod sizes;
mod world;
mod writers;
