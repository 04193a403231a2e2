//! The description of the API, as OpenAPI 3.1. Tests hold every path and every answer to it.

mod schemas;

use serde_json::{Map, Value, json};

use crate::site::Settings;

/// The API of a site, described.
pub fn openapi(settings: &Settings) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": settings.name,
            "version": "1",
            "description": "What a site of overt has, for programs. Nothing here needs a key. Digests are SHA-256 in hexadecimal. \
                            Lists come in pages: `next` of a page is `after` of the next one.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": settings.url }],
        "paths": paths(),
        "components": { "schemas": schemas::schemas() },
    })
}

fn paths() -> Value {
    json!({
        "/api/v1/evaluations": list("evaluations", "Evaluations, newest first", "Evaluation", vec![
            query("system", "part of the system's or its model's name", text()),
            query("task", "the name of a task", text()),
            query("issuer", "part of the evaluator's name", text()),
            query("plan", "whether it followed a plan", words(&["yes", "no"])),
            query("withheld", "how many samples are withheld", words(&["none", "some", "most"])),
        ]),
        "/api/v1/evaluations/{record}": one("evaluation", "One evaluation with its results", vec![digest_path("record")], reference("EvaluationWithResults")),
        "/api/v1/systems": list("systems", "Systems, the most recently evaluated first", "System", vec![]),
        "/api/v1/systems/{id}": one("system", "A system with everything that was found", vec![digest_path("id")], reference("SystemHistory")),
        "/api/v1/tasks": plain("tasks", "Tasks, the most often asked first", items_of("Task")),
        "/api/v1/tasks/{name}": one("task", "A task with the results of all systems", vec![path("name", text())], reference("TaskResults")),
        "/api/v1/records": submission(),
        "/api/v1/records/{record}": one("record", "Any record: what was signed, what it points to, what points to it", vec![digest_path("record")], reference("Record")),
        "/api/v1/statements": list("statements", "Statements, newest first", "Statement", vec![]),
        "/api/v1/statements/{record}": one("statement", "One statement", vec![digest_path("record")], reference("Statement")),
        "/api/v1/statements/{record}/signatories": signatories(),
        "/api/v1/incidents": list("incidents", "Incidents and flaws, newest first", "Incident", vec![]),
        "/api/v1/incidents/{record}": one("incident", "One incident", vec![digest_path("record")], reference("Incident")),
        "/api/v1/log": list("log", "Entries of the log, newest first", "Entry", vec![query("kind", "the type of record", kind())]),
        "/api/v1/log/{index}": one("entry", "One entry, as it stands in the log and as the index knows it", vec![path("index", number())], reference("EntryWithLeaf")),
    })
}

fn text() -> Value {
    json!({ "type": "string", "maxLength": 4096 })
}

fn words(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

fn number() -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": 9_007_199_254_740_991_u64 })
}

fn kind() -> Value {
    json!({ "type": "string", "pattern": "^[a-z][a-z0-9-]{0,31}$" })
}

fn digest() -> Value {
    json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
}

fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn decimal() -> Value {
    json!({ "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?([eE]-?[0-9]+)?$" })
}

fn some(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn many(schema: &Value) -> Value {
    json!({ "type": "array", "items": schema })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An object with exactly these fields.
fn object(fields: Vec<(&str, Value)>) -> Value {
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> =
        fields.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
}

fn items_of(name: &str) -> Value {
    object(vec![("items", many(&reference(name)))])
}

fn page_of(name: &str) -> Value {
    object(vec![("items", many(&reference(name))), ("next", some(number()))])
}

fn parameter(name: &str, place: &str, description: &str, schema: Value) -> Value {
    json!({ "name": name, "in": place, "required": place == "path", "description": description, "schema": schema })
}

fn query(name: &str, description: &str, schema: Value) -> Value {
    parameter(name, "query", description, schema)
}

fn path(name: &str, schema: Value) -> Value {
    parameter(name, "path", name, schema)
}

fn digest_path(name: &str) -> Value {
    parameter(name, "path", "a digest", digest())
}

fn paging() -> [Value; 2] {
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": 500 });
    [
        query("after", "`next` of the page before", number()),
        query("limit", "how many items at most; 50 if it is not said", limit),
    ]
}

fn replies(schema: &Value) -> Value {
    let problem = |what: &str| json!({ "description": what, "content": { "application/problem+json": { "schema": reference("Problem") } } });
    json!({
        "200": { "description": "found", "content": { "application/json": { "schema": schema } } },
        "400": problem("the question cannot be read"),
        "404": problem("there is no such thing"),
        "410": problem("it was taken down"),
        "500": problem("something cannot be read now"),
        "503": problem("come back in a moment"),
    })
}

fn one(id: &str, summary: &str, parameters: Vec<Value>, schema: Value) -> Value {
    json!({ "get": { "operationId": id, "summary": summary, "parameters": parameters, "responses": replies(&schema) } })
}

fn plain(id: &str, summary: &str, schema: Value) -> Value {
    one(id, summary, Vec::new(), schema)
}

fn list(id: &str, summary: &str, item: &str, mut parameters: Vec<Value>) -> Value {
    parameters.extend(paging());
    one(id, summary, parameters, page_of(item))
}

fn signatories() -> Value {
    let mut parameters = vec![digest_path("record"), query("q", "words of a name or an affiliation", text())];
    parameters.extend(paging());
    one("signatories", "Who signed a statement, in the order of signing", parameters, page_of("Signatory"))
}

fn submission() -> Value {
    let mut replies = replies(&object(vec![("index", number())]));
    if let Some(replies) = replies.as_object_mut() {
        replies.remove("404");
        replies.remove("410");
        let problem = json!({ "application/problem+json": { "schema": reference("Problem") } });
        for (status, what) in
            [("403", "the log's rules do not let it in"), ("413", "it is too large"), ("429", "too many")]
        {
            replies.insert(status.into(), json!({ "description": what, "content": problem }));
        }
        replies.insert(
            "202".into(),
            json!({
                "description": "in the log; witnesses have not cosigned it yet",
                "content": { "application/json": { "schema": object(vec![("index", number())]) } },
            }),
        );
    }
    let body = json!({
        "required": true,
        "content": { "application/json": { "schema": object(vec![("salt", digest()), ("bundle", json!({ "type": "object" }))]) } },
    });
    json!({ "post": {
        "operationId": "submit",
        "summary": "Submits a signed record: a salt and its Sigstore bundle. The same submission gets the same index.",
        "requestBody": body,
        "responses": replies,
    } })
}
