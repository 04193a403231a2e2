//! Values on their way into SQLite and out of it.

use overt_record::{Hash, Timestamp};
use rusqlite::Row;
use rusqlite::types::Type;
use serde::Serialize;

/// SQLite's integers have a sign. Nothing that is counted here reaches 2^63.
pub(crate) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Seconds since 1970 of a moment in milliseconds.
pub(crate) fn seconds(milliseconds: u64) -> i64 {
    integer(milliseconds / 1000)
}

/// A moment in milliseconds as records write it; the last one that they can write, if it is later.
pub(crate) fn timestamp(milliseconds: u64) -> Timestamp {
    const LAST: u64 = 253_402_300_799;
    Timestamp::from_unix((milliseconds / 1000).min(LAST)).unwrap_or(EPOCH)
}

const EPOCH: Timestamp = match Timestamp::from_unix(0) {
    Some(epoch) => epoch,
    None => panic!("1970 can be written"),
};

/// The word that an enumeration's value has in JSON.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// Reads columns as what they are.
pub(crate) trait Columns {
    fn hash(&self, column: &str) -> rusqlite::Result<Hash>;
    fn optional_hash(&self, column: &str) -> rusqlite::Result<Option<Hash>>;
    fn count(&self, column: &str) -> rusqlite::Result<u64>;
    fn optional_count(&self, column: &str) -> rusqlite::Result<Option<u64>>;
    fn time(&self, column: &str) -> rusqlite::Result<Timestamp>;
    fn optional_time(&self, column: &str) -> rusqlite::Result<Option<Timestamp>>;
    fn parsed<T: serde::de::DeserializeOwned>(&self, column: &str) -> rusqlite::Result<T>;
}

impl Columns for Row<'_> {
    fn hash(&self, column: &str) -> rusqlite::Result<Hash> {
        self.get::<_, [u8; 32]>(column).map(Hash::from)
    }

    fn optional_hash(&self, column: &str) -> rusqlite::Result<Option<Hash>> {
        Ok(self.get::<_, Option<[u8; 32]>>(column)?.map(Hash::from))
    }

    fn count(&self, column: &str) -> rusqlite::Result<u64> {
        Ok(self.get::<_, i64>(column)?.max(0).unsigned_abs())
    }

    fn optional_count(&self, column: &str) -> rusqlite::Result<Option<u64>> {
        Ok(self.get::<_, Option<i64>>(column)?.map(|number| number.max(0).unsigned_abs()))
    }

    fn time(&self, column: &str) -> rusqlite::Result<Timestamp> {
        let seconds = self.count(column)?;
        Timestamp::from_unix(seconds).ok_or_else(|| unreadable(format!("no time: {seconds}")))
    }

    fn optional_time(&self, column: &str) -> rusqlite::Result<Option<Timestamp>> {
        Ok(self.optional_count(column)?.and_then(Timestamp::from_unix))
    }

    /// A word of an enumeration, as [`word`] wrote it.
    fn parsed<T: serde::de::DeserializeOwned>(&self, column: &str) -> rusqlite::Result<T> {
        let word: String = self.get(column)?;
        serde_json::from_value(serde_json::Value::String(word)).map_err(|error| unreadable(error.to_string()))
    }
}

fn unreadable(reason: String) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, reason.into())
}
