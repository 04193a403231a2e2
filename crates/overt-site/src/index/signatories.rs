//! Who signed, in pages, and found by name or affiliation. As fast under a million names as under ten.

use overt_record::record::{Capacity, Verification};
use overt_record::{Hash, KeyId, Timestamp};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

use super::{Index, IndexError, Page, PageSize, Seek};
use crate::row::{Columns as _, integer};
use crate::words;

/// A signature under a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignatoryView {
    /// The number in the list, from 1. Numbers of withdrawn signatures are not given again.
    pub number: u64,
    /// Its entry.
    pub index: u64,
    /// The endorsement's record digest.
    pub record: Hash,
    /// When it was logged.
    pub time: Timestamp,
    /// The name; absent if they signed without.
    pub name: Option<String>,
    /// A person's role.
    pub role: Option<String>,
    /// A person's organisation.
    pub affiliation: Option<String>,
    /// The country.
    pub country: Option<String>,
    /// In which capacity they sign.
    pub capacity: Capacity,
    /// What was checked, as far as this site believes it.
    pub checked: Verification,
    /// The domain that the check was about, or that they claim with a key of their own.
    pub domain: Option<String>,
    /// Whose word that is.
    pub standing: Standing,
    /// The issuer's key.
    pub key: KeyId,
}

/// Whose word it is that somebody signed, and what was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// An issuer that this site believes says so: itself, or an authority of its log.
    Vouched,
    /// They signed with a key of their own, and this site found that their domain publishes it.
    DomainFound,
    /// They signed with a key of their own. What it says of them is their own word.
    Own,
}

/// A name as a source lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedView {
    /// Its place in the source's order, from 1.
    pub place: u64,
    /// The name.
    pub name: String,
    /// What the source says about who that is.
    pub affiliation: Option<String>,
}

/// Whose word a row of `endorsement` is: a [`Standing`].
macro_rules! standing {
    () => {
        "CASE WHEN standing = 'own' AND EXISTS \
            (SELECT 1 FROM domain_holder AS holder WHERE holder.domain = endorsement.domain AND holder.key = endorsement.key) \
         THEN 'domain_found' ELSE standing END"
    };
}
pub(super) const STANDING: &str = standing!();

const SIGNATORIES: &str = concat!(
    "SELECT endorsement.idx, number, digest, time, name, role, affiliation, country, capacity, checked, domain, ",
    standing!(),
    " AS standing, key FROM endorsement"
);

impl Index {
    /// The signatures under a record in the order of signing, behind a number: `Seek::Behind(41_999)` begins with 42 000.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn signatories(
        &self,
        of: &Hash,
        seek: Seek,
        size: PageSize,
    ) -> Result<Page<SignatoryView>, IndexError> {
        let select = format!("{SIGNATORIES} WHERE of = ? AND number > ? ORDER BY number LIMIT ?");
        let found =
            self.list(&select, params![of.as_bytes(), seek.above(), size.and_one()], read_signatory)?;
        Ok(Page::of(found, size, |signatory| signatory.number))
    }

    /// The first signatures of which somebody has checked something, in the order of signing. Who signed with a key of their
    /// own is not among them: anybody can have a thousand keys, and be there first.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn checked_signatories(&self, of: &Hash, size: PageSize) -> Result<Vec<SignatoryView>, IndexError> {
        // Each half is a walk along an index of its own; the domains that publish keys are few.
        let select = format!(
            "{SIGNATORIES} WHERE of = ?1 AND number IN ( \
                 SELECT number FROM (SELECT number FROM endorsement WHERE of = ?1 AND standing = 'vouched' \
                                     ORDER BY number LIMIT ?2) \
                 UNION SELECT number FROM domain_holder AS holder CROSS JOIN endorsement AS signed \
                     ON signed.domain = holder.domain AND signed.key = holder.key AND signed.of = ?1 \
                         AND signed.standing = 'own' AND signed.domain IS NOT NULL) \
             ORDER BY number LIMIT ?2"
        );
        self.list(&select, params![of.as_bytes(), size.count()], read_signatory)
    }

    /// Those whose name or affiliation has all of these words, the last of them perhaps unfinished, in the order of
    /// signing. Case and accents do not matter, nor what stands behind the twelfth letter of a word. Nothing to search for
    /// finds nobody.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn search_signatories(
        &self,
        of: &Hash,
        text: &str,
        seek: Seek,
        size: PageSize,
    ) -> Result<Page<SignatoryView>, IndexError> {
        let Some(query) = words::query(text) else { return Ok(Page { items: Vec::new(), next: None }) };
        // Numbers and log indexes grow together, so the words' own order is the list's.
        let select = format!(
            "{SIGNATORIES} JOIN signatory_word ON signatory_word.rowid = endorsement.idx \
             WHERE signatory_word MATCH ?1 AND of = ?2 \
               AND signatory_word.rowid > coalesce((SELECT idx FROM endorsement WHERE of = ?2 AND number <= ?3 \
                                                    ORDER BY number DESC LIMIT 1), -1) \
             ORDER BY signatory_word.rowid LIMIT ?4"
        );
        let values = params![query, of.as_bytes(), seek.above(), size.and_one()];
        let found = self.list(&select, values, read_signatory)?;
        Ok(Page::of(found, size, |signatory| signatory.number))
    }

    /// One signature.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn signatory(&self, record: &Hash) -> Result<Option<SignatoryView>, IndexError> {
        let select = format!("{SIGNATORIES} WHERE digest = ? ORDER BY endorsement.idx LIMIT 1");
        Ok(self.list(&select, [record.as_bytes()], read_signatory)?.pop())
    }

    /// The names of a listing, in the source's order; those that have all of the words, if there are any.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn listed(
        &self,
        listing: u64,
        text: &str,
        seek: Seek,
        size: PageSize,
    ) -> Result<Page<ListedView>, IndexError> {
        // A listing is one record and so at most 4 MiB: looking at each of its names is fast.
        let folded = words::fold(text);
        let select = "SELECT place, name, affiliation FROM listed WHERE idx = ?1 AND place > ?2 \
                      AND instr(' ' || folded, ' ' || ?3) > 0 ORDER BY place LIMIT ?4";
        let select = if folded.is_empty() {
            select.replace("instr(' ' || folded, ' ' || ?3) > 0", "?3 = ''")
        } else {
            select.into()
        };
        let values = params![integer(listing), seek.above(), folded, size.and_one()];
        let found = self.list(&select, values, |row| {
            Ok(ListedView {
                place: row.count("place")?,
                name: row.get("name")?,
                affiliation: row.get("affiliation")?,
            })
        })?;
        Ok(Page::of(found, size, |listed| listed.place))
    }
}

fn read_signatory(row: &Row<'_>) -> rusqlite::Result<SignatoryView> {
    let standing = row.parsed("standing")?;
    let checked = match standing {
        Standing::DomainFound => Verification::DomainKey,
        Standing::Vouched | Standing::Own => row.parsed("checked")?,
    };
    Ok(SignatoryView {
        number: row.count("number")?,
        index: row.count("idx")?,
        record: row.hash("digest")?,
        time: row.time("time")?,
        name: row.get("name")?,
        role: row.get("role")?,
        affiliation: row.get("affiliation")?,
        country: row.get("country")?,
        capacity: row.parsed("capacity")?,
        checked,
        domain: row.get("domain")?,
        standing,
        key: row.hash("key")?.into(),
    })
}
