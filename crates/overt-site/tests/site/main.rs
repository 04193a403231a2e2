//! A site with a log of its own: signing, stopping at every step, moderation, reports, the index.

mod index;
mod moderation;
mod reports;
mod signing;
mod stopping;
mod world;
