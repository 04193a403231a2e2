//! Which logs a witness cosigns for.
//!
//! Two forms are read, also mixed. That of the lists of witness-network.org, where each `vkey` begins a log:
//!
//! ```text
//! logs/v0
//!
//! vkey example.org/log+b0201859+Aawb3XxZM7k072GrHtogNwVl3F5b5SbqFs83YYw+Yjbq
//! origin example.org/log
//! qpd 86400
//! contact operator (at) example.org
//! ```
//!
//! and the `log <vkey> [<url>]` lines of C2SP tlog-policy. Keys with the same origin are keys of one log.

use std::time::Duration;

use overt_record::{VerifierKey, VkeyError};

use super::DEFAULT_RATE;
use crate::admission::Rate;

/// The largest list that is read.
const MAX_LIST_BYTES: usize = 4 << 20;

/// A log that a witness cosigns for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessedLog {
    /// What the first line of its checkpoints says.
    pub origin: String,
    /// Its keys; one of them must have signed.
    pub vkeys: Vec<VerifierKey>,
    /// How often it may be cosigned for.
    pub rate: Rate,
}

/// What is wrong with a list of logs, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the list of logs: {fault}")]
pub struct ListError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    #[source]
    pub fault: ListFault,
}

/// What is wrong with a line of a list of logs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListFault {
    /// Larger than any list.
    #[error("the list is too large: at most 4 MiB are read")]
    TooLarge,
    /// Not text.
    #[error("the list is not UTF-8")]
    NotUtf8,
    /// The line says nothing known.
    #[error("{0:?} is not known; a line begins with logs/v0, vkey, origin, qpd, contact, log or #")]
    Keyword(String),
    /// A line about a log before any log.
    #[error("there is no vkey line above")]
    NoLog,
    /// The key is none.
    #[error(transparent)]
    Vkey(#[from] VkeyError),
    /// Not a number of requests.
    #[error("{0:?} is not a number of requests a day: 1 to 4294967295")]
    Rate(String),
    /// No origin.
    #[error("the line has no value")]
    NoValue,
}

impl WitnessedLog {
    /// The log with this key, whose origin is the key's name.
    pub fn of_key(vkey: VerifierKey) -> Self {
        Self { origin: vkey.name().to_string(), vkeys: vec![vkey], rate: DEFAULT_RATE }
    }
}

/// Reads a list of logs.
///
/// # Errors
/// What is wrong with it, and in which line.
pub fn parse_list(bytes: &[u8]) -> Result<Vec<WitnessedLog>, ListError> {
    let at = |line, fault| ListError { line, fault };
    if bytes.len() > MAX_LIST_BYTES {
        return Err(at(1, ListFault::TooLarge));
    }
    let text = str::from_utf8(bytes).map_err(|_| at(1, ListFault::NotUtf8))?;
    let mut logs: Vec<WitnessedLog> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_matches([' ', '\t']);
        if !line.is_empty() && !line.starts_with('#') {
            read_line(line, &mut logs).map_err(|fault| at(number, fault))?;
        }
    }
    Ok(merged(logs))
}

fn read_line(line: &str, logs: &mut Vec<WitnessedLog>) -> Result<(), ListFault> {
    let (keyword, value) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    let value = value.trim_matches([' ', '\t']);
    match keyword {
        "logs/v0" => return Ok(()),
        "vkey" => {
            logs.push(WitnessedLog::of_key(VerifierKey::parse(value)?));
            return Ok(());
        }
        "log" => {
            let vkey = value.split([' ', '\t']).next().unwrap_or_default();
            logs.push(WitnessedLog::of_key(VerifierKey::parse(vkey)?));
            return Ok(());
        }
        "origin" | "qpd" | "contact" => {}
        other => return Err(ListFault::Keyword(other.chars().take(40).collect())),
    }
    let log = logs.last_mut().ok_or(ListFault::NoLog)?;
    match keyword {
        "origin" if value.is_empty() => Err(ListFault::NoValue),
        "origin" => {
            value.clone_into(&mut log.origin);
            Ok(())
        }
        "qpd" => {
            let wrong = || ListFault::Rate(value.chars().take(40).collect());
            let events: u32 = value.parse().map_err(|_| wrong())?;
            log.rate = Rate { events, per: Duration::from_secs(86_400) };
            if events == 0 { Err(wrong()) } else { Ok(()) }
        }
        _ => Ok(()),
    }
}

/// Puts the keys of each origin together.
fn merged(logs: Vec<WitnessedLog>) -> Vec<WitnessedLog> {
    let mut merged: Vec<WitnessedLog> = Vec::new();
    for log in logs {
        match merged.iter_mut().find(|known| known.origin == log.origin) {
            Some(known) => {
                let new = log.vkeys.into_iter().filter(|key| !known.vkeys.contains(key)).collect::<Vec<_>>();
                known.vkeys.extend(new);
            }
            None => merged.push(log),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "example.org/log+b0201859+Aawb3XxZM7k072GrHtogNwVl3F5b5SbqFs83YYw+Yjbq";

    #[test]
    fn both_forms_are_read_and_keys_of_one_origin_are_one_log() {
        let text = format!(
            "logs/v0\n\n# x\nvkey {KEY}\norigin o\nqpd 24\ncontact a b\n\nlog {KEY} https://x\n\tlog\t{KEY}\n"
        );
        let logs = parse_list(text.as_bytes()).unwrap();
        assert_eq!(logs.len(), 2);
        assert_eq!((logs[0].origin.as_str(), logs[0].rate.events), ("o", 24));
        assert_eq!((logs[1].origin.as_str(), logs[1].vkeys.len()), ("example.org/log", 1));
        assert_eq!(logs[1].rate, DEFAULT_RATE);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let line = |text: &str| parse_list(text.as_bytes()).unwrap_err();
        assert_eq!(line("logs/v0\nqpd 3\n"), ListError { line: 2, fault: ListFault::NoLog });
        assert!(matches!(line("vkey x\n").fault, ListFault::Vkey(_)));
        assert!(matches!(line("\u{1b}[0m 1\n").fault, ListFault::Keyword(_)));
        for rate in ["", "0", "-1", "4294967296", "x"] {
            assert!(matches!(line(&format!("vkey {KEY}\nqpd {rate}\n")).fault, ListFault::Rate(_)), "{rate}");
        }
        assert_eq!(line(&format!("vkey {KEY}\norigin \n")).fault, ListFault::NoValue);
        assert_eq!(parse_list(&[0xff]).unwrap_err().fault, ListFault::NotUtf8);
        assert_eq!(parse_list(&vec![b'#'; MAX_LIST_BYTES + 1]).unwrap_err().fault, ListFault::TooLarge);
        assert_eq!(parse_list(b"").unwrap(), []);
    }
}
