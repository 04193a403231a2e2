//! What the judges look at: logs on a disk and behind URLs, and what they run beside them.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use overt_log::sequencer::Idle;
use overt_log::store::{DirectoryStore, Store};
use overt_log::{Clock as _, Identity, Limits, Log, LogKeys, SystemClock};
use overt_record::SignatureType;
use overt_record::note::KeyName;
use overt_record::signer::NoteSigner;

use crate::judge::Folder;

pub(crate) const ORIGIN: &str = "overt.example/log";
pub(crate) const SEED: [u8; 32] = [1; 32];

pub(crate) fn signer(name: &str, signature_type: SignatureType, seed: &[u8; 32]) -> NoteSigner {
    NoteSigner::from_seed(KeyName::parse(name).unwrap(), signature_type, seed).unwrap()
}

pub(crate) fn keys() -> Arc<LogKeys> {
    Arc::new(LogKeys::new(signer(ORIGIN, SignatureType::Ed25519, &SEED), None).unwrap())
}

/// The entry at an index: lengths differ, some are empty of text.
pub(crate) fn entry(index: u64) -> Vec<u8> {
    format!("entry {index} {}", "x".repeat(index as usize % 40)).into_bytes()
}

/// A log in a store, by the clock of the machine.
pub(crate) struct RunningLog {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) keys: Arc<LogKeys>,
    pub(crate) log: Arc<Log>,
}

impl RunningLog {
    pub(crate) fn create(store: Arc<dyn Store>) -> Self {
        let keys = keys();
        drop(Idle::create(store.clone(), keys.clone(), SystemClock.now()).unwrap());
        Self::open(store)
    }

    pub(crate) fn open(store: Arc<dyn Store>) -> Self {
        let (keys, clock) = (keys(), Arc::new(SystemClock));
        let log = Log::open(store.clone(), keys.clone(), clock, Identity::BYTES, Limits::default()).unwrap();
        Self { store, keys, log: Arc::new(log) }
    }

    pub(crate) fn in_folder(folder: &Folder) -> Self {
        Self::create(Arc::new(DirectoryStore::open(folder.path()).unwrap()))
    }

    /// Grows to `size` entries, some thousands at a time.
    pub(crate) async fn grow(&self, size: u64) {
        let mut next = self.log.head().borrow().head.size;
        while next < size {
            let end = size.min(next + 4000);
            let adds = (next..end).map(|index| self.log.add(entry(index)));
            futures_util::future::try_join_all(adds).await.unwrap();
            next = end;
        }
    }

    pub(crate) fn vkey(&self) -> String {
        self.keys.signer().vkey().to_string()
    }
}

/// Serves until the test ends.
pub(crate) async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    format!("http://{address}")
}

/// A server of somebody else's, which ends with the test.
pub(crate) struct Server(Child);

impl Server {
    /// Starts it, and waits until it takes connections.
    pub(crate) fn start(mut command: Command, port: u16) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let (server, began) = (Self(child), Instant::now());
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(60), "{command:?} does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
