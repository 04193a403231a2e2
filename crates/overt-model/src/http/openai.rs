//! The OpenAI chat-completions dialect on the wire: what is sent, and what of the reply matters.
//!
//! Both directions are typed structs over borrowed data: an evaluation sends tens of thousands of requests, and a
//! tree of JSON values in between would cost more than all the rest of the client.

use std::fmt;

use overt_schema::{Finish, Generation, Request, ToolCall, Usage};
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::dialect::{Said, Unsaid};
use super::filters::{filtered, found};
use super::{Dialect, HttpSettings, MaxTokensField, Setting, logprobs};
use calls::{Called, Function};
use messages::{Messages, Tools};

mod calls;
mod messages;

/// The body of a request.
#[derive(Serialize)]
pub(super) struct ChatBody<'a> {
    model: &'a str,
    messages: Messages<'a>,
    #[serde(skip_serializing_if = "Tools::is_empty")]
    tools: Tools<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<u32>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    /// The seed's name at Mistral.
    #[serde(skip_serializing_if = "Option::is_none")]
    random_seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_logprobs: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    stream: bool,
}

impl<'a> ChatBody<'a> {
    pub(super) fn new(settings: &'a HttpSettings, limit: MaxTokensField, request: &'a Request) -> Self {
        let Generation { max_tokens, temperature, top_p, top_k, ref stop, seed, logprobs } =
            request.generation;
        let logprobs = logprobs.filter(|_| settings.sends(Setting::Logprobs));
        let seed = seed.filter(|_| settings.sends(Setting::Seed));
        let mistral = settings.dialect == Dialect::Mistral;
        Self {
            model: &settings.model,
            messages: Messages(&request.messages),
            tools: Tools(&request.tools),
            max_tokens: (limit == MaxTokensField::MaxTokens).then_some(max_tokens),
            max_completion_tokens: (limit == MaxTokensField::MaxCompletionTokens).then_some(max_tokens),
            temperature: settings.sends(Setting::Temperature).then_some(temperature),
            top_p: top_p.filter(|_| settings.sends(Setting::TopP)),
            top_k: top_k.filter(|_| settings.sends(Setting::TopK)),
            stop: if settings.sends(Setting::Stop) { stop } else { &[] },
            seed: seed.filter(|_| !mistral),
            random_seed: seed.filter(|_| mistral),
            logprobs: logprobs.map(|_| true),
            top_logprobs: logprobs,
            response_format: request.schema.as_ref().filter(|_| settings.sends(Setting::Schema)).map(held_to),
            stream: false,
        }
    }
}

/// What holds an answer to a JSON Schema.
#[derive(Serialize)]
struct ResponseFormat<'a> {
    r#type: &'static str,
    json_schema: NamedSchema<'a>,
}

#[derive(Serialize)]
struct NamedSchema<'a> {
    name: &'static str,
    strict: bool,
    schema: &'a Value,
}

fn held_to(schema: &Value) -> ResponseFormat<'_> {
    ResponseFormat { r#type: "json_schema", json_schema: NamedSchema { name: "reply", strict: true, schema } }
}

/// Reads a chat completion.
pub(super) fn read(body: &[u8]) -> Result<Said, Unsaid> {
    let reply: Reply = serde_json::from_slice(body)?;
    if let Some(error) = reply.error {
        return Err(Unsaid::Error(error));
    }
    let choice = reply.choices.and_then(|choices| choices.into_iter().next());
    let Choice { finish_reason, message, logprobs, content_filter_results } =
        choice.ok_or_else(|| Unsaid::Garbage("it has no choices".into()))?;
    let message = match message {
        Some(message) => message,
        // A filter that withholds an answer may leave the message out.
        None if finish_reason.as_deref() == Some("content_filter") => ReplyMessage::default(),
        None => return Err(Unsaid::Garbage("its choice has no message".into())),
    };
    let older = message.function_call.map(ToolCall::from);
    let calls = message.tool_calls.unwrap_or_default().into_iter().map(ToolCall::from);
    let tool_calls: Vec<ToolCall> = calls.chain(older).collect();
    let (text, finish) = match message.refusal.filter(|refusal| !refusal.is_empty()) {
        Some(refusal) => (refusal, Finish::Refusal),
        None => match finish_reason.as_deref().map_or(Finish::Unknown, Finish::of_reason) {
            // Not every server has a word of its own for it.
            Finish::Stop | Finish::Unknown if !tool_calls.is_empty() => (message.content, Finish::ToolCalls),
            finish => (message.content, finish),
        },
    };
    let found = found(reply.prompt_filter_results.as_ref(), content_filter_results.as_ref());
    // Which filter it was is worth a word where a filter ended the answer.
    let filters = content_filter_results.filter(|_| finish == Finish::ContentFilter);
    let finish_reason = match filters.as_ref().and_then(filtered) {
        Some(filters) => finish_reason.map(|reason| format!("{reason}: {filters}")),
        None => finish_reason,
    };
    Ok(Said {
        text,
        tool_calls,
        finish,
        finish_reason,
        usage: reply.usage.unwrap_or_default().into(),
        model: reply.model,
        fingerprint: reply.system_fingerprint,
        logprobs: logprobs.as_deref().and_then(logprobs::first_token),
        filters: found,
    })
}

/// What of a reply matters. Unknown fields are passed over unread.
#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    system_fingerprint: Option<String>,
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Option<UsageReply>,
    /// Azure's.
    #[serde(default)]
    prompt_filter_results: Option<Value>,
    /// Some gateways report a failure with status 200.
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    finish_reason: Option<String>,
    #[serde(default)]
    message: Option<ReplyMessage>,
    /// Read only if there are any: of a long answer they are many times longer than its text.
    #[serde(default)]
    logprobs: Option<Box<RawValue>>,
    /// Azure's.
    #[serde(default)]
    content_filter_results: Option<Value>,
}

/// The answer. `reasoning` and `reasoning_content` are not part of it; their tokens are in the usage.
#[derive(Default, Deserialize)]
struct ReplyMessage {
    #[serde(default, deserialize_with = "text")]
    content: String,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<Called>>,
    #[serde(default)]
    function_call: Option<Function>,
}

/// Tokens; every count may be absent or null.
#[derive(Default, Deserialize)]
struct UsageReply {
    #[serde(default)]
    prompt_tokens: Option<u64>,
    #[serde(default)]
    completion_tokens: Option<u64>,
    #[serde(default)]
    prompt_tokens_details: Option<PromptTokensDetails>,
    #[serde(default)]
    completion_tokens_details: Option<CompletionTokensDetails>,
}

#[derive(Default, Deserialize)]
struct PromptTokensDetails {
    #[serde(default)]
    cached_tokens: Option<u64>,
}

#[derive(Default, Deserialize)]
struct CompletionTokensDetails {
    #[serde(default)]
    reasoning_tokens: Option<u64>,
}

impl From<UsageReply> for Usage {
    fn from(reply: UsageReply) -> Self {
        let reasoning = reply.completion_tokens_details.and_then(|details| details.reasoning_tokens);
        Self {
            reasoning_tokens: reasoning.unwrap_or(0),
            prompt_tokens: reply.prompt_tokens.unwrap_or(0),
            completion_tokens: reply.completion_tokens.unwrap_or(0),
            cached_tokens: reply.prompt_tokens_details.and_then(|details| details.cached_tokens).unwrap_or(0),
        }
    }
}

/// A content is a text, null, or a list of parts of which the texts count.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    deserializer.deserialize_any(TextVisitor)
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, null or a list of parts")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<String, E> {
        Ok(text)
    }

    fn visit_unit<E: de::Error>(self) -> Result<String, E> {
        Ok(String::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<String, A::Error> {
        #[derive(Deserialize)]
        struct Part {
            #[serde(default)]
            text: Option<String>,
        }
        let mut whole = String::new();
        while let Some(part) = parts.next_element::<Part>()? {
            whole.push_str(part.text.as_deref().unwrap_or_default());
        }
        Ok(whole)
    }
}

#[cfg(test)]
mod tests {
    use overt_schema::{Image, Message, Role, ToolDefinition};

    use super::*;
    use crate::base_url::BaseUrl;

    fn settings(omit: &[Setting]) -> HttpSettings {
        let base_url = BaseUrl::parse("http://localhost/v1").unwrap();
        HttpSettings { omit: omit.to_vec(), ..HttpSettings::new("m", "m", base_url) }
    }

    fn written(settings: &HttpSettings, limit: MaxTokensField, request: &Request) -> String {
        String::from_utf8(settings.dialect.write(settings, limit, request).unwrap()).unwrap()
    }

    fn request(generation: Generation) -> Request {
        Request::new(vec![Message::new(Role::User, "Say \"hi\"\n")], generation)
    }

    #[test]
    fn only_what_is_set_is_sent() {
        let request = request(Generation { max_tokens: 16, ..Generation::default() });
        assert_eq!(
            written(&settings(&[]), MaxTokensField::MaxTokens, &request),
            r#"{"model":"m","messages":[{"role":"user","content":"Say \"hi\"\n"}],"max_tokens":16,"temperature":0.0,"stream":false}"#
        );
    }

    #[test]
    fn every_setting_has_its_name_in_the_dialect() {
        let request = request(Generation {
            max_tokens: 7,
            temperature: 0.5,
            top_p: Some(0.9),
            top_k: Some(40),
            stop: vec!["END".into()],
            seed: Some(u64::from(u32::MAX)),
            logprobs: Some(20),
        });
        let body = written(&settings(&[]), MaxTokensField::MaxCompletionTokens, &request);
        let value: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            value,
            serde_json::json!({
                "model": "m", "messages": [{"role": "user", "content": "Say \"hi\"\n"}], "max_completion_tokens": 7,
                "temperature": 0.5, "top_p": 0.9, "top_k": 40, "stop": ["END"], "seed": u32::MAX, "logprobs": true,
                "top_logprobs": 20, "stream": false,
            })
        );
        let omit = [
            Setting::Temperature,
            Setting::TopP,
            Setting::TopK,
            Setting::Stop,
            Setting::Seed,
            Setting::Logprobs,
        ];
        let body = written(&settings(&omit), MaxTokensField::MaxTokens, &request);
        let value: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            value.as_object().unwrap().keys().collect::<Vec<_>>(),
            ["model", "messages", "max_tokens", "stream"]
        );
    }

    #[test]
    fn mistral_has_its_own_name_for_the_seed_and_none_for_top_k() {
        let request = request(Generation { seed: Some(9), top_k: Some(4), ..Generation::default() });
        let body = written(&settings(&[]).speaking(Dialect::Mistral), MaxTokensField::MaxTokens, &request);
        assert!(body.contains(r#""random_seed":9,"#) && !body.contains(r#""seed""#), "{body}");
        assert!(!body.contains("top_k"), "{body}");
    }

    #[test]
    fn tools_calls_results_and_images_have_their_places() {
        let call = |id: &str, arguments: &str| ToolCall {
            id: id.into(),
            name: "f".into(),
            arguments: arguments.into(),
        };
        let image = Image::new(b"GIF89a".to_vec()).unwrap();
        let mut request = Request::new(
            vec![
                Message { images: vec![image.clone()], ..Message::new(Role::User, "What?") },
                Message { tool_calls: vec![call("1", "{\"a\": 1}")], ..Message::new(Role::Assistant, "") },
                Message { tool_call_id: Some("1".into()), ..Message::new(Role::Tool, "42") },
                Message { tool_calls: vec![call("2", "{}")], ..Message::new(Role::Assistant, "Hm.") },
                Message { tool_call_id: Some("2".into()), ..Message::new(Role::Tool, "") },
                Message { images: vec![image], ..Message::new(Role::User, "") },
            ],
            Generation::default(),
        );
        request.tools = vec![ToolDefinition {
            name: "f".into(),
            description: Some("F".into()),
            parameters: serde_json::from_str(r#"{"type":"object"}"#).unwrap(),
        }];
        let body: Value =
            serde_json::from_str(&written(&settings(&[]), MaxTokensField::MaxTokens, &request)).unwrap();
        let called = |id: &str, arguments: &str| serde_json::json!([{"id": id, "type": "function", "function": {"name": "f", "arguments": arguments}}]);
        let picture =
            serde_json::json!({"type": "image_url", "image_url": {"url": "data:image/gif;base64,R0lGODlh"}});
        assert_eq!(
            body["messages"],
            serde_json::json!([
                {"role": "user", "content": [picture, {"type": "text", "text": "What?"}]},
                {"role": "assistant", "content": null, "tool_calls": called("1", "{\"a\": 1}")},
                {"role": "tool", "tool_call_id": "1", "content": "42"},
                {"role": "assistant", "content": "Hm.", "tool_calls": called("2", "{}")},
                {"role": "tool", "tool_call_id": "2", "content": ""},
                {"role": "user", "content": [picture]},
            ])
        );
        assert_eq!(
            body["tools"],
            serde_json::json!([
                {"type": "function", "function": {"name": "f", "description": "F", "parameters": {"type": "object"}}}
            ])
        );
    }

    #[test]
    fn an_image_without_its_bytes_is_not_sent() {
        let mut image = Image::new(b"GIF89a".to_vec()).unwrap();
        image.forget();
        let message = Message { images: vec![image], ..Message::new(Role::User, "What?") };
        let request = Request::new(vec![message], Generation::default());
        for dialect in [Dialect::OpenAi, Dialect::Anthropic] {
            let settings = settings(&[]).speaking(dialect);
            let error = dialect.write(&settings, MaxTokensField::MaxTokens, &request).unwrap_err();
            assert!(error.to_string().contains("not at hand"), "{error}");
        }
    }

    #[test]
    fn calls_are_read_whatever_their_arguments_are() {
        let said = |message: &str, reason: &str| {
            read(format!(r#"{{"choices":[{{"finish_reason":{reason},"message":{message}}}]}}"#).as_bytes())
                .unwrap()
        };
        let calls = r#"{"content":null,"tool_calls":[
            {"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\": 1}"}},
            {"id":"b","function":{"name":"f","arguments":"{\"x\": "}},
            {"id":null,"function":{"name":"f","arguments":{"x":1}}},
            {"function":{"name":null,"arguments":null}},{}]}"#;
        for reason in ["\"tool_calls\"", "\"stop\"", "null"] {
            let said = said(calls, reason);
            assert_eq!((said.finish, said.text.as_str()), (Finish::ToolCalls, ""));
            let calls: Vec<_> = said.tool_calls.iter().map(|c| (&*c.id, &*c.name, &*c.arguments)).collect();
            assert_eq!(
                calls,
                [
                    ("a", "f", "{\"x\": 1}"),
                    ("b", "f", "{\"x\": "),
                    ("", "f", "{\"x\":1}"),
                    ("", "", ""),
                    ("", "", "")
                ]
            );
        }
        assert_eq!(said(calls, "\"length\"").finish, Finish::Length);
        let older =
            said(r#"{"content":"Hm.","function_call":{"name":"g","arguments":"{}"}}"#, "\"function_call\"");
        assert_eq!((older.tool_calls[0].name.as_str(), older.text.as_str()), ("g", "Hm."));
        let none = said(r#"{"content":"Hi","tool_calls":null,"function_call":null}"#, "\"stop\"");
        assert_eq!((none.finish, none.tool_calls.len()), (Finish::Stop, 0));
        assert!(matches!(
            read(br#"{"choices":[{"message":{"content":"","tool_calls":"f()"}}]}"#),
            Err(Unsaid::Garbage(_))
        ));
    }

    #[test]
    fn a_choice_without_a_message_is_an_answer_only_if_a_filter_withheld_it() {
        let azure = br#"{"choices":[{"finish_reason":"content_filter","message":{"content":"Well"},
            "content_filter_results":{"self_harm":{"filtered":true,"severity":"medium"},"hate":{"filtered":false}}}]}"#;
        let said = read(azure).unwrap();
        assert_eq!(said.finish_reason.as_deref(), Some("content_filter: self_harm (medium)"));
        let whole = br#"{"choices":[{"finish_reason":"stop","message":{"content":"Well"},
            "content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}]}"#;
        let said = read(whole).unwrap();
        assert_eq!((said.finish_reason.as_deref(), said.filters), (Some("stop"), Vec::new()));
        let said = read(br#"{"choices":[{"finish_reason":"content_filter"}]}"#).unwrap();
        assert_eq!((said.finish, said.text.as_str()), (Finish::ContentFilter, ""));
        assert!(matches!(read(br#"{"choices":[{"finish_reason":"stop"}]}"#), Err(Unsaid::Garbage(_))));
    }

    #[test]
    fn a_content_is_text_null_or_parts() {
        let content = |json: &str| serde_json::from_str::<ReplyMessage>(json).map(|message| message.content);
        assert_eq!(content(r#"{"content":"a\u0062"}"#).unwrap(), "ab");
        assert_eq!(content(r#"{"content":null,"reasoning_content":"hm"}"#).unwrap(), "");
        assert_eq!(content("{}").unwrap(), "");
        assert_eq!(
            content(r#"{"content":[{"type":"text","text":"a"},{"type":"image"},{"text":"b"}]}"#).unwrap(),
            "ab"
        );
        assert!(content(r#"{"content":7}"#).is_err());
    }

    #[test]
    fn token_counts_may_be_absent_or_null() {
        let usage = |json: &str| Usage::from(serde_json::from_str::<UsageReply>(json).unwrap());
        assert_eq!(usage("{}"), Usage::default());
        assert_eq!(usage(r#"{"prompt_tokens":3,"completion_tokens":null}"#).prompt_tokens, 3);
        let full = usage(
            r#"{"prompt_tokens":3,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":2},
                "completion_tokens_details":{"reasoning_tokens":5}}"#,
        );
        assert_eq!(
            full,
            Usage { prompt_tokens: 3, completion_tokens: 9, cached_tokens: 2, reasoning_tokens: 5 }
        );
    }
}
