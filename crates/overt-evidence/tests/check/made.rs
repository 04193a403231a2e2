//! Runs by the engine, with a system and a judge that answer from a function.

use std::path::{Path, PathBuf};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use overt_eval::{Capabilities, Conclusion, Evaluation, Plan, Stop, System, Systems, Unobserved};
use overt_schema::{
    Build, Digest, Failure, FailureKind, Finish, Observed, Reach, Request, Response, Retry, Settings,
    SystemIdentity,
};
use overt_task::LoadedTask;
use tempfile::TempDir;

/// One question, right if the answer has the target in it.
pub(crate) const PLAIN: &str = "prompt: { user: '{{ question }}' }\nscorers: [{ kind: includes }]\nmetrics: [{ name: rate, kind: rate, scorer: includes, direction: higher }]\n";
/// Two questions, one after the other.
pub(crate) const TWO_TURNS: &str = "prompt:\n  turns: [{ user: '{{ question }}' }, { user: 'Sure?' }]\nscorers: [{ kind: includes }]\nmetrics: [{ name: rate, kind: rate, scorer: includes, direction: higher }]\n";
/// A judge who is asked twice.
pub(crate) const JUDGED: &str = "prompt: { user: '{{ question }}' }\nscorers: [{ kind: judge, rubric: 'Asked was {{ question }}', verdicts: { right: 1, wrong: 0 }, repeat: 2, temperature: 0.7 }]\nmetrics: [{ name: rate, kind: rate, scorer: judge, direction: higher }]\n";

/// What comes back.
#[derive(Clone, Copy)]
pub(crate) enum Said {
    Text(&'static str),
    /// It reached its limit.
    Cut,
    Filtered,
    Failure,
}

/// A system that answers by the last message.
struct Answering<F>(F);

impl<F: Fn(&str) -> Said + Send + Sync + 'static> System for Answering<F> {
    fn identity(&self) -> SystemIdentity {
        SystemIdentity {
            name: "table".into(),
            reach: Reach::Api,
            model: "table".into(),
            base_url: None,
            artefact: None,
            engine: None,
            system_prompt: None,
            details: std::collections::BTreeMap::default(),
            probe: None,
            observed: Observed::default(),
        }
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            concurrency: 4,
            max_attempts: 1,
            context_tokens: None,
            tools: true,
            images: true,
            logprobs: true,
        }
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        let text = &request.messages.last().unwrap().content;
        let (said, finish, reason) = match (self.0)(text) {
            Said::Text(said) => (said, Finish::Stop, "stop"),
            Said::Cut => ("yes and", Finish::Length, "length"),
            Said::Filtered => ("", Finish::ContentFilter, "content_filter"),
            Said::Failure => {
                let (kind, message) = (FailureKind::Timeout, "no answer in time".to_owned());
                let failure = Failure { kind, message, retry: Retry::Never, status: None, request_id: None };
                return std::future::ready(Err(failure)).boxed();
            }
        };
        let response = Response::of_text(said, Digest::of(text));
        std::future::ready(Ok(Response { finish, finish_reason: Some(reason.into()), ..response })).boxed()
    }
}

/// A finished run.
pub(crate) struct Made {
    pub(crate) home: TempDir,
    pub(crate) run: PathBuf,
}

impl Made {
    /// Of a task file's prompt, scorers and metrics, with so many samples.
    pub(crate) fn of(
        task: &str,
        samples: usize,
        settings: Settings,
        answer: impl Fn(&str) -> Said + Send + Sync + 'static,
    ) -> Self {
        let home = tempfile::tempdir().unwrap();
        let row = |i| format!("{{\"id\":\"s{i}\",\"question\":\"q{i}\",\"target\":\"yes\"}}");
        let rows = (0..samples).map(row).collect::<Vec<_>>().join("\n");
        std::fs::write(home.path().join("data.jsonl"), rows).unwrap();
        let head = "name: t\ntitle: T\ndescription: d\nversion: '1'\nlicence: CC0-1.0\ndataset: { path: data.jsonl }\n";
        let path = home.path().join("t.yaml");
        std::fs::write(&path, format!("{head}{task}")).unwrap();
        Self::of_task(home, LoadedTask::read(&path).unwrap(), settings, answer)
    }

    pub(crate) fn of_task(
        home: TempDir,
        task: LoadedTask,
        settings: Settings,
        answer: impl Fn(&str) -> Said + Send + Sync + 'static,
    ) -> Self {
        let system = Answering(answer);
        let judge = Answering(|shown: &str| {
            let right = shown.contains(">\nyes\n<");
            Said::Text(if right { r#"{"verdict":"right"}"# } else { r#"{"verdict":"wrong"}"# })
        });
        let systems = Systems { system: &system, judge: Some(&judge) };
        let plan = Plan::prepare(None, vec![task], settings, home.path()).unwrap();
        let build = Build { version: "0".into(), build: "test".into() };
        let evaluation = Evaluation::start(plan, systems, &home.path().join("runs"), build).unwrap();
        let run = evaluation.directory().path().to_owned();
        let (_stopper, stop) = tokio::sync::watch::channel(Stop::No);
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let concluded = runtime.block_on(evaluation.execute(systems, stop, &mut Unobserved)).unwrap();
        assert!(matches!(concluded, Conclusion::Finished(_)), "{concluded:?}");
        Self { home, run }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        Path::join(self.home.path(), name)
    }
}

pub(crate) fn settings() -> Settings {
    Settings {
        seed: 1,
        epochs: None,
        limit: None,
        sample_ids: Vec::new(),
        concurrency: 4,
        max_attempts: 1,
        level: 0.95,
        early: None,
    }
}
