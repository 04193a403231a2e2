//! What a Parquet file says of itself, looked over before anything is read by it.
//!
//! A table may come from a stranger, and Parquet says its sizes beforehand: a page of a hundred bytes may claim two
//! gigabytes, a dictionary may be one giant text that a million rows repeat, a schema may nest a million deep. The library
//! takes such claims at their word. So every claim is read here first: nothing is decompressed whose size is not known and
//! borne, and rows are read in batches that stay within [`BUDGET`]. Texts are read as views, which repeat no bytes.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader};

use super::BATCH_ROWS;
use super::thrift::{Kind, Malformed, Reader};

/// The most bytes of a footer: a row group needs some four kilobytes of it, and holds two megabytes of samples.
const FOOTER: u64 = 32 << 20;
/// The most elements of a schema; a run's has 36.
const ELEMENTS: usize = 256;
/// The most row groups.
const GROUPS: usize = 1 << 16;
/// The most bytes of a page's header.
const HEADER: u64 = 1 << 16;
/// The most bytes of a page, unpacked. A page of overt's has a few megabytes, or one sample.
const PAGE: u64 = 128 << 20;
/// The most values of a list in one row group: a group of overt's has some ten thousand rows with a few scores each.
const VALUES: u64 = 2 << 20;
/// What the pages of a batch may take in memory, as long as a batch has more than one row.
const BUDGET: u64 = 256 << 20;
/// What they may take in any case.
const MOST: u64 = 1 << 30;

/// A table that can be read.
pub(super) struct Examined {
    pub(super) metadata: ParquetMetaData,
    /// How many rows are to be read together.
    pub(super) batch: usize,
}

/// Looks a table over.
///
/// # Errors
/// In words, what it claims that no run's table does.
pub(super) fn examine(file: &File) -> Result<Examined, String> {
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let footer = footer(file, length)?;
    let garbled = |error: parquet::errors::ParquetError| error.to_string();
    let metadata = ParquetMetaDataReader::decode_metadata(&footer).map_err(garbled)?;
    if metadata.num_row_groups() > GROUPS {
        return Err(format!("it has {} row groups", metadata.num_row_groups()));
    }
    let mut batch = BATCH_ROWS;
    for group in metadata.row_groups() {
        let mut chunks = Vec::new();
        for column in group.columns() {
            chunks.push(chunk(file, column, length, group.num_rows())?);
        }
        let takes = |rows: usize| {
            chunks.iter().fold(0_u64, |sum, chunk| sum.saturating_add(chunk.takes(rows as u64)))
        };
        while batch > 1 && takes(batch) > BUDGET {
            batch /= 2;
        }
        if takes(batch) > MOST {
            return Err(format!("a row of it would take {} bytes of memory", takes(batch)));
        }
    }
    Ok(Examined { metadata, batch })
}

/// The footer, which is sound as a structure, and whose lists are not longer than a run's.
fn footer(file: &File, length: u64) -> Result<Vec<u8>, String> {
    let tail =
        length.checked_sub(8).filter(|start| *start >= 4).ok_or("it is too short for a Parquet file")?;
    let end = read(file, tail..length)?;
    let (size, magic) = end.split_at(4);
    if magic != b"PAR1" {
        return Err("it does not end like a Parquet file".into());
    }
    let size = u64::from(u32::from_le_bytes([size[0], size[1], size[2], size[3]]));
    if size > FOOTER || size > tail - 4 {
        return Err(format!("its footer claims {size} bytes"));
    }
    let footer = read(file, tail - size..tail)?;
    let mut reader = Reader::new(&footer);
    let sound = reader.structure(|number, kind, reader| {
        let most = match number {
            2 => ELEMENTS,
            4 => GROUPS,
            _ => return Ok(false),
        };
        let (count, kind) = if kind == Kind::List { reader.list()? } else { return Err(Malformed) };
        if count > most {
            return Err(Malformed);
        }
        (0..count).try_for_each(|_| reader.element(kind))?;
        Ok(true)
    });
    sound.map_err(|Malformed| "its footer is malformed, or describes what no run has")?;
    Ok(footer)
}

/// What the pages of one column take, in one row group.
#[derive(Debug, Default)]
struct Chunk {
    /// Whether a row may have several values.
    list: bool,
    /// Bytes of the dictionary, and of the largest page.
    dictionary: u64,
    largest: u64,
    /// Bytes of all pages.
    all: u64,
    pages: u64,
    values: u64,
    /// The fewest values of a page that is not the last.
    fewest: Option<u64>,
    /// Those of the page before.
    last: Option<u64>,
}

impl Chunk {
    fn see(&mut self, page: &PageHeader) -> Result<(), String> {
        if page.is_dictionary {
            self.dictionary = self.dictionary.saturating_add(page.unpacked);
            return Ok(());
        }
        if let Some(before) = self.last.replace(page.values) {
            self.fewest = Some(self.fewest.map_or(before, |fewest| fewest.min(before)));
        }
        self.values = self.values.saturating_add(page.values);
        self.largest = self.largest.max(page.unpacked);
        self.all = self.all.saturating_add(page.unpacked);
        self.pages += 1;
        if self.list && self.values > VALUES {
            return Err(format!("a row group of it has more than {VALUES} scores"));
        }
        Ok(())
    }

    /// What so many rows need of it in memory, wherever they begin.
    fn takes(&self, rows: u64) -> u64 {
        let spanned = match self.fewest {
            // Nobody knows how many rows a page of a list holds.
            _ if self.list => self.pages,
            None => 1,
            Some(fewest) => (rows / fewest.max(1)).saturating_add(2).min(self.pages),
        };
        let pages = spanned.saturating_mul(self.largest).min(self.all);
        self.dictionary.saturating_add(pages)
    }
}

/// Walks through the pages of a column by their headers.
fn chunk(file: &File, column: &ColumnChunkMetaData, length: u64, rows: i64) -> Result<Chunk, String> {
    let name = || column.column_path().string();
    if !matches!(column.compression(), Compression::ZSTD(_) | Compression::UNCOMPRESSED) {
        return Err(format!("{} is compressed otherwise than overt does it", name()));
    }
    let mut at = bounds(column, length).ok_or_else(|| format!("{} lies outside of the file", name()))?;
    let mut chunk = Chunk { list: column.column_descr().max_rep_level() > 0, ..Chunk::default() };
    while at.start < at.end {
        let head = read(file, at.start..at.end.min(at.start.saturating_add(HEADER)))?;
        let (page, taken) = PageHeader::read(&head)
            .ok_or_else(|| format!("a page of {} is malformed, or too large", name()))?;
        chunk.see(&page)?;
        at.start = at.start.saturating_add(taken).saturating_add(page.packed);
    }
    let whole = at.start == at.end && (chunk.list || i64::try_from(chunk.values) == Ok(rows));
    if whole { Ok(chunk) } else { Err(format!("the pages of {} are not those that it says", name())) }
}

/// Where the pages of a column stand, if within the file.
fn bounds(column: &ColumnChunkMetaData, length: u64) -> Option<Range<u64>> {
    let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
    let start = u64::try_from(start).ok()?;
    let end = start.checked_add(u64::try_from(column.compressed_size()).ok()?)?;
    (end <= length).then_some(start..end)
}

/// What the header of a page says.
#[derive(Debug, Default)]
struct PageHeader {
    packed: u64,
    unpacked: u64,
    values: u64,
    is_dictionary: bool,
}

impl PageHeader {
    /// The header that these bytes begin with, and how many of them it takes. `None` if it claims what no run's does.
    fn read(bytes: &[u8]) -> Option<(Self, u64)> {
        let mut page = Self::default();
        let (mut sizes, mut bodies) = ([None; 3], 0);
        let mut reader = Reader::new(bytes);
        reader
            .structure(|number, kind, reader| {
                match (number, kind) {
                    (1..=3, Kind::Int) => {
                        let size = sizes.get_mut(number.unsigned_abs() as usize - 1).ok_or(Malformed)?;
                        // Twice the same field could be read in two ways.
                        if size.replace(claimed(reader)?).is_some() {
                            return Err(Malformed);
                        }
                    }
                    (5 | 7 | 8, Kind::Struct) => {
                        bodies += 1;
                        page.is_dictionary = number == 7;
                        page.values = values(reader)?;
                    }
                    (1..=3 | 5 | 7 | 8, _) => return Err(Malformed),
                    _ => return Ok(false),
                }
                Ok(true)
            })
            .ok()?;
        let [Some(kind), Some(unpacked), Some(packed)] = sizes else { return None };
        let is_known = matches!((kind, page.is_dictionary), (0 | 3, false) | (2, true));
        let is_sound = is_known && bodies == 1 && (page.is_dictionary || page.values > 0);
        let taken = (bytes.len() - reader.left()) as u64;
        is_sound.then_some((Self { packed, unpacked, ..page }, taken))
    }
}

/// The number of values in the header of a page of any type: its first field.
fn values(reader: &mut Reader<'_>) -> Result<u64, Malformed> {
    let mut values = None;
    reader.structure(|number, kind, reader| match (number, kind) {
        (1, Kind::Int) if values.is_none() => {
            values = Some(claimed(reader)?);
            Ok(true)
        }
        (1, _) => Err(Malformed),
        _ => Ok(false),
    })?;
    values.ok_or(Malformed)
}

/// A size or a count that is borne.
fn claimed(reader: &mut Reader<'_>) -> Result<u64, Malformed> {
    u64::try_from(reader.int()?).ok().filter(|claimed| *claimed <= PAGE).ok_or(Malformed)
}

fn read(file: &File, range: Range<u64>) -> Result<Vec<u8>, String> {
    let mut bytes = vec![0; usize::try_from(range.end - range.start).map_err(|error| error.to_string())?];
    file.read_exact_at(&mut bytes, range.start).map_err(|error| error.to_string())?;
    Ok(bytes)
}
