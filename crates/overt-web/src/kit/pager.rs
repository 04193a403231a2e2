//! From page to page of a list.

use maud::{Markup, html};

use super::link::Query;
use super::number::grouped;

/// Where in a list a page is.
#[derive(Clone, Debug)]
pub struct Pager<'a> {
    /// The list's path.
    pub path: &'a str,
    /// What every page of the list has in its query.
    pub query: &'a Query,
    /// This page, from 1.
    pub page: u64,
    /// How many there are; at least 1.
    pub pages: u64,
    /// What is listed, for the landmark's name: "Pages of samples".
    pub label: &'a str,
}

/// Links to the neighbours, the ends, and a few pages around this one; nothing if there is one page.
pub fn pager(pager: &Pager<'_>) -> Markup {
    if pager.pages <= 1 {
        return html! {};
    }
    let to = |page: u64| pager.query.clone().without("page").with("page", page.to_string()).on(pager.path);
    let step = |page: u64, rel: &str, words: &str| html! { a rel=(rel) href=(to(page)) { (words) } };
    html! {
        nav.pager aria-label=(pager.label) {
            ol {
                @for entry in entries(pager.page, pager.pages) {
                    li {
                        @match entry {
                            Entry::Gap => span.faint aria-hidden="true" { "…" },
                            Entry::Page(page) if page == pager.page => {
                                a aria-current="page" href=(to(page)) { span.hidden { "Page " } (grouped(page)) }
                            }
                            Entry::Page(page) => a href=(to(page)) { span.hidden { "Page " } (grouped(page)) },
                        }
                    }
                }
            }
            span {
                @if pager.page > 1 { (step(pager.page - 1, "prev", "← previous")) }
                @if pager.page > 1 && pager.page < pager.pages { " · " }
                @if pager.page < pager.pages { (step(pager.page + 1, "next", "next →")) }
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    Page(u64),
    Gap,
}

fn entries(page: u64, pages: u64) -> Vec<Entry> {
    let mut shown: Vec<u64> = [1, 2, pages.saturating_sub(1), pages].into();
    shown.extend(page.saturating_sub(2)..=page.saturating_add(2));
    shown.retain(|number| (1..=pages).contains(number));
    shown.sort_unstable();
    shown.dedup();
    let mut out = Vec::new();
    for number in shown {
        match out.last() {
            Some(Entry::Page(last)) if number - *last == 2 => out.push(Entry::Page(number - 1)),
            Some(Entry::Page(last)) if number - *last > 2 => out.push(Entry::Gap),
            _ => {}
        }
        out.push(Entry::Page(number));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use Entry::{Gap, Page};

    #[test]
    fn ends_and_surroundings_are_linked() {
        assert_eq!(entries(1, 1), [Page(1)]);
        assert_eq!(entries(1, 3), [Page(1), Page(2), Page(3)]);
        let ends = |page| entries(page, 20_000);
        assert_eq!(ends(1), [Page(1), Page(2), Page(3), Gap, Page(19_999), Page(20_000)]);
        assert_eq!(ends(5)[..4], [Page(1), Page(2), Page(3), Page(4)]);
        assert_eq!(ends(100)[..4], [Page(1), Page(2), Gap, Page(98)]);
        assert_eq!(entries(u64::MAX, u64::MAX).len(), 6);
    }
}
