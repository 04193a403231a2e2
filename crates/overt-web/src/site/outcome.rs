//! Small things that many pages say.

use maud::{Markup, html};
use overt_record::record::{Reach, Relationship, Verdict};
use overt_record::{Hash, Timestamp};

use crate::kit::text::{inline, plain};
use crate::kit::{Tone, badge};

/// A moment as people read it: `2026-11-24 16:00 UTC`.
pub fn moment(time: Timestamp) -> Markup {
    let text = time.to_string();
    let (day, clock) = (text.get(..10).unwrap_or(&text), text.get(11..16).unwrap_or_default());
    html! { time datetime=(text) { (day) " " (clock) " UTC" } }
}

/// The day alone.
pub(super) fn day(time: Timestamp) -> Markup {
    let text = time.to_string();
    html! { time datetime=(text) { (text.get(..10).unwrap_or(&text)) } }
}

/// How long ago, in one unit.
pub(super) fn age(seconds: u64) -> String {
    let (number, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7200 => (seconds / 60, "minute"),
        7200..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    crate::kit::number::count(number, unit)
}

/// The address of a record's page.
pub(super) fn record_path(record: &Hash) -> String {
    format!("/records/{record}")
}

/// The page where records of a type are told best.
pub(super) fn best_path(kind: &str, record: &Hash) -> String {
    match kind {
        "evaluation" => format!("/evaluations/{record}"),
        "statement" => format!("/statements/{record}"),
        "incident" => format!("/incidents/{record}"),
        _ => record_path(record),
    }
}

/// What a type of record is called.
pub(super) fn kind_words(kind: &str) -> String {
    match kind {
        "key" => "key change".into(),
        "listing" => "list of names".into(),
        known => plain(known, 40),
    }
}

/// A name that its bearer gives itself.
pub(super) fn claimed(name: &str) -> Markup {
    html! { "“" (inline(name, 100)) "”" }
}

/// How a system is reached.
pub(super) fn reach_words(reach: Reach) -> &'static str {
    match reach {
        Reach::Local => "weights on the evaluator’s machine",
        Reach::Api => "an HTTP interface",
        Reach::Replay => "the answers of an earlier run",
        Reach::Program => "a program on the evaluator’s machine",
    }
}

/// Whose system it is.
pub(super) fn relationship_words(relationship: Relationship) -> &'static str {
    match relationship {
        Relationship::FirstParty => "The evaluator says: the system is the evaluator’s own.",
        Relationship::ThirdParty => {
            "The evaluator says: the system is somebody else’s, who had no part in this."
        }
        Relationship::Collaborative => {
            "The evaluator says: the system is somebody else’s, who took part in this."
        }
        Relationship::Other => {
            "The evaluator says: none of the usual relationships; the limitations say which."
        }
    }
}

/// What a reproduction found.
pub(super) fn verdict_badge(verdict: Verdict) -> Markup {
    match verdict {
        Verdict::Agree => badge(Tone::Good, "agrees"),
        Verdict::Differ => badge(Tone::Bad, "differs"),
        Verdict::CannotTell => badge(Tone::Open, "cannot tell"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_one_unit() {
        let ages = [0, 1, 119, 120, 7199, 7200, 172_799, 172_800].map(age);
        let words = [
            "0 seconds",
            "1 second",
            "119 seconds",
            "2 minutes",
            "119 minutes",
            "2 hours",
            "47 hours",
            "2 days",
        ];
        assert_eq!(ages, words);
    }
}
