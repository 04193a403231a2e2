//! What the tests are made of: keys, clocks, logs, servers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use overt_log::admission::{Door, SUBMISSION};
use overt_log::client::{Source, Target};
use overt_log::sequencer::Idle;
use overt_log::store::{MemoryStore, Store};
use overt_log::witness::{Witness, WitnessedLog, witness_router};
use overt_log::{Clock, Identity, Limits, Log, LogKeys};
use overt_record::checkpoint::Checkpoint;
use overt_record::merkle::{MemoryTree, TreeHead, leaf_hash};
use overt_record::note::{KeyName, Note};
use overt_record::signer::NoteSigner;
use overt_record::{SignatureType, VerifierKey};

pub(crate) const LOG: &str = "overt.example/log";

/// The first of January 2026, in milliseconds.
pub(crate) const NEW_YEAR: u64 = 1_767_225_600_000;

pub(crate) struct TestClock(AtomicU64);

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(NEW_YEAR)))
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

pub(crate) fn signer(name: &str, kind: SignatureType, seed: u8) -> NoteSigner {
    NoteSigner::from_seed(KeyName::parse(name).unwrap(), kind, &[seed; 32]).unwrap()
}

pub(crate) fn log_signer() -> NoteSigner {
    signer(LOG, SignatureType::Ed25519, 1)
}

pub(crate) fn log_vkey() -> VerifierKey {
    log_signer().vkey().clone()
}

/// A tree of entries, and checkpoints of it signed by the log's key.
pub(crate) struct SignedTree(pub(crate) MemoryTree);

impl SignedTree {
    pub(crate) fn new(size: u64, flavour: &str) -> Self {
        Self((0..size).map(|index| leaf_hash(format!("{flavour} {index}").as_bytes())).collect())
    }

    pub(crate) fn head(&self, size: u64) -> TreeHead {
        self.0.head_at(size).unwrap()
    }

    pub(crate) fn note(&self, size: u64) -> Note {
        signed(self.head(size))
    }

    pub(crate) fn request(&self, old: u64, new: u64) -> String {
        let proof =
            if old == 0 { Vec::new() } else { self.0.prove_consistency(old, new).unwrap().hashes().to_vec() };
        let lines: Vec<String> = proof.iter().map(|hash| hash.to_base64() + "\n").collect();
        format!("old {old}\n{}\n{}", lines.concat(), self.note(new))
    }
}

pub(crate) fn signed(head: TreeHead) -> Note {
    let mut note = Note::new(Checkpoint::new(LOG, head).unwrap().to_string()).unwrap();
    log_signer().sign_note(&mut note, 0).unwrap();
    note
}

/// A log in memory that is written to.
pub(crate) struct TestLog {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) keys: Arc<LogKeys>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) log: Arc<Log>,
}

impl TestLog {
    pub(crate) fn create(clock: &Arc<TestClock>, identity: Identity) -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let keys = Arc::new(LogKeys::new(log_signer(), None).unwrap());
        drop(Idle::create(store.clone(), keys.clone(), clock.now()).unwrap());
        let log = Log::open(store.clone(), keys.clone(), clock.clone(), identity, Limits::default()).unwrap();
        Self { store, keys, clock: clock.clone(), log: Arc::new(log) }
    }

    pub(crate) fn of_records(clock: &Arc<TestClock>) -> Self {
        Self::create(clock, SUBMISSION)
    }

    pub(crate) async fn fill(&self, flavour: &str, range: std::ops::Range<u64>) {
        let adds = range.map(|index| self.log.add(format!("{flavour} {index}").into_bytes()));
        for added in futures_util::future::join_all(adds).await {
            added.unwrap();
        }
    }

    pub(crate) fn open_door(&self) -> Arc<Door> {
        Arc::new(Door::open(self.log.clone(), self.store.clone(), self.clock.clone()))
    }
}

/// Serves until the test ends.
pub(crate) async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    format!("http://{address}")
}

pub(crate) fn source(url: &str) -> Source {
    Source::of_target(&url.parse::<Target>().unwrap()).unwrap()
}

pub(crate) fn witness_signer(number: u8) -> NoteSigner {
    signer(&format!("witness.example/w{number}"), SignatureType::CosignatureEd25519, 100 + number)
}

pub(crate) fn new_witness(number: u8) -> Arc<Witness> {
    let store = Arc::new(MemoryStore::new());
    let signers = vec![witness_signer(number)];
    Witness::create(store.as_ref(), &signers).unwrap();
    Arc::new(Witness::open(store, signers, vec![WitnessedLog::of_key(log_vkey())]).unwrap())
}

pub(crate) async fn serve_witness(number: u8, clock: &Arc<TestClock>) -> String {
    serve(witness_router(new_witness(number), clock.clone())).await
}

/// A request as no client of ours would make it.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub(crate) async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: response.bytes().await.unwrap().to_vec() }
}

pub(crate) async fn post(url: &str, body: impl Into<reqwest::Body>) -> Answer {
    answer(client().post(url).body(body)).await
}

/// Whether a body is refused for its size. The server does not read it to its end, so that the client may see nothing but
/// a closed connection.
pub(crate) async fn is_too_large(url: &str, body: Vec<u8>) -> bool {
    let sent = client().post(url).body(body).send().await;
    sent.map_or(true, |response| response.status() == 413)
}

pub(crate) async fn get(url: &str) -> Answer {
    answer(client().get(url)).await
}

pub(crate) async fn get_with(url: &str, header: &str, value: &str) -> Answer {
    answer(client().get(url).header(header, value)).await
}
