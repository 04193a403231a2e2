//! The binary as people meet it: commands, messages, exit codes, and bad days.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod bad_days;
mod budgets;
mod commands;
mod crashes;
mod early;
mod gates;
mod mistakes;
mod reference;
mod server;
mod workspace;
