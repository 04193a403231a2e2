//! The AI system that a record speaks of.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Hash, Link, Name, Text};

/// How a system is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// Weights on the evaluator's machine.
    Local,
    /// An HTTP interface.
    Api,
    /// The answers of an earlier run.
    Replay,
    /// A program on the evaluator's machine.
    Program,
}

/// Files that hold weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Artefact {
    /// The file's name.
    pub file: Name,
    /// Its digest; of a folder, the root digest of OpenSSF Model Signing.
    pub sha256: Hash,
    /// Its size.
    pub bytes: u64,
    /// For example `Q4_1`.
    pub quantisation: Name,
    /// What was done to the weights at load time; absent if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transformed: Option<Text>,
}

/// A system as far as it is known before anybody asks it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PlannedSystem {
    /// The name by which the evaluator asks for it.
    pub name: Name,
    /// How it is reached.
    pub reach: Reach,
    /// The model name that requests carry, or the weights' own name.
    pub model: Name,
    /// Base URL of the interface, without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<Link>,
    /// The weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artefact: Option<Artefact>,
}

/// A system as it was found.
///
/// For open weights the artefact's digest says it all. For an interface no such digest exists, so this document is
/// bound instead: who was asked, by which name, and what the replies said about themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct System {
    /// The name by which the evaluator asked for it.
    pub name: Name,
    /// How it was reached.
    pub reach: Reach,
    /// The model name that requests carried, or the weights' own name.
    pub model: Name,
    /// Base URL of the interface, without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<Link>,
    /// The weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artefact: Option<Artefact>,
    /// The engine that computed, for example `llama.cpp b6123`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<Name>,
    /// A system prompt that stood before every conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<Text>,
    /// Anything else that could change answers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<Name, Text>,
    /// What replies said about themselves.
    #[serde(default, skip_serializing_if = "Observed::is_empty")]
    pub observed: Observed,
    /// Digest of the canonical JSON of the identity in `run.json`.
    pub identity_sha256: Hash,
}

/// What replies said about themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Observed {
    /// Model names in replies, with how often each was seen.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<Name, u64>,
    /// Fingerprints, with how often each was seen.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fingerprints: BTreeMap<Name, u64>,
}

impl Observed {
    /// Whether replies said nothing.
    pub fn is_empty(&self) -> bool {
        self.models.is_empty() && self.fingerprints.is_empty()
    }
}
