//! Incidents and flaws, by what they are.

use overt_record::record::{Country, HarmKind, IncidentKind, IncidentStatus, Severity};
use overt_record::{Hash, KeyId, Timestamp};
use rusqlite::Row;
use rusqlite::types::Value;
use serde::Serialize;

use super::{Index, IndexError, Page, PageSize, Seek};
use crate::row::{Columns as _, word};
use crate::words;

/// An incident as the newest report of its issuer tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IncidentView {
    /// Its entry.
    pub index: u64,
    /// The record digest.
    pub record: Hash,
    /// When it was logged.
    pub time: Timestamp,
    /// One line.
    pub title: String,
    /// The name that its issuer gives itself.
    pub issuer: String,
    /// Its issuer's key.
    pub key: KeyId,
    /// What kind of report it is.
    pub kind: IncidentKind,
    /// How bad.
    pub severity: Severity,
    /// Where it stands.
    pub status: IncidentStatus,
    /// The language of its words.
    pub language: String,
    /// The systems that had a part in it, the first three.
    pub systems: String,
    /// When it happened first.
    pub occurred: Option<Timestamp>,
    /// The report that this one carries on.
    pub updates: Option<Hash>,
}

/// Which incidents. What is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncidentFilter {
    /// What kind of report.
    pub kind: Option<IncidentKind>,
    /// How bad.
    pub severity: Option<Severity>,
    /// Where it stands.
    pub status: Option<IncidentStatus>,
    /// Which harm.
    pub harm: Option<HarmKind>,
    /// Where.
    pub country: Option<Country>,
    /// What the name of a system or of its model begins with; case and accents do not matter.
    pub system: Option<String>,
}

impl IncidentFilter {
    /// Conditions with their values.
    fn conditions(&self) -> (String, Vec<Value>) {
        let mut conditions = String::new();
        let mut values = Vec::new();
        let columns = [
            ("incident.kind", self.kind.as_ref().map(word)),
            ("severity", self.severity.as_ref().map(word)),
            ("status", self.status.as_ref().map(word)),
        ];
        for (column, value) in columns {
            if let Some(value) = value {
                conditions.push_str(&format!(" AND {column} = ?"));
                values.push(Value::Text(value));
            }
        }
        let terms = [
            self.harm.as_ref().map(|harm| format!("harm:{}", word(harm))),
            self.country.map(|country| format!("country:{country}")),
        ];
        for term in terms.into_iter().flatten() {
            conditions.push_str(" AND incident.idx IN (SELECT idx FROM incident_term WHERE term = ?)");
            values.push(Value::Text(term));
        }
        let system =
            self.system.as_ref().map(|system| words::fold(system)).filter(|system| !system.is_empty());
        if let Some(system) = system {
            // What is folded has no character beyond U+10FFFF.
            conditions.push_str(
                " AND incident.idx IN (SELECT idx FROM incident_term WHERE term >= ? AND term < ?)",
            );
            values.push(Value::Text(format!("system:{system}")));
            values.push(Value::Text(format!("system:{system}\u{10FFFF}")));
        }
        (conditions, values)
    }
}

/// Only the issuer carries on its own report: what others say about it stands beside it, not in its place.
const INCIDENTS: &str = "\
    SELECT incident.idx, record.digest, entry.time, record.title, record.issuer, entry.key, incident.kind, severity, status, \
        language, systems, occurred, updates, \
        EXISTS (SELECT 1 FROM incident AS newer JOIN entry AS logged USING (idx) \
            WHERE newer.updates = record.digest AND logged.key = entry.key) AS carried_on \
    FROM incident JOIN record USING (idx) JOIN entry USING (idx)";

impl Index {
    /// Incidents, newest first, each as its newest report tells it.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn incidents(
        &self,
        filter: &IncidentFilter,
        seek: Seek,
        size: PageSize,
    ) -> Result<Page<IncidentView>, IndexError> {
        let (conditions, mut values) = filter.conditions();
        values.insert(0, Value::Integer(seek.below()));
        values.push(Value::Integer(size.and_one()));
        let select = format!(
            "{INCIDENTS} WHERE incident.idx < ?{conditions} AND NOT carried_on ORDER BY incident.idx DESC LIMIT ?"
        );
        let found = self.list(&select, rusqlite::params_from_iter(values), read_incident)?;
        Ok(Page::of(found, size, |incident| incident.index))
    }

    /// One incident.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn incident(&self, record: &Hash) -> Result<Option<IncidentView>, IndexError> {
        let select = format!("{INCIDENTS} WHERE record.digest = ? ORDER BY record.idx LIMIT 1");
        Ok(self.list(&select, [record.as_bytes()], read_incident)?.pop())
    }
}

fn read_incident(row: &Row<'_>) -> rusqlite::Result<IncidentView> {
    Ok(IncidentView {
        index: row.count("idx")?,
        record: row.hash("digest")?,
        time: row.time("time")?,
        title: row.get("title")?,
        issuer: row.get("issuer")?,
        key: row.hash("key")?.into(),
        kind: row.parsed("kind")?,
        severity: row.parsed("severity")?,
        status: row.parsed("status")?,
        language: row.get("language")?,
        systems: row.get("systems")?,
        occurred: row.optional_time("occurred")?,
        updates: row.optional_hash("updates")?,
    })
}
