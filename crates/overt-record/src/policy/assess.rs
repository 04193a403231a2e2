//! Judging a checkpoint by a policy.

use std::collections::{BTreeMap, BTreeSet};

use super::{Member, Policy, PolicyWitness, Rule, has};
use crate::VerifierKey;
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::note::{Note, NoteError};

/// Whether the age of cosignatures is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// The checkpoint is to be recent at this time, in seconds since 1970, if the policy says how recent.
    AsOf(u64),
    /// The checkpoint may be of any age: a proof of something that was logged once.
    AnyAge,
}

/// What a policy says about a checkpoint that a known log signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment<'p> {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The log's keys that signed it, at least one.
    pub log_keys: Vec<&'p VerifierKey>,
    /// The known witnesses that cosigned it, in the order of the policy.
    pub cosigned: Vec<Cosigned<'p>>,
    /// Whether they are enough.
    pub quorum: Quorum,
}

/// A known witness's cosignature that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cosigned<'p> {
    /// The witness.
    pub witness: &'p PolicyWitness,
    /// When it last cosigned, in seconds since 1970.
    pub timestamp: u64,
    /// Whether it counts, or is older than the policy allows.
    pub is_fresh: bool,
}

/// Whether enough witnesses cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quorum {
    /// The policy asks for no witness.
    NotRequired,
    /// The rule holds.
    Met,
    /// The rule does not hold: what is missing, from the rule itself down to the groups in it.
    Missing(Vec<Shortfall>),
}

/// A witness or a group that the quorum needs and that did not cosign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} has {having} of {needed} cosignatures; there is none of {}", lacking.join(", "))]
pub struct Shortfall {
    /// What the policy calls it.
    pub name: String,
    /// How many members must have cosigned.
    pub needed: usize,
    /// How many have.
    pub having: usize,
    /// Those that have not.
    pub lacking: Vec<String>,
}

/// Why a checkpoint can't be judged: no log that the policy believes said it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAssessed {
    /// A known key's signature does not hold.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The note is no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The policy knows no log of that name, or it did not sign.
    #[error("no log that the policy believes signed this checkpoint of {origin:?}")]
    UnknownLog {
        /// What the checkpoint says that it is of.
        origin: String,
    },
}

impl Quorum {
    /// Whether nothing is missing.
    pub const fn holds(&self) -> bool {
        !matches!(self, Self::Missing(_))
    }
}

impl Policy {
    /// Checks the signatures of a checkpoint and says which of the policy's logs and witnesses signed it, and whether
    /// they are enough.
    ///
    /// # Errors
    /// When the note is no checkpoint, no log that the policy believes signed it, or a signature that names a known key
    /// does not hold.
    pub fn assess(&self, note: &Note, freshness: Freshness) -> Result<Assessment<'_>, NotAssessed> {
        let checkpoint = Checkpoint::parse(note.text())?;
        let unknown_log = || NotAssessed::UnknownLog { origin: checkpoint.origin().to_owned() };
        let logs = self.logs.iter().map(|log| &log.vkey);
        let witnesses = self.witnesses.iter().map(|witness| &witness.vkey);
        let verified = match note.verify(logs.clone().chain(witnesses)) {
            Err(NoteError::NotSigned) => return Err(unknown_log()),
            other => other?,
        };
        let is_by = |key: &VerifierKey| verified.iter().any(|signature| signature.key == key);
        let log_keys: Vec<&VerifierKey> =
            logs.filter(|key| key.name().as_str() == checkpoint.origin() && is_by(key)).collect();
        if log_keys.is_empty() {
            return Err(unknown_log());
        }
        let mut newest: BTreeMap<usize, u64> = BTreeMap::new();
        for (index, witness) in self.witnesses.iter().enumerate() {
            let times = verified.iter().filter(|signature| *signature.key == witness.vkey);
            newest.extend(times.filter_map(|signature| signature.timestamp).max().map(|time| (index, time)));
        }
        let fresh = |timestamp| self.is_fresh(timestamp, freshness);
        let counting = newest.iter().filter(|(_, time)| fresh(**time)).map(|(index, _)| *index).collect();
        let cosigned = newest.iter().filter_map(|(index, timestamp)| {
            let (witness, timestamp) = (self.witnesses.get(*index)?, *timestamp);
            Some(Cosigned { witness, timestamp, is_fresh: fresh(timestamp) })
        });
        Ok(Assessment { log_keys, cosigned: cosigned.collect(), quorum: self.judge(&counting), checkpoint })
    }

    fn is_fresh(&self, timestamp: u64, freshness: Freshness) -> bool {
        match (freshness, self.max_cosignature_age) {
            (Freshness::AsOf(now), Some(max)) => now.saturating_sub(timestamp) <= max,
            _ => true,
        }
    }

    fn judge(&self, witnesses: &BTreeSet<usize>) -> Quorum {
        let met = self.met_groups(witnesses);
        match self.rule {
            Rule::NoWitness => Quorum::NotRequired,
            Rule::Needs(member) if has(member, witnesses, &met) => Quorum::Met,
            Rule::Needs(member) => Quorum::Missing(self.shortfalls(member, witnesses, &met)),
        }
    }

    /// What is missing for a member, and for the groups in it that are not met.
    fn shortfalls(&self, member: Member, witnesses: &BTreeSet<usize>, met: &[bool]) -> Vec<Shortfall> {
        let mut shortfalls = Vec::new();
        let mut open = vec![member];
        while let Some(member) = open.pop() {
            let group = match member {
                Member::Witness(_) => None,
                Member::Group(index) => self.groups.get(index),
            };
            let members = group.map_or(std::slice::from_ref(&member), |group| &group.members);
            let lacking: Vec<Member> =
                members.iter().copied().filter(|member| !has(*member, witnesses, met)).collect();
            shortfalls.push(Shortfall {
                name: self.name_of(member).to_owned(),
                needed: group.map_or(1, |group| group.threshold),
                having: members.len() - lacking.len(),
                lacking: lacking.iter().map(|member| self.name_of(*member).to_owned()).collect(),
            });
            open.extend(lacking.iter().rev().filter(|member| matches!(member, Member::Group(_))));
        }
        shortfalls
    }
}
