//! Statements, with how many have signed and how that was verified.

use overt_record::record::{Capacity, MediaType, Verification};
use overt_record::{Hash, KeyId, Timestamp};
use rusqlite::{Connection, Row};
use serde::Serialize;

use super::entries::list;
use super::signatories::Standing;
use super::{Index, IndexError, Page, PageSize, Seek};
use crate::row::Columns as _;

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatementView {
    /// Its entry.
    pub index: u64,
    /// The record digest.
    pub record: Hash,
    /// When it was logged.
    pub time: Timestamp,
    /// Its title.
    pub title: String,
    /// The name that its issuer gives itself.
    pub issuer: String,
    /// Its issuer's key.
    pub key: KeyId,
    /// Its language.
    pub language: String,
    /// Which wording it is.
    pub version: String,
    /// How the text is written.
    pub media_type: MediaType,
    /// The text.
    pub text: String,
    /// The wording before it, by its own word.
    pub replaces: Option<Hash>,
    /// The same text in its first language, by its own word.
    pub translates: Option<Hash>,
    /// The newest wording of the same issuer that replaces this one.
    pub replaced_by: Option<Hash>,
    /// How many have signed, by what was verified.
    pub signatures: Vec<SignatureCount>,
    /// Lists of names that came from elsewhere, brought by the statement's issuer or an issuer that this site believes.
    pub listings: Vec<ListingView>,
}

impl StatementView {
    /// How many signatures there are of which somebody has checked something. Keys cost nothing: what those say of
    /// themselves alone is counted apart, and added to nothing.
    pub fn checked_signatures(&self) -> u64 {
        let checked = self.signatures.iter().filter(|count| count.standing != Standing::Own);
        checked.map(|count| count.signatures).fold(0, u64::saturating_add)
    }
}

/// A statement in another language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Translation {
    /// The record digest.
    pub record: Hash,
    /// Its language.
    pub language: String,
}

/// So many signatures of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignatureCount {
    /// In which capacity they sign.
    pub capacity: Capacity,
    /// What was checked.
    pub checked: Verification,
    /// By whom.
    pub standing: Standing,
    /// How many.
    pub signatures: u64,
}

/// A list of names as a source lists them: not verified here, and never counted as signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListingView {
    /// Its entry.
    pub index: u64,
    /// The record digest.
    pub record: Hash,
    /// Who brought it here.
    pub issuer: String,
    /// The key of whoever brought it here.
    pub key: KeyId,
    /// The source's title.
    pub source: String,
    /// Digest of the source.
    pub source_sha256: Hash,
    /// Where the source is.
    pub uri: Option<String>,
    /// How many the source says there are.
    pub stated_total: Option<u64>,
    /// How many names it lists.
    pub names: u64,
}

const STATEMENTS: &str = "\
    SELECT statement.idx, record.digest, entry.time, record.title, record.issuer, entry.key, language, version, media_type, \
        text, replaces, translates, \
        (SELECT newer.digest FROM statement AS wording JOIN record AS newer USING (idx) JOIN entry AS logged USING (idx) \
            WHERE wording.replaces = record.digest AND logged.key = entry.key ORDER BY idx DESC LIMIT 1) AS replaced_by \
    FROM statement JOIN record USING (idx) JOIN entry USING (idx)";

impl Index {
    /// Statements, newest first.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn statements(&self, seek: Seek, size: PageSize) -> Result<Page<StatementView>, IndexError> {
        let select = format!("{STATEMENTS} WHERE statement.idx < ? ORDER BY statement.idx DESC LIMIT ?");
        self.database.read(|connection| {
            let mut found = list(connection, &select, (seek.below(), size.and_one()), read_statement)?;
            found.iter_mut().try_for_each(|statement| complete(connection, statement))?;
            Ok(Page::of(found, size, |statement| statement.index))
        })
    }

    /// Whose statement it is; `None` if there is none that can be read.
    ///
    /// # Errors
    /// When the index can't be read.
    pub(crate) fn statement_issuer(&self, record: &Hash) -> Result<Option<KeyId>, IndexError> {
        let select = "SELECT entry.key FROM record JOIN statement USING (idx) JOIN entry USING (idx) \
                      WHERE record.digest = ? ORDER BY record.idx LIMIT 1";
        Ok(self.list(select, [record.as_bytes()], |row| row.hash("key"))?.pop().map(KeyId::from))
    }

    /// One statement.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn statement(&self, record: &Hash) -> Result<Option<StatementView>, IndexError> {
        let select = format!("{STATEMENTS} WHERE record.digest = ? ORDER BY record.idx LIMIT 1");
        self.database.read(|connection| {
            let Some(mut statement) = list(connection, &select, [record.as_bytes()], read_statement)?.pop()
            else {
                return Ok(None);
            };
            complete(connection, &mut statement)?;
            Ok(Some(statement))
        })
    }

    /// The same text in other languages: what the same issuer says to be so, and has not replaced.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn translations(&self, statement: &StatementView) -> Result<Vec<Translation>, IndexError> {
        let first = statement.translates.unwrap_or(statement.record);
        let select = "SELECT digest, language FROM statement JOIN record USING (idx) JOIN entry USING (idx) \
                      WHERE statement.idx IN (SELECT idx FROM statement WHERE translates = ?1 \
                                              UNION SELECT idx FROM record WHERE digest = ?1) \
                        AND entry.key = ?2 AND digest != ?3 \
                        AND NOT EXISTS (SELECT 1 FROM statement AS newer JOIN entry AS logged USING (idx) \
                                        WHERE newer.replaces = digest AND logged.key = ?2) \
                      ORDER BY statement.idx LIMIT 100";
        let (key, own) = (statement.key, statement.record);
        let values = (first.as_bytes(), key.as_hash().as_bytes(), own.as_bytes());
        self.list(select, values, |row| {
            Ok(Translation { record: row.hash("digest")?, language: row.get("language")? })
        })
    }

    /// How many have signed a record, by what was verified.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn signature_counts(&self, of: &Hash) -> Result<Vec<SignatureCount>, IndexError> {
        self.database.read(|connection| counts(connection, of))
    }
}

fn complete(connection: &Connection, statement: &mut StatementView) -> Result<(), IndexError> {
    statement.signatures = counts(connection, &statement.record)?;
    let select = "SELECT listing.idx, digest, issuer, entry.key, source, source_sha256, uri, stated_total, names \
                  FROM listing JOIN record USING (idx) JOIN entry USING (idx) \
                  WHERE statement = ? AND (standing = 'vouched' OR entry.key = ?) ORDER BY listing.idx";
    let values = (statement.record.as_bytes(), statement.key.as_hash().as_bytes());
    statement.listings = list(connection, select, values, read_listing)?;
    Ok(())
}

/// The counts that were kept, with those set apart whose domain was found to publish their key.
fn counts(connection: &Connection, of: &Hash) -> Result<Vec<SignatureCount>, IndexError> {
    let select = "SELECT capacity, checked, standing, signatures FROM tally WHERE of = ? ORDER BY 1, 2, 3";
    let mut counts = list(connection, select, [of.as_bytes()], |row| {
        Ok(SignatureCount {
            capacity: row.parsed("capacity")?,
            checked: row.parsed("checked")?,
            standing: row.parsed("standing")?,
            signatures: row.count("signatures")?,
        })
    })?;
    // CROSS: few domains publish keys, and for each of them an index leads to what it signed. Without it the planner looks
    // through a million signatures.
    let select = "SELECT capacity, count(*) AS signatures FROM domain_holder AS holder CROSS JOIN endorsement AS signed \
                  ON signed.domain = holder.domain AND signed.key = holder.key AND signed.of = ? \
                      AND signed.standing = 'own' AND signed.domain IS NOT NULL \
                  GROUP BY capacity ORDER BY 1";
    let proven = list(connection, select, [of.as_bytes()], |row| {
        Ok((row.parsed::<Capacity>("capacity")?, row.count("signatures")?))
    })?;
    for (capacity, found) in proven {
        let own = (capacity, Verification::Nothing, Standing::Own);
        let unproven = counts.iter_mut().find(|count| (count.capacity, count.checked, count.standing) == own);
        if let Some(unproven) = unproven {
            unproven.signatures = unproven.signatures.saturating_sub(found);
        }
        let checked = Verification::DomainKey;
        counts.push(SignatureCount { capacity, checked, standing: Standing::DomainFound, signatures: found });
    }
    counts.retain(|count| count.signatures > 0);
    Ok(counts)
}

fn read_statement(row: &Row<'_>) -> rusqlite::Result<StatementView> {
    Ok(StatementView {
        index: row.count("idx")?,
        record: row.hash("digest")?,
        time: row.time("time")?,
        title: row.get("title")?,
        issuer: row.get("issuer")?,
        key: row.hash("key")?.into(),
        language: row.get("language")?,
        version: row.get("version")?,
        media_type: row.parsed("media_type")?,
        text: row.get("text")?,
        replaces: row.optional_hash("replaces")?,
        translates: row.optional_hash("translates")?,
        replaced_by: row.optional_hash("replaced_by")?,
        signatures: Vec::new(),
        listings: Vec::new(),
    })
}

fn read_listing(row: &Row<'_>) -> rusqlite::Result<ListingView> {
    Ok(ListingView {
        index: row.count("idx")?,
        record: row.hash("digest")?,
        issuer: row.get("issuer")?,
        key: row.hash("key")?.into(),
        source: row.get("source")?,
        source_sha256: row.hash("source_sha256")?,
        uri: row.get("uri")?,
        stated_total: row.optional_count("stated_total")?,
        names: row.count("names")?,
    })
}
