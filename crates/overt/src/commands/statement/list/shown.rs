//! A list of signatories for people and for programs.

use overt_record::Name;
use overt_record::record::Capacity;
use overt_statement::signatories::{Arranged, Checked, Counts, Entry};
use serde_json::{Value, json};

use crate::commands::statement::Statement;
use crate::report::{Cell, Column, Table};
use crate::text::{count, grouped, line};

/// Names that a source lists first, then the signatures.
pub(super) fn table(arranged: &Arranged<'_>) -> Table {
    let columns = ["name", "role", "affiliation", "country", "checked", "signed"].map(Column::new);
    let mut table = Table::new(columns.into_iter().chain([Column::only_in_csv("record")]).collect());
    let text = |words: Option<&str>| words.map_or(Cell::Nothing, |words| Cell::text(line(words, 200)));
    for listed in &arranged.listed {
        let affiliation = listed.name.affiliation.as_ref().map(Name::as_str);
        table.push(vec![
            text(Some(listed.name.name.as_str())),
            Cell::Nothing,
            text(affiliation),
            Cell::Nothing,
            Cell::text("listed by the source, not verified here"),
            Cell::Nothing,
            Cell::text(listed.listing.to_string()),
        ]);
    }
    for entry in &arranged.signatures {
        let Some(signed) = &entry.signed else { continue };
        let signatory = &signed.endorsement.signatory;
        table.push(vec![
            Cell::text(name(entry)),
            text(signatory.role.as_ref().map(Name::as_str)),
            text(signatory.affiliation.as_ref().map(Name::as_str)),
            signatory.country.map_or(Cell::Nothing, |country| Cell::text(country.to_string())),
            Cell::text(checked(&signed.checked)),
            Cell::text(entry.time.to_string()),
            entry.digest.map_or(Cell::Nothing, |digest| Cell::text(digest.to_string())),
        ]);
    }
    table
}

/// The name, or what stands for it.
fn name(entry: &Entry) -> String {
    let Some(signed) = &entry.signed else { return String::new() };
    match (&signed.endorsement.signatory.name, &signed.endorsement.domain) {
        (Some(name), _) => line(name.as_str(), 200),
        (None, Some(domain)) => format!("verified member of {}", line(domain.as_str(), 200)),
        (None, None) => "without a name".into(),
    }
}

fn checked(checked: &Checked) -> String {
    match checked {
        Checked::EmailDomain(domain) => format!("address at {}", line(domain.as_str(), 200)),
        Checked::DomainKey(domain) => format!("key of {}", line(domain.as_str(), 200)),
        Checked::Key => "known key".into(),
        Checked::Nothing => "nothing".into(),
    }
}

/// The numbers, in words.
pub(super) fn numbers(counts: &Counts) -> Vec<String> {
    let mut said = Vec::new();
    if counts.listed > 0 {
        let stated = counts.stated_total.map(|total| format!("; it states {} in all", grouped(total)));
        said.push(format!(
            "{} listed by the source, not verified here{}",
            count(counts.listed, "name"),
            stated.unwrap_or_default()
        ));
    }
    let mails: u64 = counts.email_domain.values().sum();
    let kinds = [
        (mails, "by an address"),
        (counts.domain_key, "by a domain's key"),
        (counts.key, "by a known key"),
        (counts.nothing, "with nothing checked"),
    ];
    let kinds: Vec<String> = kinds
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, how)| format!("{} {how}", grouped(*number)))
        .collect();
    let how = if kinds.is_empty() { String::new() } else { format!(": {}", kinds.join(", ")) };
    said.push(format!("{} in the log{how}", count(counts.standing, "signature")));
    let gone = [
        (counts.withdrawn, "withdrawn"),
        (counts.replaced, "replaced"),
        (counts.taken_down, "taken down"),
        (counts.ignored.redactions_by_others, "redactions by others, which change nothing"),
        (counts.ignored.listings_by_others, "listings by others, which are not shown"),
    ];
    said.extend(
        gone.iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{} {what}", grouped(*number))),
    );
    said
}

pub(super) fn as_json(statement: &Statement, size: u64, arranged: &Arranged<'_>, counts: &Counts) -> Value {
    let listed: Vec<Value> = arranged
        .listed
        .iter()
        .map(|one| json!({ "listing": one.listing, "place": one.place, "name": one.name.name, "affiliation": one.name.affiliation }))
        .collect();
    let signatures: Vec<Value> = arranged.signatures.iter().filter_map(|entry| signature(entry)).collect();
    json!({
        "format": "overt-signatories/1",
        "statement": statement.digest,
        "title": statement.body.title,
        "sha256": statement.body.sha256,
        "entriesRead": size,
        "listed": listed,
        "signatures": signatures,
        "counts": {
            "standing": counts.standing, "people": counts.people, "organisations": counts.organisations,
            "nameless": counts.nameless, "emailDomain": counts.email_domain, "domainKey": counts.domain_key,
            "key": counts.key, "nothing": counts.nothing, "withdrawn": counts.withdrawn, "replaced": counts.replaced,
            "takenDown": counts.taken_down, "listed": counts.listed, "statedTotal": counts.stated_total,
        },
    })
}

fn signature(entry: &Entry) -> Option<Value> {
    let signed = entry.signed.as_ref()?;
    let signatory = &signed.endorsement.signatory;
    let (kind, domain) = match &signed.checked {
        Checked::EmailDomain(domain) => ("email_domain", Some(domain)),
        Checked::DomainKey(domain) => ("domain_key", Some(domain)),
        Checked::Key => ("key", None),
        Checked::Nothing => ("nothing", None),
    };
    let capacity = match signatory.capacity {
        Capacity::Person => "person",
        Capacity::Organisation => "organisation",
    };
    Some(json!({
        "index": entry.index, "time": entry.time, "record": entry.digest, "key": entry.key, "as": capacity,
        "name": signatory.name, "role": signatory.role, "affiliation": signatory.affiliation,
        "country": signatory.country, "checked": kind, "domain": domain,
    }))
}
