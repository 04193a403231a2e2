//! The pages where people take part, used as a browser without JavaScript uses them, over a real log and a real site.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

#[path = "../site/html.rs"]
#[allow(dead_code, reason = "shared with the tests of the public site")]
mod html;

mod browser;
mod exporting;
mod feeding;
mod forged;
mod form;
mod moderating;
mod reporting;
mod signing;
mod statements;
mod world;
