//! A line to an interface on which anything may be said: for finding out what the interface does.
//!
//! Way, headers, failures and masking of secrets are those of [`HttpSystem`](super::HttpSystem), and the user's rate
//! limits hold here too. But the body is the caller's, nothing is learned about the server's pace, and of a reply all
//! is kept.

use bytes::Bytes;
use hyper::header::CONTENT_TYPE;
use overt_schema::{Failure, Finish, Usage};
use serde_json::Value;

use super::complaint::Complaint;
use super::dialect::{Said, Unsaid};
use super::gate::{self, Gate};
use super::transport::{Exchange, Transport};
use super::{HttpError, HttpSettings, MaxTokensField, Target, failure, impossible};
use crate::secret::presentable;

/// A longer reply is not read: a tree of JSON values takes many times the room of its text.
const LONGEST_BODY: usize = 4 << 20;

/// A line to one interface.
pub(crate) struct Line {
    target: Target,
    transport: Transport,
    gate: Gate,
}

/// What came with status 200.
pub(crate) struct Heard {
    exchange: Exchange,
}

impl Heard {
    /// The body as it came.
    pub(crate) fn body(&self) -> &Bytes {
        &self.exchange.body
    }

    /// Whether it says of itself that it comes in pieces.
    pub(crate) fn is_event_stream(&self) -> bool {
        let kind = self.exchange.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/event-stream"))
    }
}

/// An answer.
pub(crate) struct Reply {
    /// The text; untrusted.
    pub(crate) text: String,
    /// Why it ended.
    pub(crate) finish: Finish,
    /// The model name in the reply.
    pub(crate) model: Option<String>,
    /// `system_fingerprint` or its like.
    pub(crate) fingerprint: Option<String>,
    /// Tokens; zero where it does not tell.
    pub(crate) usage: Usage,
    /// All of it.
    pub(crate) body: Value,
}

/// Why there was no answer.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// What an evaluation would be told.
    pub(crate) failure: Failure,
    /// The server's own words, short and harmless; empty if there were none.
    pub(crate) said: String,
    /// Whether the server wants the answer's limit in the other field.
    pub(crate) wants_other_limit: bool,
}

impl Line {
    /// Prepares; connects to nothing yet.
    pub(crate) fn new(settings: HttpSettings) -> Result<Self, HttpError> {
        let target = Target::new(settings);
        let (transport, gate) = target.way()?;
        Ok(Self { target, transport: transport.reading_at_most(LONGEST_BODY), gate })
    }

    /// Who is at the other end.
    pub(crate) fn settings(&self) -> &HttpSettings {
        &self.target.settings
    }

    /// Sends a body once. `limit` is the field of it that carries the answer's limit, of so many tokens.
    pub(crate) async fn post(
        &self,
        body: Vec<u8>,
        limit: MaxTokensField,
        tokens: u32,
    ) -> Result<Heard, Refusal> {
        let pass = self.gate.enter(gate::estimate(body.len(), tokens)).await;
        let sent = self.transport.post(body.into()).await;
        // Unsettled: what it was estimated to cost stays counted, and nothing is learned.
        drop(pass);
        let exchange = sent.map_err(|broken| Refusal::silent(failure::broken(&self.target, broken)))?;
        self.heard(exchange, limit)
    }

    /// Fetches what stands at `path` below the base URL.
    pub(crate) async fn get(&self, path: &str) -> Result<Heard, Refusal> {
        let settings = &self.target.settings;
        let uri = settings.base_url.endpoint(path).ok_or_else(|| {
            Refusal::silent(impossible(format!("{} is too long for a base URL", settings.base_url)))
        })?;
        let pass = self.gate.enter(0.0).await;
        let fetched = self.transport.get(uri).await;
        drop(pass);
        let exchange = fetched.map_err(|broken| Refusal::silent(failure::broken(&self.target, broken)))?;
        self.heard(exchange, settings.max_tokens_field)
    }

    /// Reads an answer in the dialect.
    pub(crate) fn read(&self, heard: &Heard) -> Result<Reply, Refusal> {
        let exchange = &heard.exchange;
        match self.settings().dialect.read(&exchange.body) {
            Ok(Said {
                text,
                finish,
                usage,
                model,
                fingerprint,
                tool_calls: _,
                finish_reason: _,
                logprobs: _,
                filters: _,
            }) => {
                let body = serde_json::from_slice(&exchange.body).unwrap_or_default();
                Ok(Reply { text, finish, model, fingerprint, usage, body })
            }
            Err(Unsaid::Error(error)) => Err(Refusal {
                failure: failure::refused_in_body(&self.target, exchange, &error),
                said: self.shown(&Complaint::from_object(&error).message),
                wants_other_limit: false,
            }),
            Err(Unsaid::Garbage(why)) => Err(Refusal::silent(failure::garbage(&self.target, exchange, &why))),
        }
    }

    /// What a server said, made fit for evidence: secrets masked, in one line, short.
    pub(crate) fn shown(&self, text: &str) -> String {
        presentable(text, &self.target.secrets, 160)
    }

    fn heard(&self, exchange: Exchange, limit: MaxTokensField) -> Result<Heard, Refusal> {
        if exchange.status.is_success() {
            return Ok(Heard { exchange });
        }
        let (failure, next) = failure::refused(&self.target, &exchange, limit);
        let said = self.shown(&Complaint::read(&exchange.body).message);
        Err(Refusal { failure, said, wants_other_limit: next != limit })
    }
}

impl Refusal {
    fn silent(failure: Failure) -> Self {
        Self { failure, said: String::new(), wants_other_limit: false }
    }
}
