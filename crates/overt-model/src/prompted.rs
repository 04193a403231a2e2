//! A system prompt that configuration puts before every conversation.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use overt_eval::{Capabilities, System};
use overt_schema::{Failure, Message, Request, Response, Role, SystemIdentity};

/// A system with a deployer's prompt around it: what is evaluated is the two together.
pub(crate) struct Prompted {
    inner: Arc<dyn System>,
    prompt: String,
}

impl Prompted {
    /// Puts `prompt` before every conversation with `inner`.
    pub(crate) fn new(inner: Arc<dyn System>, prompt: String) -> Self {
        Self { inner, prompt }
    }

    /// The deployer speaks first: a task's own system prompt follows after a blank line, as one message, since many
    /// chat templates take only one.
    fn merged(&self, mut messages: Vec<Message>) -> Vec<Message> {
        match messages.first_mut() {
            Some(first) if first.role == Role::System => {
                first.content = format!("{}\n\n{}", self.prompt, first.content);
            }
            _ => messages.insert(0, Message::new(Role::System, self.prompt.clone())),
        }
        messages
    }
}

impl System for Prompted {
    fn identity(&self) -> SystemIdentity {
        SystemIdentity { system_prompt: Some(self.prompt.clone()), ..self.inner.identity() }
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        self.inner.generate(Request { messages: self.merged(request.messages), ..request })
    }
}

#[cfg(test)]
mod tests {
    use overt_schema::{Digest, Finish, Generation, Reach, Served, Usage};

    use super::*;

    /// Answers with the conversation as it got it.
    struct Echo;

    impl System for Echo {
        fn identity(&self) -> SystemIdentity {
            SystemIdentity {
                name: "echo".into(),
                reach: Reach::Local,
                model: "echo".into(),
                base_url: None,
                artefact: None,
                engine: None,
                system_prompt: None,
                details: std::collections::BTreeMap::new(),
                probe: None,
                observed: overt_schema::Observed::default(),
            }
        }

        fn capabilities(&self) -> Capabilities {
            Capabilities {
                concurrency: 1,
                max_attempts: 1,
                context_tokens: None,
                tools: true,
                images: true,
                logprobs: true,
            }
        }

        fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
            let said = request.messages.iter().map(|m| format!("{}: {}", m.role.as_str(), m.content));
            let response = Response {
                text: said.collect::<Vec<_>>().join(" | "),
                tool_calls: Vec::new(),
                finish: Finish::Stop,
                finish_reason: None,
                usage: Usage::default(),
                served: Served::default(),
                request_digest: Digest::of(""),
                logprobs: None,
            };
            Box::pin(std::future::ready(Ok(response)))
        }
    }

    async fn said(messages: &[(Role, &str)]) -> String {
        let system = Prompted::new(Arc::new(Echo), "Be brief.".into());
        assert_eq!(system.identity().system_prompt.as_deref(), Some("Be brief."));
        let messages = messages.iter().map(|&(role, text)| Message::new(role, text)).collect();
        system.generate(Request::new(messages, Generation::default())).await.unwrap().text
    }

    #[tokio::test]
    async fn the_deployers_prompt_comes_before_the_tasks_in_one_message() {
        assert_eq!(said(&[(Role::User, "Hi")]).await, "system: Be brief. | user: Hi");
        assert_eq!(
            said(&[(Role::System, "Answer in French."), (Role::User, "Hi")]).await,
            "system: Be brief.\n\nAnswer in French. | user: Hi"
        );
    }
}
