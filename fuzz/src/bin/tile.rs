//! The path of a tile has one spelling, and an entry bundle one sequence of bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::tile::{EntryBundle, Tile};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(path) = str::from_utf8(bytes)
        && let Ok(tile) = path.parse::<Tile>()
    {
        assert_eq!(tile.to_string(), path);
        assert_eq!(tile.full().to_string().parse(), Ok(tile.full()));
    }
    if let Ok(bundle) = EntryBundle::parse(bytes) {
        assert_eq!(bundle.to_bytes(), bytes);
        assert_eq!(bundle.leaf_hashes().count(), bundle.entries().len());
    }
});
