//! Just enough of Thrift's compact protocol to look at what a Parquet file declares before anything is allocated for
//! it (`doc/specs/thrift-compact-protocol.md` of Apache Thrift).

/// Structures within each other, at most.
const MAX_DEPTH: u32 = 32;

/// The types that matter here; the others are passed over.
pub(super) const I32: u8 = 5;
pub(super) const LIST: u8 = 9;
pub(super) const STRUCT: u8 = 12;

/// Why a structure cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The bytes end within it.
    Ended,
    /// It is none.
    Malformed,
}

/// A position in bytes of the compact protocol.
pub(super) struct Compact<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Whether the visitor of a field read its value.
#[derive(PartialEq)]
pub(super) enum Taken {
    Yes,
    No,
}

impl<'a> Compact<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes read so far.
    pub(super) fn read(&self) -> usize {
        self.at
    }

    /// Reads a structure: `take` meets each field's number and type, and reads its value or leaves it alone.
    pub(super) fn structure(
        &mut self,
        take: &mut dyn FnMut(&mut Self, i64, u8) -> Result<Taken, Broken>,
    ) -> Result<(), Broken> {
        let mut number = 0;
        loop {
            let header = self.byte()?;
            if header == 0 {
                return Ok(());
            }
            let kind = header & 0x0f;
            number = if header >> 4 == 0 { self.integer()? } else { number + i64::from(header >> 4) };
            if take(self, number, kind)? == Taken::No {
                self.skip(kind, MAX_DEPTH)?;
            }
        }
    }

    /// Reads a list's length and the type of its items. Every item has a byte at least.
    pub(super) fn list(&mut self) -> Result<(usize, u8), Broken> {
        let header = self.byte()?;
        let length = if header >> 4 == 15 { self.varint()? } else { u64::from(header >> 4) };
        let length = self.bounded(length)?;
        Ok((length, header & 0x0f))
    }

    /// Reads a whole number.
    pub(super) fn integer(&mut self) -> Result<i64, Broken> {
        let zigzag = self.varint()?;
        Ok((zigzag >> 1).cast_signed() ^ -((zigzag & 1).cast_signed()))
    }

    fn skip(&mut self, kind: u8, depth: u32) -> Result<(), Broken> {
        let below = depth.checked_sub(1).ok_or(Broken::Malformed)?;
        match kind {
            1 | 2 => Ok(()),
            3 => self.byte().map(drop),
            4..=6 => self.varint().map(drop),
            7 => self.pass(8),
            8 => {
                let length = self.varint()?;
                let length = self.bounded(length)?;
                self.pass(length)
            }
            LIST | 10 => {
                let (length, kind) = self.list()?;
                (0..length).try_for_each(|_| self.skip_item(kind, below))
            }
            11 => self.skip_map(below),
            STRUCT => loop {
                let header = self.byte()?;
                if header == 0 {
                    return Ok(());
                }
                if header >> 4 == 0 {
                    self.integer()?;
                }
                self.skip(header & 0x0f, below)?;
            },
            13 => self.pass(16),
            _ => Err(Broken::Malformed),
        }
    }

    /// A truth value is part of a field's header, but has a byte of its own within a list or map.
    fn skip_item(&mut self, kind: u8, depth: u32) -> Result<(), Broken> {
        if matches!(kind, 1 | 2) { self.pass(1) } else { self.skip(kind, depth) }
    }

    fn skip_map(&mut self, depth: u32) -> Result<(), Broken> {
        let length = self.varint()?;
        let length = self.bounded(length)?;
        if length == 0 {
            return Ok(());
        }
        let kinds = self.byte()?;
        (0..length).try_for_each(|_| {
            self.skip_item(kinds >> 4, depth)?;
            self.skip_item(kinds & 0x0f, depth)
        })
    }

    /// A length that the bytes which are left can hold.
    fn bounded(&self, length: u64) -> Result<usize, Broken> {
        usize::try_from(length)
            .ok()
            .filter(|length| *length <= self.bytes.len() - self.at)
            .ok_or(Broken::Ended)
    }

    fn pass(&mut self, count: usize) -> Result<(), Broken> {
        self.at = self.at.checked_add(count).filter(|at| *at <= self.bytes.len()).ok_or(Broken::Ended)?;
        Ok(())
    }

    fn byte(&mut self) -> Result<u8, Broken> {
        let byte = *self.bytes.get(self.at).ok_or(Broken::Ended)?;
        self.at += 1;
        Ok(byte)
    }

    fn varint(&mut self) -> Result<u64, Broken> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Broken::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_structure_gives_its_fields_and_passes_over_what_is_left_alone() {
        // 1: i32 -3; 3: binary "ab"; 4: list<i32> [1, 2]; 20: i32 300; stop.
        let bytes = [0x15, 5, 0x28, 2, b'a', b'b', 0x19, 0x25, 2, 4, 0x05, 40, 0xd8, 4, 0];
        let mut met = Vec::new();
        let mut compact = Compact::new(&bytes);
        let read = compact.structure(&mut |compact, number, kind| {
            if kind != I32 {
                return Ok(Taken::No);
            }
            met.push((number, compact.integer()?));
            Ok(Taken::Yes)
        });
        assert_eq!((read, compact.read()), (Ok(()), bytes.len()));
        assert_eq!(met, [(1, -3), (20, 300)]);
    }

    #[test]
    fn lengths_beyond_the_end_and_endless_depth_are_refused() {
        let passed = |bytes: &[u8]| Compact::new(bytes).structure(&mut |_, _, _| Ok(Taken::No));
        assert_eq!(passed(&[0x18, 0xff, 0xff, 0xff, 0xff, 0x0f]), Err(Broken::Ended));
        assert_eq!(passed(&[0x19, 0xf5, 0xff, 0xff, 0xff, 0xff, 0x0f]), Err(Broken::Ended));
        assert_eq!(passed(&vec![0x1c; 100_000]), Err(Broken::Malformed));
        assert_eq!(passed(&[0x15; 11]), Err(Broken::Ended));
        assert_eq!(
            passed(&[0x15, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]),
            Err(Broken::Malformed)
        );
    }
}
