//! The verification of one bundle.
//!
//! A pure function of the file and of what the reader trusts: the command line and pages call it, and whoever doubts a
//! record needs nothing else. Every check is in the report, those that nobody made with the reason.

mod logged;
mod report;
mod signed;
mod trust;

pub use self::report::{Check, CheckId, LoggedAt, Outcome, Report, VerifiedRecord};
pub use self::trust::TrustedKeys;

use self::logged::{verify_logged, without_proof};
use self::report::Checks;
use self::signed::verify_signed;
use crate::RevealedSample;
use crate::bundle::Bundle;
use crate::merkle::TreeHead;
use crate::policy::{Freshness, Policy};
use crate::record::{Body, Kind, Record};
use crate::tlog_proof::TlogProof;

/// What a reader brings to a bundle.
///
/// Without a policy nothing is known of logs, without trusted keys nothing of the issuer; the report then says so.
#[derive(Clone, Copy, Debug)]
pub struct Verifier<'a> {
    policy: Option<&'a Policy>,
    trusted: Option<&'a TrustedKeys>,
    kind: Option<&'a Kind>,
    freshness: Freshness,
}

impl Default for Verifier<'_> {
    fn default() -> Self {
        Self { policy: None, trusted: None, kind: None, freshness: Freshness::AnyAge }
    }
}

impl<'a> Verifier<'a> {
    /// Asks that a log which the policy believes holds the record.
    #[must_use]
    pub const fn with_policy(self, policy: &'a Policy, freshness: Freshness) -> Self {
        Self { policy: Some(policy), freshness, ..self }
    }

    /// Asks that the issuer's key is one of these.
    #[must_use]
    pub const fn with_trusted(self, trusted: &'a TrustedKeys) -> Self {
        Self { trusted: Some(trusted), ..self }
    }

    /// Asks for a type of record.
    #[must_use]
    pub const fn with_kind(self, kind: &'a Kind) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// Verifies an overt bundle or a Sigstore bundle.
    pub fn verify(&self, file: &[u8]) -> Report {
        self.run(file, None)
    }

    /// Verifies an overt bundle or a Sigstore bundle with a proof of logging beside it, which takes the place of one
    /// inside.
    pub fn verify_with_proof(&self, file: &[u8], proof: &[u8]) -> Report {
        self.run(file, Some(proof))
    }

    /// Verifies a bundle that was read already.
    pub fn verify_bundle(&self, bundle: Bundle) -> Report {
        let mut checks = Checks::default();
        checks.passed(CheckId::Format, "read, within its limits");
        self.check(Some(bundle), checks)
    }

    fn run(&self, file: &[u8], proof: Option<&[u8]>) -> Report {
        let mut checks = Checks::default();
        let bundle = read(file, proof, &mut checks);
        self.check(bundle, checks)
    }

    fn check(&self, bundle: Option<Bundle>, mut checks: Checks) -> Report {
        let mut report = Report { record: None, logged: None, samples: Vec::new(), checks: Vec::new() };
        if let Some(bundle) = bundle {
            report.record = verify_signed(&bundle.envelope, &mut checks);
            if let Some(record) = &report.record {
                self.check_kind(&record.record, &mut checks);
                match &bundle.proof {
                    None => without_proof(self.policy, &mut checks),
                    Some(proof) => {
                        report.logged =
                            verify_logged(record, proof, self.policy, self.freshness, &mut checks);
                    }
                }
                self.check_issuer(&record.record, report.logged.as_ref(), &mut checks);
                report.samples = check_samples(bundle.samples, record, &mut checks);
            }
        }
        report.checks = checks.finish();
        report
    }

    fn check_kind(&self, record: &Record, checks: &mut Checks) {
        let found = record.body().predicate_type().kind;
        match self.kind {
            None => checks.not_checked(CheckId::Kind, format!("no type was asked for; it is `{found}`")),
            Some(kind) if *kind == found => checks.passed(CheckId::Kind, format!("`{found}`")),
            Some(kind) => checks.failed(CheckId::Kind, format!("asked for was `{kind}`; this is `{found}`")),
        }
    }

    /// Whether the reader trusts the key, at the time of logging where that is proven, since the issuer can write any time.
    fn check_issuer(&self, record: &Record, logged: Option<&LoggedAt>, checks: &mut Checks) {
        let header = record.header();
        let (claimed, key) = (&header.issuer.name, &header.issuer.key);
        let caution = if claimed.mixes_scripts() {
            "; the name mixes letters of alphabets that look alike"
        } else {
            ""
        };
        let claim = format!("the record calls its issuer {:?}{caution}", claimed.as_str());
        let Some(trusted) = self.trusted else {
            return checks.not_checked(
                CheckId::Issuer,
                format!("no trusted keys were given, so whose key {} is remains open; {claim}", key.id()),
            );
        };
        let (time, clock) = match logged {
            Some(logged) => (logged.time, "when it was logged"),
            None => (header.issued_at, "when it was issued, by the issuer's own clock"),
        };
        match trusted.names(key, time).as_slice() {
            [] => checks.failed(
                CheckId::Issuer,
                format!("key {} was not trusted on {time}, {clock}; {claim}", key.id()),
            ),
            names => {
                checks.passed(CheckId::Issuer, format!("you know the key as {}; {claim}", names.join(", ")));
            }
        }
    }
}

fn read(file: &[u8], proof: Option<&[u8]>, checks: &mut Checks) -> Option<Bundle> {
    let mut bundle = checks.require(CheckId::Format, Bundle::parse(file))?;
    if let Some(proof) = proof {
        bundle.proof = Some(checks.require(CheckId::Format, TlogProof::parse(proof))?);
    }
    checks.passed(CheckId::Format, "read, within its limits");
    Some(bundle)
}

/// The samples, if every single one is the record's.
fn check_samples(
    samples: Vec<RevealedSample>,
    verified: &VerifiedRecord,
    checks: &mut Checks,
) -> Vec<RevealedSample> {
    if samples.is_empty() {
        checks.not_checked(CheckId::Samples, "the file reveals no samples");
        return samples;
    }
    let Body::Evaluation(evaluation) = verified.record.body() else {
        checks.failed(
            CheckId::Samples,
            "the file reveals samples, but its record has none: it is no evaluation",
        );
        return Vec::new();
    };
    if !samples.is_sorted_by(|a, b| a.index < b.index) {
        checks.failed(CheckId::Samples, "the revealed samples do not stand in the run's order, each once");
        return Vec::new();
    }
    let tree = TreeHead { size: evaluation.samples.count, root: evaluation.samples.root };
    let held = samples.iter().try_for_each(|sample| sample.verify(&verified.digest, tree));
    if checks.require(CheckId::Samples, held).is_none() {
        return Vec::new();
    }
    checks.passed(CheckId::Samples, format!("{} of {} samples", samples.len(), tree.size));
    samples
}
