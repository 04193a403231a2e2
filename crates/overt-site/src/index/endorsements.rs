//! Signatures under records, as rows.

use overt_record::record::{Endorsement, RecordType, Verification};
use overt_record::verify::VerifiedRecord;
use overt_record::{Hash, KeyId, LogEntry, Name, Timestamp, json};
use overt_statement::sameness::FoldedName;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Believed, IndexError};
use crate::row::{integer, word};
use crate::words;

/// Where a signature stands.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) index: u64,
    pub(super) number: i64,
    pub(super) time: Timestamp,
}

/// The number that an endorsement gets in its list. It follows from log entries alone, so it is the same whatever is
/// taken down, now or when the index is made anew. 0 for other records.
pub(super) fn next_number(connection: &Connection, entry: &LogEntry) -> Result<i64, IndexError> {
    let [of, ..] = entry.refs() else { return Ok(0) };
    if entry.kind.as_str() != Endorsement::KIND {
        return Ok(0);
    }
    let next = "INSERT INTO last_number VALUES (?, 1) ON CONFLICT DO UPDATE SET number = number + 1 RETURNING number";
    Ok(connection.prepare_cached(next)?.query_row([of.as_bytes()], |row| row.get(0))?)
}

/// The body of an endorsement is gone, and its entry still says whose key signed it: if that key speaks for itself alone, its
/// signature before this one was replaced, and stays so.
pub(super) fn taken_down(
    connection: &Connection,
    index: u64,
    entry: &LogEntry,
    redaction: u64,
    believed: &Believed,
) -> Result<(), IndexError> {
    // What was taken back before it was logged never stood, so it replaces nothing.
    let stood = redaction > index && entry.kind.as_str() == Endorsement::KIND;
    match entry.refs() {
        [of, ..] if stood && !believed.vouching.contains(&entry.key) => {
            unseat(connection, *of, own_seat(entry.key))
        }
        _ => Ok(()),
    }
}

/// A signature becomes a row, is counted, and can be found by its words. The same signatory's signature before it goes: what
/// is replaced stays replaced, also when its replacement is withdrawn. A record that was logged before counts there.
pub(super) fn insert(
    connection: &Connection,
    place: Place,
    verified: &VerifiedRecord,
    endorsement: &Endorsement,
    believed: &Believed,
) -> Result<(), IndexError> {
    let before = "SELECT 1 FROM record WHERE digest = ? AND idx < ?";
    if connection.prepare_cached(before)?.exists(params![verified.digest.as_bytes(), integer(place.index)])? {
        return Ok(());
    }
    let seat = seat(endorsement, verified.key, believed);
    unseat(connection, endorsement.of, seat)?;
    let signatory = &endorsement.signatory;
    let standing = believed.standing(verified.key);
    // Anybody can write that anything was checked.
    let checked = if standing == "vouched" { endorsement.verified } else { Verification::Nothing };
    let (capacity, checked) = (word(&signatory.capacity), word(&checked));
    let text = |name: &Option<Name>| name.as_ref().map(|name| name.as_str().to_owned());
    let (name, affiliation) = (text(&signatory.name), text(&signatory.affiliation));
    let insert = "INSERT INTO endorsement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    connection.prepare_cached(insert)?.execute(params![
        integer(place.index),
        endorsement.of.as_bytes(),
        verified.digest.as_bytes(),
        place.number,
        name,
        text(&signatory.role),
        affiliation,
        signatory.country.map(|country| country.to_string()),
        capacity,
        checked,
        text(&endorsement.domain),
        standing,
        verified.key.as_hash().as_bytes(),
        integer(place.time.to_unix()),
        seat.as_bytes(),
    ])?;
    count(connection, endorsement.of.as_bytes(), &capacity, &checked, standing, 1)?;
    let folded =
        words::indexed(name.as_deref().unwrap_or_default(), affiliation.as_deref().unwrap_or_default());
    let insert = "INSERT INTO signatory_word(rowid, words) VALUES (?, ?)";
    connection.prepare_cached(insert)?.execute(params![integer(place.index), folded])?;
    Ok(())
}

/// Who signs, as far as two endorsements can be told to be the same one's: the rules of
/// [`overt_statement::signatories`].
fn seat(endorsement: &Endorsement, key: KeyId, believed: &Believed) -> Hash {
    let signatory = &endorsement.signatory;
    let folded = |name: &Name| FoldedName::of(name).to_string();
    let seat = match (believed.vouching.contains(&key), endorsement.email_commitment, &signatory.name) {
        (false, ..) => return own_seat(key),
        (true, Some(commitment), _) => serde_json::json!([key, "address", commitment]),
        (true, None, Some(name)) => {
            let affiliation = signatory.affiliation.as_ref().map(folded);
            serde_json::json!([key, "name", signatory.capacity, folded(name), affiliation])
        }
        (true, None, None) => serde_json::json!([key, "nameless", endorsement.domain]),
    };
    Hash::of(json::to_canonical(&seat).unwrap_or_default())
}

/// The seat of whoever signs with their own key.
fn own_seat(key: KeyId) -> Hash {
    Hash::of_all([b"key\0".as_slice(), key.as_hash().as_bytes()])
}

/// Takes away the signature that somebody gave before.
fn unseat(connection: &Connection, of: Hash, seat: Hash) -> Result<(), IndexError> {
    let select = "SELECT idx FROM endorsement WHERE of = ? AND seat = ?";
    let values = params![of.as_bytes(), seat.as_bytes()];
    let found: Option<i64> =
        connection.prepare_cached(select)?.query_row(values, |row| row.get(0)).optional()?;
    if let Some(index) = found {
        forget(connection, index)?;
        connection.prepare_cached("DELETE FROM endorsement WHERE idx = ?")?.execute([index])?;
    }
    Ok(())
}

/// Takes back what [`insert`] did beside the row itself, if the entry is a signature.
pub(super) fn forget(connection: &Connection, index: i64) -> Result<(), IndexError> {
    type Row = ([u8; 32], String, String, String);
    let select = "SELECT of, capacity, checked, standing FROM endorsement WHERE idx = ?";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let found: Option<Row> = connection.prepare_cached(select)?.query_row([index], read).optional()?;
    let Some((of, capacity, checked, standing)) = found else { return Ok(()) };
    count(connection, &of, &capacity, &checked, &standing, -1)?;
    connection.prepare_cached("DELETE FROM signatory_word WHERE rowid = ?")?.execute([index])?;
    Ok(())
}

fn count(
    connection: &Connection,
    of: &[u8; 32],
    capacity: &str,
    checked: &str,
    standing: &str,
    by: i64,
) -> Result<(), IndexError> {
    let count = "INSERT INTO tally VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT DO UPDATE SET signatures = signatures + ?5";
    connection.prepare_cached(count)?.execute(params![of, capacity, checked, standing, by])?;
    let none = "DELETE FROM tally WHERE of = ? AND signatures = 0";
    if by < 0 {
        connection.prepare_cached(none)?.execute([of])?;
    }
    Ok(())
}
