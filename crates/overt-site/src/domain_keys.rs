//! Whether a domain publishes a key: how an organisation that signs with a key of its own shows that it is it.
//!
//! The key stands, as PEM or as its key id, in `https://DOMAIN/.well-known/overt-key` or in a TXT record of
//! `_overt-key.DOMAIN`. Looking it up is for whoever has a network, and a guard against requests that lead inside
//! ([`DomainKeys`]); what was found is kept in the index and looked up anew from time to time.

use std::collections::{BTreeMap, BTreeSet};

use overt_record::KeyId;

use crate::index::{DomainFound, Index, IndexError};
use crate::mail::Doing;

/// Looks up the keys of domains.
pub trait DomainKeys: Send + Sync {
    /// The keys that a domain publishes. The domain is lower-case ASCII with at least one dot, and comes from a
    /// stranger: an implementation must not be led to addresses that are not public.
    fn keys<'a>(&'a self, domain: &'a str) -> Doing<'a, Result<BTreeSet<KeyId>, DomainKeysError>>;
}

/// Domains whose keys could not be looked up. What was known of them before stays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the keys of {domain} could not be looked up: {reason}")]
pub struct DomainKeysError {
    /// The domain.
    pub domain: String,
    /// Why.
    pub reason: String,
}

/// Keys that are known without looking: for sites that check by hand, and for tests.
impl DomainKeys for BTreeMap<String, BTreeSet<KeyId>> {
    fn keys<'a>(&'a self, domain: &'a str) -> Doing<'a, Result<BTreeSet<KeyId>, DomainKeysError>> {
        Box::pin(async move { Ok(self.get(domain).cloned().unwrap_or_default()) })
    }
}

/// Looks up every domain that somebody claims who signed with a key, and notes what is found.
///
/// # Errors
/// When the index fails. Domains that can't be looked up are passed over, and counted in the answer.
pub(crate) async fn look_up(index: &Index, domains: &dyn DomainKeys) -> Result<usize, IndexError> {
    let mut failed = 0;
    let mut known: BTreeMap<String, Option<BTreeSet<KeyId>>> = BTreeMap::new();
    for (domain, key) in index.domain_claims()? {
        if !known.contains_key(&domain) {
            let found = domains.keys(&domain).await.ok();
            failed += usize::from(found.is_none());
            known.insert(domain.clone(), found);
        }
        if let Some(Some(keys)) = known.get(&domain) {
            let found = if keys.contains(&key) { DomainFound::Publishes } else { DomainFound::DoesNot };
            index.note_domain(domain, *key.as_hash(), found).await?;
        }
    }
    Ok(failed)
}
