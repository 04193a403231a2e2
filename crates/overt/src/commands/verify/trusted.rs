//! The keys that a reader trusts: those in the files of `--trust`, those that the domains of `--domain` publish, and those to
//! which they gave way.

use std::fs;
use std::path::{Path, PathBuf};

use overt_log::client::key_changes;
use overt_record::record::{Body, Change, KeyChange, KeyReason};
use overt_record::ssh::AllowedSigners;
use overt_record::verify::TrustedKeys;
use overt_record::{KeyId, Name, PublicKey, Record};

use crate::commands::eval;
use crate::domains;
use crate::failure::Failure;
use crate::logs::{self, Opened};
use crate::looks;
use crate::output::Output;
use crate::text::line;

/// The most bytes of a key file or a list of signers.
const MAX_TRUST: u64 = 4 << 20;

/// What a reader trusts, and what is known of how those keys changed.
pub(super) struct Trusted {
    /// `None` if no file and no domain was named: then nothing is known of issuers.
    keys: Option<TrustedKeys>,
    /// The ids of these keys.
    ids: Vec<KeyId>,
    /// Records about keys, whoever signed them.
    changes: Vec<Record>,
}

impl Trusted {
    /// Reads the files of `--trust`.
    pub(super) fn read(files: &[PathBuf], output: &mut Output) -> Result<Self, Failure> {
        let mut trusted = Self { keys: None, ids: Vec::new(), changes: Vec::new() };
        if files.is_empty() {
            return Ok(trusted);
        }
        let (mut keys, mut signers) = (TrustedKeys::none(), String::new());
        for path in files {
            let text = read_text(path)?;
            let wrong = |error: &dyn std::fmt::Display| {
                Failure::usage(format!("--trust: {error}\n  file   {}", path.display()))
            };
            match looks::of_file(text.as_bytes()) {
                Some(looks::PUBLIC_KEY) => {
                    let key = PublicKey::from_pem(&text).map_err(|error| wrong(&error))?;
                    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                    let name =
                        Name::cleaned(&stem).ok_or_else(|| wrong(&"its file name is no name for a key"))?;
                    trusted.ids.push(key.id());
                    keys = keys.with_key(name, key);
                }
                looks => {
                    let allowed = AllowedSigners::parse(&text).map_err(|error| wrong(&error))?;
                    if allowed.signers().is_empty() {
                        return Err(no_keys(path, looks, &allowed));
                    }
                    for skipped in allowed.skipped() {
                        let (path, why) = (path.display(), line(&skipped.reason, 200));
                        output.note(format!("  {path}:{}: not used: {why}", skipped.line));
                    }
                    trusted.ids.extend(allowed.signers().iter().map(|signer| signer.key().id()));
                    signers.push_str(&text);
                    signers.push('\n');
                }
            }
        }
        let allowed =
            AllowedSigners::parse(&signers).map_err(|error| Failure::usage(format!("--trust: {error}")))?;
        trusted.keys = Some(keys.with_allowed_signers(allowed));
        Ok(trusted)
    }

    /// Asks domains whether they publish the key that signed, and trusts it if one does.
    pub(super) fn ask_domains(
        &mut self,
        domains: &[String],
        key: &PublicKey,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let mut keys = self.keys.take().unwrap_or_else(TrustedKeys::none);
        for (domain, published) in domains::published(domains, output)? {
            if published.contains(&key.id()) {
                self.ids.push(key.id());
                keys = keys.with_key(domain, key.clone());
            }
        }
        self.keys = Some(keys);
        Ok(())
    }

    /// Takes note of a record whose signature holds, if it is about a key.
    pub(super) fn learn(&mut self, record: Record) {
        if matches!(record.body(), Body::KeyChange(_)) && !self.changes.contains(&record) {
            self.changes.push(record);
        }
    }

    /// Asks a log how the trusted keys changed.
    pub(super) fn ask(&mut self, opened: Opened, output: &mut Output) -> Result<(), Failure> {
        let asked = key_changes(&opened.client, &self.ids);
        let found = eval::runtime()?.block_on(output.waiting("the log is read", asked));
        for record in found.map_err(logs::client_failure)? {
            self.learn(record);
        }
        Ok(())
    }

    /// The keys, with those that followed them.
    pub(super) fn keys(&self) -> Option<TrustedKeys> {
        let mut keys = self.keys.clone()?;
        let mut followed: Vec<&Record> = Vec::new();
        // Each round follows one rotation, so there are no more rounds than records.
        while let Some((record, next)) = self.rotations().find(|(record, _)| {
            !followed.contains(record) && self.obstacle(record).is_none() && !names(&keys, record).is_empty()
        }) {
            let (known, header) = (names(&keys, record), record.header());
            let words = format!("{known}, whose key gave way to this one on {}", header.issued_at);
            if let Some(name) = Name::cleaned(&words) {
                keys = keys.with_key(name, next.clone());
            }
            followed.push(record);
        }
        Some(keys)
    }

    /// Why rotations of trusted keys were not followed.
    pub(super) fn not_followed(&self) -> Vec<String> {
        let Some(keys) = self.keys() else { return Vec::new() };
        let of_trusted = self.rotations().filter(|(record, _)| !names(&keys, record).is_empty());
        let why = of_trusted.filter_map(|(record, next)| {
            let (old, next) = (record.header().issuer.key.id().short(), next.id().short());
            Some(format!(
                "key {old}, which you trust, gave way to {next}, and that is not followed: {}",
                self.obstacle(record)?
            ))
        });
        why.collect()
    }

    /// The records by which a key gives way to another, with that other one. That both agreed is checked with the record.
    fn rotations(&self) -> impl Iterator<Item = (&Record, &PublicKey)> {
        self.changes.iter().filter_map(|record| match record.body() {
            Body::KeyChange(body) => match &body.change {
                Change::Rotate { new_key, .. } => Some((record, new_key)),
                _ => None,
            },
            _ => None,
        })
    }

    /// Why a rotation is not to be followed, though the old key signed it.
    fn obstacle(&self, rotation: &Record) -> Option<&'static str> {
        let Body::KeyChange(body) = rotation.body() else { return None };
        let KeyChange { key, change, effective, .. } = body.as_ref();
        let Change::Rotate { new_key, reason, .. } = change else { return None };
        if *reason == KeyReason::Compromised {
            return Some(
                "the old key may have been in other hands, which could have made the record; ask its holder for the new key",
            );
        }
        let others =
            self.rotations().any(|(record, other)| record.header().issuer.key == *key && other != new_key);
        if others {
            return Some("the old key names two keys that follow it; ask its holder which one is right");
        }
        let revoked = self.changes.iter().any(|record| {
            let Body::KeyChange(later) = record.body() else { return false };
            let Change::Revoke { reason } = &later.change else { return false };
            let own = record.header().issuer.key == later.key && later.key == *key;
            own && (*reason == KeyReason::Compromised || later.effective < *effective)
        });
        revoked.then_some("the old key was revoked")
    }
}

/// What the reader calls whoever signed a record.
fn names(keys: &TrustedKeys, record: &Record) -> String {
    let header = record.header();
    keys.names(&header.issuer.key, header.issued_at).join(", ")
}

fn read_text(path: &Path) -> Result<String, Failure> {
    let failed = |error| Failure::file("read", path, error).of_option("--trust");
    let size = fs::metadata(path).map_err(failed)?.len();
    if size > MAX_TRUST {
        return Err(Failure::usage(format!("{} is too large for keys: {size} bytes", path.display()))
            .of_option("--trust"));
    }
    let bytes = fs::read(path).map_err(failed)?;
    String::from_utf8(bytes).map_err(|error| no_keys_in(path, looks::of_file(error.as_bytes()), None))
}

fn no_keys(path: &Path, looks: Option<&'static str>, allowed: &AllowedSigners) -> Failure {
    let first = allowed.skipped().first();
    no_keys_in(
        path,
        looks,
        first.map(|skipped| format!("line {}: {}", skipped.line, line(&skipped.reason, 200))),
    )
}

/// A file without a single key that could be trusted, told for what it is.
fn no_keys_in(path: &Path, looks: Option<&'static str>, why: Option<String>) -> Failure {
    let looks = looks.unwrap_or("a record");
    let next = match looks {
        looks::PRIVATE_KEY => {
            "nobody but its owner may have that file. `overt key export KEY`, or `ssh-keygen -y -f FILE`, prints the public half"
        }
        looks::CERTIFICATE => "openssl x509 -in FILE -pubkey -noout prints the key in it",
        looks::SSH_KEY => "put the name of its holder before it: NAME ssh-ed25519 AAAA…",
        looks::POLICY => "which logs are believed is said with --policy",
        looks::LOG_KEY => "which logs are believed is said with --policy, in a line `log KEY`",
        "a record" => "a record by which a key gives way to another is named with --key-history",
        _ => "`overt key export KEY` of the issuer prints the key, docs/records.md has the forms",
    };
    let why = why.map(|why| format!("\n  cause  {why}")).unwrap_or_default();
    Failure::usage(format!(
        "a public key in PEM or a list of allowed signers was expected; this looks like {looks}{why}\n  file   {}\n  option --trust\n  next   {next}",
        path.display()
    ))
}
