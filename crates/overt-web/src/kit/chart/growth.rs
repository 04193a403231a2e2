//! How a number grew: signatures over days, results over time.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::Scale;
use crate::kit::number::decimal;

/// One point of a growing line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// When, in any unit.
    pub at: f64,
    /// How many.
    pub value: f64,
}

/// A line through the points, in the order of time, with the first and last label of the time axis. Empty if there are
/// fewer than two points that are numbers.
pub fn growth(title: &str, points: &[Point], ends: [&str; 2]) -> Markup {
    let mut points: Vec<Point> =
        points.iter().copied().filter(|point| point.at.is_finite() && point.value.is_finite()).collect();
    points.sort_by(|a, b| a.at.total_cmp(&b.at));
    let [Some(first), Some(last)] = [points.first(), points.last()] else { return html! {} };
    if last.at <= first.at {
        return html! {};
    }
    let across = |at: f64| (at - first.at) / (last.at - first.at) * 1000.0;
    let most = points.iter().fold(0.0_f64, |most, point| most.max(point.value));
    let scale = Scale::fitting([0.0, most.max(1.0)]);
    let mut line = String::new();
    for point in &points {
        // Writing to a String does not fail.
        let _ = write!(line, "{:.1},{:.1} ", across(point.at), 100.0 - scale.place(point.value) * 100.0);
    }
    html! {
        svg.chart.plot role="img" aria-label=(title) {
            svg x="0" y="8%" width="100%" height="78%" viewBox="0 0 1000 100" preserveAspectRatio="none" {
                polygon.area points={ "0,100 " (line) "1000,100" } {}
                polyline.grow points=(line.trim_end()) {}
            }
            line.tick x1="0" x2="100%" y1="86%" y2="86%" {}
            text x="0" y="99%" { (ends[0]) }
            text x="100%" y="99%" text-anchor="end" { (ends[1]) }
            text x="100%" y="6%" text-anchor="end" { (decimal(last.value, 0)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_needs_two_moments() {
        let point = |at, value| Point { at, value };
        let drawn = |points: &[Point]| growth("x", points, ["a", "b"]).into_string();
        for too_few in [&[][..], &[point(1.0, 2.0)], &[point(1.0, 2.0), point(f64::NAN, 3.0)]] {
            assert_eq!(drawn(too_few), "");
        }
        let line = drawn(&[point(2.0, 10.0), point(1.0, 0.0)]);
        assert!(line.contains(r#"polyline class="grow" points="0.0,100.0 1000.0,0.0""#), "{line}");
    }
}
