//! Runs to look at, made by the real engine with a system that answers by a function.

use std::path::{Path, PathBuf};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use overt_eval::{Capabilities, Conclusion, Evaluation, Event, Plan, Stop, System, Systems};
use overt_schema::{
    Build, Digest, Failure, Finish, Observed, Reach, Request, Response, Served, Settings, Suite,
    SystemIdentity, Usage,
};
use overt_task::LoadedTask;
use tokio::sync::watch;

/// A system that answers by a function of the last message.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) reply: fn(&str) -> Result<String, Failure>,
}

impl System for Table {
    fn identity(&self) -> SystemIdentity {
        SystemIdentity {
            name: self.name.into(),
            reach: Reach::Api,
            model: format!("{}-2026-01", self.name),
            base_url: Some("http://127.0.0.1:9/v1".into()),
            artefact: None,
            engine: None,
            system_prompt: None,
            details: std::collections::BTreeMap::default(),
            probe: None,
            observed: Observed::default(),
        }
    }

    fn capabilities(&self) -> Capabilities {
        let (tools, images, logprobs) = (true, true, true);
        Capabilities { concurrency: 4, max_attempts: 1, context_tokens: None, tools, images, logprobs }
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        async move {
            let text = request.messages.last().unwrap().content.clone();
            let answer = (self.reply)(&text)?;
            Ok(Response {
                finish: Finish::Stop,
                finish_reason: Some("stop".into()),
                usage: Usage {
                    prompt_tokens: text.len() as u64 / 4,
                    completion_tokens: answer.len() as u64 / 4 + 1,
                    ..Usage::default()
                },
                served: Served { model: Some(self.identity().model), ..Served::default() },
                ..Response::of_text(answer, Digest::of(&text))
            })
        }
        .boxed()
    }
}

/// How much of a run is made.
#[derive(Clone, Copy)]
pub(crate) enum Until {
    TheEnd,
    Samples(usize),
}

pub(crate) fn settings(limit: Option<u64>, epochs: Option<u32>) -> Settings {
    Settings {
        seed: 7,
        epochs,
        limit,
        sample_ids: Vec::new(),
        concurrency: 4,
        max_attempts: 1,
        level: 0.95,
        early: None,
    }
}

/// Makes a run, and says where it is.
pub(crate) fn make(
    runs: &Path,
    (suite, tasks): (Option<Suite>, Vec<LoadedTask>),
    settings: Settings,
    systems: Systems<'_>,
    until: Until,
) -> PathBuf {
    let plan = Plan::prepare(suite, tasks, settings, runs).unwrap();
    let build = Build { version: "0.1.0".into(), build: "test".into() };
    let evaluation = Evaluation::start(plan, systems, runs, build).unwrap();
    let path = evaluation.directory().path().to_owned();
    let (stopper, stop) = watch::channel(Stop::No);
    let mut seen = 0;
    let mut observer = |event: &Event<'_>| {
        seen += usize::from(matches!(event, Event::Sample { .. }));
        if let Until::Samples(limit) = until
            && seen >= limit
        {
            stopper.send_replace(Stop::Now);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let conclusion = runtime.block_on(evaluation.execute(systems, stop, &mut observer)).unwrap();
    assert_eq!(matches!(conclusion, Conclusion::Finished(_)), matches!(until, Until::TheEnd));
    path
}

/// A task over these samples (JSON, one a line), right if the answer contains the target.
pub(crate) fn task(home: &Path, name: &str, samples: &str) -> LoadedTask {
    std::fs::write(home.join(format!("{name}.jsonl")), samples).unwrap();
    let text = format!(
        "name: {name}\ntitle: The task {name}\ndescription: Says yes.\nversion: '1'\nlicence: CC0-1.0\nmeasures: []\n\
         dataset: {{ path: {name}.jsonl }}\nprompt:\n  system: 'Be kind.'\n  user: '{{{{ question }}}}'\n\
         scorers: [{{ kind: includes }}]\n\
         metrics: [{{ name: rate, title: Says yes, kind: rate, scorer: includes, direction: higher }}]\n"
    );
    let path = home.join(format!("{name}.yaml"));
    std::fs::write(&path, text).unwrap();
    LoadedTask::read(&path).unwrap()
}
