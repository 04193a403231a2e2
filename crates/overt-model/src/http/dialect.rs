//! How servers are spoken to: where the endpoint stands, how a key is shown, how a request is written and a reply
//! read. Everything else of [`HttpSystem`](super::HttpSystem) is the same for all.

use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};
use overt_schema::{FilterNote, Finish, FirstToken, Request, ToolCall, Usage};
use serde::Deserialize;

use super::gate::{self, Names};
use super::{HttpSettings, MaxTokensField, Setting, anthropic, openai, picture};

/// A way of speaking to a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// OpenAI's chat completions, which nearly every server speaks.
    #[default]
    OpenAi,
    /// The same on Azure: the key in another header, the deployment and the API's version in the address.
    Azure,
    /// The same at Mistral: the seed has another name.
    Mistral,
    /// Anthropic's Messages.
    Anthropic,
}

/// A reply, as far as it matters.
#[derive(Debug, PartialEq)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) tool_calls: Vec<ToolCall>,
    pub(super) finish: Finish,
    pub(super) finish_reason: Option<String>,
    pub(super) usage: Usage,
    pub(super) model: Option<String>,
    pub(super) fingerprint: Option<String>,
    pub(super) logprobs: Option<FirstToken>,
    pub(super) filters: Vec<FilterNote>,
}

/// Why a body with status 200 is no reply.
#[derive(Debug, PartialEq)]
pub(super) enum Unsaid {
    /// It is something else.
    Garbage(String),
    /// It reports an error.
    Error(serde_json::Value),
}

impl From<serde_json::Error> for Unsaid {
    fn from(error: serde_json::Error) -> Self {
        Self::Garbage(error.to_string())
    }
}

impl Dialect {
    /// Where the endpoint stands below the base URL.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::OpenAi | Self::Azure | Self::Mistral => "/chat/completions",
            Self::Anthropic => "/messages",
        }
    }

    /// The header that carries the key, and what stands before it there.
    pub(super) fn key_header(self) -> (HeaderName, &'static str) {
        match self {
            Self::OpenAi | Self::Mistral => (AUTHORIZATION, "Bearer "),
            Self::Azure => (HeaderName::from_static("api-key"), ""),
            Self::Anthropic => (HeaderName::from_static("x-api-key"), ""),
        }
    }

    /// Headers that every request carries.
    pub(super) fn headers(self) -> &'static [(HeaderName, HeaderValue)] {
        match self {
            Self::OpenAi | Self::Azure | Self::Mistral => &[],
            Self::Anthropic => &anthropic::HEADERS,
        }
    }

    /// Headers that tell what is left of rate limits.
    pub(super) fn rate_limits(self) -> &'static [Names; 2] {
        match self {
            Self::OpenAi | Self::Azure | Self::Mistral => &gate::USUAL,
            Self::Anthropic => &gate::ANTHROPIC,
        }
    }

    /// Settings that the interface has no place for, as far as anybody can say without asking a model.
    pub(crate) fn unsettable(self) -> &'static [Setting] {
        match self {
            Self::OpenAi | Self::Azure => &[],
            Self::Mistral => &[Setting::TopK, Setting::Logprobs],
            Self::Anthropic => &[
                Setting::Temperature,
                Setting::TopP,
                Setting::TopK,
                Setting::Seed,
                Setting::Logprobs,
                Setting::Schema,
            ],
        }
    }

    /// Settings that no model behind the interface can take, since it has no word for them.
    pub(crate) fn is_unknown(self, setting: Setting) -> bool {
        match self {
            Self::OpenAi | Self::Azure => false,
            Self::Mistral => setting == Setting::TopK,
            Self::Anthropic => matches!(setting, Setting::Seed | Setting::Logprobs | Setting::Schema),
        }
    }

    /// The dialect's name in a system's identity.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai chat completions",
            Self::Azure => "azure openai chat completions",
            Self::Mistral => "mistral chat completions",
            Self::Anthropic => anthropic::NAME,
        }
    }

    /// What a reply is called.
    pub(super) fn reply(self) -> &'static str {
        match self {
            Self::OpenAi | Self::Azure | Self::Mistral => "a chat completion",
            Self::Anthropic => "a message",
        }
    }

    /// Writes the body of a request.
    pub(super) fn write(
        self,
        settings: &HttpSettings,
        limit: MaxTokensField,
        request: &Request,
    ) -> Result<Vec<u8>, serde_json::Error> {
        let text: usize = request.messages.iter().map(|message| message.content.len() + 40).sum();
        // An eighth more for escapes: one allocation for nearly every prompt.
        let mut bytes = Vec::with_capacity(256 + text + text / 8 + picture::encoded_bytes(&request.messages));
        match self {
            Self::OpenAi | Self::Azure | Self::Mistral => {
                serde_json::to_writer(&mut bytes, &openai::ChatBody::new(settings, limit, request))?;
            }
            Self::Anthropic => {
                serde_json::to_writer(&mut bytes, &anthropic::MessagesBody::new(settings, request))?;
            }
        }
        Ok(bytes)
    }

    /// Reads the body of a reply with status 200.
    pub(super) fn read(self, body: &[u8]) -> Result<Said, Unsaid> {
        match self {
            Self::OpenAi | Self::Azure | Self::Mistral => openai::read(body),
            Self::Anthropic => anthropic::read(body),
        }
    }
}
