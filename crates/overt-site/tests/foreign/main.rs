//! Other people's programs as judges of a site: each module is named after the one that is asked, and the small program beside
//! it calls it.
//!
//! A judge that is not on this machine is no failure: its test says `SKIPPED` and why. `script/setup --check` installs
//! them.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on says so, and so does one that is skipped"
)]

mod aiosmtpd;
#[allow(dead_code, reason = "it knows more kinds of judges than are asked here")]
#[path = "../../../overt-record/tests/foreign/judge.rs"]
mod judge;
