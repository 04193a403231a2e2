//! Who may log what: a TOML file.
//!
//! ```toml
//! max_body_bytes = 1048576          # optional, 8 MiB if absent, and never more
//!
//! [[allow]]                         # at least one
//! keys = ["*"]                      # key ids, or "*" for every key
//! kinds = ["evaluation", "plan"]    # types of records, or "*"
//!
//! [limits]                          # optional, each one
//! key = { events = 60, seconds = 60 }
//! address = { events = 600, seconds = 60 }
//!
//! [redaction]
//! authorities = ["<key id>"]        # whose redactions are carried out; issuers' own always are
//!
//! [files]                           # optional: without it nobody puts files beside the log over HTTP
//! keys = ["*"]                      # whose records may have files here
//! entry_bytes = 268435456           # optional, of one entry: 256 MiB if absent
//! total_bytes = 17179869184         # optional, of all entries together: 16 GiB if absent
//! ```

use std::collections::BTreeSet;
use std::time::Duration;

use overt_record::KeyId;
use overt_record::record::Kind;
use serde::Deserialize;

use super::MAX_SUBMISSION_BYTES;
use super::rate::Rate;

/// The largest file that is read.
const MAX_RULES_BYTES: usize = 1 << 20;

/// Who may log what, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmissionRules {
    max_body_bytes: usize,
    allow: Vec<Allow>,
    key_rate: Option<Rate>,
    address_rate: Option<Rate>,
    authorities: BTreeSet<KeyId>,
    files: Option<FilesRule>,
}

/// What is taken in beside the log over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FilesRule {
    keys: Few<KeyId>,
    /// The most bytes of the files of one entry.
    pub(super) entry_bytes: u64,
    /// The most bytes of all files.
    pub(super) total_bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Allow {
    keys: Few<KeyId>,
    kinds: Few<Kind>,
}

/// Some, or all.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Few<T> {
    All,
    These(BTreeSet<T>),
}

/// What is wrong with a file of rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRules {
    /// Larger than any.
    #[error("the admission file is too large: at most 1 MiB is read")]
    TooLarge,
    /// Not text.
    #[error("the admission file is not UTF-8")]
    NotUtf8,
    /// Not TOML of this form.
    #[error("the admission file can't be read: {0}")]
    Toml(String),
    /// Not a key id, or not a type of records.
    #[error("the admission file: {0}")]
    Value(String),
    /// Nobody may log anything.
    #[error("the admission file allows nothing: it needs an [[allow]] with `keys` and `kinds`")]
    NothingAllowed,
    /// No number of events, or no time.
    #[error("a limit is a number of events above 0 in a number of seconds above 0")]
    Rate,
}

/// Why a record is not let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No rule allows it.
    #[error(
        "this log takes no record of the type `{kind}` by the key {key}; its operator decides who may log what"
    )]
    NotAllowed {
        /// The record's type.
        kind: Kind,
        /// The issuer's key.
        key: KeyId,
    },
    /// Larger than this log takes.
    #[error("a submission to this log has at most {limit} bytes; this one has {found}")]
    TooLarge {
        /// Its length.
        found: usize,
        /// The most there may be.
        limit: usize,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    max_body_bytes: Option<usize>,
    #[serde(default)]
    allow: Vec<AllowFile>,
    #[serde(default)]
    limits: LimitsFile,
    #[serde(default)]
    redaction: RedactionFile,
    files: Option<FilesFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FilesFile {
    keys: Vec<String>,
    #[serde(default = "entry_bytes")]
    entry_bytes: u64,
    #[serde(default = "total_bytes")]
    total_bytes: u64,
}

const fn entry_bytes() -> u64 {
    256 << 20
}

const fn total_bytes() -> u64 {
    16 << 30
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowFile {
    keys: Vec<String>,
    kinds: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsFile {
    key: Option<RateFile>,
    address: Option<RateFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RateFile {
    events: u32,
    seconds: u32,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RedactionFile {
    #[serde(default)]
    authorities: Vec<String>,
}

impl AdmissionRules {
    /// Every record of every key, up to the size that a record can have.
    pub fn everyone() -> Self {
        Self {
            max_body_bytes: MAX_SUBMISSION_BYTES,
            allow: vec![Allow { keys: Few::All, kinds: Few::All }],
            key_rate: None,
            address_rate: None,
            authorities: BTreeSet::new(),
            files: None,
        }
    }

    /// Reads a file of rules.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRules> {
        if bytes.len() > MAX_RULES_BYTES {
            return Err(BadRules::TooLarge);
        }
        let text = str::from_utf8(bytes).map_err(|_| BadRules::NotUtf8)?;
        let file: File = toml::from_str(text).map_err(|error| BadRules::Toml(error.to_string()))?;
        if file.allow.iter().all(|allow| allow.keys.is_empty() || allow.kinds.is_empty()) {
            return Err(BadRules::NothingAllowed);
        }
        let allow = |allow: AllowFile| Ok(Allow { keys: few(&allow.keys)?, kinds: few(&allow.kinds)? });
        Ok(Self {
            max_body_bytes: file.max_body_bytes.unwrap_or(MAX_SUBMISSION_BYTES).min(MAX_SUBMISSION_BYTES),
            allow: file.allow.into_iter().map(allow).collect::<Result<_, _>>()?,
            key_rate: file.limits.key.map(rate).transpose()?,
            address_rate: file.limits.address.map(rate).transpose()?,
            authorities: file.redaction.authorities.iter().map(|key| value(key)).collect::<Result<_, _>>()?,
            files: file.files.map(FilesRule::read).transpose()?,
        })
    }

    /// The most bytes of a submission.
    pub fn max_body_bytes(&self) -> usize {
        self.max_body_bytes
    }

    /// How often one key may log.
    pub fn key_rate(&self) -> Option<Rate> {
        self.key_rate
    }

    /// How often one address may submit.
    pub fn address_rate(&self) -> Option<Rate> {
        self.address_rate
    }

    /// Whether a record of this type by this key may be logged.
    ///
    /// # Errors
    /// When no rule allows it.
    pub fn check(&self, kind: &Kind, key: KeyId) -> Result<(), Denied> {
        let allowed = self.allow.iter().any(|allow| allow.keys.has(&key) && allow.kinds.has(kind));
        if allowed { Ok(()) } else { Err(Denied::NotAllowed { kind: kind.clone(), key }) }
    }

    /// What files are taken in over HTTP; `None` if none are.
    pub(super) fn files(&self) -> Option<&FilesRule> {
        self.files.as_ref()
    }

    /// Whether redactions by this key are carried out, of whatever record.
    pub fn is_authority(&self, key: KeyId) -> bool {
        self.authorities.contains(&key)
    }
}

impl FilesRule {
    fn read(file: FilesFile) -> Result<Self, BadRules> {
        let FilesFile { keys, entry_bytes, total_bytes } = file;
        Ok(Self { keys: few(&keys)?, entry_bytes, total_bytes })
    }

    /// Whether records of this key may have files here.
    pub(super) fn allows(&self, key: KeyId) -> bool {
        self.keys.has(&key)
    }
}

impl<T: Ord> Few<T> {
    fn has(&self, one: &T) -> bool {
        match self {
            Self::All => true,
            Self::These(these) => these.contains(one),
        }
    }
}

fn few<T: Ord + std::str::FromStr<Err: ToString>>(texts: &[String]) -> Result<Few<T>, BadRules> {
    if texts.iter().any(|text| text == "*") {
        return Ok(Few::All);
    }
    texts.iter().map(|text| value(text)).collect::<Result<_, _>>().map(Few::These)
}

fn value<T: std::str::FromStr<Err: ToString>>(text: &str) -> Result<T, BadRules> {
    text.parse().map_err(|error: T::Err| BadRules::Value(error.to_string()))
}

fn rate(file: RateFile) -> Result<Rate, BadRules> {
    let per = Duration::from_secs(file.seconds.into());
    if file.events == 0 || file.seconds == 0 {
        Err(BadRules::Rate)
    } else {
        Ok(Rate { events: file.events, per })
    }
}

#[cfg(test)]
mod tests {
    use overt_record::Hash;

    use super::*;

    fn key(text: &str) -> KeyId {
        Hash::of(text).into()
    }

    #[test]
    fn a_record_is_let_in_if_one_rule_has_both_its_key_and_its_type() {
        let text = format!(
            "[[allow]]\nkeys = [\"{}\"]\nkinds = [\"plan\"]\n[[allow]]\nkeys = [\"*\"]\nkinds = [\"incident\"]\n\
             [limits]\nkey = {{ events = 3, seconds = 60 }}\n[redaction]\nauthorities = [\"{}\"]\n\
             [files]\nkeys = [\"{}\"]\nentry_bytes = 10\n",
            key("a"),
            key("b"),
            key("a")
        );
        let rules = AdmissionRules::parse(text.as_bytes()).unwrap();
        let kind = |name: &str| name.parse::<Kind>().unwrap();
        assert!(rules.check(&kind("plan"), key("a")).is_ok());
        assert!(rules.check(&kind("incident"), key("b")).is_ok());
        assert!(rules.check(&kind("plan"), key("b")).is_err());
        assert!(rules.is_authority(key("b")) && !rules.is_authority(key("a")));
        assert_eq!(rules.key_rate().unwrap().events, 3);
        let files = rules.files().unwrap();
        assert!(files.allows(key("a")) && !files.allows(key("b")));
        assert_eq!((files.entry_bytes, files.total_bytes), (10, 16 << 30));
        assert_eq!(AdmissionRules::everyone().files(), None);
    }

    #[test]
    fn rules_that_are_wrong_are_refused() {
        let wrong = [
            "",
            "[[allow]]\nkeys = []\nkinds = [\"*\"]\n",
            "[[allow]]\nkeys = [\"*\"]\n",
            "[[allow]]\nkeys = [\"x\"]\nkinds = [\"*\"]\n",
            "[[allow]]\nkeys = [\"*\"]\nkinds = [\"NO\"]\n",
            "[[allow]]\nkeys = [\"*\"]\nkinds = [\"*\"]\nother = 1\n",
            "[[allow]]\nkeys = [\"*\"]\nkinds = [\"*\"]\n[limits]\nkey = { events = 0, seconds = 1 }\n",
            "[[allow]]\nkeys = [\"*\"]\nkinds = [\"*\"]\n[files]\nentry_bytes = 3\n",
            "[[allow]]\nkeys = [\"*\"]\nkinds = [\"*\"]\n[files]\nkeys = [\"x\"]\n",
            "max_body_bytes = -1\n[[allow]]\nkeys = [\"*\"]\nkinds = [\"*\"]\n",
            "\0",
        ];
        for text in wrong {
            assert!(AdmissionRules::parse(text.as_bytes()).is_err(), "{text:?}");
        }
        assert_eq!(AdmissionRules::parse(&[0xff]), Err(BadRules::NotUtf8));
        assert_eq!(AdmissionRules::parse(&vec![b'#'; MAX_RULES_BYTES + 1]), Err(BadRules::TooLarge));
    }
}
