//! Salts of commitments.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::Hash;

/// 32 random bytes that keep a commitment from being guessed at, as 64 lower-case hexadecimal digits. Whoever has the
/// salt can test guesses, so it is shown only with what it salts, and its debug text hides it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Hash", into = "Hash")]
pub struct Salt([u8; 32]);

impl Salt {
    /// The salt that these 32 bytes are.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Salts are spelled as hashes are.
impl From<Hash> for Salt {
    fn from(spelled: Hash) -> Self {
        Self(*spelled.as_bytes())
    }
}

impl From<Salt> for Hash {
    fn from(salt: Salt) -> Self {
        salt.0.into()
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

impl JsonSchema for Salt {
    fn schema_name() -> Cow<'static, str> {
        "Salt".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Hash::json_schema(generator)
    }
}
