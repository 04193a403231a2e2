//! A value with its interval as a dot on a line: dot and whisker, one strip for each row of a table.

use maud::{Markup, html};

use super::{Scale, percent};
use crate::kit::number::decimal;

/// What a strip shows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Whisker {
    /// The value; `None` if there is none.
    pub value: Option<f64>,
    /// Its interval; without one the dot is hollow.
    pub interval: Option<(f64, f64)>,
    /// Where the value would have been, whatever the missing answers had been.
    pub bounds: Option<(f64, f64)>,
    /// A class of its own: `corrected`, `unclear`.
    pub class: &'static str,
}

/// One strip. `label` says the same in words.
pub fn strip(scale: Scale, whisker: &Whisker, label: &str) -> Markup {
    let at = |value: f64| percent(scale.place(value));
    html! {
        svg class={ "chart strip " (whisker.class) } role="img" aria-label=(label) {
            line.rail x1="0" x2="100%" y1="50%" y2="50%" {}
            @if scale.has_zero_within() { line.zero x1=(at(0.0)) x2=(at(0.0)) y1="0" y2="100%" {} }
            @if let Some((low, high)) = whisker.bounds {
                line.bounds x1=(at(low)) x2=(at(high)) y1="50%" y2="50%" {}
            }
            @if let Some((low, high)) = whisker.interval {
                line.whisker x1=(at(low)) x2=(at(high)) y1="50%" y2="50%" {}
                line.cap x1=(at(low)) x2=(at(low)) y1="32%" y2="68%" {}
                line.cap x1=(at(high)) x2=(at(high)) y1="32%" y2="68%" {}
            }
            @if let Some(value) = whisker.value {
                @let class = if whisker.interval.is_some() { "dot" } else { "dot hollow" };
                circle class=(class) cx=(at(value)) cy="50%" r="5" {}
            }
        }
    }
}

/// The axis below strips. It only repeats what is beside the strips, so readers of the text skip it.
pub fn axis(scale: Scale) -> Markup {
    let (ticks, decimals) = scale.ticks();
    html! {
        svg.chart.axis aria-hidden="true" {
            @for tick in ticks {
                @let place = scale.place(tick);
                @let anchor = if place < 0.02 { "start" } else if place > 0.98 { "end" } else { "middle" };
                line.tick x1=(percent(place)) x2=(percent(place)) y1="0" y2="4" {}
                text x=(percent(place)) y="17" text-anchor=(anchor) { (decimal(tick, decimals)) }
            }
        }
    }
}
