//! A pack of bodies that is read is written under the same name with the same bytes, but for what stands for no body, and
//! has a body for no entry outside of it. On `name 0 bytes`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_log::Key;
use overt_log::bodies::{self, Pack};
use overt_log::store::{MemoryStore, Store as _};

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (Some(name), Some(bytes)) = (parts.next(), parts.next()) else { return };
    let Some(key) = str::from_utf8(name).ok().and_then(|name| Key::new(name).ok()) else { return };
    let store = MemoryStore::new();
    let Ok(pack) = Pack::parse(&key, bytes) else {
        // An object that is none and has a pack's name is an error; nobody reads a body out of it.
        store.put_new(&key, bytes).expect("the store is empty");
        assert!((0..600).all(|index| !matches!(bodies::read(&store, index), Ok(Some(_)))));
        return;
    };
    let object = pack.to_object().expect("what was read can be written");
    assert_eq!((&object.key, object.bytes.as_slice()), (&key, bytes));
    let count = pack.bodies().len() as u64;
    let end = pack.first() + count;
    assert!((1..=256).contains(&count) && pack.first() / 256 == (end - 1) / 256, "entries of two bundles");
    let around = [0, pack.first().wrapping_sub(1), end, u64::MAX].into_iter();
    for index in around.filter(|index| !(pack.first()..end).contains(index)) {
        assert_eq!(pack.get(index), None);
    }
    bodies::store(&store, &pack).expect("the store is empty");
    for (index, body) in (pack.first()..).zip(pack.bodies()) {
        assert_eq!(pack.get(index), body.as_deref());
        assert!(body.as_ref().is_none_or(|body| !body.is_empty()));
        assert_eq!(&bodies::read(&store, index).expect("it was stored"), body);
    }
    bodies::remove(&store, pack.first(), end).expect("it is there");
    assert_eq!(bodies::read(&store, pack.first()).expect("the pack is left"), None);
    let left = store.get(&key).expect("memory does not fail").expect("the pack is left");
    assert!(left.len() <= bytes.len() && Pack::parse(&key, &left).is_ok());
});
