//! The API: every documented path answers, every answer is as documented, nothing else does.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use overt_log::admission::Submission;
use overt_record::dsse::Envelope;
use overt_record::{Salt, in_toto, sigstore};
use serde_json::{Value, json};

use crate::examples;
use crate::world::{World, full, world};

async fn described(world: &World) -> Value {
    serde_json::from_slice(&world.get("/api/v1/openapi.json").await.bytes).unwrap()
}

/// Fails unless an answer is what the description says of the path and status.
fn check(
    description: &Value,
    path: &str,
    method: &str,
    status: StatusCode,
    media_type: &str,
    answer: &Value,
) {
    let replies = &description["paths"][path][method]["responses"];
    let reply = &replies[status.as_str()];
    assert!(!reply.is_null(), "{method} {path} answers {status}, which is not described: {answer}");
    let schema = &reply["content"][media_type]["schema"];
    assert!(!schema.is_null(), "{method} {path} {status} is described without {media_type}");
    let whole = json!({ "$ref": "#/wanted", "wanted": schema, "components": description["components"] });
    let validator = jsonschema::validator_for(&whole).unwrap();
    let faults: Vec<String> =
        validator.iter_errors(answer).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(faults.is_empty(), "{method} {path}: {faults:?}\n{answer:#}");
}

async fn ask(world: &World, description: &Value, path: &str, filled: &str, expected: StatusCode) -> Value {
    let reply = world.get(filled).await;
    assert_eq!(reply.status, expected, "{filled}: {}", reply.text());
    assert_eq!(reply.header("access-control-allow-origin"), "*", "{filled}");
    let answer: Value = serde_json::from_slice(&reply.bytes).unwrap();
    check(description, path, "get", reply.status, reply.header("content-type"), &answer);
    answer
}

#[tokio::test]
async fn every_documented_path_answers_as_documented() {
    let (world, logged) = full().await;
    let description = described(&world).await;
    let systems: Value = serde_json::from_slice(&world.get("/api/v1/systems").await.bytes).unwrap();
    let system = systems["items"][0]["id"].as_str().unwrap().to_owned();
    let record_of = |path: &str| {
        let kind = if path.contains("statements") {
            "statement"
        } else if path.contains("incidents") {
            "incident"
        } else {
            "evaluation"
        };
        logged[kind].to_string()
    };
    let mut asked = 0;
    for (path, methods) in description["paths"].as_object().unwrap() {
        if methods["get"].is_null() {
            continue;
        }
        let filled = path
            .replace("{record}", &record_of(path))
            .replace("{id}", &system)
            .replace("{name}", "over-refusal")
            .replace("{index}", "0");
        let answer = ask(&world, &description, path, &filled, StatusCode::OK).await;
        if let Some(items) = answer["items"].as_array() {
            assert!(!items.is_empty() || path.contains("signatories"), "{path} has something to show");
        }
        for parameter in methods["get"]["parameters"].as_array().unwrap() {
            let name = parameter["name"].as_str().unwrap();
            if parameter["in"] == "path" {
                let wrong = path
                    .replace("{record}", &"0".repeat(64))
                    .replace("{id}", "x")
                    .replace("{name}", "x")
                    .replace("{index}", "77777");
                ask(&world, &description, path, &wrong, StatusCode::NOT_FOUND).await;
            } else if name == "limit" {
                ask(&world, &description, path, &format!("{filled}?limit=0"), StatusCode::BAD_REQUEST).await;
                ask(&world, &description, path, &format!("{filled}?limit=1"), StatusCode::OK).await;
            } else if name == "after" {
                ask(&world, &description, path, &format!("{filled}?after=-1"), StatusCode::BAD_REQUEST).await;
                ask(&world, &description, path, &format!("{filled}?after=9007199254740991"), StatusCode::OK)
                    .await;
            }
        }
        asked += 1;
    }
    assert_eq!(asked, 14);
}

#[tokio::test]
async fn pages_of_a_list_are_the_list() {
    let (world, _) = full().await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page: Value =
            serde_json::from_slice(&world.get(&format!("/api/v1/log?limit=3{after}")).await.bytes).unwrap();
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["index"].as_u64().unwrap()));
        match page["next"].as_u64() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, (0..10).rev().collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_record_goes_in_once_by_the_door_and_what_is_no_record_does_not() {
    let world = world().await;
    let description = described(&world).await;
    let record = &examples::all()[0];
    let envelope =
        Envelope::sign(in_toto::PAYLOAD_TYPE, record.to_payload().unwrap(), &examples::key()).unwrap();
    let submission = Submission::new(Salt::from_bytes([3; 32]), &sigstore::Bundle::new(envelope))
        .unwrap()
        .to_bytes()
        .unwrap();
    let post = |body: Vec<u8>| {
        Request::post("/api/v1/records")
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap()
    };
    for _ in 0..2 {
        let reply = world.send(post(submission.clone())).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        let answer: Value = serde_json::from_slice(&reply.bytes).unwrap();
        assert_eq!(answer, json!({ "index": 0 }));
        check(&description, "/api/v1/records", "post", reply.status, reply.header("content-type"), &answer);
    }
    for body in [b"".to_vec(), b"{}".to_vec(), b"[".repeat(100_000), vec![b' '; 40 << 20]] {
        let reply = world.send(post(body)).await;
        assert!(reply.status.is_client_error(), "{}", reply.status);
        let answer: Value = serde_json::from_slice(&reply.bytes).unwrap();
        check(&description, "/api/v1/records", "post", reply.status, reply.header("content-type"), &answer);
    }
}

#[tokio::test]
async fn programs_learn_how_the_site_is_and_what_is_new() {
    let (world, _) = full().await;
    let health: Value = serde_json::from_slice(&world.get("/healthz").await.bytes).unwrap();
    assert_eq!(
        health,
        json!({
            "status": "ok", "log": { "entries": 10 }, "index": { "entries": 10, "behind": 0, "unreadable": 0 }, "disk": { "writable": true },
        })
    );
    assert!(world.get("/metrics/site").await.text().contains("\novert_site_index_entries 10\n"));
    let feed = world.get("/feed.atom").await.text();
    let feed = roxmltree::Document::parse(&feed).unwrap();
    // Signatures and redactions are not news.
    assert_eq!(feed.descendants().filter(|node| node.tag_name().name() == "entry").count(), 8);
    let feed: Value = serde_json::from_slice(&world.get("/feed.json").await.bytes).unwrap();
    assert_eq!(feed["items"].as_array().unwrap().len(), 8);
    let security = world.get("/.well-known/security.txt").await.text();
    assert!(security.starts_with("Contact: mailto:desk@example.org\nExpires: 2027-"), "{security}");
    assert!(world.get("/.well-known/overt-key").await.text().starts_with("-----BEGIN PUBLIC KEY-----"));
    assert!(world.get("/robots.txt").await.text().contains("Sitemap: https://site.example.org/sitemap.xml"));
}
