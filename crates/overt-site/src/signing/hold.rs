//! Which signatures a person looks at before they are published.

use overt_record::record::Capacity;
use overt_record::{Hash, Name, Timestamp};
use overt_statement::is_public_provider;
use overt_statement::sameness::{BURST_RULES, BurstRule, Dimension, How, Known, Oddity, oddities};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::form::SealedForm;
use super::{MailboxIs, SHARE_A_MAILBOX, Signing, SigningError};
use crate::index::{PageSize, Seek, Standing};
use crate::private::PrivateError;
use crate::row::integer;

/// Why a person looks at a signature. Nothing here says that it is false.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum HoldReason {
    /// Anybody with an address there could have signed for it.
    Organisation,
    /// Many have signed in a short time.
    Burst {
        /// What they have in common: the domain, the network, or the statement alone.
        common: String,
        /// At least so many, with this one.
        signatures: u64,
        /// In so many seconds.
        seconds: u64,
    },
    /// The same name and affiliation stand in the list, from another address.
    SameName {
        /// That signature's record digest.
        record: Hash,
    },
    /// Something about the name.
    OddName {
        /// What.
        oddity: String,
    },
    /// Many share a mailbox.
    SharedMailbox {
        /// How many, with this one.
        people: u64,
    },
}

/// A signature that waits for a moderator: everything but the address, which is deleted.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct HeldSignature {
    pub(crate) form: SealedForm,
    pub(crate) mailbox: Hash,
    pub(crate) person: Hash,
    pub(crate) mailbox_is: MailboxIs,
}

impl Signing {
    /// What the list says: looked up before the transaction, since it is the index that knows.
    pub(super) fn doubts_by_name(
        &self,
        statement: &Hash,
        form: &SealedForm,
    ) -> Result<Vec<HoldReason>, SigningError> {
        let Some(name) = &form.name else { return Ok(Vec::new()) };
        let mut reasons: Vec<HoldReason> = oddities(name)
            .into_iter()
            .map(|oddity| HoldReason::OddName { oddity: oddity_word(oddity).into() })
            .collect();
        if form.affiliation.is_some() {
            reasons.extend(self.same_name(statement, name, form.affiliation.as_ref())?);
        }
        Ok(reasons)
    }

    fn same_name(
        &self,
        statement: &Hash,
        name: &Name,
        affiliation: Option<&Name>,
    ) -> Result<Option<HoldReason>, SigningError> {
        // Those with the same words; who has signed often enough to fill the page is met by the other rules.
        let found = self.private.index.search_signatories(
            statement,
            name.as_str(),
            Seek::Start,
            PageSize::clamped(PageSize::MOST),
        )?;
        let mut known = Known::default();
        let mut records = Vec::new();
        // Anybody can sign with a key of their own under any name: that casts no doubt on whoever bears it.
        for signatory in found.items.into_iter().filter(|signatory| signatory.standing != Standing::Own) {
            let parsed = |text: &Option<String>| text.as_ref().and_then(|text| Name::new(text.as_str()).ok());
            if let Some(name) = parsed(&signatory.name) {
                known.add(&name, parsed(&signatory.affiliation).as_ref());
                records.push(signatory.record);
            }
        }
        let like = known.like(name, affiliation);
        let same = like.iter().find(|likeness| likeness.how == How::NameAndAffiliation);
        Ok(same
            .and_then(|same| records.get(same.with))
            .map(|record| HoldReason::SameName { record: *record }))
    }
}

const fn oddity_word(oddity: Oddity) -> &'static str {
    match oddity {
        Oddity::MixedScripts => "mixed_scripts",
        Oddity::NoLetters => "no_letters",
        Oddity::Address => "address",
        Oddity::Digits => "digits",
    }
}

/// Notes that somebody signs, and says what about it is worth a look.
pub(super) fn doubts_by_time(
    connection: &Connection,
    statement: &Hash,
    domain: &Name,
    network: Option<&str>,
    now: Timestamp,
) -> Result<Vec<HoldReason>, PrivateError> {
    let domain = Some(domain.as_str()).filter(|domain| !is_public_provider(domain));
    let at = integer(now.to_unix());
    let insert = "INSERT INTO signed_from(statement, at, domain, network) VALUES (?, ?, ?, ?)";
    connection.prepare_cached(insert)?.execute(params![statement.as_bytes(), at, domain, network])?;
    let mut reasons = Vec::new();
    for rule in BURST_RULES {
        let common = match rule.dimension {
            Dimension::Domain => domain,
            Dimension::Network => network,
            Dimension::Statement => Some(""),
        };
        let Some(common) = common else { continue };
        let signatures = count(connection, statement, rule, common, at)?;
        if signatures >= rule.at_least as u64 {
            reasons.push(HoldReason::Burst { common: common.to_owned(), signatures, seconds: rule.seconds });
        }
    }
    Ok(reasons)
}

fn count(
    connection: &Connection,
    statement: &Hash,
    rule: BurstRule,
    common: &str,
    now: i64,
) -> Result<u64, PrivateError> {
    let condition = match rule.dimension {
        Dimension::Domain => "domain = ?",
        Dimension::Network => "network = ?",
        Dimension::Statement => "'' = ?",
    };
    // Counting stops where the rule is met.
    let select = format!(
        "SELECT count(*) FROM (SELECT 1 FROM signed_from WHERE statement = ? AND {condition} AND at >= ? LIMIT ?)"
    );
    let values =
        params![statement.as_bytes(), common, now - integer(rule.seconds), integer(rule.at_least as u64)];
    let count: i64 = connection.prepare_cached(&select)?.query_row(values, |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Doubts that follow from the form and from who else uses the mailbox.
pub(super) fn doubts_by_mailbox(
    connection: &Connection,
    statement: &Hash,
    form: &SealedForm,
    mailbox: &Hash,
    mailbox_is: MailboxIs,
) -> Result<Vec<HoldReason>, PrivateError> {
    let mut reasons = Vec::new();
    if form.capacity == Capacity::Organisation {
        reasons.push(HoldReason::Organisation);
    }
    if mailbox_is == MailboxIs::Shared {
        let count = "SELECT count(*) FROM signatory WHERE statement = ? AND mailbox = ?";
        let values = params![statement.as_bytes(), mailbox.as_bytes()];
        let people: i64 = connection.prepare_cached(count)?.query_row(values, |row| row.get(0))?;
        if people >= SHARE_A_MAILBOX {
            reasons.push(HoldReason::SharedMailbox { people: people.unsigned_abs() + 1 });
        }
    }
    Ok(reasons)
}
