//! What every page is made of: layout, components, charts, and the headers of every reply.
//!
//! Components take plain data and return [`maud::Markup`]; they know neither runs nor records. Text that comes from outside goes through
//! [`text`], which makes visible what would hide or turn round; maud escapes everything else.

mod assets;
mod badge;
mod chart;
mod definitions;
mod digest;
mod dress;
mod finished;
mod forest;
mod form;
pub mod link;
pub mod number;
mod page;
mod pager;
mod table;
pub mod text;
mod turn;

pub use assets::{Asset, SCRIPT, STYLE, asset};
pub(crate) use assets::{CHECK, FIND, REPORT, VERIFIER};
pub use badge::{Tone, aside, badge, outcome_badge, outcome_words, tag};
pub use chart::{Bar, Point, Scale, Whisker, axis, growth, histogram, strip};
pub use definitions::{Definitions, facts};
pub use digest::{digest, digest_full};
pub use dress::{CONTENT_SECURITY_POLICY, dress};
pub(crate) use finished::Finished;
pub use forest::{Forest, ForestRow};
pub(crate) use form::carried;
pub use form::{Choice, field, number_field, search_field, select};
pub use page::{Crumb, Frame, Live, NavLink, Page};
pub use pager::{Pager, pager};
pub use table::{Align, Column, Table};
pub use turn::{Said, Turn, turns};
