//! What a page has to be written otherwise for, in an export: links that lead to files, forms that a server would answer,
//! and the policy that a server would send.
//!
//! Pages are our own markup, in which a double quotation mark never stands unescaped in a text: so an attribute is found by
//! its name and ends at the next one.

use super::address::Address;
use super::search;
use crate::kit::FIND;

/// Attributes that hold addresses.
const ATTRIBUTES: [&str; 5] = [" href=\"", " src=\"", " data-bundle=\"", " data-verifier=\"", " action=\""];

/// What is said in the place of a form.
const NO_SERVER: &str =
    "<p class=\"note\">This is a copy without a server: filtering and signing need the site itself.</p>";

/// What is said where a script searches, to whoever has none. The lists are there in any case.
const NO_SCRIPT: &str = "<noscript><p class=\"note\">This is a copy without a server: searching it needs JavaScript. Without it there are \
     the lists: <a href=\"/statements\">statements</a> with the names of all who signed, <a href=\"/evaluations\">evaluations</a>, \
     <a href=\"/systems\">systems</a>, <a href=\"/tasks\">tasks</a>, <a href=\"/incidents\">incidents</a> and \
     <a href=\"/log\">the log</a>.</p></noscript>";

/// Where a server sends its policy in a header. The part about frames counts in headers alone.
const POLICY: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'self'; \
     script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'\">";

const ENCODING: &str = "<meta charset=\"utf-8\">";

/// A page with the links of an export, and the addresses that it leads to.
pub(super) fn rewritten(page: &str, own: &Address) -> (String, Vec<String>) {
    let page = without_languages(page);
    let Forms { page, is_searched } = forms(&page, own);
    let script = if is_searched {
        format!("<script type=\"module\" src=\"{}\"></script>", FIND.path)
    } else {
        String::new()
    };
    let page = page.replacen(ENCODING, &format!("{ENCODING}{POLICY}{script}"), 1);
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
                out.push_str(&escaped(&address.link_from(own)));
                out.push_str(&fragment);
                found.push(address.request());
            }
            // What is not written leads to the page that says how to reach the site.
            None if href.starts_with('/') && !href.starts_with("//") => {
                out.push_str(&own.way_up());
                out.push_str("about/");
            }
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

/// An export is in one language, so there are no others to choose from.
fn without_languages(page: &str) -> String {
    let found = page.split_once("<nav class=\"languages\"");
    match found.and_then(|(before, rest)| Some((before, rest.split_once("</nav>")?.1))) {
        Some((before, behind)) => format!("{before}{behind}"),
        None => page.to_owned(),
    }
}

/// A page with the forms that an export can answer.
struct Forms {
    page: String,
    /// Whether one of them searches on this page.
    is_searched: bool,
}

/// Those that a server would have to answer are left out, but for those that search: they lead to a page where a script
/// does. The one that a script of the page itself answers has no action.
fn forms(page: &str, own: &Address) -> Forms {
    let mut out = String::with_capacity(page.len());
    let mut is_searched = false;
    let mut rest = page;
    while let Some(at) = rest.find("<form") {
        let end = rest[at..].find('>').map(|length| at + length);
        let close = rest[at..].find("</form>").map(|length| at + length + "</form>".len());
        let (Some(end), Some(close)) = (end, close) else { break };
        let action = rest[at..end].split_once(" action=\"").and_then(|(_, behind)| behind.split_once('"'));
        let index = action.and_then(|(action, _)| search::folder_of(action));
        match (action, index) {
            (Some((action, _)), Some(index)) if action == own.path() && !own.is_further() => {
                is_searched = true;
                out.push_str(&rest[..end]);
                out.push_str(&format!(" data-index=\"{}{index}\"", own.way_up()));
                out.push_str(&rest[end..close]);
                out.push_str(NO_SCRIPT);
            }
            (None, _) | (_, Some(_)) => out.push_str(&rest[..close]),
            (Some(_), None) => {
                out.push_str(&rest[..at]);
                out.push_str(NO_SERVER);
            }
        }
        rest = &rest[close..];
    }
    out.push_str(rest);
    Forms { page: out, is_searched }
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

    fn at(path: &str) -> Address {
        Address::read(path).unwrap()
    }

    #[test]
    fn links_within_the_site_are_found_and_written_for_files() {
        let page = "<a href=\"/log?after=3&amp;kind=key\">x</a><a href=\"/tasks?page=2\">y</a><a href=\"https://example.org/\">z</a><a href=\"/login\">w</a><p>href=\"";
        let (text, found) = rewritten(page, &at("/about"));
        assert_eq!(found, ["/log", "/tasks?page=2"]);
        assert!(text.contains("href=\"../log/\"") && text.contains("href=\"../tasks/page-2/\""), "{text}");
        assert!(text.contains("href=\"https://example.org/\"") && text.ends_with("<p>href=\""), "{text}");
        assert!(text.contains("href=\"../about/\""), "{text}");
    }

    #[test]
    fn forms_that_need_a_server_are_left_out_and_others_stay() {
        let page = "<form method=\"get\" action=\"/evaluations\"><input></form>a<form><textarea></textarea></form>b<form action=\"/x\">";
        let (text, _) = rewritten(page, &at("/evaluations"));
        assert!(
            text.contains("without a server") && text.contains("<textarea>") && !text.contains("<input>"),
            "{text}"
        );
    }

    #[test]
    fn a_search_stays_and_is_answered_where_it_leads() {
        let form = |action: &str| {
            format!("<meta charset=\"utf-8\"><form method=\"get\" action=\"{action}\"><input></form>")
        };
        let (home, found) = rewritten(&form("/find"), &at("/"));
        assert!(home.contains("action=\"./find/\"") && !home.contains("data-index"), "{home}");
        assert!(home.contains("Content-Security-Policy") && !home.contains("<script"), "{home}");
        assert_eq!(found, ["/find"]);
        let (page, found) = rewritten(&form("/find"), &at("/find"));
        assert!(page.contains("data-index=\"../search/site/\"") && page.contains("<noscript>"), "{page}");
        assert!(page.contains("<script type=\"module\" src=\"../assets/"), "{page}");
        assert!(found.contains(&FIND.path), "{found:?}");
        let digest = "ab".repeat(32);
        let list = format!("/statements/{digest}/signatures");
        let (page, _) = rewritten(&form(&list), &at(&list));
        assert!(page.contains(&format!("data-index=\"../../../search/statements/{digest}/\"")), "{page}");
        let (further, _) = rewritten(&form(&list), &at(&format!("{list}?after=100")));
        assert!(
            !further.contains("data-index") && further.contains("action=\"../../../../statements/"),
            "{further}"
        );
    }

    #[test]
    fn other_languages_are_not_offered() {
        let page =
            "a<nav class=\"languages\" aria-label=\"x\"><a href=\"?lang=de\">Deutsch</a></nav>b<nav>c</nav>";
        assert_eq!(rewritten(page, &at("/")).0, "ab<nav>c</nav>");
    }
}
