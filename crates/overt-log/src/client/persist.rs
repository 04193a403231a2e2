//! Asking again where that may help and does no harm.

use std::time::Duration;

use super::http::{HttpError, Reply};
use crate::retry::Backoff;

/// How often something is sent to a log that is busy or does not answer.
const ATTEMPTS: u32 = 4;

/// How long to wait before, if the log does not say.
const RETRYING: Backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(10) };

/// The longest answer to what is sent: an index, a list, or why not.
pub(super) const MAX_ANSWER_BYTES: usize = 64 << 10;

/// Sends what may be sent any number of times until there is an answer that is not "later".
pub(super) async fn persistently<S>(mut send: S) -> Result<Reply, HttpError>
where
    S: AsyncFnMut() -> Result<Reply, HttpError>,
{
    let mut attempts = 0;
    loop {
        attempts += 1;
        let reply = match send().await {
            Err(HttpError::NoAnswer { .. }) if attempts < ATTEMPTS => None,
            Err(error) => return Err(error),
            Ok(reply) => Some(reply),
        };
        let asked = reply.as_ref().and_then(|reply| reply.retry_after);
        match reply {
            Some(reply) if attempts == ATTEMPTS || !matches!(reply.status, 429 | 503) => return Ok(reply),
            _ => tokio::time::sleep(asked.unwrap_or(RETRYING.wait(attempts)).min(RETRYING.longest)).await,
        }
    }
}

/// What a server said, for a person: short, and without control characters.
pub(super) fn said(reply: &Reply) -> String {
    let text = String::from_utf8_lossy(&reply.body);
    text.trim().chars().take(1000).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
