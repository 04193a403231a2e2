//! Files that issuers put beside a log over HTTP.

use std::sync::Arc;

use overt_log::Key;
use overt_log::admission::{Door, Submission};
use overt_log::client::{Target, UploadError, Uploader};
use overt_log::files::{self, FileList, OFFER_TYPE, Offer};
use overt_record::dsse::Envelope;
use overt_record::record::Scope;
use overt_record::{Hash, Salt, sigstore};

use crate::admission::{key, record, rules_of_an_authority, served, submission};
use crate::world::{Answer, LOG, TestClock, TestLog, answer, client, get, post, source};

const FILES: [(&str, &str); 3] = [("run.json", "{}"), ("tasks.json", "[]"), ("again.json", "{}")];

/// A record by a key, other than the one that is in every world.
fn submission_of(by: u8, about: &str) -> Submission {
    let bundle = record(&key(by), Hash::of(about), Scope::Record {});
    Submission::new(Salt::from_bytes([8; 32]), &sigstore::Bundle::new(bundle.envelope)).unwrap()
}

fn list(files: &[(&str, &str)]) -> FileList {
    let mut list = FileList::default();
    for (name, text) in files {
        list.add(name, text.as_bytes()).unwrap();
    }
    list
}

/// The list of the entry with the record by this key.
fn offer(index: u64, by: u8, files: &[(&str, &str)]) -> Offer {
    Offer::new(LOG, index, submission(by, "a").commit(), key(by).public(), list(files))
}

fn signed(index: u64, by: u8, files: &[(&str, &str)]) -> Envelope {
    offer(index, by, files).sign(&key(by)).unwrap()
}

/// A log that takes files, with one record of each of two keys in it.
struct World {
    clock: Arc<TestClock>,
    log: TestLog,
    door: Arc<Door>,
    url: String,
    uploader: Uploader,
}

impl World {
    async fn new(more: &str) -> Self {
        let clock = TestClock::new();
        let log = TestLog::of_records(&clock);
        let (url, door) = served(&log, rules_of_an_authority(more)).await;
        for (index, by) in (0..).zip([1, 2]) {
            let body = submission(by, "a").to_bytes().unwrap();
            assert_eq!(door.submit(body, None).await.unwrap().added.index, index);
        }
        let Target::Url(prefix) = url.parse().unwrap() else { panic!("{url} is no URL") };
        Self { clock, log, door, uploader: Uploader::new(prefix).unwrap(), url }
    }

    fn waiting(&self) -> usize {
        self.log.store.list(&Key::new("uploads").unwrap()).unwrap().len()
    }

    async fn is_published(&self, by: u8) -> bool {
        files::listed(&source(&self.url), &submission(by, "a").commit()).await.unwrap().is_some()
    }

    /// Logs an authority's redaction of the record by a key; its place.
    async fn redact(&self, by: u8) -> u64 {
        let redaction = record(&key(9), submission(by, "a").digest(), Scope::Record {});
        let redaction = sigstore::Bundle::new(redaction.envelope);
        let redaction = Submission::new(Salt::from_bytes([9; 32]), &redaction).unwrap();
        self.door.submit(redaction.to_bytes().unwrap(), None).await.unwrap().added.index
    }

    async fn put(&self, offer: &Envelope, sha256: &Hash, body: &'static str) -> Answer {
        let token = files::token(offer);
        answer(client().put(format!("{}/files/{sha256}?offer={token}", self.url)).body(body)).await
    }
}

fn status<T: std::fmt::Debug>(outcome: Result<T, UploadError>) -> u16 {
    match outcome {
        Err(UploadError::Refused { status, .. }) => status,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuers_files_lie_beside_the_log_when_all_have_come() {
    let world = World::new("[files]\nkeys = [\"*\"]\n").await;
    let commit = submission(1, "a").commit();
    let envelope = signed(0, 1, &FILES);
    // Two names, one content: it is sent once.
    let wanted = world.uploader.offer(&envelope).await.unwrap();
    assert_eq!(wanted.len(), 2);
    world.uploader.send(&envelope, b"{}".to_vec()).await.unwrap();
    assert_eq!(world.waiting(), 1);
    assert!(!world.is_published(1).await);
    assert_eq!(get(&format!("{}/files/{}", world.url, Hash::of("{}"))).await.status, 404);

    // Whoever was cut off asks again, and may send again what came.
    assert_eq!(world.uploader.offer(&envelope).await.unwrap(), [Hash::of("[]")]);
    for _ in 0..2 {
        world.uploader.send(&envelope, b"[]".to_vec()).await.unwrap();
    }
    assert_eq!(world.uploader.offer(&envelope).await.unwrap(), []);
    let listed = files::listed(&source(&world.url), &commit).await.unwrap();
    assert_eq!(listed, Some(list(&FILES)));
    for (_, text) in FILES {
        let file = get(&format!("{}/files/{}", world.url, Hash::of(text))).await;
        assert_eq!((file.status, file.body.as_slice()), (200, text.as_bytes()));
    }
    assert_eq!(world.waiting(), 0);
    // The same again is no harm; other files are, and what another record has need not be sent.
    assert_eq!(world.uploader.offer(&envelope).await.unwrap(), []);
    assert_eq!(status(world.uploader.offer(&signed(0, 1, &FILES[..1])).await), 409);
    assert_eq!(world.uploader.offer(&signed(1, 2, &FILES[..2])).await.unwrap(), []);
    assert!(world.is_published(2).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_taken_from_the_key_of_the_entry_alone() {
    let world =
        World::new(&format!("[files]\nkeys = [\"{}\"]\nentry_bytes = 10\n", key(1).public().id())).await;
    let of = |offer: Offer, by: u8| offer.sign(&key(by)).unwrap();
    let other_log =
        Offer::new("overt.example/other", 0, submission(1, "a").commit(), key(1).public(), list(&FILES));
    let other_entry = Offer::new(LOG, 0, Hash::of("another"), key(1).public(), list(&FILES));
    let foreign = Offer::new(LOG, 1, submission(2, "a").commit(), key(1).public(), list(&FILES));
    let table = [
        (signed(1, 2, &FILES), 403, "by the key"),
        (of(foreign, 1), 403, "was signed by the key"),
        (of(other_log, 1), 400, "is for the log"),
        (of(other_entry, 1), 400, "of another record"),
        (signed(2, 1, &FILES), 404, "has 2 entries"),
        (signed(u64::MAX >> 11, 1, &FILES), 404, "has 2 entries"),
        (signed(0, 1, &[("run.json", "more than ten")]), 413, "at most 10 bytes"),
        (Envelope::sign(OFFER_TYPE, b"{}".to_vec(), &key(1)).unwrap(), 400, "not of the form"),
    ];
    for (envelope, status, says) in table {
        let answer = post(&format!("{}/files", world.url), envelope.to_json()).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(answer.status == status && text.contains(says), "{}: {text}", answer.status);
    }
    for garbage in ["", "{}", "[[[[", "\u{0}"] {
        assert_eq!(post(&format!("{}/files", world.url), garbage).await.status, 400, "{garbage:?}");
    }
    assert_eq!(world.uploader.offer(&signed(0, 1, &FILES)).await.unwrap().len(), 2);
    assert!(!world.is_published(1).await && !world.is_published(2).await);
    // A log whose operator says nothing of files takes none.
    let silent = World::new("").await;
    assert_eq!(status(silent.uploader.offer(&signed(0, 1, &FILES)).await), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_listed_is_taken_in_and_only_from_whoever_has_the_signed_list() {
    let world = World::new("[files]\nkeys = [\"*\"]\n").await;
    let (run, envelope) = (Hash::of("{}"), signed(0, 1, &FILES[..1]));
    // Before anybody said that it would come.
    assert_eq!(world.put(&envelope, &run, "{}").await.status, 409);
    world.uploader.offer(&envelope).await.unwrap();
    assert_eq!(world.put(&envelope, &Hash::of("[]"), "[]").await.status, 409);
    // What stands in the log does not do: somebody else's list of the same files has another token.
    let stranger = Envelope::sign(OFFER_TYPE, envelope.unverified_payload().to_vec(), &key(7)).unwrap();
    assert_eq!(world.put(&stranger, &run, "{}").await.status, 409);
    assert_eq!(world.put(&envelope, &run, "longer").await.status, 411);
    assert_eq!(world.put(&envelope, &run, "[]").await.status, 400);
    let chunked = reqwest::Body::wrap_stream(futures_util::stream::iter([Ok::<_, std::io::Error>("{}")]));
    let at = format!("{}/files/{run}?offer={}", world.url, files::token(&envelope));
    assert_eq!(answer(client().put(&at).body(chunked)).await.status, 411);
    for path in
        ["files/x?offer=y", "files/..%2fcheckpoint", &format!("files/{run}"), &format!("files/{run}?offer=")]
    {
        assert_eq!(
            answer(client().put(format!("{}/{path}", world.url)).body("{}")).await.status,
            400,
            "{path}"
        );
    }
    assert_eq!(world.waiting(), 0);
    assert_eq!(world.put(&envelope, &run, "{}").await.status, 204);
    assert_eq!(world.waiting(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_and_not_ended_is_cleared_away() {
    let world = World::new("[files]\nkeys = [\"*\"]\n").await;
    let (one, two) = (signed(0, 1, &FILES), signed(1, 2, &FILES));
    world.uploader.offer(&one).await.unwrap();
    world.uploader.send(&one, b"{}".to_vec()).await.unwrap();
    world.clock.advance(3601);
    world.uploader.offer(&two).await.unwrap();
    assert_eq!(world.waiting(), 0);
    assert_eq!(status(world.uploader.send(&one, b"[]".to_vec()).await), 409);
    // By the next process, too, before anybody asks.
    world.uploader.send(&two, b"{}".to_vec()).await.unwrap();
    assert_eq!(world.waiting(), 1);
    served(&world.log, rules_of_an_authority("")).await;
    assert_eq!(world.waiting(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_files_together_have_a_bound_which_the_next_process_knows_and_a_changed_list_does_not_escape() {
    let more = "[files]\nkeys = [\"*\"]\ntotal_bytes = 5\n";
    let world = World::new(more).await;
    let (one, two) = ([("one.json", "123")], [("two.json", "456")]);
    world.uploader.offer(&signed(0, 1, &one)).await.unwrap();
    // What is on its way counts, what is there counts, and what was there before this process does.
    assert_eq!(status(world.uploader.offer(&signed(1, 2, &two)).await), 507);
    world.uploader.offer(&signed(1, 2, &[("two.json", "4")])).await.unwrap();
    assert_eq!(status(world.uploader.offer(&signed(1, 2, &two)).await), 507);
    // What came of an earlier list goes.
    world.uploader.send(&signed(0, 1, &one), b"123".to_vec()).await.unwrap();
    let other = signed(0, 1, &[("one.json", "789")]);
    assert_eq!(world.uploader.offer(&other).await.unwrap().len(), 1);
    assert_eq!(world.waiting(), 0);
    assert_eq!(status(world.uploader.send(&signed(0, 1, &one), b"123".to_vec()).await), 409);
    world.uploader.send(&other, b"789".to_vec()).await.unwrap();
    assert_eq!(world.uploader.offer(&other).await.unwrap(), []);
    assert_eq!(status(world.uploader.offer(&signed(1, 2, &two)).await), 507);
    let (url, door) = served(&world.log, rules_of_an_authority(more)).await;
    let Target::Url(prefix) = url.parse().unwrap() else { panic!("{url} is no URL") };
    let next = Uploader::new(prefix).unwrap();
    assert_eq!(status(next.offer(&signed(1, 2, &two)).await), 507);
    assert_eq!(next.offer(&signed(1, 2, &[("two.json", "45")])).await.unwrap().len(), 1);
    // What is taken down makes room at once.
    let redaction = world.redact(1).await;
    door.erase(0, redaction).unwrap();
    assert_eq!(next.offer(&signed(1, 2, &two)).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_leaves_room_for_others() {
    let world = World::new("[files]\nkeys = [\"*\"]\n").await;
    let mut answers = Vec::new();
    for n in 0..9_u64 {
        let record = submission_of(1, &format!("another {n}"));
        let index = world.door.submit(record.to_bytes().unwrap(), None).await.unwrap().added.index;
        let offer = Offer::new(LOG, index, record.commit(), key(1).public(), list(&FILES));
        let body = offer.sign(&key(1)).unwrap().to_json();
        answers.push(post(&format!("{}/files", world.url), body).await.status);
    }
    assert_eq!(answers, [200, 200, 200, 200, 200, 200, 200, 200, 503]);
    assert_eq!(world.uploader.offer(&signed(1, 2, &FILES)).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_was_taken_down_gets_no_files_and_what_came_of_them_goes() {
    let world = World::new("[files]\nkeys = [\"*\"]\n").await;
    let envelope = signed(0, 1, &FILES[..1]);
    world.uploader.offer(&envelope).await.unwrap();
    world.uploader.send(&envelope, b"{}".to_vec()).await.unwrap();
    assert_eq!(world.waiting(), 1);
    let redaction = world.redact(1).await;
    world.door.erase(0, redaction).unwrap();
    assert_eq!(world.waiting(), 0);
    assert_eq!(status(world.uploader.send(&envelope, b"{}".to_vec()).await), 409);
    assert_eq!(status(world.uploader.offer(&envelope).await), 410);
    assert!(!world.is_published(1).await);
    assert_eq!(get(&format!("{}/files/{}", world.url, Hash::of("{}"))).await.status, 404);
    assert_eq!(world.waiting(), 0);
}
