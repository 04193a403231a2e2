//! Over pages that say what they were asked, and how often any was made.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_ENCODING, COOKIE, ETAG, HOST, IF_NONE_MATCH,
    SET_COOKIE,
};
use axum::http::{HeaderName, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse as _;
use axum::routing::get;
use overt_log::sequencer::Idle;
use overt_log::store::{MemoryStore, Store};
use overt_log::{Clock, Identity, Limits, Log, LogKeys, Reader};
use overt_record::SignatureType;
use overt_record::note::KeyName;
use overt_record::signer::NoteSigner;
use overt_site::Index;
use overt_site::index::Believed;
use tower::ServiceExt as _;

use super::*;
use crate::kit::dress;
use crate::site::{Settings, Sources};

struct Seconds(AtomicU64);

impl Clock for Seconds {
    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed) * 1000
    }
}

struct World {
    router: Router,
    made: Arc<AtomicUsize>,
    clock: Arc<Seconds>,
    store: Arc<MemoryStore>,
    log: Log,
    directory: tempfile::TempDir,
}

fn world() -> World {
    let directory = tempfile::tempdir().unwrap();
    let (clock, store) = (Arc::new(Seconds(AtomicU64::new(1_767_225_600))), Arc::new(MemoryStore::new()));
    let index = Index::open(&directory.path().join("index.sqlite"), Believed::default()).unwrap();
    let key = KeyName::parse("log.example.org").unwrap();
    let signer = NoteSigner::from_seed(key, SignatureType::Ed25519, &[7; 32]).unwrap();
    let policy = format!("log {}\nquorum none\n", signer.vkey());
    let keys = Arc::new(LogKeys::new(signer, None).unwrap());
    drop(Idle::create(store.clone(), keys.clone(), clock.now()).unwrap());
    let log = Log::open(store.clone(), keys, clock.clone(), Identity::BYTES, Limits::default()).unwrap();
    let sources = Sources {
        index,
        store: store.clone(),
        clock: clock.clone(),
        policy,
        derived: directory.path().join("derived"),
        authorities: [].into(),
    };
    let settings = Settings {
        name: "A site".into(),
        url: "https://site.example.org".into(),
        contact: None,
        introduction: None,
        key: None,
        memory: 1 << 20,
        version: "0".into(),
    };
    let site = Site::new(sources, settings).unwrap();
    let made = Arc::new(AtomicUsize::new(0));
    let counted = made.clone();
    // What a request brings with it, as a page that gives all of it away.
    let echo = move |request: Request| {
        let made = counted.fetch_add(1, Ordering::Relaxed);
        let headers: Vec<String> =
            request.headers().iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
        let from = request.extensions().get::<ConnectInfo<SocketAddr>>().is_some();
        std::future::ready(format!("{made} {} {headers:?} {from} {}", request.uri(), "words ".repeat(200)))
    };
    let named = {
        let echo = echo.clone();
        move |Path(record): Path<String>, request: Request| {
            let echo = echo.clone();
            async move { format!("{record} {}", echo(request).await) }
        }
    };
    let router = Router::new()
        .route("/", get(echo.clone()))
        .route("/about", get(echo.clone()))
        .route("/statements", get(echo.clone()).post(echo.clone()))
        .route("/statements/{record}", get(named))
        .route("/statements/{record}/sign", get(echo.clone()))
        .route("/statements/{record}/signatures", get(echo))
        .layer(from_fn_with_state(site, kept))
        .layer(from_fn(dress));
    World { router, made, clock, store, log, directory }
}

impl World {
    async fn ask(&self, path: &str, headers: &[(HeaderName, &str)]) -> Response {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4711))));
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn text(&self, path: &str, headers: &[(HeaderName, &str)]) -> String {
        let body = self.ask(path, headers).await.into_body();
        String::from_utf8(axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap()
    }

    fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }
}

const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn one_answer_is_made_for_all_who_ask_and_nothing_of_them_gets_into_it() {
    let world = world();
    let hostile: [&[(HeaderName, &str)]; 6] = [
        &[(HOST, "evil.example")],
        &[(COOKIE, "__Host-overt=0123456789abcdef0123456789abcdef")],
        &[(HeaderName::from_static("x-forwarded-host"), "evil.example")],
        &[(HeaderName::from_static("x-forwarded-for"), "203.0.113.9")],
        &[(ACCEPT_LANGUAGE, "en-GB, fr;q=0.1")],
        &[],
    ];
    let path = format!("/statements/{HEX}");
    let first = world.text(&path, hostile[0]).await;
    assert!(first.contains(&format!("{HEX} 0 {path}?lang=en [] false ")), "{first}");
    for headers in hostile {
        for query in
            ["", "?utm_source=x", "?fbclid=1&lang=en&fbclid=2", "?lang=en&lang=fr", "?q=hidden", "?&&="]
        {
            assert_eq!(world.text(&format!("{path}{query}"), headers).await, first, "{query} {headers:?}");
        }
    }
    // However many names somebody makes up.
    for number in 0..200 {
        assert_eq!(world.text(&format!("{path}?x{number}={number}"), &[]).await, first);
    }
    assert_eq!(world.made(), 1);
}

#[tokio::test]
async fn what_a_page_reads_tells_answers_apart_in_whatever_order_it_comes() {
    let world = world();
    let path = format!("/statements/{HEX}/signatures");
    let mut seen = Vec::new();
    for query in
        ["", "?q=anna", "?q=Anna", "?after=5", "?after=5&q=anna", "?listed=5", "?lang=de", "?q=a%26after%3D5"]
    {
        let text = world.text(&format!("{path}{query}"), &[]).await;
        assert!(!seen.contains(&text), "{query}");
        seen.push(text);
    }
    assert_eq!(world.text(&format!("{path}?q=anna&lang=en&after=5"), &[]).await, seen[4]);
    assert_eq!(world.text(&path, &[(ACCEPT_LANGUAGE, "de")]).await, seen[6]);
    assert_eq!(world.made(), seen.len());
}

#[tokio::test]
async fn languages_are_not_mixed_and_neither_are_packed_and_plain_forms() {
    let world = world();
    for _ in 0..3 {
        for tag in ["fr", "en", "de"] {
            let said = [(ACCEPT_LANGUAGE, tag)];
            assert!(world.text("/statements", &said).await.contains(&format!("?lang={tag} ")), "{tag}");
            assert!(
                world
                    .text(&format!("/statements?lang={tag}"), &[(ACCEPT_LANGUAGE, "de")])
                    .await
                    .contains(&format!("?lang={tag} "))
            );
            let packed = world.ask("/statements", &[said[0].clone(), (ACCEPT_ENCODING, "gzip")]).await;
            assert_eq!(packed.headers()[CONTENT_ENCODING], "gzip");
            let plain = world.ask("/statements", &said).await;
            assert!(!plain.headers().contains_key(CONTENT_ENCODING));
            let tag = plain.headers()[ETAG].clone();
            assert_eq!(packed.headers()[ETAG], tag);
            let again =
                world.ask("/statements", &[said[0].clone(), (IF_NONE_MATCH, tag.to_str().unwrap())]).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        }
    }
    assert_eq!(world.made(), 3);
}

#[tokio::test]
async fn what_is_somebodys_own_or_not_said_to_be_everybodys_is_made_each_time() {
    let world = world();
    for path in ["/about", "/statements/x/sign", "/statements/x/sign?lang=en"] {
        let before = world.made();
        let first = world.text(path, &[(COOKIE, "a=1")]).await;
        assert!(first.contains("a=1") && first.contains(" true "), "the request comes as it is: {first}");
        assert_ne!(world.text(path, &[]).await, first);
        assert_eq!(world.made(), before + 2);
    }
    let post = || Request::post("/statements").body(Body::empty()).unwrap();
    for _ in 0..2 {
        world.router.clone().oneshot(post()).await.unwrap();
    }
    let head = || Request::head("/").body(Body::empty()).unwrap();
    for _ in 0..2 {
        world.router.clone().oneshot(head()).await.unwrap();
    }
    assert_eq!(world.made(), 10);
    // A page that sets a cookie, or says that nobody shall keep it, or is none, is not kept whatever its address is.
    let answers = Answers::default();
    let generation = Generation { index: 1, checkpoints: [None, None], second: 0 };
    for reply in [
        ([(SET_COOKIE, "a=b")], "x").into_response(),
        ([(CACHE_CONTROL, "no-store")], "x").into_response(),
        ([(CACHE_CONTROL, "private, max-age=60")], "x").into_response(),
        (StatusCode::NOT_FOUND, "x").into_response(),
        StatusCode::SEE_OTHER.into_response(),
        "x".repeat(600 << 10).into_response(),
    ] {
        assert!(answers.find(&generation, "/").is_none());
        answers.keep(&generation, "/".into(), reply).await;
        assert!(answers.find(&generation, "/").is_none());
    }
    answers
        .keep(&generation, "/".into(), ([(CACHE_CONTROL, "public, max-age=60")], "x").into_response())
        .await;
    assert!(answers.find(&generation, "/").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_ends_what_is_kept() {
    let world = world();
    let mut made = 0;
    let mut is_made_once_after = async |change: &str| {
        made += 1;
        let first = world.text("/", &[]).await;
        assert_eq!(world.text("/", &[]).await, first, "{change}");
        assert_eq!(world.made(), made, "{change}");
    };
    is_made_once_after("nothing").await;
    world.clock.0.fetch_add(1, Ordering::Relaxed);
    is_made_once_after("a second").await;
    world.log.add(b"an entry".to_vec()).await.unwrap();
    is_made_once_after("a checkpoint").await;
    world.store.overwrite(&Key::new(WITNESSED).unwrap(), Some(b"cosigned".to_vec()));
    is_made_once_after("a cosigned checkpoint").await;
    // The index opened once more, as another process has it.
    let other = Index::open(&world.directory.path().join("index.sqlite"), Believed::default()).unwrap();
    let store: Arc<dyn Store> = world.store.clone();
    let followed = other.follow(&Reader::new(store.clone()), &store, 1).await.unwrap();
    assert_eq!(followed.entries, 1);
    is_made_once_after("a commit of somebody else").await;
}

#[tokio::test]
async fn answers_take_no_more_room_than_they_may_and_those_of_another_state_are_not_kept() {
    let answers = Answers::default();
    let of = |second| Generation { index: 1, checkpoints: [None, None], second };
    assert!(answers.find(&of(1), "/").is_none());
    for number in 0..40 {
        let reply = "x".repeat(300 << 10).into_response();
        answers.keep(&of(1), format!("/records/{number}"), reply).await;
        assert!(answers.find(&of(1), &format!("/records/{number}")).is_some(), "{number}");
        assert!(answers.bytes() <= answers::MOST);
    }
    for number in 0..6000 {
        answers.keep(&of(1), format!("/records/{number}"), "x".into_response()).await;
    }
    assert!(answers.bytes() <= answers::MOST);
    // The answer to a question from before the change comes late.
    assert!(answers.find(&of(2), "/").is_none());
    assert_eq!(answers.bytes(), 0);
    answers.keep(&of(1), "/".into(), "old".into_response()).await;
    assert!(answers.find(&of(2), "/").is_none());
}
