//! A log in which very many people signed one statement, through the log's real door.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use overt_log::admission::{AdmissionRules, Door, SUBMISSION, Submission};
use overt_log::store::{DirectoryStore, Store};
use overt_log::{Clock, Limits, Log, LogKeys, SystemClock};
use overt_record::dsse::Envelope;
use overt_record::note::KeyName;
use overt_record::record::{
    Body, Capacity, Endorsement, Header, Issuer, MediaType, PublicStatement, Signatory, Verification,
};
use overt_record::signer::NoteSigner;
use overt_record::{Hash, Name, PrivateKey, Record, Salt, SignatureType, Text, Timestamp, in_toto, sigstore};
use tokio::task::JoinSet;

/// How many submissions are on their way at once: whole batches for the log.
const IN_FLIGHT: usize = 4096;

/// The signatures are spread over so many milliseconds before now.
const SPREAD: u64 = 90 * 86_400_000;

/// Statements to be signed by mail. A crowd under one of them would be held for a moderator.
const OTHERS: usize = 200;

const GIVEN: [&str; 16] = [
    "Anna", "Li", "José", "Amara", "Ivan", "Fatima", "John", "Wei", "Maria", "Omar", "Sofia", "Ravi", "Emma",
    "Kofi", "Lena", "Yuki",
];

const TEXT: &str = "Evaluations of AI systems need evidence that anybody can check.\n\nWe ask those who build such systems, and \
                    those who oversee them, for three things:\n\n1. that what is claimed can be measured again by others;\n\
                    2. that what was found is published, also where it is not flattering;\n3. that nobody can quietly rewrite it \
                    afterwards.\n\nNone of this is new in other fields. Bridges are tested by people who did not build them, and the \
                    results are kept where everybody can look them up. We sign because we would like the same here.\n";

/// The door's clock: it runs through the time over which people signed.
struct Spread {
    begin: u64,
    people: u64,
    signed: AtomicU64,
}

impl Clock for Spread {
    fn now(&self) -> u64 {
        let share = self.signed.load(Ordering::Relaxed) as f64 / self.people.max(1) as f64;
        self.begin + (SPREAD as f64 * share.min(1.0)) as u64
    }
}

struct Pen {
    key: PrivateKey,
    issuer: Issuer,
}

/// Publishes the statement, the others, and so many signatures, vouched for by the site's key.
pub(crate) async fn fill(site: &Path, home: &Path, people: u64) {
    let pen = Arc::new(Pen::read(home));
    let clock = Arc::new(Spread { begin: SystemClock.now() - SPREAD, people, signed: AtomicU64::new(0) });
    let door = door(&site.join("log"), home, clock.clone());
    let statement = publish(&door, &pen, statement("A statement that very many signed".into()), &clock).await;
    let mut others = Vec::new();
    for number in 1..=OTHERS {
        let title = format!("Statement {number} to be signed by mail");
        others.push(publish(&door, &pen, self::statement(title), &clock).await.to_string());
    }
    fs::write(site.join("../statements"), others.join("\n") + "\n").unwrap();
    let begun = Instant::now();
    let mut under_way = JoinSet::new();
    for number in 0..people {
        if under_way.len() >= IN_FLIGHT {
            under_way.join_next().await.unwrap().unwrap();
        }
        let (door, pen, clock) = (door.clone(), pen.clone(), clock.clone());
        under_way.spawn(async move {
            publish(&door, &pen, endorsement(statement, number), &clock).await;
            clock.signed.fetch_add(1, Ordering::Relaxed);
        });
    }
    while let Some(done) = under_way.join_next().await {
        done.unwrap();
    }
    eprintln_rate(people, begun);
    println!("{statement}");
}

#[allow(clippy::print_stderr, reason = "the digest alone is the result")]
fn eprintln_rate(people: u64, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    eprintln!(
        "{people} endorsements signed, checked and logged in {seconds:.0} s: {:.0} a second",
        people as f64 / seconds
    );
}

impl Pen {
    fn read(home: &Path) -> Self {
        let key = key(home, "site");
        let issuer = Issuer { name: Name::new("A benchmark").unwrap(), key: key.public(), uri: None };
        Self { key, issuer }
    }

    fn submission(&self, body: impl Into<Body>, at: u64) -> (Hash, Vec<u8>) {
        let issued_at = Timestamp::from_unix(at / 1000).unwrap();
        let record = Record::new(Header { issuer: self.issuer.clone(), issued_at }, body).unwrap();
        let envelope =
            Envelope::sign(in_toto::PAYLOAD_TYPE, record.to_payload().unwrap(), &self.key).unwrap();
        let digest = envelope.digest();
        let submission = Submission::new(Salt::from(digest), &sigstore::Bundle::new(envelope)).unwrap();
        (digest, submission.to_bytes().unwrap())
    }
}

async fn publish(door: &Arc<Door>, pen: &Pen, body: impl Into<Body>, clock: &Spread) -> Hash {
    let (digest, submission) = pen.submission(body, clock.now());
    door.submit(submission, None).await.unwrap();
    digest
}

fn statement(title: String) -> PublicStatement {
    let text = Text::new(TEXT).unwrap();
    PublicStatement {
        title: Name::new(title).unwrap(),
        language: Name::new("en").unwrap(),
        version: Name::new("1").unwrap(),
        replaces: None,
        translates: None,
        media_type: MediaType::Markdown,
        sha256: Hash::of(text.as_str()),
        text,
    }
}

/// A name that few others have, made of words that many have.
fn endorsement(of: Hash, number: u64) -> Endorsement {
    let given = GIVEN[(number % 16) as usize];
    let family = letters(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 50_021);
    let town = letters(number % 3000);
    Endorsement {
        of,
        signatory: Signatory {
            capacity: Capacity::Person,
            name: Some(Name::new(format!("{given} {family}")).unwrap()),
            role: None,
            affiliation: Some(Name::new(format!("University of {town}")).unwrap()),
            country: None,
        },
        verified: Verification::EmailDomain,
        domain: Some(Name::new(format!("{}.example", town.to_lowercase())).unwrap()),
        email_commitment: Some(Hash::of(number.to_be_bytes())),
    }
}

/// A number as a word.
pub(crate) fn letters(number: u64) -> String {
    const SYLLABLES: [&str; 10] = ["da", "re", "fi", "go", "ku", "la", "me", "ni", "ro", "su"];
    let word: String = number.to_string().bytes().map(|digit| SYLLABLES[usize::from(digit - b'0')]).collect();
    word[..1].to_uppercase() + &word[1..]
}

fn key(home: &Path, name: &str) -> PrivateKey {
    let pem = fs::read_to_string(home.join("keys").join(format!("{name}.pem"))).unwrap();
    PrivateKey::from_pem(&pem, None).expect("the site was made with --no-passphrase")
}

/// The door of the site's own log. Its signer follows from the key in the keyring as the command line derives it.
fn door(log: &Path, home: &Path, clock: Arc<dyn Clock>) -> Arc<Door> {
    let said: serde_json::Value = serde_json::from_slice(&fs::read(log.join("log.json")).unwrap()).unwrap();
    let origin = said["origin"].as_str().unwrap();
    let PrivateKey::Ed25519(key) = key(home, "site-log") else { panic!("not Ed25519") };
    let (kind, secret) = (SignatureType::Ed25519, key.to_bytes());
    let seed = Hash::of_all([b"overt/note-seed/v1\0".as_slice(), &[1], &secret, origin.as_bytes()]);
    let signer = NoteSigner::from_seed(KeyName::parse(origin).unwrap(), kind, seed.as_bytes()).unwrap();
    assert_eq!(said["vkeys"][0], signer.vkey().to_string(), "the keyring's key is not the log's");
    let store: Arc<dyn Store> = Arc::new(DirectoryStore::open(log).unwrap());
    let keys = Arc::new(LogKeys::new(signer, None).unwrap());
    let log = Log::open(store.clone(), keys, Arc::new(SystemClock), SUBMISSION, Limits::default()).unwrap();
    Arc::new(Door::new(Arc::new(log), store, clock, AdmissionRules::everyone()).unwrap())
}
