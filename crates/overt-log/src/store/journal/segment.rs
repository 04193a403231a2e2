//! The bytes of a segment.
//!
//! ```text
//! segment  "overt journal 1\n" || u64be number || 32 random bytes || first 8 bytes of the SHA-256 of all that || records
//! record   first 12 bytes of the random ones || u32be length || objects
//! ```
//!
//! Each record begins at a multiple of 4096 bytes: a disk that loses power while it writes one block may lose all of that block.
//!
//! A segment may lie in the file of one that is gone, so that no record of it has to wait for room: what was in that file
//! follows the last record. The random bytes keep the two apart, also where somebody submits bytes that look like a record:
//! each begins with them, and the [objects](crate::store::objects) end in a digest of them, of the record's place, and of the
//! objects.

use overt_record::Hash;

use crate::store::{Object, objects};

const MAGIC: &[u8; 16] = b"overt journal 1\n";

/// The bytes of a segment before its first record.
pub(super) const HEADER: u64 = 64;

/// Where the first record begins.
pub(super) const BEGIN: u64 = BLOCK;

const BLOCK: u64 = 4096;

/// Where the next record begins after one that ends here.
pub(super) const fn after(end: u64) -> u64 {
    end.next_multiple_of(BLOCK)
}

/// The bytes of a record before its objects.
pub(super) const MARK: usize = 16;

/// What tells the records of one segment from those of all others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Nonce([u8; 32]);

impl Nonce {
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The bytes of a segment of this number without records.
    pub(super) fn header(self, number: u64) -> Vec<u8> {
        let mut bytes = [MAGIC.as_slice(), &number.to_be_bytes(), &self.0].concat();
        bytes.extend(&Hash::of(&bytes).as_bytes()[..8]);
        bytes
    }

    /// The bytes of a record at a place of the segment.
    pub(super) fn record(self, place: u64, record: &[Object]) -> Vec<u8> {
        let objects = objects::encode(&self.context(place), record);
        // A batch has at most a few times MAX_BATCH_BYTES.
        [&self.0[..12], &(objects.len() as u32).to_be_bytes(), &objects].concat()
    }

    /// Whether a record begins with these bytes. It need not be whole.
    pub(super) fn marks(self, bytes: &[u8; MARK]) -> bool {
        bytes[..12] == self.0[..12]
    }

    fn of(number: u64, bytes: &[u8]) -> Option<Self> {
        let nonce = Self(*bytes.get(MAGIC.len() + 8..)?.first_chunk()?);
        bytes.starts_with(&nonce.header(number)).then_some(nonce)
    }

    fn context(self, place: u64) -> [u8; 40] {
        let mut context = [0; 40];
        context[..32].copy_from_slice(&self.0);
        context[32..].copy_from_slice(&place.to_be_bytes());
        context
    }

    /// The record at a place of a segment's bytes, and where it ends.
    fn read(self, bytes: &[u8], place: usize) -> Option<(Vec<Object>, usize)> {
        let (mark, rest) = bytes.get(place..)?.split_first_chunk::<MARK>()?;
        if !self.marks(mark) {
            return None;
        }
        let length = mark.last_chunk::<4>().map(|length| u32::from_be_bytes(*length))?;
        let record = rest.get(..usize::try_from(length).ok()?)?;
        Some((objects::decode(&self.context(place as u64), record)?, place + MARK + record.len()))
    }
}

/// The records of the segment of this number, up to the first that is torn; none if a loss of power left no whole beginning.
pub(super) fn records(number: u64, bytes: &[u8]) -> Vec<Vec<Object>> {
    let mut records = Vec::new();
    let Some(nonce) = Nonce::of(number, bytes) else { return records };
    let mut place = BEGIN as usize;
    while let Some((record, end)) = nonce.read(bytes, place) {
        records.push(record);
        place = after(end as u64) as usize;
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;

    fn object(name: &str, bytes: &[u8]) -> Object {
        Object { key: Key::new(name).unwrap(), bytes: bytes.to_vec() }
    }

    /// Two records, and a third one of another segment that somebody got into the file.
    fn segment() -> (Vec<Vec<Object>>, Vec<u8>, usize) {
        let nonce = Nonce([7; 32]);
        let records = vec![vec![object("a", b"1"), object("b", &[2; 700])], vec![object("lock", b"3")]];
        let mut bytes = nonce.header(5);
        assert_eq!(bytes.len() as u64, HEADER);
        let mut end = 0;
        for record in &records {
            bytes.resize(after(bytes.len() as u64) as usize, 0);
            let record = nonce.record(bytes.len() as u64, record);
            bytes.extend(record);
            end = bytes.len();
        }
        bytes.resize(after(end as u64) as usize, 0);
        bytes.extend(Nonce([8; 32]).record(bytes.len() as u64, &[object("stale", b"4")]));
        (records, bytes, end)
    }

    #[test]
    fn records_read_back_and_what_was_in_the_file_before_does_not() {
        let (expected, bytes, end) = segment();
        assert_eq!(records(5, &bytes), expected);
        assert!(records(6, &bytes).is_empty(), "a file that has another segment's name");
        // A record of this segment in another place is none either.
        let place = after(end as u64) as usize;
        let moved = [&bytes[..place], &Nonce([7; 32]).record(0, &[object("stale", b"4")])].concat();
        assert_eq!(records(5, &moved), expected);
    }

    #[test]
    fn a_torn_segment_has_the_records_before_the_tear() {
        let (expected, bytes, end) = segment();
        let first = BEGIN as usize + Nonce([7; 32]).record(BEGIN, &expected[0]).len();
        let second = after(first as u64) as usize;
        for place in 0..end {
            let whole = usize::from(place >= first);
            assert_eq!(records(5, &bytes[..place]), expected[..whole], "cut at {place}");
            let is_between =
                (HEADER as usize..BEGIN as usize).contains(&place) || (first..second).contains(&place);
            if !is_between {
                let mut torn = bytes.clone();
                torn[place] ^= 1;
                assert_eq!(records(5, &torn), expected[..whole], "changed at {place}");
            }
        }
    }
}
