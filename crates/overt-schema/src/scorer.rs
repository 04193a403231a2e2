//! What turns an answer into scores: the kinds of scorers and their settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Rubric;

/// A scorer and its name within the task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "WrittenScorer")]
pub struct NamedScorer {
    /// Lower-case letters, digits, hyphens and underscores; the scorer's kind if absent in the file.
    pub name: String,
    /// What it does.
    #[serde(flatten)]
    pub scorer: Scorer,
}

/// A scorer as it is written: its kind names it if nothing else does.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NamedScorer", extend("unevaluatedProperties" = false))]
struct WrittenScorer {
    /// Lower-case letters, digits, hyphens and underscores; the scorer's kind if absent.
    #[serde(default)]
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9_-]*$"))]
    name: Option<String>,
    /// What it does.
    #[serde(flatten)]
    scorer: Scorer,
}

impl From<WrittenScorer> for NamedScorer {
    fn from(WrittenScorer { name, scorer }: WrittenScorer) -> Self {
        Self { name: name.unwrap_or_else(|| scorer.kind().to_owned()), scorer }
    }
}

/// What to do with an answer that lacks the form a scorer needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unparsed {
    /// Score 0, and count it as unparsed beside the result.
    #[default]
    Wrong,
    /// No score: the metric counts it as missing and states bounds.
    Missing,
}

/// Whether one of several targets is enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Quantifier {
    /// One is enough.
    #[default]
    Any,
    /// Every one is needed.
    All,
}

/// What decides which choice an answer names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceBy {
    /// Its text.
    #[default]
    Answer,
    /// The most probable of the choices' letters as its first token.
    FirstToken,
    /// The same, but the score is the probability of the right letter among the choices' letters.
    FirstTokenProbability,
    /// The same, but the score is the probability of the most probable letter: how sure the system is of its choice.
    FirstTokenConfidence,
}

impl ChoiceBy {
    /// The words, as files write them.
    pub const NAMES: &'static [&'static str] =
        &["answer", "first_token", "first_token_probability", "first_token_confidence"];

    pub(crate) fn is_answer(&self) -> bool {
        *self == Self::Answer
    }
}

/// How an answer's wording is compared with references, by measures that others publish their figures in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SimilarityMeasure {
    /// ROUGE-L (Lin 2004): the longest common subsequence of words, balanced between precision and recall. Words of
    /// Latin letters without accents and digits only.
    RougeL,
    /// chrF2 (Popović 2015): character n-grams, recall twice as heavy as precision. For any script.
    Chrf,
    /// Sentence BLEU (Papineni et al. 2002): word n-grams, with exponential smoothing.
    Bleu,
}

impl SimilarityMeasure {
    /// The measures, as files write them.
    pub const NAMES: &'static [&'static str] = &["rouge_l", "chrf", "bleu"];
}

/// The kinds of scorers and their settings. `target`s and other texts are templates over the sample's fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Scorer {
    /// 1 if the answer equals the target (or one of a list), after trimming.
    Exact {
        /// What is right; by default the field `target`, which may be a list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// Compare without regard to case.
        #[serde(default)]
        ignore_case: bool,
        /// Compare without punctuation, and with white space folded.
        #[serde(default)]
        ignore_punctuation: bool,
    },
    /// 1 if the answer contains the target as whole words.
    Includes {
        /// What must occur; by default the field `target`, which may be a list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// With a list of targets: any or all.
        #[serde(default)]
        require: Quantifier,
        /// Compare with regard to case.
        #[serde(default)]
        match_case: bool,
        /// Accept a target inside a longer word (needed for languages without spaces).
        #[serde(default)]
        within_words: bool,
    },
    /// 1 if a regular expression matches, or if what it captures equals the target.
    Match {
        /// The expression (Rust's `fancy-regex` dialect).
        pattern: String,
        /// Which capture group to compare with the target.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<u32>,
        /// What the capture must equal; without it a match is enough.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// Compare and match without regard to case.
        #[serde(default)]
        ignore_case: bool,
        /// What a missing match means when there is a target.
        #[serde(default)]
        unparsed: Unparsed,
    },
    /// 1 if the number in the answer equals the target within the tolerance.
    Number {
        /// What is right; by default the field `target`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// Largest absolute difference.
        #[serde(default)]
        tolerance: f64,
        /// Largest relative difference.
        #[serde(default)]
        relative: f64,
        /// Units that may follow the number, with the factor that turns them into the target's unit.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        #[schemars(with = "std::collections::BTreeMap<String, f64>")]
        units: Map<String, Value>,
        /// What an answer without a number means.
        #[serde(default)]
        unparsed: Unparsed,
    },
    /// 1 if the choice that the answer names is the target. Reads letters, `(B)`, `Answer: B`, and a choice's text.
    Choice {
        /// The right letter, zero-based index or text; by default the field `target`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// What an answer that names no choice means.
        #[serde(default)]
        unparsed: Unparsed,
        /// What decides: the text of the answer, or the log-probabilities of its first token, which the task's
        /// `generation.logprobs` asks for.
        #[serde(default, skip_serializing_if = "ChoiceBy::is_answer")]
        by: ChoiceBy,
    },
    /// 1 if the answer carries JSON that fits.
    Json {
        /// JSON Schema that the value must fit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        schema: Option<Value>,
        /// JSON Pointer (RFC 6901) to a part of the value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<String>,
        /// What that part must equal, as JSON or as text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        equals: Option<String>,
        /// Accept JSON surrounded by other text or in a fenced block.
        #[serde(default)]
        embedded: bool,
    },
    /// The share of the sample's verifiable instructions that the answer follows; see [`crate::Instruction`].
    Instructions {
        /// The field that holds the list of instructions.
        #[serde(default = "instructions_field")]
        field: String,
        /// 1 only if all are followed, instead of the share.
        #[serde(default)]
        strict: bool,
    },
    /// 1 if the answer declines the request, by the documented rules of `docs/scorers.md`.
    Refusal {},
    /// 1 if the canary occurs in the answer, also spelled with separators, reversed, or in base64, hex or rot13.
    Canary {
        /// The canary; by default the field `canary`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        canary: Option<String>,
        /// Look for the plain text only.
        #[serde(default)]
        plain: bool,
    },
    /// The confidence that the answer states, in 0..=1: `Confidence: 80%`, `0.8`, `8/10`.
    Confidence {
        /// A regular expression whose first group is the confidence; by default the everyday forms are read. An
        /// answer that states none is missing, never 0.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pattern: Option<String>,
    },
    /// How much of the target's wording the answer has, in 0..=1: a measure that needs references, for translations and
    /// summaries.
    Similarity {
        /// Which of the published measures.
        measure: SimilarityMeasure,
        /// What to compare with; by default the field `target`, which may be a list of references.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
    },
    /// What another system, the judge, says of the answer by a rubric. A judge that fails or declines leaves the score
    /// missing.
    Judge(Rubric),
    /// What an external program says. It reads a JSON object a line (`id`, `epoch`, `fields`, `messages`, `output`,
    /// `outcome`) and writes one a line (`value`, and if it likes `answer` and `explanation`). It runs only if whoever
    /// runs the task allows it.
    Command {
        /// The program and its arguments. A program with a `/` in its name is found from the task file's folder.
        #[schemars(length(min = 1))]
        command: Vec<String>,
        /// The longest that one reply may take, in seconds.
        #[serde(default = "command_seconds")]
        timeout: f64,
        /// The most address space that it may use, in MiB.
        #[serde(default = "command_memory")]
        memory: u32,
    },
}

pub(crate) fn command_seconds() -> f64 {
    60.0
}

pub(crate) fn command_memory() -> u32 {
    4096
}

pub(crate) fn instructions_field() -> String {
    "instructions".into()
}

impl Scorer {
    /// The kinds, as files write them.
    pub const KINDS: &'static [&'static str] = &[
        "exact",
        "includes",
        "match",
        "number",
        "choice",
        "json",
        "instructions",
        "refusal",
        "canary",
        "confidence",
        "similarity",
        "judge",
        "command",
    ];

    /// The kind, as files write it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Exact { .. } => "exact",
            Self::Includes { .. } => "includes",
            Self::Match { .. } => "match",
            Self::Number { .. } => "number",
            Self::Choice { .. } => "choice",
            Self::Json { .. } => "json",
            Self::Instructions { .. } => "instructions",
            Self::Refusal {} => "refusal",
            Self::Canary { .. } => "canary",
            Self::Confidence { .. } => "confidence",
            Self::Similarity { .. } => "similarity",
            Self::Judge(_) => "judge",
            Self::Command { .. } => "command",
        }
    }
}
