//! The public site: what the log says, page by page, for people and for programs.
//!
//! Everything here is read from the log, the bodies beside it and the index over it ([`Sources`]); nothing private is in
//! reach. A page is made on a thread of its own, since it reads files. What a page claims it also lets check: every
//! record's page offers the bundle, verifies it again in the reader's browser, and says how to do so offline.
//!
//! [`router`] puts these pages, those where people take part, and the log's own face behind one address. [`export`] writes
//! the same pages as files.

mod about;
mod api;
mod checkpoint;
mod download;
mod evaluation;
mod evaluations;
mod export;
mod feed;
mod find;
mod front;
mod kept;
mod laid_out;
mod lists;
mod log;
mod machine;
mod outcome;
mod record;
mod record_words;
mod records;
mod reply;
mod results;
mod router;
mod runs;
mod state;
mod statement_feed;
mod systems;
mod tasks;
mod wrong;

pub use api::openapi;
pub use export::{ExportError, Exported, export};
pub use outcome::moment;
pub use router::router;
pub use state::{BadSources, Settings, Site, Sources};
pub use wrong::Wrong;
