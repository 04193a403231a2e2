//! Other people's programs as judges: each module is named after the one whose verdict it asks for, and the small programs
//! beside them call it. `docs/interoperation.md` says which versions, and what is known not to work.
//!
//! A judge that is not on this machine is no failure: its test says `SKIPPED` and why. `script/setup --check` installs
//! them.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on says so, and so does one that is skipped"
)]

mod judge;
mod model_signing;
mod openssh;
mod openssl;
mod pyca;
mod pymerkle;
mod rfc8785;
mod samples;
mod securesystemslib;
mod sigstore;
mod sumdb;
