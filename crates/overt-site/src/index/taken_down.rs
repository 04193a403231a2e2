//! What a redaction takes down leaves the index.

use overt_record::verify::VerifiedRecord;
use overt_record::{Hash, KeyId};
use rusqlite::{Connection, params};

use super::{Believed, Index, IndexError, endorsements};
use crate::row::{Columns as _, integer};

/// An entry that was taken down by whoever has a say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TakenDown {
    /// The entry.
    pub(crate) index: u64,
    /// The entry that says why.
    pub(crate) redaction: u64,
}

impl TakenDown {
    /// Since which entry it is so: a record may be logged once more after it was taken down.
    pub(crate) fn since(self) -> u64 {
        self.index.max(self.redaction)
    }
}

impl Index {
    /// The entries that were taken down since an entry, in the order in which it became so.
    pub(crate) fn taken_down_since(&self, entry: u64) -> Result<Vec<TakenDown>, IndexError> {
        let select = "SELECT idx, redaction FROM entry \
                      WHERE state = 'taken_down' AND max(idx, redaction) >= ? ORDER BY max(idx, redaction)";
        self.list(select, [integer(entry)], |row| {
            Ok(TakenDown { index: row.count("idx")?, redaction: row.count("redaction")? })
        })
    }

    /// The entries of which a part was taken down since an entry, by whoever has a say in them.
    pub(crate) fn partly_taken_down_since(&self, entry: u64) -> Result<Vec<TakenDown>, IndexError> {
        let select = "SELECT record.idx, redaction.idx AS redaction, entry.key, redaction.key AS demands \
                      FROM redaction JOIN record ON record.digest = redaction.target \
                      JOIN entry ON entry.idx = record.idx \
                      WHERE redaction.scope != 'record' AND max(record.idx, redaction.idx) >= ? \
                      ORDER BY max(record.idx, redaction.idx)";
        let found = self.list(select, [integer(entry)], |row| {
            let (own, by) = (KeyId::from(row.hash("key")?), KeyId::from(row.hash("demands")?));
            let one = TakenDown { index: row.count("idx")?, redaction: row.count("redaction")? };
            Ok((own == by || self.believed.authorities.contains(&by)).then_some(one))
        })?;
        Ok(found.into_iter().flatten().collect())
    }
}

/// Takes down every entry of a record, if whoever demands it has a say: the record's own issuer, or an authority.
pub(super) fn take_down(
    connection: &Connection,
    target: Hash,
    by: KeyId,
    redaction: u64,
    believed: &Believed,
) -> Result<(), IndexError> {
    let select = "SELECT idx, key FROM record JOIN entry USING (idx) WHERE digest = ?";
    let mut select = connection.prepare_cached(select)?;
    let found = select.query_map([target.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found: Vec<(i64, [u8; 32])> = found.collect::<Result<_, _>>()?;
    for (index, key) in found {
        if believed.authorities.contains(&by) || *by.as_hash().as_bytes() == key {
            endorsements::forget(connection, index)?;
            connection.prepare_cached("DELETE FROM record WHERE idx = ?")?.execute([index])?;
            mark(connection, index.unsigned_abs(), redaction)?;
        }
    }
    Ok(())
}

/// The redaction that took a record down before it was logged once more.
pub(super) fn before(
    connection: &Connection,
    verified: &VerifiedRecord,
    believed: &Believed,
) -> Result<Option<u64>, IndexError> {
    let select = "SELECT idx, key FROM redaction WHERE target = ? AND scope = 'record' ORDER BY idx";
    let mut select = connection.prepare_cached(select)?;
    let found = select.query_map([verified.digest.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found: Vec<(i64, [u8; 32])> = found.collect::<Result<_, _>>()?;
    let has_say = |key: &[u8; 32]| {
        let key = KeyId::from(Hash::from(*key));
        key == verified.key || believed.authorities.contains(&key)
    };
    Ok(found.iter().find(|(_, key)| has_say(key)).map(|(index, _)| index.unsigned_abs()))
}

/// Marks an entry as taken down.
pub(super) fn mark(connection: &Connection, index: u64, redaction: u64) -> Result<(), IndexError> {
    let update = "UPDATE entry SET state = 'taken_down', redaction = ? WHERE idx = ?";
    connection.prepare_cached(update)?.execute(params![integer(redaction), integer(index)])?;
    Ok(())
}
