//! The viewer's server: pages of the runs in a directory, for the person at this machine.
//!
//! It reads and never writes. It answers to loopback names only, so that no page from elsewhere reaches it through a name that
//! it points here (DNS rebinding), and to no request that another site's page makes in the background.

mod guard;
mod reply;
mod run_pages;
mod viewer;

pub use run_pages::{RunPages, comparison};
pub use viewer::{ViewerSettings, serve, viewer};
