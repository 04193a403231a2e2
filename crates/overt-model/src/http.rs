//! Systems behind HTTP: any server that speaks the OpenAI chat-completions dialect.

mod complaint;
mod failure;
mod pause;
mod transport;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use overt_eval::{Capabilities, System};
use overt_schema::{
    Digest, Failure, FailureKind, Finish, Observed, Reach, Request, Response, Retry, Served, SystemIdentity,
};
use serde::Deserialize;

pub(crate) use self::transport::causes;
use self::transport::{Exchange, Transport};
use self::wire::{ChatBody, Choice, Reply};
use crate::base_url::BaseUrl;
use crate::secret::Secret;

/// Attempts that suit a service: with the engine's pauses, about half a minute of trouble is sat out.
const MAX_ATTEMPTS: u32 = 8;
/// Different model names, or fingerprints, that are counted one by one; a server that makes one up for every reply
/// must not fill the memory.
const MOST_OBSERVED: usize = 100;
const OTHERS: &str = "(others)";

/// What is needed to ask a system over HTTP.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The name by which it was asked for.
    pub name: String,
    /// The model name that requests carry.
    pub model: String,
    /// Where `/chat/completions` stands.
    pub base_url: BaseUrl,
    /// Where the key comes from; error messages name it.
    pub key: KeySource,
    /// The key, sent as `Authorization: Bearer …`.
    pub bearer: Option<Secret>,
    /// More headers.
    pub headers: Vec<(String, Secret)>,
    /// Time limits.
    pub timeouts: Timeouts,
    /// Requests in flight at most, unless the user says.
    pub concurrency: usize,
    /// Which field carries the answer's limit.
    pub max_tokens_field: MaxTokensField,
    /// Settings that are not sent, since the system does not take them. The identity says so.
    pub omit: Vec<Setting>,
}

impl HttpSettings {
    /// Settings for a server that wants no key, with the usual limits.
    pub fn new(name: impl Into<String>, model: impl Into<String>, base_url: BaseUrl) -> Self {
        Self {
            name: name.into(),
            model: model.into(),
            base_url,
            key: KeySource::None { advice: "define the system in overt.toml with `api_key_env`".into() },
            bearer: None,
            headers: Vec::new(),
            timeouts: Timeouts::default(),
            concurrency: 16,
            max_tokens_field: MaxTokensField::default(),
            omit: Vec::new(),
        }
    }
}

/// Where a key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// An environment variable.
    Variable(String),
    /// Nowhere.
    None {
        /// How to give one, for the message that tells that the server wants one.
        advice: String,
    },
}

/// Time limits of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For the connection.
    pub connect: Duration,
    /// Until the answer begins.
    pub first_byte: Duration,
    /// For all of it.
    pub whole: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(60),
            whole: Duration::from_secs(300),
        }
    }
}

/// The field of a request that limits the answer's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaxTokensField {
    /// `max_tokens`, which nearly every server takes. Where a server says that it does not, the other is used.
    #[default]
    MaxTokens,
    /// `max_completion_tokens`, which reasoning models of OpenAI want.
    MaxCompletionTokens,
}

/// A setting of generation that a system may not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// Sampling temperature.
    Temperature,
    /// Nucleus sampling.
    TopP,
    /// Sampling among the most probable.
    TopK,
    /// Stop texts.
    Stop,
    /// Seed.
    Seed,
}

impl Setting {
    fn as_str(self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::TopP => "top_p",
            Self::TopK => "top_k",
            Self::Stop => "stop",
            Self::Seed => "seed",
        }
    }
}

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

/// A system behind HTTP. Cheap to ask: see the crate's `client_cost` example.
pub struct HttpSystem {
    target: Target,
    transport: Transport,
    /// Whether the server turned out to want `max_completion_tokens`.
    switched: AtomicBool,
    observed: Mutex<Observed>,
}

impl HttpSystem {
    /// Prepares; connects to nothing yet.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub fn new(settings: HttpSettings) -> Result<Self, HttpError> {
        let headers = headers(&settings)?;
        let secrets = settings.bearer.iter().chain(settings.headers.iter().map(|(_, value)| value)).cloned();
        let secrets = secrets.collect();
        let endpoint = settings.base_url.endpoint("/chat/completions");
        let endpoint = endpoint.ok_or_else(|| HttpError::BaseUrl(settings.base_url.to_string()))?;
        let transport =
            Transport::new(endpoint, headers, settings.timeouts).map_err(HttpError::Certificates)?;
        let target = Target { settings, secrets };
        Ok(Self { target, transport, switched: AtomicBool::new(false), observed: Mutex::default() })
    }

    async fn ask(&self, request: Request) -> Result<Response, Failure> {
        let field = self.max_tokens_field();
        let settings = &self.target.settings;
        let body = ChatBody::new(&settings.model, &request, field, &settings.omit).to_bytes();
        let body = body.map_err(|error| unwritable(&error))?;
        let request_digest = Digest::of(&body);
        self.note_request();
        let exchange = match self.transport.post(body.into()).await {
            Ok(exchange) => exchange,
            Err(broken) => return Err(failure::broken(&self.target, broken)),
        };
        if !exchange.status.is_success() {
            let (failure, next_field) = failure::refused(&self.target, &exchange, field);
            self.switched.fetch_or(next_field != field, Ordering::Relaxed);
            return Err(failure);
        }
        self.read(&exchange, request_digest)
    }

    fn read(&self, exchange: &Exchange, request_digest: Digest) -> Result<Response, Failure> {
        let garbage = |why: &str| failure::garbage(&self.target, exchange, why);
        let reply: Reply =
            serde_json::from_slice(&exchange.body).map_err(|error| garbage(&error.to_string()))?;
        if let Some(error) = &reply.error {
            return Err(failure::refused_in_body(&self.target, exchange, error));
        }
        let choice = reply.choices.and_then(|choices| choices.into_iter().next());
        let Choice { finish_reason, message } = choice.ok_or_else(|| garbage("it has no choices"))?;
        let (text, finish) = match message.refusal.filter(|refusal| !refusal.is_empty()) {
            Some(refusal) => (refusal, Finish::Refusal),
            None => (message.content, wire::finish(finish_reason.as_deref())),
        };
        let served = Served {
            model: reply.model,
            fingerprint: reply.system_fingerprint,
            request_id: failure::request_id(&exchange.headers),
        };
        self.note_reply(&served);
        let usage = reply.usage.unwrap_or_default().into();
        Ok(Response { text, finish, finish_reason, usage, served, request_digest })
    }

    fn max_tokens_field(&self) -> MaxTokensField {
        match self.target.settings.max_tokens_field {
            MaxTokensField::MaxTokens if self.switched.load(Ordering::Relaxed) => {
                MaxTokensField::MaxCompletionTokens
            }
            configured => configured,
        }
    }

    fn observed(&self) -> MutexGuard<'_, Observed> {
        // Counts stay meaningful whatever happened to another thread.
        self.observed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_request(&self) {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        let mut observed = self.observed();
        observed.first_request_ms.get_or_insert(now);
        observed.last_request_ms = Some(now);
    }

    fn note_reply(&self, served: &Served) {
        let mut observed = self.observed();
        count(&mut observed.models, served.model.as_deref());
        count(&mut observed.fingerprints, served.fingerprint.as_deref());
    }
}

impl System for HttpSystem {
    fn identity(&self) -> SystemIdentity {
        let settings = &self.target.settings;
        let mut details = BTreeMap::from([("dialect".to_owned(), "openai chat completions".to_owned())]);
        if self.max_tokens_field() == MaxTokensField::MaxCompletionTokens {
            details.insert("max_tokens".into(), "sent as max_completion_tokens".into());
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
            observed: self.observed().clone(),
        }
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            concurrency: self.target.settings.concurrency,
            max_attempts: MAX_ATTEMPTS,
            context_tokens: None,
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

fn unwritable(error: &serde_json::Error) -> Failure {
    Failure {
        kind: FailureKind::Rejected,
        message: format!("the request cannot be written as JSON: {error}"),
        retry: Retry::Never,
        status: None,
        request_id: None,
    }
}

/// Counts a name that a reply gave.
fn count(seen: &mut BTreeMap<String, u64>, name: Option<&str>) {
    let Some(name) = name else { return };
    if let Some(times) = seen.get_mut(name) {
        *times += 1;
        return;
    }
    let name = if seen.len() < MOST_OBSERVED { name.chars().take(200).collect() } else { OTHERS.to_owned() };
    *seen.entry(name).or_insert(0) += 1;
}

/// The headers of every request, made once.
fn headers(settings: &HttpSettings) -> Result<HeaderMap, HttpError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("overt/", env!("CARGO_PKG_VERSION"))));
    if let Some(bearer) = &settings.bearer {
        let from = match &settings.key {
            KeySource::Variable(variable) => format!("${variable}"),
            KeySource::None { .. } => "the configuration".to_owned(),
        };
        let value = HeaderValue::from_str(&format!("Bearer {}", bearer.expose()));
        headers.insert(AUTHORIZATION, sensitive(value.map_err(|_invalid| HttpError::Key(from))?));
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
