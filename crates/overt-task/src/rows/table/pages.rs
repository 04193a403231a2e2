//! What reading a group of rows can cost, from the headers of its pages.
//!
//! A page says in its header how large it is once decompressed, and the library makes that room. A dictionary page's
//! value can stand in every row of a batch. So a batch may have as many rows as the largest pages, one of each for
//! every row, fit into [`Limits::batch`].

use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::reader::Length as _;

use super::TableProblem;
use super::guard::guarded;
use super::stored::StoredTable;
use super::thrift::{Broken, Compact, I32, STRUCT, Taken};

/// What reading may take.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// What a batch of rows may take.
    pub(super) batch: u64,
    /// What one row of all columns may take: their largest pages, and the items of their lists.
    pub(super) row: u64,
}

/// The limits that hold.
pub(super) const LIMITS: Limits = Limits { batch: 256 << 20, row: 512 << 20 };

/// Rows of a batch, at most.
const MAX_ROWS: u64 = 1024;

/// Bytes of a header, at most. It holds the least and the largest value of its page.
const MAX_HEADER: u64 = 16 << 20;

/// Bytes that a value takes at least: a view of a text.
const LEAST_WIDTH: u64 = 16;

/// Fields of `PageHeader`.
const UNCOMPRESSED: i64 = 2;
const COMPRESSED: i64 = 3;
const DATA_PAGE: i64 = 5;
const DICTIONARY_PAGE: i64 = 7;
const DATA_PAGE_V2: i64 = 8;
/// Field of all three, the number of values.
const VALUES: i64 = 1;
/// Encodings for which the library makes room for as many texts as the page says there are, before it looks whether
/// they are there.
const UNBOUNDED: [(i64, &str); 2] = [(6, "DELTA_LENGTH_BYTE_ARRAY"), (7, "DELTA_BYTE_ARRAY")];

/// How many rows of the group may be read at once.
pub(super) fn rows_at_once(
    stored: &StoredTable,
    group: &RowGroupMetaData,
    limits: Limits,
) -> Result<usize, TableProblem> {
    let mut total: u64 = 0;
    for column in group.columns() {
        refuse_codec(column)?;
        let cost = Cost::of(stored, column)?.bytes(column);
        total = total.saturating_add(cost);
        if total > limits.row {
            let what = format!("its column `{}`", column.column_path().string());
            return Err(TableProblem::TooLarge { what, bytes: total, limit: limits.row });
        }
    }
    Ok((limits.batch / total.max(1)).clamp(1, MAX_ROWS) as usize)
}

/// gzip is left out since the library decompresses it without a bound, lz4 and brotli since hardly a dataset uses them.
fn refuse_codec(column: &ColumnChunkMetaData) -> Result<(), TableProblem> {
    match column.compression() {
        Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::ZSTD(_) => Ok(()),
        other => {
            let codec = other.to_string();
            let codec = codec.split('(').next().unwrap_or_default().to_ascii_lowercase();
            Err(TableProblem::Codec { column: column.column_path().string(), codec })
        }
    }
}

/// The largest pages of a column, and how many values it has.
#[derive(Default)]
struct Cost {
    dictionary: u64,
    data: u64,
    values: u64,
}

/// What matters of a page's header.
#[derive(Default)]
struct Header {
    length: u64,
    uncompressed: i64,
    compressed: i64,
    values: i64,
    encoding: i64,
    is_dictionary: bool,
}

impl Cost {
    fn of(stored: &StoredTable, column: &ColumnChunkMetaData) -> Result<Self, TableProblem> {
        let damaged = || {
            let column = column.column_path().string();
            TableProblem::Damaged(format!("the pages of its column `{column}` cannot be found"))
        };
        let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
        let mut at = u64::try_from(start).map_err(|_| damaged())?;
        let length = u64::try_from(column.compressed_size()).map_err(|_| damaged())?;
        let end = at.checked_add(length).filter(|end| *end <= stored.len()).ok_or_else(damaged)?;
        let mut cost = Self::default();
        while at < end {
            let header = Header::read(stored, at, end - at)?.ok_or_else(damaged)?;
            let size = u64::try_from(header.uncompressed).map_err(|_| damaged())?;
            let compressed = u64::try_from(header.compressed).map_err(|_| damaged())?;
            let values = u64::try_from(header.values).map_err(|_| damaged())?;
            if let Some((_, encoding)) = UNBOUNDED.iter().find(|(number, _)| *number == header.encoding) {
                return Err(TableProblem::Encoding { column: column.column_path().string(), encoding });
            }
            // Room is made for a dictionary's values, each of which has a byte at least.
            if header.is_dictionary && values > size {
                return Err(damaged());
            }
            let of_kind = if header.is_dictionary { &mut cost.dictionary } else { &mut cost.data };
            *of_kind = size.max(compressed).max(*of_kind);
            if !header.is_dictionary {
                cost.values = cost.values.saturating_add(values);
            }
            at += header.length + compressed;
            if at > end {
                return Err(damaged());
            }
        }
        Ok(cost)
    }

    fn bytes(&self, column: &ColumnChunkMetaData) -> u64 {
        let width = u64::try_from(column.column_descr().type_length()).unwrap_or(0).max(LEAST_WIDTH);
        let is_in_list = column.column_descr().max_rep_level() > 0;
        let in_lists = if is_in_list { self.values.saturating_mul(width) } else { 0 };
        (self.dictionary + self.data).saturating_add(width).saturating_add(in_lists)
    }
}

impl Header {
    /// `None` if there is none.
    fn read(stored: &StoredTable, at: u64, left: u64) -> Result<Option<Self>, TableProblem> {
        let most = left.min(MAX_HEADER);
        let mut length = most.min(256);
        loop {
            let bytes = guarded(|| stored.up_to(at, length).map_err(TableProblem::parquet))?;
            match Self::parse(&bytes) {
                Ok(header) => return Ok(Some(header)),
                Err(Broken::Ended) if length < most => length = most.min(length * 16),
                Err(_) => return Ok(None),
            }
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self, Broken> {
        let mut header = Self::default();
        let mut compact = Compact::new(bytes);
        compact.structure(&mut |compact, number, kind| {
            match (number, kind) {
                (UNCOMPRESSED, I32) => header.uncompressed = compact.integer()?,
                (COMPRESSED, I32) => header.compressed = compact.integer()?,
                (DATA_PAGE, STRUCT) => (header.values, header.encoding) = page(compact, 2)?,
                (DATA_PAGE_V2, STRUCT) => (header.values, header.encoding) = page(compact, 4)?,
                (DICTIONARY_PAGE, STRUCT) => {
                    header.is_dictionary = true;
                    (header.values, header.encoding) = page(compact, 2)?;
                }
                _ => return Ok(Taken::No),
            }
            Ok(Taken::Yes)
        })?;
        header.length = compact.read() as u64;
        Ok(header)
    }
}

/// Number of values, and encoding.
fn page(compact: &mut Compact<'_>, encoding_field: i64) -> Result<(i64, i64), Broken> {
    let (mut values, mut encoding) = (0, 0);
    compact.structure(&mut |compact, number, kind| {
        match (number, kind) {
            (VALUES, I32) => values = compact.integer()?,
            (field, I32) if field == encoding_field => encoding = compact.integer()?,
            _ => return Ok(Taken::No),
        }
        Ok(Taken::Yes)
    })?;
    Ok((values, encoding))
}
