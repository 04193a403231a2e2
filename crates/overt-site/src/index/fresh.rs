//! Records that this process has signed a moment ago: what it has in its hands it need not read back from beside the log, and
//! need not check a second time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use overt_record::verify::VerifiedRecord;
use overt_record::{Hash, LogEntry, Salt, log_entry};

/// The most that are kept. Those that never get into the log would stay.
const MOST: usize = 4096;

/// Records by the commitments under which they will be logged, until the index has taken them in. A commitment is over a salt
/// of fresh randomness, so no entry but a record's own has it.
#[derive(Clone, Default)]
pub(crate) struct Fresh(Arc<Mutex<HashMap<Hash, (VerifiedRecord, Salt)>>>);

impl Fresh {
    /// Notes a record before anybody can log it.
    pub(crate) fn signed(&self, record: VerifiedRecord, salt: Salt) {
        let mut records = self.lock();
        if records.len() >= MOST {
            records.clear();
        }
        records.insert(log_entry::commitment(&salt, &record.digest), (record, salt));
    }

    /// The record of an entry, if it is one of these and the entry says what it says.
    pub(super) fn take(&self, entry: &LogEntry) -> Option<VerifiedRecord> {
        let (record, salt) = self.lock().remove(&entry.commit)?;
        entry.check(&record.record, &record.digest, &salt).ok()?;
        Some(record)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Hash, (VerifiedRecord, Salt)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use overt_record::record::{Header, Issuer, MediaType, PublicStatement};
    use overt_record::{Algorithm, PrivateKey, Record, Text, Timestamp};

    use super::*;

    fn record(title: &str) -> VerifiedRecord {
        let key = PrivateKey::generate(Algorithm::Ed25519, &[9; 32]).public();
        let text = Text::new("We ask for evidence.").unwrap();
        let body = PublicStatement {
            title: title.parse().unwrap(),
            language: "en".parse().unwrap(),
            version: "1".parse().unwrap(),
            replaces: None,
            translates: None,
            media_type: MediaType::Plain,
            sha256: Hash::of(text.as_str()),
            text,
        };
        let issued_at = Timestamp::from_unix(1_767_225_600).unwrap();
        let issuer = Issuer { name: "Example".parse().unwrap(), key, uri: None };
        let id = issuer.key.id();
        let record = Record::new(Header { issuer, issued_at }, body).unwrap();
        VerifiedRecord { record, digest: Hash::of(title), key: id }
    }

    fn entry(record: &VerifiedRecord, salt: Salt) -> LogEntry {
        let time = Timestamp::from_unix(1_767_225_600).unwrap();
        LogEntry::of_record(&record.record, &record.digest, &salt, time).unwrap()
    }

    #[test]
    fn a_record_is_taken_once_and_by_its_own_entry_alone() {
        let (fresh, salt) = (Fresh::default(), Salt::from_bytes([1; 32]));
        let (first, other) = (record("First"), record("Other"));
        fresh.signed(first.clone(), salt);
        assert!(fresh.take(&entry(&other, salt)).is_none());
        assert!(fresh.take(&entry(&first, Salt::from_bytes([2; 32]))).is_none());
        assert_eq!(fresh.take(&entry(&first, salt)), Some(first.clone()));
        assert!(fresh.take(&entry(&first, salt)).is_none());
        // An entry that claims another type is read from beside the log, and judged there.
        fresh.signed(first.clone(), salt);
        let mut lies = entry(&first, salt);
        lies.kind = "incident".parse().unwrap();
        assert!(fresh.take(&lies).is_none());
    }

    #[test]
    fn what_never_gets_into_the_log_does_not_pile_up() {
        let (fresh, record) = (Fresh::default(), record("First"));
        for number in 0..2 * MOST as u64 + 7 {
            fresh.signed(record.clone(), Salt::from(Hash::of(number.to_be_bytes())));
            assert!(fresh.lock().len() <= MOST);
        }
    }
}
