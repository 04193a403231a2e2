//! The texts of a sample by name: a text that is too long for its page has an address of its own.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use overt_schema::SampleRow;

/// A text of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What the system answered.
    Answer,
    /// A message of the conversation, by its place from zero.
    Message(usize),
    /// What a judge was asked: the judgement's place, and the message's.
    Question(usize, usize),
    /// What a judge answered: the judgement's place.
    Verdict(usize),
    /// The whole row, as JSON.
    Row,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer => f.write_str("answer"),
            Self::Message(at) => write!(f, "message-{at}"),
            Self::Question(at, message) => write!(f, "question-{at}-{message}"),
            Self::Verdict(at) => write!(f, "verdict-{at}"),
            Self::Row => f.write_str("row"),
        }
    }
}

impl FromStr for Part {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let numbers =
            |text: &str| text.split('-').map(|part| part.parse().ok()).collect::<Option<Vec<usize>>>();
        let (name, rest) = text.split_once('-').unwrap_or((text, ""));
        let part = match (name, &*numbers(rest).unwrap_or_default()) {
            ("answer", []) => Self::Answer,
            ("row", []) => Self::Row,
            ("message", [at]) => Self::Message(*at),
            ("verdict", [at]) => Self::Verdict(*at),
            ("question", [at, message]) => Self::Question(*at, *message),
            _ => return Err(()),
        };
        // Each has one spelling.
        if part.to_string() == text { Ok(part) } else { Err(()) }
    }
}

/// A text of a sample; `None` if it has no such.
pub fn part_of(row: &SampleRow, part: Part) -> Option<Cow<'_, str>> {
    match part {
        Part::Answer => row.answer.output.as_deref().map(Cow::Borrowed),
        Part::Message(at) => Some(Cow::Borrowed(&row.messages.get(at)?.content)),
        Part::Question(at, message) => {
            Some(Cow::Borrowed(&row.judgements.get(at)?.messages.get(message)?.content))
        }
        Part::Verdict(at) => row.judgements.get(at)?.answer.output.as_deref().map(Cow::Borrowed),
        Part::Row => serde_json::to_string_pretty(row).ok().map(Cow::Owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_one_name() {
        for part in [Part::Answer, Part::Message(3), Part::Question(0, 12), Part::Verdict(7), Part::Row] {
            assert_eq!(part.to_string().parse(), Ok(part));
        }
        for wrong in [
            "",
            "answer-",
            "message",
            "message--1",
            "message-01",
            "message-1-2",
            "question-1",
            "row-0",
            "../row",
        ] {
            assert_eq!(wrong.parse::<Part>(), Err(()), "{wrong}");
        }
    }
}
