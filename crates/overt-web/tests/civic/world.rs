//! A log in memory, a site over it, all its pages, and somebody who reads the mail.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use overt_log::admission::{AdmissionRules, Door, SUBMISSION, Submission};
use overt_log::sequencer::Idle;
use overt_log::serve::log_router;
use overt_log::store::{MemoryStore, Store};
use overt_log::{Clock, Limits, Log, LogKeys};
use overt_record::dsse::Envelope;
use overt_record::note::KeyName;
use overt_record::record::{Body, Header, Issuer, MediaType, PublicStatement};
use overt_record::signer::NoteSigner;
use overt_record::{
    Algorithm, Hash, Name, PrivateKey, Record, Salt, SignatureType, Text, Timestamp, in_toto, sigstore,
};
use overt_site::accounts::Role;
use overt_site::mail::{DirectoryMailer, Sender};
use overt_site::{AtDoor, Data, Identity, Parts, Publish};
use overt_statement::MailAddress;
use overt_web::civic::{self, Behind, Desk, DeskSettings};
use overt_web::site::{self, Settings, Sources};

use crate::browser::Browser;

pub(crate) const HOUR: u64 = 3600;

pub(crate) struct TestClock(AtomicU64);

impl TestClock {
    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(crate) fn site_key() -> PrivateKey {
    PrivateKey::generate(Algorithm::Ed25519, &[9; 32])
}

pub(crate) struct World {
    pub(crate) site: overt_site::Site,
    pub(crate) router: Router,
    pub(crate) pages: site::Site,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) policy: String,
    door: Arc<Door>,
    mails: PathBuf,
    _directory: tempfile::TempDir,
}

pub(crate) async fn world() -> World {
    tokio::task::spawn_blocking(World::new).await.unwrap()
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mails = directory.path().join("mails");
        std::fs::create_dir(&mails).unwrap();
        // The first of January 2026.
        let clock = Arc::new(TestClock(AtomicU64::new(1_767_225_600_000)));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let key = KeyName::parse("log.example.org/2026").unwrap();
        let signer = NoteSigner::from_seed(key, SignatureType::Ed25519, &[7; 32]).unwrap();
        let policy = format!("log {}\nquorum none\n", signer.vkey());
        let keys = Arc::new(LogKeys::new(signer, None).unwrap());
        drop(Idle::create(store.clone(), keys.clone(), clock.now()).unwrap());
        let log = Log::open(store.clone(), keys, clock.clone(), SUBMISSION, Limits::default()).unwrap();
        let own = site_key().public().id();
        let rules =
            format!("[[allow]]\nkeys = [\"*\"]\nkinds = [\"*\"]\n[redaction]\nauthorities = [\"{own}\"]\n");
        let rules = AdmissionRules::parse(rules.as_bytes()).unwrap();
        let door = Arc::new(Door::new(Arc::new(log), store.clone(), clock.clone(), rules).unwrap());
        let url = "https://site.example.org";
        let parts = Parts {
            identity: Identity { name: name("Example Register"), url: url.parse().unwrap(), key: site_key() },
            authorities: Vec::new(),
            earlier_keys: Vec::new(),
            publish: Arc::new(AtDoor(door.clone())),
            store: store.clone(),
            clock: clock.clone(),
        };
        let data = Data::open(directory.path().join("site")).unwrap();
        let derived = data.derived();
        let site = overt_site::Site::open(data, parts).unwrap();
        let sources = Sources {
            index: site.index().clone(),
            store: store.clone(),
            clock: clock.clone(),
            policy: policy.clone(),
            derived,
            authorities: [own].into(),
        };
        let settings = Settings {
            name: "Example Register".into(),
            url: url.into(),
            contact: None,
            introduction: None,
            key: None,
            memory: 8 << 20,
            version: "0".into(),
        };
        let pages = site::Site::new(sources, settings).unwrap();
        let frame = pages.frame().clone();
        let settings =
            DeskSettings { url: url.into(), behind: Behind::Nothing, frame, store, clock: clock.clone() };
        let part = civic::router(Desk::new(site.clone(), settings));
        let router = site::router(pages.clone(), part, log_router(door.clone(), clock.clone(), None));
        Self { site, router, pages, clock, policy, door, mails, _directory: directory }
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.router)
    }

    /// Logs a record of somebody's.
    pub(crate) async fn log(&self, body: impl Into<Body>, key: &PrivateKey) -> Hash {
        let issuer = Issuer { name: name("Somebody"), key: key.public(), uri: None };
        let issued_at = Timestamp::from_unix(self.clock.now() / 1000).unwrap();
        let record = Record::new(Header { issuer, issued_at }, body).unwrap();
        let envelope = Envelope::sign(in_toto::PAYLOAD_TYPE, record.to_payload().unwrap(), key).unwrap();
        let digest = envelope.digest();
        let submission = Submission::new(Salt::from(digest), &sigstore::Bundle::new(envelope)).unwrap();
        AtDoor(self.door.clone()).submit(submission.to_bytes().unwrap()).await.unwrap();
        self.site.follow().await.unwrap();
        digest
    }

    pub(crate) async fn statement(&self) -> Hash {
        self.log(statement("Evidence for evaluations", TEXT), &site_key()).await
    }

    /// The texts of the mails that were sent since the last time.
    pub(crate) async fn mails(&self) -> Vec<String> {
        let sender = Sender {
            name: name("Example Register"),
            address: MailAddress::parse("desk@example.org").unwrap(),
        };
        let mailer = DirectoryMailer::new(self.mails.clone(), sender);
        while self.site.outbox().send_due(&mailer).await.unwrap().sent > 0 {}
        let mut found = Vec::new();
        for file in std::fs::read_dir(&self.mails).unwrap().flatten() {
            found
                .push(std::fs::read_to_string(file.path()).unwrap().replace("=\r\n", "").replace("=3D", "="));
            std::fs::remove_file(file.path()).unwrap();
        }
        found
    }

    /// The path of the link in the one mail that was sent.
    pub(crate) async fn link(&self) -> String {
        let mails = self.mails().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        let at =
            mails[0].split_once("https://site.example.org/confirm/").map(|(_, rest)| ("/confirm/", rest));
        let at = at.or_else(|| {
            mails[0].split_once("https://site.example.org/report/").map(|(_, rest)| ("/report/", rest))
        });
        let (path, rest) = at.unwrap();
        format!("{path}{}", rest.split_whitespace().next().unwrap())
    }

    /// A browser that is logged in.
    pub(crate) async fn logged_in(&self, role: Role) -> Browser {
        let year = std::time::Duration::from_secs(365 * 24 * 3600);
        let holder = name(&format!("A {role:?}"));
        let token = self.site.accounts().create_token(holder, role, year, "operator").await.unwrap();
        let mut browser = self.browser();
        let page = browser.page("/login").await;
        let reply = browser.post(&crate::form::Form::of(&page, "/login").set("token", &token)).await;
        assert_eq!((reply.status.as_u16(), reply.header("location")), (303, "/moderation"));
        browser
    }
}

pub(crate) const TEXT: &str = "Evaluations need evidence that anybody can check.\n\nWe ask for it.\n";

pub(crate) fn statement(title: &str, text: &str) -> PublicStatement {
    let text = Text::new(text).unwrap();
    PublicStatement {
        title: name(title),
        language: name("en"),
        version: name("1"),
        replaces: None,
        translates: None,
        media_type: MediaType::Markdown,
        sha256: Hash::of(text.as_str()),
        text,
    }
}
