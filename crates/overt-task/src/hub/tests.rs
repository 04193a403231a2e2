//! Against a server on this machine that has the hub's routes, with Parquet files made here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use axum::Router;
use axum::extract::{Path as Part, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};

use super::*;
use crate::check::{Warning, check_task};
use crate::loaded::{LoadedTask, Origin};
use crate::samples::{Samples, Selection};

const HEAD: &str = "1111111111111111111111111111111111111111";
const NEXT: &str = "2222222222222222222222222222222222222222";
const CONVERSION: &str = "3333333333333333333333333333333333333333";

/// What the server has: commits by revision, files by commit; and what it was asked.
#[derive(Default)]
struct World {
    revisions: BTreeMap<String, String>,
    files: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    terms: bool,
    token: Option<String>,
    /// Files on a page of the list.
    page: usize,
    /// Where files are stored: another host than the hub's.
    storage: String,
    requests: Vec<String>,
}

type Shared = Arc<Mutex<World>>;

fn refused(status: StatusCode, code: &str) -> Response {
    (status, [("x-error-code", code.to_owned())]).into_response()
}

/// Notes the request; an answer if it is refused.
fn refusal(world: &Shared, headers: &HeaderMap, what: String, is_content: bool) -> Option<Response> {
    let mut world = world.lock().unwrap();
    world.requests.push(what);
    let bearer = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
    let is_known = world.token.as_ref().is_some_and(|token| bearer == Some(format!("Bearer {token}")));
    if !world.terms || !is_content || is_known {
        return None;
    }
    let status = if bearer.is_some() { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED };
    Some(refused(status, "GatedRepo"))
}

async fn info(
    State(world): State<Shared>,
    Part((owner, name, revision)): Part<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    if let Some(refusal) = refusal(&world, &headers, format!("revision {revision}"), false) {
        return refusal;
    }
    if (owner.as_str(), name.as_str()) != ("org", "name") {
        return refused(StatusCode::UNAUTHORIZED, "RepoNotFound");
    }
    match world.lock().unwrap().revisions.get(&revision) {
        Some(sha) => axum::Json(json!({ "id": "org/name", "sha": sha, "gated": false })).into_response(),
        None => refused(StatusCode::NOT_FOUND, "RevisionNotFound"),
    }
}

async fn tree(
    State(world): State<Shared>,
    Part((_, _, commit)): Part<(String, String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let url = Url::parse("http://here").unwrap().join(&uri.to_string()).unwrap();
    let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let from: usize = query.get("cursor").map_or(0, |cursor| cursor.parse().unwrap());
    assert_eq!(query["recursive"], "true");
    if let Some(refusal) = refusal(&world, &headers, format!("tree {commit} {from}"), false) {
        return refusal;
    }
    let world = world.lock().unwrap();
    let Some(files) = world.files.get(&commit) else {
        return refused(StatusCode::NOT_FOUND, "RevisionNotFound");
    };
    let entry = |(path, bytes): (&String, &Vec<u8>)| {
        if path.ends_with(".parquet") {
            let large = json!({ "oid": Digest::of(bytes), "size": bytes.len(), "pointerSize": 130 });
            json!({ "type": "file", "oid": "f00", "size": bytes.len(), "path": path, "lfs": large })
        } else {
            json!({ "type": "file", "oid": "f00", "size": bytes.len(), "path": path })
        }
    };
    let mut entries: Vec<Value> =
        vec![json!({ "type": "directory", "oid": "d00", "size": 0, "path": "data" })];
    entries.extend(files.iter().map(entry));
    let page: Vec<&Value> = entries.iter().skip(from).take(world.page).collect();
    let next = from + world.page;
    if next < entries.len() {
        // Another host: only the cursor may be used.
        let link = format!("<https://example.org/api?limit=1&cursor={next}>; rel=\"next\"");
        return ([("link", link)], axum::Json(json!(page))).into_response();
    }
    axum::Json(json!(page)).into_response()
}

async fn resolve(
    State(world): State<Shared>,
    Part((_, _, commit, path)): Part<(String, String, String, String)>,
    headers: HeaderMap,
) -> Response {
    if let Some(refusal) = refusal(&world, &headers, format!("file {commit} {path}"), true) {
        return refusal;
    }
    let world = world.lock().unwrap();
    if !world.files.get(&commit).is_some_and(|files| files.contains_key(&path)) {
        return refused(StatusCode::NOT_FOUND, "EntryNotFound");
    }
    Redirect::temporary(&format!("{}/storage/{commit}/{path}", world.storage)).into_response()
}

async fn storage(
    State(world): State<Shared>,
    Part((commit, path)): Part<(String, String)>,
    headers: HeaderMap,
) -> Response {
    assert!(!headers.contains_key(header::AUTHORIZATION), "the token is for the hub alone");
    let bytes = world.lock().unwrap().files[&commit][&path].clone();
    let Some(range) = headers.get(header::RANGE) else { return bytes.into_response() };
    let from: usize = range.to_str().unwrap()["bytes=".len()..].trim_end_matches('-').parse().unwrap();
    world.lock().unwrap().requests.push(format!("from {from}"));
    let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
    (StatusCode::PARTIAL_CONTENT, [(header::CONTENT_RANGE, range)], bytes[from..].to_vec()).into_response()
}

/// The address of a server of its own.
async fn serve(app: Router<Shared>, world: &Shared) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let app = app.with_state(Arc::clone(world));
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

struct Server {
    world: Shared,
    hub: Hub,
    cache: tempfile::TempDir,
}

impl Server {
    async fn new(head: &[(&str, Vec<u8>)]) -> Self {
        let world = Arc::new(Mutex::new(World { page: 1000, ..World::default() }));
        let hub = Router::new()
            .route("/api/datasets/{owner}/{name}/revision/{revision}", get(info))
            .route("/api/datasets/{owner}/{name}/tree/{commit}", get(tree))
            .route("/datasets/{owner}/{name}/resolve/{commit}/{*path}", get(resolve));
        let storage = Router::new().route("/storage/{commit}/{*path}", get(storage));
        let endpoint = serve(hub, &world).await + "/";
        let storage = serve(storage, &world).await;
        world.lock().unwrap().storage = storage;
        let hub = Hub { endpoint, token: None, offline: false };
        let server = Self { world, hub, cache: tempfile::tempdir().unwrap() };
        server.publish("main", HEAD, head);
        server
    }

    fn publish(&self, revision: &str, commit: &str, files: &[(&str, Vec<u8>)]) {
        let mut world = self.world.lock().unwrap();
        world.revisions.insert(revision.to_owned(), commit.to_owned());
        world.revisions.insert(commit.to_owned(), commit.to_owned());
        let files = files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.clone())).collect();
        world.files.insert(commit.to_owned(), files);
    }

    async fn fetch(&self, dataset: &str) -> Result<Vec<Progress>, DatasetError> {
        let mut reports = Vec::new();
        let hub = &self.hub;
        task(dataset).fetch(self.cache.path(), hub, &mut |progress| reports.push(progress)).await?;
        Ok(reports)
    }

    fn prepare(&self, dataset: &str) -> Result<Samples, DatasetError> {
        task(dataset).prepare(&Selection::default(), self.cache.path(), &mut |_| ())
    }

    async fn message(&self, dataset: &str) -> String {
        self.fetch(dataset).await.unwrap_err().to_string()
    }

    fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.world.lock().unwrap().requests)
    }
}

fn task(dataset: &str) -> LoadedTask {
    let text = format!(
        "name: t\ntitle: T\ndescription: D\nversion: \"1\"\nlicence: CC0-1.0\ndataset: {dataset}\n\
         prompt: {{ user: \"{{{{ q }}}}\" }}\nscorers: [{{ kind: refusal }}]\n\
         metrics: [{{ name: rate, kind: rate, scorer: refusal, direction: lower }}]\n"
    );
    LoadedTask::parse(&text, Origin::File { path: "t.yaml".into() }).unwrap()
}

fn table(numbers: std::ops::Range<i64>) -> Vec<u8> {
    let texts: Vec<String> = numbers.clone().map(|n| format!("question {n}")).collect();
    let columns: [(&str, ArrayRef); 2] =
        [("q", Arc::new(StringArray::from(texts))), ("n", Arc::new(Int64Array::from_iter_values(numbers)))];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn shards() -> [(&'static str, Vec<u8>); 3] {
    [
        ("data/test-00000-of-00002.parquet", table(0..30)),
        ("data/test-00001-of-00002.parquet", table(30..50)),
        ("data/train-00000-of-00001.parquet", table(100..110)),
    ]
}

fn numbers(samples: &Samples) -> Vec<i64> {
    samples.iter().map(|sample| sample.unwrap().1.fields["n"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_split_is_fetched_once_recorded_with_its_commit_and_read_without_a_network() {
    let mut server = Server::new(&shards()).await;
    let dataset = "{ hf: org/name, split: test }";
    let early = server.prepare(dataset).unwrap_err();
    assert!(matches!(&early, DatasetError::NotFetched { url, .. } if url == "hf:org/name"), "{early}");
    let reports = server.fetch(dataset).await.unwrap();
    let [(_, first), (_, second), _] = shards();
    let total = (first.len() + second.len()) as u64;
    assert_eq!(reports.last(), Some(&Progress::Fetching { received: total, total: Some(total) }));
    let samples = server.prepare(dataset).unwrap();
    assert_eq!(numbers(&samples), (0..50).collect::<Vec<_>>());
    let reference = samples.dataset_ref();
    assert_eq!(reference.source, format!("hf:org/name@{HEAD}/default/test"));
    assert_eq!(reference.sha256, Digest::of([first, second].concat()), "of the files one after the other");
    let place = samples.place(30).unwrap().unwrap().to_string();
    assert_eq!(place, format!("hf:org/name@{HEAD}/default/test, row 31"));
    server.requests();
    assert_eq!(server.fetch(dataset).await.unwrap(), []);
    assert_eq!(server.requests(), ["revision main"], "only whether it has moved");
    server.hub.offline = true;
    assert_eq!(server.fetch(dataset).await.unwrap(), []);
    server.hub = Hub { endpoint: "http://127.0.0.1:1".into(), token: None, offline: false };
    assert_eq!(server.fetch(dataset).await.unwrap(), []);
    assert_eq!(server.prepare(dataset).unwrap().dataset_ref(), samples.dataset_ref());
}

#[tokio::test]
async fn a_pinned_commit_needs_no_question_and_a_moved_branch_is_followed() {
    let server = Server::new(&shards()).await;
    let pinned = format!("{{ hf: org/name, split: test, revision: \"{HEAD}\" }}");
    let moving = "{ hf: org/name, split: test }";
    server.fetch(&pinned).await.unwrap();
    server.fetch(moving).await.unwrap();
    server.publish("main", NEXT, &[("data/test-00000-of-00001.parquet", table(7..9))]);
    server.requests();
    server.fetch(&pinned).await.unwrap();
    assert_eq!(server.requests(), [""; 0]);
    server.fetch(moving).await.unwrap();
    assert_eq!(server.prepare(&pinned).unwrap().len(), 50);
    let moved = server.prepare(moving).unwrap();
    assert_eq!(moved.dataset_ref().source, format!("hf:org/name@{NEXT}/default/test"));
    assert_eq!(numbers(&moved), [7, 8]);
}

#[tokio::test]
async fn the_digest_that_a_task_pins_is_held() {
    let server = Server::new(&shards()).await;
    let [(_, first), (_, second), _] = shards();
    let whole = Digest::of([first, second].concat());
    let dataset = |digest| format!("{{ hf: org/name, split: test, sha256: {digest} }}");
    server.fetch(&dataset(whole)).await.unwrap();
    assert_eq!(server.prepare(&dataset(whole)).unwrap().len(), 50);
    let error = server.prepare(&dataset(Digest::of("other"))).unwrap_err();
    assert!(matches!(error, DatasetError::Digest { found, .. } if found == whole));
    let limited = Selection { limit: Some(3), ..Selection::default() };
    let samples = task(&dataset(whole)).prepare(&limited, server.cache.path(), &mut |_| ()).unwrap();
    assert_eq!((samples.len(), samples.dataset_ref().sha256), (3, whole));
}

#[tokio::test]
async fn a_file_that_was_changed_in_the_cache_is_found_before_it_is_decoded() {
    let server = Server::new(&shards()).await;
    let dataset = "{ hf: org/name, split: test }";
    server.fetch(dataset).await.unwrap();
    let [_, (_, second), _] = shards();
    std::fs::write(cache::path(server.cache.path(), &Digest::of(second)), "changed").unwrap();
    let error = server.prepare(dataset).unwrap_err();
    assert!(matches!(error, DatasetError::Digest { found, .. } if found == Digest::of("changed")));
}

#[tokio::test]
async fn the_card_says_which_files_are_meant_and_json_may_be_lines() {
    let card = "---\nconfigs:\n- config_name: main\n  data_files:\n  - split: test\n    path: x/*.json\n- config_name: \
                socratic\n  data_files:\n  - split: test\n    path: other.csv\n---\n# A dataset\n";
    let files = [
        ("README.md", card.as_bytes().to_vec()),
        ("x/a.json", b"{\"q\":\"one\"}\n{\"q\":\"two\"}\n".to_vec()),
        ("x/b.json", b"[{\"q\":\"three\"}]".to_vec()),
        ("other.csv", b"q\nfour\n".to_vec()),
    ];
    let server = Server::new(&files).await;
    let message = server.message("{ hf: org/name }").await;
    assert_eq!(
        message,
        "cannot get the dataset hf:org/name: it has several configs: main, socratic\n  next     say which: dataset.config"
    );
    server.fetch("{ hf: org/name, config: main }").await.unwrap();
    let samples = server.prepare("{ hf: org/name, config: main }").unwrap();
    let texts: Vec<String> = samples.iter().map(|sample| sample.unwrap().1.text("q").unwrap()).collect();
    assert_eq!(texts, ["one", "two", "three"]);
    server.fetch("{ hf: org/name, config: socratic }").await.unwrap();
    assert_eq!(server.prepare("{ hf: org/name, config: socratic }").unwrap().len(), 1);
}

#[tokio::test]
async fn what_only_a_script_can_read_is_taken_from_the_hubs_conversion() {
    let files = [("name.py", b"import datasets".to_vec()), ("data/train.jsonl.zip", b"PK".to_vec())];
    let server = Server::new(&files).await;
    let dataset = "{ hf: org/name, config: main, split: test }";
    let message = server.message(dataset).await;
    assert!(
        message.contains("it has no files of a known format, and the hub has no Parquet of it"),
        "{message}"
    );
    server.publish(
        "refs/convert/parquet",
        CONVERSION,
        &[("main/test/0000.parquet", table(0..3)), ("main/train/0000.parquet", table(3..5))],
    );
    server.fetch(dataset).await.unwrap();
    let samples = server.prepare(dataset).unwrap();
    assert_eq!(samples.dataset_ref().source, format!("hf:org/name@{CONVERSION}/main/test"));
    // The commit in the manifest is one that a task can be pinned to.
    let pinned = format!("{{ hf: org/name, config: main, split: test, revision: \"{CONVERSION}\" }}");
    server.fetch(&pinned).await.unwrap();
    assert_eq!(server.prepare(&pinned).unwrap().dataset_ref(), samples.dataset_ref());
    let branch = "{ hf: org/name, split: train, revision: refs/convert/parquet }";
    server.fetch(branch).await.unwrap();
    assert_eq!(numbers(&server.prepare(branch).unwrap()), [3, 4]);
}

#[tokio::test]
async fn terms_of_use_are_explained_with_and_without_a_token() {
    let mut server = Server::new(&shards()).await;
    let dataset = "{ hf: org/name, split: test }";
    (server.world.lock().unwrap().terms, server.world.lock().unwrap().token) = (true, Some("hf_good".into()));
    let endpoint = server.hub.endpoint.clone();
    let message = server.message(dataset).await;
    assert_eq!(
        message,
        format!(
            "cannot get the dataset hf:org/name: its terms have to be accepted first, and HF_TOKEN, which says by \
             whom, is not set\n  next     accept the terms at {endpoint}datasets/org/name, make a token at \
             https://huggingface.co/settings/tokens, and set HF_TOKEN to it"
        )
    );
    server.hub.token = Some("hf_bad".into());
    let message = server.message(dataset).await;
    assert!(
        message.contains("the account of HF_TOKEN has not done so") && !message.contains("hf_bad"),
        "{message}"
    );
    assert!(!format!("{:?}", server.hub).contains("hf_bad"));
    server.hub.token = Some("hf_good".into());
    server.fetch(dataset).await.unwrap();
    assert_eq!(server.prepare(dataset).unwrap().len(), 50);
}

#[tokio::test]
async fn what_is_not_there_is_said_with_what_is() {
    let mut server = Server::new(&shards()).await;
    for (dataset, said) in [
        ("{ hf: org/nome, split: test }", "knows no such dataset"),
        ("{ hf: org/name, split: tset }", "it has no split `tset`; it has test, train"),
        ("{ hf: org/name, config: x, split: test }", "it has no config `x`; it has default"),
        ("{ hf: org/name, split: test, revision: v9 }", "it has no revision `v9`"),
        ("{ hf: org/name }", "it has several splits: test, train\n  next     say which: dataset.split"),
    ] {
        let message = server.message(dataset).await;
        assert!(message.contains(said), "{dataset}: {message}");
    }
    server.hub.offline = true;
    let message = server.message("{ hf: org/name, split: test }").await;
    assert!(message.contains("HF_HUB_OFFLINE is set, and it is not in the cache"), "{message}");
    server.hub = Hub { endpoint: "http://example.org".into(), token: Some("t".into()), offline: false };
    assert!(matches!(server.fetch("{ hf: org/name }").await, Err(DatasetError::Insecure(_))));
}

#[tokio::test]
async fn a_list_of_several_pages_is_read_to_its_end() {
    let server = Server::new(&shards()).await;
    server.world.lock().unwrap().page = 1;
    server.fetch("{ hf: org/name, split: train }").await.unwrap();
    assert_eq!(numbers(&server.prepare("{ hf: org/name, split: train }").unwrap()).len(), 10);
    let pages = server.requests().iter().filter(|request| request.starts_with("tree")).count();
    assert_eq!(pages, 4);
}

#[tokio::test]
async fn a_download_goes_on_where_an_earlier_one_stopped() {
    let server = Server::new(&shards()).await;
    let [(_, first), ..] = shards();
    let directory = cache::directory(server.cache.path());
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join(format!("{}.part", Digest::of(&first))), &first[..100]).unwrap();
    server.fetch("{ hf: org/name, split: test }").await.unwrap();
    assert!(server.requests().contains(&"from 100".to_owned()));
    assert_eq!(server.prepare("{ hf: org/name, split: test }").unwrap().len(), 50);
}

#[tokio::test]
async fn an_answer_that_is_none_is_an_error() {
    let server = Server::new(&shards()).await;
    server.world.lock().unwrap().revisions.insert("main".into(), "../../etc".into());
    assert!(server.message("{ hf: org/name }").await.contains("a commit is 40 hexadecimal digits"));
    server.publish("main", HEAD, &[("data//train.jsonl", b"{}".to_vec())]);
    assert!(server.message("{ hf: org/name }").await.contains("leads out of the dataset"));
}

#[tokio::test]
async fn a_check_warns_of_a_dataset_that_may_change() {
    let server = Server::new(&shards()).await;
    let warnings = |dataset: &str| check_task(&task(dataset), server.cache.path()).warnings;
    let dataset = "{ hf: org/name, split: test }";
    let unpinned = |commit| Warning::Unpinned { hf: "org/name".into(), commit };
    assert_eq!(warnings(dataset), [unpinned(None)]);
    server.fetch(dataset).await.unwrap();
    assert_eq!(warnings(dataset), [unpinned(Some(HEAD.into()))]);
    assert!(warnings(dataset)[0].to_string().contains(&format!("add `revision: \"{HEAD}\"`")));
    let pinned = format!("{{ hf: org/name, split: test, revision: \"{HEAD}\" }}");
    server.fetch(&pinned).await.unwrap();
    assert_eq!(warnings(&pinned), []);
}

#[test]
fn the_surroundings_say_where_the_hub_is_and_who_asks() {
    let variables = |name: &str| match name {
        "HF_ENDPOINT" => Some("https://mirror.example.org ".to_owned()),
        "HF_TOKEN" => Some("hf_x\n".to_owned()),
        "HF_HUB_OFFLINE" => Some("1".to_owned()),
        _ => None,
    };
    let hub = Hub::from_variables(variables);
    assert_eq!(
        (hub.endpoint.as_str(), hub.token.as_deref(), hub.offline),
        ("https://mirror.example.org", Some("hf_x"), true)
    );
    let plain = Hub::from_variables(|name| (name == "HF_HUB_OFFLINE").then(|| "0".to_owned()));
    assert_eq!((plain.endpoint.as_str(), plain.token, plain.offline), (ENDPOINT, None, false));
}
