//! Who is asked, seen from the engine.

use futures_util::future::BoxFuture;
use overt_schema::{Failure, Request, Response, SystemIdentity};

/// An AI system that can be asked.
///
/// One call is one attempt: the engine repeats, waits, records and gives up. Dropping the future cancels the attempt
/// and frees what it holds.
pub trait System: Send + Sync + 'static {
    /// What is known of the system now. Called before the first request and after the last one.
    fn identity(&self) -> SystemIdentity;

    /// What the engine should know before it plans.
    fn capabilities(&self) -> Capabilities;

    /// Asks once. A reply that is a refusal, is cut off or is filtered is a [`Response`]; a [`Failure`] brought no
    /// answer.
    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>>;
}

/// Everyone whom a run asks.
#[derive(Clone, Copy)]
pub struct Systems<'a> {
    /// Who is evaluated.
    pub system: &'a dyn System,
    /// Who judges; needed if a task has a scorer of kind `judge`.
    pub judge: Option<&'a dyn System>,
}

impl<'a> Systems<'a> {
    /// A system, and nobody to judge it.
    pub fn alone(system: &'a dyn System) -> Self {
        Self { system, judge: None }
    }
}

impl std::fmt::Debug for Systems<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let judge = self.judge.map(|judge| judge.identity().name);
        f.debug_struct("Systems")
            .field("system", &self.system.identity().name)
            .field("judge", &judge)
            .finish()
    }
}

/// What the engine should know of a system before it plans.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capabilities {
    /// Requests in flight that suit the system where the user does not say.
    pub concurrency: usize,
    /// Attempts at a request that suit the system: 1 where a failure would only repeat.
    pub max_attempts: u32,
    /// The longest conversation with its answer, in tokens, if known.
    pub context_tokens: Option<u32>,
    /// Whether it can be offered tools, and take their results.
    pub tools: bool,
    /// Whether it can be shown images.
    pub images: bool,
    /// Whether it may give log-probabilities: false only where it is known to give none.
    pub logprobs: bool,
}
