//! Exports are held against other people's programs.
//!
//! A judge that is not on this machine is no failure: its test says `SKIPPED` and why. `script/setup --check` installs
//! them.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(dead_code, reason = "the drafts have more than is needed here")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

#[path = "../reports/answers.rs"]
mod answers;
mod avidtools;
