//! Systems behind HTTP: any server that speaks one of the [dialects](Dialect).
//!
//! A request passes the [`gate`] (rate limits, adaptive concurrency), is written in the dialect, goes over the
//! [`transport`], and comes back as a response or as a [`failure`] that says whether asking again can help.

mod anthropic;
mod complaint;
mod dialect;
mod failure;
mod filters;
mod gate;
mod line;
mod logprobs;
mod observed;
mod openai;
mod pause;
mod picture;
mod settings;
mod transport;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use overt_eval::{Capabilities, System};
use overt_schema::{
    Digest, Failure, FailureKind, Feature, Probe, Reach, Request, Response, Retry, Served, SystemIdentity,
    Verdict,
};

pub use self::dialect::Dialect;
use self::dialect::{Said, Unsaid};
use self::gate::{End, Gate};
pub(crate) use self::line::{Heard, Line, Refusal, Reply};
use self::observed::Observations;
pub use self::settings::{HttpSettings, KeySource, Limits, MaxTokensField, Setting, Timeouts};
pub(crate) use self::transport::causes;
use self::transport::{Exchange, Transport};
use crate::secret::Secret;

/// Attempts that suit a service: with the engine's pauses, about half a minute of trouble is sat out.
const MAX_ATTEMPTS: u32 = 8;
/// Requests in flight that suit a service of which nothing is known.
const CONCURRENCY: usize = 16;

/// Why a system cannot be asked over HTTP at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// A header has a name or value that HTTP does not allow.
    #[error("the header {0:?} has a name or a value that HTTP does not allow")]
    Header(String),
    /// The key has characters that no header can carry.
    #[error("the key from {0} has characters that no HTTP header can carry; was it copied whole, and alone?")]
    Key(String),
    /// No address can be made of the base URL.
    #[error("{0} is too long for a base URL")]
    BaseUrl(String),
    /// The platform's certificates cannot be read.
    #[error("the certificates that this machine trusts cannot be read ({0}); https needs them")]
    Certificates(String),
}

/// Who is asked, and what no message about it may show.
struct Target {
    settings: HttpSettings,
    secrets: Vec<Secret>,
}

impl Target {
    fn new(settings: HttpSettings) -> Self {
        let secrets = settings.secret.iter().chain(settings.headers.iter().map(|(_, value)| value)).cloned();
        Self { secrets: secrets.collect(), settings }
    }

    /// The way there, and the gate before it.
    fn way(&self) -> Result<(Transport, Gate), HttpError> {
        let settings = &self.settings;
        let headers = headers(settings)?;
        let endpoint = settings.base_url.endpoint(settings.dialect.path());
        let endpoint = endpoint.ok_or_else(|| HttpError::BaseUrl(settings.base_url.to_string()))?;
        let transport = Transport::new(endpoint, headers, settings.timeouts);
        let gate = Gate::new(&settings.limits, settings.dialect.rate_limits());
        Ok((transport.map_err(HttpError::Certificates)?, gate))
    }
}

/// A system behind HTTP. Cheap to ask: see the crate's `client_cost` example.
pub struct HttpSystem {
    target: Target,
    transport: Transport,
    gate: Gate,
    /// Whether the server turned out to want `max_completion_tokens`.
    switched: AtomicBool,
    observed: Observations,
    probe: Option<Probe>,
}

impl HttpSystem {
    /// Prepares; connects to nothing yet.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub fn new(settings: HttpSettings) -> Result<Self, HttpError> {
        let target = Target::new(settings);
        let (transport, gate) = target.way()?;
        Ok(Self {
            target,
            transport,
            gate,
            switched: AtomicBool::new(false),
            observed: Observations::default(),
            probe: None,
        })
    }

    /// The same; its identity says what a probe found.
    #[must_use]
    pub fn probed(self, probe: Option<Probe>) -> Self {
        Self { probe, ..self }
    }

    async fn ask(&self, request: Request) -> Result<Response, Failure> {
        let field = self.max_tokens_field();
        let settings = &self.target.settings;
        let body = settings.dialect.write(settings, field, &request);
        let body: Bytes = body
            .map_err(|error| impossible(format!("the request cannot be written as JSON: {error}")))?
            .into();
        let request_digest = Digest::of(&body);
        let weight = picture::weight(body.len(), &request.messages);
        let pass = self.gate.enter(gate::estimate(weight, request.generation.max_tokens)).await;
        self.observed.note_request();
        match self.transport.post(body).await {
            Ok(exchange) => {
                let result = self.read(&exchange, field, request_digest, request.generation.logprobs);
                pass.settle(End::of(&result), Some(&exchange.headers));
                result
            }
            Err(broken) => {
                let failure = Err(failure::broken(&self.target, broken));
                pass.settle(End::of(&failure), None);
                failure
            }
        }
    }

    fn read(
        &self,
        exchange: &Exchange,
        field: MaxTokensField,
        request_digest: Digest,
        asked: Option<u32>,
    ) -> Result<Response, Failure> {
        if !exchange.status.is_success() {
            let (failure, next_field) = failure::refused(&self.target, exchange, field);
            self.switched.fetch_or(next_field != field, Ordering::Relaxed);
            return Err(failure);
        }
        let Said { text, tool_calls, finish, finish_reason, usage, model, fingerprint, logprobs, filters } =
            match self.target.settings.dialect.read(&exchange.body) {
                Ok(said) => said,
                Err(Unsaid::Error(error)) => {
                    return Err(failure::refused_in_body(&self.target, exchange, &error));
                }
                Err(Unsaid::Garbage(why)) => return Err(failure::garbage(&self.target, exchange, &why)),
            };
        let request_id = failure::request_id(&exchange.headers);
        let served = Served { model, fingerprint, request_id, cached: false, filters };
        self.observed.note_reply(&served);
        let logprobs = logprobs.and_then(|first| first.as_asked(asked));
        Ok(Response { text, tool_calls, finish, finish_reason, usage, served, request_digest, logprobs })
    }

    fn was_seen_without_logprobs(&self) -> bool {
        let finding = self.probe.as_ref().and_then(|probe| probe.finding(Feature::Logprobs));
        finding.is_some_and(|finding| finding.verdict == Verdict::No)
    }

    fn max_tokens_field(&self) -> MaxTokensField {
        match self.target.settings.max_tokens_field {
            MaxTokensField::MaxTokens if self.switched.load(Ordering::Relaxed) => {
                MaxTokensField::MaxCompletionTokens
            }
            configured => configured,
        }
    }
}

impl System for HttpSystem {
    fn identity(&self) -> SystemIdentity {
        let settings = &self.target.settings;
        let mut details = BTreeMap::from([("dialect".to_owned(), settings.dialect.name().to_owned())]);
        if self.max_tokens_field() == MaxTokensField::MaxCompletionTokens {
            details.insert("max_tokens".into(), "sent as max_completion_tokens".into());
        }
        for setting in &settings.unsettable {
            details.insert(setting.as_str().into(), "not settable: the interface has no place for it".into());
        }
        for setting in &settings.omit {
            details.insert(setting.as_str().into(), "not sent: configured as not taken by the system".into());
        }
        if !settings.headers.is_empty() {
            let names: Vec<&str> = settings.headers.iter().map(|(name, _)| name.as_str()).collect();
            details.insert("headers".into(), names.join(", "));
        }
        SystemIdentity {
            name: settings.name.clone(),
            reach: Reach::Api,
            model: settings.model.clone(),
            base_url: Some(settings.base_url.to_string()),
            artefact: None,
            engine: None,
            system_prompt: None,
            details,
            probe: self.probe.clone(),
            observed: self.observed.so_far(),
        }
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            concurrency: self.target.settings.limits.concurrency.unwrap_or(CONCURRENCY),
            max_attempts: MAX_ATTEMPTS,
            context_tokens: None,
            tools: true,
            images: true,
            logprobs: self.target.settings.sends(Setting::Logprobs) && !self.was_seen_without_logprobs(),
        }
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        self.ask(request).boxed()
    }
}

impl fmt::Debug for HttpSystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSystem").field("settings", &self.target.settings).finish_non_exhaustive()
    }
}

/// Nothing can be sent.
fn impossible(message: String) -> Failure {
    Failure { kind: FailureKind::Rejected, message, retry: Retry::Never, status: None, request_id: None }
}

/// The headers of every request, made once.
fn headers(settings: &HttpSettings) -> Result<HeaderMap, HttpError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("overt/", env!("CARGO_PKG_VERSION"))));
    headers.extend(settings.dialect.headers().iter().cloned());
    if let Some(secret) = &settings.secret {
        let from = match &settings.key {
            KeySource::Variable(variable) => format!("${variable}"),
            KeySource::None { .. } => "the configuration".to_owned(),
        };
        let (name, before) = settings.dialect.key_header();
        let value = HeaderValue::from_str(&format!("{before}{}", secret.expose()));
        headers.insert(name, sensitive(value.map_err(|_invalid| HttpError::Key(from))?));
    }
    for (name, value) in &settings.headers {
        let wrong = || HttpError::Header(name.clone());
        let parsed: HeaderName = name.parse().map_err(|_invalid| wrong())?;
        headers.insert(parsed, sensitive(HeaderValue::from_str(value.expose()).map_err(|_invalid| wrong())?));
    }
    Ok(headers)
}

/// Marked so that no `Debug` shows it and no HTTP/2 compression table keeps it.
fn sensitive(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}
