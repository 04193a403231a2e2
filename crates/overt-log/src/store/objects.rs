//! Several objects as one run of bytes that tells by itself whether it is whole.
//!
//! It holds, for each object, `u16be length || key || u32be length || bytes`, and at its end the SHA-256 of a context and of all
//! that: after a loss of power a name, or a length, may be on the disk before the bytes are. Where a context is secret, nobody
//! can write objects into objects that are taken for others.

use overt_record::Hash;

use crate::key::Key;
use crate::store::Object;

/// The bytes of objects, in their order.
pub(crate) fn encode(context: &[u8], objects: &[Object]) -> Vec<u8> {
    let length: usize = objects.iter().map(|object| 6 + object.key.as_str().len() + object.bytes.len()).sum();
    let mut bytes = Vec::with_capacity(length + 32);
    for object in objects {
        let key = object.key.as_str().as_bytes();
        bytes.extend((key.len() as u16).to_be_bytes()); // a key has at most 256 bytes
        bytes.extend(key);
        bytes.extend((object.bytes.len() as u32).to_be_bytes()); // a bundle has at most 16 MiB
        bytes.extend(&object.bytes);
    }
    let digest = Hash::of_all([context, &bytes]);
    bytes.extend(digest.as_bytes());
    bytes
}

/// Reads objects; `None` if the bytes are none, not all of them, or of another context.
pub(crate) fn decode(context: &[u8], bytes: &[u8]) -> Option<Vec<Object>> {
    let mut objects = Vec::new();
    let (mut rest, digest) = bytes.split_last_chunk::<32>()?;
    if Hash::of_all([context, rest]).as_bytes() != digest {
        return None;
    }
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (key, after) = after.split_at_checked(u16::from_be_bytes(*length).into())?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let (bytes, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        objects.push(Object { key: Key::new(str::from_utf8(key).ok()?).ok()?, bytes: bytes.to_vec() });
        rest = after;
    }
    Some(objects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_read_back_and_damaged_ones_do_not() {
        let object = |key: &str, bytes: &[u8]| Object { key: Key::new(key).unwrap(), bytes: bytes.to_vec() };
        let objects = vec![object("tile/0/000.p/1", &[7; 32]), object("tile/entries/000.p/1", b"")];
        let bytes = encode(b"here", &objects);
        assert_eq!(decode(b"here", &bytes), Some(objects));
        assert_eq!(decode(b"there", &bytes), None);
        assert_eq!(decode(b"", &encode(b"", &[])), Some(Vec::new()));
        for place in 0..bytes.len() {
            assert_eq!(decode(b"here", &bytes[..place]), None, "cut at {place}");
            let mut torn = bytes.clone();
            torn[place] ^= 1;
            assert_eq!(decode(b"here", &torn), None, "changed at {place}");
        }
        for whole in [b"\x00\x02..\x00\x00\x00\x00".as_slice(), b"\x00\x01a\xff\xff\xff\xff", b"\x00"] {
            assert_eq!(decode(b"", &[whole, Hash::of(whole).as_bytes()].concat()), None);
        }
    }
}
