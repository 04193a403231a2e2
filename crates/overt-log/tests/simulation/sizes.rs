//! Trees around the borders of tiles.

use std::sync::Arc;

use overt_log::sequencer::{Idle, MAX_BATCH_ENTRIES};
use overt_log::store::{MemoryStore, Store};
use overt_log::{Collector, collect_partials, fsck};
use overt_record::merkle::{MemoryTree, leaf_hash};

use crate::world::keys;

/// Appends entries in batches until the tree has each of the sizes, and compares it with the one in memory.
fn grow(sizes: &[u64]) -> (Arc<MemoryStore>, Idle, MemoryTree) {
    let memory = Arc::new(MemoryStore::new());
    let store: Arc<dyn Store> = memory.clone();
    let mut idle = Idle::create(store, keys(), 0).unwrap();
    let mut tree = MemoryTree::new();
    for size in sizes {
        while tree.size() < *size {
            let end = (tree.size() + MAX_BATCH_ENTRIES as u64).min(*size);
            let entries: Vec<Vec<u8>> =
                (tree.size()..end).map(|index| index.to_be_bytes().to_vec()).collect();
            for entry in &entries {
                tree.push(leaf_hash(entry));
            }
            let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
            let prepared = idle.prepare(&entries, 0).map_err(|(_, error)| error).unwrap();
            let committed = prepared.commit().ok().unwrap();
            idle = committed.apply().ok().unwrap().publish().ok().unwrap().tidy();
        }
        assert_eq!(idle.head(), tree.head());
    }
    (memory, idle, tree)
}

fn check(memory: &Arc<MemoryStore>, idle: &Idle, tree: &MemoryTree, probes: &[u64]) {
    let store: Arc<dyn Store> = memory.clone();
    assert_eq!(Idle::load(store, keys()).unwrap().head(), tree.head());
    let report = fsck(memory.as_ref(), keys().signer().vkey()).unwrap();
    assert!(report.is_sound(), "{:?}", report.deviations);
    let (reader, size) = (idle.reader(), tree.size());
    for index in probes.iter().copied().filter(|index| *index < size) {
        let entry = reader.entry(index, size).unwrap();
        assert_eq!(entry, index.to_be_bytes());
        let proof = reader.prove_inclusion(index, size).unwrap();
        proof.verify(leaf_hash(&entry), index, tree.head()).unwrap();
        if index > 0 {
            let proof = reader.prove_consistency(index, size).unwrap();
            proof.verify(tree.head_at(index).unwrap(), tree.head()).unwrap();
            assert_eq!(reader.root_at(index, size).unwrap(), tree.head_at(index).unwrap().root);
        }
    }
    assert!(reader.entry(size, size).is_err());
}

#[test]
fn trees_around_one_tile_are_those_of_rfc_6962() {
    for sizes in
        [&[0][..], &[1], &[255], &[256], &[257], &[255, 256, 257], &[100, 300, 511, 512, 513], &[4096, 4097]]
    {
        let (memory, idle, tree) = grow(sizes);
        check(&memory, &idle, &tree, sizes);
        check(&memory, &idle, &tree, &[0, 1, 99, 254]);
    }
}

#[test]
fn trees_around_two_levels_are_those_of_rfc_6962() {
    let sizes = [65_535, 65_536, 65_537];
    let (memory, idle, tree) = grow(&sizes);
    check(&memory, &idle, &tree, &[0, 255, 256, 4096, 65_279, 65_280, 65_535, 65_536]);
    assert!(memory.objects().keys().any(|key| key.as_str() == "tile/1/000"));
}

#[test]
fn collected_partial_tiles_are_not_missed() {
    let sizes: Vec<u64> = (1..=40).map(|step| step * 13).collect();
    let (memory, idle, tree) = grow(&sizes);
    let before = memory.objects().len();
    let mut collector = Collector::new(std::time::Duration::from_secs(60));
    assert_eq!(collector.run(memory.as_ref(), tree.size(), 1_000_000).unwrap(), 0, "within the grace");
    let deleted = collector.run(memory.as_ref(), tree.size(), 1_060_000).unwrap();
    assert!(deleted > 70, "{deleted}");
    assert_eq!(memory.objects().len() as u64, before as u64 - deleted);
    assert_eq!(collector.run(memory.as_ref(), tree.size(), 2_000_000).unwrap(), 0);
    assert_eq!(collect_partials(memory.as_ref(), 0, tree.size()).unwrap(), 0);
    // Also for the sizes whose own tiles are gone.
    check(&memory, &idle, &tree, &sizes);
}

#[test]
fn fsck_names_every_object_that_was_changed_or_removed() {
    let (memory, idle, tree) = grow(&[3, 255, 256, 600]);
    check(&memory, &idle, &tree, &[0]);
    let needed =
        |key: &str| !key.contains(".p/") || key.ends_with(".p/88") || key.ends_with("tile/1/000.p/2");
    for (key, bytes) in memory.objects().into_iter().filter(|(key, _)| key.as_str().starts_with("tile/")) {
        let mut changed = bytes.clone();
        *changed.last_mut().unwrap() ^= 1;
        for damage in [Some(changed), Some(bytes[..bytes.len() - 1].to_vec()), None] {
            let removed = damage.is_none();
            memory.overwrite(&key, damage);
            let report = fsck(memory.as_ref(), keys().signer().vkey()).unwrap();
            let told = report.deviations.iter().any(|deviation| deviation.key == key);
            // A changed entry of a well-formed bundle shows in the tile above it.
            let above = key.as_str().contains("entries") && !report.is_sound();
            assert!(told || above || (removed && !needed(key.as_str())), "{key} {report:?}");
        }
        memory.overwrite(&key, Some(bytes));
    }
    check(&memory, &idle, &tree, &[0]);
}
