//! Domains that were found to publish a key, and those that are to be asked.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Index, IndexError, PageSize};
use crate::domain_keys::Published;
use crate::row::integer;

impl Index {
    /// Domains that somebody claims who signed with a key of their own, that were not looked up after a time (in seconds since
    /// 1970): first those that never were, in the order in which they were claimed.
    pub(crate) fn domains_due(&self, since: u64, most: u16) -> Result<Vec<String>, IndexError> {
        let select = "SELECT endorsement.domain FROM endorsement LEFT JOIN domain_lookup USING (domain) \
                      WHERE standing = 'own' AND endorsement.domain IS NOT NULL AND coalesce(tried, 0) <= ? \
                      GROUP BY endorsement.domain ORDER BY coalesce(tried, 0), min(idx) LIMIT ?";
        self.list(select, params![integer(since), PageSize::clamped(most).count()], |row| row.get(0))
    }

    /// Notes what a domain publishes at a time. If it could not be asked at one of the places, what was known before counts
    /// until it has not answered for as long as things are kept.
    pub(crate) async fn note_domain(
        &self,
        domain: String,
        found: Published,
        now: u64,
        kept: Duration,
    ) -> Result<(), IndexError> {
        self.database.write(move |connection| note(connection, &domain, &found, now, kept)).await
    }
}

fn note(
    connection: &Connection,
    domain: &str,
    found: &Published,
    now: u64,
    kept: Duration,
) -> Result<(), IndexError> {
    let answered = "SELECT answered FROM domain_lookup WHERE domain = ?";
    let before: Option<i64> = connection.query_row(answered, [domain], |row| row.get(0)).optional()?;
    let now = integer(now);
    let answered = if found.unanswered.is_empty() { now } else { before.unwrap_or(0) };
    let noted = "INSERT OR REPLACE INTO domain_lookup VALUES (?, ?, ?)";
    connection.execute(noted, params![domain, now, answered])?;
    if answered.saturating_add(integer(kept.as_secs())) <= now || answered == now {
        connection.execute("DELETE FROM domain_holder WHERE domain = ?", [domain])?;
    }
    for key in &found.keys {
        let publishes = "INSERT OR IGNORE INTO domain_holder VALUES (?, ?)";
        connection.execute(publishes, params![domain, key.as_hash().as_bytes()])?;
    }
    Ok(())
}
