//! `samples.jsonl.gz`: the samples of a run of which some are withheld, one JSON object a line, in the order of the leaves.
//!
//! JSON lines and gzip, since everything reads them, a browser included.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use overt_eval::Allowance;

use crate::error::EvidenceError;
use crate::leaf::PublishedSample;

/// The file's name.
pub const SAMPLES_FILE: &str = "samples.jsonl.gz";
/// The longest line that is read: a sample with its conversation. Nothing larger is held in memory, however well a hostile
/// file is compressed.
const MAX_LINE: u64 = 64 << 20;

/// Writes the samples to a file that exists already.
pub(crate) fn write(
    path: &Path,
    file: &File,
    samples: impl Iterator<Item = Result<PublishedSample, EvidenceError>>,
) -> Result<(), EvidenceError> {
    let failed = |source| EvidenceError::Io { path: path.to_owned(), doing: "write", source };
    let mut out = GzEncoder::new(BufWriter::new(file), Compression::new(6));
    for sample in samples {
        serde_json::to_writer(&mut out, &sample?)?;
        out.write_all(b"\n").map_err(failed)?;
    }
    let mut inner = out.finish().map_err(failed)?;
    inner.flush().map_err(failed)
}

/// Reads the samples, one after the other.
pub(crate) struct Lines {
    path: PathBuf,
    reader: BufReader<MultiGzDecoder<BufReader<File>>>,
    line: u64,
    allowance: Allowance,
    done: bool,
}

impl Lines {
    pub(crate) fn open(path: &Path) -> Result<Self, EvidenceError> {
        let failed = |source| EvidenceError::Io { path: path.to_owned(), doing: "open", source };
        let file = File::open(path).map_err(failed)?;
        let allowance = Allowance::of(file.metadata().map_err(failed)?.len());
        let reader = BufReader::new(MultiGzDecoder::new(BufReader::new(file)));
        Ok(Self { path: path.to_owned(), reader, line: 0, allowance, done: false })
    }

    fn read(&mut self) -> Result<Option<PublishedSample>, EvidenceError> {
        let garbled = |line: u64, why: String| EvidenceError::Garbled {
            path: self.path.clone(),
            why: format!("line {line}: {why}"),
        };
        let line = self.line + 1;
        let mut text = Vec::new();
        let mut limited = (&mut self.reader).take(MAX_LINE);
        limited.read_until(b'\n', &mut text).map_err(|error: io::Error| garbled(line, error.to_string()))?;
        match text.last() {
            None => return Ok(None),
            Some(b'\n') => {}
            Some(_) if text.len() as u64 == MAX_LINE => {
                return Err(garbled(line, format!("it is longer than {MAX_LINE} bytes")));
            }
            Some(_) => return Err(garbled(line, "the file ends within a line".into())),
        }
        self.allowance.take(text.len() as u64).map_err(|error| garbled(line, error.to_string()))?;
        self.line = line;
        serde_json::from_slice(&text).map(Some).map_err(|error| garbled(line, error.to_string()))
    }
}

impl Iterator for Lines {
    type Item = Result<PublishedSample, EvidenceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let read = self.read().transpose();
        self.done = !matches!(read, Some(Ok(_)));
        read
    }
}
