//! Lists of allowed signers (ssh-keygen(1), "ALLOWED SIGNERS"): which key speaks for whom.
//!
//! A line that cannot be used is skipped, with the reason: leaving one out can only lower trust, and such files are often
//! made for more kinds of keys than are read here. Times without a `Z` are read as UTC, since the result must not depend
//! on where it is computed; ssh-keygen reads them in the time zone of the computer.

mod time;
mod words;

use self::time::parse_time;
use self::words::{Words, matches};
use super::SshError;
use super::public::{is_kind, parse_words};
use crate::{PublicKey, Timestamp};

/// The most bytes of such a file.
const MAX_FILE: usize = 4 << 20;

/// A list of allowed signers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedSigners {
    signers: Vec<AllowedSigner>,
    skipped: Vec<Skipped>,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedSigner {
    principals: Vec<String>,
    namespaces: Option<Vec<String>>,
    valid_after: Option<Timestamp>,
    valid_before: Option<Timestamp>,
    key: PublicKey,
}

/// A line that is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its number, from 1.
    pub line: usize,
    /// Why it is not used.
    pub reason: String,
}

impl AllowedSigners {
    /// Reads a list.
    pub fn parse(text: &str) -> Result<Self, SshError> {
        if text.len() > MAX_FILE {
            return Err(SshError::Malformed { what: "list of allowed signers", expected: "at most 4 MiB" });
        }
        let mut list = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match AllowedSigner::parse(line) {
                Ok(signer) => list.signers.push(signer),
                Err(reason) => list.skipped.push(Skipped { line: number, reason }),
            }
        }
        Ok(list)
    }

    /// The lines that are used.
    pub fn signers(&self) -> &[AllowedSigner] {
        &self.signers
    }

    /// The lines that are not used, and why.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// Whom a key speaks for in a namespace at a time: the principals of its lines, as they are
    /// written there, patterns included.
    pub fn principals<'a>(
        &'a self,
        key: &'a PublicKey,
        namespace: &'a str,
        time: Timestamp,
    ) -> impl Iterator<Item = &'a str> {
        self.signers
            .iter()
            .filter(move |signer| signer.key == *key && signer.allows(namespace, time))
            .flat_map(|signer| signer.principals.iter().map(String::as_str))
    }
}

impl AllowedSigner {
    /// Reads a line: principals, options, key, comment. The error is the reason.
    fn parse(line: &str) -> Result<Self, String> {
        let mut words = Words::new(line);
        let principals = words.next().ok_or("no principals")??;
        let mut options = Options::default();
        let kind = loop {
            let word = words.next().ok_or("no key")??;
            if is_kind(&word) {
                break word;
            }
            options.read(&word)?;
        };
        let blob = words.next().ok_or("no key")??;
        let key = parse_words(&kind, &blob).map_err(|error| error.to_string())?;
        let Options { namespaces, valid_after, valid_before } = options;
        Ok(Self { principals: list(&principals)?, namespaces, valid_after, valid_before, key })
    }

    /// The key.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Whom the line is about: names, or patterns with `*`, `?` and a leading `!` for "not".
    pub fn principals(&self) -> &[String] {
        &self.principals
    }

    /// Whether the line is about this principal.
    pub fn is_about(&self, principal: &str) -> bool {
        matches(&self.principals, principal)
    }

    /// Whether the key may sign in this namespace at this time.
    pub fn allows(&self, namespace: &str, time: Timestamp) -> bool {
        self.namespaces.as_ref().is_none_or(|patterns| matches(patterns, namespace))
            && self.valid_after.is_none_or(|start| time >= start)
            && self.valid_before.is_none_or(|end| time <= end)
    }
}

/// The options of a line.
#[derive(Default)]
struct Options {
    namespaces: Option<Vec<String>>,
    valid_after: Option<Timestamp>,
    valid_before: Option<Timestamp>,
}

impl Options {
    /// Reads a word of options: several stand without spaces between them, separated by commas.
    fn read(&mut self, word: &str) -> Result<(), String> {
        for option in words::split_options(word) {
            let (name, value) =
                option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
            match (name.to_ascii_lowercase().as_str(), value.and_then(words::unquote)) {
                ("cert-authority", _) => {
                    return Err("certificates (cert-authority) are not read here".to_owned());
                }
                ("namespaces", Some(value)) => once(&mut self.namespaces, name, list(&value)?)?,
                ("valid-after", Some(value)) => once(&mut self.valid_after, name, parse_time(&value)?)?,
                ("valid-before", Some(value)) => once(&mut self.valid_before, name, parse_time(&value)?)?,
                ("namespaces" | "valid-after" | "valid-before", None) => {
                    return Err(format!("the option {name} needs a value in quotes: {name}=\"…\""));
                }
                _ => return Err(format!("the option {:?} is not known here", words::clip(name))),
            }
        }
        match (self.valid_after, self.valid_before) {
            (Some(after), Some(before)) if after >= before => {
                Err("valid-before is not after valid-after".to_owned())
            }
            _ => Ok(()),
        }
    }
}

fn once<T>(slot: &mut Option<T>, name: &str, value: T) -> Result<(), String> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("the option {name} stands twice")),
    }
}

fn list(text: &str) -> Result<Vec<String>, String> {
    let items: Vec<_> = text.split(',').map(str::to_owned).collect();
    if items.iter().any(|item| item.is_empty() || item == "!") {
        return Err("an empty name in a list".to_owned());
    }
    Ok(items)
}

#[cfg(test)]
mod tests;
