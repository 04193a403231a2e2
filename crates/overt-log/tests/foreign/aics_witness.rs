//! `aics-witness` (PyPI): another implementation of C2SP tlog-witness, both halves of it.

use std::sync::Arc;
use std::time::Duration;

use overt_log::SystemClock;
use overt_log::client::{LogClient, Source};
use overt_log::cosign::{CosignSettings, Cosigner};
use overt_log::store::MemoryStore;
use overt_log::witness::{Witness, WitnessedLog, witness_router};
use overt_record::policy::{Freshness, Policy, Quorum};
use overt_record::{Hash, SignatureType, VerifierKey};
use serde_json::json;

use crate::judge::{Folder, Judge};
use crate::world::{ORIGIN, RunningLog, SEED, Server, free_port, keys, serve, signer};

/// Their witness, running for our log's key.
struct TheirWitness {
    judge: Judge,
    folder: Folder,
    url: String,
    vkey: VerifierKey,
    _server: Server,
}

impl TheirWitness {
    fn start() -> Option<Self> {
        let judge = Judge::in_environment("aics-witness")?;
        let (folder, port) = (Folder::new(), free_port());
        let config = folder.at("witness.json");
        let name = ["init", "--config", &config, "--name", "witness.example.org/aics"];
        let vkey = String::from_utf8(judge.must(&name, b"")).unwrap();
        let vkey = VerifierKey::parse(vkey.split_whitespace().last().unwrap()).unwrap();
        let ours = keys().signer().vkey().to_string();
        judge.must(&["add-log", "--config", &config, "--origin", ORIGIN, "--vkey", &ours], b"");
        let listen = format!("127.0.0.1:{port}");
        let server = Server::start(judge.command(["serve", "--config", &config, "--listen", &listen]), port);
        Some(Self { judge, folder, url: format!("http://{listen}"), vkey, _server: server })
    }

    fn policy(&self) -> Policy {
        let log = keys().signer().vkey().to_string();
        let text = format!("log {log}\nwitness theirs {} {}\nquorum theirs\n", self.vkey, self.url);
        Policy::parse(text.as_bytes()).unwrap()
    }

    /// Has a log ask it.
    fn ask_for(&self, log: &RunningLog) -> Cosigner {
        let settings = CosignSettings {
            pace: Duration::ZERO,
            tick: Duration::from_millis(10),
            ..CosignSettings::new(self.policy())
        };
        let clock = Arc::new(SystemClock);
        Cosigner::new(&log.log, log.store.clone(), log.keys.clone(), clock, settings).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_cosigns_a_log_as_it_grows_and_the_proofs_meet_the_policy() {
    let Some(theirs) = TheirWitness::start() else { return };
    let (folder, policy) = (Folder::new(), theirs.policy());
    let log = RunningLog::in_folder(&folder);
    tokio::spawn(theirs.ask_for(&log).run());
    let client = LogClient::new(Source::Store(log.store.clone()), policy.clone(), Arc::new(SystemClock));
    for size in [1, 2, 255, 256, 257, 600] {
        log.grow(size).await;
        client.wait_for(size - 1, Duration::from_secs(20)).await.unwrap();
        let proven = client.prove(size - 1).await.unwrap();
        let logged = proven.proof.verify(&proven.entry, &policy, Freshness::AnyAge).unwrap();
        assert_eq!((logged.assessment.quorum, logged.assessment.cosigned.len()), (Quorum::Met, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_a_second_history_and_both_sides_keep_the_evidence() {
    let Some(theirs) = TheirWitness::start() else { return };
    let (first, second) = (Folder::new(), Folder::new());
    let log = RunningLog::in_folder(&first);
    let mut witnessed = {
        let cosigner = theirs.ask_for(&log);
        let witnessed = cosigner.witnessed();
        tokio::spawn(cosigner.run());
        witnessed
    };
    log.grow(3).await;
    let covers = |signed: &Option<Arc<overt_log::SignedHead>>| {
        signed.as_ref().is_some_and(|signed| signed.head.size == 3)
    };
    tokio::time::timeout(Duration::from_secs(20), witnessed.wait_for(covers)).await.unwrap().unwrap();

    // The same key, another history.
    let fork = RunningLog::in_folder(&second);
    for index in 0..5 {
        fork.log.add(format!("other {index}").into_bytes()).await.unwrap();
    }
    let cosigner = theirs.ask_for(&fork);
    let mut standing = cosigner.standing();
    tokio::spawn(cosigner.run());
    let disputed = standing.wait_for(|standing| !standing.complaints.is_empty());
    let complaint =
        tokio::time::timeout(Duration::from_secs(20), disputed).await.unwrap().unwrap().complaints["theirs"]
            .clone();
    assert!(complaint.contains("contradicts"), "{complaint}");
    let evidence = theirs.judge.must(&["evidence", "--config", &theirs.folder.at("witness.json")], b"");
    assert!(String::from_utf8(evidence).unwrap().contains(ORIGIN));
}

#[tokio::test(flavor = "multi_thread")]
async fn its_feeder_gets_cosignatures_of_the_witness_here_and_no_second_history() {
    let Some(feeder) = Judge::python("aics_witness.py") else { return };
    let store = Arc::new(MemoryStore::new());
    let signers = || vec![signer("witness.example.net", SignatureType::CosignatureEd25519, &[7; 32])];
    Witness::create(store.as_ref(), &signers()).unwrap();
    let logs = vec![WitnessedLog::of_key(keys().signer().vkey().clone())];
    let witness = Arc::new(Witness::open(store, signers(), logs).unwrap());
    let url = serve(witness_router(witness, Arc::new(SystemClock))).await;
    let question = json!({
        "witness": url, "vkey": signers()[0].vkey().to_string(), "origin": ORIGIN,
        "seed": Hash::from(SEED).to_string(),
        "sizes": [1, 2, 3, 255, 256, 257, 600, 600],
    });
    let answer = tokio::task::spawn_blocking(move || feeder.ask(&question)).await.unwrap();
    assert_eq!(answer["cosigned"], json!(vec![true; 8]));
    assert_eq!(answer["refused"], 422);
    assert_eq!((&answer["recovered"], &answer["monitored"]), (&json!(true), &json!(true)));
}
