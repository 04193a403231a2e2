//! `overt log fsck`: computing everything again.

use std::path::Path;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use overt_log::client::{Source, Target};
use overt_log::store::{Put, Store, StoreError, SwapError};
use overt_log::{BodyReport, Key, fsck};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs::{self, LogFile, fsck_failure};
use crate::output::{BAD, GOOD, Output, styled};
use crate::text::{count, grouped};

pub(super) fn run(directory: &Path, log_key: Option<&str>, output: &mut Output) -> Result<Exit, Failure> {
    let vkey = match log_key {
        Some(text) => logs::vkey(text)?,
        None => LogFile::read(directory)?.vkey().clone(),
    };
    let Source::Store(store) = logs::source(&Target::Directory(directory.to_owned()))? else {
        return Err(Failure::usage("only a log in a directory can be checked from end to end"));
    };
    let bar = bar(output);
    let checked = fsck(&Watched { store, bar: bar.clone() }, &vkey);
    bar.finish_and_clear();
    let report = checked.map_err(fsck_failure)?;
    output.say(format!("  log       {}", vkey.name()));
    output.say(format!("  entries   {}", grouped(report.head.size)));
    output.say(format!("  root      {}", report.root));
    output.say(format!("  compared  {}", count(report.compared, "object")));
    let bodies = say_bodies(&report.bodies, output);
    if report.is_sound() {
        output.say(styled(GOOD, "  sound     everything is what the entries give, and what the log signed"));
        return Ok(bodies);
    }
    for deviation in &report.deviations {
        output.say(format!("  {}  {deviation}", styled(BAD, "deviates")));
    }
    let told = report.deviations.len() as u64;
    if report.found > told {
        output.say(format!("  and {} more", grouped(report.found - told)));
    }
    output.warn(format!("  {}; nothing was changed", count(report.found, "deviation")));
    output.warn("  next      restore what deviates from a mirror or a backup, and check again before the log is written");
    Ok(Exit::No)
}

/// Tells of what lies beside the tree, which holds whatever is wrong with it.
fn say_bodies(bodies: &BodyReport, output: &mut Output) -> Exit {
    let BodyReport { here, erased, missing, found, .. } = bodies;
    if bodies.is_bare() {
        if *missing > 0 {
            output.say("  bodies    none: this is a copy of the tree alone");
        }
        return Exit::Yes;
    }
    output.say(format!("  bodies    {} here, {} erased", grouped(*here), grouped(*erased)));
    for deviation in &bodies.deviations {
        output.say(format!("  {}  {deviation}", styled(BAD, "deviates")));
    }
    let told = bodies.deviations.len() as u64;
    if *found > told {
        output.say(format!("  and {} more", grouped(found - told)));
    }
    if bodies.is_sound() {
        return Exit::Yes;
    }
    output.warn(format!("  {} in the bodies; no proof depends on them", count(*found, "deviation")));
    Exit::No
}

fn bar(output: &Output) -> ProgressBar {
    if !output.animated() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
    match ProgressStyle::with_template("  {spinner} {human_pos} objects read, {elapsed}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// A store that shows how much was read.
struct Watched {
    store: Arc<dyn Store>,
    bar: ProgressBar,
}

impl Store for Watched {
    fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<Put, StoreError> {
        self.store.put_new(key, bytes)
    }

    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.bar.inc(1);
        self.store.get(key)
    }

    fn compare_and_swap(&self, key: &Key, expected: Option<&[u8]>, bytes: &[u8]) -> Result<(), SwapError> {
        self.store.compare_and_swap(key, expected, bytes)
    }

    fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.store.delete(key)
    }

    fn list(&self, directory: &Key) -> Result<Vec<Key>, StoreError> {
        self.store.list(directory)
    }
}
