//! Signed records at the door.

use std::sync::Arc;

use overt_log::Clock as _;
use overt_log::admission::{AdmissionRules, Door, NotErased, Part, SUBMISSION, Submission};
use overt_log::bodies::{self, Pack};
use overt_log::client::{ClientError, LogClient, Source};
use overt_log::files::{self, FileList, FilesError};
use overt_log::mirror::{CopiedBodies, Mirror};
use overt_log::sequencer::Idle;
use overt_log::serve::log_router;
use overt_log::simulated::{Fault, Faults};
use overt_log::store::{MemoryStore, Store};
use overt_log::{BodyWrong, Identity, Limits, Log, LogKeys, fsck};
use overt_record::dsse::Envelope;
use overt_record::in_toto::PAYLOAD_TYPE;
use overt_record::policy::{Freshness, Policy};
use overt_record::record::{Authority, Body, Header, Issuer, Redaction, RedactionReason, Scope};
use overt_record::{
    Algorithm, Bundle, Hash, LogEntry, Name, PrivateKey, Record, Salt, Timestamp, Verifier, sigstore,
};
use serde_json::Value;

use crate::world::{TestClock, TestLog, get, is_too_large, log_signer, log_vkey, post, serve, source};

pub(crate) fn key(seed: u8) -> PrivateKey {
    PrivateKey::generate(Algorithm::Ed25519, &[seed; 32])
}

/// A signed record: a redaction, the shortest of them.
pub(crate) fn record(by: &PrivateKey, target: Hash, scope: Scope) -> Bundle {
    let name = |text: &str| text.parse::<Name>().unwrap();
    let header = Header {
        issuer: Issuer { name: name("An Institute"), key: by.public(), uri: None },
        issued_at: Timestamp::from_unix(1_767_000_000).unwrap(),
    };
    let body = Body::from(Redaction {
        target,
        scope,
        reason: RedactionReason::Withdrawn,
        explanation: None,
        authority: Authority { name: name("the issuer"), reference: None, uri: None },
        corrected_by: None,
    });
    let payload = Record::new(header, body).unwrap().to_payload().unwrap();
    Bundle::new(Envelope::sign(PAYLOAD_TYPE, payload, by).unwrap())
}

pub(crate) fn submission(by: u8, about: &str) -> Submission {
    let bundle = record(&key(by), Hash::of(about), Scope::Record {});
    Submission::new(Salt::from_bytes([by; 32]), &sigstore::Bundle::new(bundle.envelope)).unwrap()
}

/// Rules that let everything in and follow the redactions of key 9, and more lines of them.
pub(crate) fn rules_of_an_authority(more: &str) -> AdmissionRules {
    let authority = key(9).public().id();
    let text = format!(
        "[[allow]]\nkeys = [\"*\"]\nkinds = [\"*\"]\n[redaction]\nauthorities = [\"{authority}\"]\n{more}"
    );
    AdmissionRules::parse(text.as_bytes()).unwrap()
}

pub(crate) async fn served(log: &TestLog, rules: AdmissionRules) -> (String, Arc<Door>) {
    let door = Arc::new(Door::new(log.log.clone(), log.store.clone(), log.clock.clone(), rules).unwrap());
    (serve(log_router(door.clone(), log.clock.clone(), None)).await, door)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_logged_once_and_its_bundle_verifies_offline() {
    let clock = TestClock::new();
    let log = TestLog::of_records(&clock);
    let (url, _) = served(&log, AdmissionRules::everyone()).await;
    let policy = Policy::of_logs([log_vkey()]);
    let client = LogClient::new(source(&url), policy.clone(), clock.clone());
    assert_eq!(client.add(&submission(1, "a")).await.unwrap(), 0);
    assert_eq!(client.add(&submission(2, "a")).await.unwrap(), 1);
    // Later, the entry would have another time in it; it is the same submission.
    clock.advance(3600);
    assert_eq!(client.add(&submission(1, "a")).await.unwrap(), 0);

    let proof = client.prove_submission(0, &submission(1, "a")).await.unwrap();
    assert!(matches!(client.prove_submission(1, &submission(1, "a")).await, Err(ClientError::OtherEntry(1))));
    let bundle = record(&key(1), Hash::of("a"), Scope::Record {}).to_json().unwrap();
    let verifier = Verifier::default().with_policy(&policy, Freshness::AnyAge);
    let report = verifier.verify_with_proof(&bundle, proof.to_string().as_bytes());
    assert!(report.passed(), "{:?}", report.first_failure());
    assert_eq!(report.logged.unwrap().index, 0);

    let body = get(&format!("{url}/body/0")).await;
    assert_eq!((body.status, body.header("content-type")), (200, "application/json"));
    assert_eq!(Submission::parse(&body.body).unwrap(), submission(1, "a"));
    let table = [
        ("x", "malformed"),
        ("-1", "malformed"),
        ("00", "malformed"),
        ("+0", "malformed"),
        ("18446744073709551616", "malformed"),
        ("..%2fcheckpoint", "malformed"),
        ("2", "missing"),
        ("18446744073709551615", "missing"),
    ];
    for (path, error) in table {
        let absent = get(&format!("{url}/body/{path}")).await;
        assert_eq!(absent.status, 404, "{path}");
        assert_eq!(serde_json::from_slice::<Value>(&absent.body).unwrap()["error"], error);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_rules_or_the_signature_do_not_allow_is_refused_and_leaves_nothing() {
    let clock = TestClock::new();
    let log = TestLog::of_records(&clock);
    let rules = format!(
        "max_body_bytes = 20000\n[[allow]]\nkeys = [\"{}\"]\nkinds = [\"redaction\"]\n\
         [[allow]]\nkeys = [\"{}\"]\nkinds = [\"plan\"]\n",
        key(1).public().id(),
        key(2).public().id()
    );
    let (url, _) = served(&log, AdmissionRules::parse(rules.as_bytes()).unwrap()).await;
    let add = format!("{url}/add");
    let good = submission(1, "a").to_bytes().unwrap();
    let text = String::from_utf8(good.clone()).unwrap();
    let forged =
        submission(1, "a").bundle().envelope().unwrap().to_json().replace("\"sig\":\"", "\"sig\":\"AAAA");
    let forged = serde_json::json!({
        "salt": Hash::of("x"),
        "bundle": {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": { "publicKey": { "hint": "" } },
            "dsseEnvelope": serde_json::from_str::<Value>(&forged).unwrap(),
        }
    });
    let table: Vec<(&str, Vec<u8>, u16)> = vec![
        ("a key that may log something else", submission(2, "a").to_bytes().unwrap(), 403),
        ("an unknown key", submission(3, "a").to_bytes().unwrap(), 403),
        ("a signature that does not hold", forged.to_string().into_bytes(), 400),
        ("nothing", Vec::new(), 400),
        ("no JSON", b"\xff\xfe".to_vec(), 400),
        ("another JSON", b"[]".to_vec(), 400),
        ("a submission that is cut off", good[..good.len() / 2].to_vec(), 400),
        ("a field too many", text.replacen('{', "{\"x\":1,", 1).into_bytes(), 400),
        (
            "a field twice",
            text.replacen('{', &format!("{{\"salt\":\"{}\",", Hash::of("y")), 1).into_bytes(),
            400,
        ),
        ("a salt that is none", text.replace("0101", "010").into_bytes(), 400),
        ("deep JSON", "[".repeat(10_000).into_bytes(), 400),
    ];
    for (what, body, status) in table {
        let answer = post(&add, body).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
    }
    for length in [20_001, 12 << 20] {
        assert!(is_too_large(&add, vec![b' '; length]).await, "{length}");
    }
    assert_eq!(log.log.head().borrow().head.size, 0);
    let bodies = overt_log::Key::new("bodies").unwrap();
    assert!(log.store.list(&bodies).unwrap().is_empty());
    assert_eq!(post(&add, good).await.text(), "0");
    assert_eq!(log.store.list(&bodies).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_addresses_that_come_too_often_have_to_wait() {
    let clock = TestClock::new();
    let log = TestLog::of_records(&clock);
    let rules = "[[allow]]\nkeys = [\"*\"]\nkinds = [\"*\"]\n[limits]\nkey = { events = 1, seconds = 60 }\n\
                 address = { events = 3, seconds = 60 }\n";
    let (url, _) = served(&log, AdmissionRules::parse(rules.as_bytes()).unwrap()).await;
    let add = format!("{url}/add");
    let body = |by, about| submission(by, about).to_bytes().unwrap();
    assert_eq!(post(&add, body(1, "a")).await.status, 200);
    let too_often = post(&add, body(1, "b")).await;
    assert_eq!((too_often.status, too_often.header("retry-after")), (429, "61"));
    assert_eq!(post(&add, body(2, "a")).await.status, 200);
    assert_eq!(post(&add, body(3, "a")).await.status, 429, "that is the fourth from this address");
    clock.advance(60);
    assert_eq!(post(&add, body(1, "b")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn erasure_takes_the_body_and_leaves_the_proof_and_a_record_of_why() {
    let clock = TestClock::new();
    let log = TestLog::of_records(&clock);
    let (url, door) = served(&log, rules_of_an_authority("")).await;
    let client = LogClient::new(source(&url), Policy::of_logs([log_vkey()]), clock.clone());
    let target = submission(1, "a");
    let commit = target.commit();
    client.add(&target).await.unwrap();
    let redact = async |by: u8, digest: Hash, scope: Scope| {
        let bundle = record(&key(by), digest, scope);
        client
            .add(
                &Submission::new(Salt::from_bytes([by; 32]), &sigstore::Bundle::new(bundle.envelope))
                    .unwrap(),
            )
            .await
            .unwrap()
    };
    let stranger = redact(5, target.digest(), Scope::Record {}).await;
    let of_another = redact(9, Hash::of("another"), Scope::Record {}).await;
    let of_a_part = redact(9, target.digest(), Scope::Samples { indexes: vec![1] }).await;
    let whole = redact(9, target.digest(), Scope::Record {}).await;

    assert!(matches!(door.erase(0, stranger), Err(NotErased::NotAnAuthority(_))));
    assert!(matches!(door.erase(0, of_another), Err(NotErased::NotARedaction { .. })));
    // A redaction of a part takes what lies beside the entry, and leaves the body.
    let mut list = FileList::default();
    list.add("run.json", b"{}").unwrap();
    let lay = || files::lay(log.store.as_ref(), &commit, &list, |_| Ok::<_, FilesError>(b"{}".to_vec()));
    lay().unwrap();
    let gone = door.erase(0, of_a_part).unwrap();
    assert_eq!((gone.part, gone.files.gone, gone.redaction), (Part::Files, 1, of_a_part));
    assert_eq!(files::listed(&source(&url), &commit).await.unwrap(), None);
    assert_eq!(get(&format!("{url}/files/{}", Hash::of("{}"))).await.status, 404);
    assert_eq!(get(&format!("{url}/body/0")).await.status, 200);
    assert_eq!(door.erase(0, of_a_part).unwrap().files.gone, 0);
    let again = lay();
    assert!(matches!(again, Err(FilesError::Erased)), "{again:?}");
    assert!(matches!(door.erase(0, 99), Err(NotErased::Reader(_))));
    assert!(matches!(door.erase(99, whole), Err(NotErased::Reader(_))));
    assert_eq!(get(&format!("{url}/body/0")).await.status, 200);

    assert_eq!(door.erase(0, whole).unwrap().redaction, whole);
    let gone = get(&format!("{url}/body/0")).await;
    let why: Value = serde_json::from_slice(&gone.body).unwrap();
    assert_eq!(
        (gone.status, &why["error"], why["redaction"].as_u64()),
        (404, &"redacted".into(), Some(whole))
    );
    // Again, or by submitting it again, nothing changes.
    assert_eq!(door.erase(0, whole).unwrap().redaction, whole);
    assert_eq!(client.add(&target).await.unwrap(), 0);
    assert_eq!(get(&format!("{url}/body/0")).await.status, 404);
    let proven = client.prove(0).await.unwrap();
    assert_eq!(LogEntry::parse(&proven.entry).unwrap().commit, commit);

    // Issuers take down what is their own.
    let own = submission(5, "own");
    let index = client.add(&own).await.unwrap();
    let withdrawal = redact(5, own.digest(), Scope::Record {}).await;
    door.erase(index, withdrawal).unwrap();
    let report = fsck(log.store.as_ref(), &log_vkey()).unwrap();
    assert!(report.is_sound() && report.bodies.is_sound(), "{report:?}");
    assert_eq!((report.bodies.here, report.bodies.erased), (report.head.size - 2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn fsck_says_of_each_body_what_is_wrong_with_it_and_the_tree_still_holds() {
    let clock = TestClock::new();
    let memory = Arc::new(MemoryStore::new());
    let keys = Arc::new(LogKeys::new(log_signer(), None).unwrap());
    drop(Idle::create(memory.clone(), keys.clone(), clock.now()).unwrap());
    let log = Log::open(memory.clone(), keys, clock.clone(), SUBMISSION, Limits::default()).unwrap();
    let door = Arc::new(
        Door::new(Arc::new(log), memory.clone(), clock.clone(), AdmissionRules::everyone()).unwrap(),
    );
    for by in 1..=3 {
        door.submit(submission(by, "a").to_bytes().unwrap(), None).await.unwrap();
    }
    let look = || fsck(memory.as_ref(), &log_vkey()).unwrap();
    let sound = look();
    assert!(sound.is_sound() && sound.bodies.is_sound() && !sound.bodies.is_bare());
    assert_eq!(sound.bodies.here, 3);
    let pack =
        |index| Pack::new(index, vec![Some(submission(9, "b").to_bytes().unwrap())]).unwrap().to_object();
    let other = pack(1).unwrap();
    let kept = memory.get(&other.key).unwrap();
    let mark = overt_log::Key::new(format!("erased/{}", submission(2, "a").commit())).unwrap();
    let expect = |what: Option<BodyWrong>| {
        let report = look();
        assert!(report.is_sound(), "the tree holds without bodies");
        let told: Vec<_> = report.bodies.deviations.iter().map(|told| (told.index, told.what)).collect();
        assert_eq!(told, what.map(|what| (1, what)).into_iter().collect::<Vec<_>>());
        report.bodies
    };
    for (damage, what) in [
        (Some(other.bytes.clone()), BodyWrong::Other),
        (Some(other.bytes[..99].to_vec()), BodyWrong::Damaged),
        (Some(b"\0\0\0\x02{}".to_vec()), BodyWrong::Other),
        (None, BodyWrong::Missing),
    ] {
        memory.overwrite(&other.key, damage);
        assert_eq!(expect(Some(what)).here, 2);
    }
    memory.overwrite(&mark, Some(b"0\n".to_vec()));
    assert_eq!(expect(None).erased, 1);
    memory.overwrite(&other.key, kept);
    expect(Some(BodyWrong::NotErased));
    for index in 0..3 {
        memory.overwrite(&pack(index).unwrap().key, None);
    }
    memory.overwrite(&mark, None);
    assert!(look().bodies.is_bare(), "a copy without bodies");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_or_wrong_body_is_told_and_erases_nothing() {
    let clock = TestClock::new();
    let log = TestLog::of_records(&clock);
    let (url, door) = served(&log, AdmissionRules::everyone()).await;
    let client = LogClient::new(source(&url), Policy::of_logs([log_vkey()]), clock.clone());
    client.add(&submission(1, "a")).await.unwrap();
    let redaction = record(&key(1), submission(1, "a").digest(), Scope::Record {});
    let redaction = Submission::new(Salt::from_bytes([1; 32]), &sigstore::Bundle::new(redaction.envelope));
    let redaction = client.add(&redaction.unwrap()).await.unwrap();
    let pack = overt_log::Key::new("bodies/000/0-1").unwrap();
    let stored = log.store.get(&pack).unwrap().unwrap();
    let swap = |from: &[u8], to: &[u8]| log.store.compare_and_swap(&pack, Some(from), to).unwrap();
    swap(&stored, &stored[..stored.len() - 1]);
    let damaged = get(&format!("{url}/body/0")).await;
    assert_eq!(damaged.status, 500);
    assert!(damaged.text().contains("bodies/000/0-1 is damaged"), "{}", damaged.text());
    assert!(matches!(door.erase(0, redaction), Err(NotErased::Body(_))));
    let other =
        Pack::new(0, vec![Some(submission(2, "b").to_bytes().unwrap())]).unwrap().to_object().unwrap();
    swap(&stored[..stored.len() - 1], &other.bytes);
    assert!(matches!(door.erase(0, redaction), Err(NotErased::OtherBody(0))));
    let marks = overt_log::Key::new("erased").unwrap();
    assert!(log.store.list(&marks).unwrap().is_empty());
    swap(&other.bytes, &stored);
    assert_eq!(door.erase(0, redaction).unwrap().redaction, redaction);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_copies_bodies_that_are_the_entries_own_and_why_others_are_gone() {
    let clock = TestClock::new();
    let log = TestLog::of_records(&clock);
    let (url, door) = served(&log, AdmissionRules::everyone()).await;
    let client = LogClient::new(source(&url), Policy::of_logs([log_vkey()]), clock.clone());
    for by in 1..=4 {
        client.add(&submission(by, "a")).await.unwrap();
    }
    let redaction = record(&key(1), submission(1, "a").digest(), Scope::Record {});
    let redaction = Submission::new(Salt::from_bytes([1; 32]), &sigstore::Bundle::new(redaction.envelope));
    let redaction = client.add(&redaction.unwrap()).await.unwrap();
    door.erase(0, redaction).unwrap();
    // One body is made another's.
    let pack = overt_log::Key::new("bodies/000/2-1").unwrap();
    let stored = log.store.get(&pack).unwrap().unwrap();
    let other =
        Pack::new(2, vec![Some(submission(9, "b").to_bytes().unwrap())]).unwrap().to_object().unwrap();
    log.store.compare_and_swap(&pack, Some(&stored), &other.bytes).unwrap();

    for from in [source(&url), Source::Store(log.store.clone())] {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let mirror = Mirror::new(store.clone(), from, log_vkey());
        mirror.sync().await.unwrap();
        let copied = mirror.copy_bodies().await.unwrap();
        assert_eq!((copied.copied, copied.absent, copied.wrong), (3, 2, vec![2]));
        for (index, by) in [(1, 2), (3, 4)] {
            let body = bodies::read(store.as_ref(), index).unwrap().unwrap();
            assert_eq!(Submission::parse(&body).unwrap(), submission(by, "a"));
        }
        let looked = fsck(store.as_ref(), &log_vkey()).unwrap();
        assert_eq!((looked.bodies.here, looked.bodies.erased, looked.bodies.missing), (3, 1, 1));
        // Nothing is asked twice, and what came later is copied.
        assert_eq!(mirror.copy_bodies().await.unwrap(), CopiedBodies::default());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gets_an_index_gets_the_body_and_an_error_is_cured_by_submitting_again() {
    let clock = TestClock::new();
    let body = submission(1, "a").to_bytes().unwrap();
    let open = |plan: Option<(u64, Fault)>| {
        let kept = Arc::new(MemoryStore::new());
        let store = Arc::new(Faults::new(kept.clone(), plan));
        let keys = Arc::new(LogKeys::new(log_signer(), None).unwrap());
        drop(Idle::create(store.clone(), keys.clone(), clock.now()).ok()?);
        let log = Log::open(store.clone(), keys, clock.clone(), SUBMISSION, Limits::default()).ok()?;
        let door =
            Door::new(Arc::new(log), store.clone(), clock.clone(), AdmissionRules::everyone()).unwrap();
        Some((store, kept, Arc::new(door)))
    };
    let (sound, _, door) = open(None).unwrap();
    let before = sound.count();
    door.submit(body.clone(), None).await.unwrap();
    let last = |what: &str| {
        let written = sound.written();
        written.iter().rposition(|(key, _)| key.as_str().starts_with(what)).unwrap()
    };
    assert!(
        last("staging/") < last("lock") && last("lock") < last("bodies/"),
        "nothing stands before the commit"
    );
    assert!(last("bodies/") < last("checkpoint"), "the body is there when the entry is shown");
    let mut errors = 0;
    for number in before..sound.count() {
        for fault in [Fault::Fails, Fault::FailsApplied] {
            let (_, kept, door) = open(Some((number, fault))).unwrap();
            if door.submit(body.clone(), None).await.is_err() {
                errors += 1;
                assert_eq!(
                    door.submit(body.clone(), None).await.unwrap().added.index,
                    0,
                    "{number} {fault:?}"
                );
            }
            assert_eq!(bodies::read(kept.as_ref(), 0).unwrap().as_ref(), Some(&body), "{number} {fault:?}");
            assert_eq!(door.log().head().borrow().head.size, 1);
        }
    }
    // Only before the swap an error is final; what fails after it, the writer makes good itself.
    assert!(errors > 0, "{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_would_log_a_record_twice_gets_no_door() {
    let log = TestLog::create(&TestClock::new(), Identity::BYTES);
    let door = Door::new(log.log.clone(), log.store.clone(), log.clock.clone(), AdmissionRules::everyone());
    assert!(door.is_err());
}
