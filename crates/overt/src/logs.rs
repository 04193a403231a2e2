//! Logs as commands meet them: a directory or an address, what is believed of it, and the keys that write it.

mod failing;
mod file;
mod keys;
mod salt;
mod writer;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use overt_log::SystemClock;
use overt_log::admission::{AdmissionRules, Submission};
use overt_log::client::{LogClient, Source, Target};
use overt_log::cosign::{CosignSettings, Cosigner};
use overt_record::policy::Policy;
use overt_record::tlog_proof::TlogProof;
use overt_record::{Salt, VerifierKey, sigstore};

use crate::environment::Environment;
use crate::failure::Failure;
use crate::output::Output;

pub(crate) use failing::{
    add_failure, client_failure, fsck_failure, load_failure, mirror_failure, source_failure,
};
pub(crate) use file::{LogFile, address, check_directory};
pub(crate) use keys::{NewKey, note_signers};
pub(crate) use salt::salt;
pub(crate) use writer::{Writer, log_keys};

/// How long witnesses are waited for before the caller is told to ask again.
const WITNESSES_AT_MOST: Duration = Duration::from_secs(60);

/// What is to be done with a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing but reading: no key is needed.
    Read,
    /// Adding: to a directory with the log's own key, to an address as anybody does.
    Write,
}

/// A log that is open, and closed when this is dropped: what it acknowledged is then on the disk.
pub(crate) struct Opened {
    /// The log as somebody sees it who believes the policy alone. It is dropped before the writer, whose door it holds.
    pub(crate) client: LogClient,
    writer: Option<Writer>,
}

/// Opens a log. Believed is the policy, or the one key, or what the directory itself says.
pub(crate) fn open(
    environment: &Environment,
    target: &str,
    policy: Option<&Path>,
    log_key: Option<&str>,
    access: Access,
    passphrase_file: Option<&Path>,
) -> Result<Opened, Failure> {
    let target = named(target)?;
    let believed = believed(&target, policy, log_key)?;
    let clock = Arc::new(SystemClock);
    let (Target::Directory(directory), Access::Write) = (&target, access) else {
        let client = LogClient::new(source(&target)?, believed, clock);
        return Ok(Opened { client, writer: None });
    };
    let writer = Writer::open(environment, directory, passphrase_file)?;
    let source = Source::Store(writer.store().clone());
    let door = writer.door(AdmissionRules::everyone())?;
    let client = LogClient::new(source, believed, clock).with_door(door);
    Ok(Opened { client, writer: Some(writer) })
}

/// Logs a record: adds it, waits until there is a checkpoint with it that the policy accepts, and proves it.
///
/// The same record with the same salt is found where it is, so whoever is in doubt submits again.
pub(crate) fn record(
    runtime: &tokio::runtime::Runtime,
    opened: &Opened,
    bundle: &sigstore::Bundle,
    salt: [u8; 32],
    output: &mut Output,
) -> Result<TlogProof, Failure> {
    let submission = Submission::new(Salt::from_bytes(salt), bundle).map_err(Failure::usage)?;
    let client = &opened.client;
    runtime.block_on(async {
        let added = output.waiting("the log takes the record in", client.add(&submission));
        let index = added.await.map_err(add_failure)?;
        let cosigning = opened.writer.as_ref().map(|writer| cosigner(client.policy(), writer)).transpose()?;
        // Nobody else asks the witnesses of a log in a directory, unless it is served as well.
        let cosigning = cosigning.flatten().map(|cosigner| tokio::spawn(cosigner.run()));
        let what = format!("witnesses cosign entry {index}, for {} s at most", WITNESSES_AT_MOST.as_secs());
        let waited = output.waiting(&what, client.wait_for(index, WITNESSES_AT_MOST)).await;
        if let Some(cosigning) = cosigning {
            cosigning.abort();
        }
        waited.map_err(add_failure)?;
        client.prove_submission(index, &submission).await.map_err(add_failure)
    })
}

/// What asks the policy's witnesses for a log that this process writes, if the policy says where they are.
fn cosigner(policy: &Policy, writer: &Writer) -> Result<Option<Cosigner>, Failure> {
    if policy.witnesses().iter().all(|witness| witness.url.is_none()) {
        return Ok(None);
    }
    writer.cosigner(CosignSettings::new(policy.clone())).map(Some)
}

/// A log's name as it was given: a directory, or an address.
pub(crate) fn named(target: &str) -> Result<Target, Failure> {
    target.parse().map_err(Failure::usage)
}

/// Where a log's files come from. A directory must be there.
pub(crate) fn source(target: &Target) -> Result<Source, Failure> {
    if let Target::Directory(directory) = target {
        check_directory(directory)?;
    }
    Source::of_target(target).map_err(source_failure)
}

/// What is believed of a log.
pub(crate) fn believed(
    target: &Target,
    policy: Option<&Path>,
    log_key: Option<&str>,
) -> Result<Policy, Failure> {
    if let Some(path) = policy {
        return self::policy(path);
    }
    if let Some(text) = log_key {
        return Ok(Policy::of_logs([vkey(text)?]));
    }
    match target {
        Target::Directory(directory) => LogFile::read(directory)?.policy(),
        Target::Url(url) => Err(Failure::usage(format!(
            "what is to be believed of the log at {url}?\n  next   --policy FILE, a C2SP tlog-policy with the log's key; its operator has it as log.policy"
        ))),
    }
}

/// Reads a policy.
pub(crate) fn policy(path: &Path) -> Result<Policy, Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::file("read", path, error).of_option("--policy"))?;
    Policy::parse(&bytes).map_err(|error| {
        let path = path.display();
        Failure::usage(format!("the policy cannot be read: {error}\n  file   {path}\n  next   c2sp.org/tlog-policy has the form, docs/log.md an example"))
    })
}

/// Reads a log's key as it was given.
pub(crate) fn vkey(text: &str) -> Result<VerifierKey, Failure> {
    VerifierKey::parse(text.trim()).map_err(|error| {
        Failure::usage(format!("--log-key: {error}\n  next   `overt log show` of its operator prints it"))
    })
}
