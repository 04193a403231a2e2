//! How a run asks, and what is asked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Decimal, Hash, Name, Seed, Text};

/// How a run asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Settings {
    /// The run's seed.
    pub seed: Seed,
    /// Overrides each task's epochs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epochs: Option<u32>,
    /// At most this many samples a task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Only these samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_ids: Option<SampleIds>,
    /// Requests in flight at most.
    pub concurrency: u64,
    /// Attempts at most for each request.
    pub max_attempts: u32,
    /// Level of the intervals.
    pub level: Decimal,
    /// When tasks stop before all of their samples are asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early: Option<EarlyStopping>,
}

/// Samples that were picked by their ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SampleIds {
    /// How many.
    pub count: u64,
    /// Digest of the canonical JSON of the array of ids, in order.
    pub sha256: Hash,
}

/// When a task stops before all of its samples are asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EarlyStopping {
    /// Stop when the interval of the first metric has at most this half-width.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_width: Option<Decimal>,
    /// Stop when these requirements are decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decide: Vec<Text>,
}

/// The suite that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Suite {
    /// Its name.
    pub name: Name,
    /// Its version.
    pub version: Name,
    /// Digest of the suite's canonical JSON.
    pub sha256: Hash,
}

/// The data of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Dataset {
    /// The path, address, `embedded`, or `hf:ORGANISATION/NAME@COMMIT/CONFIG/SPLIT`.
    pub source: Text,
    /// Digest of the file as stored; of several files, of their bytes one after the other.
    pub sha256: Hash,
    /// Digest over the canonical JSON of the samples that are used, in order, one a line.
    pub samples_sha256: Hash,
    /// How many samples are used.
    pub samples: u64,
    /// Digest over the digests of the images that prompts show, in order, one a line; absent if none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images_sha256: Option<Hash>,
}
