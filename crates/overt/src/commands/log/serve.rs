//! `overt log serve`: a log over HTTP.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use overt_log::admission::AdmissionRules;
use overt_log::cosign::{CosignSettings, Standing};
use overt_log::serve::log_router;
use overt_log::store::Store;
use overt_log::{Clock as _, Collector, Reader, SignedHead, SystemClock};
use tokio::sync::watch;

use super::listen;
use super::show::row;
use crate::cli::ServeArgs;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs::{self, Writer};
use crate::output::{Output, STRONG, styled};
use crate::text::line;

/// How long readers of an old checkpoint find its partial tiles.
const PARTIALS_STAY: Duration = Duration::from_secs(3600);

/// How often superfluous partial tiles are looked for.
const COLLECT_EVERY: Duration = Duration::from_secs(60);

/// The entries of a bundle.
const BUNDLE: u64 = 256;

pub(super) fn run(args: &ServeArgs, output: &mut Output) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let rules = args.admission.as_deref().map_or_else(|| Ok(AdmissionRules::everyone()), rules)?;
    let policy = args.policy.as_deref().map(logs::policy).transpose()?;
    let runtime = listen::runtime()?;
    let (listener, address) = listen::bind(&runtime, args.listen)?;
    let writer = Writer::open(&environment, &args.log, args.passphrase_file.as_deref())?;
    let cosigner = policy.map(|policy| writer.cosigner(CosignSettings::new(policy))).transpose()?;
    let router = log_router(writer.door(rules)?, Arc::new(SystemClock), cosigner.as_ref());
    output.say(format!("  serving  {}", styled(STRONG, &format!("http://{address}"))));
    output.say(format!("  vkey     {}", writer.file().vkey()));
    let served = runtime.block_on(async {
        let standing = cosigner.as_ref().map(overt_log::cosign::Cosigner::standing);
        let standing = standing.unwrap_or_else(|| watch::channel(Standing::default()).1);
        if let Some(cosigner) = cosigner {
            tokio::spawn(cosigner.run());
        }
        let (head, reader) = (writer.log().head(), writer.log().reader().clone());
        tokio::spawn(collect(writer.store().clone(), head.clone()));
        tokio::select! {
            served = listen::serve(listener, router) => served,
            stopped = tell(head, standing, reader, args.quiet, output) => Err(stopped),
        }
    });
    // Whoever still holds the log lives in the runtime, so it ends first, and then the log is closed.
    listen::end(runtime);
    drop(writer);
    served.map(|()| Exit::Yes)
}

/// Who may add what, from a file.
pub(crate) fn rules(path: &Path) -> Result<AdmissionRules, Failure> {
    let failed = |error| Failure::file("read", path, error).of_option("--admission");
    let bytes = fs::read(path).map_err(failed)?;
    AdmissionRules::parse(&bytes)
        .map_err(|error| Failure::usage(format!("{error}\n  file   {}", path.display())))
}

/// Says what is added and which witness does not cosign, until the log stops writing.
async fn tell(
    mut head: watch::Receiver<Arc<SignedHead>>,
    mut standing: watch::Receiver<Standing>,
    reader: Reader,
    quiet: bool,
    output: &mut Output,
) -> Failure {
    let mut told = head.borrow_and_update().head.size;
    let mut complaints: BTreeMap<String, String> = BTreeMap::new();
    loop {
        tokio::select! {
            changed = head.changed() => {
                if changed.is_err() {
                    return Failure::undecided("the log has stopped writing\n  next   look at its disk, run `overt log fsck`, and start it again");
                }
                let size = head.borrow_and_update().head.size;
                if !quiet {
                    entries(&reader, told, size, output).await;
                }
                told = size;
            }
            Ok(()) = standing.changed() => {
                let now = standing.borrow_and_update().complaints.clone();
                for (who, what) in now.iter().filter(|(who, what)| complaints.get(*who) != Some(*what)) {
                    output.warn(format!("  {}: {}", line(who, 80), line(what, 400)));
                }
                complaints = now;
            }
        }
    }
}

/// Says which entries are new.
async fn entries(reader: &Reader, from: u64, size: u64, output: &mut Output) {
    for bundle in from / BUNDLE..size.div_ceil(BUNDLE) {
        let reader = reader.clone();
        let read = tokio::task::spawn_blocking(move || reader.bundle(bundle, size)).await;
        // What is told here is for the eye: who wants every entry follows the log.
        let Ok(Ok(entries)) = read else { return };
        for (index, entry) in (bundle * BUNDLE..).zip(&entries).filter(|(index, _)| *index >= from) {
            output.note(format!("  {index:>6}  {}", row(entry)));
        }
    }
}

/// Deletes partial tiles that full ones have replaced.
pub(crate) async fn collect(store: Arc<dyn Store>, head: watch::Receiver<Arc<SignedHead>>) {
    let mut collector = Collector::new(PARTIALS_STAY);
    loop {
        tokio::time::sleep(COLLECT_EVERY).await;
        let (store, size) = (store.clone(), head.borrow().head.size);
        let collected = tokio::task::spawn_blocking(move || {
            // What could not be deleted is tried again, and costs space only.
            let _ = collector.run(store.as_ref(), size, SystemClock.now());
            collector
        });
        match collected.await {
            Ok(returned) => collector = returned,
            Err(_) => return,
        }
    }
}
