//! The private half of a draft: who reports, who else knows, and what may be passed on to whom.

use std::fmt;

use overt_record::record::{Regime, ReportStage, ReporterRelation};
use serde::{Deserialize, Serialize};

use super::{empty, parts};
use crate::deadline::Consequence;
use crate::export::Target;

/// Private words. They go into JSON as a plain string, and into no error message and no log: `Debug` shows nothing of them.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private(String);

impl Private {
    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Private {
    fn from(words: String) -> Self {
        Self(words)
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "\"\"" } else { "\"…\"" })
    }
}

parts! {
    /// Who reports. `relation` is public; the rest is private.
    Reporter {
        /// How they stand to the system.
        relation: Option<ReporterRelation>,
        /// Their name.
        name: Private,
        /// Where they can be reached.
        email: Private,
        /// For whom they report.
        organisation: Private,
        /// Where they are, in two letters.
        country: Private,
    }

    /// Who else knows, and when others may.
    Coordination {
        /// Whether the reporter means to make it public.
        disclosure: Option<DisclosureIntent>,
        /// Until when others are asked to keep it to themselves.
        embargo_until: String,
        /// What was agreed.
        embargo_details: Private,
        /// When it was or will be made public.
        disclosed_at: String,
        /// Where.
        disclosure_link: Private,
        /// Who shall be told.
        recipients: Vec<Recipient>,
        /// What happened between reporter and recipients.
        timeline: Vec<Step>,
        /// Who confirmed that they have it.
        acknowledgements: Vec<Acknowledgement>,
        /// Code or prompts that would do harm in public.
        proof_of_concept: Private,
        /// Laws and codes under which the reporter has to report.
        regimes: Vec<Regime>,
        /// What happened, as these laws and codes part it.
        consequences: Vec<Consequence>,
        /// When the reporter became aware of it: the clocks run from here.
        aware_at: String,
        /// The reports that laws and codes demand and that were sent.
        sent: Vec<SentReport>,
        /// When it was resolved.
        resolved_at: String,
        /// What may be passed on to whom.
        consent: Vec<Consent>,
    }

    /// A report that was sent.
    SentReport {
        /// Under which law or code.
        regime: Option<Regime>,
        /// Which report.
        report: Option<ReportStage>,
        /// When.
        at: String,
    }

    /// Somebody who shall be told.
    Recipient {
        /// Who.
        name: Private,
        /// Where.
        contact: Private,
    }

    /// Something that happened between reporter and recipients.
    Step {
        /// When.
        at: String,
        /// What.
        what: Private,
    }

    /// A confirmation that a report has arrived.
    Acknowledgement {
        /// Who confirmed it.
        by: Private,
        /// When.
        at: String,
    }

    /// A file that was handed in. The file itself is no part of the draft.
    Attachment {
        /// Its name, for people; never a path.
        name: Private,
        /// Its media type, as the sender says.
        media_type: String,
        /// Bytes.
        size: u64,
        /// Its digest.
        sha256: String,
    }

    /// What the reporter agrees to pass on. Nothing else is.
    Consent {
        /// To whom.
        to: Option<Target>,
        /// What.
        parts: Vec<Part>,
    }
}

/// Whether a reporter means to make it public (FLARE-AI).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisclosureIntent {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Not decided.
    Undecided,
    /// It is public already.
    Already,
}

impl DisclosureIntent {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Yes, Self::No, Self::Undecided, Self::Already];
}

/// A part of what is private that can be passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The reporter's name.
    Name,
    /// Their mail address.
    Contact,
    /// Their organisation.
    Organisation,
    /// Whether and when they make it public, and who was told.
    Disclosure,
}

impl Part {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Name, Self::Contact, Self::Organisation, Self::Disclosure];
}
