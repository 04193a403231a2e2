//! `overt log mirror`: a verified copy that catches a log that changes its past.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use overt_log::admission::{Erased, Part};
use overt_log::client::{Source, Target};
use overt_log::mirror::{CopiedBodies, Kept, Mirror, MirrorError, Synced, TakenDown};
use overt_log::store::DirectoryStore;
use overt_log::{Clock as _, SystemClock};
use overt_record::merkle::TreeHead;
use overt_record::note::{MAX_NOTE_BYTES, Note};
use overt_record::policy::{Freshness, Policy, Quorum};
use overt_record::{KeyId, VerifierKey};

use crate::cli::MirrorArgs;
use crate::commands::ask::unless_ended;
use crate::commands::eval;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keyring::now;
use crate::logs::{self, LogFile, client_failure, mirror_failure, source_failure};
use crate::output::{BAD, Output, styled};
use crate::text::{bytes, grouped, harmless, line, seconds};

pub(super) fn run(args: &MirrorArgs, output: &mut Output) -> Result<Exit, Failure> {
    let target = logs::named(&args.log)?;
    let policy = logs::believed(&target, args.trust.policy.as_deref(), args.trust.log_key.as_deref())?;
    let source = logs::source(&target)?;
    let runtime = eval::runtime()?;
    let vkey = runtime.block_on(key_of(&policy, &target, &source))?;
    let mirror = Mirror::new(copy(&args.copy, &vkey)?, source, vkey);
    let looking = Looking {
        mirror: &mirror,
        policy: &policy,
        args,
        authorities: args.authority.iter().copied().collect(),
        said: RefCell::default(),
    };
    runtime.block_on(async {
        if args.once {
            return looking.once(output).await;
        }
        // Whoever ends the command is done with it.
        let for_ever = looking.for_ever(Duration::from_secs(args.every), output);
        unless_ended(for_ever).await.unwrap_or(Ok(Exit::Yes))
    })
}

/// The one log that is copied: of several that the policy believes, the one that is there, or says that it is.
async fn key_of(policy: &Policy, target: &Target, source: &Source) -> Result<VerifierKey, Failure> {
    let none = || Failure::usage("the policy believes no log\n  next   it needs a line `log VKEY`");
    let logs = policy.logs();
    if logs.len() < 2 {
        return logs.first().map(|log| log.vkey.clone()).ok_or_else(none);
    }
    let is_there = |url: &Option<String>| match (target, url) {
        (Target::Url(target), Some(url)) => {
            target.as_str().trim_end_matches('/') == url.trim_end_matches('/')
        }
        _ => false,
    };
    if let Some(log) = logs.iter().find(|log| is_there(&log.url)) {
        return Ok(log.vkey.clone());
    }
    // What it says of itself only picks one of the keys that are believed; the signature decides.
    let bytes = source.get("checkpoint", MAX_NOTE_BYTES).await.map_err(source_failure)?;
    let note = bytes.and_then(|bytes| Note::parse(&bytes).ok());
    let origin = note.as_ref().and_then(|note| note.text().lines().next()).unwrap_or_default();
    let log = logs.iter().find(|log| log.vkey.name().as_str() == origin);
    log.map(|log| log.vkey.clone()).ok_or_else(|| Failure {
        message: format!("the policy believes no log that is called {:?}", line(origin, 80)),
        exit: Exit::No,
    })
}

/// The directory of the copy. One that is there must be of the same log.
fn copy(directory: &Path, vkey: &VerifierKey) -> Result<Arc<DirectoryStore>, Failure> {
    fs::create_dir_all(directory).map_err(|error| Failure::file("create", directory, error))?;
    match LogFile::find(directory)? {
        None => LogFile::of_copy(vkey.clone()).write(directory)?,
        Some(file) if file.key().is_some() => {
            return Err(Failure::usage(format!(
                "{} is a log of its own, and no copy\n  next   name another directory for the copy",
                directory.display()
            )));
        }
        Some(file) if file.vkey() != vkey => {
            return Err(Failure::usage(format!(
                "{} is a copy of another log\n  copy   {}\n  log    {vkey}\n  next   name another directory for the copy",
                directory.display(),
                file.vkey()
            )));
        }
        Some(_) => {}
    }
    DirectoryStore::open(directory).map(Arc::new).map_err(Failure::undecided)
}

/// What looks at a log.
struct Looking<'a> {
    mirror: &'a Mirror,
    policy: &'a Policy,
    args: &'a MirrorArgs,
    authorities: BTreeSet<KeyId>,
    /// What need not be said again at each look.
    said: RefCell<BTreeSet<String>>,
}

impl Looking<'_> {
    /// Looks once.
    async fn once(&self, output: &mut Output) -> Result<Exit, Failure> {
        match self.mirror.sync().await.map_err(|error| self.failure(error))? {
            Synced::Unchanged(head) => {
                output.say(format!("  unchanged  {}, root {}", entries(head.size), head.root));
            }
            Synced::Grown { from, to } => say_grown(from.size, to, output),
        }
        self.copy_beside(output).await.map_err(|error| self.failure(error))?;
        match self.lacking().await? {
            None => Ok(Exit::Yes),
            Some(lacking) => Err(Failure::undecided(lacking)),
        }
    }

    /// Looks again and again, until the log is known to have forked or the copy can't be written.
    async fn for_ever(&self, pause: Duration, output: &mut Output) -> Result<Exit, Failure> {
        let mut said = None;
        if output.animated() {
            let every = seconds(pause.as_secs_f64());
            output.note(format!("  looking    every {every}; what is new is told, Ctrl-C ends it"));
        }
        loop {
            let trouble = match self.mirror.sync().await {
                Ok(synced) => {
                    if let Synced::Grown { from, to } = synced {
                        say_grown(from.size, to, output);
                    }
                    match self.copy_beside(output).await {
                        Ok(()) => self.lacking().await?,
                        Err(error) if is_final(&error) => return Err(self.failure(error)),
                        Err(error) => Some(self.failure(error).message),
                    }
                }
                Err(error) if is_final(&error) => return Err(self.failure(error)),
                Err(error) => Some(self.failure(error).message),
            };
            if let Some(trouble) = trouble.as_ref().filter(|trouble| said.as_ref() != Some(*trouble)) {
                output.warn(format!("{}: {}", styled(BAD, "trouble"), harmless(trouble)));
            }
            said = trouble;
            tokio::time::sleep(pause).await;
        }
    }

    /// Copies what lies beside the entries that were copied, and follows what was taken down, as far as that is wanted.
    async fn copy_beside(&self, output: &mut Output) -> Result<(), MirrorError> {
        if !self.args.bodies {
            return Ok(());
        }
        self.copy_bodies(output).await?;
        if self.args.files {
            self.copy_files(output).await?;
        }
        self.follow_redactions(output).await
    }

    async fn copy_bodies(&self, output: &mut Output) -> Result<(), MirrorError> {
        let CopiedBodies { copied, absent, wrong } = self.mirror.copy_bodies().await?;
        if copied + absent > 0 {
            let without = if absent > 0 { format!("; {} have none", grouped(absent)) } else { String::new() };
            output.say(format!("  bodies     {}{without}", records(copied)));
        }
        for index in wrong {
            self.warn(output, format!(
                "what the log shows as the record of entry {index} is not the one that it committed to; it is not kept"
            ));
        }
        Ok(())
    }

    async fn copy_files(&self, output: &mut Output) -> Result<(), MirrorError> {
        let now = SystemClock.now() / 1000;
        let copied = self.mirror.copy_files(self.args.files_bytes, now).await?;
        if copied.records > 0 {
            let files = if copied.files == 1 {
                "1 file".to_owned()
            } else {
                format!("{} files", grouped(copied.files))
            };
            output.say(format!(
                "  files      {files} of {}, {}",
                records(copied.records),
                bytes(copied.bytes)
            ));
        }
        for (index, why) in copied.wrong {
            self.warn(output, format!("the files of entry {index} are not copied: {why}"));
        }
        if let Some(index) = copied.full {
            let limit = bytes(self.args.files_bytes);
            self.warn(output, format!(
                "the files of entry {index} and of those after it are not copied: all files in the copy are to have at most {limit}\n  next   give more with --files-bytes"
            ));
        }
        Ok(())
    }

    async fn follow_redactions(&self, output: &mut Output) -> Result<(), MirrorError> {
        let TakenDown { erased, kept } = self.mirror.follow_redactions(&self.authorities).await?;
        for Erased { index, redaction, part, .. } in erased {
            let what = match part {
                Part::Whole => "the record",
                Part::Files => "the files",
            };
            output.say(format!("  taken down {what} of entry {index}, as the redaction at {redaction} says"));
        }
        for Kept { index, redaction, by } in kept {
            self.warn(output, format!(
                "the log took down entry {index}, and the copy keeps it: the redaction at {redaction} is signed by {by}, which is not the record's key\n  next   to follow that key: --authority {by}"
            ));
        }
        Ok(())
    }

    /// Says what is wrong, once.
    fn warn(&self, output: &mut Output, what: String) {
        let what = harmless(&what);
        if !self.said.borrow().contains(&what) {
            output.warn(format!("{}: {what}", styled(BAD, "trouble")));
            self.said.borrow_mut().insert(what);
        }
    }

    /// Which cosignatures the policy misses under the checkpoint of the copy.
    async fn lacking(&self) -> Result<Option<String>, Failure> {
        let Some(signed) = self.mirror.head().await.map_err(mirror_failure)? else { return Ok(None) };
        let now = Freshness::AsOf(now()?.to_unix());
        let assessment = self.policy.assess(&signed.note, now);
        let assessment = assessment.map_err(|error| client_failure(error.into()))?;
        Ok(match assessment.quorum {
            Quorum::NotRequired | Quorum::Met => None,
            Quorum::Missing(shortfalls) => {
                let shortfalls: Vec<String> = shortfalls.iter().map(ToString::to_string).collect();
                Some(format!(
                    "too few witnesses cosigned the checkpoint: {}\n  next   they may be on their way: look again in a minute",
                    line(&shortfalls.join("; "), 1000)
                ))
            }
        })
    }

    /// Names what was kept, and what to do with it.
    fn failure(&self, error: MirrorError) -> Failure {
        let next = match &error {
            MirrorError::Forked { kept, .. } => format!(
                "\n  proof  {}\n  next   believe the log no more, and give the proof to everybody who does: it needs no trust in you",
                self.args.copy.join(kept.as_str()).display()
            ),
            MirrorError::RolledBack { kept, .. } => format!(
                "\n  kept   {}\n  next   look again in a minute; if it stays so, ask its operator: a log never shrinks",
                self.args.copy.join(kept.as_str()).display()
            ),
            MirrorError::NoProof(_) => format!(
                "\n  kept   {}\n  next   believe the log no more; both checkpoints are in there",
                self.args.copy.join("contradictions").display()
            ),
            _ => String::new(),
        };
        let failure = mirror_failure(error);
        Failure { message: failure.message + &next, ..failure }
    }
}

/// Whether there is no use in looking again.
fn is_final(error: &MirrorError) -> bool {
    use MirrorError::{Forked, Key, NoProof, Store, Swap};
    matches!(error, Forked { .. } | NoProof(_) | Store(_) | Swap(_) | Key(_))
}

fn say_grown(from: u64, to: TreeHead, output: &mut Output) {
    output.say(format!("  copied     {} → {}, root {}", grouped(from), entries(to.size), to.root));
}

fn records(count: u64) -> String {
    if count == 1 { "1 record".to_owned() } else { format!("{} records", grouped(count)) }
}

fn entries(size: u64) -> String {
    if size == 1 { "1 entry".to_owned() } else { format!("{} entries", grouped(size)) }
}
