//! A report in other people's formats: one file for each.
//!
//! An exporter reads the public record and, where the reporter agreed, what they share with that target ([`Shared`],
//! which only a draft's consent makes). What a format requires and the report lacks is said ([`Lack`]), never made up.

mod aiid;
mod avid;
mod avid_terms;
mod flare;
mod gpai;
mod oecd;
mod openvex;
mod table;

use overt_record::record::{Header, Incident};
use overt_record::{Hash, Link};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::draft::{DisclosureIntent, Draft, Part};

/// Who reads an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// FLARE-AI (ai-reports.org).
    FlareAi,
    /// The AI Vulnerability Database.
    Avid,
    /// The AI Incident Database.
    Aiid,
    /// Authorities that use the OECD's common reporting framework.
    Oecd,
    /// The EU's AI Office, under the code of practice for general-purpose AI.
    GpaiCode,
    /// Readers of OpenVEX.
    OpenVex,
}

impl Target {
    /// All of them.
    pub const ALL: &[Self] =
        &[Self::FlareAi, Self::Avid, Self::Aiid, Self::Oecd, Self::GpaiCode, Self::OpenVex];
}

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// FLARE-AI's report as JSON-LD.
    FlareAi,
    /// An AVID report, as `avidtools` 0.3 reads it.
    Avid,
    /// The fields of a submission to the AI Incident Database.
    Aiid,
    /// The OECD's 29 criteria as a table.
    OecdMarkdown,
    /// The same for a spreadsheet.
    OecdCsv,
    /// The same as data.
    OecdJson,
    /// Measure 9.2 of the code for general-purpose AI, as a document.
    GpaiMarkdown,
    /// The same as data.
    GpaiJson,
    /// OpenVEX 0.2.0.
    OpenVex,
}

impl Format {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::FlareAi,
        Self::Avid,
        Self::Aiid,
        Self::OecdMarkdown,
        Self::OecdCsv,
        Self::OecdJson,
        Self::GpaiMarkdown,
        Self::GpaiJson,
        Self::OpenVex,
    ];

    /// Its name in addresses and on the command line.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::FlareAi => "flare-ai",
            Self::Avid => "avid",
            Self::Aiid => "aiid",
            Self::OecdMarkdown => "oecd-md",
            Self::OecdCsv => "oecd-csv",
            Self::OecdJson => "oecd-json",
            Self::GpaiMarkdown => "gpai-md",
            Self::GpaiJson => "gpai-json",
            Self::OpenVex => "openvex",
        }
    }

    /// The format of a slug.
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.slug() == slug)
    }

    /// Who reads it: whose consent counts.
    pub const fn target(self) -> Target {
        match self {
            Self::FlareAi => Target::FlareAi,
            Self::Avid => Target::Avid,
            Self::Aiid => Target::Aiid,
            Self::OecdMarkdown | Self::OecdCsv | Self::OecdJson => Target::Oecd,
            Self::GpaiMarkdown | Self::GpaiJson => Target::GpaiCode,
            Self::OpenVex => Target::OpenVex,
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::FlareAi => "application/ld+json",
            Self::OecdMarkdown | Self::GpaiMarkdown => "text/markdown; charset=utf-8",
            Self::OecdCsv => "text/csv; charset=utf-8",
            Self::Avid | Self::Aiid | Self::OecdJson | Self::GpaiJson | Self::OpenVex => "application/json",
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::FlareAi => "flare.jsonld",
            Self::Avid => "avid.json",
            Self::Aiid => "aiid.json",
            Self::OecdMarkdown => "oecd.md",
            Self::OecdCsv => "oecd.csv",
            Self::OecdJson => "oecd.json",
            Self::GpaiMarkdown => "gpai.md",
            Self::GpaiJson => "gpai.json",
            Self::OpenVex => "openvex.json",
        }
    }
}

/// What is exported: a record, where it is, and what the reporter shares.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The report.
    pub incident: &'a Incident,
    /// Who signed its record, and when.
    pub header: &'a Header,
    /// The record's digest.
    pub record: Hash,
    /// Where it can be read.
    pub address: Option<&'a Link>,
    /// What the reporter shares with the target of the format.
    pub shared: Option<&'a Shared>,
}

/// Private words that the reporter agreed to pass on to one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    target: Target,
    name: Option<String>,
    email: Option<String>,
    organisation: Option<String>,
    disclosure: Option<Disclosure>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Disclosure {
    intent: Option<DisclosureIntent>,
    when: String,
    link: String,
    recipients: Vec<String>,
}

impl Draft {
    /// What the reporter shares with a target: what they agreed to and nothing else; `None` if that is nothing.
    pub fn shared_with(&self, target: Target) -> Option<Shared> {
        if self.classification.csam == Some(true) {
            return None;
        }
        let plan = &self.coordination;
        let consents: Vec<Part> = plan
            .consent
            .iter()
            .filter(|consent| consent.to == Some(target))
            .flat_map(|c| c.parts.clone())
            .collect();
        let agreed = |part: Part, words: &str| {
            (consents.contains(&part) && !words.is_empty()).then(|| words.to_owned())
        };
        let shared = Shared {
            target,
            name: agreed(Part::Name, self.reporter.name.as_str()),
            email: agreed(Part::Contact, self.reporter.email.as_str()),
            organisation: agreed(Part::Organisation, self.reporter.organisation.as_str()),
            disclosure: consents.contains(&Part::Disclosure).then(|| Disclosure {
                intent: plan.disclosure,
                when: plan.disclosed_at.clone(),
                link: plan.disclosure_link.as_str().to_owned(),
                recipients: plan
                    .recipients
                    .iter()
                    .map(|recipient| recipient.name.as_str().to_owned())
                    .collect(),
            }),
        };
        let nothing = Shared { target, name: None, email: None, organisation: None, disclosure: None };
        (shared != nothing).then_some(shared)
    }
}

/// A file in somebody's format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// A name for it, out of the record's digest.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// What is in it.
    pub text: String,
    /// What is left open in it, though its readers ask for it.
    pub open: Vec<Lack>,
}

/// Something that a format asks for and the report lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{asked}: {message}")]
pub struct Lack {
    /// What is asked for, as the format calls it.
    pub asked: String,
    /// What is missing, and the field of the form that answers it.
    pub message: String,
}

/// Why there is no file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoExport {
    /// The format requires what the report lacks.
    #[error("the report lacks what the format requires: {}", list(.0))]
    Lacks(Vec<Lack>),
    /// The reporter shared with somebody else.
    #[error(
        "what the reporter shares with one reader is not passed on to another; ask the draft for this format's target"
    )]
    OtherTarget,
}

fn list(lacks: &[Lack]) -> String {
    lacks.iter().map(Lack::to_string).collect::<Vec<_>>().join("; ")
}

/// Writes a report in a format.
///
/// # Errors
/// When the format requires what the report lacks: everything that is missing is named.
pub fn export(format: Format, source: &Source<'_>) -> Result<Export, NoExport> {
    if source.shared.is_some_and(|shared| shared.target != format.target()) {
        return Err(NoExport::OtherTarget);
    }
    let (text, open) = match format {
        Format::FlareAi => (json(&flare::report(source)?), Vec::new()),
        Format::Avid => (json(&avid::report(source)?), Vec::new()),
        Format::Aiid => (json(&aiid::submission(source)?), Vec::new()),
        Format::OpenVex => (json(&openvex::document(source)?), Vec::new()),
        Format::OecdMarkdown => oecd::markdown(source),
        Format::OecdCsv => oecd::csv(source),
        Format::OecdJson => oecd::json(source),
        Format::GpaiMarkdown => gpai::markdown(source),
        Format::GpaiJson => gpai::json(source),
    };
    let name = format!("incident-{}.{}", source.record.short(), format.extension());
    Ok(Export { name, media_type: format.media_type(), text, open })
}

fn json(value: &Value) -> String {
    // A value of strings and numbers: there is nothing in it that JSON can't write.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// Gathers what is missing.
#[derive(Default)]
struct Lacks(Vec<Lack>);

impl Lacks {
    fn unless(&mut self, there: bool, asked: &str, message: impl Into<String>) {
        if !there {
            self.0.push(Lack { asked: asked.to_owned(), message: message.into() });
        }
    }

    fn or(self, value: Value) -> Result<Value, NoExport> {
        if self.0.is_empty() { Ok(value) } else { Err(NoExport::Lacks(self.0)) }
    }
}

impl Source<'_> {
    /// The record as a URI that needs no host: RFC 6920, section 7.
    fn uri(&self) -> String {
        self.address.map_or_else(|| format!("nih:sha-256;{}", self.record), ToString::to_string)
    }

    /// The entries of one vocabulary.
    fn entries<'s>(&'s self, scheme: &'s str) -> impl Iterator<Item = &'s str> {
        let entries = self.incident.taxonomies.iter();
        entries
            .filter(move |entry| entry.scheme.as_str().eq_ignore_ascii_case(scheme))
            .map(|entry| entry.id.as_str())
    }

    fn shared_name(&self) -> Option<&str> {
        self.shared.and_then(|shared| shared.name.as_deref())
    }

    /// A name for whom the report comes from: the reporter's if they agreed, else that of whoever signed the record.
    fn author(&self) -> &str {
        self.shared_name().unwrap_or(self.header.issuer.name.as_str())
    }
}

/// Product, model and version in one line.
fn system_line(system: &overt_record::record::ImplicatedSystem) -> String {
    let parts = [Some(&system.name), system.model.as_ref(), system.version.as_ref()];
    let parts: Vec<String> = parts.into_iter().flatten().map(ToString::to_string).collect();
    parts.join(", ")
}
