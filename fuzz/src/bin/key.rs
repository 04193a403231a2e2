//! A name in a store has one spelling and stays below the directory of the store.
#![no_main]

use std::path::{Component, Path};

use libfuzzer_sys::fuzz_target;
use overt_log::Key;

fuzz_target!(|text: &str| {
    let Ok(key) = Key::new(text) else { return };
    assert_eq!(key.as_str(), text);
    let parts: Vec<_> = Path::new(text).components().collect();
    assert!(parts.iter().all(|part| matches!(part, Component::Normal(_))));
    assert_eq!(parts.len(), text.split('/').count());
    assert!(key.parent().is_empty() || Key::new(key.parent()).is_ok());
});
