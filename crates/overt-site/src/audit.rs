//! The audit trail: every privileged act, by whom and why, in lines that can't be taken out without being missed.
//!
//! Each line has the hash of the one before: `SHA-256("overt/audit/v1\0" || hash before || canonical JSON of the line)`. The
//! newest hash, noted elsewhere from time to time, holds the whole trail.

use std::sync::Arc;

use overt_record::{Hash, Timestamp, json};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

use crate::private::{Private, PrivateError};
use crate::row::{Columns as _, integer, timestamp};

/// What the hash of the first line begins with.
const BEGINNING: [u8; 32] = [0; 32];

/// The audit trail of a site.
#[derive(Clone)]
pub struct Audit {
    private: Arc<Private>,
}

/// One act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditLine {
    /// Its number, from 1.
    pub number: u64,
    /// When.
    pub time: Timestamp,
    /// Who: the holder of a token, or `site`.
    pub who: String,
    /// What was done.
    pub act: String,
    /// To what.
    pub subject: String,
    /// Why.
    pub reason: String,
    /// The hash of this line and all before it.
    pub hash: Hash,
}

/// Whether the trail is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Whole {
    /// It is, with so many lines.
    Yes {
        /// How many.
        lines: u64,
        /// The newest hash.
        hash: Hash,
    },
    /// A line is missing or was altered.
    BrokenAt {
        /// The first line that does not follow.
        number: u64,
    },
}

/// An act that is to be noted.
pub(crate) struct Act<'a> {
    pub(crate) who: &'a str,
    pub(crate) what: &'static str,
    pub(crate) subject: &'a str,
    pub(crate) reason: &'a str,
}

/// Notes an act in the transaction that does it.
pub(crate) fn note(connection: &Connection, now: u64, act: &Act<'_>) -> Result<(), PrivateError> {
    let last = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
    let read = |row: &Row<'_>| Ok((row.count("number")?, row.hash("hash")?));
    let last = connection.prepare_cached(last)?.query_row([], read).optional()?;
    let (number, before) = last.unwrap_or((0, BEGINNING.into()));
    let time = timestamp(now);
    let hash = line_hash(&before, number + 1, time, [act.who, act.what, act.subject, act.reason]);
    connection.prepare_cached("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        integer(number + 1),
        integer(time.to_unix()),
        act.who,
        act.what,
        act.subject,
        act.reason,
        hash.as_bytes(),
    ])?;
    Ok(())
}

fn line_hash(before: &Hash, number: u64, time: Timestamp, words: [&str; 4]) -> Hash {
    let [who, act, subject, reason] = words;
    let line = serde_json::json!({
        "number": number, "time": time, "who": who, "act": act, "subject": subject, "reason": reason,
    });
    let line = json::to_canonical(&line).unwrap_or_default();
    Hash::of_all([b"overt/audit/v1\0".as_slice(), before.as_bytes(), &line])
}

impl Audit {
    pub(crate) fn new(private: Arc<Private>) -> Self {
        Self { private }
    }

    /// Lines, newest first, before a number; at most 500.
    ///
    /// # Errors
    /// When the private state can't be read.
    pub fn lines(&self, before: Option<u64>, most: u16) -> Result<Vec<AuditLine>, PrivateError> {
        let before = before.map_or(i64::MAX, integer);
        self.private.database.read(|connection| {
            let select = "SELECT * FROM audit WHERE number < ? ORDER BY number DESC LIMIT ?";
            let mut select = connection.prepare_cached(select)?;
            let found = select.query_map([before, i64::from(most.clamp(1, 500))], read_line)?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }

    /// Computes every hash again.
    ///
    /// # Errors
    /// When the private state can't be read.
    pub fn check(&self) -> Result<Whole, PrivateError> {
        self.private.database.read(|connection| {
            let mut select = connection.prepare_cached("SELECT * FROM audit ORDER BY number")?;
            let (mut lines, mut hash) = (0, Hash::from(BEGINNING));
            for line in select.query_map([], read_line)? {
                let line = line?;
                let AuditLine { who, act, subject, reason, .. } = &line;
                hash = line_hash(&hash, lines + 1, line.time, [who, act, subject, reason]);
                if line.number != lines + 1 || line.hash != hash {
                    return Ok(Whole::BrokenAt { number: lines + 1 });
                }
                lines += 1;
            }
            Ok(Whole::Yes { lines, hash })
        })
    }
}

fn read_line(row: &Row<'_>) -> rusqlite::Result<AuditLine> {
    Ok(AuditLine {
        number: row.count("number")?,
        time: row.time("time")?,
        who: row.get("who")?,
        act: row.get("act")?,
        subject: row.get("subject")?,
        reason: row.get("reason")?,
        hash: row.hash("hash")?,
    })
}
