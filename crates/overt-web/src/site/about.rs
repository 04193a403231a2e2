//! How to check this site without trusting it, and what it keeps.

use maud::html;

use super::state::Site;
use super::wrong::Wrong;
use crate::kit::text::{inline, visible};
use crate::kit::{Crumb, Page, VERIFIER};

pub(super) fn page(site: &Site) -> Result<Page, Wrong> {
    let settings = site.settings();
    let checkpoint = site.checkpoint()?;
    let keys: Vec<String> = site.policy().logs().iter().map(|log| log.vkey.to_string()).collect();
    let url = &settings.url;
    let content = html! {
        h1 { "How to check this site" }
        p.lede { "Nothing here asks to be believed. Every record is signed by whoever says it, and every record is in a log that can only grow." }
        h2 id="record" { "A single record" }
        p {
            "Every record’s page has its bundle: one file with the record, its signature and the proof that the log has it. Your browser checks it on that page; "
            "offline, " code { "overt verify FILE --policy POLICY" } " does, and so does " a href=(VERIFIER.path) { "one JavaScript file" } " with Node."
        }
        h2 id="policy" { "Whom you have to believe" }
        p { "The policy says which log and which witnesses count. This is the site’s own, so it is the site’s own word: get one from a witness or from somebody who watches the log, if you can." }
        pre { (visible(&site.sources().policy)) }
        p { a href="/about/policy.txt" download { "The policy as a file" } }
        p { "The log’s key:" }
        @for key in &keys { pre { (visible(key)) } }
        h2 id="log" { "The log" }
        p { "Its files are those of C2SP’s tlog-tiles, so any such client reads them. To keep a verified copy, and notice if it shows others something else:" }
        pre { code { "overt log mirror " (url) "/ copy --policy site.policy\n" } }
        p { "It has " (checkpoint.size) " entries now. " a href="/log" { "See them" } "." }
        h2 id="kept" { "What is kept, and when it goes" }
        ul {
            li { "Public: every record, its entry, and the files of runs that their evaluators have put here." }
            li { "An e-mail address of somebody who signs: encrypted, until the link was followed or has expired; then deleted. A salted commitment stays in the signature." }
            li { "The contact of somebody who reports an incident: encrypted, for as long as the report is handled." }
            li { "What is taken down disappears from these pages and from the log’s bodies. The entry stays, with who asked for it and why. Copies elsewhere cannot be called back." }
        }
        h2 id="machines" { "For programs" }
        ul {
            li { a href="/api/v1/openapi.json" { "The API, as OpenAPI" } ", read without a key" }
            li { "Feeds: " a href="/feed.atom" { "Atom" } " and " a href="/feed.json" { "JSON" } }
            li { a href="/healthz" { "How this site is" } }
        }
        @if settings.key.is_some() {
            p { "The site’s own key, which signs what people sign by mail: " a href="/.well-known/overt-key" { ".well-known/overt-key" } "." }
        }
        @if let Some(contact) = &settings.contact { h2 id="contact" { "Who runs it" } p { (inline(contact, 200)) } }
    };
    let trail = vec![Crumb::new("Home", "/"), Crumb::here("How to check this site")];
    Ok(Page::new("How to check this site", content).trail(trail))
}
