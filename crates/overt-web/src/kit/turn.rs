//! Transcripts: who said what.

use maud::{Markup, html};

use super::number::bytes;
use super::text::{cut, visible};

/// Something that was said, cut to a size that a page can bear.
#[derive(Clone, Debug)]
pub struct Said<'a> {
    /// The text; untrusted.
    pub text: &'a str,
    /// The most bytes that are shown.
    pub limit: usize,
    /// Where the whole of it is.
    pub whole: Option<String>,
    /// Whether it is to be read (serif) or is code (monospace).
    pub class: &'static str,
}

impl Said<'_> {
    /// The text and, if it is cut, where the rest is.
    pub fn render(&self) -> Markup {
        let shown = cut(self.text, self.limit);
        html! {
            @if self.class == "code" { pre.tall dir="auto" tabindex="0" { (visible(shown.head)) } }
            @else { div class={ "said " (self.class) } dir="auto" { (visible(shown.head)) } }
            @if shown.more > 0 {
                p.cut {
                    "… and " (bytes(shown.more as u64)) " more. "
                    @if let Some(whole) = &self.whole { a href=(whole) { "Read all of it" } "." }
                }
            }
        }
    }
}

/// One turn of a conversation.
#[derive(Debug)]
pub struct Turn {
    /// Who speaks.
    pub who: String,
    /// More about it, in a few words.
    pub remark: Option<Markup>,
    /// What is said.
    pub content: Markup,
    /// Whether this is the turn that is scored.
    pub is_answer: bool,
}

/// A conversation, turn by turn.
pub fn turns(turns: &[Turn]) -> Markup {
    html! {
        ol.turns {
            @for turn in turns {
                li class=[turn.is_answer.then_some("answer")] {
                    div.who { b { (turn.who) } @if let Some(remark) = &turn.remark { (remark) } }
                    div { (turn.content) }
                }
            }
        }
    }
}
