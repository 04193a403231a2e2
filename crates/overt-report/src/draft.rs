//! The form as data: what a reporter has answered so far.
//!
//! A draft holds what was typed, right or wrong, so that nothing is lost before it is right; [`crate::form::check`] says
//! what is. What stands in [`Reporter`], [`Coordination`] and [`Attachment`] is private: the conversion to a record
//! ([`crate::to_incident`]) doesn't read it.

mod edit;
mod private;

use overt_record::record::{
    AttackerObjective, AttackerResource, Autonomy, Breadth, Discovery, Factor, HarmKind, IncidentKind,
    IncidentStatus, Intent, MeasuredPrevalence, Novelty, OecdSeverity, Prevalence, Principle, Regime,
    ReportStage, SeriousIncident, Severity, Stakeholder, SystemTask,
};
use serde::{Deserialize, Serialize};

pub use self::edit::{BadDraft, MAX_BYTES, MAX_ITEMS};
pub use self::private::{
    Acknowledgement, Attachment, Consent, Coordination, DisclosureIntent, Part, Private, Recipient, Reporter,
    SentReport, Step,
};

fn empty<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "camelCase", default)]
        pub struct $name {
            $($(#[$field_doc])* #[serde(skip_serializing_if = "empty")] pub $field: $type),+
        }
    )+};
}
use parts;

parts! {
    /// A report that is being written. Texts are as typed; an empty one is no answer.
    Draft {
        /// What kind of report it is.
        classification: Classification,
        /// The systems that had a part in it.
        systems: Vec<DraftSystem>,
        /// What happened.
        event: Event,
        /// What shows it.
        evidence: Proof,
        /// How bad it is, and for whom.
        impact: Impact,
        /// Who could exploit it.
        attack: Attack,
        /// Why it happened.
        cause: Cause,
        /// What was done about it.
        response: Response,
        /// Who reports. Private, but for `relation`.
        reporter: Reporter,
        /// Who else knows, and when others may. Private.
        coordination: Coordination,
        /// Files that were handed in with the report. Private: their names and digests stay out of the record.
        attachments: Vec<Attachment>,
        /// Instead of content that must not be kept.
        withheld: Withheld,
        /// The record digest of the report that this one corrects or carries on.
        updates: String,
    }

    /// What kind of report it is (the questions of FLARE-AI's first step).
    Classification {
        /// Was somebody harmed?
        real_world_harm: Option<bool>,
        /// Is it about somebody who uses the system to do harm?
        malicious_use: Option<bool>,
        /// Does it involve sexual abuse of children?
        csam: Option<bool>,
        /// The reporter has read where to turn, and hands in nothing.
        csam_acknowledged: Option<bool>,
        /// The kind of report.
        kind: Option<IncidentKind>,
    }

    /// A system that had a part in it.
    DraftSystem {
        /// The product's or the model's name.
        name: String,
        /// Its version.
        version: String,
        /// The model within a product.
        model: String,
        /// How it was reached.
        access: String,
        /// Who made it.
        developers: Vec<String>,
        /// Who runs it.
        deployers: Vec<String>,
        /// Digest of its weights or of its identity document.
        sha256: String,
        /// Package URL.
        purl: String,
        /// The version in which it is repaired.
        fixed_in: String,
    }

    /// What happened.
    Event {
        /// One line.
        title: String,
        /// What happened.
        description: String,
        /// The language of the words, as BCP 47 writes it.
        language: String,
        /// What the system should have done.
        expected: String,
        /// What it did instead.
        actual: String,
        /// When it happened first: a year, a month, a day or a time, in UTC.
        occurred_at: String,
        /// When it ended.
        ended_at: String,
        /// When the reporter found it.
        discovered_at: String,
        /// How it was found.
        discovery: Option<Discovery>,
        /// How the system was used.
        intent: Option<Intent>,
        /// Countries, in two letters.
        countries: Vec<String>,
        /// Places, in words.
        places: Vec<String>,
        /// How the system had a part in the harm.
        relation_to_harm: String,
        /// What led to it.
        chain_of_events: String,
        /// Rules of its maker or operator that it breaks.
        policies: Vec<PolicyItem>,
    }

    /// A rule that was broken.
    PolicyItem {
        /// Where it stands.
        uri: String,
        /// How it was broken.
        reason: String,
    }

    /// What shows it.
    Proof {
        /// How to see it again.
        steps_to_reproduce: String,
        /// Why it is likely to happen again.
        recurrence: String,
        /// Record digests of evaluations that show it.
        records: Vec<String>,
        /// How often, as an evaluation measured it: see [`crate::prevalence`].
        measured_prevalence: Option<MeasuredPrevalence>,
        /// Other systems on which the same was seen.
        also_seen_on: Vec<String>,
        /// Anything public that shows it.
        items: Vec<EvidenceItem>,
    }

    /// Something public that shows it.
    EvidenceItem {
        /// What it is.
        title: String,
        /// Where it is.
        uri: String,
        /// Its digest.
        sha256: String,
    }

    /// How bad it is, and for whom.
    Impact {
        /// How bad.
        severity: Option<Severity>,
        /// The same in the OECD's grades.
        oecd_severity: Option<OecdSeverity>,
        /// How often.
        prevalence: Option<Prevalence>,
        /// Which harms.
        harms: Vec<HarmKind>,
        /// Who was or could be harmed.
        stakeholders: Vec<Stakeholder>,
        /// Who was harmed, as groups or organisations.
        harmed_parties: Vec<String>,
        /// How much harm.
        harm_quantity: String,
        /// Cases of Article 3(49) of the EU's AI Act.
        serious: Vec<SeriousIncident>,
        /// Rights that were impaired.
        rights: Vec<String>,
        /// The OECD's principles that it touches.
        principles: Vec<Principle>,
        /// Critical functions or infrastructure.
        critical_infrastructure: Vec<String>,
        /// Industries, by ISIC.
        industries: Vec<String>,
        /// Business functions.
        business_functions: Vec<String>,
        /// How far the system is spread.
        breadth: Option<Breadth>,
        /// How far it acts alone.
        autonomy: Option<Autonomy>,
        /// What it does.
        tasks: Vec<SystemTask>,
        /// Whether the weakness is known.
        novelty: Option<Novelty>,
        /// Entries in other people's vocabularies.
        taxonomies: Vec<TaxonomyItem>,
        /// How bad, as CVSS writes it.
        cvss: String,
    }

    /// An entry in somebody's vocabulary.
    TaxonomyItem {
        /// Whose.
        scheme: String,
        /// Which.
        id: String,
    }

    /// Who could exploit it.
    Attack {
        /// What they need.
        resources: Vec<AttackerResource>,
        /// What they are after.
        objectives: Vec<AttackerObjective>,
    }

    /// Why it happened.
    Cause {
        /// What it is put down to.
        factors: Vec<Factor>,
        /// What the model gave out.
        outputs: String,
        /// What contributed to that.
        contributing: String,
        /// What went in.
        inputs: String,
        /// Which safeguards failed.
        mitigation_failures: String,
        /// How training data have to do with it.
        training_data: String,
        /// How the model has to do with it.
        model: String,
        /// Under which licence or terms the system is used.
        usage_rights: String,
        /// How several AI systems acted on each other.
        interaction: String,
        /// What monitoring shows.
        monitoring: String,
    }

    /// What was done about it.
    Response {
        /// Where it stands.
        status: Option<IncidentStatus>,
        /// What was done or will be.
        actions: String,
        /// What the reporter asks of authorities.
        recommendations: String,
        /// Anything else.
        additional: String,
        /// Reports that a law or a code demands, as they shall stand in the record.
        deadlines: Vec<DeadlineItem>,
    }

    /// A report that a law or a code demands.
    DeadlineItem {
        /// Which one.
        regime: Option<Regime>,
        /// Which report.
        report: Option<ReportStage>,
        /// By when.
        due: String,
        /// When it was sent.
        sent: String,
    }

    /// What is kept instead of content that must not be.
    Withheld {
        /// SHA-256 of the files, which stay where they are.
        hashes: Vec<String>,
        /// Where it was reported.
        reported_to: Vec<String>,
    }
}
