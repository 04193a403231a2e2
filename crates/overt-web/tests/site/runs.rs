//! Runs whose files lie beside the log: the viewer's pages under the record, checked before they are shown.

use std::path::Path;

use axum::http::StatusCode;
use overt_eval::{RunDirectory, Systems};
use overt_evidence::{Keepsake, Publication, evaluation, sample_tree, write_files};
use overt_log::files::{self, FileList};
use overt_record::dsse::Envelope;
use overt_record::log_entry::commitment;
use overt_record::record::{Authority, Evaluator, Redaction, RedactionReason, Relationship, Scope};
use overt_record::{Hash, Salt, in_toto};
use overt_schema::{Failure, FailureKind, Retry};

use crate::examples;
use crate::html::look;
use crate::made::{Table, Until, make, settings, task};
use crate::world::{World, name, record_by, world};

const SAMPLES: &str = "{\"id\":\"first\",\"question\":\"Say yes\",\"target\":\"yes\"}\n{\"id\":\"second <b>\",\"question\":\"Say no\",\"target\":\"yes\"}\n\
                       {\"id\":\"third\",\"question\":\"Be slow\",\"target\":\"yes\"}\n";

fn reply(text: &str) -> Result<String, Failure> {
    if text.contains("slow") {
        let message = "no answer".to_owned();
        return Err(Failure {
            kind: FailureKind::Timeout,
            message,
            retry: Retry::Never,
            status: None,
            request_id: None,
        });
    }
    Ok(if text.contains("yes") { "yes <script>alert(1)</script>".into() } else { "no".into() })
}

#[allow(clippy::unnecessary_wraps, reason = "as a system answers")]
fn kinder(text: &str) -> Result<String, Failure> {
    Ok(format!("yes, {text}"))
}

/// Makes a run and lays out its published files.
fn published(
    home: &Path,
    system: &'static str,
    reply: fn(&str) -> Result<String, Failure>,
    withheld: &'static str,
) -> Made {
    let table = Table { name: system, reply };
    let tasks = vec![task(home, "kindness", SAMPLES)];
    let path = make(home, (None, tasks), settings(None, None), Systems::alone(&table), Until::TheEnd);
    let directory = RunDirectory::open(&path).unwrap();
    let manifest = Hash::of(std::fs::read(path.join("run.json")).unwrap());
    let kept = Keepsake::of(home, manifest, &[9; 64]).unwrap();
    let folder = home.join(format!("published-{system}"));
    let count = write_files(&directory, &kept.secret(), &folder, |row| row.sample.id == withheld).unwrap();
    let tree = sample_tree(&directory, &kept.secret()).unwrap();
    let evaluator =
        Evaluator { relationship: Relationship::ThirdParty, limitations: None, conflicts_of_interest: None };
    let publication = Publication { evaluator, plan: None, corrects: None, withheld: count };
    let body = evaluation(&directory.manifest().unwrap(), manifest, tree.head(), publication).unwrap();
    let record = record_by("Example Institute", body);
    let envelope =
        Envelope::sign(in_toto::PAYLOAD_TYPE, record.to_payload().unwrap(), &examples::key()).unwrap();
    Made { envelope, salt: Salt::from_bytes(kept.log_salt()), folder }
}

struct Made {
    envelope: Envelope,
    salt: Salt,
    folder: std::path::PathBuf,
}

/// Logs an evaluation with its files beside it; `spoil` may change what lies there.
async fn publish(world: &World, made: Made, spoil: impl Fn(&str, Vec<u8>) -> Vec<u8>) -> Hash {
    let record = made.envelope.digest();
    let (mut list, mut contents) = (FileList::default(), std::collections::HashMap::new());
    for entry in std::fs::read_dir(&made.folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let content = spoil(&name, std::fs::read(&path).unwrap());
        contents.insert(list.add(&name, &content).unwrap().sha256, content);
    }
    let content = |listed: &files::Listed| Ok::<_, files::FilesError>(contents[&listed.sha256].clone());
    files::lay(world.store.as_ref(), &commitment(&made.salt, &record), &list, content).unwrap();
    world.submit(made.envelope, made.salt).await;
    record
}

async fn made(
    world: &World,
    system: &'static str,
    reply: fn(&str) -> Result<String, Failure>,
    withheld: &'static str,
) -> Made {
    let home = world.path("home");
    std::fs::create_dir_all(&home).unwrap();
    tokio::task::spawn_blocking(move || published(&home, system, reply, withheld)).await.unwrap()
}

#[tokio::test]
async fn a_visitor_opens_a_run_filters_to_the_failures_reads_one_and_compares_it_with_another() {
    let world = world().await;
    let first = made(&world, "model-one", reply, "").await;
    let first = publish(&world, first, |_, bytes| bytes).await;
    let second = made(&world, "model-two", kinder, "").await;
    let second = publish(&world, second, |_, bytes| bytes).await;

    let base = format!("/evaluations/{first}");
    let page = world.get(&base).await.text();
    let looked = look(&page);
    assert!(looked.faults.is_empty(), "{:?}", looked.faults);
    assert!(looked.links.contains(&format!("{base}/samples?outcome=failed")), "{:?}", looked.links);
    assert!(
        page.contains(&format!("<option value=\"{second}\"")),
        "the other run is offered for comparison: {page}"
    );

    let failures = look(&world.get(&format!("{base}/samples?outcome=failed")).await.text());
    assert!(
        failures.text.contains("third")
            && !failures.links.iter().any(|link| link.contains("/kindness/first/")),
        "{}",
        failures.text
    );
    let sample = failures.links.iter().find(|link| link.contains("/kindness/third/0")).unwrap();
    let reply = world.get(sample).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(look(&reply.text()).faults.is_empty() && reply.text().contains("timeout"));

    let hostile = world.get(&format!("{base}/samples/kindness/first/0")).await.text();
    assert!(hostile.contains("&lt;script&gt;") && !hostile.contains("<script>alert"), "{hostile}");
    assert_eq!(
        world.get(&format!("{base}/samples/kindness/second%20%3Cb%3E/0")).await.status,
        StatusCode::OK
    );

    let compared = world.get(&format!("/compare?run={first}&run={second}")).await;
    assert_eq!(compared.status, StatusCode::OK);
    let compared = look(&compared.text());
    assert!(compared.faults.is_empty() && compared.text.contains("model-two"), "{:?}", compared.faults);
    for path in [format!("{base}/run"), format!("{base}?group=lang"), format!("{base}/samples")] {
        let reply = world.get(&path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert!(look(&reply.text()).faults.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn files_of_a_run_are_had_whole_and_from_where_a_download_broke_off() {
    let world = world().await;
    let run = made(&world, "model-one", reply, "").await;
    let whole = std::fs::read(run.folder.join("samples.parquet")).unwrap();
    let record = publish(&world, run, |_, bytes| bytes).await;
    let path = format!("/evaluations/{record}/files/samples.parquet");
    let reply = world.get(&path).await;
    assert_eq!((reply.status, &reply.bytes), (StatusCode::OK, &whole));
    assert_eq!(reply.header("content-disposition"), "attachment; filename=\"samples.parquet\"");
    let part = world.get_with(&path, &[("range", "bytes=4-9")]).await;
    assert_eq!((part.status, part.bytes.as_slice()), (StatusCode::PARTIAL_CONTENT, &whole[4..10]));
    assert_eq!(part.header("content-range"), format!("bytes 4-9/{}", whole.len()));
    let beyond = world.get_with(&path, &[("range", "bytes=99999999-")]).await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    for name in ["..%2Findex.sqlite", "index.sqlite", "run.json%00", "journal.jsonl"] {
        assert_eq!(
            world.get(&format!("/evaluations/{record}/files/{name}")).await.status,
            StatusCode::NOT_FOUND,
            "{name}"
        );
    }
}

#[tokio::test]
async fn withheld_samples_are_shown_as_withheld() {
    let world = world().await;
    let run = made(&world, "model-one", reply, "first").await;
    let record = publish(&world, run, |_, bytes| bytes).await;
    let base = format!("/evaluations/{record}");
    let list = look(&world.get(&format!("{base}/samples?outcome=withheld")).await.text());
    assert!(list.links.iter().any(|link| link.contains("/kindness/first/0")), "{:?}", list.links);
    let sample = world.get(&format!("{base}/samples/kindness/first/0")).await;
    assert_eq!(sample.status, StatusCode::OK);
    let text = look(&sample.text()).text;
    assert!(text.contains("withheld") && !text.contains("Say yes"), "{text}");
    let marks = look(&world.get("/evaluations").await.text()).text;
    assert!(marks.contains("34\u{202f}% withheld"), "{marks}");
}

#[tokio::test]
async fn files_that_are_not_what_was_signed_are_not_shown() {
    let world = world().await;
    let run = made(&world, "model-one", reply, "").await;
    let record = publish(&world, run, |name, mut bytes| {
        if name == "run.json" {
            let at = bytes.iter().rposition(|byte| *byte == b'7').unwrap();
            bytes[at] = b'8';
        }
        bytes
    })
    .await;
    let page = world.get(&format!("/evaluations/{record}")).await;
    assert_eq!(page.status, StatusCode::OK);
    let text = look(&page.text()).text;
    assert!(text.contains("are not those that were signed") && !text.contains("All samples"), "{text}");
    for path in ["samples", "run", "files/run.json"] {
        assert_eq!(
            world.get(&format!("/evaluations/{record}/{path}")).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn files_go_when_a_part_of_the_record_is_taken_down_by_whoever_has_a_say() {
    let world = world().await;
    let run = made(&world, "model-one", reply, "").await;
    let record = publish(&world, run, |_, bytes| bytes).await;
    let samples = format!("/evaluations/{record}/samples");
    let redaction = || Redaction {
        target: record,
        scope: Scope::Samples { indexes: vec![0] },
        reason: RedactionReason::Hazardous,
        explanation: None,
        authority: Authority { name: name("An office"), reference: None, uri: None },
        corrected_by: None,
    };
    assert_eq!(world.get(&samples).await.status, StatusCode::OK);
    // A stranger's redaction changes nothing.
    let stranger = overt_record::Record::new(
        overt_record::record::Header {
            issuer: overt_record::record::Issuer {
                name: name("A stranger"),
                key: examples::other_key().public(),
                uri: None,
            },
            ..examples::header()
        },
        redaction(),
    );
    world.log(&stranger.unwrap(), &examples::other_key()).await;
    assert_eq!(world.get(&samples).await.status, StatusCode::OK);
    world.log(&record_by("Example Institute", redaction()), &examples::key()).await;
    assert_eq!(world.get(&samples).await.status, StatusCode::GONE);
    assert!(!world.path("runs").join(record.to_string()).exists());
    assert!(
        look(&world.get(&format!("/evaluations/{record}")).await.text())
            .text
            .contains("A part of the files was taken down")
    );
}
