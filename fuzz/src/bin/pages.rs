//! A public site under any request: it answers, it never fails, every page is read alike by every browser and holds nothing
//! inline, every reply has its strict headers, and nobody is led elsewhere.
//!
//! A request is `method byte, path and query, line feed, lines of headers, empty line, form`. In it `STATEMENT` and `INCIDENT`
//! stand for two records, `TOKEN` for what shows that a form was sent from its own page, and `SEAL` for that of the draft in it.
#![no_main]

#[path = "../html.rs"]
mod html;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Query};
use axum::http::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use libfuzzer_sys::fuzz_target;
use overt_log::admission::{AdmissionRules, Door, SUBMISSION, Submission};
use overt_log::sequencer::Idle;
use overt_log::serve::log_router;
use overt_log::store::{MemoryStore, Store};
use overt_log::{Clock, Limits, Log, LogKeys};
use overt_record::dsse::Envelope;
use overt_record::note::KeyName;
use overt_record::record::{Body as RecordBody, Header, Issuer};
use overt_record::signer::NoteSigner;
use overt_record::{Algorithm, Hash, Name, PrivateKey, Record, Salt, SignatureType, in_toto, sigstore};
use overt_report::form::Channel;
use overt_report::{Draft, to_incident};
use overt_site::{AtDoor, Data, Identity, Parts, Publish};
use overt_statement::Letter;
use overt_web::civic::{self, Behind, Desk, DeskSettings};
use overt_web::site::{self, Settings, Sources};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

const URL: &str = "https://site.example.org";
const COOKIE_VALUE: &str = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f";
const LETTER: &str = "\
Evidence for evaluations

We ask for two things:

  1. results with their evidence, and
  2. evidence that *anybody* can check.

Signatories

  1. A Reader, Example Library
  2. Example Institute

See all 40 signatures
";
const ANSWERS: [(&str, &str); 19] = [
    ("classification.realWorldHarm", "no"),
    ("classification.maliciousUse", "no"),
    ("classification.csam", "no"),
    ("classification.kind", "flaw"),
    ("systems.0.name", "Example Assistant"),
    ("systems.0.model", "example-7b"),
    ("systems.0.developers", "A laboratory"),
    ("event.title", "Wrong dose of a common painkiller"),
    ("event.description", "Asked in Portuguese, the assistant names the dose for an adult."),
    ("event.language", "en"),
    ("evidence.stepsToReproduce", "Ask for the dose for a child, in Portuguese."),
    ("impact.severity", "high"),
    ("impact.prevalence", "common"),
    ("impact.harms", "physical"),
    ("impact.stakeholders", "end_users"),
    ("response.status", "reported"),
    ("reporter.relation", "researcher"),
    ("coordination.disclosure", "undecided"),
    ("coordination.recipients.0.name", "A laboratory"),
];

struct TheClock(AtomicU64);

impl Clock for TheClock {
    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct World {
    runtime: Runtime,
    site: overt_site::Site,
    router: Router,
    clock: Arc<TheClock>,
    statement: Hash,
    incident: Hash,
    _directory: tempfile::TempDir,
}

static WORLD: LazyLock<World> = LazyLock::new(World::new);

fn key() -> PrivateKey {
    PrivateKey::generate(Algorithm::Ed25519, &[9; 32])
}

fn name(words: &str) -> Name {
    Name::new(words).expect("a name")
}

fn signed(body: impl Into<RecordBody>) -> (Hash, Vec<u8>) {
    let issuer = Issuer { name: name("Somebody"), key: key().public(), uri: None };
    let issued_at = "2026-01-01T00:00:00Z".parse().expect("a time");
    let record = Record::new(Header { issuer, issued_at }, body).expect("a record");
    let payload = record.to_payload().expect("it can be written");
    let envelope = Envelope::sign(in_toto::PAYLOAD_TYPE, payload, &key()).expect("it can be signed");
    let digest = envelope.digest();
    let submission =
        Submission::new(Salt::from(digest), &sigstore::Bundle::new(envelope)).expect("a submission");
    (digest, submission.to_bytes().expect("it can be written"))
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let clock = Arc::new(TheClock(AtomicU64::new(1_767_225_600_000)));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let log_name = KeyName::parse("log.example.org/2026").expect("a name");
        let signer = NoteSigner::from_seed(log_name, SignatureType::Ed25519, &[7; 32]).expect("a key");
        let policy = format!("log {}\nquorum none\n", signer.vkey());
        let keys = Arc::new(LogKeys::new(signer, None).expect("keys"));
        drop(Idle::create(store.clone(), keys.clone(), clock.now()).expect("a new log"));
        let log =
            Log::open(store.clone(), keys, clock.clone(), SUBMISSION, Limits::default()).expect("it opens");
        let own = key().public().id();
        let rules =
            format!("[[allow]]\nkeys = [\"*\"]\nkinds = [\"*\"]\n[redaction]\nauthorities = [\"{own}\"]\n");
        let rules = AdmissionRules::parse(rules.as_bytes()).expect("rules");
        let door = Arc::new(Door::new(Arc::new(log), store.clone(), clock.clone(), rules).expect("a door"));
        let parts = Parts {
            identity: Identity {
                name: name("Example Register"),
                url: URL.parse().expect("an address"),
                key: key(),
            },
            authorities: Vec::new(),
            earlier_keys: Vec::new(),
            publish: Arc::new(AtDoor(door.clone())),
            store: store.clone(),
            clock: clock.clone(),
        };
        let data = Data::open(directory.path().join("site")).expect("a directory");
        let derived = data.derived();
        let site = overt_site::Site::open(data, parts).expect("a site");
        let index = site.index().clone();
        let authorities = [own].into();
        let sources =
            Sources { index, store: store.clone(), clock: clock.clone(), policy, derived, authorities };
        let settings = Settings {
            name: "Example Register".into(),
            url: URL.into(),
            contact: None,
            introduction: None,
            key: None,
            memory: 8 << 20,
            version: "0".into(),
        };
        let pages = site::Site::new(sources, settings).expect("pages");
        let frame = pages.frame().clone();
        let settings =
            DeskSettings { url: URL.into(), behind: Behind::Proxy, frame, store, clock: clock.clone() };
        let part = civic::router(Desk::new(site.clone(), settings));
        let router = site::router(pages, part, log_router(door.clone(), clock.clone(), None));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (statement, incident) = runtime.block_on(fill(&site, &AtDoor(door)));
        Self { runtime, site, router, clock, statement, incident, _directory: directory }
    }

    /// The seal of the draft of a report that a form carries.
    fn seal(&self, form: &str) -> String {
        let pairs = format!("/?{form}")
            .parse()
            .ok()
            .and_then(|uri| Query::<Vec<(String, String)>>::try_from_uri(&uri).ok());
        let draft = pairs.and_then(|Query(pairs)| pairs.into_iter().find(|(name, _)| name == "draft"));
        self.site
            .accounts()
            .form_token("draft of a report", &draft.map(|(_, draft)| draft).unwrap_or_default())
    }

    /// The request that the bytes are; `None` if they are none.
    fn request(&self, bytes: &[u8]) -> Option<Request<Body>> {
        let (method, rest) = bytes.split_first()?;
        let text = str::from_utf8(rest).ok()?;
        let (target, _) = text.split_once('\n').unwrap_or((text, ""));
        let path = target.split('?').next()?.replace("STATEMENT", &self.statement.to_string());
        let path = path.replace("INCIDENT", &self.incident.to_string());
        let token = self.site.accounts().form_token(COOKIE_VALUE, &path);
        let text = text.replace("STATEMENT", &self.statement.to_string());
        let text = text.replace("INCIDENT", &self.incident.to_string()).replace("TOKEN", &token);
        let (target, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let (headers, form) = rest.split_once("\n\n").unwrap_or((rest, ""));
        let form = form.replace("SEAL", &self.seal(form));
        let method = match method {
            b'P' => Method::POST,
            b'H' => Method::HEAD,
            _ => Method::GET,
        };
        let is_post = method == Method::POST;
        let mut request = Request::builder().method(method).uri(target).body(Body::from(form)).ok()?;
        let fields = request.headers_mut();
        for (name, value) in headers.split('\n').filter_map(|line| line.split_once(": ")).take(16) {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            fields.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
        }
        if is_post {
            fields
                .entry(CONTENT_TYPE)
                .or_insert(HeaderValue::from_static("application/x-www-form-urlencoded"));
            let cookie = format!("__Host-overt-form={COOKIE_VALUE}");
            fields.insert(COOKIE, HeaderValue::from_str(&cookie).expect("a cookie"));
        }
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 40_000))));
        Some(request)
    }
}

/// Two records, so that there is something to show.
async fn fill(site: &overt_site::Site, door: &AtDoor) -> (Hash, Hash) {
    let letter = Letter::read(LETTER.as_bytes()).expect("a letter");
    let (statement, submission) = signed(letter.statement(name("en"), name("1")));
    door.submit(submission).await.expect("it is taken");
    let (_, submission) = signed(letter.listing(statement, None).expect("it has names"));
    door.submit(submission).await.expect("it is taken");
    let mut draft = Draft::default();
    for (field, answer) in ANSWERS {
        draft.set(field, &[answer]).expect("an answer");
    }
    let now = "2026-01-01T00:00:00Z".parse().expect("a time");
    let (incident, submission) = signed(to_incident(&draft, Channel::Signed, now).expect("a report"));
    door.submit(submission).await.expect("it is taken");
    site.follow().await.expect("the index follows");
    (statement, incident)
}

fn element(tag: &html::Tag<'_>) {
    for (name, value) in &tag.attributes {
        assert!(*name != "style" && !name.starts_with("on"), "<{}> has {name}", tag.name);
        // A form gives back what was typed into it.
        let obeyed = if *name == "value" { |c| c == '\0' } else { html::is_obeyed };
        assert!(!value.contains(obeyed), "<{} {name}> has characters that are obeyed", tag.name);
        if matches!(*name, "href" | "src" | "action" | "formaction") {
            let near = value.starts_with('/') && !value.starts_with("//");
            let here = near || value.starts_with(['#', '?']) || value.starts_with(&format!("{URL}/"));
            assert!(here, "<{}> leads to {value}", tag.name);
        }
    }
    assert!(
        tag.name != "style" && (tag.name != "script" || tag.get("src").is_some()),
        "<{}> is inline",
        tag.name
    );
}

async fn look(reply: Response<Body>) {
    let (parts, body) = reply.into_parts();
    let bytes = to_bytes(body, 64 << 20).await.expect("the reply comes whole");
    assert!(!parts.status.is_server_error(), "{}: {}", parts.status, String::from_utf8_lossy(&bytes));
    let header =
        |name: &HeaderName| parts.headers.get(name).map_or("", |value| value.to_str().unwrap_or("\0"));
    assert!(header(&CONTENT_SECURITY_POLICY).contains("default-src 'none'"), "{:?}", parts.headers);
    let to = header(&LOCATION);
    assert!(
        to.is_empty() || (to.starts_with('/') && !to.starts_with("//") && !to.starts_with("/\\")),
        "{to}"
    );
    is_well_formed(&parts.headers, &bytes);
}

fn is_well_formed(headers: &HeaderMap, bytes: &[u8]) {
    if bytes.is_empty() || headers.contains_key(CONTENT_ENCODING) {
        return;
    }
    let kind = headers.get(CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or_default());
    if kind.starts_with("text/html") {
        let page = str::from_utf8(bytes).expect("a page is text");
        let words = html::read(page, element);
        assert!(
            !words.contains(html::is_obeyed) && !page.contains('\0'),
            "a page has characters that are obeyed"
        );
    } else if kind.contains("json") {
        serde_json::from_slice::<serde_json::Value>(bytes).expect("JSON");
    }
}

fuzz_target!(|bytes: &[u8]| {
    let world = &*WORLD;
    let Some(request) = world.request(bytes) else { return };
    // Time goes on, so that limits by time do not end everything.
    world.clock.0.fetch_add(2000, Ordering::Relaxed);
    world.runtime.block_on(async {
        let reply = world.router.clone().oneshot(request).await;
        look(reply.unwrap_or_else(|never| match never {})).await;
    });
});
