//! An incident: a harm or a flaw of an AI system, reported by anyone.
//!
//! The enumerations are those of FLARE-AI (coordinated disclosure of AI flaws, arXiv 2606.31567); severity also in the
//! five grades of the OECD's common reporting framework (AI Papers No. 34, criterion 10); the legal classes are those of
//! the EU's AI Act, Article 3(49). What few reports know stands in [`IncidentDetails`]; `overt-report` makes reports and
//! exports them to FLARE-AI, AVID, AIID, the OECD framework, the EU's code for general-purpose AI and OpenVEX. There is no
//! field for anybody's contact: a record is public.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::incident_details::{IncidentDetails, Purl};
use super::incident_terms::{
    Discovery, Factor, HarmKind, IncidentKind, IncidentStatus, OecdSeverity, Precision, Prevalence, Regime,
    ReportStage, ReporterRelation, SeriousIncident, Severity, Stakeholder,
};
use super::{BrokenRule, Country, Header, RecordType};
use crate::in_toto::Subject;
use crate::{Hash, Link, Name, Text, Timestamp, json};

/// The body of an `incident`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Incident {
    /// What kind of report it is.
    pub kind: IncidentKind,
    /// One line.
    pub title: Name,
    /// What happened.
    pub description: Text,
    /// The language of the words, as BCP 47 writes it.
    pub language: Name,
    /// The systems that had a part in it.
    pub systems: Vec<ImplicatedSystem>,
    /// How they had a part in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation_to_harm: Option<Text>,
    /// How bad.
    pub severity: Severity,
    /// The same in the OECD's grades.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oecd_severity: Option<OecdSeverity>,
    /// How often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prevalence: Option<Prevalence>,
    /// Which harms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub harms: Vec<HarmKind>,
    /// Who was harmed or could be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stakeholders: Vec<Stakeholder>,
    /// Which cases of Article 3(49) of the AI Act it may be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serious: Vec<SeriousIncident>,
    /// Where.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<Country>,
    /// When it happened first, as far as known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// When the reporter found it. Deadlines run from here, or from a regime's own date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovered_at: Option<Timestamp>,
    /// How it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovery: Option<Discovery>,
    /// Where it stands.
    pub status: IncidentStatus,
    /// How the reporter stands to the system.
    pub reporter: ReporterRelation,
    /// What it is put down to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub factors: Vec<Factor>,
    /// How to see it again, unless that would do harm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps_to_reproduce: Option<Text>,
    /// What was done about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Text>,
    /// Entries in other people's vocabularies and databases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxonomies: Vec<Classified>,
    /// Records that show it: at most seven.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 7))]
    pub records: Vec<Hash>,
    /// Anything else that shows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// Reports that a law or a code demands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deadlines: Vec<Deadline>,
    /// What few reports know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Box<IncidentDetails>>,
    /// The record digest of the report that this one carries on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updates: Option<Hash>,
}

/// A system that had a part in an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ImplicatedSystem {
    /// The product's or the model's name.
    pub name: Name,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Name>,
    /// The model within a product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Name>,
    /// How it was reached: a page, an interface for programs, weights on one's own machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Name>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub developers: Vec<Name>,
    /// Who runs it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployers: Vec<Name>,
    /// Digest of its weights, or of its identity document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Hash>,
    /// What packages call it, for example `pkg:huggingface/example/model@<commit>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purl: Option<Purl>,
    /// The version in which it is repaired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed_in: Option<Name>,
}

/// An entry in somebody's vocabulary or database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Classified {
    /// Whose, for example `atlas`, `aiid`, `avid`, `cwe`, `mit-risk`.
    pub scheme: Name,
    /// The entry, for example `AML.T0051`.
    pub id: Name,
}

/// Something that shows what happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Evidence {
    /// What it is.
    pub title: Name,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<Link>,
    /// Digest of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Hash>,
}

/// A report that a law or a code demands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Deadline {
    /// Which one demands it.
    pub regime: Regime,
    /// Which report.
    pub report: ReportStage,
    /// By when.
    pub due: Timestamp,
    /// When it was sent, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Timestamp>,
}

impl RecordType for Incident {
    const KIND: &'static str = "incident";
    const VERSION: u16 = 1;

    /// The report itself (the digest of the body's canonical JSON), and each system whose digest is known.
    fn subjects(&self) -> Vec<Subject> {
        let report = json::to_canonical(self).map(|body| Subject::sha256("report", Hash::of(body)));
        let systems = self.systems.iter().filter_map(|system| system.sha256);
        report.into_iter().chain(systems.map(|sha256| Subject::sha256("system", sha256))).collect()
    }

    fn refs(&self) -> Vec<Hash> {
        self.updates.iter().chain(&self.records).copied().collect()
    }

    fn check(&self, header: &Header) -> Result<(), BrokenRule> {
        BrokenRule::unless(!self.systems.is_empty(), "an incident names at least one system")?;
        let ordered = self.occurred_at.zip(self.ended_at).is_none_or(|(begin, end)| begin <= end);
        BrokenRule::unless(ordered, "an incident ends after it began")?;
        let past = [self.occurred_at, self.ended_at, self.discovered_at].into_iter().flatten();
        BrokenRule::unless(
            past.into_iter().all(|time| time <= header.issued_at),
            "an incident is reported after it happened",
        )?;
        let shown = self.evidence.iter().all(|evidence| evidence.uri.is_some() || evidence.sha256.is_some());
        BrokenRule::unless(shown, "evidence has an address or a digest")?;
        let details = self.details.as_deref();
        let within = details.and_then(|details| details.occurred_within);
        let begins = within.is_none_or(|within| self.occurred_at.is_some_and(|time| begins(time, within)));
        BrokenRule::unless(begins, "a time that is known to the day, month or year is the beginning of it")?;
        details.map_or(Ok(()), |details| details.check(&self.records))
    }
}

/// Whether a time is the beginning of a day, a month or a year in UTC.
fn begins(time: Timestamp, within: Precision) -> bool {
    let rest = match within {
        Precision::Day => "T00:00:00Z",
        Precision::Month => "-01T00:00:00Z",
        Precision::Year => "-01-01T00:00:00Z",
    };
    time.to_string().ends_with(rest)
}
