//! What is asked of a system and what comes back.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Digest, FilterNote, FirstToken, Generation, Message, ToolCall, ToolDefinition};

/// One question to a system: a conversation and how to continue it.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The conversation so far; the last message is the user's or a tool's.
    pub messages: Vec<Message>,
    /// The tools that the system may ask for.
    pub tools: Vec<ToolDefinition>,
    /// JSON Schema that the answer should fit, for systems that can be held to one; others are told in words.
    pub schema: Option<serde_json::Value>,
    /// How to generate. Its seed is set by whoever runs the task.
    pub generation: Generation,
}

/// Tokens that a request cost, where the system tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Usage {
    /// Tokens read, cached ones included.
    pub prompt_tokens: u64,
    /// Tokens written, reasoning included.
    pub completion_tokens: u64,
    /// Tokens read that the system had computed before.
    #[serde(skip_serializing_if = "is_zero")]
    pub cached_tokens: u64,
    /// Tokens written that are reasoning and not part of the answer.
    #[serde(skip_serializing_if = "is_zero")]
    pub reasoning_tokens: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this signature")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl std::ops::AddAssign for Usage {
    /// Saturates: counts come from servers, which may say anything.
    fn add_assign(&mut self, other: Self) {
        self.prompt_tokens = self.prompt_tokens.saturating_add(other.prompt_tokens);
        self.completion_tokens = self.completion_tokens.saturating_add(other.completion_tokens);
        self.cached_tokens = self.cached_tokens.saturating_add(other.cached_tokens);
        self.reasoning_tokens = self.reasoning_tokens.saturating_add(other.reasoning_tokens);
    }
}

/// Why a system stopped writing, in the field's common terms. The raw word is kept beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The answer is complete.
    Stop,
    /// The answer reached `max_tokens`.
    Length,
    /// A filter of the provider cut or withheld the answer.
    ContentFilter,
    /// The provider marked the answer as a refusal.
    Refusal,
    /// The system asked for a tool.
    ToolCalls,
    /// The provider said nothing, or something unknown.
    Unknown,
}

impl Finish {
    /// What a provider means by its word, of those that the servers of all dialects use. What follows a colon is a remark.
    pub fn of_reason(reason: &str) -> Self {
        match reason.split_once(": ").map_or(reason, |(word, _)| word) {
            "stop" | "eos" | "eos_token" | "stop_sequence" | "end_turn" => Self::Stop,
            // An answer that fills the context is cut off like one that fills `max_tokens`.
            "length" | "max_tokens" | "model_length" | "model_context_window_exceeded" => Self::Length,
            "content_filter" => Self::ContentFilter,
            "refusal" => Self::Refusal,
            "tool_calls" | "function_call" | "tool_use" => Self::ToolCalls,
            _ => Self::Unknown,
        }
    }
}

/// What a provider says about who served a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Served {
    /// The model name in the reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// `system_fingerprint` or its like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The provider's id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Whether the answer was given before and comes from overt's own cache: it cost nothing now.
    #[serde(skip_serializing_if = "is_false")]
    pub cached: bool,
    /// What the provider's content filter found in the last turn, where the provider tells.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<FilterNote>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this signature")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// A system's reply to a [`Request`].
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The text; untrusted.
    pub text: String,
    /// The tools that it asks for; untrusted too.
    pub tool_calls: Vec<ToolCall>,
    /// Why it ended.
    pub finish: Finish,
    /// The provider's own word for [`Response::finish`].
    pub finish_reason: Option<String>,
    /// Tokens, as the system reported them; of a cached answer those of the time when it was given.
    pub usage: Usage,
    /// Who served it.
    pub served: Served,
    /// Digest of the request as sent (the HTTP body, or the rendered prompt and settings).
    pub request_digest: Digest,
    /// How probable its first token was, if [`Generation::logprobs`] asked for it and the system says.
    pub logprobs: Option<FirstToken>,
}

impl Request {
    /// Continue this conversation; no tools are offered.
    pub fn new(messages: Vec<Message>, generation: Generation) -> Self {
        Self { messages, tools: Vec::new(), schema: None, generation }
    }
}

impl Response {
    /// A complete answer of which nothing but the text is known.
    pub fn of_text(text: impl Into<String>, request_digest: Digest) -> Self {
        Self {
            text: text.into(),
            tool_calls: Vec::new(),
            logprobs: None,
            finish: Finish::Stop,
            finish_reason: None,
            usage: Usage::default(),
            served: Served::default(),
            request_digest,
        }
    }

    /// The tokens that are paid for now: none for a cached answer.
    pub fn spent(&self) -> Usage {
        if self.served.cached { Usage::default() } else { self.usage }
    }
}

/// What kind of thing went wrong with one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// No answer within the time allowed.
    Timeout,
    /// The provider asks to slow down (429).
    RateLimited,
    /// The provider failed or answered garbage (5xx, broken JSON, connection lost).
    Provider,
    /// The conversation does not fit the system's context.
    ContextExceeded,
    /// A filter refused the request.
    ContentFiltered,
    /// The request itself is wrong: key, model name, parameter. Every sample would meet it.
    Rejected,
}

/// Whether asking again can help.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Retry {
    /// It cannot.
    Never,
    /// After a growing pause of the caller's choice.
    Backoff,
    /// After the pause that the provider named, in seconds.
    After(f64),
}

/// One attempt that brought no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What kind.
    pub kind: FailureKind,
    /// For people: what happened, without secrets.
    pub message: String,
    /// Whether to ask again.
    pub retry: Retry,
    /// The HTTP status, if there was one.
    pub status: Option<u16>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
}

/// What became of a sample. Metrics state their denominator with and without those that brought no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A complete answer.
    Ok,
    /// The provider marked the answer as a refusal (a refusal in words is the refusal scorer's business).
    Refused,
    /// A filter withheld the answer.
    ContentFiltered,
    /// The answer reached `max_tokens`.
    Truncated,
    /// The conversation did not fit.
    ContextExceeded,
    /// No scorer could read the answer.
    InvalidFormat,
    /// A tool failed.
    ToolError,
    /// No answer in time.
    Timeout,
    /// The provider kept asking to slow down.
    RateLimited,
    /// The provider failed.
    ProviderError,
    /// It was never asked.
    Skipped,
}

impl Outcome {
    /// Every outcome, in the order of the documentation.
    pub const ALL: [Self; 11] = [
        Self::Ok,
        Self::Refused,
        Self::ContentFiltered,
        Self::Truncated,
        Self::ContextExceeded,
        Self::InvalidFormat,
        Self::ToolError,
        Self::Timeout,
        Self::RateLimited,
        Self::ProviderError,
        Self::Skipped,
    ];

    /// The word used in files and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::ContentFiltered => "content_filtered",
            Self::Truncated => "truncated",
            Self::ContextExceeded => "context_exceeded",
            Self::InvalidFormat => "invalid_format",
            Self::ToolError => "tool_error",
            Self::Timeout => "timeout",
            Self::RateLimited => "rate_limited",
            Self::ProviderError => "provider_error",
            Self::Skipped => "skipped",
        }
    }

    /// Whether there is a text to score.
    pub fn has_answer(self) -> bool {
        matches!(self, Self::Ok | Self::Refused | Self::Truncated | Self::InvalidFormat)
    }
}

impl From<FailureKind> for Outcome {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Timeout => Self::Timeout,
            FailureKind::RateLimited => Self::RateLimited,
            FailureKind::Provider | FailureKind::Rejected => Self::ProviderError,
            FailureKind::ContextExceeded => Self::ContextExceeded,
            FailureKind::ContentFiltered => Self::ContentFiltered,
        }
    }
}

/// One attempt at a request, as recorded: failed ones too, since leaving them out would bias what is published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attempt {
    /// Milliseconds since the Unix epoch at which it began.
    pub started_ms: u64,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
    /// What went wrong; `None` for the attempt that brought the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureKind>,
    /// What the failure said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The HTTP status of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The provider's id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// What came back for one sample in one epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// What became of it.
    pub outcome: Outcome,
    /// What scorers see of the last turn: its text, and after it the calls of tools, if there are any, as JSON
    /// ([`ToolCall::with_words`]); `None` if there was none.
    pub output: Option<String>,
    /// The tools that the last turn asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// The provider's own word for why it stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    /// Tokens of all turns.
    pub usage: Usage,
    /// Who served the last turn.
    pub served: Served,
    /// Digest of the last request as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_digest: Option<Digest>,
    /// Every attempt, in order.
    pub attempts: Vec<Attempt>,
    /// What the last failure said, when there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How probable the first token of the last turn was, if that was asked for and the system says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<FirstToken>,
}

impl Answer {
    /// The tokens that were paid for: none if every turn was answered from the cache.
    pub fn spent(&self) -> Usage {
        if self.served.cached { Usage::default() } else { self.usage }
    }

    /// A complete answer of which nothing but the text is known.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Ok,
            output: Some(text.into()),
            tool_calls: Vec::new(),
            finish_reason: None,
            usage: Usage::default(),
            served: Served::default(),
            request_digest: None,
            attempts: Vec::new(),
            error: None,
            logprobs: None,
        }
    }
}

/// Counts by outcome.
pub type Outcomes = BTreeMap<Outcome, u64>;
