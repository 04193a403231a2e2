//! `overt log show` and `overt log checkpoint`.

use std::sync::Arc;

use overt_log::SignedHead;
use overt_log::client::{LogClient, VerifiedTree};
use overt_record::policy::{Assessment, Freshness};
use overt_record::{Hash, LogEntry, Timestamp};
use serde_json::{Value, json};

use super::open;
use crate::cli::{LogTrustArgs, ShowLogArgs};
use crate::commands::eval;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs::client_failure;
use crate::output::{FAINT, Output, STRONG, styled};
use crate::text::{grouped, harmless, line, padded};

/// The entries of a bundle.
const BUNDLE: u64 = 256;

/// Prints the newest checkpoint that is believed, as it was signed.
pub(super) fn checkpoint(log: &str, trust: &LogTrustArgs, output: &mut Output) -> Result<Exit, Failure> {
    let opened = open(log, trust)?;
    let signed = eval::runtime()?.block_on(opened.client.checkpoint()).map_err(client_failure)?;
    output.say(harmless(&signed.note.to_string()).trim_end_matches('\n'));
    Ok(Exit::Yes)
}

/// What is shown of a log.
struct Shown {
    signed: Arc<SignedHead>,
    /// The newest entries, by index.
    entries: Vec<(u64, Vec<u8>)>,
}

pub(super) fn run(args: &ShowLogArgs, output: &mut Output) -> Result<Exit, Failure> {
    let opened = open(&args.log, &args.trust)?;
    let shown = eval::runtime()?.block_on(read(&opened.client, args.limit))?;
    let assessment = opened.client.policy().assess(&shown.signed.note, Freshness::AnyAge);
    let assessment = assessment.map_err(|error| client_failure(error.into()))?;
    if args.json {
        output.json(&as_json(&shown, &assessment));
    } else {
        table(&shown, &assessment, output);
    }
    Ok(Exit::Yes)
}

async fn read(client: &LogClient, limit: u64) -> Result<Shown, Failure> {
    // No log has so many: it is asked for its newest checkpoint.
    let newest_of = client.checkpoint_and_tree_beyond(u64::MAX);
    let (signed, tree) = newest_of.await.map_err(client_failure)?;
    let entries = newest(&tree, limit).await?;
    Ok(Shown { signed, entries })
}

/// The last entries of a tree.
async fn newest(tree: &VerifiedTree, limit: u64) -> Result<Vec<(u64, Vec<u8>)>, Failure> {
    let size = tree.head().size;
    let from = size.saturating_sub(limit);
    let mut entries = Vec::new();
    if from == size {
        return Ok(entries);
    }
    for bundle in from / BUNDLE..=(size - 1) / BUNDLE {
        let read = tree.entries(bundle).await.map_err(|error| client_failure(error.into()))?;
        entries.extend((bundle * BUNDLE..).zip(read).filter(|(index, _)| *index >= from));
    }
    Ok(entries)
}

fn as_json(shown: &Shown, assessment: &Assessment<'_>) -> Value {
    let cosigned = assessment.cosigned.iter().map(|by| {
        json!({ "name": by.witness.name, "vkey": by.witness.vkey.to_string(), "time": time(by.timestamp) })
    });
    json!({
        "origin": assessment.checkpoint.origin(),
        "size": shown.signed.head.size,
        "root": shown.signed.head.root,
        "vkeys": assessment.log_keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "cosigned": cosigned.collect::<Vec<_>>(),
        "checkpoint": shown.signed.note.to_string(),
        "entries": shown.entries.iter().map(|(index, entry)| entry_json(*index, entry)).collect::<Vec<_>>(),
    })
}

/// An entry for programs: its index and the leaf, or the bytes of what is no entry of a record.
pub(super) fn entry_json(index: u64, entry: &[u8]) -> Value {
    if let Ok(leaf) = LogEntry::parse(entry) {
        return json!({ "index": index, "leaf": leaf });
    }
    let hex = entry.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    json!({ "index": index, "hex": hex })
}

fn table(shown: &Shown, assessment: &Assessment<'_>, output: &mut Output) {
    let head = shown.signed.head;
    output.say(format!("  log       {}", styled(STRONG, &line(assessment.checkpoint.origin(), 200))));
    for vkey in &assessment.log_keys {
        output.say(format!("  vkey      {}", line(&vkey.to_string(), 4000)));
    }
    output.say(format!("  entries   {}", grouped(head.size)));
    output.say(format!("  root      {}", head.root));
    for by in &assessment.cosigned {
        output.say(format!("  cosigned  {} at {}", line(&by.witness.name, 80), time(by.timestamp)));
    }
    if shown.entries.is_empty() {
        return;
    }
    let width = head.size.to_string().len().max(5);
    output.say("");
    output.say(styled(
        FAINT,
        &format!("  {:>width$}  {:<20}  {:<12}  {:<8}  refs", "index", "time", "kind", "key"),
    ));
    for (index, entry) in &shown.entries {
        output.say(format!("  {index:>width$}  {}", row(entry)));
    }
}

/// An entry on a line: time, kind, key, and what it points to.
pub(super) fn row(entry: &[u8]) -> String {
    let Ok(entry) = LogEntry::parse(entry) else {
        return format!("no record: {} bytes", entry.len());
    };
    let refs: Vec<String> = entry.refs().iter().map(Hash::short).collect();
    let (kind, key) = (line(entry.kind.as_str(), 40), entry.key.short());
    format!("{}  {}  {}  {}", entry.time, padded(&kind, 12), padded(&key, 8), refs.join(" "))
        .trim_end()
        .to_owned()
}

fn time(seconds: u64) -> String {
    Timestamp::from_unix(seconds).map_or_else(|| format!("{seconds} s after 1970"), |time| time.to_string())
}
