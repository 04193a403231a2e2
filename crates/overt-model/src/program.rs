//! A program of the user's as a system: an agent, a pipeline, a model that nothing else reaches. It speaks JSON lines, as
//! programs that score do: a conversation on a line in, an answer on a line out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use overt_eval::{Capabilities, Program, ProgramError, ProgramSpec, System};
use overt_schema::{
    Digest, Failure, FailureKind, Finish, FirstToken, Observed, Reach, Request, Response, Retry, Served,
    SystemIdentity, ToolCall, ToolDefinition, Usage,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::ModelError;

/// The longest that one answer may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// The largest file of a program whose digest goes into the identity.
const LARGEST: u64 = 256 << 20;

/// A program that answers.
pub struct ProgramSystem {
    identity: SystemIdentity,
    program: Program,
    workers: usize,
}

/// What a program is sent.
#[derive(Serialize)]
struct Question<'a> {
    messages: &'a [overt_schema::Message],
    #[serde(skip_serializing_if = "<[ToolDefinition]>::is_empty")]
    tools: &'a [ToolDefinition],
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: &'a Option<Value>,
    generation: &'a overt_schema::Generation,
}

/// What it replies.
#[derive(Deserialize)]
struct Reply {
    text: Option<String>,
    #[serde(default)]
    tool_calls: Vec<Called>,
    error: Option<String>,
    finish: Option<Finish>,
    #[serde(default)]
    usage: Usage,
    model: Option<String>,
    logprobs: Option<FirstToken>,
}

/// A tool that it asks for. The arguments may be JSON as a text, as models write it, or the value itself.
#[derive(Deserialize)]
struct Called {
    #[serde(default)]
    id: String,
    name: String,
    #[serde(default)]
    arguments: Value,
}

impl From<Called> for ToolCall {
    fn from(Called { id, name, arguments }: Called) -> Self {
        let arguments = match arguments {
            Value::Null => String::new(),
            Value::String(text) => text,
            value => value.to_string(),
        };
        Self { id, name, arguments }
    }
}

impl ProgramSystem {
    /// The program that a command line names, found from `directory`. Nothing is started.
    ///
    /// # Errors
    /// When the command line is empty or its quotes do not match.
    pub fn new(name: &str, command: &str, directory: &Path) -> Result<Self, ModelError> {
        let words = shlex::split(command).filter(|words| !words.is_empty()).ok_or_else(|| {
            let what =
                "write `command:` and a command line, for example `command:python3 solver.py`".to_owned();
            ModelError::Incomplete { name: name.to_owned(), what }
        })?;
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let spec = ProgramSpec {
            command: words.clone(),
            directory: directory.to_owned(),
            timeout: PATIENCE,
            memory: None,
            workers,
        };
        let identity = SystemIdentity {
            name: name.to_owned(),
            reach: Reach::Program,
            model: command.trim().to_owned(),
            base_url: None,
            artefact: None,
            engine: None,
            system_prompt: None,
            details: files(&words, directory),
            observed: Observed::default(),
            probe: None,
        };
        Ok(Self { identity, program: Program::new(spec), workers })
    }
}

/// The files that the command line names, with their digests: what the system is, as far as it can be seen.
fn files(words: &[String], directory: &Path) -> BTreeMap<String, String> {
    let file = |word: &String| -> Option<(String, String)> {
        let path: PathBuf = directory.join(word);
        std::fs::metadata(&path).ok().filter(|about| about.is_file() && about.len() <= LARGEST)?;
        let digest = Digest::of(std::fs::read(path).ok()?);
        Some((format!("sha256 of {word}"), digest.to_string()))
    };
    words.iter().filter_map(file).collect()
}

impl System for ProgramSystem {
    fn identity(&self) -> SystemIdentity {
        self.identity.clone()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            concurrency: self.workers,
            max_attempts: 2,
            context_tokens: None,
            tools: true,
            images: false,
            logprobs: true,
        }
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        async move {
            let Request { messages, tools, schema, generation } = &request;
            let question = Question { messages, tools, schema, generation };
            let question =
                serde_json::to_value(question).map_err(|error| failed(error.to_string(), Retry::Never))?;
            let digest =
                Digest::of_json(&question).map_err(|error| failed(error.to_string(), Retry::Never))?;
            let reply = self.program.ask(&question).await.map_err(|error| broken(&error))?;
            response(reply, digest, request.generation.logprobs)
        }
        .boxed()
    }
}

fn response(
    reply: Map<String, Value>,
    request_digest: Digest,
    alternatives: Option<u32>,
) -> Result<Response, Failure> {
    let reply: Reply = serde_json::from_value(Value::Object(reply))
        .map_err(|error| failed(format!("the program's reply cannot be used: {error}"), Retry::Backoff))?;
    if reply.logprobs.as_ref().is_some_and(|first| !first.is_sound()) {
        let why =
            "the program's `logprobs` are not natural logarithms of probabilities, the most probable first";
        return Err(failed(why.into(), Retry::Backoff));
    }
    let tool_calls: Vec<ToolCall> = reply.tool_calls.into_iter().map(ToolCall::from).collect();
    let usual = if tool_calls.is_empty() { Finish::Stop } else { Finish::ToolCalls };
    // Next to calls a text is optional.
    let text = reply.text.or_else(|| (reply.error.is_none() && !tool_calls.is_empty()).then(String::new));
    match (text, reply.error) {
        (Some(text), None) => Ok(Response {
            finish: reply.finish.unwrap_or(usual),
            tool_calls,
            usage: reply.usage,
            served: Served { model: reply.model, ..Served::default() },
            logprobs: reply.logprobs.and_then(|first| first.as_asked(alternatives)),
            ..Response::of_text(text, request_digest)
        }),
        (None, Some(error)) => Err(failed(format!("the program says: {error}"), Retry::Backoff)),
        _ => Err(failed(
            "the program's reply needs either `text` (or `tool_calls`) or `error`".into(),
            Retry::Backoff,
        )),
    }
}

fn broken(error: &ProgramError) -> Failure {
    match error {
        ProgramError::Start { .. } => {
            Failure { kind: FailureKind::Rejected, ..failed(error.to_string(), Retry::Never) }
        }
        ProgramError::Timeout { .. } => {
            Failure { kind: FailureKind::Timeout, ..failed(error.to_string(), Retry::Backoff) }
        }
        ProgramError::Ended { .. } | ProgramError::Garbled { .. } => {
            failed(error.to_string(), Retry::Backoff)
        }
    }
}

fn failed(message: String, retry: Retry) -> Failure {
    Failure { kind: FailureKind::Provider, message, retry, status: None, request_id: None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn log_probabilities_of_a_program_are_kept_if_they_were_asked_for_and_are_some() {
        let reply = |logprob: f64, alternatives| {
            let reply = json!({ "text": "B", "logprobs": { "token": "B", "logprob": logprob, "top": [
                { "token": "A", "logprob": -0.25 }, { "token": "B", "logprob": -2.0 },
            ] } });
            let Value::Object(reply) = reply else { return Err(failed("no object".into(), Retry::Never)) };
            response(reply, Digest::of(""), alternatives).map(|answer| answer.logprobs)
        };
        let first = reply(-2.0, Some(1)).unwrap().unwrap();
        assert_eq!((first.token.as_str(), first.top.len()), ("B", 1));
        assert_eq!(reply(-2.0, None).unwrap(), None);
        assert!(reply(0.13, Some(1)).unwrap_err().message.contains("natural logarithms"));
    }
}
