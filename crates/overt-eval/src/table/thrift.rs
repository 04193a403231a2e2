//! Just enough of Thrift's compact protocol to look over what a Parquet file says of itself before it is believed.
//!
//! <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>. Nothing is built: lengths and counts
//! are held against the bytes that are left, and nesting against a bound.

/// How deep structures may nest. Those of Parquet nest seven deep.
const DEEPEST: u32 = 16;

/// Why bytes are no structure: they end too early, or say something that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// A type as the compact protocol numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The value is in the field's header.
    Bool,
    Byte,
    /// 16, 32 or 64 bits, zigzag.
    Int,
    Double,
    Binary,
    List,
    Struct,
}

impl Kind {
    fn of(number: u8) -> Result<Self, Malformed> {
        Ok(match number {
            1 | 2 => Self::Bool,
            3 => Self::Byte,
            4..=6 => Self::Int,
            7 => Self::Double,
            8 => Self::Binary,
            9 | 10 => Self::List,
            12 => Self::Struct,
            // Parquet has no maps.
            _ => return Err(Malformed),
        })
    }
}

/// Reads structures out of bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    deep: u32,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, deep: 0 }
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    /// Goes through a structure. `field` gets the number and kind of each field and reads it, or leaves it to be skipped
    /// by returning `false` without having read.
    pub(super) fn structure(
        &mut self,
        mut field: impl FnMut(i16, Kind, &mut Self) -> Result<bool, Malformed>,
    ) -> Result<(), Malformed> {
        self.deep += 1;
        if self.deep > DEEPEST {
            return Err(Malformed);
        }
        let mut number = 0_i16;
        loop {
            let header = self.byte()?;
            if header == 0 {
                self.deep -= 1;
                return Ok(());
            }
            number = match header >> 4 {
                0 => i16::try_from(self.int()?).map_err(|_| Malformed)?,
                more => number.checked_add(i16::from(more)).ok_or(Malformed)?,
            };
            let kind = Kind::of(header & 0x0f)?;
            // A truth value is in the header, and nothing follows.
            if kind != Kind::Bool && !field(number, kind, self)? {
                self.skip(kind)?;
            }
        }
    }

    /// An integer of any width.
    pub(super) fn int(&mut self) -> Result<i64, Malformed> {
        let raw = self.unsigned()?;
        Ok((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
    }

    /// The header of a list: how many elements it has, each of which takes a byte at least, and their kind.
    pub(super) fn list(&mut self) -> Result<(usize, Kind), Malformed> {
        let header = self.byte()?;
        let kind = Kind::of(header & 0x0f)?;
        let count = match header >> 4 {
            15 => usize::try_from(self.unsigned()?).map_err(|_| Malformed)?,
            few => usize::from(few),
        };
        if count > self.left() { Err(Malformed) } else { Ok((count, kind)) }
    }

    /// Passes over an element of a list, or a field.
    pub(super) fn element(&mut self, kind: Kind) -> Result<(), Malformed> {
        // Within a list a truth value takes a byte.
        if kind == Kind::Bool { self.bytes(1) } else { self.skip(kind) }
    }

    fn skip(&mut self, kind: Kind) -> Result<(), Malformed> {
        match kind {
            Kind::Bool => Ok(()),
            Kind::Byte => self.bytes(1),
            Kind::Int => self.int().map(|_| ()),
            Kind::Double => self.bytes(8),
            Kind::Binary => {
                let length = usize::try_from(self.unsigned()?).map_err(|_| Malformed)?;
                self.bytes(length)
            }
            Kind::List => {
                self.deep += 1;
                if self.deep > DEEPEST {
                    return Err(Malformed);
                }
                let (count, kind) = self.list()?;
                for _ in 0..count {
                    self.element(kind)?;
                }
                self.deep -= 1;
                Ok(())
            }
            Kind::Struct => self.structure(|_, _, _| Ok(false)),
        }
    }

    fn bytes(&mut self, count: usize) -> Result<(), Malformed> {
        self.rest = self.rest.get(count..).ok_or(Malformed)?;
        Ok(())
    }

    fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.rest.split_first().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*first)
    }

    fn unsigned(&mut self) -> Result<u64, Malformed> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped(bytes: &[u8]) -> Result<usize, Malformed> {
        let mut reader = Reader::new(bytes);
        reader.skip(Kind::Struct).map(|()| reader.left())
    }

    #[test]
    fn counts_and_lengths_are_held_against_what_is_left() {
        // A page header: type 0, sizes 10 and 20, then the header of a data page with five values.
        let page = [0x15, 0, 0x15, 20, 0x15, 40, 0x2c, 0x15, 10, 0x15, 0, 0, 0, 0xff];
        assert_eq!(skipped(&page), Ok(1));
        assert_eq!(skipped(&page[..8]), Err(Malformed));
        // A list of 2^60 integers, a text of 2^60 bytes, a number that does not end.
        let huge = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10];
        assert_eq!(skipped(&[&[0x19, 0xf5], &huge[..], &[0, 0]].concat()), Err(Malformed));
        assert_eq!(skipped(&[&[0x18], &huge[..], &[0, 0]].concat()), Err(Malformed));
        assert_eq!(skipped(&[&[0x16], &[0xff; 11][..], &[0]].concat()), Err(Malformed));
        // Structures and lists without a floor.
        assert_eq!(skipped(&[0x1c; 1000]), Err(Malformed));
        assert_eq!(skipped(&[0x19; 1000]), Err(Malformed));
        assert_eq!(skipped(&[]), Err(Malformed));
    }

    #[test]
    fn integers_of_both_signs_are_read() {
        for (bytes, value) in [(&[0x02][..], 1), (&[0x01], -1), (&[0xac, 0x02], 150), (&[0xff; 0], 0)] {
            let read = Reader::new(bytes).int();
            assert_eq!(read, if bytes.is_empty() { Err(Malformed) } else { Ok(value) });
        }
    }
}
