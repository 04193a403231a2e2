//! Records: signed, self-contained statements about digests.
//!
//! A [`Record`] is a [`Header`], which every record has, and a [`Body`], which its type adds. Each type is one file with
//! one implementation of [`RecordType`], and one line in the table below. A record goes out as the canonical JSON of an
//! in-toto statement ([`Record::to_payload`]) and comes back only if reading and writing it again gives the same bytes
//! ([`Record::from_payload`]): nothing that was signed is passed over, and nothing is said that was not signed.

mod alarm;
mod country;
mod endorsement;
mod evaluation;
mod header;
mod incident;
mod incident_details;
mod incident_terms;
mod interval;
mod key_change;
mod listing;
mod plan;
mod possession;
mod predicate_type;
mod redaction;
mod reproduction;
mod settings;
mod statement;
mod system;
mod task_result;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use self::alarm::{Alarm, Watch, Window};
pub use self::country::{Country, NotACountry};
pub use self::endorsement::{Capacity, Endorsement, Signatory, Verification, email_commitment};
pub use self::evaluation::{
    AnswersFrom, Build, Evaluation, Evaluator, FollowedPlan, Judge, JudgeMeasurement, OtherRun,
    OtherRunStatus, Relationship, Requirement, Run, Samples,
};
pub use self::header::{Header, Issuer};
pub use self::incident::{Classified, Deadline, Evidence, ImplicatedSystem, Incident};
pub use self::incident_details::{
    CvssVector, IncidentDetails, Industry, MeasuredPrevalence, NotACvssVector, NotAPurl, NotAnIndustry,
    Policy, Purl, RootCause,
};
pub use self::incident_terms::{
    AttackerObjective, AttackerResource, Autonomy, Breadth, Discovery, Factor, HarmKind, IncidentKind,
    IncidentStatus, Intent, Novelty, OecdSeverity, Precision, Prevalence, Principle, Regime, ReportStage,
    ReporterRelation, SeriousIncident, Severity, Stakeholder, SystemTask,
};
pub use self::interval::{Estimate, Interval};
pub use self::key_change::{Change, KeyChange, KeyReason};
pub use self::listing::{ListedName, Listing, ListingSource};
pub use self::plan::{Claim, Plan, PlannedTask};
pub use self::possession::{NotAPossession, Possession};
pub use self::predicate_type::{Kind, NotAPredicateType, PredicateType};
pub use self::redaction::{Authority, Redaction, RedactionReason, Scope};
pub use self::reproduction::{Comparison, NewRun, Reproduction, Test, Verdict};
pub use self::settings::{Dataset, EarlyStopping, SampleIds, Settings, Suite};
pub use self::statement::{MediaType, PublicStatement};
pub use self::system::{Artefact, Observed, PlannedSystem, Reach, System};
pub use self::task_result::{Corrected, Direction, Metric, TaskResult};
use crate::Hash;
use crate::in_toto::{Statement, StatementError, Subject};
use crate::json::JsonError;

/// The most records that a record points to: they stand in its log entry, which has room for so many.
pub const MAX_REFS: usize = 8;

/// A type of records: what a body adds to the header, and what follows from it.
pub trait RecordType: Serialize + DeserializeOwned + JsonSchema {
    /// Its name, which stands in the predicate type and in the log.
    const KIND: &'static str;

    /// The version of the format.
    const VERSION: u16;

    /// What the record is about, by digest, in a fixed order.
    fn subjects(&self) -> Vec<Subject>;

    /// The records that it points to, the most important first.
    fn refs(&self) -> Vec<Hash>;

    /// What must hold beyond what the types of its fields say.
    fn check(&self, header: &Header) -> Result<(), BrokenRule>;
}

/// A rule of a record's type that does not hold, said as what should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}; here that is not so")]
pub struct BrokenRule(&'static str);

impl BrokenRule {
    fn unless(holds: bool, rule: &'static str) -> Result<(), Self> {
        if holds { Ok(()) } else { Err(Self(rule)) }
    }
}

macro_rules! record_types {
    ($($type:ident),+ $(,)?) => {
        /// What a record says, by type.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Body {
            $(
                #[doc = concat!("See [`", stringify!($type), "`].")]
                $type(Box<$type>),
            )+
            /// A type or a version that this program does not know: verified and shown, and not interpreted.
            Unknown(Box<UnknownBody>),
        }

        $(
            impl From<$type> for Body {
                fn from(body: $type) -> Self {
                    Self::$type(Box::new(body))
                }
            }
        )+

        impl Body {
            /// Type and version.
            pub fn predicate_type(&self) -> PredicateType {
                match self {
                    $(Self::$type(_) => PredicateType { kind: Kind::known($type::KIND), version: $type::VERSION },)+
                    Self::Unknown(body) => body.predicate_type.clone(),
                }
            }

            /// What the record is about, by digest.
            pub fn subjects(&self) -> Vec<Subject> {
                match self {
                    $(Self::$type(body) => body.subjects(),)+
                    Self::Unknown(body) => body.subjects.clone(),
                }
            }

            /// The digests of the records that it points to; `None` if that is not known.
            pub fn refs(&self) -> Option<Vec<Hash>> {
                match self {
                    $(Self::$type(body) => Some(body.refs()),)+
                    Self::Unknown(_) => None,
                }
            }

            fn check(&self, header: &Header) -> Result<(), BrokenRule> {
                match self {
                    $(Self::$type(body) => body.check(header),)+
                    Self::Unknown(_) => Ok(()),
                }
            }

            fn to_fields(&self) -> Result<Map<String, Value>, BadRecord> {
                match self {
                    $(Self::$type(body) => fields(body.as_ref()),)+
                    Self::Unknown(body) => Ok(body.fields.clone()),
                }
            }

            fn from_fields(statement: Statement) -> Result<Self, BadRecord> {
                let predicate_type: PredicateType = statement.predicate_type.parse()?;
                match (predicate_type.kind.as_str(), predicate_type.version) {
                    $(($type::KIND, $type::VERSION) => read::<$type>(statement.predicate).map(Self::from),)+
                    _ => Ok(Self::Unknown(Box::new(UnknownBody {
                        predicate_type,
                        subjects: statement.subject,
                        fields: statement.predicate,
                    }))),
                }
            }
        }

        /// The JSON Schemas (draft 2020-12) of the predicates of all types, each with the name of its file.
        ///
        /// They say what the types say. The rules between fields, only the reader knows.
        pub fn schemas() -> Vec<(String, Value)> {
            vec![$((
                format!("record-{}.schema.json", $type::KIND),
                predicate_schema::<$type>(),
            )),+]
        }
    };
}

record_types![
    Evaluation,
    Plan,
    Reproduction,
    Alarm,
    Incident,
    PublicStatement,
    Endorsement,
    Listing,
    Redaction,
    KeyChange,
];

/// The body of a record of an unknown type or version.
#[derive(Clone, Debug, PartialEq)]
pub struct UnknownBody {
    /// Type and version.
    pub predicate_type: PredicateType,
    /// What it is about.
    pub subjects: Vec<Subject>,
    /// What it says, without issuer and time.
    pub fields: Map<String, Value>,
}

/// Why something is not a record, or can't become one.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BadRecord {
    /// It is no statement of ours.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The predicate type is somebody else's.
    #[error(transparent)]
    PredicateType(#[from] NotAPredicateType),
    /// Issuer or time are missing or malformed.
    #[error("a record begins with `issuer` and `issuedAt`: {0}")]
    Header(String),
    /// A field of the body is missing, unknown or malformed.
    #[error("not {} of version {version}: {reason}", indefinite(kind))]
    Body {
        /// The type that it claims.
        kind: &'static str,
        /// The version that it claims.
        version: u16,
        /// What is wrong, and where.
        reason: String,
    },
    /// A rule between fields.
    #[error(transparent)]
    Rule(#[from] BrokenRule),
    /// More records than its log entry has room for.
    #[error("a record points to at most {MAX_REFS} others; this one points to {0}")]
    TooManyRefs(usize),
    /// The subjects do not follow from the body.
    #[error("the statement's subjects are not those that its predicate is about; sign the record anew")]
    Subjects,
    /// Written again, it has other bytes.
    #[error(
        "the record has a second spelling of a value, such as null for a field that is absent; sign it anew"
    )]
    NotExact,
    /// It cannot be written.
    #[error(transparent)]
    Json(#[from] JsonError),
}

fn indefinite(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} `{kind}`")
}

/// A record: who says what, and when. Every value of this type obeys its type's rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    header: Header,
    body: Body,
}

impl Record {
    /// A record of a known type.
    pub fn new(header: Header, body: impl Into<Body>) -> Result<Self, BadRecord> {
        let record = Self { header, body: body.into() };
        record.check()?;
        Ok(record)
    }

    /// Who says it, and when.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// What is said.
    pub const fn body(&self) -> &Body {
        &self.body
    }

    /// Reads the payload of an envelope: the canonical JSON of an in-toto statement.
    pub fn from_payload(payload: &[u8]) -> Result<Self, BadRecord> {
        let mut statement = Statement::parse(payload)?;
        let header = take_header(&mut statement.predicate)?;
        Self::from_parts(header, statement, payload)
    }

    /// As [`Record::from_payload`], where the statement was parsed from the payload before, and the header taken out of it.
    pub(crate) fn from_parts(
        header: Header,
        statement: Statement,
        payload: &[u8],
    ) -> Result<Self, BadRecord> {
        let subjects = statement.subject.clone();
        let record = Self { header, body: Body::from_fields(statement)? };
        record.check()?;
        if record.body.subjects() != subjects {
            return Err(BadRecord::Subjects);
        }
        let exact = record.to_statement()?.into_json()?;
        if exact != payload {
            Statement::parse(&exact)?;
            return Err(BadRecord::NotExact);
        }
        Ok(record)
    }

    /// The bytes to be signed.
    pub fn to_payload(&self) -> Result<Vec<u8>, BadRecord> {
        Ok(self.to_statement()?.to_payload()?)
    }

    fn to_statement(&self) -> Result<Statement, BadRecord> {
        let mut predicate = fields(&self.header)?;
        predicate.extend(self.body.to_fields()?);
        let predicate_type = self.body.predicate_type().to_string();
        Ok(Statement { subject: self.body.subjects(), predicate_type, predicate })
    }

    fn check(&self) -> Result<(), BadRecord> {
        self.body.check(&self.header)?;
        match self.body.refs().map_or(0, |refs| refs.len()) {
            0..=MAX_REFS => Ok(()),
            found => Err(BadRecord::TooManyRefs(found)),
        }
    }
}

/// Header and body stand side by side in the predicate; serde can't both flatten and refuse unknown fields, so they are
/// parted by hand.
pub(crate) fn take_header(predicate: &mut Map<String, Value>) -> Result<Header, BadRecord> {
    let names = ["issuer", "issuedAt"];
    let header: Map<_, _> = names.iter().filter_map(|name| predicate.remove_entry(*name)).collect();
    serde_json::from_value(Value::Object(header)).map_err(|error| BadRecord::Header(error.to_string()))
}

fn read<T: RecordType>(fields: Map<String, Value>) -> Result<T, BadRecord> {
    serde_json::from_value(Value::Object(fields)).map_err(|error| BadRecord::Body {
        kind: T::KIND,
        version: T::VERSION,
        reason: error.to_string(),
    })
}

fn fields(value: &impl Serialize) -> Result<Map<String, Value>, BadRecord> {
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(JsonError::Unwritable("it is no object".to_owned()).into()),
        Err(error) => Err(JsonError::Unwritable(error.to_string()).into()),
    }
}

/// The schema of a predicate: that of the body, with the header's fields beside its own.
fn predicate_schema<T: RecordType>() -> Value {
    let mut generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let header = Header::json_schema(&mut generator);
    let body = T::json_schema(&mut generator);
    let mut schema = Value::from(body);
    for (field, sub) in header.get("properties").and_then(Value::as_object).into_iter().flatten() {
        schema["properties"][field] = sub.clone();
    }
    if let (Some(ours), Some(header)) =
        (schema["required"].as_array_mut(), header.get("required").and_then(Value::as_array))
    {
        ours.extend(header.iter().cloned());
    }
    let predicate_type = PredicateType { kind: Kind::known(T::KIND), version: T::VERSION };
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = format!("{} record, version {}", T::KIND, T::VERSION).into();
    schema["description"] =
        format!("The predicate of an in-toto statement of the type {predicate_type}").into();
    schema["$defs"] = Value::Object(generator.take_definitions(true));
    schema
}
