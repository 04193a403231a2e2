//! A mirror, and logs that lie to it.

use std::sync::Arc;

use overt_log::Identity;
use overt_log::Key;
use overt_log::client::{ClientError, LogClient, Source};
use overt_log::mirror::{Mirror, MirrorError, Synced};
use overt_log::serve::{files_router, log_router};
use overt_log::store::{MemoryStore, Store};
use overt_record::fork::{Contradiction, ForkProof};
use overt_record::policy::Policy;
use overt_record::tile::tiles_of;

use crate::world::{TestClock, TestLog, log_vkey, serve, source};

fn stored(log: &TestLog) -> Source {
    Source::Store(log.store.clone())
}

async fn new_log(flavour: &str, size: u64) -> TestLog {
    let log = TestLog::create(&TestClock::new(), Identity::BYTES);
    // One after the other, so that the order is known.
    for index in 0..size {
        log.log.add(format!("{flavour} {index}").into_bytes()).await.unwrap();
    }
    log
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_has_the_same_files_and_can_be_mirrored_itself() {
    let log = new_log("entry", 100).await;
    let url = serve(log_router(log.open_door(), log.clock.clone(), None)).await;
    let store = Arc::new(MemoryStore::new());
    let mirror = Mirror::new(store.clone(), source(&url), log_vkey());
    assert!(mirror.head().await.unwrap().is_none());
    assert!(
        matches!(mirror.sync().await.unwrap(), Synced::Grown { from, to } if (from.size, to.size) == (0, 100))
    );
    log.fill("more", 0..600).await;
    assert!(
        matches!(mirror.sync().await.unwrap(), Synced::Grown { from, to } if (from.size, to.size) == (100, 700))
    );
    assert!(matches!(mirror.sync().await.unwrap(), Synced::Unchanged(head) if head.size == 700));
    for tile in tiles_of(700).map(|tile| Key::new(tile.to_string()).unwrap()) {
        assert_eq!(store.get(&tile).unwrap(), log.store.get(&tile).unwrap(), "{tile}");
    }
    let second_url = serve(files_router(store)).await;
    let second = Mirror::new(Arc::new(MemoryStore::new()), source(&second_url), log_vkey());
    assert!(matches!(second.sync().await.unwrap(), Synced::Grown { to, .. } if to.size == 700));
    let client = LogClient::new(source(&second_url), Policy::of_logs([log_vkey()]), log.clock.clone());
    client.prove(600).await.unwrap();
}

/// A mirror of one log is shown another by the same key.
async fn forked(honest: (u64, u64), evil: (u64, u64)) -> ForkProof {
    let make = async |(same, size): (u64, u64), flavour: &str| {
        let log = new_log("entry", same).await;
        for index in same..size {
            log.log.add(format!("{flavour} {index}").into_bytes()).await.unwrap();
        }
        log
    };
    let (honest, evil) = (make(honest, "honest").await, make(evil, "evil").await);
    let store = Arc::new(MemoryStore::new());
    Mirror::new(store.clone(), stored(&honest), log_vkey()).sync().await.unwrap();
    let turned = Mirror::new(store.clone(), stored(&evil), log_vkey());
    let error = turned.sync().await.unwrap_err();
    let MirrorError::Forked { proof, kept } = error else { panic!("{error:?}") };
    let file = ForkProof::parse(&store.get(&kept).unwrap().unwrap()).unwrap();
    assert_eq!(file, *proof);
    // Nothing of it is in the copy.
    let before = Mirror::new(store.clone(), stored(&honest), log_vkey());
    assert!(matches!(before.sync().await.unwrap(), Synced::Unchanged(_)));
    // Whoever only compares finds the same.
    let note = evil.store.get(&Key::new("checkpoint").unwrap()).unwrap().unwrap();
    assert!(matches!(before.check(&note, stored(&evil)).await, Err(MirrorError::Forked { .. })));

    // A client that goes on from the honest checkpoint finds out as well; from a smaller tree it can only see that the
    // tiles are no longer what was signed.
    let client = LogClient::new(stored(&evil), Policy::of_logs([log_vkey()]), honest.clock.clone());
    let known = before.head().await.unwrap().unwrap();
    client.remember(Arc::new(known)).await;
    let error = client.checkpoint().await.unwrap_err();
    assert!(
        matches!(error, ClientError::Forked(_) | ClientError::Tree(_) | ClientError::Source(_)),
        "{error:?}"
    );
    assert!(client.checkpoint().await.is_err(), "it does not forget");
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rewritten_log_is_caught_with_a_proof_that_anyone_can_check() {
    for (honest, evil, first) in
        [((7, 20), (7, 30), 7), ((0, 5), (0, 300), 0), ((257, 300), (257, 260), 257), ((3, 9), (3, 4), 3)]
    {
        let proof = forked(honest, evil).await;
        let fork = proof.verify().unwrap();
        assert!(
            matches!(fork.contradiction, Contradiction::Leaves { index, .. } if index == first),
            "{fork:?}"
        );
        assert_eq!(fork.heads.map(|head| head.size), [honest.1, evil.1]);
    }
    let fork = forked((7, 20), (7, 20)).await.verify().unwrap();
    assert_eq!(fork.contradiction, Contradiction::Roots);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_set_back_is_not_followed_and_its_checkpoint_is_kept() {
    let (long, short) = (new_log("entry", 300).await, new_log("entry", 200).await);
    let store = Arc::new(MemoryStore::new());
    Mirror::new(store.clone(), stored(&long), log_vkey()).sync().await.unwrap();
    let set_back = Mirror::new(store.clone(), stored(&short), log_vkey());
    let error = set_back.sync().await.unwrap_err();
    let MirrorError::RolledBack { known: 300, shown: 200, kept } = error else { panic!("{error:?}") };
    assert!(store.get(&kept).unwrap().is_some());
    // Somebody else's older checkpoint is no harm.
    let note = short.store.get(&Key::new("checkpoint").unwrap()).unwrap().unwrap();
    set_back.check(&note, stored(&short)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_notices_that_a_log_changed_its_past() {
    let (honest, evil) = (new_log("entry", 20).await, new_log("evil", 30).await);
    let store = Arc::new(MemoryStore::new());
    for tile in honest.store.list(&Key::new("tile").unwrap()).unwrap() {
        store.put_new(&tile, &honest.store.get(&tile).unwrap().unwrap()).unwrap();
    }
    let checkpoint = Key::new("checkpoint").unwrap();
    store.overwrite(&checkpoint, honest.store.get(&checkpoint).unwrap());
    let client =
        LogClient::new(Source::Store(store.clone()), Policy::of_logs([log_vkey()]), honest.clock.clone());
    assert_eq!(client.checkpoint().await.unwrap().head.size, 20);
    for tile in evil.store.list(&Key::new("tile").unwrap()).unwrap() {
        store.overwrite(&tile, evil.store.get(&tile).unwrap());
    }
    store.overwrite(&checkpoint, evil.store.get(&checkpoint).unwrap());
    assert!(matches!(client.checkpoint().await, Err(ClientError::Forked(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn not_one_changed_bit_gets_into_a_mirror() {
    let log = new_log("entry", 300).await;
    let good = log.store.clone();
    let names: Vec<Key> = tiles_of(300).map(|tile| Key::new(tile.to_string()).unwrap()).collect();
    for (number, damaged) in names.iter().enumerate() {
        let evil = Arc::new(MemoryStore::new());
        for key in good.list(&Key::new("tile").unwrap()).unwrap() {
            evil.put_new(&key, &good.get(&key).unwrap().unwrap()).unwrap();
        }
        let checkpoint = Key::new("checkpoint").unwrap();
        evil.overwrite(&checkpoint, good.get(&checkpoint).unwrap());
        let mut bytes = good.get(damaged).unwrap().unwrap();
        let place = (number * 97) % bytes.len();
        bytes[place] ^= 1;
        evil.overwrite(damaged, Some(bytes));
        let copy = Arc::new(MemoryStore::new());
        let error = Mirror::new(copy.clone(), Source::Store(evil), log_vkey()).sync().await.unwrap_err();
        assert!(matches!(error, MirrorError::Tree(_) | MirrorError::Source(_)), "{damaged}: {error:?}");
        assert!(copy.get(&checkpoint).unwrap().is_none());
        assert!(copy.get(damaged).unwrap().is_none_or(|copied| Some(copied) == good.get(damaged).unwrap()));
    }
}
