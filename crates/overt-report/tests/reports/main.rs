//! Reports from the first answer to the last export.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod answers;
mod conversion;
mod csam;
mod deadlines;
mod documents;
mod exports;
mod form;
mod measured;
mod privacy;
