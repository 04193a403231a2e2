//! What pages show, as plain data: looked up, filtered, sorted, cut to a page. No markup, and no address.

mod blocks;
mod comparison;
mod error;
mod facets;
mod filter;
mod find;
mod flips;
mod groups;
mod listing;
mod places;
mod query;
mod run;
mod samples;
mod scored;
mod search;
mod shelf;
mod shown_rows;
mod sketch;
mod spread;

pub use comparison::{Comparisons, compare_runs};
pub use error::ViewError;
pub use facets::Facets;
pub use filter::{Filter, Kind, Sort};
pub use find::{Neighbours, PAGE, Page, Rest};
pub use flips::{Flip, Flips, Question, Way, flips};

pub use listing::{Entry, Line, Listing, State};
pub use query::Asked;
pub use run::{Download, Failures, RunView, download};
pub use samples::{Row, Samples};
pub use shelf::Shelf;
pub use sketch::Sketch;
pub use spread::{Bin, Spread};
