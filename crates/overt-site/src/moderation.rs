//! What waits for a person: signatures that were held, and public content that somebody reported. Every decision has a reason and
//! a line in the audit trail; what it publishes or takes down is a record in the log like any other.

mod decide;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use overt_record::{Hash, Text, Timestamp};
use overt_statement::sameness::Network;
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use crate::accounts::AccountError;
use crate::database::DatabaseError;
use crate::index::IndexError;
use crate::issue::{IssueError, Issuer};
use crate::limits::{Meter, Rate};
use crate::private::{Private, PrivateError};
use crate::row::{Columns as _, integer, timestamp, word};
use crate::secret::Place;
use crate::signing::{HeldSignature, HoldReason, Shown};

pub use self::decide::{Decided, Decision, TakeDown};

const COLUMN: &str = "held.content";

/// How often a network may report content.
const FLAG_RATE: Rate = Rate { events: 10, per: Duration::from_secs(3600) };

/// The moderators' work.
#[derive(Clone)]
pub struct Moderation {
    private: Arc<Private>,
    issuer: Issuer,
    networks: Arc<Meter<Network>>,
}

/// Something that waits, or waited, for a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueItem {
    /// Its number.
    pub id: i64,
    /// Since when it waits.
    pub since: Timestamp,
    /// What it is.
    pub item: Item,
    /// How it stands.
    pub state: ItemState,
    /// Who decided, and why.
    pub decision: Option<String>,
}

/// What waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "what")]
pub enum Item {
    /// A signature.
    #[serde(rename_all = "camelCase")]
    Signature {
        /// Under which statement.
        statement: Hash,
        /// Why it was held.
        reasons: Vec<HoldReason>,
        /// Who signs; absent once it is decided.
        signature: Option<HeldView>,
    },
    /// Public content that somebody thinks should not be there.
    #[serde(rename_all = "camelCase")]
    Content {
        /// The record.
        record: Hash,
        /// What they say; absent once it is decided.
        complaint: Option<String>,
    },
}

/// Who signs, for a moderator. The address is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldView {
    /// The name.
    pub name: String,
    /// A person's role.
    pub role: Option<String>,
    /// A person's organisation.
    pub affiliation: Option<String>,
    /// The domain of the address.
    pub domain: String,
    /// For whom they sign.
    pub capacity: overt_record::record::Capacity,
    /// Whether the name is going to be shown.
    pub shown: Shown,
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    /// Nobody has decided.
    Waiting,
    /// The signature was published, or the content taken down.
    Approved,
    /// The signature was deleted, or the content left as it is.
    Refused,
}

/// Why moderation did not go on.
#[derive(Debug, thiserror::Error)]
pub enum ModerationError {
    /// There is no such item.
    #[error("there is no item {0} in the queue")]
    NoItem(i64),
    /// Somebody has decided already.
    #[error("item {0} was decided already")]
    Decided(i64),
    /// There is no such record, or it was taken down.
    #[error("there is no record {0} here that can be read")]
    NoRecord(Hash),
    /// Decisions have reasons.
    #[error("a decision needs a reason")]
    NoReason,
    /// Too many from one network.
    #[error("too many reports from your network; try again in {} min", .0.as_secs() / 60 + 1)]
    TooOften(Duration),
    /// The role does not reach.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The record.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The private state.
    #[error(transparent)]
    Private(#[from] PrivateError),
}

impl From<DatabaseError> for ModerationError {
    fn from(error: DatabaseError) -> Self {
        Self::Private(error.into())
    }
}

impl From<rusqlite::Error> for ModerationError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Private(error.into())
    }
}

/// Holds a signature, in the transaction of its confirmation.
pub(crate) fn hold_signature(
    connection: &Connection,
    private: &Private,
    statement: &Hash,
    held: &HeldSignature,
    reasons: &[HoldReason],
) -> Result<(), PrivateError> {
    let (reasons, content) = (serde_json::to_string(reasons)?, serde_json::to_vec(held)?);
    insert(connection, private, "signature", statement, &reasons, &content)
}

fn insert(
    connection: &Connection,
    private: &Private,
    what: &str,
    subject: &Hash,
    reasons: &str,
    content: &[u8],
) -> Result<(), PrivateError> {
    let insert = "INSERT INTO held(what, subject, reasons, created, state) VALUES (?, ?, ?, ?, 'waiting')";
    let values = params![what, subject.as_bytes(), reasons, integer(private.now())];
    connection.prepare_cached(insert)?.execute(values)?;
    let id = connection.last_insert_rowid();
    let sealed = private.secret.seal(Place { column: COLUMN, row: &id.to_be_bytes() }, content)?;
    connection.prepare_cached("UPDATE held SET content = ? WHERE id = ?")?.execute(params![sealed, id])?;
    Ok(())
}

impl Moderation {
    pub(crate) fn new(private: Arc<Private>, issuer: Issuer) -> Self {
        Self { private, issuer, networks: Arc::new(Meter::new(FLAG_RATE)) }
    }

    /// Somebody thinks that a record should not be there.
    ///
    /// # Errors
    /// When there is none, or too many come from one network.
    pub async fn report_content(
        &self,
        record: &Hash,
        complaint: &Text,
        origin: Option<IpAddr>,
    ) -> Result<(), ModerationError> {
        if let Some(origin) = origin {
            self.networks
                .take(Network::from(origin), self.private.now())
                .map_err(ModerationError::TooOften)?;
        }
        let known = self.private.index.record(record)?.and_then(|view| view.entry);
        known.ok_or(ModerationError::NoRecord(*record))?;
        let (private, record, complaint) = (self.private.clone(), *record, complaint.to_string());
        self.private
            .database
            .write(move |connection| {
                Ok(insert(connection, &private, "content", &record, "[]", complaint.as_bytes())?)
            })
            .await
    }

    /// What waits, oldest first, behind a number; at most 200.
    ///
    /// # Errors
    /// When the private state can't be read.
    pub fn queue(&self, behind: i64) -> Result<Vec<QueueItem>, ModerationError> {
        let select = "SELECT * FROM held WHERE state = 'waiting' AND id > ? ORDER BY id LIMIT 200";
        self.private.database.read(|connection| {
            let mut select = connection.prepare_cached(select)?;
            let mut rows = select.query([behind])?;
            let mut items = Vec::new();
            while let Some(row) = rows.next()? {
                items.push(read_item(&self.private, row)?);
            }
            Ok(items)
        })
    }

    /// How many items wait.
    ///
    /// # Errors
    /// When the private state can't be read.
    pub fn waiting(&self) -> Result<u64, ModerationError> {
        self.private.database.read(|connection| {
            let count = "SELECT count(*) AS n FROM held WHERE state = 'waiting'";
            Ok(connection.prepare_cached(count)?.query_row([], |row| row.count("n"))?)
        })
    }

    /// One item.
    ///
    /// # Errors
    /// When there is none.
    pub fn item(&self, id: i64) -> Result<QueueItem, ModerationError> {
        self.private.database.read(|connection| {
            let mut select = connection.prepare_cached("SELECT * FROM held WHERE id = ?")?;
            let mut rows = select.query([id])?;
            let row = rows.next()?.ok_or(ModerationError::NoItem(id))?;
            read_item(&self.private, row)
        })
    }
}

fn read_item(private: &Private, row: &Row<'_>) -> Result<QueueItem, ModerationError> {
    let id: i64 = row.get("id")?;
    let what: String = row.get("what")?;
    let sealed: Option<Vec<u8>> = row.get("content")?;
    let place = Place { column: COLUMN, row: &id.to_be_bytes() };
    let content =
        sealed.map(|sealed| private.secret.open(place, &sealed)).transpose().map_err(PrivateError::from)?;
    let subject = row.hash("subject")?;
    let item = if what == "signature" {
        let held: Option<HeldSignature> = content
            .map(|content| serde_json::from_slice(&content))
            .transpose()
            .map_err(PrivateError::from)?;
        let reasons: String = row.get("reasons")?;
        let reasons = serde_json::from_str(&reasons).map_err(PrivateError::from)?;
        Item::Signature { statement: subject, reasons, signature: held.map(view) }
    } else {
        let complaint = content.map(|content| String::from_utf8_lossy(&content).into_owned());
        Item::Content { record: subject, complaint }
    };
    let since = timestamp(row.count("created")?);
    let decision = row.get::<_, Option<String>>("decision")?;
    Ok(QueueItem { id, since, item, state: row.parsed("state")?, decision })
}

fn view(held: HeldSignature) -> HeldView {
    let form = held.form;
    let text = |name: Option<overt_record::Name>| name.map(String::from);
    HeldView {
        name: text(form.name).unwrap_or_default(),
        role: text(form.role),
        affiliation: text(form.affiliation),
        domain: form.domain.to_string(),
        capacity: form.capacity,
        shown: form.shown,
    }
}

/// The word of a state in the table.
fn state_word(state: ItemState) -> String {
    word(&state)
}
