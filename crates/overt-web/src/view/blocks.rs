//! `samples.jsonl.gz`, made fit to be read from any line.
//!
//! A gzip file can only be read from its beginning. So it is read once, and its lines are packed again in small blocks into
//! a file without a name, which goes away with this value: a page then unpacks the few blocks that it shows.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::{DeflateDecoder, MultiGzDecoder};
use flate2::write::DeflateEncoder;
use overt_eval::Allowance;
use overt_evidence::PublishedSample;

use super::ViewError;

/// The longest line: a sample with its conversation. It is what `overt verify` reads, too.
const MAX_LINE: u64 = 64 << 20;
/// A block is closed when it has so many bytes of lines, or so many lines.
const BLOCK_BYTES: usize = 256 << 10;
const BLOCK_LINES: u64 = 256;

/// Lines in blocks.
#[derive(Debug)]
pub(crate) struct Blocks {
    path: PathBuf,
    file: File,
    index: Vec<Block>,
    rows: u64,
}

/// Where a block is, and what it holds.
#[derive(Clone, Copy, Debug)]
struct Block {
    /// Position of its first line.
    first: u64,
    offset: u64,
    packed: usize,
    plain: usize,
}

impl Blocks {
    pub(crate) fn open(path: &Path) -> Result<Self, ViewError> {
        let io = |source| ViewError::Io { path: path.to_owned(), source };
        let source = File::open(path).map_err(io)?;
        let mut allowance = Allowance::of(source.metadata().map_err(io)?.len());
        let mut reader = BufReader::new(MultiGzDecoder::new(BufReader::new(source)));
        let mut out = Writer { file: tempfile::tempfile().map_err(io)?, blocks: Vec::new(), at: 0 };
        let (mut plain, mut first, mut rows) = (Vec::new(), 0, 0);
        loop {
            let before = plain.len();
            let wrong = |why: String| damaged(path, rows, why);
            (&mut reader)
                .take(MAX_LINE)
                .read_until(b'\n', &mut plain)
                .map_err(|error| wrong(error.to_string()))?;
            let line = &plain[before..];
            match line.last() {
                None => break,
                Some(b'\n') => {}
                Some(_) => return Err(wrong("the file ends within a line, or the line is too long".into())),
            }
            allowance.take(line.len() as u64).map_err(|error| wrong(error.to_string()))?;
            rows += 1;
            if plain.len() >= BLOCK_BYTES || rows - first >= BLOCK_LINES {
                out.block(first, &plain).map_err(io)?;
                plain.clear();
                first = rows;
            }
        }
        if !plain.is_empty() {
            out.block(first, &plain).map_err(io)?;
        }
        Ok(Self { path: path.to_owned(), file: out.file, index: out.blocks, rows })
    }

    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    pub(crate) fn memory(&self) -> usize {
        self.index.capacity() * size_of::<Block>()
    }

    /// Reads the lines at ascending positions until `each` breaks off.
    pub(crate) fn visit(
        &self,
        positions: impl IntoIterator<Item = u64>,
        mut each: impl FnMut(u64, PublishedSample) -> ControlFlow<()>,
    ) -> Result<(), ViewError> {
        let mut held: Option<(usize, Vec<u8>, Vec<usize>)> = None;
        for position in positions.into_iter().take_while(|position| *position < self.rows) {
            let at = self.index.partition_point(|block| block.first <= position).saturating_sub(1);
            let Some(block) = self.index.get(at) else { break };
            if held.as_ref().is_none_or(|(held, ..)| *held != at) {
                let plain = self.unpack(block)?;
                let starts = std::iter::once(0).chain(
                    plain.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1),
                );
                let starts = starts.collect();
                held = Some((at, plain, starts));
            }
            let Some((_, plain, starts)) = &held else { break };
            let line = (position - block.first) as usize;
            let bounds = starts.get(line).zip(starts.get(line + 1));
            let text = bounds.and_then(|(from, to)| plain.get(*from..*to)).unwrap_or_default();
            let sample = serde_json::from_slice(text)
                .map_err(|error| damaged(&self.path, position, error.to_string()))?;
            if each(position, sample).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn unpack(&self, block: &Block) -> Result<Vec<u8>, ViewError> {
        let io = |source| ViewError::Io { path: self.path.clone(), source };
        let mut packed = vec![0; block.packed];
        self.file.read_exact_at(&mut packed, block.offset).map_err(io)?;
        let mut plain = Vec::with_capacity(block.plain);
        DeflateDecoder::new(&packed[..]).take(block.plain as u64).read_to_end(&mut plain).map_err(io)?;
        Ok(plain)
    }
}

fn damaged(path: &Path, before: u64, why: String) -> ViewError {
    ViewError::Published { path: path.to_owned(), why: format!("line {}: {why}", before + 1) }
}

struct Writer {
    file: File,
    blocks: Vec<Block>,
    at: u64,
}

impl Writer {
    fn block(&mut self, first: u64, plain: &[u8]) -> io::Result<()> {
        let mut encoder = DeflateEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
        encoder.write_all(plain)?;
        let packed = encoder.finish()?;
        self.file.write_all_at(&packed, self.at)?;
        self.blocks.push(Block { first, offset: self.at, packed: packed.len(), plain: plain.len() });
        self.at += packed.len() as u64;
        Ok(())
    }
}
