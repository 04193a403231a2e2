//! A log in memory, an index over it, and a browser without a face.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use overt_log::admission::{AdmissionRules, Door, SUBMISSION, Submission};
use overt_log::sequencer::Idle;
use overt_log::serve::log_router;
use overt_log::store::{MemoryStore, Store};
use overt_log::{Clock, Limits, Log, LogKeys, Reader};
use overt_record::dsse::Envelope;
use overt_record::note::KeyName;
use overt_record::record::{Header, Issuer};
use overt_record::signer::NoteSigner;
use overt_record::{Hash, Name, PrivateKey, Record, Salt, SignatureType, in_toto, sigstore};
use overt_site::Index;
use overt_site::index::Believed;
use overt_web::site::{Settings, Site, Sources, router};
use tower::ServiceExt as _;

use crate::examples;

/// A moment after everything in the examples.
const NOW: u64 = 1_795_600_000_000;

struct Still;

impl Clock for Still {
    fn now(&self) -> u64 {
        NOW
    }
}

/// A log, and a site over it.
pub(crate) struct World {
    pub(crate) door: Arc<Door>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) site: Site,
    pub(crate) router: Router,
    pub(crate) policy: String,
    index: Index,
    pub(crate) directory: tempfile::TempDir,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

impl World {
    /// Opens log and site. Not for a thread that runs asynchronous tasks.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let key = KeyName::parse("log.example.org/2026").unwrap();
        let signer = NoteSigner::from_seed(key, SignatureType::Ed25519, &[7; 32]).unwrap();
        let policy = format!("log {}\nquorum none\n", signer.vkey());
        let keys = Arc::new(LogKeys::new(signer, None).unwrap());
        drop(Idle::create(store.clone(), keys.clone(), NOW).unwrap());
        let log = Log::open(store.clone(), keys, Arc::new(Still), SUBMISSION, Limits::default()).unwrap();
        let door = Door::new(Arc::new(log), store.clone(), Arc::new(Still), AdmissionRules::everyone());
        let door = Arc::new(door.unwrap());
        let own = examples::key().public().id();
        let believed = Believed { vouching: [own].into(), authorities: [own].into() };
        let index = Index::open(&directory.path().join("index.sqlite"), believed).unwrap();
        let sources = Sources {
            index: index.clone(),
            store: store.clone(),
            clock: Arc::new(Still),
            policy: policy.clone(),
            derived: directory.path().to_owned(),
            authorities: [own].into(),
        };
        let site = Site::new(sources, settings()).unwrap();
        let router = router(site.clone(), Router::new(), log_router(door.clone(), Arc::new(Still), None));
        Self { door, store, site, router, policy, index, directory }
    }

    /// Logs a record, and returns its digest and place.
    pub(crate) async fn log(&self, record: &Record, key: &PrivateKey) -> (Hash, u64) {
        let envelope = Envelope::sign(in_toto::PAYLOAD_TYPE, record.to_payload().unwrap(), key).unwrap();
        let digest = envelope.digest();
        (digest, self.submit(envelope, Salt::from(digest)).await)
    }

    pub(crate) async fn submit(&self, envelope: Envelope, salt: Salt) -> u64 {
        let submission = Submission::new(salt, &sigstore::Bundle::new(envelope)).unwrap();
        let admitted = self.door.submit(submission.to_bytes().unwrap(), None).await.unwrap();
        self.follow().await;
        admitted.added.index
    }

    pub(crate) async fn follow(&self) {
        let size = self.door.log().head().borrow().head.size;
        self.index.follow(&Reader::new(self.store.clone()), &self.store, size).await.unwrap();
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.get_with(path, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let reply = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = reply.into_parts();
        let bytes = to_bytes(body, 128 << 20).await.unwrap().to_vec();
        Reply { status: parts.status, headers: parts.headers, bytes }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

fn settings() -> Settings {
    Settings {
        name: "Example Register".into(),
        url: "https://site.example.org".into(),
        contact: Some("desk@example.org".into()),
        introduction: None,
        key: Some(examples::key().public().to_pem().unwrap()),
        memory: 64 << 20,
        version: "0.1.0".into(),
    }
}

/// A world, made where waiting is allowed.
pub(crate) async fn world() -> World {
    tokio::task::spawn_blocking(World::new).await.unwrap()
}

/// A world whose log has one record of each type, pointing to each other where they do; the digests by type.
pub(crate) async fn full() -> (World, std::collections::BTreeMap<String, Hash>) {
    let world = world().await;
    let mut logged = std::collections::BTreeMap::new();
    for record in examples::all() {
        let kind = record.body().predicate_type().kind.to_string();
        let (digest, _) = world.log(&record, &examples::key()).await;
        logged.insert(kind, digest);
    }
    (world, logged)
}

/// A record by the examples' issuer under another name.
pub(crate) fn record_by(issuer: &str, body: impl Into<overt_record::record::Body>) -> Record {
    let key = examples::key().public();
    let header = Header { issuer: Issuer { name: name(issuer), key, uri: None }, ..examples::header() };
    Record::new(header, body).unwrap()
}
