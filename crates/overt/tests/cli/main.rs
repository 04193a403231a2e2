//! The binary as people meet it: commands, messages, exit codes, and bad days.

mod bad_days;
mod commands;
mod crashes;
mod mistakes;
mod reference;
mod server;
mod workspace;
