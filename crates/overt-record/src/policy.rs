//! Trust policies: which logs and witnesses are known, and how many witnesses it takes (C2SP tlog-policy).
//!
//! One thing is added, in a comment line that other tools pass over:
//!
//! ```text
//! #overt max-cosignature-age <seconds>
//! ```
//!
//! Cosignatures older than that don't count where a time is given ([`Freshness`]). A log that shows somebody an old
//! checkpoint for ever is seen by nothing else.

mod assess;
mod error;
mod parse;

use std::collections::BTreeSet;

pub use assess::{Assessment, Cosigned, Freshness, NotAssessed, Quorum, Shortfall};
pub use error::{PolicyError, PolicyFault};

use crate::VerifierKey;

/// Which checkpoints are believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<Group>,
    rule: Rule,
    max_cosignature_age: Option<u64>,
}

/// A log that is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyLog {
    /// Its key, whose name is the origin of its checkpoints.
    pub vkey: VerifierKey,
    /// Where it is, if the policy says so.
    pub url: Option<String>,
}

/// A witness that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyWitness {
    /// What this policy calls it.
    pub name: String,
    /// Its key.
    pub vkey: VerifierKey,
    /// Where it takes submissions, if the policy says so.
    pub url: Option<String>,
}

/// What the quorum line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    NoWitness,
    Needs(Member),
}

/// Witnesses and groups of which a number must have cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    name: String,
    threshold: usize,
    members: Vec<Member>,
}

/// A place in the list of witnesses or of groups. A group has only members that were defined before it, so there is no
/// circle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Member {
    Witness(usize),
    Group(usize),
}

impl Policy {
    /// Reads a policy file of at most 1 MiB. Octets above 0x7F are allowed in comments, and in names and URLs where they
    /// are UTF-8.
    ///
    /// # Errors
    /// What is wrong with it, and in which line.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        parse::parse(bytes)
    }

    /// The policy that believes these logs, and asks for no witness.
    pub fn of_logs(vkeys: impl IntoIterator<Item = VerifierKey>) -> Self {
        Self {
            logs: vkeys.into_iter().map(|vkey| PolicyLog { vkey, url: None }).collect(),
            witnesses: Vec::new(),
            groups: Vec::new(),
            rule: Rule::NoWitness,
            max_cosignature_age: None,
        }
    }

    /// The same policy for another set of logs: for a file without logs, where they are known from elsewhere.
    #[must_use]
    pub fn with_logs(self, vkeys: impl IntoIterator<Item = VerifierKey>) -> Self {
        Self { logs: Self::of_logs(vkeys).logs, ..self }
    }

    /// The logs that are believed.
    pub fn logs(&self) -> &[PolicyLog] {
        &self.logs
    }

    /// The witnesses that are known.
    pub fn witnesses(&self) -> &[PolicyWitness] {
        &self.witnesses
    }

    /// How old a cosignature may be, in seconds.
    pub fn max_cosignature_age(&self) -> Option<u64> {
        self.max_cosignature_age
    }

    /// Which groups have enough members, in the order of their definition.
    fn met_groups(&self, witnesses: &BTreeSet<usize>) -> Vec<bool> {
        let mut met: Vec<bool> = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let having = group.members.iter().filter(|member| has(**member, witnesses, &met)).count();
            met.push(having >= group.threshold);
        }
        met
    }

    fn name_of(&self, member: Member) -> &str {
        match member {
            Member::Witness(index) => self.witnesses.get(index).map_or("", |witness| &witness.name),
            Member::Group(index) => self.groups.get(index).map_or("", |group| &group.name),
        }
    }
}

fn has(member: Member, witnesses: &BTreeSet<usize>, met_groups: &[bool]) -> bool {
    match member {
        Member::Witness(index) => witnesses.contains(&index),
        Member::Group(index) => met_groups.get(index) == Some(&true),
    }
}
