//! Short marks: badges, tags, and asides. Each says in words what its colour says.

use maud::{Markup, html};
use overt_schema::Outcome;

/// What a mark means. The words beside it say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A fact.
    Plain,
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// To be noticed.
    Mark,
    /// Not there, or withheld.
    Open,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Mark => "mark",
            Self::Open => "open",
        }
    }
}

/// A badge: one or two words.
pub fn badge(tone: Tone, words: &str) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (words) } }
}

/// What became of a sample.
pub fn outcome_badge(outcome: Outcome) -> Markup {
    let tone = match outcome {
        Outcome::Ok => Tone::Plain,
        Outcome::Refused | Outcome::Truncated | Outcome::InvalidFormat => Tone::Mark,
        Outcome::Skipped => Tone::Open,
        _ => Tone::Bad,
    };
    badge(tone, outcome_words(outcome))
}

/// The outcome in words that need no table.
pub fn outcome_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "answered",
        Outcome::Refused => "refused",
        Outcome::ContentFiltered => "filtered",
        Outcome::Truncated => "truncated",
        Outcome::ContextExceeded => "context exceeded",
        Outcome::InvalidFormat => "invalid format",
        Outcome::ToolError => "tool error",
        Outcome::Timeout => "timeout",
        Outcome::RateLimited => "rate limited",
        Outcome::ProviderError => "provider error",
        Outcome::Skipped => "skipped",
    }
}

/// A tag, shown whole or with an ellipsis.
pub fn tag(words: &Markup) -> Markup {
    html! { span.tag { (words) } }
}

/// Something that a reader must know, beside the text.
pub fn aside(tone: Tone, content: &Markup) -> Markup {
    html! { div class={ "aside " (tone.class()) } { (content) } }
}
