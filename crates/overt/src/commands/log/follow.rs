//! `overt log follow`: entries as they come.

use std::fs;
use std::io;
use std::path::Path;

use overt_log::client::LogClient;
use overt_log::follow::{Batch, FollowError, FollowState, Follower, Next};
use overt_record::checkpoint::Checkpoint;
use overt_record::note::Note;

use super::open;
use super::show::entry_json;
use crate::cli::FollowArgs;
use crate::commands::ask::unless_ended;
use crate::commands::eval;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs::client_failure;
use crate::outfile;
use crate::output::Output;
use crate::text::grouped;

/// More bytes than a state has: a checkpoint, and its place.
const MAX_STATE: u64 = 2 << 20;

pub(super) fn run(args: &FollowArgs, output: &mut Output) -> Result<Exit, Failure> {
    let opened = open(&args.log, &args.trust)?;
    let client = opened.client;
    eval::runtime()?.block_on(async {
        let state = match &args.state {
            Some(path) => kept(path, &client).await?,
            None => beginning(&client, args.from, output).await?,
        };
        let follower = Follower::resume(client, state).await.map_err(failure)?;
        let mut following = Following { from: args.from, state: args.state.as_deref(), output };
        if args.once {
            return following.until_the_end(follower).await;
        }
        // Whoever ends the command has seen enough.
        unless_ended(following.for_ever(follower)).await.unwrap_or(Ok(Exit::Yes))
    })
}

/// Where to begin: at the entry that was named, or, if the log has not so many yet, at its end.
async fn beginning(client: &LogClient, from: u64, output: &mut Output) -> Result<FollowState, Failure> {
    if from == 0 {
        return Ok(FollowState::start());
    }
    let signed = client.checkpoint().await.map_err(client_failure)?;
    let size = signed.head.size;
    if from > size {
        let has = if size == 1 { "1 entry".to_owned() } else { format!("{} entries", grouped(size)) };
        output.note(format!("  there is no entry {} yet: the log has {has}", grouped(from)));
    }
    let next = from.min(size);
    let state = format!("overt-follow v1\nnext {next}\n\n{}", signed.note);
    FollowState::parse(state.as_bytes()).map_err(Failure::undecided)
}

/// Where an earlier command stopped. A log that shows less than it showed then was set back, whatever else is true of it.
async fn kept(path: &Path, client: &LogClient) -> Result<FollowState, Failure> {
    let bytes = match fs::metadata(path).map(|file| file.len()) {
        Ok(length) if length > MAX_STATE => return Err(no_state(path, "it is too large")),
        Ok(_) => fs::read(path).map_err(|error| Failure::file("read", path, error).of_option("--state"))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(FollowState::start()),
        Err(error) => return Err(Failure::file("read", path, error).of_option("--state")),
    };
    let state = FollowState::parse(&bytes).map_err(|error| no_state(path, &error.to_string()))?;
    let seen = str::from_utf8(&bytes).ok().and_then(size_seen);
    let now = client.checkpoint().await.map_err(client_failure)?.head.size;
    match seen {
        Some(seen) if now < seen => Err(Failure {
            message: format!(
                "the log was set back: it had {} entries when it was followed last, and shows {} now\n  state  {}\n  next   look again in a minute, since it may be an old copy; if it stays so, ask its operator: a log never shrinks",
                grouped(seen),
                grouped(now),
                path.display()
            ),
            exit: Exit::No,
        }),
        _ => Ok(state),
    }
}

/// The size of the tree in a state.
fn size_seen(state: &str) -> Option<u64> {
    let (_, note) = state.split_once("\n\n")?;
    let note = Note::parse(note.as_bytes()).ok()?;
    Checkpoint::parse(note.text()).ok().map(|checkpoint| checkpoint.head().size)
}

fn no_state(path: &Path, why: &str) -> Failure {
    Failure::usage(format!(
        "--state is no file of `overt log follow`: {why}\n  file   {}\n  next   name another file, which may be missing: then the log is followed from its first entry",
        path.display()
    ))
}

/// What becomes of the entries.
struct Following<'a> {
    from: u64,
    state: Option<&'a Path>,
    output: &'a mut Output,
}

impl Following<'_> {
    async fn until_the_end(&mut self, mut follower: Follower) -> Result<Exit, Failure> {
        while let Some(batch) = follower.next_batch().await.map_err(failure)? {
            if self.say(&batch)? == Next::Stop {
                break;
            }
        }
        Ok(Exit::Yes)
    }

    async fn for_ever(&mut self, follower: Follower) -> Result<Exit, Failure> {
        if self.output.animated() {
            self.output.note("  following  entries are printed as they come; Ctrl-C ends it");
        }
        let mut trouble = None;
        let each = |batch: Batch| {
            let next = self.say(&batch).unwrap_or_else(|failure| {
                trouble = Some(failure);
                Next::Stop
            });
            std::future::ready(next)
        };
        follower.run(each).await.map_err(failure)?;
        trouble.map_or(Ok(Exit::Yes), Err)
    }

    /// Prints entries, until nobody reads them any more, and keeps the place. Of two runs the second may print again what
    /// the first one printed last; it passes over nothing.
    fn say(&mut self, batch: &Batch) -> Result<Next, Failure> {
        for (index, entry) in (batch.first..).zip(&batch.entries).filter(|(index, _)| *index >= self.from) {
            self.output.say(entry_json(index, entry).to_string());
        }
        if self.output.is_closed() {
            return Ok(Next::Stop);
        }
        if let Some(path) = self.state {
            outfile::write(path, batch.state.to_text().as_bytes())?;
        }
        Ok(Next::More)
    }
}

fn failure(error: FollowError) -> Failure {
    match error {
        FollowError::Client(error) => client_failure(error),
        error => Failure::usage(error),
    }
}
