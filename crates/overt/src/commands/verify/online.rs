//! What the log says now: whether it grew honestly, and whether something that came later speaks of the record.

use std::time::Duration;

use overt_record::LogEntry;
use overt_record::bundle::Bundle;
use overt_record::verify::{Outcome, VerifiedRecord};

use super::Finding;
use crate::cli::VerifyArgs;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::logs::{self, Access};

const TITLE: &str = "the log grew honestly since, and nothing later speaks against the record";
/// How long the log may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn check(
    args: &VerifyArgs,
    environment: &Environment,
    verified: &VerifiedRecord,
    bundle: &[u8],
    runtime: &tokio::runtime::Runtime,
) -> Result<Finding, Failure> {
    let finding = |outcome, detail: String| Finding::new("online", TITLE, outcome, detail);
    let Some(proof) = Bundle::parse(bundle).ok().and_then(|bundle| bundle.proof) else {
        return Ok(finding(Outcome::NotChecked, "the bundle has no proof of logging".into()));
    };
    let policy = args.policy.as_deref().map(logs::policy).transpose()?;
    let address = || policy.as_ref()?.logs().iter().find_map(|log| log.url.clone());
    let Some(target) = args.log.clone().or_else(address) else {
        return Err(Failure::usage(
            "--online needs to know where the log is\n  next   --log DIR|URL, or a policy whose log line has an address",
        ));
    };
    let opened = logs::open(environment, &target, args.policy.as_deref(), None, Access::Read, None)?;
    let client = &opened.client;
    let index = proof.index();
    let asked = async {
        let assessed = client.policy().assess(proof.note(), overt_record::policy::Freshness::AnyAge);
        let head = assessed.map_err(|error| error.to_string())?.checkpoint.head();
        let before = overt_log::SignedHead { head, note: proof.note().clone() };
        client.remember(std::sync::Arc::new(before)).await;
        let tree = client.tree().await.map_err(|error| error.to_string())?;
        let mut later = Vec::new();
        for place in index + 1..tree.head().size {
            let entry = tree.entry(place).await.map_err(|error| error.to_string())?;
            let Ok(entry) = LogEntry::parse(&entry) else { continue };
            let about = entry.refs().contains(&verified.digest);
            let of_key = entry.kind.as_str() == "key" && entry.key == verified.key;
            if about || of_key {
                later.push((place, entry));
            }
        }
        Ok::<_, String>((tree.head().size, later))
    };
    let answer = runtime.block_on(async { tokio::time::timeout(PATIENCE, asked).await });
    let (size, later) = match answer {
        Err(_) => {
            return Err(Failure::undecided(format!(
                "the log did not answer within {} s",
                PATIENCE.as_secs()
            )));
        }
        Ok(Err(why)) => return Ok(finding(Outcome::Failed, why)),
        Ok(Ok(found)) => found,
    };
    let told = |(place, entry): &(u64, LogEntry)| {
        let who = if entry.key == verified.key { "the same key" } else { "another key" };
        format!("{} at index {place} by {who}, {}", entry.kind.as_str(), entry.time)
    };
    let words: Vec<String> = later.iter().map(told).collect();
    let against = later.iter().any(|(_, entry)| {
        let own = entry.key == verified.key;
        entry.kind.as_str() == "redaction" || (own && matches!(entry.kind.as_str(), "evaluation" | "key"))
    });
    Ok(match (words.as_slice(), against) {
        ([], _) => finding(
            Outcome::Passed,
            format!("{size} entries now; none of the later ones is about this record or its key"),
        ),
        (_, true) => finding(Outcome::Failed, format!("look at what came later: {}", words.join("; "))),
        (_, false) => {
            finding(Outcome::Passed, format!("{size} entries now; about this record: {}", words.join("; ")))
        }
    })
}
