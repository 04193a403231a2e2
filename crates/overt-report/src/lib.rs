//! Reports of flaws and incidents: the form as data, what applies, deadlines, exports.
//!
//! **Charter.** From what somebody reports to a record that can be signed, and from the record to other people's formats.
//! Pure: no file, network or clock; the moment comes from outside. A page and a command line draw the same form.
//! `docs/reports.md` is the page for people who report and who receive.
//!
//! **A tour, in the order in which data passes.** A [`Draft`] is the form as data. [`form::Form`] says which steps and fields
//! apply, what is missing and what is wrong; [`csam`] what must never be kept. [`prevalence`] turns the result of an
//! evaluation into "so many of so many". [`to_incident`] makes the public record, [`to_draft`] the draft of a correction.
//! [`deadline`] reckons when laws and codes want reports. [`export`](mod@export) writes FLARE-AI, AVID, AIID, the OECD's
//! framework, the EU's code for general-purpose AI, and OpenVEX; what is private goes out only where the reporter agreed.
//!
//! ```
//! use overt_record::record::{Header, Issuer};
//! use overt_record::{Algorithm, Hash, PrivateKey, Record, Timestamp};
//! use overt_report::form::{Channel, Form, Labels};
//! use overt_report::{Draft, Format, Source, export, to_incident};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now: Timestamp = "2026-11-24T16:00:00Z".parse()?;
//! let mut draft = Draft::default();
//! for (field, answer) in [
//!     ("classification.realWorldHarm", "no"),
//!     ("classification.maliciousUse", "no"),
//!     ("classification.csam", "no"),
//!     ("classification.kind", "flaw"),
//!     ("systems.0.name", "Example Assistant"),
//!     ("systems.0.model", "example-7b"),
//!     ("systems.0.developers", "A laboratory"),
//!     ("event.title", "Wrong dose of a common painkiller"),
//!     ("event.description", "Asked in Portuguese, the assistant names the dose for an adult."),
//!     ("event.language", "en"),
//!     ("evidence.stepsToReproduce", "Ask for the dose for a child, in Portuguese."),
//!     ("impact.severity", "high"),
//!     ("impact.prevalence", "common"),
//!     ("impact.harms", "physical"),
//!     ("impact.stakeholders", "end_users"),
//!     ("response.status", "reported"),
//!     ("reporter.relation", "researcher"),
//!     ("coordination.disclosure", "undecided"),
//! ] {
//!     draft.set(field, &[answer])?;
//! }
//! let form = Form::of(&draft, Channel::Signed, now, &Labels::english());
//! assert_eq!(form.problems[0].field, "coordination.recipients.0.name");
//! draft.set("coordination.recipients.0.name", &["A laboratory"])?;
//!
//! let key = PrivateKey::generate(Algorithm::Ed25519, &[7; 32]);
//! let issuer = Issuer { name: "A reader".parse()?, key: key.public(), uri: None };
//! let header = Header { issuer, issued_at: now };
//! let incident = to_incident(&draft, Channel::Signed, now).map_err(|problems| problems[0].clone())?;
//! let record = Record::new(header.clone(), incident.clone())?;
//! let digest = Hash::of(record.to_payload()?);
//!
//! let source = Source { incident: &incident, header: &header, record: digest, address: None, shared: None };
//! assert!(export(Format::FlareAi, &source)?.text.contains("flare:AIFlawReport"));
//! # Ok(())
//! # }
//! ```

pub mod csam;
mod cvss;
pub mod deadline;
pub mod draft;
pub mod export;
pub mod form;
mod incident;
pub mod prevalence;
mod when;
mod word;

pub use draft::Draft;
pub use export::{Export, Format, Lack, NoExport, Shared, Source, Target, export};
pub use incident::{to_draft, to_incident};
