//! The binary as people meet it: commands, messages, exit codes, and bad days.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

mod audit;
mod bad_days;
mod budgets;
mod caching;
mod claims;
mod commands;
mod crashes;
mod data;
mod early;
mod evidence;
mod faults;
mod first_token;
mod following;
mod forgeries;
mod formats;
mod gates;
mod judges;
mod keys;
mod log;
mod log_files;
mod mistakes;
mod moments;
mod outside;
mod probes;
mod programs;
mod public_sets;
mod publishing;
mod reference;
mod reports;
mod rescoring;
mod server;
mod site_killed;
mod sites;
mod tools;
mod trust;
mod visitor;
mod workspace;
