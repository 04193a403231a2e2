//! Instructions whose following a program can check.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One verifiable instruction, as a sample carries it. The wording that the system reads stands in the prompt; this
/// is what is checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Instruction {
    /// The number of words lies within the bounds. Words are runs of letters and digits (with inner ' and -).
    Words {
        /// At least this many.
        #[serde(default)]
        min: Option<u64>,
        /// At most this many.
        #[serde(default)]
        max: Option<u64>,
    },
    /// The number of sentences lies within the bounds.
    Sentences {
        /// At least this many.
        #[serde(default)]
        min: Option<u64>,
        /// At most this many.
        #[serde(default)]
        max: Option<u64>,
    },
    /// The number of paragraphs (separated by blank lines) lies within the bounds.
    Paragraphs {
        /// At least this many.
        #[serde(default)]
        min: Option<u64>,
        /// At most this many.
        #[serde(default)]
        max: Option<u64>,
    },
    /// The number of list items (lines that start with `-`, `*`, `•` or a number) is exactly this.
    ListItems {
        /// How many.
        count: u64,
        /// Items must be numbered, or must be bullets; either if absent.
        #[serde(default)]
        style: Option<ListStyle>,
    },
    /// Every text occurs.
    Contains {
        /// The texts, compared without regard to case, as whole words.
        texts: Vec<String>,
    },
    /// None of the texts occurs.
    Avoids {
        /// The texts, compared without regard to case, as whole words.
        texts: Vec<String>,
    },
    /// A letter occurs nowhere.
    AvoidsLetter {
        /// The letter, compared without regard to case.
        letter: char,
    },
    /// A text occurs a number of times.
    Occurrences {
        /// The text, compared without regard to case, as a whole word.
        text: String,
        /// At least this often.
        #[serde(default)]
        min: Option<u64>,
        /// At most this often.
        #[serde(default)]
        max: Option<u64>,
    },
    /// The answer begins with a text.
    StartsWith {
        /// The text.
        text: String,
    },
    /// The answer ends with a text.
    EndsWith {
        /// The text.
        text: String,
    },
    /// All letters are capitals.
    Uppercase {},
    /// All letters are small.
    Lowercase {},
    /// The answer is JSON; if `keys` are given, an object that has them.
    Json {
        /// Keys that must be there.
        #[serde(default)]
        keys: Vec<String>,
    },
    /// The answer stands wholly between double quotation marks.
    Quoted {},
    /// There are no commas.
    NoCommas {},
    /// The answer has a title in double angle brackets, `<<like this>>`.
    Title {},
    /// The answer has this many placeholders in square brackets, `[like this]`.
    Placeholders {
        /// At least this many.
        min: u64,
    },
    /// The answer is one of the texts and nothing else (case and a final full stop aside).
    OneOf {
        /// The texts.
        texts: Vec<String>,
    },
    /// The answer consists of digits only (white space aside).
    DigitsOnly {},
    /// The words come in alphabetical order.
    Alphabetical {},
    /// There is a postscript that starts with `P.S.`.
    Postscript {},
    /// The lines are separated into this many sections by lines of three asterisks.
    Sections {
        /// How many.
        count: u64,
    },
}

/// How list items are marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ListStyle {
    /// `1.` or `1)`.
    Numbered,
    /// `-`, `*` or `•`.
    Bullet,
}

impl Instruction {
    /// Reads a sample's list of instructions.
    ///
    /// # Errors
    /// When the value is not a list of known instructions.
    pub fn list(value: &Value) -> Result<Vec<Self>, serde_json::Error> {
        Vec::deserialize(value)
    }
}
