//! How keys changed, by what a log has.

use std::collections::BTreeSet;

use overt_record::record::{Body, Change};
use overt_record::tile::FULL_WIDTH;
use overt_record::{KeyId, LogEntry, Record};

use super::aftermath::record_of;
use super::{ClientError, LogClient};

/// The records of kind `key` that these keys signed, and those that they gave way to, in the log's order. Every entry is
/// read; of what is not there any more, nothing is known.
///
/// # Errors
/// When the log can't be asked, or is not to be believed.
pub async fn key_changes(client: &LogClient, keys: &[KeyId]) -> Result<Vec<Record>, ClientError> {
    let mut keys: BTreeSet<KeyId> = keys.iter().copied().collect();
    let tree = client.tree().await?;
    let mut changes = Vec::new();
    for bundle in 0..tree.head().size.div_ceil(u64::from(FULL_WIDTH)) {
        for (index, entry) in (bundle * u64::from(FULL_WIDTH)..).zip(tree.entries(bundle).await?) {
            let Ok(entry) = LogEntry::parse(&entry) else { continue };
            if entry.kind.as_str() != "key" || !keys.contains(&entry.key) {
                continue;
            }
            let Some(verified) = record_of(client, index, &entry).await? else { continue };
            if let Body::KeyChange(change) = verified.record.body()
                && verified.key == entry.key
            {
                if let Change::Rotate { new_key, .. } = &change.change {
                    keys.insert(new_key.id());
                }
                changes.push(verified.record);
            }
        }
    }
    Ok(changes)
}
