//! Signing a record, logging it, and writing the files that others check.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use overt_eval::write_atomically;
use overt_record::bundle::Bundle;
use overt_record::dsse::Envelope;
use overt_record::in_toto::PAYLOAD_TYPE;
use overt_record::record::{Body, Header, Issuer};
use overt_record::{Hash, PrivateKey, Record, Timestamp, sigstore};

use crate::cli::SignArgs;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::keyring::{Identity, Keyring};
use crate::logs::{self, Access};

/// A record with its signature and, if a log was told, its proof.
pub(crate) struct Issued {
    pub(crate) bundle: Bundle,
    pub(crate) digest: Hash,
}

/// Who signs: opened once, before any work is done.
pub(crate) struct Signer {
    pub(crate) identity: Identity,
    key: PrivateKey,
}

impl Signer {
    pub(crate) fn open(environment: &Environment, args: &SignArgs) -> Result<Self, Failure> {
        let keyring = Keyring::new(&environment.home);
        let identity = keyring.chosen(args.key.as_deref())?;
        let key = keyring.open(&identity.key, args.passphrase_file.as_deref())?;
        Ok(Self { identity, key })
    }

    pub(crate) const fn of(identity: Identity, key: PrivateKey) -> Self {
        Self { identity, key }
    }

    /// Signs a record. The same record at the same moment gives the same bytes.
    pub(crate) fn sign(&self, body: impl Into<Body>, issued_at: Timestamp) -> Result<Envelope, Failure> {
        let Identity { issuer, uri, public_key, .. } = self.identity.clone();
        let header = Header { issuer: Issuer { name: issuer, key: public_key, uri }, issued_at };
        let record = Record::new(header, body).map_err(Failure::usage)?;
        let payload = record.to_payload().map_err(Failure::usage)?;
        Envelope::sign(PAYLOAD_TYPE, payload, &self.key).map_err(Failure::usage)
    }
}

/// Tells the log that was named, if one was, and waits for the proof.
pub(crate) fn log(
    environment: &Environment,
    args: &SignArgs,
    envelope: Envelope,
    salt: [u8; 32],
    runtime: &tokio::runtime::Runtime,
) -> Result<Issued, Failure> {
    let digest = envelope.digest();
    let Some(target) = &args.log else {
        return Ok(Issued { bundle: Bundle::new(envelope), digest });
    };
    let passphrase = args.passphrase_file.as_deref();
    let bundle = Bundle::new(envelope.clone());
    // Kept until the log has it for sure: what was signed and is perhaps logged must not be lost.
    let kept = environment.home.join("unlogged").join(format!("{}.overt.json", digest.short()));
    write_bundle(&kept, &bundle)?;
    let told = logs::open(environment, target, args.policy.as_deref(), None, Access::Write, passphrase)
        .and_then(|opened| logs::record(runtime, &opened, &sigstore::Bundle::new(envelope.clone()), salt));
    let proof = told.map_err(|failure| Failure {
        message: format!(
            "{}\n  signed {}\n  then   overt log add {target} {}, or the same command again where it repeats itself (publish)",
            failure.message,
            kept.display(),
            kept.display()
        ),
        ..failure
    })?;
    // It is in the log, and soon where it was wanted.
    let _ = fs::remove_file(&kept);
    Ok(Issued { bundle: Bundle { proof: Some(proof), ..Bundle::new(envelope) }, digest })
}

impl Issued {
    /// Where the log has it: `log.example.org index 17`.
    pub(crate) fn place(&self) -> Option<(String, u64)> {
        let proof = self.bundle.proof.as_ref()?;
        let origin = proof.note().text().lines().next().unwrap_or_default().to_owned();
        Some((origin, proof.index()))
    }
}

/// Writes a bundle.
pub(crate) fn write_bundle(path: &Path, bundle: &Bundle) -> Result<(), Failure> {
    write(path, &bundle.to_json().map_err(Failure::undecided)?)
}

/// Writes a file whole, or not at all; its folder is created.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error| Failure::file("write", path, error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    write_atomically(path, |file| file.write_all(bytes)).map_err(failed)
}

/// Reads a bundle whose signature holds, of whatever kind. Nothing is known yet of who the issuer is.
pub(crate) fn read_bundle(path: &Path) -> Result<(Bundle, Record), Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::file("read", path, error))?;
    let bad = |why: String| Failure::usage(format!("{}: {why}", path.display()));
    let report = overt_record::verify::Verifier::default().verify(&bytes);
    if let Some(check) = report.first_failure() {
        return Err(bad(format!("{}: {}", check.title, check.detail)));
    }
    let record = report.record.ok_or_else(|| bad("it holds no record".into()))?.record;
    Ok((Bundle::parse(&bytes).map_err(|error| bad(error.to_string()))?, record))
}
