//! The public site over a real log: every page sound, every claim checkable, nothing hostile believed.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

#[path = "../../../overt-record/tests/records/examples.rs"]
#[allow(dead_code, reason = "shared with the tests of records")]
mod examples;
#[path = "../viewer/made.rs"]
#[allow(dead_code, reason = "shared with the tests of the viewer")]
mod made;

mod api;
mod browser;
mod export;
mod html;
mod pages;
mod proofs;
mod runs;
mod schemathesis;
mod world;
