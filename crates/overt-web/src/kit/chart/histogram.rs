//! How often each score was given.

use maud::{Markup, html};

use super::percent;
use crate::kit::number::grouped;

/// A bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// How many there are.
    pub count: u64,
    /// Whether it counts what is missing.
    pub is_missing: bool,
}

/// Bars side by side, each with its number above and its label below. `title` says what is counted.
pub fn histogram(title: &str, bars: &[Bar]) -> Markup {
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0).max(1) as f64;
    let width = 1.0 / bars.len().max(1) as f64;
    // With many bars there is no room for every label.
    let every = bars.len().div_ceil(6).max(1);
    html! {
        svg.chart.plot role="img" aria-label=(title) {
            @for (at, bar) in bars.iter().enumerate() {
                @let height = 0.76 * bar.count as f64 / most;
                @let left = at as f64 * width;
                @let middle = percent(left + width / 2.0);
                rect class=(if bar.is_missing { "bar missing" } else { "bar" }) x=(percent(left + width * 0.06))
                    width=(percent(width * 0.88)) y=(percent(0.87 - height)) height=(percent(height)) {
                    title { (bar.label) ": " (grouped(bar.count)) }
                }
                @if bar.count > 0 && bars.len() <= 12 {
                    text x=(middle) y=(percent(0.85 - height)) text-anchor="middle" { (grouped(bar.count)) }
                }
                @if at % every == 0 { text x=(middle) y="98%" text-anchor="middle" { (bar.label) } }
            }
            line.tick x1="0" x2="100%" y1="87%" y2="87%" {}
        }
    }
}
