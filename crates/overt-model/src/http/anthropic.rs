//! The Anthropic Messages dialect on the wire: what is sent, and what of the reply matters.
//!
//! It differs from chat completions where it matters to an evaluation: instructions stand beside the conversation,
//! `max_tokens` is required, there is no seed, and current models take no sampling settings at all. Turns go out as
//! they are: the interface itself joins consecutive ones of the same role, so nothing is merged here.

use std::borrow::Cow;

use hyper::header::{HeaderName, HeaderValue};
use overt_schema::{Finish, Generation, Message, Request, Role, ToolCall, Usage};
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::dialect::{Said, Unsaid};
use super::{HttpSettings, Setting};
use turns::{Tool, Turns};

mod turns;

/// The dialect's name in a system's identity.
pub(super) const NAME: &str = "anthropic messages 2023-06-01";

/// Every request names the version of the interface.
pub(super) static HEADERS: [(HeaderName, HeaderValue); 1] =
    [(HeaderName::from_static("anthropic-version"), HeaderValue::from_static("2023-06-01"))];

/// The body of a request.
#[derive(Serialize)]
pub(super) struct MessagesBody<'a> {
    model: &'a str,
    max_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<Cow<'a, str>>,
    messages: Turns<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop_sequences: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<u32>,
    stream: bool,
}

impl<'a> MessagesBody<'a> {
    pub(super) fn new(settings: &'a HttpSettings, request: &'a Request) -> Self {
        let Generation { max_tokens, temperature, top_p, top_k, ref stop, seed: _, logprobs: _ } =
            request.generation;
        Self {
            model: &settings.model,
            max_tokens,
            system: instructions(&request.messages),
            messages: Turns(&request.messages),
            tools: request.tools.iter().map(Tool::of).collect(),
            stop_sequences: if settings.sends(Setting::Stop) { stop } else { &[] },
            temperature: settings.sends(Setting::Temperature).then_some(temperature),
            top_p: top_p.filter(|_| settings.sends(Setting::TopP)),
            top_k: top_k.filter(|_| settings.sends(Setting::TopK)),
            stream: false,
        }
    }
}

/// The system messages; the usual one is not copied, several are joined by blank lines.
fn instructions(messages: &[Message]) -> Option<Cow<'_, str>> {
    let mut system = messages.iter().filter(|message| message.role == Role::System);
    let mut whole = Cow::Borrowed(system.next()?.content.as_str());
    for message in system {
        let whole = whole.to_mut();
        whole.push_str("\n\n");
        whole.push_str(&message.content);
    }
    Some(whole)
}

/// Reads a message.
pub(super) fn read(body: &[u8]) -> Result<Said, Unsaid> {
    let reply: Reply = serde_json::from_slice(body)?;
    if let Some(error) = reply.error {
        return Err(Unsaid::Error(error));
    }
    let Content { text, tool_calls } =
        reply.content.ok_or_else(|| Unsaid::Garbage("it has no content".into()))?;
    Ok(Said {
        text,
        tool_calls,
        finish: reply.stop_reason.as_deref().map_or(Finish::Unknown, Finish::of_reason),
        finish_reason: reply.stop_reason,
        usage: reply.usage.unwrap_or_default().into(),
        model: reply.model,
        fingerprint: None,
        logprobs: None,
        filters: Vec::new(),
    })
}

/// What of a reply matters. Unknown fields are passed over unread.
#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    content: Option<Content>,
    #[serde(default)]
    stop_reason: Option<String>,
    #[serde(default)]
    usage: Option<UsageReply>,
    #[serde(default)]
    error: Option<serde_json::Value>,
}

/// The text blocks of a content, joined, and the calls of tools. Blocks of other types (thinking, what is yet to
/// come) are not part of the answer, whatever stands in them.
#[derive(Default)]
struct Content {
    text: String,
    tool_calls: Vec<ToolCall>,
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Blocks;
        impl<'de> Visitor<'de> for Blocks {
            type Value = Content;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of content blocks")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut blocks: A) -> Result<Content, A::Error> {
                let mut whole = Content::default();
                while let Some(block) = blocks.next_element()? {
                    match block {
                        // The usual answer is one block and is not copied.
                        Block::Text(text) if whole.text.is_empty() => whole.text = text,
                        Block::Text(text) => whole.text.push_str(&text),
                        Block::Call(call) => whole.tool_calls.push(call),
                        Block::Other => {}
                    }
                }
                Ok(whole)
            }
        }
        deserializer.deserialize_seq(Blocks)
    }
}

/// One content block.
enum Block {
    Text(String),
    Call(ToolCall),
    Other,
}

impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Block;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a content block")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Block, A::Error> {
                let [mut kind, mut text, mut id, mut name] = [const { None }; 4];
                let mut input = None;
                while let Some(key) = map.next_key()? {
                    match key {
                        Key::Type => Loose(kind) = map.next_value()?,
                        Key::Text => Loose(text) = map.next_value()?,
                        Key::Id => Loose(id) = map.next_value()?,
                        Key::Name => Loose(name) = map.next_value()?,
                        Key::Input => input = Some(map.next_value::<Box<RawValue>>()?),
                        Key::Other => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                match kind.as_deref() {
                    Some("text") => {
                        text.map(Block::Text).ok_or_else(|| Error::custom("a text block has no text"))
                    }
                    Some("tool_use") => Ok(Block::Call(ToolCall {
                        id: id.unwrap_or_default(),
                        name: name.unwrap_or_default(),
                        arguments: input.map_or_else(String::new, |input| input.get().to_owned()),
                    })),
                    _ => Ok(Block::Other),
                }
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
    Type,
    Text,
    Id,
    Name,
    Input,
    #[serde(other)]
    Other,
}

/// A text, or `None` for anything else: in a block of a type that is not known, nothing is known of its fields.
struct Loose(Option<String>);

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Anything;
        impl<'de> Visitor<'de> for Anything {
            type Value = Loose;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("anything")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Loose, E> {
                Ok(Loose(Some(text.to_owned())))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Loose, E> {
                Ok(Loose(Some(text)))
            }

            fn visit_unit<E: Error>(self) -> Result<Loose, E> {
                Ok(Loose(None))
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Loose, E> {
                Ok(Loose(None))
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Loose, E> {
                Ok(Loose(None))
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Loose, E> {
                Ok(Loose(None))
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Loose, E> {
                Ok(Loose(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Loose, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Loose(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Loose(None))
            }
        }
        deserializer.deserialize_any(Anything)
    }
}

/// Tokens; every count may be absent or null. `input_tokens` leaves out what a cache served or took in.
#[derive(Default, Deserialize)]
#[serde(default)]
struct UsageReply {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    output_tokens_details: Option<OutputTokensDetails>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OutputTokensDetails {
    thinking_tokens: Option<u64>,
}

impl From<UsageReply> for Usage {
    fn from(reply: UsageReply) -> Self {
        let cached = reply.cache_read_input_tokens.unwrap_or(0);
        let created = reply.cache_creation_input_tokens.unwrap_or(0);
        Self {
            prompt_tokens: reply.input_tokens.unwrap_or(0).saturating_add(cached).saturating_add(created),
            completion_tokens: reply.output_tokens.unwrap_or(0),
            cached_tokens: cached,
            reasoning_tokens: reply
                .output_tokens_details
                .and_then(|details| details.thinking_tokens)
                .unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use overt_schema::{Image, ToolDefinition};

    use super::*;
    use crate::base_url::BaseUrl;
    use crate::http::{Dialect, MaxTokensField};

    fn settings() -> HttpSettings {
        let base_url = BaseUrl::parse("http://localhost/v1").unwrap();
        HttpSettings::new("c", "c-1", base_url).speaking(Dialect::Anthropic)
    }

    fn written(settings: &HttpSettings, request: &Request) -> serde_json::Value {
        let body = settings.dialect.write(settings, MaxTokensField::MaxTokens, request).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    fn request() -> Request {
        Request {
            messages: vec![
                Message::new(Role::System, "Be brief."),
                Message::new(Role::User, "Hi"),
                Message::new(Role::User, "there"),
                Message::new(Role::System, "In French."),
                Message::new(Role::Assistant, "Oui ?"),
                Message::new(Role::User, "Bye"),
            ],
            tools: Vec::new(),
            schema: None,
            generation: Generation {
                max_tokens: 7,
                temperature: 0.5,
                top_p: Some(0.9),
                top_k: Some(4),
                stop: vec!["END".into()],
                seed: Some(1),
                logprobs: Some(5),
            },
        }
    }

    #[test]
    fn instructions_stand_beside_the_turns_and_what_is_not_settable_is_not_sent() {
        assert_eq!(
            written(&settings(), &request()),
            serde_json::json!({
                "model": "c-1", "max_tokens": 7, "system": "Be brief.\n\nIn French.",
                "messages": [
                    {"role": "user", "content": "Hi"}, {"role": "user", "content": "there"},
                    {"role": "assistant", "content": "Oui ?"}, {"role": "user", "content": "Bye"},
                ],
                "stop_sequences": ["END"], "stream": false,
            })
        );
        let plain = Request::new(vec![Message::new(Role::User, "Hi")], Generation::default());
        let keys = written(&settings(), &plain);
        let keys: Vec<&String> = keys.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["model", "max_tokens", "messages", "stream"]);
    }

    #[test]
    fn a_model_that_is_known_to_take_sampling_settings_gets_them() {
        let settings = HttpSettings { unsettable: vec![Setting::Seed], ..settings() };
        let body = written(&settings, &request());
        assert_eq!(
            (&body["temperature"], &body["top_p"], &body["top_k"]),
            (&0.5.into(), &0.9.into(), &4.into())
        );
        assert!(body.get("seed").is_none());
    }

    #[test]
    fn text_blocks_are_the_answer_and_others_are_not() {
        let text = |content: &str| {
            let body = format!(r#"{{"type":"message","content":{content},"stop_reason":"end_turn"}}"#);
            read(body.as_bytes()).map(|said| said.text)
        };
        assert_eq!(text(r#"[{"type":"text","text":"a\u0062"}]"#).unwrap(), "ab");
        assert_eq!(text("[]").unwrap(), "");
        assert_eq!(
            text(
                r#"[{"type":"thinking","thinking":"hm","signature":"s"},{"text":"a","type":"text","citations":null},
                    {"type":"tool_use","id":"t","name":"n","input":{"text":"x"}},{"type":"oracle","text":{"deep":[1]}},
                    {"type":7,"text":"c"},{"text":"d"},{"type":"text","text":"b"}]"#
            )
            .unwrap(),
            "ab"
        );
        for wrong in [
            "null",
            "7",
            "\"a\"",
            "{}",
            "[7]",
            "[null]",
            r#"[{"type":"text"}]"#,
            r#"[{"type":"text","text":7}]"#,
        ] {
            assert!(matches!(text(wrong), Err(Unsaid::Garbage(_))), "{wrong}");
        }
    }

    #[test]
    fn tools_calls_results_and_images_have_their_places() {
        let call = |id: &str| ToolCall { id: id.into(), name: "f".into(), arguments: "{\"a\": [1]}".into() };
        let result = |id: &str, text: &str| Message {
            tool_call_id: Some(id.into()),
            ..Message::new(Role::Tool, text)
        };
        let image = Image::new(b"GIF89a".to_vec()).unwrap();
        let mut request = Request::new(
            vec![
                Message { images: vec![image], ..Message::new(Role::User, "What?") },
                Message { tool_calls: vec![call("1"), call("2")], ..Message::new(Role::Assistant, "Hm.") },
                result("1", "one"),
                result("2", "two"),
                Message { tool_calls: vec![call("3")], ..Message::new(Role::Assistant, "") },
                result("3", "three"),
            ],
            Generation::default(),
        );
        request.tools = vec![ToolDefinition {
            name: "f".into(),
            description: None,
            parameters: serde_json::from_str(r#"{"type":"object"}"#).unwrap(),
        }];
        let body = written(&settings(), &request);
        let used =
            |id: &str| serde_json::json!({"type": "tool_use", "id": id, "name": "f", "input": {"a": [1]}});
        let given = |id: &str, text: &str| serde_json::json!({"type": "tool_result", "tool_use_id": id, "content": text});
        assert_eq!(
            body["messages"],
            serde_json::json!([
                {"role": "user", "content": [
                    {"type": "image", "source": {"type": "base64", "media_type": "image/gif", "data": "R0lGODlh"}},
                    {"type": "text", "text": "What?"},
                ]},
                {"role": "assistant", "content": [{"type": "text", "text": "Hm."}, used("1"), used("2")]},
                {"role": "user", "content": [given("1", "one"), given("2", "two")]},
                {"role": "assistant", "content": [used("3")]},
                {"role": "user", "content": [given("3", "three")]},
            ])
        );
        assert_eq!(body["tools"], serde_json::json!([{"name": "f", "input_schema": {"type": "object"}}]));
    }

    #[test]
    fn calls_are_read_from_their_blocks() {
        let said = read(
            br#"{"content":[{"type":"text","text":"Hm."},{"input":{"a": 1},"name":"f","id":"t1","type":"tool_use"},
                {"type":"tool_use","id":7,"name":null,"input":"odd"},{"type":"tool_use"},
                {"type":"server_tool_use","id":"s","name":"web","input":{}}],"stop_reason":"tool_use"}"#,
        )
        .unwrap();
        let calls: Vec<_> = said.tool_calls.iter().map(|c| (&*c.id, &*c.name, &*c.arguments)).collect();
        assert_eq!(calls, [("t1", "f", "{\"a\": 1}"), ("", "", "\"odd\""), ("", "", "")]);
        assert_eq!((said.finish, said.text.as_str()), (Finish::ToolCalls, "Hm."));
    }

    #[test]
    fn stop_reasons_become_the_fields_words() {
        for (reason, expected) in [
            ("end_turn", Finish::Stop),
            ("stop_sequence", Finish::Stop),
            ("max_tokens", Finish::Length),
            ("model_context_window_exceeded", Finish::Length),
            ("refusal", Finish::Refusal),
            ("tool_use", Finish::ToolCalls),
            ("pause_turn", Finish::Unknown),
            ("something new", Finish::Unknown),
        ] {
            let said = read(format!(r#"{{"content":[],"stop_reason":"{reason}"}}"#).as_bytes()).unwrap();
            assert_eq!((said.finish, said.finish_reason.as_deref()), (expected, Some(reason)));
        }
        assert_eq!(read(br#"{"content":[],"stop_reason":null}"#).unwrap().finish, Finish::Unknown);
    }

    #[test]
    fn cached_tokens_are_part_of_what_was_read() {
        let usage = |json: &str| Usage::from(serde_json::from_str::<UsageReply>(json).unwrap());
        assert_eq!(usage("{}"), Usage::default());
        assert_eq!(
            usage(
                r#"{"input_tokens":3,"output_tokens":9,"cache_creation_input_tokens":10,"cache_read_input_tokens":100,
                    "output_tokens_details":{"thinking_tokens":4},"service_tier":"standard"}"#
            ),
            Usage { prompt_tokens: 113, completion_tokens: 9, cached_tokens: 100, reasoning_tokens: 4 }
        );
        let most = usage(
            r#"{"input_tokens":18446744073709551615,"cache_read_input_tokens":null,"cache_creation_input_tokens":1}"#,
        );
        assert_eq!(most.prompt_tokens, u64::MAX);
    }

    #[test]
    fn an_error_is_no_message() {
        let error = read(br#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#);
        assert!(matches!(error, Err(Unsaid::Error(_))));
        assert!(matches!(read(b"{}"), Err(Unsaid::Garbage(_))));
    }

    proptest::proptest! {
        #[test]
        fn no_body_makes_the_reader_panic(body in r#"\{"content":[\[\]{}":,a-z0-9null ]{0,80}\}?"#) {
            let _ = read(body.as_bytes());
        }
    }
}
