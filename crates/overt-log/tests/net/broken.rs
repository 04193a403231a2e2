//! What happens when a store or a server breaks in the middle.

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::get;
use overt_log::client::{ClientError, LogClient};
use overt_log::simulated::{Fault, Faults};
use overt_log::store::MemoryStore;
use overt_log::witness::{Answer, Witness, WitnessedLog};
use overt_record::policy::Policy;

use crate::world::{NEW_YEAR, SignedTree, TestClock, log_vkey, serve, source, witness_signer};

/// Asks for growing trees, beginning again where the witness says it is, and restarting it when it dies. Gives the
/// largest size that was cosigned in an answer.
fn drive(store: &Arc<Faults>, tree: &SignedTree) -> u64 {
    let (mut cosigned, mut old) = (0, 0);
    for size in [3, 3, 7, 8, 8, 20] {
        for _ in 0..4 {
            let logs = vec![WitnessedLog::of_key(log_vkey())];
            let Ok(witness) = Witness::open(store.clone(), vec![witness_signer(1)], logs) else {
                store.restart();
                continue;
            };
            match witness.handle(tree.request(old, size).as_bytes(), NEW_YEAR + size * 1000) {
                Answer::Cosigned(_) => {
                    assert!(size >= cosigned);
                    (cosigned, old) = (size, size);
                    break;
                }
                Answer::Conflict { size } => {
                    assert!(size >= cosigned, "{size} after {cosigned} was cosigned");
                    old = size;
                }
                Answer::Failed(_) => store.restart(),
                answer => panic!("{answer:?}"),
            }
            if old > size {
                break;
            }
        }
    }
    cosigned
}

#[test]
fn a_witness_never_forgets_what_it_cosigned_wherever_its_store_breaks() {
    let (tree, other) = (SignedTree::new(20, "entry"), SignedTree::new(20, "other"));
    let created = || {
        let store = Arc::new(MemoryStore::new());
        Witness::create(store.as_ref(), &[witness_signer(1)]).unwrap();
        store
    };
    let sound = Arc::new(Faults::new(created(), []));
    assert_eq!(drive(&sound, &tree), 20);
    let mut runs = 0;
    for first in 0..sound.count() {
        for fault in Fault::ALL {
            for second in [None, Some(first + 1), Some(first + 3)] {
                let plan = [Some((first, fault)), second.map(|second| (second, Fault::CrashAfter))];
                let store = Arc::new(Faults::new(created(), plan.into_iter().flatten()));
                let cosigned = drive(&store, &tree);
                store.restart();
                let logs = vec![WitnessedLog::of_key(log_vkey())];
                let witness = Witness::open(store, vec![witness_signer(1)], logs).unwrap();
                // From nothing another history would be fine; it remembers, so it is not.
                let answer = witness.handle(other.request(0, 20).as_bytes(), NEW_YEAR * 2);
                assert!(matches!(answer, Answer::Conflict { size } if size >= cosigned), "{answer:?}");
                runs += 1;
            }
        }
    }
    assert!(runs > 200, "{runs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_misbehaves_is_an_error_and_nothing_worse() {
    let bomb = || {
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![b'a'; 64 << 20]).unwrap();
        ([(header::CONTENT_ENCODING, "gzip")], encoder.finish().unwrap()).into_response()
    };
    let router = Router::new()
        .route("/huge/checkpoint", get(|| async { vec![b'a'; 8 << 20] }))
        .route("/bomb/checkpoint", get(move || async move { bomb() }))
        .route(
            "/cut/checkpoint",
            get(|| async { ([(header::CONTENT_ENCODING, "gzip")], vec![31_u8, 139, 8]) }),
        )
        .route("/odd/checkpoint", get(|| async { ([(header::CONTENT_ENCODING, "br")], "x") }))
        .route("/elsewhere/checkpoint", get(|| async { Redirect::permanent("http://127.0.0.1:1/") }))
        .route("/down/checkpoint", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route("/empty/checkpoint", get(|| async { "" }))
        .route("/binary/checkpoint", get(|| async { vec![0_u8, 255, 1] }))
        .route("/unsigned/checkpoint", get(|| async { "a\n1\nb\n\n\u{2014} x AAAAAAAA\n" }))
        .route("/tileless/checkpoint", get(|| async { SignedTree::new(5, "entry").note(5).to_string() }));
    let url = serve(router).await;
    let clock = TestClock::new();
    for (name, is_source) in [
        ("huge", true),
        ("bomb", true),
        ("cut", true),
        ("odd", true),
        ("elsewhere", true),
        ("down", true),
        ("absent", true),
        ("empty", false),
        ("binary", false),
        ("unsigned", false),
        ("tileless", false),
    ] {
        let policy = Policy::of_logs([log_vkey()]);
        let client = LogClient::new(source(&format!("{url}/{name}")), policy, clock.clone());
        let error = client.checkpoint().await.unwrap_err();
        assert_eq!(matches!(error, ClientError::Source(_)), is_source, "{name}: {error:?}");
    }
    let policy = || Policy::of_logs([log_vkey()]);
    let plain = LogClient::new(source("http://log.example/"), policy(), clock.clone());
    assert!(plain.checkpoint().await.unwrap_err().to_string().contains("https"));
    let nobody = LogClient::new(source("http://127.0.0.1:1/"), policy(), clock);
    assert!(nobody.checkpoint().await.is_err());
}
