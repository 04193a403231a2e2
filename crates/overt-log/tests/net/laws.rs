//! Laws of trees that are read tile by tile, for any sizes.

use std::sync::Arc;

use overt_log::Key;
use overt_log::client::{Source, VerifiedTree};
use overt_log::mirror::first_difference;
use overt_log::store::{MemoryStore, Store as _};
use overt_record::merkle::{MemoryTree, Subtree, leaf_hash};
use overt_record::tile::{EntryBundle, TileKind, tiles_of};
use proptest::prelude::*;

/// The first `same` entries are those of every log, the others this one's.
fn entry(index: u64, same: u64, flavour: &str) -> Vec<u8> {
    let flavour = if index < same { "same" } else { flavour };
    format!("{flavour} {index}").into_bytes()
}

/// The files of a log, made without the log.
fn log(size: u64, same: u64, flavour: &str) -> (Arc<MemoryStore>, MemoryTree) {
    let tree: MemoryTree = (0..size).map(|index| leaf_hash(&entry(index, same, flavour))).collect();
    let store = Arc::new(MemoryStore::new());
    for tile in tiles_of(size) {
        let places = (0..u64::from(tile.width())).map(|place| tile.index() * 256 + place);
        let bytes = match tile.kind() {
            TileKind::Entries => {
                let mut bundle = EntryBundle::new();
                places.for_each(|place| bundle.push(entry(place, same, flavour)).unwrap());
                bundle.to_bytes()
            }
            TileKind::Hashes { level } => places
                .flat_map(|place| *tree.hash(Subtree::new(8 * level, place).unwrap()).unwrap().as_bytes())
                .collect(),
        };
        store.put_new(&Key::new(tile.to_string()).unwrap(), &bytes).unwrap();
    }
    (store, tree)
}

async fn open(store: &Arc<MemoryStore>, tree: &MemoryTree) -> VerifiedTree {
    VerifiedTree::open(Source::Store(store.clone()), tree.head()).await.unwrap()
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn tiles_give_the_proofs_that_the_whole_tree_gives(size in 1_u64..1500, at in any::<prop::sample::Index>(), old in any::<prop::sample::Index>()) {
        let (index, old) = (at.index(size as usize) as u64, old.index(size as usize) as u64 + 1);
        let (store, tree) = log(size, size, "");
        wait(async {
            let read = open(&store, &tree).await;
            prop_assert_eq!(read.prove_inclusion(index).await.unwrap(), tree.prove_inclusion(index, size).unwrap());
            prop_assert_eq!(read.prove_consistency(old).await.unwrap(), tree.prove_consistency(old, size).unwrap());
            prop_assert_eq!(read.root_at(old).await.unwrap(), tree.head_at(old).unwrap().root);
            prop_assert_eq!(read.entry(index).await.unwrap(), entry(index, size, ""));
            prop_assert!(read.entry(size).await.is_err() && read.prove_inclusion(size).await.is_err());
            prop_assert!(read.root_at(size + 1).await.is_err());
            Ok(())
        })?;
    }

    #[test]
    fn the_first_leaf_that_differs_is_found_and_proven_in_both_trees(same in 0_u64..700, one in 0_u64..700, other in 0_u64..700) {
        let ((one_store, one_tree), (other_store, other_tree)) = (log(same + one, same, "one"), log(same + other, same, "other"));
        wait(async {
            let found = first_difference(&open(&one_store, &one_tree).await, &open(&other_store, &other_tree).await).await.unwrap();
            let Some(leaf) = found else {
                prop_assert!(one == 0 || other == 0);
                return Ok(());
            };
            prop_assert_eq!(leaf.index, same);
            for (path, tree) in leaf.paths.iter().zip([&one_tree, &other_tree]) {
                prop_assert!(path.proof.verify(path.hash, leaf.index, tree.head()).is_ok());
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_changed_byte_is_never_read(size in 1_u64..700, tile in any::<prop::sample::Index>(), byte in any::<prop::sample::Index>(), bit in 0..8) {
        let (store, tree) = log(size, size, "");
        let tiles: Vec<_> = tiles_of(size).collect();
        let tile = *tile.get(&tiles);
        let key = Key::new(tile.to_string()).unwrap();
        let mut bytes = store.get(&key).unwrap().unwrap();
        let place = byte.index(bytes.len());
        bytes[place] ^= 1_u8 << bit;
        store.overwrite(&key, Some(bytes));
        wait(async {
            match VerifiedTree::open(Source::Store(store.clone()), tree.head()).await {
                Ok(read) => prop_assert!(read.tile(tile).await.is_err()),
                Err(_) => prop_assert!(!tile.is_full()),
            }
            Ok(())
        })?;
    }
}
