//! Finished answers, kept for as long as all that they follow from is as it was.
//!
//! A letter that many read at once is the same for all of them. So the pages that [`reads`] names are made from their address
//! and the state of the site alone: whoever asks, the request that makes one is rebuilt from its address, with those parts
//! of the query that the page reads, in one order, and the language. No cookie, no header and no name of a host reaches
//! it; what cannot get in can neither be kept nor be shown to others. An answer is good for one [`Generation`], which every
//! commit to the index, every checkpoint and every second of the clock ends: the first request after a change sees it.

mod answers;

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::{ConnectInfo, Query as Pairs, Request, State};
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::{Method, Uri};
use axum::middleware::Next;
use axum::response::Response;
use overt_log::Key;
use overt_log::cosign::WITNESSED;
use overt_site::language::Language;

use super::state::Site;

use crate::kit::link::Query;
use crate::view::Asked;

pub(super) use self::answers::{Answers, Generation};

/// The longest address whose answer is kept, in bytes.
const LONGEST: usize = 1024;
/// What of a query names the language, of pages that have several.
const LANGUAGE: &str = "lang";

/// What a page reads of a query, of the pages that are the same for everybody; `None` for all others. No page here has a form
/// with a token, or knows who is logged in, or shows what a moderator has not decided.
fn reads(path: &str) -> Option<&'static [&'static str]> {
    let parts: Vec<&str> = path.strip_prefix('/')?.splitn(5, '/').collect();
    Some(match parts[..] {
        [""] | ["statements", _, "feed.atom" | "feed.json"] => &[],
        ["log"] => &["kind", "after"],
        ["records", _] => &["after"],
        ["statements"] => &[LANGUAGE, "after"],
        ["statements", _]
        | ["statements", _, "badge.svg" | "widget"]
        | ["statements", _, "signatures", _] => &[LANGUAGE],
        ["statements", _, "signatures"] => &[LANGUAGE, "q", "after", "listed"],
        _ => return None,
    })
}

/// A middleware: answers with what is kept, or keeps what was made.
pub(super) async fn kept(State(site): State<Site>, request: Request, next: Next) -> Response {
    let Some(address) = address(&request) else { return next.run(request).await };
    let looking = site.clone();
    let looked = tokio::task::spawn_blocking(move || looking.generation()).await;
    let Ok(Some(generation)) = looked else { return next.run(request).await };
    if let Some(answer) = site.answers().find(&generation, &address) {
        return answer.reply();
    }
    let Some(request) = nobodys(request, &address) else { return site.nothing() };
    let reply = next.run(request).await;
    site.answers().keep(&generation, address, reply).await
}

/// What the answer depends on, apart from the state of the site; `None` for what is not kept.
fn address(request: &Request) -> Option<String> {
    if *request.method() != Method::GET {
        return None;
    }
    let read = reads(request.uri().path())?;
    let Pairs(pairs) = Pairs::<Vec<(String, String)>>::try_from_uri(request.uri()).ok()?;
    let asked = Asked::new(pairs);
    let mut query = Query::new();
    for name in read {
        query = match *name {
            LANGUAGE => query.with(LANGUAGE, language(request, &asked).tag()),
            name => query.with_some(name, asked.get(name)),
        };
    }
    let address = query.on(request.uri().path());
    (address.len() <= LONGEST).then_some(address)
}

fn language(request: &Request, asked: &Asked) -> Language {
    let accepted = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Language::of(asked.get(LANGUAGE), accepted.unwrap_or_default())
}

/// A request for an address by nobody in particular. Of the one that came, what the router found in its path stays.
fn nobodys(request: Request, address: &str) -> Option<Request> {
    let uri: Uri = address.parse().ok()?;
    let mut extensions = request.into_parts().0.extensions;
    extensions.remove::<ConnectInfo<SocketAddr>>();
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = uri;
    *request.extensions_mut() = extensions;
    Some(request)
}

impl Site {
    /// What everything public follows from, as it is now; `None` if it can't be told. This reads files.
    fn generation(&self) -> Option<Generation> {
        let checkpoint = |path: &str| self.sources().store.get(&Key::new(path).ok()?).ok();
        Some(Generation {
            index: self.index().generation().ok()?,
            checkpoints: [checkpoint("checkpoint")?, checkpoint(WITNESSED)?],
            second: self.now(),
        })
    }
}

#[cfg(test)]
mod tests;
