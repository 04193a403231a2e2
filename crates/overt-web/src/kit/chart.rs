//! Charts, drawn on the server: geometry in percent, so that they fit any width without being stretched; all looks are in
//! the sheet. A chart never stands alone: the same numbers are beside it as text.

mod growth;
mod histogram;
mod scale;
mod strip;

pub use growth::{Point, growth};
pub use histogram::{Bar, histogram};
pub use scale::Scale;
pub use strip::{Whisker, axis, strip};

/// A place along an axis, as SVG wants it.
fn percent(share: f64) -> String {
    format!("{:.2}%", share * 100.0)
}
