//! What lies beside a log, in a copy that follows it.

use std::collections::BTreeSet;
use std::sync::Arc;

use overt_log::admission::{Door, Part, Submission};
use overt_log::bodies;
use overt_log::client::Source;
use overt_log::files::{self, FileList, FilesError};
use overt_log::mirror::{Kept, Mirror, TakenDown};
use overt_log::store::{MemoryStore, Store};
use overt_log::{Clock as _, Key, fsck};
use overt_record::record::Scope;
use overt_record::{Hash, KeyId, Salt, sigstore};

use crate::admission::{key, record, rules_of_an_authority, served, submission};
use crate::world::{TestClock, TestLog, log_vkey, source};

const GIB: u64 = 1 << 30;

struct World {
    clock: Arc<TestClock>,
    log: TestLog,
    door: Arc<Door>,
    copy: Arc<MemoryStore>,
    mirror: Mirror,
}

impl World {
    /// A log with records of the keys 1 to 4, whose operator follows the redactions of key 9, and a copy of nothing yet.
    async fn new() -> Self {
        let clock = TestClock::new();
        let log = TestLog::of_records(&clock);
        let (url, door) = served(&log, rules_of_an_authority("")).await;
        for (index, by) in (0..).zip(1..=4) {
            let body = submission(by, "a").to_bytes().unwrap();
            assert_eq!(door.submit(body, None).await.unwrap().added.index, index);
        }
        let copy = Arc::new(MemoryStore::new());
        let mirror = Mirror::new(copy.clone(), source(&url), log_vkey());
        Self { clock, log, door, copy, mirror }
    }

    /// Logs a redaction of the record by a key; its place.
    async fn redact(&self, signer: u8, of: u8, scope: Scope) -> u64 {
        let redaction = record(&key(signer), submission(of, "a").digest(), scope);
        let redaction = sigstore::Bundle::new(redaction.envelope);
        let redaction = Submission::new(Salt::from_bytes([100 + of; 32]), &redaction).unwrap();
        self.door.submit(redaction.to_bytes().unwrap(), None).await.unwrap().added.index
    }

    fn lay(&self, by: u8, files: &[&'static str]) -> FileList {
        let mut list = FileList::default();
        for text in files {
            list.add(&format!("{text}.txt"), text.as_bytes()).unwrap();
        }
        let content = |wanted: &files::Listed| {
            let found = files.iter().find(|text| Hash::of(text.as_bytes()) == wanted.sha256);
            Ok::<_, FilesError>(found.unwrap().as_bytes().to_vec())
        };
        files::lay(self.log.store.as_ref(), &submission(by, "a").commit(), &list, content).unwrap();
        list
    }

    async fn look(&self) {
        self.mirror.sync().await.unwrap();
        self.mirror.copy_bodies().await.unwrap();
    }

    async fn follow(&self, authorities: &[KeyId]) -> TakenDown {
        self.mirror.follow_redactions(&authorities.iter().copied().collect::<BTreeSet<_>>()).await.unwrap()
    }

    /// Files copied; entries of which they are wrong; the entry at which there was no more room.
    async fn files(&self, limit: u64) -> (u64, Vec<u64>, Option<u64>) {
        let copied = self.mirror.copy_files(limit, self.clock.now() / 1000).await.unwrap();
        (copied.files, copied.wrong.iter().map(|(index, _)| *index).collect(), copied.full)
    }

    fn has(&self, text: &str) -> bool {
        self.copy
            .objects()
            .values()
            .any(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_follows_what_the_log_took_down_by_those_who_have_a_say() {
    let world = World::new().await;
    world.look().await;
    assert_eq!(world.follow(&[]).await, TakenDown::default());
    let by_issuer = world.redact(1, 1, Scope::Record {}).await;
    let by_authority = world.redact(9, 2, Scope::Record {}).await;
    let not_carried_out = world.redact(3, 3, Scope::Record {}).await;
    world.look().await;
    // The log still shows everything.
    assert_eq!(world.follow(&[]).await, TakenDown::default());
    world.door.erase(0, by_issuer).unwrap();
    world.door.erase(1, by_authority).unwrap();
    // It says so of one whose redaction is another's: the copy does not even ask.
    let mark = Key::new(format!("erased/{}", submission(4, "a").commit())).unwrap();
    world.log.store.put_new(&mark, format!("{not_carried_out}\n").as_bytes()).unwrap();

    let first = world.follow(&[]).await;
    let erased: Vec<_> = first.erased.iter().map(|one| (one.index, one.redaction, one.part)).collect();
    assert_eq!(erased, [(0, by_issuer, Part::Whole)]);
    let kept = Kept { index: 1, redaction: by_authority, by: key(9).public().id() };
    assert_eq!(first.kept, [kept]);
    let again = world.follow(&[]).await;
    assert_eq!((again.erased.len(), again.kept), (0, vec![kept]));
    let followed = world.follow(&[key(9).public().id()]).await;
    assert_eq!((followed.erased[0].index, followed.kept.len()), (1, 0));
    assert_eq!(world.follow(&[]).await, TakenDown::default());

    for (index, there) in [(0, false), (1, false), (2, true), (3, true)] {
        assert_eq!(bodies::read(world.copy.as_ref(), index).unwrap().is_some(), there, "{index}");
    }
    let salts = [1, 2].map(|by: u8| Hash::from(Salt::from_bytes([by; 32])).to_string());
    assert!(!world.has(&format!(r#""salt":"{}""#, salts[1])), "the salt of an erased record");
    let report = fsck(world.copy.as_ref(), &log_vkey()).unwrap();
    assert!(report.is_sound() && report.bodies.is_sound(), "{report:?}");
    assert_eq!(report.bodies.erased, 2);
    // A state that was damaged only means looking again.
    let state = Key::new("mirrored-redactions").unwrap();
    world.copy.overwrite(&state, Some(b"nonsense".to_vec()));
    world.follow(&[]).await;
    assert_eq!(world.copy.get(&state).unwrap().unwrap(), b"7\n6 2\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_copied_with_their_lists_and_go_when_the_log_takes_them_down() {
    let world = World::new().await;
    world.lay(1, &["one", "both"]);
    world.lay(2, &["two", "both"]);
    world.look().await;
    assert_eq!(world.files(GIB).await, (3, vec![], None));
    let commit = |by| submission(by, "a").commit();
    let copy = Source::Store(world.copy.clone());
    let there = async |by| files::listed(&copy, &commit(by)).await.unwrap();
    for by in [1, 2] {
        assert_eq!(there(by).await.unwrap().iter().count(), 2);
    }
    // Files that come after their record, within the hour.
    world.clock.advance(3000);
    world.lay(3, &["three"]);
    assert_eq!(world.files(GIB).await, (1, vec![], None));
    // What the log took down goes, but for what another record has.
    let digests = ["one", "both"].map(Hash::of).to_vec();
    let redaction = world.redact(1, 1, Scope::Files { digests }).await;
    world.door.erase(0, redaction).unwrap();
    world.look().await;
    let done = world.follow(&[]).await;
    assert_eq!((done.erased[0].index, done.erased[0].part, done.erased[0].files.gone), (0, Part::Files, 1));
    assert!(there(1).await.is_none() && there(2).await.is_some());
    assert!(bodies::read(world.copy.as_ref(), 0).unwrap().is_some(), "the record stays");
    assert_eq!(world.files(GIB).await, (0, vec![], None));
    // Later than that nobody looks: files come with their record or soon after it.
    world.clock.advance(3600);
    world.files(GIB).await;
    world.lay(4, &["four"]);
    assert_eq!(world.files(GIB).await, (0, vec![], None));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_others_or_too_many_are_not_kept() {
    let world = World::new().await;
    world.lay(1, &["one"]);
    world.lay(2, &["two"]);
    world.lay(3, &["three"]);
    let file = |text: &str| Key::new(format!("files/{}", Hash::of(text))).unwrap();
    world.log.store.delete(&file("one")).unwrap();
    world.log.store.put_new(&file("one"), b"eno").unwrap();
    let list = Key::new(format!("files/{}.json", submission(2, "a").commit())).unwrap();
    world.log.store.delete(&list).unwrap();
    world.log.store.put_new(&list, br#"{"files":{"../../x":{"bytes":1,"sha256":"00"}}}"#).unwrap();
    world.look().await;
    // What did not come all counts as if it had: a log that shows lists of what it has not fills no disk.
    assert_eq!(world.files(5).await, (0, vec![0, 1], Some(2)));
    let position = Key::new("mirrored-files").unwrap();
    world.copy.overwrite(&position, None);
    let left = Key::new(format!("files/{}.json", submission(1, "a").commit())).unwrap();
    world.copy.overwrite(&left, None);
    // There is room for two bytes, then for all.
    assert_eq!(world.files(2).await, (0, vec![], Some(0)));
    assert_eq!(world.files(GIB).await, (1, vec![0, 1], None));
    assert!(!world.has("eno") && world.has("three"));
    // What the log mends is copied at the next look.
    world.log.store.delete(&file("one")).unwrap();
    world.log.store.put_new(&file("one"), b"one").unwrap();
    assert_eq!(world.files(GIB).await.0, 1);
}
