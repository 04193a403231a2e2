//! Taking in what the log has grown by.

use std::sync::Arc;

use overt_log::Reader;
use overt_log::store::Store;
use overt_record::LogEntry;
use overt_record::tile::FULL_WIDTH;
use rusqlite::Connection;

use super::body::{self, Body};
use super::{Believed, Fresh, Index, IndexError, apply};
use crate::row::integer;

/// What was taken in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// How many entries.
    pub entries: u64,
}

/// An entry, read and checked before the transaction that takes it in.
struct Read {
    index: u64,
    entry: Option<LogEntry>,
    body: Body,
}

impl Index {
    /// Takes in every entry of the tree of `size` leaves that it has not taken in yet.
    ///
    /// At most the entries of one bundle share a transaction, and reading and checking them goes before it: whoever
    /// reads the index meanwhile sees all of them or none.
    ///
    /// # Errors
    /// When log or index fail. Following again goes on where it stopped.
    pub async fn follow(
        &self,
        reader: &Reader,
        store: &Arc<dyn Store>,
        size: u64,
    ) -> Result<Followed, IndexError> {
        let begin = self.position()?.next;
        if begin > size {
            return Err(IndexError::AnotherLog { found: begin, size });
        }
        let read = |next: u64| {
            let (reader, store, fresh) = (reader.clone(), store.clone(), self.fresh.clone());
            tokio::task::spawn_blocking(move || read(&reader, store.as_ref(), &fresh, next, size))
        };
        let mut next = begin;
        let mut reading = (next < size).then(|| read(next));
        while let Some(batch) = reading.take() {
            let batch = batch.await.unwrap_or_else(|_| Ok(Vec::new()))?;
            let (first, taken) = (next, batch.len() as u64);
            if taken == 0 {
                break;
            }
            next += taken;
            // What comes next is read and checked while this is written: of a long log, half of the time.
            reading = (next < size).then(|| read(next));
            let believed = self.believed.clone();
            self.database.write(move |connection| take_in(connection, first, &batch, &believed)).await?;
        }
        Ok(Followed { entries: next - begin })
    }
}

/// The entries from `next` to the end of their bundle, with their bodies.
fn read(
    reader: &Reader,
    store: &dyn Store,
    fresh: &Fresh,
    next: u64,
    size: u64,
) -> Result<Vec<Read>, IndexError> {
    let full = u64::from(FULL_WIDTH);
    let entries = reader.bundle(next / full, size)?;
    let mut batch = Vec::with_capacity(entries.len());
    for (index, bytes) in (next..).zip(entries.iter().skip((next % full) as usize)) {
        // What is no entry of a record was not let in by a door; it is counted like a body that can't be read.
        let entry = LogEntry::parse(bytes).ok();
        let body = match &entry {
            None => Body::Unreadable,
            Some(entry) => match fresh.take(entry) {
                Some(record) => Body::Here(Box::new(record)),
                None => body::body(store, index, entry)?,
            },
        };
        batch.push(Read { index, entry, body });
    }
    Ok(batch)
}

fn take_in(
    connection: &Connection,
    next: u64,
    batch: &[Read],
    believed: &Believed,
) -> Result<(), IndexError> {
    let position: i64 = connection.query_row("SELECT next FROM position", [], |row| row.get(0))?;
    if position != integer(next) {
        // Somebody else has followed meanwhile: nothing is taken in twice.
        return Ok(());
    }
    let mut unreadable = 0_i64;
    for read in batch {
        unreadable += i64::from(matches!(read.body, Body::Unreadable));
        if let Some(entry) = &read.entry {
            apply::apply(connection, read.index, entry, &read.body, believed)?;
        }
    }
    let end = position + integer(batch.len() as u64);
    let update = "UPDATE position SET next = ?, unreadable = unreadable + ?";
    Ok(connection.execute(update, [end, unreadable]).map(drop)?)
}
