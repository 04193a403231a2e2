//! The log and everything around it, over real HTTP on this machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on should fail loudly")]

mod admission;
mod broken;
mod copying;
mod cosigning;
mod laws;
mod mirroring;
mod serving;
mod uploading;
mod vectors;
mod witness;
mod world;
