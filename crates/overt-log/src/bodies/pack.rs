//! The object that bodies are stored in.
//!
//! `bodies/<bundle>/<offset>-<count>` holds the bodies of the `count` entries from place `offset` of an entry bundle, as they
//! came in one batch; `<bundle>` is spelled as tlog-tiles spells it (`x001/067`). For each entry stands
//! `u32be length || bytes`, and length 0 for an entry without a body. Nothing else is in it.

use std::collections::BTreeSet;

use overt_record::tile::{FULL_WIDTH, MAX_ENTRY_BYTES, Tile, TileKind};

use crate::key::{Key, NotAKey};
use crate::sequencer::MAX_BATCH_BYTES;
use crate::store::Object;

/// The most bytes of a body: with its entry it has to fit into a batch.
pub const MAX_BODY_BYTES: usize = MAX_BATCH_BYTES - MAX_ENTRY_BYTES;

/// The directory of all packs.
pub(crate) const BODIES: &str = "bodies";

/// The bodies of consecutive entries of one bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    first: u64,
    /// As many as entries; `None` where there is no body.
    bodies: Vec<Option<Vec<u8>>>,
}

/// Why something is not a pack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPack {
    /// Its name is another object's.
    #[error("{0} is not the name of a pack of bodies: those are bodies/<bundle>/<offset>-<count>")]
    Name(Key),
    /// It has no entry, or entries of two bundles.
    #[error(
        "a pack has the bodies of 1 to 256 entries of one bundle; {count} entries from {first} are not that"
    )]
    Range {
        /// The first entry.
        first: u64,
        /// How many there are.
        count: usize,
    },
    /// A body is larger than any.
    #[error("a body has at most {MAX_BODY_BYTES} bytes; one of this pack has {0}")]
    TooLong(usize),
    /// The bytes end before, or after, the last body does.
    #[error("the pack has {found} bytes, and its bodies do not end there")]
    Length {
        /// How many bytes there are.
        found: usize,
    },
}

/// What the name of a pack says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PackName {
    pub(crate) first: u64,
    pub(crate) count: usize,
}

impl PackName {
    fn new(first: u64, count: usize) -> Option<Self> {
        let offset = (first % u64::from(FULL_WIDTH)) as usize;
        // Both come from a name that anybody may have given.
        let fits = (1..=usize::from(FULL_WIDTH) - offset).contains(&count);
        fits.then_some(Self { first, count })
    }

    pub(crate) fn parse(key: &Key) -> Option<Self> {
        let rest = key.as_str().strip_prefix(BODIES)?.strip_prefix('/')?;
        let (bundle, range) = rest.rsplit_once('/')?;
        let (offset, count) = range.split_once('-')?;
        let tile: Tile = format!("tile/entries/{bundle}").parse().ok()?;
        let first = tile.index().checked_mul(FULL_WIDTH.into())?.checked_add(offset.parse().ok()?)?;
        let name = Self::new(first, count.parse().ok()?)?;
        // One spelling: no signs and no zeros before a number.
        (name.key().ok()? == *key).then_some(name)
    }

    fn key(self) -> Result<Key, NotAKey> {
        let offset = self.first % u64::from(FULL_WIDTH);
        Key::new(format!("{}/{offset}-{}", directory(self.first)?, self.count))
    }

    pub(crate) fn covers(self, index: u64) -> bool {
        index.checked_sub(self.first).is_some_and(|place| place < self.count as u64)
    }
}

/// Where the packs of an entry's bundle lie, at most 256 of them.
pub(crate) fn directory(index: u64) -> Result<Key, NotAKey> {
    let bundle = Tile::new(TileKind::Entries, index / u64::from(FULL_WIDTH), FULL_WIDTH);
    let path = bundle.map(|tile| tile.to_string()).unwrap_or_default();
    Key::new(format!("{BODIES}/{}", path.trim_start_matches("tile/entries/")))
}

/// Whether an object is a pack, by its name.
pub(crate) fn is_pack(key: &Key) -> bool {
    PackName::parse(key).is_some()
}

impl Pack {
    /// The bodies of the entries from `first` on. One without bytes is as none.
    ///
    /// # Errors
    /// When they are not of one bundle, or too long.
    pub fn new(first: u64, bodies: Vec<Option<Vec<u8>>>) -> Result<Self, NotAPack> {
        if PackName::new(first, bodies.len()).is_none() {
            return Err(NotAPack::Range { first, count: bodies.len() });
        }
        if let Some(long) = bodies.iter().flatten().find(|body| body.len() > MAX_BODY_BYTES) {
            return Err(NotAPack::TooLong(long.len()));
        }
        let bodies = bodies.into_iter().map(|body| body.filter(|body| !body.is_empty())).collect();
        Ok(Self { first, bodies })
    }

    /// Reads a pack.
    ///
    /// # Errors
    /// When name and bytes are not those of one.
    pub fn parse(key: &Key, bytes: &[u8]) -> Result<Self, NotAPack> {
        let (name, bodies) = split(key, bytes)?;
        Self::new(name.first, bodies.into_iter().map(|body| Some(body.to_vec())).collect())
    }

    /// The pack as it is stored.
    ///
    /// # Errors
    /// Never for a pack of a log that can exist.
    pub fn to_object(&self) -> Result<Object, NotAKey> {
        let key = PackName { first: self.first, count: self.bodies.len() }.key()?;
        Ok(Object { key, bytes: encode(self.bodies.iter().map(Option::as_deref)) })
    }

    /// The first entry.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// For each entry, from the first on, its body.
    pub fn bodies(&self) -> &[Option<Vec<u8>>] {
        &self.bodies
    }

    /// The body of an entry, if it is in this pack.
    pub fn get(&self, index: u64) -> Option<&[u8]> {
        let place = usize::try_from(index.checked_sub(self.first)?).ok()?;
        self.bodies.get(place)?.as_deref()
    }

    /// The same without the body of an entry.
    #[must_use]
    pub(crate) fn without(mut self, index: u64) -> Self {
        let place = index.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        if let Some(body) = place.and_then(|place| self.bodies.get_mut(place)) {
            *body = None;
        }
        self
    }

    /// Whether this is what is left of another pack after erasures, or all of it.
    fn is_left_of(&self, whole: &Self) -> bool {
        let kept = |(left, whole): (&Option<Vec<u8>>, &Option<Vec<u8>>)| left.is_none() || left == whole;
        self.first == whole.first
            && self.bodies.len() == whole.bodies.len()
            && self.bodies.iter().zip(&whole.bodies).all(kept)
    }
}

/// The body of an entry out of a pack as it is stored, without a copy of all the others.
///
/// # Errors
/// When name and bytes are not those of a pack.
pub(crate) fn body_in(key: &Key, bytes: &[u8], index: u64) -> Result<Option<Vec<u8>>, NotAPack> {
    let (name, bodies) = split(key, bytes)?;
    let place = index.checked_sub(name.first).and_then(|place| usize::try_from(place).ok());
    let body = place.and_then(|place| bodies.get(place)).filter(|body| !body.is_empty());
    Ok(body.map(|body| body.to_vec()))
}

/// What the name says, and the bodies as they lie in the bytes.
fn split<'b>(key: &Key, bytes: &'b [u8]) -> Result<(PackName, Vec<&'b [u8]>), NotAPack> {
    let name = PackName::parse(key).ok_or_else(|| NotAPack::Name(key.clone()))?;
    let mut bodies = Vec::with_capacity(name.count); // at most 256
    let mut rest = bytes;
    let short = || NotAPack::Length { found: bytes.len() };
    for _ in 0..name.count {
        let (length, after) = rest.split_first_chunk::<4>().ok_or_else(short)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let (body, after) = after.split_at_checked(length).ok_or_else(short)?;
        if body.len() > MAX_BODY_BYTES {
            return Err(NotAPack::TooLong(body.len()));
        }
        bodies.push(body);
        rest = after;
    }
    if rest.is_empty() { Ok((name, bodies)) } else { Err(short()) }
}

/// Whether what is stored is a pack as it was to be stored, or what erasures left of it.
pub(crate) fn is_left_of(stored: &[u8], whole: &Object) -> bool {
    let read = |bytes| Pack::parse(&whole.key, bytes).ok();
    read(stored).zip(read(&whole.bytes)).is_some_and(|(stored, whole)| stored.is_left_of(&whole))
}

/// The packs of a batch whose first entry has the index `first`: one for each bundle that it touches, and none where no
/// entry has a body.
pub(crate) fn pack(first: u64, bodies: &[Option<&[u8]>]) -> Result<Vec<Object>, NotAKey> {
    let full = u64::from(FULL_WIDTH);
    let end = first + bodies.len() as u64;
    let borders = (first / full + 1..=end / full).map(|bundle| bundle * full);
    let borders: BTreeSet<u64> = borders.chain([first, end]).collect();
    let mut packs = Vec::new();
    for (from, to) in borders.iter().zip(borders.iter().skip(1)) {
        let part = &bodies[(from - first) as usize..(to - first) as usize];
        if part.iter().flatten().any(|body| !body.is_empty()) {
            let key = PackName { first: *from, count: part.len() }.key()?;
            packs.push(Object { key, bytes: encode(part.iter().copied()) });
        }
    }
    Ok(packs)
}

fn encode<'b>(bodies: impl Iterator<Item = Option<&'b [u8]>> + Clone) -> Vec<u8> {
    let bodies = bodies.map(Option::unwrap_or_default);
    let mut bytes = Vec::with_capacity(bodies.clone().map(|body| 4 + body.len()).sum());
    for body in bodies {
        bytes.extend((body.len() as u32).to_be_bytes()); // at most MAX_BODY_BYTES
        bytes.extend(body);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        Key::new(text).unwrap()
    }

    #[test]
    fn a_batch_is_packed_by_bundles_and_reads_back() {
        let bodies: Vec<Vec<u8>> = (0..600_usize).map(|i| vec![i as u8; (i + 1) % 3]).collect();
        let given: Vec<Option<&[u8]>> =
            bodies.iter().map(|body| (!body.is_empty()).then_some(body.as_slice())).collect();
        for first in [0, 1, 255, 256, 300, 1067 * 256 + 5] {
            let packs = pack(first, &given).unwrap();
            let mut next = first;
            for object in &packs {
                let read = Pack::parse(&object.key, &object.bytes).unwrap();
                assert_eq!(read.first(), next);
                assert_eq!(read.to_object().unwrap(), *object);
                for (index, body) in (next..).zip(read.bodies()) {
                    assert_eq!(body.as_deref(), given[(index - first) as usize]);
                    assert_eq!(read.get(index), body.as_deref());
                    assert_eq!(body_in(&object.key, &object.bytes, index).as_ref(), Ok(body));
                }
                next += read.bodies().len() as u64;
                assert_eq!(body_in(&object.key, &object.bytes, next), Ok(None));
                assert!(read.get(next).is_none() && read.get(first.wrapping_sub(1)).is_none());
            }
            assert_eq!(next, first + 600);
        }
        let names = |first| pack(first, &given).unwrap().into_iter().map(|object| object.key.to_string());
        assert_eq!(
            names(1067 * 256 + 5).collect::<Vec<_>>(),
            ["bodies/x001/067/5-251", "bodies/x001/068/0-256", "bodies/x001/069/0-93"]
        );
        assert!(pack(7, &[None, None]).unwrap().is_empty(), "no body, no pack");
        assert!(pack(7, &[]).unwrap().is_empty());
    }

    #[test]
    fn a_damaged_or_hostile_pack_is_refused_wherever_it_is_cut() {
        let pack = Pack::new(5, vec![Some(b"one".to_vec()), None, Some(b"three".to_vec())]).unwrap();
        let Object { key: name, bytes } = pack.to_object().unwrap();
        assert_eq!((name.as_str(), bytes.len()), ("bodies/000/5-3", 12 + 8));
        for cut in 0..bytes.len() {
            assert_eq!(Pack::parse(&name, &bytes[..cut]), Err(NotAPack::Length { found: cut }));
        }
        assert!(Pack::parse(&name, &[bytes.as_slice(), b"\0"].concat()).is_err());
        let mut beyond = bytes.clone();
        beyond[..4].copy_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(Pack::parse(&name, &beyond), Err(NotAPack::Length { found: 20 }));
        // The same bytes under a name that promises more or fewer entries.
        for other in ["bodies/000/5-2", "bodies/000/5-4", "bodies/000/5-251"] {
            assert!(Pack::parse(&key(other), &bytes).is_err(), "{other}");
        }
        for other in [
            "bodies/000/5-0",
            "bodies/000/5-252",
            "bodies/000/5-18446744073709551615",
            "bodies/000/18446744073709551615-1",
            "bodies/000/256-1",
            "bodies/000/05-3",
            "bodies/000/5",
            "bodies/0/5-3",
            "bodies/000.p/5/5-3",
            "bodies/x018/x446/x744/x073/x709/x551/615/0-1",
            "bodies",
            "tile/entries/000",
        ] {
            assert_eq!(Pack::parse(&key(other), &bytes), Err(NotAPack::Name(key(other))), "{other}");
        }
        assert!(Pack::new(255, vec![None, None]).is_err(), "two bundles");
        assert!(Pack::new(0, Vec::new()).is_err());
        assert_eq!(
            Pack::new(0, vec![Some(vec![0; MAX_BODY_BYTES + 1])]),
            Err(NotAPack::TooLong(MAX_BODY_BYTES + 1))
        );
    }

    #[test]
    fn what_erasures_leave_is_told_from_anything_else() {
        let pack = Pack::new(0, vec![Some(b"one".to_vec()), Some(b"two".to_vec())]).unwrap();
        let whole = pack.to_object().unwrap();
        let less = pack.clone().without(0);
        assert!(is_left_of(&whole.bytes, &whole));
        assert!(is_left_of(&less.to_object().unwrap().bytes, &whole));
        assert!(is_left_of(&less.without(1).to_object().unwrap().bytes, &whole));
        assert_eq!(pack.clone().without(2).without(u64::MAX), pack);
        let other = Pack::new(0, vec![Some(b"one".to_vec()), Some(b"six".to_vec())]).unwrap();
        assert!(!is_left_of(&other.to_object().unwrap().bytes, &whole));
        assert!(!is_left_of(b"", &whole));
        let erased = pack.without(0).to_object().unwrap();
        assert!(!is_left_of(&whole.bytes, &erased), "a body that was erased does not come back");
    }
}
