//! Bytes on their way in: opened, hashed as they are stored, decompressed.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use overt_schema::{Digest, Hasher};

use crate::error::DatasetError;
use crate::rows::Table;

/// How much is read at once.
const CHUNK: usize = 64 << 10;

/// The largest window a zstd frame may ask for: 128 MiB, the format's own default limit.
const ZSTD_WINDOW_LOG: u32 = 27;

/// Where bytes come from.
#[derive(Clone, Debug)]
pub(crate) enum Bytes {
    /// A file.
    File(PathBuf),
    /// Part of the binary.
    Embedded(&'static [u8]),
}

/// A dataset file that is being read: text comes out, and every stored byte that went in has been hashed.
pub(crate) struct Opened {
    /// The decompressed text, without a byte order mark.
    pub(crate) text: Box<dyn BufRead>,
    stored: Rc<RefCell<Stored>>,
}

/// The digest over several files, one after the other.
#[derive(Clone, Default)]
pub(crate) struct Concatenation(Rc<RefCell<Hasher>>);

impl Concatenation {
    /// The digest of everything that was read.
    pub(crate) fn finish(self) -> Digest {
        std::mem::take(&mut *self.0.borrow_mut()).finish()
    }
}

impl Bytes {
    /// Digests all of it, and then opens it as a table: what is not the right file is never decoded.
    ///
    /// `accept` meets the digest first.
    pub(crate) fn open_table(
        &self,
        name: &str,
        whole: Option<Concatenation>,
        accept: impl FnOnce(&Digest) -> Result<(), DatasetError>,
    ) -> Result<(Table, StoredDigest), DatasetError> {
        let read_error = |source| DatasetError::Read { file: name.to_owned(), source };
        match self {
            Self::File(path) => {
                let mut file = open_file(path, name)?;
                let inner = Box::new(file.try_clone().map_err(read_error)?);
                let digest = StoredDigest::new(inner, whole);
                accept(&digest.finish().map_err(read_error)?)?;
                file.rewind().map_err(read_error)?;
                Ok((Table::of_file(name, file)?, digest))
            }
            Self::Embedded(bytes) => {
                let digest = StoredDigest::new(Box::new(*bytes), whole);
                accept(&digest.finish().map_err(read_error)?)?;
                Ok((Table::embedded(name, bytes)?, digest))
            }
        }
    }

    /// Makes ready to read all of it for its digest, and for nothing else.
    pub(crate) fn stored(
        &self,
        name: &str,
        whole: Option<Concatenation>,
    ) -> Result<StoredDigest, DatasetError> {
        let inner: Box<dyn Read> = match self {
            Self::File(path) => Box::new(open_file(path, name)?),
            Self::Embedded(bytes) => Box::new(*bytes),
        };
        Ok(StoredDigest::new(inner, whole))
    }

    /// Opens, and finds out by the first bytes whether it is compressed: no text format begins like gzip or zstd.
    pub(crate) fn open(&self, name: &str, whole: Option<Concatenation>) -> Result<Opened, DatasetError> {
        let read_error = |source| DatasetError::Read { file: name.to_owned(), source };
        let StoredDigest(stored) = self.stored(name, whole)?;
        let mut plain = BufReader::with_capacity(CHUNK, Tap(Rc::clone(&stored)));
        let start = plain.fill_buf().map_err(read_error)?;
        let (gzip, zstd) = (start.starts_with(&[0x1f, 0x8b]), start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]));
        let mut text: Box<dyn BufRead> = if gzip {
            Box::new(BufReader::with_capacity(CHUNK, MultiGzDecoder::new(plain)))
        } else if zstd {
            let mut decoder = zstd::Decoder::with_buffer(plain).map_err(read_error)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(read_error)?;
            Box::new(BufReader::with_capacity(CHUNK, decoder))
        } else {
            Box::new(plain)
        };
        if text.fill_buf().map_err(read_error)?.starts_with("\u{feff}".as_bytes()) {
            text.consume(3);
        }
        Ok(Opened { text, stored })
    }
}

fn open_file(path: &Path, name: &str) -> Result<File, DatasetError> {
    let read_error = |source| DatasetError::Read { file: name.to_owned(), source };
    let file = File::open(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => DatasetError::Missing(path.to_owned()),
        _ => read_error(source),
    })?;
    if file.metadata().map_err(read_error)?.is_dir() {
        return Err(read_error(io::ErrorKind::IsADirectory.into()));
    }
    Ok(file)
}

impl Opened {
    /// Takes the text reader and keeps what the digest needs.
    pub(crate) fn split(self) -> (Box<dyn BufRead>, StoredDigest) {
        (self.text, StoredDigest(self.stored))
    }
}

/// The digest of the stored bytes, once all have been read.
pub(crate) struct StoredDigest(Rc<RefCell<Stored>>);

impl StoredDigest {
    fn new(inner: Box<dyn Read>, whole: Option<Concatenation>) -> Self {
        Self(Rc::new(RefCell::new(Stored { inner, hasher: Hasher::default(), whole, known: None })))
    }

    /// Reads what is left, so that the digest covers the whole file however much of it was used.
    pub(crate) fn finish(&self) -> io::Result<Digest> {
        let mut stored = self.0.borrow_mut();
        if let Some(digest) = stored.known {
            return Ok(digest);
        }
        io::copy(&mut *stored, &mut io::sink())?;
        let digest = std::mem::take(&mut stored.hasher).finish();
        stored.known = Some(digest);
        Ok(digest)
    }
}

struct Stored {
    inner: Box<dyn Read>,
    hasher: Hasher,
    whole: Option<Concatenation>,
    /// The digest, once it is known.
    known: Option<Digest>,
}

impl Read for Stored {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        if let Some(whole) = &self.whole {
            whole.0.borrow_mut().update(&buffer[..count]);
        }
        Ok(count)
    }
}

/// One of two holders of the stored bytes: the decoder reads here, the digest is taken there.
struct Tap(Rc<RefCell<Stored>>);

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.borrow_mut().read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn text_and_digest(stored: &'static [u8]) -> (String, Digest) {
        let (mut text, digest) = Bytes::Embedded(stored).open("test", None).unwrap().split();
        let mut read = String::new();
        text.read_to_string(&mut read).unwrap();
        (read, digest.finish().unwrap())
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn plain_gzip_and_zstd_give_the_same_text_and_the_digest_of_what_is_stored() {
        let text = "{\"a\":1}\n".repeat(1000);
        let several_members = [gzip(&text[..800]), gzip(&text[800..])].concat();
        let zstd = zstd::encode_all(text.as_bytes(), 3).unwrap();
        for stored in [text.clone().into_bytes(), several_members, zstd] {
            let stored: &'static [u8] = stored.leak();
            assert_eq!(text_and_digest(stored), (text.clone(), Digest::of(stored)));
        }
    }

    #[test]
    fn the_digest_covers_the_whole_file_even_if_only_its_start_is_read() {
        let stored: &'static [u8] = gzip(&"x".repeat(1 << 20)).leak();
        let (mut text, digest) = Bytes::Embedded(stored).open("test", None).unwrap().split();
        text.read_exact(&mut [0; 10]).unwrap();
        assert_eq!(digest.finish().unwrap(), Digest::of(stored));
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        assert_eq!(text_and_digest(b"\xef\xbb\xbfa,b\n").0, "a,b\n");
    }

    #[test]
    fn a_cut_compressed_file_is_an_error() {
        let stored: &'static [u8] = gzip(&"abc".repeat(10_000)).leak();
        let (mut text, _) = Bytes::Embedded(&stored[..stored.len() - 9]).open("test", None).unwrap().split();
        assert!(text.read_to_end(&mut Vec::new()).is_err());
    }
}
