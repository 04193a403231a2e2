//! What is asked once, what is asked again, and what goes wrong with the folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;

use futures_util::future::join_all;
use overt_schema::{Artefact, FailureKind, Image, Observed, Probe, Retry, Role, Served, ToolCall, Usage};

use super::*;

/// Answers with the number of the call; how it ends is the last word of the question.
struct Counting {
    identity: SystemIdentity,
    asked: AtomicUsize,
}

fn identity(reach: Reach) -> SystemIdentity {
    SystemIdentity {
        name: "name".into(),
        reach,
        model: "m".into(),
        base_url: Some("http://h/v1".into()),
        artefact: None,
        engine: None,
        system_prompt: None,
        details: BTreeMap::new(),
        probe: None,
        observed: Observed::default(),
    }
}

fn counting(identity: SystemIdentity) -> Arc<Counting> {
    Arc::new(Counting { identity, asked: AtomicUsize::new(0) })
}

impl Counting {
    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl System for Counting {
    fn identity(&self) -> SystemIdentity {
        self.identity.clone()
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
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        let finish = match request.messages[0].content.rsplit(' ').next() {
            Some("fails") => None,
            Some("cut") => Some(Finish::Length),
            Some("filtered") => Some(Finish::ContentFilter),
            Some("unknown") => Some(Finish::Unknown),
            Some("refused") => Some(Finish::Refusal),
            Some("called") => Some(Finish::ToolCalls),
            _ => Some(Finish::Stop),
        };
        Box::pin(async move {
            tokio::task::yield_now().await;
            let finish = finish.ok_or_else(|| Failure {
                kind: FailureKind::Provider,
                message: "no".into(),
                retry: Retry::Never,
                status: None,
                request_id: None,
            })?;
            Ok(Response {
                text: format!("answer {number}"),
                tool_calls: (finish == Finish::ToolCalls)
                    .then(|| ToolCall { id: "1".into(), name: "f".into(), arguments: "{".into() })
                    .into_iter()
                    .collect(),
                finish,
                finish_reason: Some("word".into()),
                usage: Usage { prompt_tokens: 5, completion_tokens: 2, ..Usage::default() },
                served: Served {
                    model: Some("m-1".into()),
                    request_id: Some("r".into()),
                    ..Served::default()
                },
                request_digest: Digest::of("sent"),
                logprobs: None,
            })
        })
    }
}

fn request(text: &str) -> Request {
    let generation = Generation { seed: Some(1), temperature: 0.7, ..Generation::default() };
    Request::new(vec![Message::new(Role::User, text)], generation)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let list = |path: &Path| -> Vec<PathBuf> {
        fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    list(folder).iter().flat_map(|sub| list(sub)).collect()
}

async fn text(system: &Cached<Counting>, question: &str) -> String {
    system.generate(request(question)).await.unwrap().text
}

#[tokio::test]
async fn the_same_question_is_asked_once_and_the_second_answer_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let inner = counting(identity(Reach::Api));
    let system = Cached::new(Arc::clone(&inner), CacheOptions::new(folder.path()));
    let first = system.generate(request("hi")).await.unwrap();
    // Another process, another name, other observations: the same system.
    let mut same = identity(Reach::Api);
    same.name = "alias".into();
    same.observed.models.insert("m-1".into(), 7);
    same.probe = Some(Probe {
        probed_ms: 0,
        overt: "0".into(),
        requests: 1,
        max_requests: 1,
        usage: Usage::default(),
        findings: Vec::new(),
    });
    let later = counting(same);
    let again = Cached::new(Arc::clone(&later), CacheOptions::new(folder.path()));
    let second = again.generate(request("hi")).await.unwrap();
    assert_eq!((inner.asked(), later.asked()), (1, 0));
    assert!(!first.served.cached && second.served.cached);
    assert_eq!((first.spent(), second.spent()), (first.usage, Usage::default()));
    let expected = Response { served: Served { cached: true, ..first.served.clone() }, ..first };
    assert_eq!(second, expected);
}

#[tokio::test]
async fn what_could_change_the_answer_is_asked_anew() {
    let folder = tempfile::tempdir().unwrap();
    let inner = counting(identity(Reach::Api));
    let system = Cached::new(Arc::clone(&inner), CacheOptions::new(folder.path()));
    let mut different = vec![
        request("hi"),
        request("ho"),
        request("hi"),
        request("hi"),
        request("hi"),
        request("hi"),
        request("hi"),
    ];
    different[2].generation.seed = Some(2);
    different[3].generation.temperature = 0.0;
    different[4].generation.max_tokens = 7;
    different[5].messages[0].role = Role::System;
    different[6].tools.push(ToolDefinition {
        name: "f".into(),
        description: None,
        parameters: serde_json::Map::new(),
    });
    for bytes in ["GIF89a 1", "GIF89a 2"] {
        let mut shown = request("hi");
        shown.messages[0].images.push(Image::new(bytes.into()).unwrap());
        different.push(shown);
    }
    for request in different {
        assert!(!system.generate(request).await.unwrap().served.cached);
    }
    assert_eq!(inner.asked(), 9);
    for change in [
        |identity: &mut SystemIdentity| identity.model = "n".into(),
        |identity: &mut SystemIdentity| identity.base_url = Some("http://i/v1".into()),
        |identity: &mut SystemIdentity| identity.system_prompt = Some("Be brief.".into()),
        |identity: &mut SystemIdentity| drop(identity.details.insert("seed".into(), "not sent".into())),
        |identity: &mut SystemIdentity| identity.engine = Some("e".into()),
    ] {
        let mut other = identity(Reach::Api);
        change(&mut other);
        let other = Cached::new(counting(other), CacheOptions::new(folder.path()));
        assert!(!other.generate(request("hi")).await.unwrap().served.cached);
    }
}

#[tokio::test]
async fn only_whole_answers_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let inner = counting(identity(Reach::Api));
    let system = Cached::new(Arc::clone(&inner), CacheOptions::new(folder.path()));
    for question in ["it fails", "it is cut", "it is filtered", "it is unknown"] {
        for _ in 0..2 {
            let _ = system.generate(request(question)).await;
        }
    }
    assert_eq!((inner.asked(), files(folder.path()).len()), (8, 0));
    for _ in 0..2 {
        assert_eq!(text(&system, "it is refused").await, "answer 8");
    }
    for _ in 0..2 {
        let called = system.generate(request("it is called")).await.unwrap();
        assert_eq!((called.text.as_str(), called.tool_calls.len()), ("answer 9", 1));
    }
}

#[tokio::test]
async fn many_at_once_leave_whole_entries() {
    let folder = tempfile::tempdir().unwrap();
    let inner = counting(identity(Reach::Api));
    let system = Cached::new(Arc::clone(&inner), CacheOptions::new(folder.path()));
    // Fifty questions, each asked by four at once.
    let asked = join_all((0..200).map(|n| system.generate(request(&format!("question {}", n % 50))))).await;
    assert!(asked.iter().all(Result::is_ok));
    assert_eq!(files(folder.path()).len(), 50);
    let before = inner.asked();
    let again = join_all((0..200).map(|n| system.generate(request(&format!("question {}", n % 50))))).await;
    assert!(again.into_iter().all(|answer| answer.unwrap().served.cached));
    assert_eq!(inner.asked(), before);
}

#[tokio::test]
async fn a_damaged_entry_is_asked_again_and_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let inner = counting(identity(Reach::Api));
    let system = Cached::new(Arc::clone(&inner), CacheOptions::new(folder.path()));
    text(&system, "hi").await;
    let path = files(folder.path()).pop().unwrap();
    let whole = fs::read(&path).unwrap();
    let mut altered = whole.clone();
    let at = whole.windows(8).position(|window| window == b"answer 0").unwrap();
    altered[at] = b'A';
    for (number, damaged) in
        [whole[..whole.len() / 2].to_vec(), altered, Vec::new(), vec![0xff; 200]].into_iter().enumerate()
    {
        fs::write(&path, damaged).unwrap();
        assert_eq!(text(&system, "hi").await, format!("answer {}", number + 1));
        assert_eq!(text(&system, "hi").await, format!("answer {}", number + 1));
    }
    // A whole entry under another key is no answer.
    let before = inner.asked();
    text(&system, "ho").await;
    let other = files(folder.path()).into_iter().find(|other| *other != path).unwrap();
    fs::copy(&path, &other).unwrap();
    assert_eq!(text(&system, "ho").await, format!("answer {}", before + 1));
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told_of_once_and_fails_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "in the way").unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&told);
    let options = CacheOptions {
        on_trouble: Some(Arc::new(move |trouble| hears.lock().unwrap().push(trouble.to_string()))),
        ..CacheOptions::new(folder.path().join("file/cache"))
    };
    let inner = counting(identity(Reach::Api));
    let system = Cached::new(Arc::clone(&inner), options);
    let asked = join_all((0..20).map(|n| system.generate(request(&format!("question {n}"))))).await;
    assert!(asked.iter().all(Result::is_ok));
    text(&system, "question 0").await;
    assert_eq!(inner.asked(), 21);
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("file/cache") && told[0].contains("goes on"), "{told:?}");
}

#[tokio::test]
async fn weights_are_known_by_their_digest_and_without_it_nothing_is_cached() {
    let folder = tempfile::tempdir().unwrap();
    let told = Arc::new(AtomicUsize::new(0));
    let hears = Arc::clone(&told);
    let options = CacheOptions {
        on_trouble: Some(Arc::new(move |_| hears.store(hears.load(Ordering::SeqCst) + 1, Ordering::SeqCst))),
        ..CacheOptions::new(folder.path())
    };
    let unknown = counting(identity(Reach::Local));
    let system = Cached::new(Arc::clone(&unknown), options.clone());
    for _ in 0..2 {
        text(&system, "hi").await;
    }
    assert_eq!((unknown.asked(), told.load(Ordering::SeqCst)), (2, 1));
    for (file, asked) in [("one", 1), ("one", 0), ("two", 1)] {
        let artefact = Artefact {
            file: "m.gguf".into(),
            sha256: Digest::of(file),
            bytes: 1,
            quantisation: "Q4_1".into(),
            transformed: None,
        };
        let local = counting(SystemIdentity { artefact: Some(artefact), ..identity(Reach::Local) });
        text(&Cached::new(Arc::clone(&local), options.clone()), "hi").await;
        assert_eq!(local.asked(), asked, "{file}");
    }
}

#[tokio::test]
async fn a_replay_is_passed_through_and_a_boxed_system_can_be_cached() {
    let folder = tempfile::tempdir().unwrap();
    let replay = counting(identity(Reach::Replay));
    let system: Cached<dyn System> =
        Cached::new(Arc::clone(&replay) as Arc<dyn System>, CacheOptions::new(folder.path()));
    for _ in 0..2 {
        assert!(!system.generate(request("hi")).await.unwrap().served.cached);
    }
    assert_eq!((replay.asked(), files(folder.path()).len()), (2, 0));
    assert_eq!(system.capabilities().concurrency, 4);
}
