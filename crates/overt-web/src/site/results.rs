//! Results of records as dots and whiskers: as they were signed, never ranked, never mixed.

use maud::{Markup, html};
use overt_record::Decimal;
use overt_record::record::{Direction, Metric};
use overt_site::index::ResultView;

use crate::kit::number::{grouped, percent, value};
use crate::kit::text::inline;
use crate::kit::{Forest, ForestRow, Scale, Whisker};

/// One result of one record.
pub(super) struct Line {
    /// What it is, as the row's heading.
    pub(super) name: Markup,
    value: Option<f64>,
    interval: Option<(f64, f64)>,
    bounds: Option<(f64, f64)>,
    level: Option<f64>,
    n: u64,
    missing: u64,
    note: Option<Markup>,
}

impl Line {
    /// Of a record's own metric, with everything that it says.
    pub(super) fn of_metric(name: Markup, metric: &Metric) -> Self {
        let ends = metric.interval.as_ref();
        let note = metric.note.as_ref().map(|note| inline(note.as_str(), 400));
        Self {
            name,
            value: metric.value.map(Decimal::to_f64),
            interval: ends.map(|ends| (ends.low.to_f64(), ends.high.to_f64())),
            bounds: metric.bounds.map(|[low, high]| (low.to_f64(), high.to_f64())),
            level: ends.map(|ends| ends.level.to_f64()),
            n: metric.n,
            missing: metric.missing,
            note,
        }
    }

    /// Of the index.
    pub(super) fn of_view(name: Markup, result: &ResultView) -> Self {
        let ends = result.low.zip(result.high);
        Self {
            name,
            value: result.value.map(Decimal::to_f64),
            interval: ends.map(|(low, high)| (low.to_f64(), high.to_f64())),
            bounds: None,
            level: result.level.map(Decimal::to_f64),
            n: result.n,
            missing: result.missing,
            note: None,
        }
    }

    fn extent(&self) -> impl Iterator<Item = f64> {
        let pair = |ends: Option<(f64, f64)>| ends.into_iter().flat_map(|(low, high)| [low, high]);
        self.value.into_iter().chain(pair(self.interval)).chain(pair(self.bounds))
    }

    fn is_share(&self) -> bool {
        self.extent().all(|at| (0.0..=1.0).contains(&at))
    }

    fn row(self) -> ForestRow {
        let ends = self.interval.map(|(low, high)| format!("[{}, {}]", value(low), value(high)));
        let number = self.value.map_or_else(|| "no value".to_owned(), value);
        let label = match (&ends, self.level) {
            (Some(ends), Some(level)) => format!("{number}, {} interval {ends}", percent(level)),
            (Some(ends), None) => format!("{number}, interval {ends}"),
            (None, _) => format!("{number}, without an interval"),
        };
        let missing = (self.missing > 0).then(|| html! { (grouped(self.missing)) " missing" });
        let note = match (missing, self.note) {
            (Some(missing), Some(note)) => Some(html! { (missing) " · " (note) }),
            (missing, note) => missing.or(note),
        };
        ForestRow {
            name: self.name,
            whisker: Whisker { value: self.value, interval: self.interval, bounds: self.bounds, class: "" },
            label,
            cells: vec![
                html! { b { (number) } },
                html! { @match ends { Some(ends) => (ends), None => span.faint { "none" } } },
                html! { span.faint { "n = " } (grouped(self.n)) },
            ],
            note,
        }
    }
}

/// Results on one axis; shares and rates apart from everything else.
pub(super) fn forest(caption: &Markup, heading: &'static str, lines: Vec<Line>) -> Markup {
    let (shares, others): (Vec<Line>, Vec<Line>) = lines.into_iter().partition(Line::is_share);
    html! {
        @for lines in [shares, others] {
            @if !lines.is_empty() {
                @let scale = Scale::fitting(lines.iter().flat_map(Line::extent));
                (Forest {
                    caption: caption.clone(),
                    name: heading,
                    chart: "Value and interval".into(),
                    headings: vec!["Value", "Interval", "Samples"],
                    scale,
                    rows: lines.into_iter().map(Line::row).collect(),
                }.render())
            }
        }
    }
}

/// Which way is good, in words.
pub(super) fn direction_words(direction: Direction) -> &'static str {
    match direction {
        Direction::Higher => "higher is better",
        Direction::Lower => "lower is better",
        Direction::Zero => "zero is best",
        Direction::None => "a number that describes",
    }
}

/// What a whisker is, once for each page that has some.
pub(super) fn legend() -> &'static str {
    "A dot is the value, the line its interval, as they were signed; a hollow dot has no interval. Where lines overlap, the \
     results may well be equal."
}
