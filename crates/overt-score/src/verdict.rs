//! What a scorer concludes from one answer, before it carries the scorer's name.

use overt_schema::{Score, Unparsed};

/// The most characters of an answer that a score quotes.
const QUOTED: usize = 200;

/// A [`Score`] without a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) value: Option<f64>,
    pub(crate) answer: Option<String>,
    pub(crate) explanation: Option<String>,
    pub(crate) unparsed: bool,
}

impl Verdict {
    /// A measure.
    pub(crate) fn value(value: f64) -> Self {
        Self { value: Some(value), ..Self::default() }
    }

    /// 1 for true, 0 for false.
    pub(crate) fn of(truth: bool) -> Self {
        Self::value(f64::from(u8::from(truth)))
    }

    /// The answer could not be scored at all.
    pub(crate) fn missing(why: impl Into<String>) -> Self {
        Self { explanation: Some(why.into()), ..Self::default() }
    }

    /// The answer lacks the form that the scorer reads.
    pub(crate) fn unparsed(rule: Unparsed, why: impl Into<String>) -> Self {
        let value = match rule {
            Unparsed::Wrong => Some(0.0),
            Unparsed::Missing => None,
        };
        Self { value, unparsed: true, explanation: Some(why.into()), answer: None }
    }

    /// Keeps what was read out of the answer.
    pub(crate) fn read(mut self, text: &str) -> Self {
        self.answer = Some(excerpt(text));
        self
    }

    /// Says why.
    pub(crate) fn because(mut self, why: impl Into<String>) -> Self {
        self.explanation = Some(why.into());
        self
    }

    /// Adds a remark to the explanation.
    pub(crate) fn noting(mut self, remark: Option<&str>) -> Self {
        let Some(remark) = remark else { return self };
        self.explanation = Some(match self.explanation {
            Some(why) => format!("{why}; {remark}"),
            None => remark.to_owned(),
        });
        self
    }

    /// Puts the scorer's name on it.
    pub(crate) fn named(self, scorer: &str) -> Score {
        Score {
            scorer: scorer.to_owned(),
            value: self.value,
            answer: self.answer,
            explanation: self.explanation,
            unparsed: self.unparsed,
        }
    }
}

/// A piece of an answer that is safe to carry around: white space folded, control characters replaced, and cut after
/// 200 characters.
pub(crate) fn excerpt(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(QUOTED + 8));
    let mut pending_space = false;
    let mut count = 0;
    for c in text.chars() {
        if c.is_whitespace() {
            pending_space = count > 0;
            continue;
        }
        if count >= QUOTED {
            out.push('…');
            return out;
        }
        if pending_space {
            out.push(' ');
            count += 1;
            pending_space = false;
        }
        out.push(if c.is_control() { char::REPLACEMENT_CHARACTER } else { c });
        count += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_short_and_harmless() {
        assert_eq!(excerpt("  a\n\n b\t"), "a b");
        assert_eq!(excerpt("\u{1b}[31mred"), "\u{fffd}[31mred");
        assert_eq!(excerpt(&"x".repeat(10_000)).chars().count(), QUOTED + 1);
        assert_eq!(excerpt(""), "");
        assert_eq!(excerpt("\u{0}"), "\u{fffd}");
    }

    #[test]
    fn unparsed_follows_the_rule() {
        assert_eq!(Verdict::unparsed(Unparsed::Wrong, "no").value, Some(0.0));
        assert_eq!(Verdict::unparsed(Unparsed::Missing, "no").value, None);
        assert!(Verdict::unparsed(Unparsed::Missing, "no").unparsed);
    }
}
