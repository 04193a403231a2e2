//! A system of which only answers are at hand: it has an identity, and cannot be asked.

use std::collections::BTreeMap;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use overt_eval::{Capabilities, System};
use overt_schema::{Failure, FailureKind, Observed, Reach, Request, Response, Retry, SystemIdentity};

/// Who gave answers that were recorded elsewhere.
#[derive(Clone, Debug)]
pub struct RecordedSystem {
    identity: SystemIdentity,
}

impl RecordedSystem {
    /// The system of an earlier run.
    pub fn of(identity: SystemIdentity) -> Self {
        Self { identity }
    }

    /// Whoever gave the answers in a file.
    pub fn of_file(name: &str) -> Self {
        Self::of(SystemIdentity {
            name: name.to_owned(),
            reach: Reach::Replay,
            model: "recorded answers".into(),
            base_url: None,
            artefact: None,
            engine: None,
            system_prompt: None,
            details: BTreeMap::new(),
            observed: Observed::default(),
            probe: None,
        })
    }
}

impl System for RecordedSystem {
    fn identity(&self) -> SystemIdentity {
        self.identity.clone()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            concurrency: 8,
            max_attempts: 5,
            context_tokens: None,
            tools: true,
            images: true,
            logprobs: true,
        }
    }

    fn generate(&self, _: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        let failure = Failure {
            kind: FailureKind::Rejected,
            message: format!(
                "the answers of {} were recorded; nobody can be asked for more",
                self.identity.name
            ),
            retry: Retry::Never,
            status: None,
            request_id: None,
        };
        async move { Err(failure) }.boxed()
    }
}
