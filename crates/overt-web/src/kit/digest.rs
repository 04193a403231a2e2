//! Digests: short to read, whole to copy.

use maud::{Markup, html};

/// A digest's first twelve digits; the whole of it is in the title, and to be copied.
pub fn digest(what: &str, hex: &str) -> Markup {
    let short = hex.get(..12).unwrap_or(hex);
    html! {
        span.digest data-copy=(hex) data-what=(what) { code title=(hex) { (short) @if short.len() < hex.len() { "…" } } }
    }
}

/// A digest as it is.
pub fn digest_full(what: &str, hex: &str) -> Markup {
    html! { span data-copy=(hex) data-what=(what) { code { (hex) } } }
}
