//! Where answers are kept: of one generation, and no more than fit.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::{Body, HttpBody as _};
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;

use crate::kit::Finished;

/// The most bytes that all answers take.
pub(super) const MOST: usize = 8 << 20;
/// The longest body that is kept.
const LONGEST: u64 = 512 << 10;
/// What an answer takes beside its body and its address, about: headers and places in tables.
const BESIDE: usize = 2048;

/// What every page of a site follows from. Two that are equal give equal pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::site) struct Generation {
    /// The state of the index.
    pub(super) index: u64,
    /// The checkpoints that pages and bundles name: the log's newest, and the newest that witnesses have cosigned.
    pub(super) checkpoints: [Option<Vec<u8>>; 2],
    /// The time, in seconds since 1970: how old a cosignature may be is measured by it.
    pub(super) second: u64,
}

/// The answers of the newest generation that was asked for.
#[derive(Debug, Default)]
pub(in crate::site) struct Answers(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    of: Option<Generation>,
    answers: HashMap<String, Answer>,
    bytes: usize,
}

/// An answer that anybody may get.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    headers: HeaderMap,
    body: Finished,
}

impl Answers {
    /// The answer to a request, if one is kept of this generation. Asking for another one forgets all that is kept.
    pub(super) fn find(&self, of: &Generation, address: &str) -> Option<Answer> {
        let mut held = self.lock();
        if held.of.as_ref() != Some(of) {
            *held = Held { of: Some(of.clone()), ..Held::default() };
        }
        held.answers.get(address).cloned()
    }

    /// Keeps a reply, if it is one for everybody. `of` is from before it was made; if that is over by now, nothing is kept.
    pub(super) async fn keep(&self, of: &Generation, address: String, reply: Response) -> Response {
        if !is_for_everybody(&reply) {
            return reply;
        }
        let (parts, body) = reply.into_parts();
        let Ok(body) = body.collect().await else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let answer = Answer { headers: parts.headers, body: Finished::new(body.to_bytes()) };
        self.put(of, address, answer.clone());
        answer.reply()
    }

    fn put(&self, of: &Generation, address: String, answer: Answer) {
        // The packed form comes later and is smaller than the plain one.
        let bytes = 2 * answer.body.plain().len() + address.len() + BESIDE;
        let mut held = self.lock();
        if held.of.as_ref() != Some(of) {
            return;
        }
        if held.bytes + bytes > MOST {
            // What many ask for is back at once; and an order of use would have to be kept for a second at most.
            *held = Held { of: Some(of.clone()), ..Held::default() };
        }
        if held.answers.insert(address, answer).is_none() {
            held.bytes += bytes;
        }
    }

    /// About how many bytes all of them take.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.lock().bytes
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answer {
    pub(super) fn reply(self) -> Response {
        let mut reply = Response::new(Body::from(self.body.plain().clone()));
        *reply.headers_mut() = self.headers;
        reply.extensions_mut().insert(self.body);
        reply
    }
}

/// Whether a reply is whole, in memory, and nobody's own. The second look at what is not made for one visitor in any case.
fn is_for_everybody(reply: &Response) -> bool {
    let is_private = |value: &axum::http::HeaderValue| {
        let words = value.to_str().unwrap_or("private");
        ["no-store", "private"].iter().any(|word| words.contains(word))
    };
    reply.status() == StatusCode::OK
        && !reply.headers().contains_key(SET_COOKIE)
        && !reply.headers().get_all(CACHE_CONTROL).iter().any(is_private)
        && reply.body().size_hint().exact().is_some_and(|size| size <= LONGEST)
}
