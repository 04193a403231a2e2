//! What a verification found.

use serde::Serialize;

use crate::{Hash, KeyId, Record, RevealedSample, Timestamp};

/// What came of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds.
    Passed,
    /// It does not hold.
    Failed,
    /// Nobody looked; the detail says why.
    NotChecked,
}

/// The checks, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckId {
    /// The file is a bundle.
    Format,
    /// The signed bytes are canonical.
    Payload,
    /// The issuer's key signed them.
    Signature,
    /// The record obeys its type's rules.
    Schema,
    /// The statement's subjects follow from the record.
    Subjects,
    /// The record is of the type that was asked for.
    Kind,
    /// The issuer's key is one that the reader trusts.
    Issuer,
    /// The log's entry is that of the record.
    LogEntry,
    /// The entry is in the tree.
    Inclusion,
    /// The log signed the tree.
    Checkpoint,
    /// Enough witnesses saw it.
    Witnesses,
    /// The revealed samples are those that were signed over.
    Samples,
}

impl CheckId {
    /// Every check, in order.
    pub const ALL: [Self; 12] = [
        Self::Format,
        Self::Payload,
        Self::Signature,
        Self::Schema,
        Self::Subjects,
        Self::Kind,
        Self::Issuer,
        Self::LogEntry,
        Self::Inclusion,
        Self::Checkpoint,
        Self::Witnesses,
        Self::Samples,
    ];

    /// The stable word for it, the same as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Payload => "payload",
            Self::Signature => "signature",
            Self::Schema => "schema",
            Self::Subjects => "subjects",
            Self::Kind => "kind",
            Self::Issuer => "issuer",
            Self::LogEntry => "log-entry",
            Self::Inclusion => "inclusion",
            Self::Checkpoint => "checkpoint",
            Self::Witnesses => "witnesses",
            Self::Samples => "samples",
        }
    }

    /// What the check asks, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Format => "the file is a bundle",
            Self::Payload => "the signed bytes are a statement in its one spelling",
            Self::Signature => "the issuer's key signed the record",
            Self::Schema => "the record obeys the rules of its type",
            Self::Subjects => "the record is about what it speaks of",
            Self::Kind => "the record is of the type that was asked for",
            Self::Issuer => "the issuer's key is one that you trust",
            Self::LogEntry => "the log entry is that of the record",
            Self::Inclusion => "the log entry is in the log's tree",
            Self::Checkpoint => "a log that you trust signed the tree",
            Self::Witnesses => "enough witnesses saw the same tree",
            Self::Samples => "the revealed samples are those that the record was signed over",
        }
    }
}

/// One check and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Which.
    pub id: CheckId,
    /// What it asks.
    pub title: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// The particulars: what was found, or why it failed, or why nobody looked.
    pub detail: String,
}

/// A record whose signature holds and whose rules are obeyed.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedRecord {
    /// The record.
    pub record: Record,
    /// The record digest.
    pub digest: Hash,
    /// The id of the key that signed it.
    pub key: KeyId,
}

/// Where a record stands in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedAt {
    /// The log.
    pub origin: String,
    /// The entry's place.
    pub index: u64,
    /// The size of the tree in which it was proven to stand.
    pub size: u64,
    /// The root of that tree.
    pub root: Hash,
    /// When it was logged, by the log's clock.
    pub time: Timestamp,
}

/// What a verification found. The fields hold only what was proven.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The record, if its signature holds and it obeys its rules.
    pub record: Option<VerifiedRecord>,
    /// Where it was logged, if a log that the policy believes signed that.
    pub logged: Option<LoggedAt>,
    /// The samples that are the record's. Empty if one of the file's is not.
    pub samples: Vec<RevealedSample>,
    /// Every check, once, in the order of [`CheckId::ALL`].
    pub checks: Vec<Check>,
}

impl Report {
    /// Whether the record can be relied on: its signature and rules hold, and no check failed.
    ///
    /// Checks that nobody made do not count; [`Report::checks`] says which those are, and why.
    pub fn passed(&self) -> bool {
        self.record.is_some() && self.checks.iter().all(|check| check.outcome != Outcome::Failed)
    }

    /// The first check that failed.
    pub fn first_failure(&self) -> Option<&Check> {
        self.checks.iter().find(|check| check.outcome == Outcome::Failed)
    }

    /// What came of a check; `NotChecked` if it is not in the list.
    pub fn outcome(&self, id: CheckId) -> Outcome {
        self.checks.iter().find(|check| check.id == id).map_or(Outcome::NotChecked, |check| check.outcome)
    }
}

/// Checks as they are made.
#[derive(Default)]
pub(super) struct Checks(Vec<Check>);

impl Checks {
    fn push(&mut self, id: CheckId, outcome: Outcome, detail: String) {
        self.0.push(Check { id, title: id.title(), outcome, detail });
    }

    pub(super) fn passed(&mut self, id: CheckId, detail: impl Into<String>) {
        self.push(id, Outcome::Passed, detail.into());
    }

    pub(super) fn failed(&mut self, id: CheckId, detail: impl ToString) {
        self.push(id, Outcome::Failed, detail.to_string());
    }

    pub(super) fn not_checked(&mut self, id: CheckId, detail: impl Into<String>) {
        self.push(id, Outcome::NotChecked, detail.into());
    }

    /// The value, after noting that the check failed if there is none.
    pub(super) fn require<T, E: ToString>(&mut self, id: CheckId, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.failed(id, error)).ok()
    }

    /// All checks in order; those that were not reached say so.
    pub(super) fn finish(mut self) -> Vec<Check> {
        for id in CheckId::ALL {
            if !self.0.iter().any(|check| check.id == id) {
                self.not_checked(id, "a check before it failed, and without that one it says nothing");
            }
        }
        self.0.sort_by_key(|check| check.id);
        self.0
    }
}
