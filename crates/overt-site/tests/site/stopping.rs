//! A stop at every step: what is on the disk at that moment is opened anew, and goes on.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use overt_log::store::{Put, Store, StoreError, SwapError};
use overt_log::{Key, Reader};
use overt_site::index::{Believed, Index, PageSize, Seek};
use overt_site::language::Language;
use overt_site::mail::Doing;
use overt_site::signing::{Confirmed, MailboxIs};
use overt_site::{AtDoor, Publish, PublishError, Site};

use crate::world::{HOUR, Mailboxes, World, ask, form, secret};

/// Copies what the disk has of the private state and the index before and after each step into the log.
struct Photographed {
    door: AtDoor,
    directory: PathBuf,
    images: Mutex<Vec<tempfile::TempDir>>,
}

impl Photographed {
    fn take(&self) {
        let image = tempfile::tempdir().unwrap();
        copy(&self.directory, &image.path().join("site"));
        self.images.lock().unwrap().push(image);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target);
        } else if !source.to_string_lossy().ends_with("-shm") {
            fs::copy(&source, &target).unwrap();
        }
    }
}

impl Publish for Photographed {
    fn submit(&self, submission: Vec<u8>) -> Doing<'_, Result<u64, PublishError>> {
        Box::pin(async move {
            self.take();
            let submitted = self.door.submit(submission).await;
            self.take();
            submitted
        })
    }

    fn erase(&self, index: u64, redaction: u64) -> Doing<'_, Result<(), PublishError>> {
        Box::pin(async move {
            self.take();
            let erased = self.door.erase(index, redaction).await;
            self.take();
            erased
        })
    }

    fn size(&self) -> u64 {
        self.door.size()
    }
}

/// Nothing gets into the log, or all of it does and the answer is lost.
struct Broken {
    door: AtDoor,
    how: How,
}

#[derive(Clone, Copy)]
enum How {
    NothingIsDone,
    TheAnswerIsLost,
}

impl Publish for Broken {
    fn submit(&self, submission: Vec<u8>) -> Doing<'_, Result<u64, PublishError>> {
        Box::pin(async move {
            if matches!(self.how, How::TheAnswerIsLost) {
                self.door.submit(submission).await?;
            }
            Err(PublishError::Later("on purpose".into()))
        })
    }

    fn erase(&self, index: u64, redaction: u64) -> Doing<'_, Result<(), PublishError>> {
        Box::pin(async move {
            if matches!(self.how, How::TheAnswerIsLost) {
                self.door.erase(index, redaction).await?;
            }
            Err(PublishError::Later("on purpose".into()))
        })
    }

    fn size(&self) -> u64 {
        self.door.size()
    }
}

fn names(site: &Site, statement: &overt_record::Hash) -> Vec<String> {
    let page = site.index().signatories(statement, Seek::Start, PageSize::default()).unwrap();
    page.items.into_iter().filter_map(|signatory| signatory.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_at_any_step_of_signing_correcting_and_withdrawing_loses_nothing_and_does_nothing_twice() {
    let world = World::new();
    let directory = world.directory.path().join("site");
    let door = AtDoor(world.door.clone());
    let photographed =
        Arc::new(Photographed { door: door.clone(), directory: directory.clone(), images: Mutex::default() });
    let site = world.site_in(&directory, photographed.clone());
    let statement = world.statement(&site).await;

    // One who signs, corrects, and withdraws; one who signs and stays.
    for (who, at) in
        [("A Reader", "a@example.edu"), ("B Reader", "b@example.edu"), ("Anna Reader", "a@example.edu")]
    {
        world.clock.advance(HOUR);
        let link = ask(&site, &form(statement, who, at)).await;
        let confirmed = site.signing().confirm(&link, MailboxIs::Own).await.unwrap();
        assert!(matches!(confirmed, Confirmed::Published { .. }));
    }
    site.signing()
        .request_withdrawal(&statement, &crate::world::address("a@example.edu"), Language::English, None)
        .await
        .unwrap();
    let link = secret(&Mailboxes::default().fetch(&site).await[0]);
    let record = site.signing().look(&link).unwrap().standing[0].record;
    site.signing().withdraw(&link, &record).await.unwrap();
    drop(site);
    let size = door.size();
    let images = std::mem::take(&mut *photographed.images.lock().unwrap());
    // Five submissions (a statement that went in by itself not among them) and two erasures, twice each.
    assert_eq!(images.len(), 14);

    for image in images {
        let site = world.site_in(&image.path().join("site"), Arc::new(door.clone()));
        site.go_on().await.unwrap();
        site.follow().await.unwrap();
        // The log knew everything already: nothing was logged a second time, and the index is whole.
        assert_eq!(door.size(), size);
        assert_eq!(site.index().position().unwrap().next, size);
        assert_eq!(names(&site, &statement), ["B Reader"]);
        assert_eq!(site.go_on().await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_log_did_not_take_or_did_not_answer_is_taken_up_later() {
    for how in [How::NothingIsDone, How::TheAnswerIsLost] {
        let world = World::new();
        let directory = world.directory.path().join("site");
        let door = AtDoor(world.door.clone());
        let site = world.site_in(&directory, Arc::new(Broken { door: door.clone(), how }));
        let statement = world.statement(&site).await;
        for who in ["A Reader", "Anna Reader"] {
            world.clock.advance(HOUR);
            let link = ask(&site, &form(statement, who, "a@example.edu")).await;
            let confirmed = site.signing().confirm(&link, MailboxIs::Own).await.unwrap();
            assert!(matches!(confirmed, Confirmed::OnItsWay { .. }), "{confirmed:?}");
        }
        assert_eq!(site.go_on().await.unwrap(), 0);
        drop(site);
        let site = world.site_in(&directory, Arc::new(door.clone()));
        assert_eq!(site.go_on().await.unwrap(), 3);
        assert_eq!(names(&site, &statement), ["Anna Reader"]);
        // The statement, two endorsements, one redaction.
        assert_eq!(door.size(), 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_with_another_secret_is_refused() {
    let world = World::new();
    let directory = world.directory.path().join("site");
    drop(world.site());
    fs::write(directory.join("secret.key"), [5; 32]).unwrap();
    let data = overt_site::Data::open(&directory).unwrap();
    let parts = overt_site::Parts {
        identity: overt_site::Identity {
            name: crate::world::name("x"),
            url: "https://sign.example.org".parse().unwrap(),
            key: crate::world::site_key(),
        },
        authorities: Vec::new(),
        earlier_keys: Vec::new(),
        publish: Arc::new(AtDoor(world.door.clone())),
        store: world.store.clone(),
        clock: world.clock.clone(),
    };
    let opened = tokio::task::spawn_blocking(move || Site::open(data, parts).map(drop)).await.unwrap();
    let error = opened.unwrap_err().to_string();
    assert!(error.contains("secret.key is not the one"), "{error}");
}

/// A store that can be read so many times and then breaks.
struct Breaking {
    store: Arc<dyn Store>,
    reads: AtomicUsize,
}

impl Store for Breaking {
    fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<Put, StoreError> {
        self.store.put_new(key, bytes)
    }

    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        let left = self.reads.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        left.map_err(|_| StoreError::Poisoned).and_then(|_| self.store.get(key))
    }

    fn compare_and_swap(&self, key: &Key, expected: Option<&[u8]>, bytes: &[u8]) -> Result<(), SwapError> {
        self.store.compare_and_swap(key, expected, bytes)
    }

    fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.store.delete(key)
    }

    fn list(&self, directory: &Key) -> Result<Vec<Key>, StoreError> {
        self.store.list(directory)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_stops_at_any_read_of_the_log_goes_on_and_is_the_same() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    for (who, at) in
        [("A Reader", "a@example.edu"), ("B Reader", "b@example.edu"), ("Anna Reader", "a@example.edu")]
    {
        world.clock.advance(HOUR);
        let link = ask(&site, &form(statement, who, at)).await;
        site.signing().confirm(&link, MailboxIs::Own).await.unwrap();
    }
    let size = AtDoor(world.door.clone()).size();
    let own = crate::world::site_key().public().id();
    let believed = Believed { vouching: [own].into(), authorities: [own].into() };
    let mut stops = 0;
    for reads in 0.. {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("index.sqlite");
        let index = Index::open(&path, believed.clone()).unwrap();
        let breaking: Arc<dyn Store> =
            Arc::new(Breaking { store: world.store.clone(), reads: AtomicUsize::new(reads) });
        let stopped = index.follow(&Reader::new(breaking.clone()), &breaking, size).await.is_err();
        // The process ends here; another one goes on.
        drop(index);
        let index = Index::open(&path, believed.clone()).unwrap();
        index.follow(&Reader::new(world.store.clone()), &world.store, size).await.unwrap();
        assert_eq!(index.position().unwrap(), site.index().position().unwrap());
        let page = |index: &Index| index.signatories(&statement, Seek::Start, PageSize::default()).unwrap();
        assert_eq!(page(&index), page(site.index()));
        assert_eq!(
            index.signature_counts(&statement).unwrap(),
            site.index().signature_counts(&statement).unwrap()
        );
        if !stopped {
            break;
        }
        stops += 1;
    }
    assert!(stops > 5, "{stops}");
}
