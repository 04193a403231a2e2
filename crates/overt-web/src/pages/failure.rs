//! What is shown where a page cannot be: what happened, and what to do.

use maud::html;

use crate::kit::text::visible;
use crate::kit::{Page, Tone, aside};

/// A page that says what happened. `why` may hold text from outside.
pub fn failure(title: &str, why: &str, next: &str) -> Page {
    let content = html! {
        h1 { (title) }
        (aside(Tone::Bad, &html! { pre { (visible(why)) } }))
        @if !next.is_empty() { p { (next) } }
    };
    Page::new(title, content)
}
