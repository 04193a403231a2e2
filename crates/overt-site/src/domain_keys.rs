//! Whether a domain publishes a key: how an organisation that signs with a key of its own shows that it is it.
//!
//! The key stands, as PEM or as its id, in `https://DOMAIN/.well-known/overt-key`, or its id in a TXT record of
//! `_overt-key.DOMAIN`. The network is asked by [`PublicNetwork`], which is not led to addresses that are not public; what
//! was found is kept in the index, and looked up anew every day.

mod network;
mod public_address;
mod published;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use overt_record::KeyId;

use crate::index::{Index, IndexError};
use crate::mail::Doing;

pub use self::network::{NoNetwork, PublicNetwork};
use self::public_address::is_public;

/// How often a domain is looked up.
const EVERY: Duration = Duration::from_secs(24 * 3600);

/// How long a key counts as published by a domain that has not answered since.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// How many domains are looked up in one go. Those that never were come first, in the order in which they were claimed.
const AT_ONCE: u16 = 64;

/// Looks up the keys of domains.
pub trait DomainKeys: Send + Sync {
    /// What a domain publishes. The domain is lower-case ASCII with at least one dot, and comes from a stranger: an
    /// implementation must not be led to addresses that are not public.
    fn keys<'a>(&'a self, domain: &'a str) -> Doing<'a, Published>;
}

/// What a domain publishes, as far as it could be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Keys that stand in either of the two places.
    pub keys: BTreeSet<KeyId>,
    /// Why a place could not be looked at; empty if both could. What was known from it before stays for a while.
    pub unanswered: Vec<String>,
}

/// Keys that are known without asking a network.
impl DomainKeys for BTreeMap<String, BTreeSet<KeyId>> {
    fn keys<'a>(&'a self, domain: &'a str) -> Doing<'a, Published> {
        let keys = self.get(domain).cloned().unwrap_or_default();
        Box::pin(async move { Published { keys, unanswered: Vec::new() } })
    }
}

/// What came of looking up domains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LookedUp {
    /// How many were asked.
    pub domains: usize,
    /// How many of them could not be asked at one of the two places.
    pub unanswered: usize,
}

/// Looks up the domains that somebody claims who signed with a key, those of which it is time, and notes what is found.
///
/// # Errors
/// When the index fails.
pub(crate) async fn look_up(
    index: &Index,
    domains: &dyn DomainKeys,
    now: u64,
) -> Result<LookedUp, IndexError> {
    let due = index.domains_due(now.saturating_sub(EVERY.as_secs()), AT_ONCE)?;
    let mut done = LookedUp::default();
    for domain in due {
        let found = domains.keys(&domain).await;
        done.domains += 1;
        done.unanswered += usize::from(!found.unanswered.is_empty());
        index.note_domain(domain, found, now, KEPT).await?;
    }
    Ok(done)
}
