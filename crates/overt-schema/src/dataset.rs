//! Where a task's samples come from, as its author writes it down.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Digest;

/// Where samples come from, and which of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Dataset {
    /// A file, relative to the task file. Exactly one of `path`, `url`, `hf`, `samples` and `command` is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// An https address; needs `sha256`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// A dataset of the Hugging Face hub, `organisation/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$"))]
    pub hf: Option<String>,
    /// With `hf`: which of the dataset's configurations (subsets); may be absent if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// With `hf`: which of the configuration's splits; may be absent if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// With `hf`: the commit (40 hexadecimal digits), or a branch or tag, which may move; `main` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The rows themselves, for a small task in one file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<Vec<Map<String, Value>>>,
    /// A program that writes the rows, one JSON object a line, and its arguments. A program with a `/` in its name is
    /// found from the task file's folder. It runs only if whoever runs the task allows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub command: Option<Vec<String>>,
    /// With `command`: the longest that it may take, in seconds; 600 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<f64>,
    /// With `command`: the most address space that it may use, in MiB; 4096 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u32>,
    /// Digest of the file as stored (before decompression); with `hf`, of the split's files one after the other; with
    /// `command`, of what the program writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// The format; by default from the name's ending (`.parquet`; `.jsonl`, `.json` and `.csv`, each also with `.gz` or
    /// `.zst`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Renames columns: `{ target: answer }` makes column `answer` the field `target`. Other columns keep their names.
    /// `{ choices: [right, wrong] }` gathers columns into a list; lists among them are put in one after the other.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schemars(with = "std::collections::BTreeMap<String, Columns>")]
    pub fields: Map<String, Value>,
    /// A minijinja expression over the row; rows for which it is false are left out.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Seed of a shuffle of the rows that remain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shuffle: Option<u64>,
    /// Take this many rows at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub limit: Option<u64>,
    /// Seed of a shuffle of each row's `choices`; a `target` given as letter or index moves with its choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shuffle_choices: Option<u64>,
}

/// What a field is made of, for the JSON Schema.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "only its schema is used")]
enum Columns {
    /// The column that is renamed.
    One(String),
    /// The columns that are gathered into a list.
    Several(#[schemars(length(min = 1))] Vec<String>),
}

impl Dataset {
    /// The seconds that a program may take that makes the samples, where the task says nothing.
    pub const COMMAND_SECONDS: f64 = 600.0;

    /// The MiB of address space that it may use, where the task says nothing.
    pub const COMMAND_MEMORY: u32 = 4096;

    /// Whether `revision` is a commit, which names the same bytes for ever.
    pub fn is_at_commit(&self) -> bool {
        self.revision.as_deref().is_some_and(is_commit)
    }
}

/// Whether a text names a commit in full: 40 hexadecimal digits.
pub fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Format {
    /// The format that a file's name tells: `.parquet`, or `.jsonl`, `.json` or `.csv`, each also with `.gz` or `.zst`
    /// after it.
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        if name.ends_with(".parquet") {
            return Some(Self::Parquet);
        }
        let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
        match name.rsplit_once('.')?.1 {
            "jsonl" => Some(Self::Jsonl),
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// The format of a dataset file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// One JSON array of objects.
    Json,
    /// Comma-separated values with a header line.
    Csv,
    /// Apache Parquet; each row is an object of its columns.
    Parquet,
}
