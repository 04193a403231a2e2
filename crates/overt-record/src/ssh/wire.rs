//! SSH's binary form (RFC 4251, section 5): big-endian integers, and strings with their length in front.

use super::SshError;

/// Reads fields one after the other from bytes that nobody vouches for.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// `what` names the whole, for errors.
    pub(super) const fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, what }
    }

    pub(super) const fn damaged(&self) -> SshError {
        SshError::Damaged(self.what)
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], SshError> {
        let (bytes, rest) = self.rest.split_at_checked(count).ok_or(self.damaged())?;
        self.rest = rest;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, SshError> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(self.damaged())?;
        self.rest = rest;
        Ok(u32::from_be_bytes(*bytes))
    }

    pub(super) fn string(&mut self) -> Result<&'a [u8], SshError> {
        let length = usize::try_from(self.u32()?).map_err(|_| self.damaged())?;
        self.bytes(length)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, SshError> {
        std::str::from_utf8(self.string()?).map_err(|_| self.damaged())
    }

    /// A positive integer (`mpint`) of at most 32 bytes, without its leading zeros.
    pub(super) fn positive(&mut self) -> Result<&'a [u8], SshError> {
        let digits = match self.string()? {
            [0, rest @ ..] if rest.first().is_some_and(|byte| byte & 0x80 != 0) => rest,
            digits @ [first, ..] if *first != 0 && first & 0x80 == 0 => digits,
            _ => return Err(self.damaged()),
        };
        if digits.len() > 32 { Err(self.damaged()) } else { Ok(digits) }
    }

    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn end(self) -> Result<(), SshError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.damaged()) }
    }
}

/// Adds a string with its length in front.
pub(super) fn put(out: &mut Vec<u8>, string: &[u8]) {
    // Strings written here are names, keys and hashes of a few hundred bytes at most.
    out.extend((string.len() as u32).to_be_bytes());
    out.extend(string);
}
