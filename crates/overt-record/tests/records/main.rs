//! Records from end to end: their documentation, their rules, and their verification in bundles.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod documentation;
mod examples;
mod flips;
mod payloads;
mod published;
mod rules;
mod verification;
