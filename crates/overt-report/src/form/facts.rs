//! What the answers so far decide about the rest.

use overt_record::record::{IncidentKind, IncidentStatus, ReporterRelation};

use crate::draft::{DisclosureIntent, Draft};

/// How the report is handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// To a site, which writes to the reporter before it accepts: an address is needed.
    Site,
    /// As a record that the reporter signs with their own key.
    Signed,
}

/// What decides which fields apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "they are answers to questions, and each is asked by name")]
pub(crate) struct Facts {
    pub(crate) csam: bool,
    pub(crate) harm: bool,
    pub(crate) harm_answered: bool,
    pub(crate) exploitable: bool,
    pub(crate) malicious: bool,
    pub(crate) evaluated: bool,
    pub(crate) measured: bool,
    pub(crate) has_duty: bool,
    pub(crate) insider: bool,
    pub(crate) plans_disclosure: bool,
    pub(crate) disclosed: bool,
    pub(crate) answered_by_maker: bool,
    pub(crate) by_site: bool,
}

impl Facts {
    pub(crate) fn of(draft: &Draft, channel: Channel) -> Self {
        let classification = &draft.classification;
        let malicious = classification.malicious_use == Some(true);
        let relation = draft.reporter.relation;
        let has_duty = matches!(relation, Some(ReporterRelation::Developer | ReporterRelation::Deployer));
        let disclosure = draft.coordination.disclosure;
        Self {
            csam: classification.csam == Some(true),
            harm: classification.real_world_harm == Some(true),
            harm_answered: classification.real_world_harm.is_some(),
            exploitable: malicious || classification.kind == Some(IncidentKind::Vulnerability),
            malicious,
            evaluated: draft.evidence.records.iter().any(|record| !record.is_empty()),
            measured: draft.evidence.measured_prevalence.is_some(),
            has_duty,
            insider: has_duty || relation == Some(ReporterRelation::Employee),
            plans_disclosure: disclosure == Some(DisclosureIntent::Yes),
            disclosed: disclosure == Some(DisclosureIntent::Already),
            answered_by_maker: matches!(
                draft.response.status,
                Some(IncidentStatus::Fixed | IncidentStatus::Accepted | IncidentStatus::Disputed)
            ),
            by_site: channel == Channel::Site,
        }
    }
}
