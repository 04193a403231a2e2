//! `overt log follow`: entries as they come.

use overt_log::client::LogClient;
use overt_log::follow::{Batch, FollowError, FollowState, Follower, Next};

use super::open;
use super::show::entry_json;
use crate::cli::FollowArgs;
use crate::commands::ask::unless_ended;
use crate::commands::eval;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs::client_failure;
use crate::output::Output;

pub(super) fn run(args: &FollowArgs, output: &mut Output) -> Result<Exit, Failure> {
    let opened = open(&args.log, &args.trust)?;
    let client = opened.client;
    eval::runtime()?.block_on(async {
        let state = beginning(&client, args.from).await?;
        let follower = Follower::resume(client, state).await.map_err(failure)?;
        if args.once {
            return to_the_end(follower, args.from, output).await;
        }
        // Whoever ends the command has seen enough.
        unless_ended(for_ever(follower, args.from, output)).await.unwrap_or(Ok(Exit::Yes))
    })
}

/// Where to begin: at the entry that was named, or, if the log has not so many yet, at its end.
async fn beginning(client: &LogClient, from: u64) -> Result<FollowState, Failure> {
    if from == 0 {
        return Ok(FollowState::start());
    }
    let signed = client.checkpoint().await.map_err(client_failure)?;
    let next = from.min(signed.head.size);
    let state = format!("overt-follow v1\nnext {next}\n\n{}", signed.note);
    FollowState::parse(state.as_bytes()).map_err(Failure::undecided)
}

async fn to_the_end(mut follower: Follower, from: u64, output: &mut Output) -> Result<Exit, Failure> {
    while let Some(batch) = follower.next_batch().await.map_err(failure)? {
        if say(&batch, from, output) == Next::Stop {
            break;
        }
    }
    Ok(Exit::Yes)
}

async fn for_ever(follower: Follower, from: u64, output: &mut Output) -> Result<Exit, Failure> {
    let followed = follower.run(|batch| std::future::ready(say(&batch, from, output)));
    followed.await.map(|()| Exit::Yes).map_err(failure)
}

/// Prints entries, until nobody reads them any more.
fn say(batch: &Batch, from: u64, output: &mut Output) -> Next {
    for (index, entry) in (batch.first..).zip(&batch.entries).filter(|(index, _)| *index >= from) {
        output.say(entry_json(index, entry).to_string());
    }
    if output.is_closed() { Next::Stop } else { Next::More }
}

fn failure(error: FollowError) -> Failure {
    match error {
        FollowError::Client(error) => client_failure(error),
        error => Failure::usage(error),
    }
}
