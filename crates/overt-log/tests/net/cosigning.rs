//! A log and its witnesses.

use std::sync::Arc;
use std::time::Duration;

use overt_log::client::{LogClient, Source};
use overt_log::cosign::{CosignSettings, Cosigner};
use overt_log::serve::log_router;
use overt_log::{Clock, Identity};
use overt_record::policy::{Freshness, Policy, Quorum};
use overt_record::tlog_proof::TlogProof;

use crate::world::{
    SignedTree, TestClock, TestLog, get, log_vkey, post, serve, serve_witness, source, witness_signer,
};

/// A policy that asks for so many of these witnesses.
fn policy(quorum: usize, urls: &[String]) -> Policy {
    let mut text = format!("log {}\n", log_vkey());
    let mut names = String::new();
    for (number, url) in (1..).zip(urls) {
        text += &format!("witness w{number} {} {url}\n", witness_signer(number).vkey());
        names += &format!(" w{number}");
    }
    text += &format!("group all {quorum}{names}\nquorum all\n");
    Policy::parse(text.as_bytes()).unwrap()
}

fn settings(policy: &Policy) -> CosignSettings {
    CosignSettings {
        timeout: Duration::from_secs(5),
        pace: Duration::ZERO,
        tick: Duration::from_millis(10),
        ..CosignSettings::new(policy.clone())
    }
}

/// A served log whose witnesses are being asked.
async fn cosigned(log: &TestLog, policy: &Policy) -> String {
    let cosigner =
        Cosigner::new(&log.log, log.store.clone(), log.keys.clone(), log.clock.clone(), settings(policy))
            .unwrap();
    let url = serve(log_router(log.open_door(), log.clock.clone(), Some(&cosigner))).await;
    tokio::spawn(cosigner.run());
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gets_a_proof_that_holds_offline_under_the_policy() {
    let clock = TestClock::new();
    let urls = [serve_witness(1, &clock).await, serve_witness(2, &clock).await];
    let policy = policy(2, &urls);
    let log = TestLog::create(&clock, Identity::BYTES);
    let url = cosigned(&log, &policy).await;
    let client = LogClient::new(source(&url), policy.clone(), clock.clone());
    for index in 0..300_u64 {
        if index % 100 == 0 {
            let added = post(&format!("{url}/add?wait=witnessed"), format!("entry {index}")).await;
            assert_eq!((added.status, added.text()), (200, index.to_string().as_str()));
        } else {
            log.log.add(format!("entry {index}").into_bytes()).await.unwrap();
        }
    }
    client.wait_for(299, Duration::from_secs(20)).await.unwrap();
    for index in [0, 100, 255, 256, 299] {
        let proven = client.prove(index).await.unwrap();
        assert_eq!(proven.entry, format!("entry {index}").into_bytes());
        let proof = TlogProof::parse(proven.proof.to_string().as_bytes()).unwrap();
        let logged = proof.verify(&proven.entry, &policy, Freshness::AnyAge).unwrap();
        assert_eq!(logged.assessment.cosigned.len(), 2);
        assert!(proof.verify(b"something else", &policy, Freshness::AnyAge).is_err());
    }
    let metrics = get(&format!("{url}/metrics")).await;
    assert!(metrics.text().contains("overt_log_witnessed_size 300\n"), "{}", metrics.text());
    assert!(
        metrics.text().contains("overt_log_submissions_total{outcome=\"added\"} 3\n"),
        "{}",
        metrics.text()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_witness_that_does_not_answer_holds_up_nobody_if_the_others_are_enough() {
    let clock = TestClock::new();
    let dead = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        // It takes connections and never says a word.
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::mem::forget(listener);
        url
    };
    let urls = [serve_witness(1, &clock).await, dead];
    let log = TestLog::create(&clock, Identity::BYTES);
    let url = cosigned(&log, &policy(1, &urls)).await;
    let began = std::time::Instant::now();
    assert_eq!(post(&format!("{url}/add?wait=witnessed"), "entry").await.status, 200);
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_quorum_no_checkpoint_is_served_and_with_it_the_entry_is_still_there() {
    let clock = TestClock::new();
    let log = TestLog::create(&clock, Identity::BYTES);
    // A witness that does not know the log.
    let stranger = serve(axum::Router::new()).await;
    let url = cosigned(&log, &policy(1, &[stranger])).await;
    assert_eq!(post(&format!("{url}/add"), "entry").await.text(), "0");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(get(&format!("{url}/checkpoint")).await.status, 503);
    let health = get(&format!("{url}/health")).await;
    assert!(health.text().contains("status 404"), "{}", health.text());

    let url = cosigned(&log, &policy(1, &[serve_witness(1, &clock).await])).await;
    let client = LogClient::new(source(&url), Policy::of_logs([log_vkey()]), clock.clone());
    client.wait_for(0, Duration::from_secs(20)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_log_is_cosigned_anew_with_every_heartbeat() {
    let clock = TestClock::new();
    let policy = policy(1, &[serve_witness(1, &clock).await]);
    let log = TestLog::create(&clock, Identity::BYTES);
    log.fill("entry", 0..3).await;
    let url = cosigned(&log, &policy).await;
    let client = LogClient::new(source(&url), policy.clone(), clock.clone());
    client.wait_for(2, Duration::from_secs(20)).await.unwrap();
    let time = async || {
        let signed = client.checkpoint().await.unwrap();
        policy.assess(&signed.note, Freshness::AnyAge).unwrap().cosigned[0].timestamp
    };
    let first = time().await;
    clock.advance(599);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(time().await, first);
    clock.advance(1);
    for _ in 0..200 {
        if time().await > first {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(time().await, first + 600);
    // The newer cosignature takes the place of the older one, in both places.
    for path in ["checkpoint", "witnessed/checkpoint"] {
        let bytes = log.store.get(&overt_log::Key::new(path).unwrap()).unwrap().unwrap();
        let note = overt_record::note::Note::parse(&bytes).unwrap();
        assert_eq!(note.signatures().len(), 2, "{path}: {note}");
        assert_eq!(policy.assess(&note, Freshness::AsOf(clock.now() / 1000)).unwrap().quorum, Quorum::Met);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_saw_another_history_is_an_argument_that_is_kept() {
    let clock = TestClock::new();
    let witness = serve_witness(1, &clock).await;
    // The same key signed another tree of that size.
    let other = SignedTree::new(3, "other");
    assert_eq!(post(&format!("{witness}/add-checkpoint"), other.request(0, 3)).await.status, 200);
    let log = TestLog::create(&clock, Identity::BYTES);
    log.fill("entry", 0..3).await;
    let policy = policy(1, &[witness]);
    let cosigner =
        Cosigner::new(&log.log, log.store.clone(), log.keys.clone(), log.clock.clone(), settings(&policy))
            .unwrap();
    let mut standing = cosigner.standing();
    tokio::spawn(cosigner.run());
    let disputed = standing.wait_for(|standing| !standing.complaints.is_empty());
    let complaint =
        tokio::time::timeout(Duration::from_secs(20), disputed).await.unwrap().unwrap().complaints["w1"]
            .clone();
    assert!(complaint.contains("contradicts"), "{complaint}");
    let store: Arc<dyn overt_log::store::Store> = log.store.clone();
    for _ in 0..200 {
        if !store.list(&overt_log::Key::new("disputed").unwrap()).unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nothing was kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_the_directory_gets_the_newest_checkpoint_that_its_policy_accepts() {
    let clock = TestClock::new();
    let policy = policy(1, &[serve_witness(1, &clock).await]);
    let log = TestLog::create(&clock, Identity::BYTES);
    log.fill("entry", 0..3).await;
    let cosigner =
        Cosigner::new(&log.log, log.store.clone(), log.keys.clone(), log.clock.clone(), settings(&policy))
            .unwrap();
    let asking = tokio::spawn(cosigner.run());
    let client =
        |policy: &Policy| LogClient::new(Source::Store(log.store.clone()), policy.clone(), clock.clone());
    client(&policy).wait_for(2, Duration::from_secs(20)).await.unwrap();
    asking.abort();
    let _ = asking.await;
    log.fill("entry", 3..5).await;
    assert_eq!(client(&policy).checkpoint().await.unwrap().head.size, 3);
    assert_eq!(client(&Policy::of_logs([log_vkey()])).checkpoint().await.unwrap().head.size, 5);
}
