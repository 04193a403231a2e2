//! Whom a reader trusts.

use crate::dsse::SSH_NAMESPACE;
use crate::ssh::AllowedSigners;
use crate::{Name, PublicKey, Timestamp};

/// Keys that a reader knows, with the names that the reader calls them by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedKeys {
    named: Vec<(Name, PublicKey)>,
    allowed: AllowedSigners,
}

impl TrustedKeys {
    /// No key at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// A key that may always sign.
    #[must_use]
    pub fn with_key(mut self, name: Name, key: PublicKey) -> Self {
        self.named.push((name, key));
        self
    }

    /// The keys of an `allowed_signers` file: each in its time, and those with namespaces for `overt-dsse-v1`.
    #[must_use]
    pub fn with_allowed_signers(self, allowed: AllowedSigners) -> Self {
        Self { allowed, ..self }
    }

    /// What the reader calls a key that may sign at this time; empty if it is not trusted then.
    pub fn names<'a>(&'a self, key: &'a PublicKey, time: Timestamp) -> Vec<&'a str> {
        let named = self.named.iter().filter(|(_, trusted)| trusted == key).map(|(name, _)| name.as_str());
        named.chain(self.allowed.principals(key, SSH_NAMESPACE, time)).collect()
    }
}
