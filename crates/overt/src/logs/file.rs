//! What a log's directory says about itself: `log.json`, beside the log's own objects. Nothing in it is secret.

use std::fs;
use std::path::Path;

use overt_record::policy::Policy;
use overt_record::{SignatureType, VerifierKey};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::signing;

/// The file's name. No object of a log is called so.
const FILE: &str = "log.json";

/// The name of the policy that is given to others.
const POLICY: &str = "log.policy";

/// How a log is known, and which key of the keyring writes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub(crate) struct LogFile {
    key: Option<String>,
    vkey: VerifierKey,
    post_quantum: Option<VerifierKey>,
}

/// As JSON has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wire {
    origin: String,
    /// The key of the keyring; absent in a copy, which nobody writes but the mirror.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    vkeys: Vec<String>,
    post_quantum: bool,
}

impl LogFile {
    /// A log that the keyring's key of this name writes.
    pub(crate) fn of_log(key: &str, vkey: VerifierKey, post_quantum: Option<VerifierKey>) -> Self {
        Self { key: Some(key.to_owned()), vkey, post_quantum }
    }

    /// A copy of somebody's log.
    pub(crate) fn of_copy(vkey: VerifierKey) -> Self {
        Self { key: None, vkey, post_quantum: None }
    }

    /// Reads what a directory says.
    pub(crate) fn read(directory: &Path) -> Result<Self, Failure> {
        check_directory(directory)?;
        Self::find(directory)?.ok_or_else(|| {
            let directory = directory.display();
            Failure::usage(format!(
                "{directory} does not say which log it is: there is no {FILE}\n  next   --log-key VKEY or --policy FILE if it is a log; `overt log init {directory} --origin NAME` begins one"
            ))
        })
    }

    /// The same where there may be none.
    pub(crate) fn find(directory: &Path) -> Result<Option<Self>, Failure> {
        let path = directory.join(FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::file("read", &path, error)),
        };
        let read = serde_json::from_slice(&bytes);
        read.map(Some).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
    }

    /// Writes it, and the policy for others beside it.
    pub(crate) fn write(&self, directory: &Path) -> Result<(), Failure> {
        signing::write(&directory.join(POLICY), self.policy_text().as_bytes())?;
        let text = serde_json::to_vec_pretty(self).map_err(Failure::undecided)?;
        signing::write(&directory.join(FILE), &text)
    }

    /// What the log is called.
    pub(crate) fn origin(&self) -> &str {
        self.vkey.name().as_str()
    }

    /// The key of the keyring that signs, if it is no copy.
    pub(crate) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The key that every reader knows.
    pub(crate) fn vkey(&self) -> &VerifierKey {
        &self.vkey
    }

    /// Every key, in the order in which they sign.
    pub(crate) fn vkeys(&self) -> impl Iterator<Item = &VerifierKey> {
        std::iter::once(&self.vkey).chain(&self.post_quantum)
    }

    /// The types of its keys.
    pub(crate) fn types(&self) -> Vec<SignatureType> {
        self.vkeys().map(VerifierKey::signature_type).collect()
    }

    /// What is believed of it where nothing else is said: its own keys, all of them.
    pub(crate) fn policy(&self) -> Result<Policy, Failure> {
        Policy::parse(self.policy_text().as_bytes()).map_err(Failure::undecided)
    }

    /// The policy to give to others.
    ///
    /// Each `log` line alone would do, so the ML-DSA-44 key stands as a cosigner that the quorum demands: a checkpoint
    /// then needs both signatures.
    pub(crate) fn policy_text(&self) -> String {
        let vkey = &self.vkey;
        let log = match address(self.origin()) {
            Some(address) => format!("log {vkey} {address}\n"),
            None => format!("log {vkey}\n"),
        };
        match &self.post_quantum {
            None => format!("{log}quorum none\n"),
            Some(second) => format!("{log}witness post-quantum {second}\nquorum post-quantum\n"),
        }
    }
}

/// Where a log or witness will be, if its name looks as if it were a place.
pub(crate) fn address(name: &str) -> Option<String> {
    let host = name.split('/').next().unwrap_or_default();
    let is_host = host.contains('.') && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-:".contains(c));
    is_host.then(|| format!("https://{name}"))
}

/// Refuses a directory that is not there.
pub(crate) fn check_directory(directory: &Path) -> Result<(), Failure> {
    if directory.is_dir() {
        return Ok(());
    }
    let directory = directory.display();
    Err(Failure::usage(format!(
        "there is no log in {directory}: there is no such directory\n  next   `overt log init {directory} --origin NAME`, or an address that begins with https://"
    )))
}

impl TryFrom<Wire> for LogFile {
    type Error = String;

    fn try_from(wire: Wire) -> Result<Self, String> {
        let vkeys: Result<Vec<VerifierKey>, _> =
            wire.vkeys.iter().map(|text| VerifierKey::parse(text)).collect();
        let mut vkeys = vkeys.map_err(|error| error.to_string())?.into_iter();
        let (first, second) = (vkeys.next(), vkeys.next());
        let is = |vkey: &Option<VerifierKey>, kind| {
            vkey.as_ref()
                .is_some_and(|vkey| vkey.signature_type() == kind && vkey.name().as_str() == wire.origin)
        };
        let second_fits =
            if wire.post_quantum { is(&second, SignatureType::CosignatureMlDsa44) } else { second.is_none() };
        match first {
            Some(vkey)
                if is(&Some(vkey.clone()), SignatureType::Ed25519)
                    && second_fits
                    && vkeys.next().is_none() =>
            {
                Ok(Self { key: wire.key, vkey, post_quantum: second })
            }
            _ => Err(format!(
                "`vkeys` must be an Ed25519 key of {:?} and, with `postQuantum`, an ML-DSA-44 key of it",
                wire.origin
            )),
        }
    }
}

impl From<LogFile> for Wire {
    fn from(file: LogFile) -> Self {
        Self {
            origin: file.origin().to_owned(),
            vkeys: file.vkeys().map(ToString::to_string).collect(),
            post_quantum: file.post_quantum.is_some(),
            key: file.key,
        }
    }
}
