use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::get;

use super::*;
use crate::loaded::Origin;
use crate::samples::Selection;

const DATA: &str = "{\"id\":\"a\",\"q\":\"1\"}\n{\"id\":\"b\",\"q\":\"2\"}\n";

/// A server on a free port of this machine; the counter counts its answers.
async fn server() -> (String, Arc<AtomicUsize>) {
    let answers = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&answers);
    let app = Router::new()
        .route(
            "/data.jsonl",
            get(move || async move {
                counter.fetch_add(1, Ordering::SeqCst);
                DATA
            }),
        )
        .route("/moved.jsonl", get(|| async { Redirect::permanent("/data.jsonl") }))
        .route("/away.jsonl", get(|| async { Redirect::permanent("http://example.org/data.jsonl") }))
        .route("/circle.jsonl", get(|| async { Redirect::permanent("/circle.jsonl") }))
        .route("/error.jsonl", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route("/cut.jsonl", get(|| async { ([(header::CONTENT_LENGTH, "1000")], DATA).into_response() }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (format!("http://{address}"), answers)
}

fn task(url: &str, digest: Digest) -> LoadedTask {
    let text = format!(
        "name: t\ntitle: T\ndescription: D\nversion: \"1\"\nlicence: CC0-1.0\n\
         dataset: {{ url: \"{url}\", sha256: {digest} }}\nprompt: {{ user: \"{{{{ q }}}}\" }}\n\
         scorers: [{{ kind: refusal }}]\n\
         metrics: [{{ name: rate, kind: rate, scorer: refusal, direction: lower }}]\n"
    );
    // The file format asks for https; what is tested here is what happens beyond it.
    let file = Origin::File { path: "t.yaml".into() };
    let mut task = LoadedTask::parse(&text.replace(url, "https://example.org/data.jsonl"), file).unwrap();
    task.task.dataset.url = Some(url.to_owned());
    task
}

async fn fetch(task: &LoadedTask, cache: &Path) -> Result<Vec<Progress>, DatasetError> {
    let mut reports = Vec::new();
    task.fetch(cache, &mut |progress| reports.push(progress)).await?;
    Ok(reports)
}

fn left_behind(cache: &Path) -> usize {
    std::fs::read_dir(cache::directory(cache)).map_or(0, Iterator::count)
}

#[tokio::test]
async fn a_dataset_is_fetched_once_and_then_read_offline() {
    let (server, answers) = server().await;
    let cache = tempfile::tempdir().unwrap();
    let task = task(&format!("{server}/data.jsonl"), Digest::of(DATA));
    let early = task.prepare(&Selection::default(), cache.path(), &mut |_| ());
    assert!(matches!(early, Err(DatasetError::NotFetched { .. })));
    let reports = fetch(&task, cache.path()).await.unwrap();
    let bytes = DATA.len() as u64;
    assert_eq!(reports.last(), Some(&Progress::Fetching { received: bytes, total: Some(bytes) }));
    assert_eq!(fetch(&task, cache.path()).await.unwrap(), []);
    assert_eq!(answers.load(Ordering::SeqCst), 1);
    let samples = task.prepare(&Selection::default(), cache.path(), &mut |_| ()).unwrap();
    assert_eq!((samples.len(), samples.dataset_ref().sha256), (2, Digest::of(DATA)));
    assert_eq!(Some(&samples.dataset_ref().source), task.task.dataset.url.as_ref());
}

#[tokio::test]
async fn a_redirect_on_this_machine_is_followed_and_one_to_plain_http_elsewhere_is_not() {
    let (server, _) = server().await;
    let cache = tempfile::tempdir().unwrap();
    fetch(&task(&format!("{server}/moved.jsonl"), Digest::of(DATA)), cache.path()).await.unwrap();
    let other = tempfile::tempdir().unwrap();
    let error =
        fetch(&task(&format!("{server}/away.jsonl"), Digest::of(DATA)), other.path()).await.unwrap_err();
    assert!(error.to_string().contains("redirects to an address that is not https"), "{error}");
    let error =
        fetch(&task(&format!("{server}/circle.jsonl"), Digest::of(DATA)), other.path()).await.unwrap_err();
    assert!(error.to_string().contains("too many redirects"), "{error}");
    assert_eq!(left_behind(other.path()), 0);
}

#[tokio::test]
async fn another_file_than_the_pinned_one_is_not_kept() {
    let (server, _) = server().await;
    let cache = tempfile::tempdir().unwrap();
    let error =
        fetch(&task(&format!("{server}/data.jsonl"), Digest::of("other")), cache.path()).await.unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains(&Digest::of("other").to_string()) && message.contains(&Digest::of(DATA).to_string())
    );
    assert_eq!(left_behind(cache.path()), 0);
}

#[tokio::test]
async fn a_server_that_fails_or_stops_halfway_leaves_nothing() {
    let (server, _) = server().await;
    let cache = tempfile::tempdir().unwrap();
    for (path, reason) in [("error", "500"), ("nothing", "404"), ("cut", "")] {
        let task = task(&format!("{server}/{path}.jsonl"), Digest::of(DATA));
        let error = fetch(&task, cache.path()).await.unwrap_err();
        assert!(
            matches!(&error, DatasetError::Fetch { .. }) && error.to_string().contains(reason),
            "{error}"
        );
    }
    let nobody = task("http://127.0.0.1:1/data.jsonl", Digest::of(DATA));
    assert!(matches!(fetch(&nobody, cache.path()).await, Err(DatasetError::Fetch { .. })));
    assert_eq!(left_behind(cache.path()), 0);
}

#[tokio::test]
async fn a_dataset_over_the_limit_is_refused_with_or_without_a_declared_length() {
    let (server, _) = server().await;
    let cache = tempfile::tempdir().unwrap();
    let address = format!("{server}/data.jsonl");
    let target = cache::path(cache.path(), &Digest::of(DATA));
    let download = Download { address: &address, expected: Digest::of(DATA), target, limit: 10 };
    let error = download.run(&mut |_| ()).await.unwrap_err();
    assert!(matches!(error, DatasetError::TooLarge { limit: 10, .. }));
}

#[tokio::test]
async fn plain_http_is_for_this_machine_only() {
    let cache = tempfile::tempdir().unwrap();
    for url in [
        "http://example.org/x.jsonl",
        "ftp://127.0.0.1/x.jsonl",
        "file:///x.jsonl",
        "http://127.0.0.1.example.org/x.jsonl",
        "x.jsonl",
    ] {
        let error = fetch(&task(url, Digest::of(DATA)), cache.path()).await.unwrap_err();
        assert!(matches!(error, DatasetError::Insecure(_)), "{url}: {error}");
    }
}
