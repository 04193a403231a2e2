//! The links of a page, found and written for an export.
//!
//! Pages are our own markup, in which a double quotation mark never stands unescaped in a text: so an attribute is found by
//! its name and ends at the next one.

use super::address::Address;

/// Attributes that hold addresses.
const ATTRIBUTES: [&str; 5] = [" href=\"", " src=\"", " data-bundle=\"", " data-verifier=\"", " action=\""];

/// What is said in the place of a form.
const NO_SERVER: &str = "<p class=\"note\">This is a copy without a server: searching, filtering and signing need the site itself.</p>";

/// A page with the links of an export, and the addresses that it leads to.
pub(super) fn rewritten(page: &str) -> (String, Vec<String>) {
    let page = without_forms(page);
    let mut out = String::with_capacity(page.len() + 256);
    let mut found = Vec::new();
    let mut rest = page.as_str();
    while let Some((at, attribute)) = next(rest) {
        let begin = at + attribute.len();
        let Some(length) = rest[begin..].find('"') else { break };
        let href = &rest[begin..begin + length];
        out.push_str(&rest[..begin]);
        match Address::read(&unescaped(href)) {
            Some(address) => {
                let fragment =
                    href.split_once('#').map(|(_, fragment)| format!("#{fragment}")).unwrap_or_default();
                out.push_str(&escaped(&address.link()));
                out.push_str(&fragment);
                found.push(address.request());
            }
            // What is not written leads to the page that says how to reach the site.
            None if href.starts_with('/') && !href.starts_with("//") => out.push_str("/about/"),
            None => out.push_str(href),
        }
        rest = &rest[begin + length..];
    }
    out.push_str(rest);
    (out, found)
}

/// The next attribute that holds an address.
fn next(text: &str) -> Option<(usize, &'static str)> {
    ATTRIBUTES
        .iter()
        .filter_map(|attribute| text.find(attribute).map(|at| (at, *attribute)))
        .min_by_key(|(at, _)| *at)
}

/// A page without its forms that a server would have to answer. The one that a script answers has no action.
fn without_forms(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut rest = page;
    while let Some(at) = rest.find("<form") {
        let end = rest[at..].find('>').map(|length| at + length);
        let close = rest[at..].find("</form>").map(|length| at + length + "</form>".len());
        let (Some(end), Some(close)) = (end, close) else { break };
        if rest[at..end].contains(" action=\"") {
            out.push_str(&rest[..at]);
            out.push_str(NO_SERVER);
        } else {
            out.push_str(&rest[..close]);
        }
        rest = &rest[close..];
    }
    out.push_str(rest);
    out
}

fn unescaped(attribute: &str) -> String {
    attribute.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn escaped(address: &str) -> String {
    address.replace('&', "&amp;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_within_the_site_are_found_and_written_for_files() {
        let page = "<a href=\"/log?after=3&amp;kind=key\">x</a><a href=\"/tasks?page=2\">y</a><a href=\"https://example.org/\">z</a><p>href=\"";
        let (text, found) = rewritten(page);
        assert_eq!(found, ["/log", "/tasks?page=2"]);
        assert!(text.contains("href=\"/log/\"") && text.contains("href=\"/tasks/page-2/\""), "{text}");
        assert!(text.contains("href=\"https://example.org/\"") && text.ends_with("<p>href=\""), "{text}");
    }

    #[test]
    fn forms_that_need_a_server_are_left_out_and_others_stay() {
        let page = "<form method=\"get\" action=\"/find\"><input></form>a<form><textarea></textarea></form>b<form action=\"/x\">";
        let (text, _) = rewritten(page);
        assert!(
            text.contains("without a server") && text.contains("<textarea>") && !text.contains("/find"),
            "{text}"
        );
    }
}
