//! Deleting what is no longer needed, on the stated day.

use rusqlite::Connection;

use super::Signing;
use crate::private::PrivateError;
use crate::row::{integer, seconds};

/// How long a network is kept, in seconds: the longest rule that looks at networks covers an hour.
const NETWORK_KEPT: i64 = 24 * 3600;

/// How long it is kept that somebody signed, in seconds: the longest rule covers thirty days.
const SIGNED_FROM_KEPT: i64 = 31 * 24 * 3600;

impl Signing {
    /// Deletes expired links with the addresses behind them, networks, and names that were kept long enough. To be called
    /// every few minutes.
    ///
    /// # Errors
    /// When the private state fails; then nothing is deleted.
    pub async fn tidy(&self) -> Result<(), PrivateError> {
        let now = self.private.now();
        self.private.database.write(move |connection| tidy(connection, now)).await
    }
}

fn tidy(connection: &Connection, now: u64) -> Result<(), PrivateError> {
    let (moment, seconds) = (integer(now), seconds(now));
    // Used links stay until they would have expired, so that whoever presses the button again is told what came of it.
    connection.execute("DELETE FROM link WHERE expires <= ?", [moment])?;
    connection.execute("DELETE FROM outbox WHERE gives_up <= ?", [moment])?;
    connection.execute("DELETE FROM withheld_name WHERE delete_at <= ?", [moment])?;
    connection.execute("DELETE FROM signed_from WHERE at <= ?", [seconds - SIGNED_FROM_KEPT])?;
    let forget = "UPDATE signed_from SET network = NULL WHERE at <= ? AND network IS NOT NULL";
    connection.execute(forget, [seconds - NETWORK_KEPT])?;
    Ok(())
}
