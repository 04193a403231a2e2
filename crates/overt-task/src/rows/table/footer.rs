//! A Parquet file's end: whether it is one, and whether the tree of its columns is one that can be walked.
//!
//! The library walks that tree by recursion, so a file with a hundred thousand groups within each other would end the
//! process, which no error handling can catch.

use parquet::file::reader::Length as _;

use super::TableProblem;
use super::guard::guarded;
use super::stored::StoredTable;
use super::thrift::{Broken, Compact, I32, LIST, STRUCT, Taken};

/// The most bytes of a footer.
const MAX_FOOTER: u64 = 16 << 20;

/// Groups within each other, at most; a list needs two.
const MAX_DEPTH: usize = 64;

/// Columns and groups, at most.
const MAX_COLUMNS: usize = 10_000;

/// What a Parquet file begins and ends with.
const MAGIC: &[u8] = b"PAR1";

/// The last bytes: the footer's length and [`MAGIC`].
const TAIL: u64 = 8;

/// Field of `FileMetaData`.
const SCHEMA: i64 = 2;
/// Field of `SchemaElement`.
const CHILDREN: i64 = 5;

/// Refuses what is no Parquet file and what would exhaust memory or stack while its footer is read.
pub(super) fn check(stored: &StoredTable) -> Result<(), TableProblem> {
    let bytes = read(stored)?;
    let mut outcome = Ok(());
    let walked = Compact::new(&bytes).structure(&mut |compact, number, kind| {
        if (number, kind) != (SCHEMA, LIST) {
            return Ok(Taken::No);
        }
        outcome = schema(compact)?;
        // Whatever else is wrong with a schema like that, this is the reason.
        if outcome.is_err() { Err(Broken::Malformed) } else { Ok(Taken::Yes) }
    });
    outcome?;
    walked.map_err(|_| TableProblem::Damaged("its footer cannot be read".into()))
}

fn read(stored: &StoredTable) -> Result<bytes::Bytes, TableProblem> {
    let part = |start, length| guarded(|| stored.up_to(start, length).map_err(TableProblem::parquet));
    if part(0, 4)? != MAGIC {
        return Err(TableProblem::NotParquet);
    }
    let end = stored.len().checked_sub(TAIL).ok_or(TableProblem::Cut)?;
    let tail = part(end, TAIL)?;
    let (length, magic) = tail.split_at_checked(4).ok_or(TableProblem::Cut)?;
    if magic == b"PARE" {
        return Err(TableProblem::Damaged("its footer is encrypted".into()));
    }
    if magic != MAGIC {
        return Err(TableProblem::Cut);
    }
    let length = length.iter().rev().fold(0, |length, byte| length << 8 | u64::from(*byte));
    if length > MAX_FOOTER {
        let what = "its footer".to_owned();
        return Err(TableProblem::TooLarge { what, bytes: length, limit: MAX_FOOTER });
    }
    let start = end.checked_sub(length).ok_or(TableProblem::Cut)?;
    part(start, length)
}

/// Walks the list of columns and groups, in which a group is followed by what it holds.
fn schema(compact: &mut Compact<'_>) -> Result<Result<(), TableProblem>, Broken> {
    let (length, kind) = compact.list()?;
    if kind != STRUCT {
        return Err(Broken::Malformed);
    }
    if length > MAX_COLUMNS {
        return Ok(Err(TableProblem::TooMany { what: "columns", limit: MAX_COLUMNS }));
    }
    // How many of each open group's parts are still to come.
    let mut open: Vec<i64> = Vec::new();
    for _ in 0..length {
        let mut children = 0;
        compact.structure(&mut |compact, number, kind| {
            if (number, kind) != (CHILDREN, I32) {
                return Ok(Taken::No);
            }
            children = compact.integer()?;
            Ok(Taken::Yes)
        })?;
        while open.pop_if(|left| *left <= 0).is_some() {}
        if let Some(left) = open.last_mut() {
            *left -= 1;
        }
        if children > 0 {
            open.push(children);
        }
        if open.len() > MAX_DEPTH {
            return Ok(Err(TableProblem::TooMany { what: "groups within each other", limit: MAX_DEPTH }));
        }
    }
    Ok(Ok(()))
}
