//! `vectors/vectors.json`, made by an implementation in Python that shares no code with this one, judged here as there.
//! `vectors/README.md` describes them; `vectors/check.mjs` holds the verifier for browsers to the same ones.

#![allow(clippy::unwrap_used, reason = "a vector that cannot be read must fail the test")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use overt_record::Verifier;
use overt_record::fork::{FORK_MEDIA_TYPE, ForkProof};
use overt_record::policy::{Freshness, Policy};
use overt_record::record::Kind;
use overt_record::ssh::AllowedSigners;
use overt_record::verify::{Outcome, Report, TrustedKeys};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    #[serde(rename = "about")]
    _about: String,
    file: Option<Value>,
    text: Option<String>,
    base64: Option<String>,
    policy: Option<String>,
    trust: Option<String>,
    kind: Option<Kind>,
    now: Option<u64>,
    expect: Expected,
}

/// What must come out.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    ok: bool,
    failed: Vec<String>,
    /// What of the reader's own cannot be read, so that there is no verification.
    refused: Option<String>,
}

impl Vector {
    fn bytes(&self) -> Vec<u8> {
        match (&self.file, &self.text, &self.base64) {
            (Some(file), None, None) => serde_json::to_vec(file).unwrap(),
            (None, Some(text), None) => text.clone().into_bytes(),
            (None, None, Some(base64)) => STANDARD.decode(base64).unwrap(),
            _ => panic!("{} must have a file in exactly one form", self.name),
        }
    }

    fn judge(&self) -> Expected {
        let Ok(policy) = self.policy.as_ref().map(|text| Policy::parse(text.as_bytes())).transpose() else {
            return Expected { ok: false, failed: Vec::new(), refused: Some("policy".to_owned()) };
        };
        let bytes = self.bytes();
        let is_fork = self.file.as_ref().is_some_and(|file| file["mediaType"] == FORK_MEDIA_TYPE)
            || self.text.as_ref().is_some_and(|text| text.contains(FORK_MEDIA_TYPE));
        if is_fork { judge_fork(&bytes, policy.as_ref()) } else { self.judge_bundle(&bytes, policy.as_ref()) }
    }

    fn judge_bundle(&self, bytes: &[u8], policy: Option<&Policy>) -> Expected {
        let trusted = self
            .trust
            .as_ref()
            .map(|text| TrustedKeys::none().with_allowed_signers(AllowedSigners::parse(text).unwrap()));
        let mut verifier = Verifier::default();
        if let Some(policy) = policy {
            verifier = verifier.with_policy(policy, self.now.map_or(Freshness::AnyAge, Freshness::AsOf));
        }
        if let Some(trusted) = &trusted {
            verifier = verifier.with_trusted(trusted);
        }
        if let Some(kind) = &self.kind {
            verifier = verifier.with_kind(kind);
        }
        found(&verifier.verify(bytes))
    }
}

fn found(report: &Report) -> Expected {
    let failed = report.checks.iter().filter(|check| check.outcome == Outcome::Failed);
    let failed = failed.map(|check| check.id.as_str().to_owned()).collect();
    Expected { ok: report.passed(), failed, refused: None }
}

/// A proof of a fork has three checks: its form, the fork, and whether the reader knows the log.
fn judge_fork(bytes: &[u8], policy: Option<&Policy>) -> Expected {
    let failed = match ForkProof::parse(bytes) {
        Err(_) => Some("format"),
        Ok(proof) if proof.verify().is_err() => Some("fork"),
        Ok(proof) => {
            let known = policy.is_none_or(|policy| policy.logs().iter().any(|log| log.vkey == *proof.log()));
            (!known).then_some("log")
        }
    };
    let failed: Vec<String> = failed.into_iter().map(str::to_owned).collect();
    Expected { ok: failed.is_empty(), failed, refused: None }
}

#[test]
fn every_vector_is_judged_as_it_says() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("../../../vectors/vectors.json")).unwrap();
    assert!(vectors.len() > 400, "only {} vectors", vectors.len());
    let wrong: Vec<String> = vectors
        .iter()
        .filter_map(|vector| {
            let found = vector.judge();
            (found != vector.expect)
                .then(|| format!("{}: expected {:?}, found {found:?}", vector.name, vector.expect))
        })
        .collect();
    assert!(wrong.is_empty(), "{} vectors are judged otherwise:\n{}", wrong.len(), wrong.join("\n"));
}
