//! Many signatures from one place in a short time.

use std::collections::BTreeMap;

use overt_record::Timestamp;

use super::Network;
use crate::mail_address::is_public_provider;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// When and from where somebody signed, as far as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signing {
    /// When.
    pub at: Timestamp,
    /// The domain of the mail address.
    pub domain: Option<String>,
    /// The network that the form came from.
    pub network: Option<Network>,
}

/// What signatures may have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// The domain of their addresses, unless anybody gets an address there.
    Domain,
    /// The network.
    Network,
    /// The statement alone.
    Statement,
}

/// From how many signatures in how much time a person should look at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BurstRule {
    /// What they have in common.
    pub dimension: Dimension,
    /// The time, in seconds.
    pub seconds: u64,
    /// The number; at least 2.
    pub at_least: usize,
    /// Why so many.
    pub why: &'static str,
}

/// The rules that a site begins with.
pub const BURST_RULES: [BurstRule; 4] = [
    BurstRule {
        dimension: Dimension::Network,
        seconds: HOUR,
        at_least: 8,
        why: "a classroom or an office signs together, but rarely more of them within an hour",
    },
    BurstRule {
        dimension: Dimension::Domain,
        seconds: HOUR,
        at_least: 20,
        why: "a call on an organisation's mailing list brings some signatures in its first hour; twenty is a crowd, or one mail server",
    },
    BurstRule {
        dimension: Dimension::Domain,
        seconds: 30 * DAY,
        at_least: 200,
        why: "a domain made for signing can take its time; a university of that many signatories is worth a look too",
    },
    BurstRule {
        dimension: Dimension::Statement,
        seconds: 10 * MINUTE,
        at_least: 300,
        why: "one in two seconds: the news does that, and so does a program with many addresses",
    },
];

/// What the signatures of a burst have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shared {
    /// The domain of their addresses.
    Domain(String),
    /// The network.
    Network(Network),
    /// The statement alone.
    Statement,
}

/// Many signatures from one place in a short time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burst {
    /// The rule that found it.
    pub rule: BurstRule,
    /// What they have in common.
    pub shared: Shared,
    /// The first.
    pub from: Timestamp,
    /// The last.
    pub to: Timestamp,
    /// Which they are, in the order of time.
    pub signings: Vec<usize>,
}

/// The bursts among signatures, by rule and by what they have in common. Each is as long as the rule holds: from any of its
/// signatures on there are, or up to it there were, enough of them within the rule's time.
pub fn bursts(signings: &[Signing], rules: &[BurstRule]) -> Vec<Burst> {
    rules.iter().flat_map(|rule| by_rule(signings, *rule)).collect()
}

fn by_rule(signings: &[Signing], rule: BurstRule) -> Vec<Burst> {
    let mut groups: BTreeMap<Shared, Vec<usize>> = BTreeMap::new();
    for (at, signing) in signings.iter().enumerate() {
        if let Some(shared) = signing.shared(rule.dimension) {
            groups.entry(shared).or_default().push(at);
        }
    }
    let mut found = Vec::new();
    for (shared, mut group) in groups {
        group.sort_by_key(|at| (signings[*at].at, *at));
        let time = |place: usize| signings[group[place]].at;
        for (first, last) in crowded(&rule, group.len(), time) {
            found.push(Burst {
                rule,
                shared: shared.clone(),
                from: time(first),
                to: time(last),
                signings: group[first..=last].to_vec(),
            });
        }
    }
    found
}

/// The first and last place of each stretch in which the rule holds.
fn crowded(rule: &BurstRule, count: usize, time: impl Fn(usize) -> Timestamp) -> Vec<(usize, usize)> {
    let mut stretches: Vec<(usize, usize)> = Vec::new();
    let mut first = 0;
    for last in 0..count {
        while time(last).to_unix() - time(first).to_unix() > rule.seconds {
            first += 1;
        }
        if last - first + 1 < rule.at_least.max(2) {
            continue;
        }
        match stretches.last_mut() {
            Some(before) if first <= before.1 => before.1 = last,
            _ => stretches.push((first, last)),
        }
    }
    stretches
}

impl Signing {
    fn shared(&self, dimension: Dimension) -> Option<Shared> {
        match dimension {
            Dimension::Domain => {
                self.domain.clone().filter(|domain| !is_public_provider(domain)).map(Shared::Domain)
            }
            Dimension::Network => self.network.map(Shared::Network),
            Dimension::Statement => Some(Shared::Statement),
        }
    }
}
