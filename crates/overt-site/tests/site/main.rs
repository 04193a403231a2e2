//! A site with a log of its own: signing, stopping at every step, moderation, reports, the index.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on should fail loudly")]

mod domains;
mod index;
mod moderation;
mod quick;
mod reports;
mod signing;
mod stopping;
mod world;
