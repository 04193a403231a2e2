//! Lists in pages, by what was seen last.

use maud::{Markup, html};
use overt_site::index::{PageSize, Seek};

use crate::kit::link::Query;
use crate::view::Asked;

/// How many items a page of a list has.
pub(super) const PAGE: u16 = 50;

/// Where a list begins, from an address.
pub(super) fn seek(asked: &Asked) -> Seek {
    asked.get("after").and_then(|after| after.parse().ok()).map_or(Seek::Start, Seek::Behind)
}

/// The size of a page.
pub(super) fn size() -> PageSize {
    PageSize::clamped(PAGE)
}

/// The links to the list's beginning and to what follows; nothing if all is on this page.
pub(super) fn turning(path: &str, query: &Query, seek: Seek, next: Option<u64>) -> Markup {
    let query = query.clone().without("after");
    html! {
        @if seek != Seek::Start || next.is_some() {
            nav.pager aria-label="Pages" {
                span { @if seek != Seek::Start { a href=(query.on(path)) { "← the newest" } } }
                span {
                    @if let Some(next) = next {
                        a rel="next" href=(query.with("after", next.to_string()).on(path)) { "older →" }
                    }
                }
            }
        }
    }
}
