//! `moto` (PyPI): a server that speaks S3, with conditional writes or without. It is a mock, and does two things at once if
//! asked at once, so it judges what is asked and answered; `seaweedfs` judges races.

use overt_log::Key;
use overt_log::store::{Store, Unfit, preflight};

use crate::bucket::Bucket;
use crate::judge::Judge;
use crate::world::{Server, free_port};

fn bucket(kind: &str) -> Option<Bucket> {
    let moto = Judge::python("moto.py")?;
    let port = free_port();
    Some(Bucket::create(Server::start(moto.command([&port.to_string(), kind]), port), port))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_a_bucket_with_conditional_writes_is_sound() {
    let Some(bucket) = bucket("careful") else { return };
    bucket.holds_a_log().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_writers_on_one_bucket_make_one_history() {
    let Some(bucket) = bucket("careful") else { return };
    bucket.holds_a_log_of_two_writers().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_without_conditional_writes_is_refused() {
    let Some(bucket) = bucket("careless") else { return };
    let found = preflight(bucket.store.as_ref());
    assert!(matches!(found, Err(Unfit::BreaksItsWord(_))), "{found:?}");
    assert!(bucket.store.list(&Key::new("preflight").unwrap()).unwrap().is_empty());
}
