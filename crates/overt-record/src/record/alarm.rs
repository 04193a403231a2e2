//! An alarm: a watch's detector found a change.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BrokenRule, Header, MAX_REFS, RecordType};
use crate::in_toto::Subject;
use crate::{Decimal, Hash, Name, Text, Timestamp};

/// The body of an `alarm`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Alarm {
    /// The watch.
    pub watch: Watch,
    /// What reads the results, for example `e-detector`.
    pub detector: Name,
    /// What it reads: a metric as `task.metric`, or a property of the system such as its fingerprint.
    pub quantity: Name,
    /// The detector's statistic at the alarm.
    pub statistic: Decimal,
    /// The threshold that the statistic crossed.
    pub threshold: Decimal,
    /// The time that the statistic covers.
    pub window: Window,
    /// What happened, in words.
    pub summary: Text,
    /// The records that show it, those a reader needs first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_REFS))]
    pub records: Vec<Hash>,
    /// Anything else that shows it, by name and digest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub evidence: BTreeMap<Name, Hash>,
}

/// A standing order to look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Watch {
    /// Its name.
    pub name: Name,
    /// Digest of its definition's canonical JSON.
    pub sha256: Hash,
}

/// A stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Window {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// How many observations lie in it.
    pub observations: u64,
}

impl RecordType for Alarm {
    const KIND: &'static str = "alarm";
    const VERSION: u16 = 1;

    /// The watch.
    fn subjects(&self) -> Vec<Subject> {
        vec![Subject::sha256("watch", self.watch.sha256)]
    }

    fn refs(&self) -> Vec<Hash> {
        self.records.clone()
    }

    fn check(&self, header: &Header) -> Result<(), BrokenRule> {
        BrokenRule::unless(self.window.from <= self.window.to, "a window ends after it begins")?;
        BrokenRule::unless(self.window.to <= header.issued_at, "an alarm is raised after what it saw")
    }
}
