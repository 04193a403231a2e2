//! Ed25519 points that were read before.
//!
//! To read one takes a root modulo p, about a sixth of what checking a signature takes, and the key of an issuer is read for
//! each of its records, more than once. What is kept is public, and depends on nothing but the point's bytes.

use std::cell::RefCell;

use ed25519_dalek::VerifyingKey;

/// How many keys a thread keeps, 192 bytes each. A place is that of all keys whose first byte ends in the same six bits.
const PLACES: usize = 64;

thread_local! {
    static KNOWN: RefCell<[Option<VerifyingKey>; PLACES]> = const { RefCell::new([None; PLACES]) };
}

/// The key of a point, as `read` gives it, or as it gave it before.
pub(super) fn or_read<E>(
    point: &[u8; 32],
    read: impl FnOnce(&[u8; 32]) -> Result<VerifyingKey, E>,
) -> Result<VerifyingKey, E> {
    let place = usize::from(point[0]) % PLACES;
    let known = KNOWN.with_borrow(|known| known[place].filter(|key| key.as_bytes() == point));
    if let Some(key) = known {
        return Ok(key);
    }
    let key = read(point)?;
    KNOWN.with_borrow_mut(|known| known[place] = Some(key));
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_read_once_and_another_of_its_place_is_not_taken_for_it() {
        let key = |seed| ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).verifying_key();
        let place = |key: &VerifyingKey| usize::from(key.as_bytes()[0]) % PLACES;
        let first = key(0);
        let second = (1..=255).map(key).find(|key| place(key) == place(&first)).unwrap();
        let mut reads = 0;
        let mut get = |key: &VerifyingKey| {
            or_read(key.as_bytes(), |point| {
                reads += 1;
                VerifyingKey::from_bytes(point)
            })
        };
        for key in [&first, &first, &second, &second, &first] {
            assert_eq!(get(key).unwrap(), *key);
        }
        assert_eq!(reads, 3);
        // What could not be read is not kept.
        assert_eq!(or_read(&[7; 32], |_| Err("no")), Err("no"));
        assert_eq!(or_read(&[7; 32], |_| Err("still")), Err("still"));
    }
}
