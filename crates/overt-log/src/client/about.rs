//! Records that point to one record.

use overt_record::verify::VerifiedRecord;
use overt_record::{Hash, LogEntry};

use super::aftermath::record_of;
use super::{ClientError, LogClient};

/// An entry that points to a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Pointing {
    /// Its place in the log.
    pub index: u64,
    /// The entry.
    pub entry: LogEntry,
    /// Its record; `None` if the body was erased or does not hold.
    pub record: Option<VerifiedRecord>,
}

/// Every entry that points to one of the records, and those that point to these in turn (a redaction of an endorsement of a
/// statement), in the order of the log, and how many entries were read. Every entry is read.
///
/// # Errors
/// When the log cannot be asked, or has forked.
pub async fn pointing_to(client: &LogClient, record: Hash) -> Result<(u64, Vec<Pointing>), ClientError> {
    let tree = client.tree().await?;
    let size = tree.head().size;
    let mut known = std::collections::BTreeSet::from([record]);
    let mut found = Vec::new();
    for index in 0..size {
        let Ok(entry) = LogEntry::parse(&tree.entry(index).await?) else { continue };
        if !entry.refs().iter().any(|of| known.contains(of)) {
            continue;
        }
        let record = record_of(client, index, &entry).await?;
        // What points to something is logged after it: one pass finds all.
        known.extend(record.as_ref().map(|record| record.digest));
        found.push(Pointing { index, entry, record });
    }
    Ok((size, found))
}
