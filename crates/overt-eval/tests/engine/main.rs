//! The engine with a system that answers from a table: resumption, failures, turns, epochs, determinism.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use overt_eval::{
    Capabilities, Conclusion, Evaluation, Event, Interruption, Party, Plan, RunDirectory, Stop, System,
    Systems,
};
use overt_schema::{
    Build, Digest, Failure, FailureKind, Finish, Observed, Outcome, Reach, Request, Response, Retry, Run,
    SampleRow, Served, Settings, SystemIdentity, Usage,
};
use overt_task::LoadedTask;
use tokio::sync::watch;

mod incapable;
mod judged;

type Reply = Result<String, (FailureKind, Retry)>;
type Answering = Box<dyn Fn(&str, usize) -> Reply + Send + Sync>;

/// Answers by a function of the last message and how often it was asked before; remembers every request.
struct Table {
    reply: Answering,
    asked: Mutex<HashMap<String, usize>>,
    requests: Mutex<Vec<Request>>,
    together: AtomicUsize,
    most_together: AtomicUsize,
}

impl Table {
    fn new(reply: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            reply: Box::new(reply),
            asked: Mutex::default(),
            requests: Mutex::default(),
            together: AtomicUsize::new(0),
            most_together: AtomicUsize::new(0),
        })
    }

    fn asked(&self) -> HashMap<String, usize> {
        self.asked.lock().unwrap().clone()
    }
}

impl System for Table {
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
            max_attempts: 3,
            context_tokens: None,
            tools: true,
            images: true,
            logprobs: true,
        }
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        async move {
            let text = request.messages.last().unwrap().content.clone();
            self.requests.lock().unwrap().push(request);
            let together = self.together.fetch_add(1, Ordering::Relaxed) + 1;
            self.most_together.fetch_max(together, Ordering::Relaxed);
            tokio::task::yield_now().await;
            self.together.fetch_sub(1, Ordering::Relaxed);
            let before = {
                let mut asked = self.asked.lock().unwrap();
                let count = asked.entry(text.clone()).or_default();
                *count += 1;
                *count - 1
            };
            match (self.reply)(&text, before) {
                Ok(answer) => Ok(Response {
                    text: answer,
                    tool_calls: Vec::new(),
                    finish: Finish::Stop,
                    finish_reason: Some("stop".into()),
                    usage: Usage { prompt_tokens: 2, completion_tokens: 1, ..Usage::default() },
                    served: Served { model: Some("table-1".into()), ..Served::default() },
                    request_digest: Digest::of(&text),
                    logprobs: None,
                }),
                Err((kind, retry)) => {
                    Err(Failure { kind, message: "no".into(), retry, status: None, request_id: None })
                }
            }
        }
        .boxed()
    }
}

/// A task whose prompt is the sample's question, right if the answer contains the target.
fn task(directory: &Path, samples: usize, prompt: &str) -> LoadedTask {
    let row = |i| format!("{{\"id\":\"s{i}\",\"question\":\"q{i}\",\"target\":\"yes\"}}");
    let rows = (0..samples).map(row).collect::<Vec<_>>().join("\n");
    std::fs::write(directory.join("data.jsonl"), rows).unwrap();
    let text = format!(
        "name: t\ntitle: T\ndescription: d\nversion: '1'\nlicence: CC0-1.0\ndataset: {{ path: data.jsonl }}\nprompt:\n{prompt}\nscorers: [{{ kind: includes }}]\nmetrics: [{{ name: rate, kind: rate, scorer: includes, direction: higher }}]\n"
    );
    let path = directory.join("t.yaml");
    std::fs::write(&path, text).unwrap();
    LoadedTask::read(&path).unwrap()
}

const ONE_TURN: &str = "  user: '{{ question }}'";

fn settings() -> Settings {
    Settings {
        seed: 1,
        epochs: None,
        limit: None,
        sample_ids: Vec::new(),
        concurrency: 4,
        max_attempts: 3,
        level: 0.95,
        early: None,
    }
}

fn plan(task: &LoadedTask, settings: Settings, cache: &Path) -> Plan {
    Plan::prepare(None, vec![task.clone()], settings, cache).unwrap()
}

fn build() -> Build {
    Build { version: "0".into(), build: "test".into() }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    // Time is the runtime's: pauses between attempts pass at once.
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(future)
}

/// Starts a run and leaves it after `limit` finished samples.
fn until(limit: usize, evaluation: Evaluation, systems: Systems<'_>) -> Conclusion {
    let (stopper, stop) = watch::channel(Stop::No);
    let mut seen = 0;
    let mut observer = |event: &Event<'_>| {
        if matches!(event, Event::Sample { .. }) {
            seen += 1;
            if seen >= limit {
                stopper.send_replace(Stop::Now);
            }
        }
    };
    block_on(evaluation.execute(systems, stop, &mut observer)).unwrap()
}

fn run_until(limit: usize, evaluation: Evaluation, system: &dyn System) -> Conclusion {
    until(limit, evaluation, Systems::alone(system))
}

fn run(evaluation: Evaluation, system: &dyn System) -> Conclusion {
    until(usize::MAX, evaluation, Systems::alone(system))
}

fn finished(conclusion: Conclusion) -> Run {
    match conclusion {
        Conclusion::Finished(run) => *run,
        Conclusion::Interrupted { cause, done, planned } => {
            panic!("interrupted: {cause:?} at {done} of {planned}")
        }
    }
}

fn rows(path: &Path) -> Vec<SampleRow> {
    RunDirectory::open(path).unwrap().rows().unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_run_ends_with_results_rows_in_order_and_digests_that_hold() {
    let home = tempfile::tempdir().unwrap();
    let task = task(home.path(), 25, ONE_TURN);
    let system = Table::new(|text, _| Ok(if text.ends_with('1') { "no" } else { "yes" }.into()));
    let evaluation = Evaluation::start(
        plan(&task, settings(), home.path()),
        Systems::alone(system.as_ref()),
        &home.path().join("runs"),
        build(),
    )
    .unwrap();
    let path = evaluation.directory().path().to_owned();
    let run = finished(run(evaluation, system.as_ref()));
    assert_eq!(run.tasks[0].outcomes[&Outcome::Ok], 25);
    assert_eq!(run.tasks[0].metrics[0].value, Some(22.0 / 25.0));
    assert_eq!(run.usage, Usage { prompt_tokens: 50, completion_tokens: 25, ..Usage::default() });
    let rows = rows(&path);
    assert!(
        rows.iter().enumerate().all(|(i, row)| row.index == i as u64 && row.sample.id == format!("s{i}"))
    );
    let directory = RunDirectory::open(&path).unwrap();
    assert_eq!(directory.manifest().unwrap(), run);
    directory.check_files().unwrap();
    assert_eq!(system.most_together.load(Ordering::Relaxed), 4, "as many at once as the settings say");
}

#[test]
fn resuming_after_any_number_of_samples_ends_like_an_undisturbed_run() {
    let home = tempfile::tempdir().unwrap();
    let task = task(home.path(), 12, ONE_TURN);
    let answer = |text: &str, _: usize| -> Reply {
        Ok(if text.len().is_multiple_of(2) { "yes" } else { "no" }.into())
    };
    let runs = home.path().join("runs");
    let whole = {
        let system = Table::new(answer);
        let start = Evaluation::start(
            plan(&task, settings(), home.path()),
            Systems::alone(system.as_ref()),
            &runs,
            build(),
        )
        .unwrap();
        let path = start.directory().path().to_owned();
        (finished(run(start, system.as_ref())), strip(rows(&path)))
    };
    for limit in 1..12 {
        let system = Table::new(answer);
        let start = Evaluation::start(
            plan(&task, settings(), home.path()),
            Systems::alone(system.as_ref()),
            &runs,
            build(),
        )
        .unwrap();
        let path = start.directory().path().to_owned();
        let conclusion = run_until(limit, start, system.as_ref());
        if let Conclusion::Interrupted { cause: Interruption::Stopped, done, .. } = conclusion {
            assert_eq!(rows(&path).len() as u64, done);
        }
        let directory = RunDirectory::open_locked(&path).unwrap();
        let before: Vec<String> = rows(&path).into_iter().map(|row| row.sample.id).collect();
        let resume = Evaluation::resume(
            directory,
            plan(&task, settings(), home.path()),
            Systems::alone(system.as_ref()),
        )
        .unwrap();
        let resumed = finished(run(resume, system.as_ref()));
        assert_eq!(resumed.tasks[0].metrics, whole.0.tasks[0].metrics, "left after {limit}");
        assert_eq!(strip(rows(&path)), whole.1, "left after {limit}");
        for id in before {
            assert_eq!(system.asked()[&id.replace('s', "q")], 1, "{id} was finished and asked again");
        }
    }
}

/// Rows without what differs from run to run by nature: times.
fn strip(mut rows: Vec<SampleRow>) -> Vec<SampleRow> {
    for row in &mut rows {
        for attempt in &mut row.answer.attempts {
            attempt.started_ms = 0;
            attempt.took_ms = 0.0;
        }
    }
    rows
}

#[test]
fn the_table_keeps_every_field_of_every_row() {
    let home = tempfile::tempdir().unwrap();
    let task = task(home.path(), 40, ONE_TURN);
    let system = Table::new(|text, before| match (text.len() + usize::from(text.ends_with('7')), before) {
        (_, 0) if text.ends_with('3') => Err((FailureKind::Timeout, Retry::Backoff)),
        (_, _) if text.ends_with('5') => Err((FailureKind::ContextExceeded, Retry::Never)),
        _ => Ok(format!("yes \u{1F600} \"quoted\"\n\0 {text}")),
    });
    let start = Evaluation::start(
        plan(&task, settings(), home.path()),
        Systems::alone(system.as_ref()),
        &home.path().join("runs"),
        build(),
    )
    .unwrap();
    let path = start.directory().path().to_owned();
    // The journal holds rows as JSON; what the table gives back must be the same.
    run_until(39, start, system.as_ref());
    let journal = rows(&path);
    let resume = Evaluation::resume(
        RunDirectory::open_locked(&path).unwrap(),
        plan(&task, settings(), home.path()),
        Systems::alone(system.as_ref()),
    )
    .unwrap();
    finished(run(resume, system.as_ref()));
    let table = rows(&path);
    assert_eq!(table.len(), 40);
    assert!(journal.len() >= 30, "the run was left late enough");
    let answered = journal.iter().filter(|row| row.answer.outcome != Outcome::Timeout);
    for row in answered {
        assert_eq!(table[row.index as usize], *row);
    }
}

#[test]
fn attempts_end_and_a_failed_sample_is_missing_not_wrong() {
    let home = tempfile::tempdir().unwrap();
    let task = task(home.path(), 10, ONE_TURN);
    let system = Table::new(|text, _| match text {
        "q4" => Err((FailureKind::RateLimited, Retry::After(1.0))),
        "q5" => Err((FailureKind::Provider, Retry::Never)),
        _ => Ok("yes".into()),
    });
    let start = Evaluation::start(
        plan(&task, settings(), home.path()),
        Systems::alone(system.as_ref()),
        &home.path().join("runs"),
        build(),
    )
    .unwrap();
    let path = start.directory().path().to_owned();
    let run = finished(run(start, system.as_ref()));
    let metric = &run.tasks[0].metrics[0];
    assert_eq!((metric.value, metric.n, metric.missing, metric.bounds), (Some(1.0), 8, 2, Some([0.8, 1.0])));
    let rows = rows(&path);
    assert_eq!((rows[4].answer.outcome, rows[4].answer.attempts.len()), (Outcome::RateLimited, 3));
    assert_eq!((rows[5].answer.outcome, rows[5].answer.attempts.len()), (Outcome::ProviderError, 1));
}

#[test]
fn a_system_that_rejects_the_first_requests_stops_the_run_and_records_nothing() {
    let home = tempfile::tempdir().unwrap();
    let task = task(home.path(), 100, ONE_TURN);
    let system = Table::new(|_, _| Err((FailureKind::Rejected, Retry::Never)));
    let start = Evaluation::start(
        plan(&task, settings(), home.path()),
        Systems::alone(system.as_ref()),
        &home.path().join("runs"),
        build(),
    )
    .unwrap();
    let path = start.directory().path().to_owned();
    let conclusion = run(start, system.as_ref());
    assert!(
        matches!(
            &conclusion,
            Conclusion::Interrupted {
                cause: Interruption::Rejected(Party::System, _),
                done: 0,
                planned: 100
            }
        ),
        "{conclusion:?}"
    );
    assert!(rows(&path).is_empty() && system.asked().len() <= 8);
}

#[test]
fn a_system_that_went_away_stops_the_run_after_some_patience() {
    let home = tempfile::tempdir().unwrap();
    let task = task(home.path(), 500, ONE_TURN);
    let system = Table::new(|text, _| {
        if text[1..].parse::<u32>().unwrap() < 50 {
            Ok("yes".into())
        } else {
            Err((FailureKind::Provider, Retry::Backoff))
        }
    });
    let start = Evaluation::start(
        plan(&task, settings(), home.path()),
        Systems::alone(system.as_ref()),
        &home.path().join("runs"),
        build(),
    )
    .unwrap();
    let conclusion = run(start, system.as_ref());
    assert!(
        matches!(
            &conclusion,
            Conclusion::Interrupted { cause: Interruption::Unreachable(Party::System, _), done: 50, .. }
        ),
        "{conclusion:?}"
    );
    assert!(system.asked().len() < 80);
}

#[test]
fn scripted_turns_and_epochs_are_walked_with_seeds_of_their_own() {
    let home = tempfile::tempdir().unwrap();
    let turns = "  system: 'Be brief.'\n  turns:\n    - user: 'first {{ question }}'\n    - user: 'second {{ question }}'\n    - assistant: 'scripted'\n    - user: 'third'";
    let task = task(home.path(), 2, turns);
    let system = Table::new(|text, _| Ok(format!("yes to {text}")));
    let settings = Settings { epochs: Some(3), concurrency: 1, ..settings() };
    let start = Evaluation::start(
        plan(&task, settings, home.path()),
        Systems::alone(system.as_ref()),
        &home.path().join("runs"),
        build(),
    )
    .unwrap();
    let path = start.directory().path().to_owned();
    let run = finished(run(start, system.as_ref()));
    assert_eq!((run.tasks[0].planned, run.tasks[0].metrics[0].n), (6, 2));
    let rows = rows(&path);
    let said: Vec<&str> = rows[0].messages.iter().map(|message| message.content.as_str()).collect();
    assert_eq!(said, ["Be brief.", "first q0", "yes to first q0", "second q0", "scripted", "third"]);
    assert_eq!(rows.iter().map(|row| row.epoch).collect::<Vec<_>>(), [0, 1, 2, 0, 1, 2]);
    let mut seeds: Vec<_> =
        system.requests.lock().unwrap().iter().map(|request| request.generation.seed).collect();
    assert_eq!(seeds.len(), 12);
    seeds.sort_unstable();
    seeds.dedup();
    assert_eq!(seeds.len(), 12, "every turn of every epoch has its own seed");
}

#[test]
fn another_system_cannot_finish_a_run() {
    let home = tempfile::tempdir().unwrap();
    let task = task(home.path(), 5, ONE_TURN);
    let system = Table::new(|_, _| Ok("yes".into()));
    let start = Evaluation::start(
        plan(&task, settings(), home.path()),
        Systems::alone(system.as_ref()),
        &home.path().join("runs"),
        build(),
    )
    .unwrap();
    let path = start.directory().path().to_owned();
    run_until(2, start, system.as_ref());

    struct Other(Arc<Table>);
    impl System for Other {
        fn identity(&self) -> SystemIdentity {
            SystemIdentity { model: "other".into(), ..self.0.identity() }
        }
        fn capabilities(&self) -> Capabilities {
            self.0.capabilities()
        }
        fn generate(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
            self.0.generate(request)
        }
    }
    let other = Other(system);
    let directory = RunDirectory::open_locked(&path).unwrap();
    let error = Evaluation::resume(directory, plan(&task, settings(), home.path()), Systems::alone(&other))
        .unwrap_err();
    assert!(error.to_string().contains("another system"), "{error}");
}
