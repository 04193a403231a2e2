use std::sync::Arc;

use super::*;
use crate::store::MemoryStore;

fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

fn whole() -> Pack {
    Pack::new(254, vec![Some(b"body of 254".to_vec()), Some(b"body of 255".to_vec())]).unwrap()
}

#[test]
fn a_body_is_found_by_its_index_and_by_no_other() {
    let memory = MemoryStore::new();
    store(&memory, &whole()).unwrap();
    store(&memory, &Pack::new(256, vec![None, Some(b"body of 257".to_vec())]).unwrap()).unwrap();
    for index in [0, 253, 254, 255, 256, 257, 258, 511, u64::MAX] {
        let expected = [254, 255, 257].contains(&index).then(|| format!("body of {index}").into_bytes());
        assert_eq!(read(&memory, index).unwrap(), expected, "{index}");
    }
}

#[test]
fn an_erased_body_is_gone_from_pack_and_staging_and_the_pack_does_not_come_back() {
    let memory = MemoryStore::new();
    store(&memory, &whole()).unwrap();
    let root = overt_record::Hash::of("");
    for left in [format!("staging/200-254-{root}"), format!("staging/254-256-{root}")] {
        memory.put_new(&key(&left), b"with the body in it").unwrap();
    }
    remove(&memory, 255, 256).unwrap();
    assert_eq!(memory.list(&key("staging")).unwrap(), []);
    assert_eq!(read(&memory, 255).unwrap(), None);
    assert_eq!(read(&memory, 254).unwrap().unwrap(), b"body of 254");
    // Again, by somebody who recovers with the batch in hand, and by both in turn.
    for _ in 0..2 {
        store(&memory, &whole()).unwrap();
        remove(&memory, 255, 256).unwrap();
        assert_eq!(read(&memory, 255).unwrap(), None);
    }
    assert!(memory.objects().values().all(|bytes| !bytes.ends_with(b"body of 255")));
    // A batch that is about to be committed is another's.
    memory.put_new(&key(&format!("staging/256-257-{root}")), b"").unwrap();
    remove(&memory, 255, 256).unwrap();
    assert_eq!(memory.list(&key("staging")).unwrap().len(), 1);
}

#[test]
fn other_bodies_are_never_taken_for_what_is_there() {
    let memory = MemoryStore::new();
    store(&memory, &whole()).unwrap();
    let other = Pack::new(254, vec![Some(b"body of 254".to_vec()), Some(b"another".to_vec())]).unwrap();
    assert!(matches!(store(&memory, &other), Err(BodyError::Store(StoreError::Conflict { .. }))));
    let erased = Pack::new(254, vec![Some(b"body of 254".to_vec()), None]).unwrap();
    assert!(store(&memory, &erased).is_err(), "less than there is, is no copy of it");
    assert_eq!(read(&memory, 255).unwrap().unwrap(), b"body of 255");
    let pack = whole().to_object().unwrap().key;
    assert!(matches!(memory.delete(&pack), Err(StoreError::Permanent { .. })));
}

#[test]
fn a_damaged_pack_is_an_error_that_names_it_and_harms_no_other() {
    let object = whole().to_object().unwrap();
    let mut beyond = object.bytes.clone();
    beyond[..4].copy_from_slice(&[0xff; 4]);
    let longer = [object.bytes.as_slice(), b"x"].concat();
    for damaged in [Vec::new(), object.bytes[..7].to_vec(), beyond, longer] {
        let memory = MemoryStore::new();
        store(&memory, &Pack::new(0, vec![Some(b"first".to_vec())]).unwrap()).unwrap();
        memory.overwrite(&object.key, Some(damaged));
        let told = read(&memory, 255).unwrap_err();
        assert!(matches!(&told, BodyError::Damaged { key, .. } if *key == object.key), "{told}");
        assert!(remove(&memory, 255, 256).is_err());
        assert!(store(&memory, &whole()).is_err());
        assert_eq!(read(&memory, 0).unwrap().unwrap(), b"first");
    }
    // What is no pack is passed over.
    let memory = MemoryStore::new();
    for name in ["bodies/000/x", "bodies/000/254-3", "bodies/000/1", "bodies/000/0254-2"] {
        memory.put_new(&key(name), b"junk").unwrap();
    }
    store(&memory, &whole()).unwrap();
    assert_eq!(read(&memory, 254).unwrap().unwrap(), b"body of 254");
}

/// A store in which somebody else erases in a pack just before each swap, as often as there is something to erase.
struct Busy(MemoryStore, std::sync::Mutex<Vec<u64>>);

impl Store for Busy {
    fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<crate::store::Put, StoreError> {
        self.0.put_new(key, bytes)
    }
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(key)
    }
    fn compare_and_swap(&self, key: &Key, expected: Option<&[u8]>, bytes: &[u8]) -> Result<(), SwapError> {
        if let Some(index) = self.1.lock().unwrap().pop() {
            remove(&self.0, index, 256).unwrap();
        }
        self.0.compare_and_swap(key, expected, bytes)
    }
    fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.0.delete(key)
    }
    fn list(&self, directory: &Key) -> Result<Vec<Key>, StoreError> {
        self.0.list(directory)
    }
}

#[test]
fn erasures_at_the_same_time_in_one_pack_all_happen() {
    let bodies: Vec<Option<Vec<u8>>> = (0..8).map(|index| Some(vec![index; 9])).collect();
    let busy = Arc::new(Busy(MemoryStore::new(), vec![0, 2, 4, 6].into()));
    store(busy.as_ref(), &Pack::new(0, bodies).unwrap()).unwrap();
    remove(busy.as_ref(), 7, 256).unwrap();
    let left: Vec<u64> = (0..8).filter(|index| read(busy.as_ref(), *index).unwrap().is_some()).collect();
    assert_eq!(left, [1, 3, 5]);
}
