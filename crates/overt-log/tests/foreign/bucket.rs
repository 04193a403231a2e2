//! A bucket on somebody else's server of S3, and what a log must be able to rely on in it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use object_store::aws::AmazonS3Builder;
use overt_log::store::{RemoteStore, Store};
use overt_log::{Key, fsck};

use crate::world::{RunningLog, Server, entry};

pub(crate) struct Bucket {
    pub(crate) store: Arc<RemoteStore>,
    url: String,
    _server: Server,
}

impl Bucket {
    /// Creates a bucket on a server that listens, and that asks for no signature.
    pub(crate) fn create(server: Server, port: u16) -> Self {
        let began = Instant::now();
        // A server may listen before it is ready.
        while !put(port).contains(" 200 ") {
            assert!(began.elapsed() < Duration::from_secs(60), "{}", put(port));
            std::thread::sleep(Duration::from_millis(100));
        }
        let url = format!("http://127.0.0.1:{port}");
        Self { store: Arc::new(remote(&url)), url, _server: server }
    }

    /// Another process's view of the same bucket.
    fn another(&self) -> RemoteStore {
        remote(&self.url)
    }

    /// A log that grows in it is sound.
    pub(crate) async fn holds_a_log(&self) {
        let log = RunningLog::create(self.store.clone());
        for size in [1, 257, 300] {
            log.grow(size).await;
        }
        let report = fsck(self.store.as_ref(), log.keys.signer().vkey()).unwrap();
        assert!(report.is_sound() && report.head.size == 300, "{report:?}");
        assert_eq!(log.log.reader().entry(299, 300).unwrap(), entry(299));
    }

    /// Two writers take turns and make one history.
    pub(crate) async fn holds_a_log_of_two_writers(&self) {
        let first = RunningLog::create(self.store.clone());
        let second = RunningLog::open(Arc::new(self.another()));
        for index in 0..40 {
            let writer = if index % 2 == 0 { &first } else { &second };
            // Whoever is behind loses a swap, and its submitters come again.
            let mut attempts = 0;
            while let Err(error) = writer.log.add(entry(index)).await {
                attempts += 1;
                assert!(attempts < 100, "{error}");
            }
        }
        let report = fsck(self.store.as_ref(), first.keys.signer().vkey()).unwrap();
        assert!(report.is_sound(), "{report:?}");
        assert_eq!((report.head, report.head.size), (second.log.head().borrow().head, 40));
    }

    /// Of eight that ask at once, one is served, again and again.
    pub(crate) fn lets_one_of_many_through(&self) {
        let key = |name: &str, round: usize| Key::new(format!("race/{name}-{round}")).unwrap();
        let won = |attempt: &(dyn Fn(&[u8]) -> bool + Sync)| {
            std::thread::scope(|scope| {
                let each = |number: u8| scope.spawn(move || attempt(&[number; 40]));
                let racing: Vec<_> = (0..8).map(each).collect();
                racing.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum::<usize>()
            })
        };
        for round in 0..2 {
            let once = key("once", round);
            assert_eq!(won(&|bytes| self.store.put_new(&once, bytes).is_ok()), 1, "{once}");
            let swapped = key("swapped", round);
            self.store.put_new(&swapped, b"first").unwrap();
            let swap = |bytes: &[u8]| self.store.compare_and_swap(&swapped, Some(b"first"), bytes).is_ok();
            assert_eq!(won(&swap), 1, "{swapped}");
        }
    }
}

fn remote(url: &str) -> RemoteStore {
    let builder = AmazonS3Builder::new()
        .with_endpoint(url)
        .with_allow_http(true)
        .with_region("us-east-1")
        .with_access_key_id("nobody")
        .with_secret_access_key("nothing");
    RemoteStore::s3(builder, "logs", Some(&Key::new("one").unwrap())).unwrap()
}

/// Asks for a bucket; the answer.
fn put(port: u16) -> String {
    let mut answer = Vec::new();
    if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
        let head = format!("PUT /logs HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let _ = stream.read_to_end(&mut answer);
    }
    String::from_utf8_lossy(&answer).into_owned()
}
