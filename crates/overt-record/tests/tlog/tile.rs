use std::collections::{BTreeMap, BTreeSet};

use overt_record::Hash;
use overt_record::merkle::{Frontier, InclusionProof, MemoryTree, Subtree, TreeHead, leaf_hash};
use overt_record::tile::{
    EntryBundle, FULL_WIDTH, MAX_ENTRY_BYTES, NotABundle, ReadError, Tile, TileEdge, TileKind, TilePlace,
    TileReader, tiles_grown, tiles_of,
};
use proptest::prelude::*;

use crate::vectors::{Vectors, leaf};

fn hashes(level: u8, index: u64, width: u16) -> Tile {
    Tile::new(TileKind::Hashes { level }, index, width).unwrap()
}

#[test]
fn paths_are_those_of_our_vectors() {
    let Some(vectors) = Vectors::load() else { return };
    for v in &vectors.paths {
        let path = format!("tile/entries/{}", v.path);
        let tile = Tile::new(TileKind::Entries, v.n, FULL_WIDTH).unwrap();
        assert_eq!(tile.to_string(), path);
        assert_eq!(path.parse(), Ok(tile));
    }
    for v in &vectors.geometry {
        let mut expected = Vec::new();
        for row in &v.tiles {
            let full = row.full_tiles as u64;
            expected.extend((0..full).map(|index| hashes(row.level, index, FULL_WIDTH)));
            expected.extend((row.partial_width > 0).then(|| hashes(row.level, full, row.partial_width)));
        }
        let tiles: Vec<Tile> = tiles_of(v.size).filter(|tile| tile.kind() != TileKind::Entries).collect();
        assert_eq!(tiles, expected, "{}", v.size);
    }
}

#[test]
fn paths_are_those_of_the_specification() {
    assert_eq!(hashes(0, 1_234_067, 256).to_string(), "tile/0/x001/x234/067");
    assert_eq!(hashes(63, 0, 17).to_string(), "tile/63/000.p/17");
    let longest = Tile::new(TileKind::Entries, u64::MAX, 255).unwrap();
    assert_eq!(longest.to_string(), "tile/entries/x018/x446/x744/x073/x709/x551/615.p/255");
    assert_eq!(longest.to_string().parse(), Ok(longest));
    assert_eq!(longest.full().to_string(), "tile/entries/x018/x446/x744/x073/x709/x551/615");
}

#[test]
fn a_path_has_one_spelling() {
    let long = format!("tile/0/{}000", "x000/".repeat(100_000));
    for bad in [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/000/",
        "/tile/0/000",
        "tile//000",
        "tile/00/000",
        "tile/64/000",
        "tile/256/000",
        "tile/-1/000",
        "tile/+1/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/x1/000",
        "tile/0/xx01/000",
        "tile/0/+01",
        "tile/0/000.p/0",
        "tile/0/000.p/00",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/+1",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000.p/1/",
        "tile/0/000.p/1.p/1",
        "tile/0/x001.p/1/000",
        "tile/0/000 ",
        "tile/0/000\n",
        "tile/0/000\0",
        "tile/0/０００",
        "tile/Entries/000",
        "tile/data/000",
        "tile/8/0/000x",
        "tile/entries/000?x",
        "tile/entries/../000",
        "tile/entries/x999/x999/x999/x999/x999/x999/999",
        &long,
    ] {
        assert!(bad.parse::<Tile>().is_err(), "{bad:.80?}");
    }
    assert!(Tile::new(TileKind::Hashes { level: 64 }, 0, 1).is_err());
    assert!(Tile::new(TileKind::Entries, 0, 0).is_err() && Tile::new(TileKind::Entries, 0, 257).is_err());
}

#[test]
fn the_example_of_the_specification_has_its_tiles() {
    let counts = tiles_of(70_000).fold(BTreeMap::<_, (u64, u16)>::new(), |mut counts, tile| {
        let (full, partial) = counts.entry(tile.kind()).or_default();
        if tile.is_full() {
            *full += 1;
        } else {
            *partial = tile.width();
        }
        counts
    });
    let level = |level| TileKind::Hashes { level };
    let expected =
        [(TileKind::Entries, (273, 112)), (level(0), (273, 112)), (level(1), (1, 17)), (level(2), (0, 1))];
    assert_eq!(counts, BTreeMap::from(expected));
    assert_eq!(tiles_of(0).count(), 0);
    assert_eq!(tiles_grown(9, 9).chain(tiles_grown(10, 9)).count(), 0);
    let grown: Vec<String> = tiles_grown(255, 257).map(|tile| tile.to_string()).collect();
    let expected =
        ["tile/entries/000", "tile/entries/001.p/1", "tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"];
    assert_eq!(grown, expected);
    // The largest size: nothing overflows, and nothing is listed that is not asked for.
    assert_eq!(tiles_of(u64::MAX).take(3).count(), 3);
    let last: Vec<Tile> = tiles_grown(u64::MAX - 1, u64::MAX).collect();
    assert_eq!(
        last,
        [Tile::new(TileKind::Entries, u64::MAX / 256, 255).unwrap(), hashes(0, u64::MAX / 256, 255),]
    );
}

#[test]
fn bundles_are_read_strictly() {
    assert_eq!(EntryBundle::parse(b""), Ok(EntryBundle::new()));
    let two = EntryBundle::parse(b"\0\x02ab\0\0").unwrap();
    assert_eq!(two.entries(), [b"ab".to_vec(), vec![]]);
    assert_eq!(two.to_bytes(), b"\0\x02ab\0\0");
    assert_eq!(two.leaf_hashes().collect::<Vec<_>>(), [leaf_hash(b"ab"), leaf_hash(b"")]);
    for (bad, entry) in
        [(b"\0".as_slice(), 0), (b"\0\x01", 0), (b"\xff\xff", 0), (b"\0\0\0", 1), (b"\0\x01a\0\x02b", 1)]
    {
        assert_eq!(EntryBundle::parse(bad), Err(NotABundle::CutOff(entry)));
    }
    assert_eq!(EntryBundle::parse(&[0; 512]).unwrap().entries().len(), 256);
    assert_eq!(EntryBundle::parse(&[0; 514]), Err(NotABundle::TooMany));
    let mut bundle = EntryBundle::new();
    assert_eq!(bundle.push(vec![0; MAX_ENTRY_BYTES]), Ok(()));
    assert_eq!(bundle.push(vec![0; MAX_ENTRY_BYTES + 1]), Err(NotABundle::EntryTooLong(65_536)));
    assert_eq!(EntryBundle::parse(&bundle.to_bytes()), Ok(bundle));
}

/// A log on paper: every tile ever written, as a writer that grows by `steps` leaves them.
fn written(steps: &[u64]) -> (TileEdge, BTreeMap<Tile, Vec<u8>>) {
    let mut edge = TileEdge::new();
    let mut store = BTreeMap::new();
    for step in steps {
        let mut full = Vec::new();
        let old = edge.size();
        for index in old..old + step {
            edge.push(leaf(index), &mut full);
        }
        let made: BTreeMap<Tile, Vec<u8>> = full.into_iter().chain(edge.partials()).collect();
        let names: BTreeSet<Tile> =
            tiles_grown(old, edge.size()).filter(|tile| tile.kind() != TileKind::Entries).collect();
        // A step that leaves a level alone gives its partial tile again, with the same bytes.
        assert!(names.iter().all(|tile| made.contains_key(tile)));
        for (tile, bytes) in made {
            assert_eq!(bytes.len(), usize::from(tile.width()) * 32);
            assert!(names.contains(&tile) || store.get(&tile) == Some(&bytes), "{tile}");
            store.insert(tile, bytes);
        }
    }
    (edge, store)
}

#[test]
fn a_large_tree_is_read_back_from_its_tiles() {
    let (edge, store) = written(&[1, 254, 1, 1, 65_000, 279, 400, 4064]);
    assert_eq!(edge.size(), 70_000);
    let tree: MemoryTree = (0..70_000).map(leaf).collect();
    assert_eq!(edge.head(), tree.head());
    let mut reader = TileReader::new(70_000, |tile| store.get(&tile).cloned().ok_or("none"));
    for level in 0..17 {
        for index in [0, 1, (70_000 >> level) / 2, (70_000_u64 >> level).saturating_sub(1), 70_000 >> level] {
            let subtree = Subtree::new(level, index).unwrap();
            assert_eq!(reader.hash(subtree).ok(), tree.hash(subtree).ok(), "{subtree:?}");
        }
    }
    for index in [0, 255, 256, 65_535, 65_536, 69_999] {
        let proof = InclusionProof::prove(index, 70_000, |subtree| reader.hash(subtree)).unwrap();
        proof.verify(leaf(index), index, tree.head()).unwrap();
        assert_eq!(proof, tree.prove_inclusion(index, 70_000).unwrap());
    }
}

#[test]
fn a_full_tile_stands_in_for_a_partial_one() {
    let (_, store) = written(&[300]);
    let full = store[&hashes(0, 0, 256)].clone();
    let mut reader = TileReader::new(9, |_| Ok::<_, ()>(full.clone()));
    let proof = InclusionProof::prove(4, 9, |subtree| reader.hash(subtree)).unwrap();
    proof.verify(leaf(4), 4, (0..9).map(leaf).collect::<Frontier>().head()).unwrap();
}

#[test]
fn tiles_of_the_wrong_length_are_refused() {
    let leaf_four = Subtree::new(0, 4).unwrap();
    for length in [0, 1, 8 * 32, 9 * 32 - 1, 9 * 32 + 1, 257 * 32, 8193] {
        let mut reader = TileReader::new(9, |_| Ok::<_, ()>(vec![0; length]));
        let expected = ReadError::Length { tile: hashes(0, 0, 9), found: length };
        assert_eq!(reader.hash(leaf_four), Err(expected.clone()));
        assert_eq!(TileEdge::load(9, |_| Ok::<_, ()>(vec![0; length])), Err(expected));
    }
    let mut reader = TileReader::new(9, |_| Err("gone"));
    assert_eq!(reader.hash(leaf_four), Err(ReadError::Fetch { tile: hashes(0, 0, 9), source: "gone" }));
    let outside = Subtree::new(0, 9).unwrap();
    assert_eq!(reader.hash(outside), Err(ReadError::Outside { subtree: outside, size: 9 }));
    assert_eq!(TileEdge::load(1 << 63, |_| Err("unasked")), Err(ReadError::TooLarge(1 << 63)));
}

proptest! {
    #[test]
    fn every_path_reads_back(level in 0_u8..64, index: u64, width in 1_u16..=256, entries: bool) {
        let kind = if entries { TileKind::Entries } else { TileKind::Hashes { level } };
        let tile = Tile::new(kind, index, width).unwrap();
        prop_assert_eq!(tile.to_string().parse(), Ok(tile));
    }

    #[test]
    fn what_is_read_is_written_the_same(path in "tile/(entries|[0-9]{1,2})/(x[0-9]{3}/){0,2}[0-9]{3}(.p/[0-9]{1,3})?") {
        if let Ok(tile) = path.parse::<Tile>() {
            prop_assert_eq!(tile.to_string(), path);
        }
    }

    #[test]
    fn any_bytes_that_are_a_bundle_are_written_the_same(bytes in prop::collection::vec(0_u8..4, 0..64)) {
        if let Ok(bundle) = EntryBundle::parse(&bytes) {
            prop_assert_eq!(bundle.to_bytes(), bytes);
        }
    }

    #[test]
    fn any_subtree_is_found_or_outside(level in 0_u8..64, index: u64, size: u64) {
        let index = index.checked_shr(u32::from(level) + 1).unwrap_or(0);
        let subtree = Subtree::new(level, index).unwrap();
        let inside = subtree.first_leaf() + subtree.leaves() <= size;
        prop_assert_eq!(TilePlace::of(subtree, size).is_some(), inside);
    }

    #[test]
    fn growing_in_steps_writes_what_a_copy_needs(steps in prop::collection::vec(1_u64..400, 1..5)) {
        let (edge, store) = written(&steps);
        let head = (0..edge.size()).map(leaf).collect::<Frontier>().head();
        prop_assert_eq!(edge.head(), head);
        for tile in tiles_of(edge.size()).filter(|tile| tile.kind() != TileKind::Entries) {
            prop_assert!(store.contains_key(&tile), "{}", tile);
        }
        let loaded = TileEdge::load(edge.size(), |tile| store.get(&tile).cloned().ok_or(()));
        prop_assert_eq!(loaded.as_ref().map(TileEdge::head), Ok(head));
        prop_assert_eq!(loaded, Ok(edge));
        let asked: Vec<Tile> = TileEdge::partial_tiles(head.size).collect();
        prop_assert!(asked.iter().all(|tile| store.contains_key(tile)));
    }

    #[test]
    fn every_proof_can_be_made_from_tiles(size in 1_u64..1500, at in any::<prop::sample::Index>()) {
        let index = at.index(size as usize) as u64;
        let (edge, store) = written(&[size]);
        let mut reader = TileReader::new(size, |tile| store.get(&tile).cloned().ok_or(()));
        let proof = InclusionProof::prove(index, size, |subtree| reader.hash(subtree)).unwrap();
        prop_assert_eq!(proof.verify(leaf(index), index, edge.head()), Ok(()));
    }
}

#[test]
fn the_empty_edge_is_the_empty_tree() {
    assert_eq!(TileEdge::load(0, |_| Err("unasked")), Ok(TileEdge::new()));
    assert_eq!(TileEdge::new().head(), TreeHead { size: 0, root: Hash::of("") });
}
