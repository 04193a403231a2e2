//! Records out of the log, where the index does not have all of what they say.

use overt_log::admission::{FoundBody, Submission, body_of};
use overt_record::record::{Body, Header, Incident};
use overt_record::{Hash, LogEntry};

use super::desk::Desk;
use super::fault::Fault;

/// An incident as its record says it.
pub(super) struct FoundIncident {
    pub(super) header: Header,
    pub(super) incident: Box<Incident>,
}

impl Desk {
    /// The incident of a record, verified.
    pub(super) fn incident(&self, record: &Hash) -> Result<FoundIncident, Fault> {
        const MISSING: Fault = Fault::Missing("such incident");
        let view = self.index().record(record)?.ok_or(MISSING)?;
        let Some(entry) = view.entry else {
            return Err(if view.redactions.is_empty() { MISSING } else { Fault::Gone });
        };
        let size = self.index().position()?.next;
        let bytes = self.reader().entry(entry.index, size)?;
        let leaf = LogEntry::parse(&bytes).map_err(|_| Fault::Ours)?;
        let store = self.settings().store.as_ref();
        let FoundBody::Here(body) = body_of(store, entry.index, &leaf.commit)? else {
            return Err(Fault::Gone);
        };
        let submission = Submission::parse(&body).map_err(|_| Fault::Ours)?;
        let verified = submission.verify().map_err(|_| Fault::Ours)?;
        let header = verified.record.header().clone();
        match verified.record.body() {
            Body::Incident(incident) if verified.digest == *record => {
                Ok(FoundIncident { header, incident: incident.clone() })
            }
            _ => Err(MISSING),
        }
    }
}
