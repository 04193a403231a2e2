//! The answers of an earlier run as a system: scorers can be rerun, and tests repeated, without the system itself.
//!
//! An answer is found by its conversation (the digest of the messages' canonical JSON, images by their digests, and of
//! the tools that were offered) and by how often that
//! conversation was asked: the first time brings the first answer of the run's order, the second time the second, as
//! epochs need it. Failures are replayed as failures. What the run does not have is never made up.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;
use overt_eval::{Capabilities, RunDirectory, RunError, System};
use overt_schema::{
    Answer, Attempt, Digest, Failure, FailureKind, Finish, Message, Observed, Outcome, Reach, Request,
    Response, Retry, Role, SampleRow, Served, SystemIdentity, ToolCall, ToolDefinition, Usage,
};

/// Why a run cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The run directory cannot be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A conversation cannot be digested.
    #[error("a conversation of the run cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// There is nothing to replay.
    #[error("the run {0} has no answered samples yet; resume it first")]
    Empty(String),
}

/// The answers of an earlier run.
#[derive(Debug)]
pub struct ReplaySystem {
    identity: SystemIdentity,
    /// Where the answers come from, for messages.
    run: String,
    /// Answers to whole conversations.
    answers: HashMap<Digest, Recorded>,
    /// What the system said in the middle of conversations of several turns. Few-shot examples are in here too and
    /// harmless: a conversation that was really asked is found in `answers` first.
    turns: HashMap<Digest, Recorded>,
    /// Whether any answer was recorded with log-probabilities.
    has_logprobs: bool,
}

/// What one conversation brought, in the run's order.
#[derive(Debug, Default)]
struct Recorded {
    given: Vec<Result<Response, Failure>>,
    asked: Mutex<usize>,
}

impl Recorded {
    /// The next answer, or `None` after the last one.
    fn next(&self) -> Option<Result<Response, Failure>> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let next = self.given.get(*asked).cloned();
        *asked += 1;
        next
    }
}

impl ReplaySystem {
    /// Reads the answers of the run in the directory `path`, as the system called `name`.
    ///
    /// # Errors
    /// When the directory is no run, or has no answers; see [`ReplayError`].
    pub fn open(name: &str, path: &Path) -> Result<Self, ReplayError> {
        let directory = RunDirectory::open(path)?;
        let manifest = directory.manifest()?;
        let tools: Vec<_> = directory.materials()?.tasks.into_iter().map(|of| of.task.prompt.tools).collect();
        Self::from_rows(name, &manifest.id, &manifest.system, &tools, directory.rows()?)
    }

    /// Takes the rows of the run called `run`, in the run's order. `original` is the system that gave the answers,
    /// `tools` what each of the run's tasks offered it.
    ///
    /// # Errors
    /// The first row that cannot be read, or [`ReplayError::Empty`].
    pub fn from_rows<E>(
        name: &str,
        run: &str,
        original: &SystemIdentity,
        tools: &[Vec<ToolDefinition>],
        rows: impl IntoIterator<Item = Result<SampleRow, E>>,
    ) -> Result<Self, ReplayError>
    where
        ReplayError: From<E>,
    {
        let identity = identity(name, run, original)?;
        let (run, answers, turns) = (run.to_owned(), HashMap::new(), HashMap::new());
        let mut system = Self { identity, run, answers, turns, has_logprobs: false };
        for row in rows {
            let row = row?;
            let tools = tools.get(row.task as usize).map_or(&[][..], Vec::as_slice);
            system.take_in(row, tools)?;
        }
        if system.answers.is_empty() {
            return Err(ReplayError::Empty(system.run));
        }
        Ok(system)
    }

    fn take_in(&mut self, row: SampleRow, tools: &[ToolDefinition]) -> Result<(), ReplayError> {
        if row.answer.outcome == Outcome::Skipped {
            return Ok(());
        }
        for (position, message) in row.messages.iter().enumerate() {
            if message.role == Role::Assistant {
                let asked = key(&row.messages[..position], tools)?;
                let turn = turn(asked, message);
                self.turns.entry(asked).or_default().given.push(Ok(turn));
            }
        }
        self.has_logprobs |= row.answer.logprobs.is_some();
        let asked = key(&row.messages, tools)?;
        self.answers.entry(asked).or_default().given.push(recorded(row.answer, asked));
        Ok(())
    }

    fn answer(&self, messages: &[Message], tools: &[ToolDefinition]) -> Result<Response, Failure> {
        let asked = key(messages, tools).map_err(|error| missing(error.to_string()))?;
        let Some(recorded) = self.answers.get(&asked).or_else(|| self.turns.get(&asked)) else {
            return Err(missing(format!(
                "the run {} was never asked this conversation (sha256 {}); was a prompt, a template or the data changed \
                 since? Only scorers and metrics may differ in a replay",
                self.run,
                asked.short()
            )));
        };
        recorded.next().unwrap_or_else(|| {
            Err(missing(format!(
                "the run {} answered this conversation {} time(s) and was now asked once more; ask for as many epochs \
                 as it has, or fewer",
                self.run,
                recorded.given.len()
            )))
        })
    }
}

impl System for ReplaySystem {
    fn identity(&self) -> SystemIdentity {
        self.identity.clone()
    }

    fn capabilities(&self) -> Capabilities {
        // One at a time: with equal conversations in flight side by side, which gets which answer would be chance.
        let logprobs = self.has_logprobs;
        Capabilities {
            concurrency: 1,
            max_attempts: 1,
            context_tokens: None,
            tools: true,
            images: true,
            logprobs,
        }
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        Box::pin(std::future::ready(self.answer(&request.messages, &request.tools)))
    }
}

/// By what a conversation is found.
fn key(messages: &[Message], tools: &[ToolDefinition]) -> Result<Digest, serde_json::Error> {
    if tools.is_empty() { Digest::of_json(&messages) } else { Digest::of_json(&(messages, tools)) }
}

fn identity(name: &str, run: &str, original: &SystemIdentity) -> Result<SystemIdentity, serde_json::Error> {
    let details = BTreeMap::from([
        ("replayed_run".to_owned(), run.to_owned()),
        ("replayed_system".to_owned(), original.name.clone()),
        ("replayed_system_sha256".to_owned(), Digest::of_json(original)?.to_string()),
    ]);
    Ok(SystemIdentity {
        name: name.to_owned(),
        reach: Reach::Replay,
        model: original.model.clone(),
        base_url: None,
        artefact: None,
        engine: None,
        system_prompt: original.system_prompt.clone(),
        details,
        probe: None,
        observed: Observed::default(),
    })
}

/// A row's answer as the system gave it. Texts are scored as they stand, so a scorer's verdict on their form
/// (`invalid_format`) is not part of it.
fn recorded(answer: Answer, asked: Digest) -> Result<Response, Failure> {
    let Some(text) = answer.output else {
        return Err(failure(answer.outcome, answer.attempts.last(), answer.error.as_deref()));
    };
    let finish = match answer.outcome {
        Outcome::Refused => Finish::Refusal,
        Outcome::Truncated => Finish::Length,
        Outcome::ContentFiltered => Finish::ContentFilter,
        _ if !answer.tool_calls.is_empty() => Finish::ToolCalls,
        _ => Finish::Stop,
    };
    Ok(Response {
        text: ToolCall::words(&text, &answer.tool_calls).to_owned(),
        tool_calls: answer.tool_calls,
        finish,
        finish_reason: answer.finish_reason,
        usage: answer.usage,
        served: answer.served,
        request_digest: answer.request_digest.unwrap_or(asked),
        logprobs: answer.logprobs,
    })
}

fn failure(outcome: Outcome, last: Option<&Attempt>, error: Option<&str>) -> Failure {
    let kind = last.and_then(|attempt| attempt.failure).unwrap_or(match outcome {
        Outcome::Timeout => FailureKind::Timeout,
        Outcome::RateLimited => FailureKind::RateLimited,
        Outcome::ContextExceeded => FailureKind::ContextExceeded,
        Outcome::ContentFiltered => FailureKind::ContentFiltered,
        _ => FailureKind::Provider,
    });
    let message =
        last.and_then(|attempt| attempt.message.as_deref()).or(error).unwrap_or("failed, without a message");
    Failure {
        kind,
        message: message.to_owned(),
        retry: Retry::Never,
        status: last.and_then(|attempt| attempt.status),
        request_id: last.and_then(|attempt| attempt.request_id.clone()),
    }
}

/// An answer in the middle of a conversation. Its tokens are counted with the last one's.
fn turn(asked: Digest, message: &Message) -> Response {
    Response {
        text: message.content.clone(),
        tool_calls: Vec::new(),
        finish: Finish::Stop,
        finish_reason: None,
        usage: Usage::default(),
        served: Served::default(),
        request_digest: asked,
        logprobs: None,
    }
}

fn missing(message: String) -> Failure {
    Failure { kind: FailureKind::Rejected, message, retry: Retry::Never, status: None, request_id: None }
}

#[cfg(test)]
mod tests;
