//! Reading policy files.

use std::collections::{BTreeMap, BTreeSet};

use super::{Group, Member, Policy, PolicyError, PolicyFault, PolicyLog, PolicyWitness, Rule};
use crate::VerifierKey;
use crate::number::parse_number;

const MAX_POLICY_BYTES: usize = 1 << 20;

/// The word of the quorum line for "no witness".
const NONE: &str = "none";

const LOG_FORM: &str = "log <vkey> [<url>]";
const WITNESS_FORM: &str = "witness <name> <vkey> [<url>]";
const GROUP_FORM: &str = "group <name> all|any|<k> <name>...";
const QUORUM_FORM: &str = "quorum <name>|none";

pub(super) fn parse(bytes: &[u8]) -> Result<Policy, PolicyError> {
    let at = |line: usize| move |fault: PolicyFault| PolicyError { line, fault };
    if bytes.len() > MAX_POLICY_BYTES {
        return Err(at(1)(PolicyFault::TooLarge));
    }
    let mut reader = Reader::default();
    let mut number = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        number += 1;
        let line = line.strip_suffix(b"\n").ok_or(PolicyFault::UnendedLine);
        line.and_then(|line| reader.read_line(line)).map_err(at(number))?;
    }
    reader.finish().map_err(at(number.max(1)))
}

#[derive(Default)]
struct Reader {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<Group>,
    names: BTreeMap<String, Member>,
    members: BTreeSet<Member>,
    log_keys: BTreeSet<Vec<u8>>,
    witness_keys: BTreeSet<Vec<u8>>,
    rule: Option<Rule>,
    max_cosignature_age: Option<u64>,
}

impl Reader {
    fn read_line(&mut self, line: &[u8]) -> Result<(), PolicyFault> {
        if line.iter().any(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f) {
            return Err(PolicyFault::ControlCharacter);
        }
        let words = line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
        if words.clone().next().is_some_and(|word| word.starts_with(b"#")) {
            return self.read_comment(words);
        }
        let words: Vec<&str> =
            words.map(str::from_utf8).collect::<Result<_, _>>().map_err(|_| PolicyFault::NotUtf8)?;
        match words.as_slice() {
            [] => Ok(()),
            ["log", arguments @ ..] => self.read_log(arguments),
            ["witness", arguments @ ..] => self.read_witness(arguments),
            ["group", arguments @ ..] => self.read_group(arguments),
            ["quorum", arguments @ ..] => self.read_quorum(arguments),
            [other, ..] => Err(PolicyFault::Keyword(shown(other))),
        }
    }

    fn read_comment<'a>(&mut self, mut words: impl Iterator<Item = &'a [u8]>) -> Result<(), PolicyFault> {
        if words.next() != Some(b"#overt") {
            return Ok(());
        }
        let words: Vec<&[u8]> = words.collect();
        let seconds = match words.as_slice() {
            [b"max-cosignature-age", seconds] => str::from_utf8(seconds).ok().and_then(parse_number),
            _ => None,
        };
        match (seconds, self.max_cosignature_age.replace(seconds.unwrap_or(0))) {
            (Some(_), None) => Ok(()),
            _ => Err(PolicyFault::Pragma),
        }
    }

    fn read_log(&mut self, arguments: &[&str]) -> Result<(), PolicyFault> {
        let (vkey, url) = match arguments {
            [vkey] => (vkey, None),
            [vkey, url] => (vkey, Some((*url).to_owned())),
            _ => return Err(PolicyFault::Form(LOG_FORM)),
        };
        let vkey = VerifierKey::parse(vkey)?;
        if !self.log_keys.insert(vkey.public_key().to_vec()) {
            return Err(PolicyFault::DuplicateKey);
        }
        self.logs.push(PolicyLog { vkey, url });
        Ok(())
    }

    fn read_witness(&mut self, arguments: &[&str]) -> Result<(), PolicyFault> {
        let (name, vkey, url) = match arguments {
            [name, vkey] => (name, vkey, None),
            [name, vkey, url] => (name, vkey, Some((*url).to_owned())),
            _ => return Err(PolicyFault::Form(WITNESS_FORM)),
        };
        let vkey = VerifierKey::parse(vkey)?;
        if !vkey.signature_type().is_cosignature() {
            return Err(PolicyFault::NotACosigner);
        }
        if !self.witness_keys.insert(vkey.public_key().to_vec()) {
            return Err(PolicyFault::DuplicateKey);
        }
        self.define(name, Member::Witness(self.witnesses.len()))?;
        self.witnesses.push(PolicyWitness { name: (*name).to_owned(), vkey, url });
        Ok(())
    }

    fn read_group(&mut self, arguments: &[&str]) -> Result<(), PolicyFault> {
        let [name, threshold, names @ ..] = arguments else { return Err(PolicyFault::Form(GROUP_FORM)) };
        if names.is_empty() {
            return Err(PolicyFault::Form(GROUP_FORM));
        }
        let mut members = Vec::new();
        for name in names {
            let member = self.find(name)?;
            if !self.members.insert(member) {
                return Err(PolicyFault::MemberTwice(shown(name)));
            }
            members.push(member);
        }
        let threshold = match *threshold {
            "any" => Some(1),
            "all" => Some(members.len()),
            number => parse_number(number).and_then(|number| usize::try_from(number).ok()),
        }
        .filter(|threshold| (1..=members.len()).contains(threshold))
        .ok_or_else(|| PolicyFault::Threshold { found: shown(threshold), members: members.len() })?;
        self.define(name, Member::Group(self.groups.len()))?;
        self.groups.push(Group { name: (*name).to_owned(), threshold, members });
        Ok(())
    }

    fn read_quorum(&mut self, arguments: &[&str]) -> Result<(), PolicyFault> {
        let [name] = arguments else { return Err(PolicyFault::Form(QUORUM_FORM)) };
        let rule = if *name == NONE { Rule::NoWitness } else { Rule::Needs(self.find(name)?) };
        match self.rule.replace(rule) {
            None => Ok(()),
            Some(_) => Err(PolicyFault::SecondQuorum),
        }
    }

    fn define(&mut self, name: &str, member: Member) -> Result<(), PolicyFault> {
        if name == NONE || self.names.contains_key(name) {
            return Err(PolicyFault::NameTaken(shown(name)));
        }
        self.names.insert(name.to_owned(), member);
        Ok(())
    }

    fn find(&self, name: &str) -> Result<Member, PolicyFault> {
        self.names.get(name).copied().ok_or_else(|| PolicyFault::Undefined(shown(name)))
    }

    fn finish(self) -> Result<Policy, PolicyFault> {
        Ok(Policy {
            logs: self.logs,
            witnesses: self.witnesses,
            groups: self.groups,
            rule: self.rule.ok_or(PolicyFault::NoQuorum)?,
            max_cosignature_age: self.max_cosignature_age,
        })
    }
}

/// As much of a word as a message needs.
fn shown(word: &str) -> String {
    word.chars().take(80).collect()
}
