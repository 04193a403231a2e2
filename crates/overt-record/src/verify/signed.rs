//! The checks of a record and its signature.

use serde_json::Value;

use super::report::{CheckId, Checks, VerifiedRecord};
use crate::dsse::{DsseError, Envelope};
use crate::in_toto::{PAYLOAD_TYPE, Statement};
use crate::record::{self, BadRecord, Body};
use crate::{PublicKey, Record};

/// Checks the signature by the key that the payload names, and then the payload.
pub(super) fn verify_signed(envelope: &Envelope, checks: &mut Checks) -> Option<VerifiedRecord> {
    let mut statement = checks.require(CheckId::Payload, Statement::parse(envelope.unverified_payload()))?;
    checks.passed(CheckId::Payload, "canonical JSON of an in-toto statement");
    let named = checks.require(CheckId::Signature, issuer_key(&statement))?;
    let header = record::take_header(&mut statement.predicate);
    // A header that reads has read the key.
    let key = header.as_ref().map_or_else(|_| read_key(&named), |header| Ok(header.issuer.key.clone()));
    let key = checks.require(CheckId::Signature, key)?;
    checks.require(CheckId::Signature, check_signature(envelope, &key))?;
    checks.passed(CheckId::Signature, format!("{} key {}", key.algorithm(), key.id()));
    let payload = envelope.unverified_payload();
    let record = header.and_then(|header| Record::from_parts(header, statement, payload));
    let record = check_record(record, checks)?;
    Some(VerifiedRecord { record, digest: envelope.digest(), key: key.id() })
}

/// The key that the statement names as its issuer's. Read before the signature is checked, for that check alone: a
/// forger who puts in a key of their own gets a record that says so.
fn issuer_key(statement: &Statement) -> Result<String, &'static str> {
    let named =
        statement.predicate.get("issuer").and_then(|issuer| issuer.get("key")).and_then(Value::as_str);
    named.map(str::to_owned).ok_or("the statement does not name its issuer's key, as every record does")
}

fn read_key(named: &str) -> Result<PublicKey, String> {
    PublicKey::from_base64(named).map_err(|error| format!("the issuer's key: {error}"))
}

fn check_signature(envelope: &Envelope, key: &PublicKey) -> Result<(), SignatureFault> {
    // Not signed, but part of the record digest: with another key id it would be another record.
    if envelope.key_id() != key.id().to_string() {
        return Err(SignatureFault::KeyId {
            found: envelope.key_id().to_owned(),
            issuer: key.id().to_string(),
        });
    }
    let verified = envelope.verify(key)?;
    match verified.payload_type() {
        PAYLOAD_TYPE => Ok(()),
        other => Err(SignatureFault::PayloadType(other.to_owned())),
    }
}

/// Why a signature is not the issuer's under a record.
#[derive(Debug, thiserror::Error)]
enum SignatureFault {
    #[error("the envelope names the key {found:?}, the record's issuer has the key {issuer}")]
    KeyId { found: String, issuer: String },
    #[error("the signature is over a payload of the type {0:?}, which is no statement")]
    PayloadType(String),
    #[error(transparent)]
    Dsse(#[from] DsseError),
}

fn check_record(record: Result<Record, BadRecord>, checks: &mut Checks) -> Option<Record> {
    let record = match record {
        Ok(record) => record,
        Err(error @ BadRecord::Subjects) => {
            checks.passed(CheckId::Schema, "the predicate is that of its type");
            checks.failed(CheckId::Subjects, error);
            return None;
        }
        Err(error) => {
            checks.failed(CheckId::Schema, error);
            return None;
        }
    };
    let predicate_type = record.body().predicate_type();
    let (kind, version) = (&predicate_type.kind, predicate_type.version);
    if let Body::Unknown(_) = record.body() {
        let unknown = format!(
            "`{kind}` of version {version} is not known to this version of overt: it is shown, and not interpreted"
        );
        checks.not_checked(CheckId::Schema, unknown.clone());
        checks.not_checked(CheckId::Subjects, unknown);
    } else {
        checks.passed(CheckId::Schema, format!("`{kind}`, version {version}"));
        let names: Vec<String> = record.body().subjects().into_iter().map(|subject| subject.name).collect();
        checks.passed(CheckId::Subjects, names.join(", "));
    }
    Some(record)
}
