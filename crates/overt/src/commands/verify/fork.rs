//! A proof that a log showed two histories.

use overt_record::fork::{Contradiction, FORK_MEDIA_TYPE, Fork, ForkProof};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::output::{BAD, GOOD, Output, STRONG, styled};
use crate::text::line;

/// Whether a file says that it is such a proof.
pub(super) fn is_one(file: &[u8]) -> bool {
    let said: Option<Value> = serde_json::from_slice(file).ok();
    said.is_some_and(|said| said["mediaType"] == FORK_MEDIA_TYPE)
}

/// Whether it proves what it says. It holds whoever made it: the log's own signatures speak.
pub(super) fn check(file: &[u8], json: bool, output: &mut Output) -> Exit {
    let proven = ForkProof::parse(file).and_then(|proof| Ok((proof.log().to_string(), proof.verify()?)));
    let (log, fork) = match proven {
        Ok(proven) => proven,
        Err(error) => {
            if json {
                output.json(&json!({ "format": "overt-fork/1", "holds": false, "why": error.to_string() }));
            } else {
                output.say(format!("  {}: {error}", styled(BAD, "this proves no fork")));
            }
            return Exit::No;
        }
    };
    if json {
        output.json(&document(&log, &fork));
    } else {
        page(&log, &fork, output);
    }
    Exit::Yes
}

fn document(log: &str, fork: &Fork) -> Value {
    let heads = fork.heads.map(|head| json!({ "size": head.size, "root": head.root }));
    let leaf = match fork.contradiction {
        Contradiction::Roots => Value::Null,
        Contradiction::Leaves { index, hashes } => json!({ "index": index, "hashes": hashes }),
    };
    json!({ "format": "overt-fork/1", "holds": true, "origin": fork.origin, "log": log, "heads": heads, "leaf": leaf })
}

fn page(log: &str, fork: &Fork, output: &mut Output) {
    output.say(format!("  {}", styled(STRONG, "a log showed two histories")));
    output.say(format!("  log     {}", line(&fork.origin, 100)));
    output.say(format!("  key     {}", line(log, 200)));
    for head in fork.heads {
        output.say(format!("  signed  a tree of {} entries with root {}", head.size, head.root));
    }
    match fork.contradiction {
        Contradiction::Roots => output.say("  both have as many entries, and different ones"),
        Contradiction::Leaves { index, hashes: [first, second] } => {
            output.say(format!(
                "  entry {index} is {} in one and {} in the other",
                first.short(),
                second.short()
            ));
        }
    }
    output.say("");
    output.say(format!("  {}: the log's own key signed both", styled(GOOD, "the proof holds")));
    output.say("  it does not prove who made the log do it, or why: a stolen key can do so, too");
}
