//! What answers are made of.

use serde_json::{Value, json};

use super::{decimal, digest, kind, many, number, object, page_of, reference, some, text, time, words};

pub(super) fn schemas() -> Value {
    json!({
        "Problem": object(vec![("title", text()), ("status", number()), ("detail", text())]),
        "Evaluation": evaluation(),
        "Result": result(),
        "EvaluationWithResults": object(vec![("evaluation", reference("Evaluation")), ("results", many(&reference("Result")))]),
        "System": system(),
        "SystemHistory": object(vec![("system", reference("System")), ("evaluations", many(&reference("Evaluation"))), ("results", many(&reference("Result")))]),
        "Task": object(vec![("name", text()), ("title", text()), ("version", text()), ("evaluations", number()), ("systems", number()), ("newest", time())]),
        "Alike": object(vec![("alike", digest()), ("version", text()), ("results", many(&reference("Result")))]),
        "TaskResults": object(vec![("task", reference("Task")), ("evaluations", many(&reference("Evaluation"))), ("groups", many(&reference("Alike")))]),
        "Entry": entry(),
        "Leaf": object(vec![("v", number()), ("kind", kind()), ("time", time()), ("commit", digest()), ("key", digest()), ("refs", many(&digest()))]),
        "EntryWithLeaf": object(vec![("view", reference("Entry")), ("entry", reference("Leaf"))]),
        "Redaction": redaction(),
        "Record": record(),
        "Statement": statement(),
        "SignatureCount": object(vec![("capacity", words(&["person", "organisation"])), ("checked", text()), ("standing", standing()), ("signatures", number())]),
        "Listing": listing(),
        "Signatory": signatory(),
        "Incident": incident(),
    })
}

fn evaluation() -> Value {
    object(vec![
        ("index", number()),
        ("record", digest()),
        ("time", time()),
        ("issuer", text()),
        ("key", digest()),
        ("system", digest()),
        ("name", text()),
        ("model", text()),
        ("reach", words(&["local", "api", "replay", "program"])),
        ("created", time()),
        ("suite", some(text())),
        ("relationship", words(&["first_party", "third_party", "collaborative", "other"])),
        ("samples", number()),
        ("withheld", number()),
        ("plan", some(digest())),
        ("corrects", some(digest())),
        ("correctedBy", some(digest())),
        ("reproductions", number()),
    ])
}

fn result() -> Value {
    object(vec![
        ("index", number()),
        ("task", text()),
        ("taskTitle", text()),
        ("taskVersion", text()),
        ("taskSha256", digest()),
        ("samplesSha256", digest()),
        ("alike", digest()),
        ("asked", number()),
        ("metric", text()),
        ("metricTitle", text()),
        ("headline", json!({ "type": "boolean" })),
        ("direction", words(&["higher", "lower", "zero", "none"])),
        ("value", some(decimal())),
        ("low", some(decimal())),
        ("high", some(decimal())),
        ("level", some(decimal())),
        ("method", some(text())),
        ("n", number()),
        ("missing", number()),
    ])
}

fn system() -> Value {
    object(vec![
        ("id", digest()),
        ("name", text()),
        ("model", text()),
        ("reach", words(&["local", "api", "replay", "program"])),
        ("baseUrl", some(text())),
        ("weights", some(digest())),
        ("evaluations", number()),
        ("first", time()),
        ("newest", time()),
        ("newestIndex", number()),
    ])
}

fn entry() -> Value {
    object(vec![
        ("index", number()),
        ("time", time()),
        ("kind", kind()),
        ("key", digest()),
        ("state", words(&["readable", "unreadable", "taken_down"])),
        ("redaction", some(number())),
        ("record", some(digest())),
        ("issuer", some(text())),
        ("title", some(text())),
    ])
}

fn redaction() -> Value {
    object(vec![
        ("index", number()),
        ("time", time()),
        ("target", digest()),
        ("scope", words(&["record", "samples", "files"])),
        ("reason", text()),
        ("explanation", some(text())),
        ("authority", text()),
        ("correctedBy", some(digest())),
        ("key", digest()),
    ])
}

fn record() -> Value {
    object(vec![
        ("record", digest()),
        ("entry", some(reference("Entry"))),
        ("issued", some(time())),
        ("redactions", many(&reference("Redaction"))),
        ("referrers", number()),
        ("statement", some(json!({ "type": "object" }))),
        ("refs", many(&digest())),
        ("referredToBy", page_of("Entry")),
    ])
}

fn standing() -> Value {
    words(&["vouched", "domain_found", "own"])
}

fn statement() -> Value {
    object(vec![
        ("index", number()),
        ("record", digest()),
        ("time", time()),
        ("title", text()),
        ("issuer", text()),
        ("key", digest()),
        ("language", text()),
        ("version", text()),
        ("mediaType", words(&["text/plain", "text/markdown"])),
        ("text", json!({ "type": "string" })),
        ("replaces", some(digest())),
        ("translates", some(digest())),
        ("replacedBy", some(digest())),
        ("signatures", many(&reference("SignatureCount"))),
        ("listings", many(&reference("Listing"))),
    ])
}

fn listing() -> Value {
    object(vec![
        ("index", number()),
        ("record", digest()),
        ("issuer", text()),
        ("key", digest()),
        ("source", text()),
        ("sourceSha256", digest()),
        ("uri", some(text())),
        ("statedTotal", some(number())),
        ("names", number()),
    ])
}

fn signatory() -> Value {
    object(vec![
        ("number", number()),
        ("index", number()),
        ("record", digest()),
        ("time", time()),
        ("name", some(text())),
        ("role", some(text())),
        ("affiliation", some(text())),
        ("country", some(text())),
        ("capacity", words(&["person", "organisation"])),
        ("checked", text()),
        ("domain", some(text())),
        ("standing", standing()),
        ("key", digest()),
    ])
}

fn incident() -> Value {
    object(vec![
        ("index", number()),
        ("record", digest()),
        ("time", time()),
        ("title", text()),
        ("issuer", text()),
        ("key", digest()),
        ("kind", text()),
        ("severity", text()),
        ("status", text()),
        ("language", text()),
        ("systems", text()),
        ("occurred", some(time())),
        ("updates", some(digest())),
    ])
}
