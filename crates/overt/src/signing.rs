//! Signing a record, logging it, and writing the files that others check.

mod outside;

use std::fs;
use std::path::Path;

use overt_record::bundle::Bundle;
use overt_record::dsse::Envelope;
use overt_record::in_toto::PAYLOAD_TYPE;
use overt_record::record::{Body, Header, Issuer};
use overt_record::{Hash, PrivateKey, Record, Timestamp, sigstore};

use crate::cli::SignArgs;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::keyring::{Identity, Keyring, now};
use crate::logs::{self, Access};
use crate::looks;
use crate::moments::{Moment, Moments, Stage};
use crate::output::Output;

use outside::Outside;

pub(crate) use crate::outfile::write;

/// A signed record, before a log is told.
pub(crate) struct Signed {
    pub(crate) envelope: Envelope,
    issued_at: Timestamp,
    /// What it says, but for its time.
    content: Hash,
}

/// A record with its signature and, if a log was told, its proof.
pub(crate) struct Issued {
    pub(crate) bundle: Bundle,
    pub(crate) digest: Hash,
}

/// Whether what was said before is the same record, or another one that says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// The same, with the moment that it had.
    Same,
    /// Another one.
    Anew,
}

/// Who signs: opened once, before any work is done.
pub(crate) struct Signer {
    pub(crate) identity: Identity,
    means: Means,
    moments: Moments,
}

/// With what is signed.
enum Means {
    /// The private key is here.
    Key(PrivateKey),
    /// It is elsewhere.
    Outside(Outside),
}

impl Signer {
    pub(crate) fn open(environment: &Environment, args: &SignArgs) -> Result<Self, Failure> {
        let keyring = Keyring::new(&environment.home);
        let identity = keyring.chosen(args.key.as_deref())?;
        Self::with(environment, args, identity)
    }

    /// The same for a key whatever it may still sign: one that has been followed by another may revoke itself.
    pub(crate) fn for_change(
        environment: &Environment,
        args: &SignArgs,
        identity: Identity,
    ) -> Result<Self, Failure> {
        Self::with(environment, args, identity)
    }

    fn with(environment: &Environment, args: &SignArgs, identity: Identity) -> Result<Self, Failure> {
        let keyring = Keyring::new(&environment.home);
        let means = match Outside::of(&args.outside)? {
            Some(outside) => Means::Outside(outside),
            None => Means::Key(keyring.open(&identity.key, args.passphrase_file.as_deref())?),
        };
        Ok(Self { identity, means, moments: Moments::new(&environment.home) })
    }

    /// The private key, if it is here.
    pub(crate) fn key(&self) -> Option<&PrivateKey> {
        match &self.means {
            Means::Key(key) => Some(key),
            Means::Outside(_) => None,
        }
    }

    /// What is known of the record that says this, if this user has issued it.
    pub(crate) fn known<B: Into<Body>>(
        &self,
        body: impl Fn(Timestamp) -> B,
    ) -> Result<Option<Moment>, Failure> {
        self.moments.find(self.content(&|time| body(time).into())?)
    }

    /// Signs a record, which `body` makes for its time. `None` if it was written out to be signed elsewhere; then it has
    /// been said how to go on.
    pub(crate) fn sign<B: Into<Body>>(
        &self,
        body: impl Fn(Timestamp) -> B,
        again: Again,
        output: &mut Output,
    ) -> Result<Option<Signed>, Failure> {
        let body = |time: Timestamp| -> Body { body(time).into() };
        let content = self.content(&body)?;
        let before = self.moments.find(content)?;
        let out = before.filter(|moment| moment.stage != Stage::Prepared && again == Again::Same);
        let issued_at = match (&self.means, before, out) {
            (Means::Outside(Outside::Made { file, .. }), None, _) => return Err(outside::unknown(file)),
            (Means::Outside(Outside::Made { .. }), Some(moment), _) | (_, _, Some(moment)) => {
                moment.issued_at
            }
            _ => now()?,
        };
        let payload = self.record(&body, issued_at)?.to_payload().map_err(Failure::usage)?;
        let envelope = match &self.means {
            Means::Key(key) => Envelope::sign(PAYLOAD_TYPE, payload, key).map_err(Failure::usage)?,
            Means::Outside(Outside::Made { file, signature }) => {
                outside::envelope(payload, &self.identity, file, signature)?
            }
            Means::Outside(Outside::Wanted { file }) => {
                if out.is_none() {
                    let moment = Moment { issued_at, stage: Stage::Prepared, record: None };
                    self.moments.keep(content, moment)?;
                }
                outside::write_out(&payload, &self.identity, file, output)?;
                return Ok(None);
            }
        };
        Ok(Some(Signed { envelope, issued_at, content }))
    }

    fn record(&self, body: &impl Fn(Timestamp) -> Body, issued_at: Timestamp) -> Result<Record, Failure> {
        let Identity { issuer, uri, public_key, .. } = self.identity.clone();
        let header = Header { issuer: Issuer { name: issuer, key: public_key, uri }, issued_at };
        Record::new(header, body(issued_at)).map_err(Failure::usage)
    }

    /// The digest of what a record says, with its time left out: the payload with the first moment that can be written
    /// or, if the rules of its type want a later one, with the last.
    fn content(&self, body: &impl Fn(Timestamp) -> Body) -> Result<Hash, Failure> {
        let fixed = |text: &str| text.parse::<Timestamp>().map_err(Failure::undecided);
        let (first, last) = (fixed("1970-01-01T00:00:00Z")?, fixed("9999-12-31T23:59:59Z")?);
        let record = self.record(body, first).or_else(|_| self.record(body, last))?;
        Ok(Hash::of(record.to_payload().map_err(Failure::usage)?))
    }
}

impl Signed {
    /// The record digest.
    pub(crate) fn digest(&self) -> Hash {
        self.envelope.digest()
    }

    fn at(&self, stage: Stage) -> Moment {
        Moment { issued_at: self.issued_at, stage, record: Some(self.digest()) }
    }
}

/// Tells the log that was named, if one was, and waits for the proof.
pub(crate) fn log(
    environment: &Environment,
    args: &SignArgs,
    signed: Signed,
    salt: [u8; 32],
    runtime: &tokio::runtime::Runtime,
    output: &mut Output,
) -> Result<Issued, Failure> {
    let (digest, moments) = (signed.digest(), Moments::new(&environment.home));
    let proof = match &args.log {
        None => None,
        Some(target) => {
            let passphrase = args.passphrase_file.as_deref();
            let policy = args.policy.as_deref();
            // A log that cannot be opened was told nothing: the next try has a new time.
            let opened = logs::open(environment, target, policy, None, Access::Write, passphrase)?;
            let bundle = Bundle::new(signed.envelope.clone());
            // Kept until the log has it for sure: what was signed and is perhaps logged must not be lost.
            let kept = environment.home.join("unlogged").join(format!("{}.overt.json", digest.short()));
            write_bundle(&kept, &bundle)?;
            moments.keep(signed.content, signed.at(Stage::Sent))?;
            let bundle = sigstore::Bundle::new(signed.envelope.clone());
            let told = logs::record(runtime, &opened, &bundle, salt, output);
            let proof = told.map_err(|failure| Failure {
                message: format!(
                    "{}\n  signed {}\n  then   the same command again, or overt log add {target} {}",
                    failure.message,
                    kept.display(),
                    kept.display()
                ),
                ..failure
            })?;
            // It is in the log, and soon where it was wanted.
            let _ = fs::remove_file(&kept);
            Some(proof)
        }
    };
    moments.keep(signed.content, signed.at(Stage::Issued))?;
    Ok(Issued { bundle: Bundle { proof, ..Bundle::new(signed.envelope) }, digest })
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

/// Reads a bundle whose signature holds, of whatever kind. Nothing is known yet of who the issuer is.
pub(crate) fn read_bundle(path: &Path) -> Result<(Bundle, Record), Failure> {
    let bytes = looks::read_bundle_file(path)?;
    let bad = |why: String| Failure::usage(format!("{}: {why}", path.display()));
    let report = overt_record::verify::Verifier::default().verify(&bytes);
    if let Some(check) = report.first_failure() {
        let detail = looks::no_bundle(check.id, &bytes).unwrap_or_else(|| check.detail.clone());
        return Err(bad(format!("{}: {detail}", check.title)));
    }
    let record = report.record.ok_or_else(|| bad("it holds no record".into()))?.record;
    Ok((Bundle::parse(&bytes).map_err(|error| bad(error.to_string()))?, record))
}
