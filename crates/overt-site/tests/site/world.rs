//! What the tests are made of: a log in memory, a site over it, somebody who reads the mail.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use overt_log::admission::{AdmissionRules, Door, SUBMISSION, Submission};
use overt_log::sequencer::Idle;
use overt_log::store::{MemoryStore, Store};
use overt_log::{Clock, Limits, Log, LogKeys};
use overt_record::dsse::Envelope;
use overt_record::note::KeyName;
use overt_record::record::{Body, Capacity, Header, Issuer, MediaType, PublicStatement};
use overt_record::signer::NoteSigner;
use overt_record::{
    Algorithm, Hash, Name, PrivateKey, Record, Salt, SignatureType, Text, Timestamp, in_toto, sigstore,
};
use overt_site::language::Language;
use overt_site::mail::{Doing, Mail, MailError, Mailer};
use overt_site::signing::{Shown, SigningForm};
use overt_site::{AtDoor, Data, Identity, Parts, Publish, Site};
use overt_statement::MailAddress;

/// The first of January 2026, in milliseconds.
const NEW_YEAR: u64 = 1_767_225_600_000;

pub(crate) const HOUR: u64 = 3600;

pub(crate) struct TestClock(AtomicU64);

impl TestClock {
    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    pub(crate) fn timestamp(&self) -> Timestamp {
        Timestamp::from_unix(self.now() / 1000).unwrap()
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

pub(crate) fn address(text: &str) -> MailAddress {
    MailAddress::parse(text).unwrap()
}

pub(crate) fn site_key() -> PrivateKey {
    PrivateKey::generate(Algorithm::Ed25519, &[9; 32])
}

pub(crate) fn someones_key(number: u8) -> PrivateKey {
    PrivateKey::generate(Algorithm::Ed25519, &[number; 32])
}

/// A log that outlives the sites over it.
pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) door: Arc<Door>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) directory: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(TestClock(AtomicU64::new(NEW_YEAR)));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let key = KeyName::parse("log.example.org/2026").unwrap();
        let signer = NoteSigner::from_seed(key, SignatureType::Ed25519, &[7; 32]).unwrap();
        let keys = Arc::new(LogKeys::new(signer, None).unwrap());
        drop(Idle::create(store.clone(), keys.clone(), clock.now()).unwrap());
        let log = Log::open(store.clone(), keys, clock.clone(), SUBMISSION, Limits::default()).unwrap();
        let rules = format!(
            "[[allow]]\nkeys = [\"*\"]\nkinds = [\"*\"]\n[redaction]\nauthorities = [\"{}\"]\n",
            site_key().public().id()
        );
        let rules = AdmissionRules::parse(rules.as_bytes()).unwrap();
        let door = Arc::new(Door::new(Arc::new(log), store.clone(), clock.clone(), rules).unwrap());
        Self { store, door, clock, directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn site(&self) -> Site {
        self.site_in(&self.directory.path().join("site"), Arc::new(AtDoor(self.door.clone())))
    }

    pub(crate) fn site_in(&self, directory: &Path, publish: Arc<dyn Publish>) -> Site {
        let identity = Identity {
            name: name("Example Signatures"),
            url: "https://sign.example.org".parse().unwrap(),
            key: site_key(),
        };
        let parts = Parts {
            identity,
            authorities: Vec::new(),
            earlier_keys: Vec::new(),
            publish,
            store: self.store.clone(),
            clock: self.clock.clone(),
        };
        // Opening waits for the disk.
        let data = Data::open(directory).unwrap();
        std::thread::scope(|scope| scope.spawn(|| Site::open(data, parts).unwrap()).join().unwrap())
    }

    /// Logs a record of somebody's, and returns its digest and place.
    pub(crate) async fn log(&self, body: impl Into<Body>, key: &PrivateKey) -> (Hash, u64) {
        let (digest, submission) = signed(body, key, self.clock.timestamp());
        (digest, AtDoor(self.door.clone()).submit(submission).await.unwrap())
    }

    /// A statement that is in the log and the index.
    pub(crate) async fn statement(&self, site: &Site) -> Hash {
        let (digest, _) = self.log(statement(), &site_key()).await;
        site.follow().await.unwrap();
        digest
    }
}

/// A signed record as it is submitted. The salt follows from what is signed, so that the same is the same.
pub(crate) fn signed(body: impl Into<Body>, key: &PrivateKey, at: Timestamp) -> (Hash, Vec<u8>) {
    let issuer = Issuer { name: name("Somebody"), key: key.public(), uri: None };
    let record = Record::new(Header { issuer, issued_at: at }, body).unwrap();
    let envelope = Envelope::sign(in_toto::PAYLOAD_TYPE, record.to_payload().unwrap(), key).unwrap();
    let digest = envelope.digest();
    let submission = Submission::new(Salt::from(digest), &sigstore::Bundle::new(envelope)).unwrap();
    (digest, submission.to_bytes().unwrap())
}

pub(crate) fn statement() -> PublicStatement {
    let text = Text::new("Evaluations need evidence that anybody can check.\n\nWe ask for it.\n").unwrap();
    PublicStatement {
        title: name("Evidence for evaluations"),
        language: name("en"),
        version: name("1"),
        replaces: None,
        translates: None,
        media_type: MediaType::Plain,
        sha256: Hash::of(text.as_str()),
        text,
    }
}

pub(crate) fn form(statement: Hash, who: &str, at: &str) -> SigningForm {
    SigningForm {
        statement,
        address: address(at),
        capacity: Capacity::Person,
        name: name(who),
        role: None,
        affiliation: None,
        country: None,
        shown: Shown::Name,
        language: Language::English,
    }
}

/// Reads all mail.
#[derive(Default)]
pub(crate) struct Mailboxes(Mutex<Vec<Mail>>);

impl Mailer for Mailboxes {
    fn send<'a>(&'a self, mail: &'a Mail) -> Doing<'a, Result<(), MailError>> {
        Box::pin(async move {
            self.0.lock().unwrap().push(mail.clone());
            Ok(())
        })
    }
}

impl Mailboxes {
    /// All mails that a site has for sending now.
    pub(crate) async fn fetch(&self, site: &Site) -> Vec<Mail> {
        while site.outbox().send_due(self).await.unwrap().sent > 0 {}
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// The secret in the link of a mail.
pub(crate) fn secret(mail: &Mail) -> String {
    let mut lines = mail.text.as_str().lines().map(str::trim);
    let link = lines.find(|line| line.contains("/confirm/") || line.contains("/report/")).unwrap();
    link.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned()
}

/// Asks to sign, and returns the secret of the link that came by mail.
pub(crate) async fn ask(site: &Site, form: &SigningForm) -> String {
    site.signing().request(form, None).await.unwrap();
    let mails = Mailboxes::default().fetch(site).await;
    assert_eq!(mails.len(), 1);
    secret(&mails[0])
}
