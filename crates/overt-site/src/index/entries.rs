//! Log entries and records, one by one and in pages.

use overt_record::record::{Kind, RedactionReason};
use overt_record::{Hash, KeyId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use super::{Index, IndexError, Page, PageSize, Seek};
use crate::row::{Columns as _, integer};

/// An entry of the log, and a line about its record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntryView {
    /// Its place in the log.
    pub index: u64,
    /// When it was logged.
    pub time: Timestamp,
    /// The type of its record.
    pub kind: Kind,
    /// The key that signed the record.
    pub key: KeyId,
    /// What is left of the body.
    pub state: EntryState,
    /// The entry that says why the body was taken down.
    pub redaction: Option<u64>,
    /// The record digest, if the body can be read.
    pub record: Option<Hash>,
    /// The name that the issuer gives itself.
    pub issuer: Option<String>,
    /// A line about the record.
    pub title: Option<String>,
}

/// What is left of an entry's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryState {
    /// All of it.
    Readable,
    /// It is missing or damaged.
    Unreadable,
    /// A redaction took it down.
    TakenDown,
}

/// A record, and what the log says about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordView {
    /// The record digest.
    pub record: Hash,
    /// Its entry: the first one, if it was logged more than once. `None` if its body is gone, since then nothing says which
    /// entry was its own.
    pub entry: Option<EntryView>,
    /// When it was issued, by the issuer's own clock.
    pub issued: Option<Timestamp>,
    /// Redactions of it or of parts of it, oldest first.
    pub redactions: Vec<RedactionView>,
    /// How many entries point to it.
    pub referrers: u64,
}

/// A redaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RedactionView {
    /// Its entry.
    pub index: u64,
    /// When it was logged.
    pub time: Timestamp,
    /// What it is of.
    pub target: Hash,
    /// `record`, `samples` or `files`.
    pub scope: String,
    /// Why.
    pub reason: RedactionReason,
    /// Why, in words.
    pub explanation: Option<String>,
    /// Who demanded it.
    pub authority: String,
    /// What stands in its place.
    pub corrected_by: Option<Hash>,
    /// Who signed it. Whoever has no say can sign one too; then the record is still there.
    pub key: KeyId,
}

/// What every query of entries selects.
const SELECT: &str = "SELECT entry.idx, time, kind, key, state, redaction, digest, issuer, title \
                      FROM entry LEFT JOIN record USING (idx)";

pub(super) fn read_entry(row: &Row<'_>) -> rusqlite::Result<EntryView> {
    Ok(EntryView {
        index: row.count("idx")?,
        time: row.time("time")?,
        kind: row.parsed("kind")?,
        key: row.hash("key")?.into(),
        state: row.parsed("state")?,
        redaction: row.optional_count("redaction")?,
        record: row.optional_hash("digest")?,
        issuer: row.get("issuer")?,
        title: row.get("title")?,
    })
}

impl Index {
    /// Entries, newest first; of one type, if it is given.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn entries(
        &self,
        kind: Option<&Kind>,
        seek: Seek,
        size: PageSize,
    ) -> Result<Page<EntryView>, IndexError> {
        let of_kind = if kind.is_some() { "kind = ?3 AND" } else { "?3 IS NULL AND" };
        let select = format!("{SELECT} WHERE {of_kind} entry.idx < ?1 ORDER BY entry.idx DESC LIMIT ?2");
        let kind = kind.map(Kind::as_str);
        let found = self.list(&select, params![seek.below(), size.and_one(), kind], read_entry)?;
        Ok(Page::of(found, size, |entry| entry.index))
    }

    /// One entry.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn entry(&self, index: u64) -> Result<Option<EntryView>, IndexError> {
        let select = format!("{SELECT} WHERE entry.idx = ?");
        Ok(self.list(&select, [integer(index)], read_entry)?.pop())
    }

    /// What the log says about a record; `None` if it says nothing.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn record(&self, record: &Hash) -> Result<Option<RecordView>, IndexError> {
        self.database.read(|connection| {
            let select = format!("{SELECT} WHERE digest = ? ORDER BY record.idx LIMIT 1");
            let entry =
                connection.prepare_cached(&select)?.query_row([record.as_bytes()], read_entry).optional()?;
            let redactions = redactions(connection, record)?;
            if entry.is_none() && redactions.is_empty() {
                return Ok(None);
            }
            let issued = match &entry {
                Some(entry) => {
                    let mut select = connection.prepare_cached("SELECT issued FROM record WHERE idx = ?")?;
                    Some(select.query_row([integer(entry.index)], |row| row.time("issued"))?)
                }
                None => None,
            };
            let count = "SELECT entries FROM referred WHERE target = ?";
            let read = |row: &Row<'_>| row.count("entries");
            let referrers =
                connection.prepare_cached(count)?.query_row([record.as_bytes()], read).optional()?;
            let referrers = referrers.unwrap_or_default();
            Ok(Some(RecordView { record: *record, entry, issued, redactions, referrers }))
        })
    }

    /// The entries that point to a record, oldest first: its reproductions, plans' evaluations, endorsements, redactions.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn referrers(
        &self,
        record: &Hash,
        kind: Option<&Kind>,
        seek: Seek,
        size: PageSize,
    ) -> Result<Page<EntryView>, IndexError> {
        let select = format!(
            "{SELECT} JOIN reference ON reference.idx = entry.idx \
             WHERE target = ?1 AND reference.idx > ?2 AND (?4 IS NULL OR kind = ?4) ORDER BY reference.idx LIMIT ?3"
        );
        let kind = kind.map(Kind::as_str);
        let values = params![record.as_bytes(), seek.above(), size.and_one(), kind];
        let found = self.list(&select, values, read_entry)?;
        Ok(Page::of(found, size, |entry| entry.index))
    }

    /// What an entry points to.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn references(&self, index: u64) -> Result<Vec<Hash>, IndexError> {
        let select = "SELECT target FROM reference WHERE idx = ? ORDER BY target";
        self.list(select, [integer(index)], |row| row.hash("target"))
    }

    /// Redactions, newest first.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn redactions(&self, seek: Seek, size: PageSize) -> Result<Page<RedactionView>, IndexError> {
        let select = format!("{REDACTIONS} WHERE redaction.idx < ? ORDER BY redaction.idx DESC LIMIT ?");
        let found = self.list(&select, params![seek.below(), size.and_one()], read_redaction)?;
        Ok(Page::of(found, size, |redaction| redaction.index))
    }

    /// Reads a list of rows.
    pub(super) fn list<T>(
        &self,
        select: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, IndexError> {
        self.database.read(|connection| list(connection, select, values, read))
    }
}

pub(super) fn list<T>(
    connection: &Connection,
    select: &str,
    values: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, IndexError> {
    let mut select = connection.prepare_cached(select)?;
    Ok(select.query_map(values, read)?.collect::<Result<_, _>>()?)
}

const REDACTIONS: &str = "SELECT redaction.idx, time, target, scope, reason, explanation, authority, corrected_by, \
                          redaction.key FROM redaction JOIN entry USING (idx)";

fn redactions(connection: &Connection, target: &Hash) -> Result<Vec<RedactionView>, IndexError> {
    let select = format!("{REDACTIONS} WHERE target = ? ORDER BY redaction.idx");
    list(connection, &select, [target.as_bytes()], read_redaction)
}

fn read_redaction(row: &Row<'_>) -> rusqlite::Result<RedactionView> {
    Ok(RedactionView {
        index: row.count("idx")?,
        time: row.time("time")?,
        target: row.hash("target")?,
        scope: row.get("scope")?,
        reason: row.parsed("reason")?,
        explanation: row.get("explanation")?,
        authority: row.get("authority")?,
        corrected_by: row.optional_hash("corrected_by")?,
        key: row.hash("key")?.into(),
    })
}
