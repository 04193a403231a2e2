//! One sample's conversation with the system: turns, attempts, pauses, and the answer that remains.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use overt_schema::{
    Answer, Attempt, Failure, FailureKind, Finish, Generation, Message, Request, Response, Retry, Role,
    Served, Step, ToolCall, ToolDefinition, Usage,
};

use crate::outcome;
use crate::retry;
use crate::seed::Seed;
use crate::system::System;

/// How to ask.
pub(crate) struct Manner<'a> {
    pub(crate) system: &'a dyn System,
    pub(crate) generation: &'a Generation,
    /// What the system may ask for.
    pub(crate) tools: &'a [ToolDefinition],
    pub(crate) schema: Option<&'a serde_json::Value>,
    pub(crate) seed: Seed,
    pub(crate) max_attempts: u32,
}

/// Which sample is asked.
pub(crate) struct Subject<'a> {
    pub(crate) task: &'a str,
    pub(crate) sample: &'a str,
    pub(crate) epoch: u32,
}

/// What a conversation came to.
pub(crate) struct Reply {
    /// Every message but the last answer.
    pub(crate) messages: Vec<Message>,
    pub(crate) answer: Answer,
    /// The failure that ended it, if one did.
    pub(crate) failure: Option<Failure>,
}

/// Walks through a script. `retrying` hears of every pause before it is made.
pub(crate) async fn converse(
    manner: &Manner<'_>,
    subject: &Subject<'_>,
    script: Vec<Step>,
    mut retrying: impl FnMut(FailureKind, f64),
) -> Reply {
    let mut messages = Vec::with_capacity(script.len());
    let mut progress = Progress::default();
    let asks = script.iter().filter(|step| matches!(step, Step::Ask)).count();
    let mut turn = 0;
    for step in script {
        match step {
            Step::Say(message) => messages.push(message),
            Step::Ask => {
                turn += 1;
                let seed = manner.seed.request(subject.task, subject.sample, subject.epoch, turn as u32);
                let result = attempt(manner, seed, &messages, &mut progress, &mut retrying).await;
                match result {
                    Err(failure) => return progress.failed(messages, failure),
                    Ok(response) if turn == asks => return progress.answered(messages, response),
                    Ok(response) => {
                        // A call that nobody carries out ends the conversation: it is the answer.
                        if response.finish == Finish::ContentFilter || !response.tool_calls.is_empty() {
                            return progress.answered(messages, response);
                        }
                        progress.usage += response.usage;
                        progress.asked |= !response.served.cached;
                        messages.push(Message::new(Role::Assistant, response.text));
                    }
                }
            }
        }
    }
    // A script always ends with a question; one without any leaves nothing to ask.
    progress.failed(messages, nothing_to_ask())
}

fn nothing_to_ask() -> Failure {
    Failure {
        kind: FailureKind::Rejected,
        message: "the prompt asks nothing".into(),
        retry: Retry::Never,
        status: None,
        request_id: None,
    }
}

/// Asks one turn until there is an answer or no use in asking.
async fn attempt(
    manner: &Manner<'_>,
    seed: u64,
    messages: &[Message],
    progress: &mut Progress,
    retrying: &mut impl FnMut(FailureKind, f64),
) -> Result<Response, Failure> {
    let mut generation = manner.generation.clone();
    generation.seed.get_or_insert(seed);
    for number in 1.. {
        let (messages, tools) = (messages.to_vec(), manner.tools.to_vec());
        let (schema, generation) = (manner.schema.cloned(), generation.clone());
        let request = Request { messages, tools, schema, generation };
        let (began, clock) = (now_ms(), Instant::now());
        let result = manner.system.generate(request).await;
        let mut made = Attempt {
            started_ms: began,
            took_ms: (clock.elapsed().as_secs_f64() * 1e6).round() / 1e3,
            failure: None,
            message: None,
            status: None,
            request_id: None,
        };
        match result {
            Ok(response) => {
                progress.attempts.push(made);
                return Ok(response);
            }
            Err(failure) => {
                made.failure = Some(failure.kind);
                made.message = Some(failure.message.clone());
                made.status = failure.status;
                made.request_id.clone_from(&failure.request_id);
                progress.attempts.push(made);
                match retry::pause(&failure, number + 1, manner.max_attempts, Seed::new(seed)) {
                    None => return Err(failure),
                    Some(pause) => {
                        retrying(failure.kind, pause.as_secs_f64());
                        tokio::time::sleep(pause.min(Duration::from_secs(3600))).await;
                    }
                }
            }
        }
    }
    Err(nothing_to_ask())
}

/// What has gathered over the turns so far.
#[derive(Default)]
struct Progress {
    usage: Usage,
    /// Whether an earlier turn was really asked, and not answered from a cache.
    asked: bool,
    attempts: Vec<Attempt>,
}

impl Progress {
    fn answered(self, messages: Vec<Message>, response: Response) -> Reply {
        let outcome = outcome::of_finish(response.finish);
        let mut usage = self.usage;
        usage += response.usage;
        let answer = Answer {
            outcome,
            output: Some(ToolCall::with_words(&response.text, &response.tool_calls)),
            tool_calls: response.tool_calls,
            finish_reason: response.finish_reason,
            usage,
            served: Served { cached: response.served.cached && !self.asked, ..response.served },
            request_digest: Some(response.request_digest),
            attempts: self.attempts,
            error: None,
            logprobs: response.logprobs,
        };
        Reply { messages, answer, failure: None }
    }

    fn failed(self, messages: Vec<Message>, failure: Failure) -> Reply {
        let answer = Answer {
            outcome: failure.kind.into(),
            output: None,
            tool_calls: Vec::new(),
            finish_reason: None,
            usage: self.usage,
            served: Served { request_id: failure.request_id.clone(), ..Served::default() },
            request_digest: None,
            attempts: self.attempts,
            error: Some(failure.message.clone()),
            logprobs: None,
        };
        Reply { messages, answer, failure: Some(failure) }
    }
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
