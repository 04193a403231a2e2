//! A witness: every status, its memory, and what it does under attack.

use std::sync::Arc;
use std::time::Duration;

use overt_log::admission::Rate;
use overt_log::store::{DirectoryStore, MemoryStore, Store};
use overt_log::witness::{Answer, Witness, WitnessError, WitnessedLog, witness_router};
use overt_log::{Clock as _, Key};
use overt_record::fork::{Contradiction, ForkProof};
use overt_record::merkle::{TreeHead, empty_root};
use overt_record::note::{Note, NoteSignature};
use overt_record::{Hash, SignatureType};

use crate::world::{
    LOG, NEW_YEAR, SignedTree, TestClock, get, is_too_large, log_vkey, new_witness, post, serve,
    serve_witness, signed, signer, witness_signer,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_answers_each_request_with_the_status_of_the_specification() {
    let (clock, tree) = (TestClock::new(), SignedTree::new(300, "entry"));
    let url = serve_witness(1, &clock).await + "/add-checkpoint";
    let monitor = url.replace("add-checkpoint", &format!("{}/checkpoint", Hash::of(LOG)));
    assert_eq!(get(&monitor).await.status, 404);

    let other = SignedTree::new(300, "other");
    let wrong_empty = format!("old 0\n\n{}", signed(TreeHead { size: 0, root: Hash::of("x") }));
    let right_empty = format!("old 0\n\n{}", signed(TreeHead { size: 0, root: empty_root() }));
    let unknown = tree.request(0, 5).replace(LOG, "unknown.example");
    let forged = tree.request(0, 5).replace("\n5\n", "\n6\n");
    let foreign = {
        let mut note = Note::new(tree.note(5).text()).unwrap();
        signer(LOG, SignatureType::Ed25519, 9).sign_note(&mut note, 0).unwrap();
        format!("old 0\n\n{note}")
    };
    let with_proof =
        tree.request(0, 5).replace("old 0\n", &format!("old 0\n{}\n", Hash::of("x").to_base64()));
    let hashes = |count| format!("{}\n", Hash::of("x").to_base64()).repeat(count);
    let table: Vec<(&str, String, u16)> = vec![
        ("an empty tree with another root", wrong_empty, 422),
        ("the empty tree", right_empty, 200),
        ("an unknown log", unknown, 404),
        ("a changed note", forged, 403),
        ("a note by a key of the same name", foreign, 403),
        ("a proof from nothing", with_proof, 422),
        ("an old size before there is one", tree.request(3, 5), 409),
        ("the first tree", tree.request(0, 5), 200),
        ("the same tree again", tree.request(5, 5), 200),
        ("the same size with another root", format!("old 5\n\n{}", other.note(5)), 422),
        ("a smaller tree", format!("old 5\n\n{}", tree.note(4)), 400),
        ("another history", other.request(5, 9), 422),
        ("a wrong proof", tree.request(5, 9).replacen("old 5\n", &format!("old 5\n{}", hashes(1)), 1), 422),
        ("a proof of 63 hashes", format!("old 5\n{}\n{}", hashes(63), tree.note(9)), 422),
        ("a proof of 64 hashes", format!("old 5\n{}\n{}", hashes(64), tree.note(9)), 400),
        ("an old size that was left", tree.request(4, 9), 409),
        ("from the beginning", tree.request(0, 9), 409),
        ("a tree that grew", tree.request(5, 300), 200),
        ("nothing", String::new(), 400),
        ("no old size", tree.request(0, 5)[6..].to_owned(), 400),
        ("an old size with zeros before it", tree.request(0, 5).replacen("old 0", "old 00", 1), 400),
        ("an old size with a sign", tree.request(0, 5).replacen("old 0", "old +0", 1), 400),
        ("an old size of 2^64", tree.request(0, 5).replacen("old 0", "old 18446744073709551616", 1), 400),
        ("a body that is cut off", tree.request(0, 5)[..60].to_owned(), 400),
        ("another end of line", tree.request(0, 5).replace('\n', "\r\n"), 400),
        ("no empty line", tree.request(0, 5).replacen("\n\n", "\n", 1), 400),
        ("a hash that is none", tree.request(0, 5).replacen("\n\n", "\nx\n\n", 1), 400),
    ];
    for (what, body, status) in table {
        let answer = post(&url, body).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        if status == 409 {
            assert_eq!(answer.header("content-type"), "text/x.tlog.size");
            assert!(["0\n", "5\n"].contains(&answer.text()), "{what}");
        }
    }
    for hostile in [vec![0xff; 100], vec![0; 1000], b"old 0\n\n\n\n\n".to_vec(), vec![b'\n'; 100_000]] {
        assert_eq!(post(&url, hostile).await.status, 400);
    }
    assert!(is_too_large(&url, vec![b'a'; 2 << 20]).await);
    assert_eq!(get(&url).await.status, 405);

    let served = get(&monitor).await;
    let note = Note::parse(&served.body).unwrap();
    assert_eq!(note.text(), tree.note(300).text());
    let (log, witness) = (log_vkey(), witness_signer(1));
    assert_eq!(note.verify([&log, witness.vkey()]).unwrap().len(), 2);
    for path in ["x", &"0".repeat(64), &Hash::of(LOG).to_string().to_uppercase()] {
        assert_eq!(get(&url.replace("add-checkpoint", &format!("{path}/checkpoint"))).await.status, 404);
    }
}

#[test]
fn a_cosignature_states_the_time_and_holds() {
    let (witness, tree) = (new_witness(1), SignedTree::new(5, "entry"));
    let Answer::Cosigned(lines) = witness.handle(tree.request(0, 5).as_bytes(), NEW_YEAR) else { panic!() };
    let time = witness_signer(1).vkey().verify(tree.note(5).text(), lines[0].bytes()).unwrap();
    assert_eq!(time, Some(NEW_YEAR / 1000));
}

#[test]
fn two_checkpoints_of_one_size_are_kept_as_a_proof_that_anyone_can_check() {
    let store = Arc::new(MemoryStore::new());
    Witness::create(store.as_ref(), &[witness_signer(1)]).unwrap();
    let logs = vec![WitnessedLog::of_key(log_vkey())];
    let witness = Witness::open(store.clone(), vec![witness_signer(1)], logs).unwrap();
    let (tree, other) = (SignedTree::new(9, "entry"), SignedTree::new(9, "other"));
    assert_eq!(witness.handle(tree.request(0, 7).as_bytes(), NEW_YEAR).status(), 200);
    assert_eq!(witness.handle(other.request(7, 7).as_bytes(), NEW_YEAR).status(), 422);
    // Also when the old size is not the one that the witness knows.
    assert_eq!(witness.handle(other.request(3, 7).as_bytes(), NEW_YEAR).status(), 409);
    assert_eq!(witness.handle(other.request(7, 9).as_bytes(), NEW_YEAR).status(), 422);
    let kept =
        |sort: &str| store.list(&Key::new(format!("witness/{}/{sort}", Hash::of(LOG))).unwrap()).unwrap();
    assert_eq!(kept("refused").len(), 1);
    let [proof] = &kept("forks")[..] else { panic!("{:?}", kept("forks")) };
    let proof = ForkProof::parse(&store.get(proof).unwrap().unwrap()).unwrap();
    assert_eq!(*proof.log(), log_vkey());
    assert_eq!(proof.verify().unwrap().contradiction, Contradiction::Roots);
}

#[test]
fn a_witness_without_its_state_does_not_start_and_one_with_it_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let open = || {
        let store = Arc::new(DirectoryStore::open(directory.path()).unwrap());
        Witness::open(store, vec![witness_signer(1)], vec![WitnessedLog::of_key(log_vkey())])
    };
    assert!(matches!(open(), Err(WitnessError::NoState)));
    Witness::create(&DirectoryStore::open(directory.path()).unwrap(), &[witness_signer(1)]).unwrap();
    let again = Witness::create(&DirectoryStore::open(directory.path()).unwrap(), &[witness_signer(1)]);
    assert!(matches!(again, Err(WitnessError::Exists)));

    let tree = SignedTree::new(9, "entry");
    assert_eq!(open().unwrap().handle(tree.request(0, 5).as_bytes(), NEW_YEAR).status(), 200);
    let restarted = open().unwrap();
    let behind = restarted.handle(SignedTree::new(9, "other").request(0, 9).as_bytes(), NEW_YEAR);
    assert_eq!(behind, Answer::Conflict { size: 5 });
    // Its clock may not run back, also across a restart.
    assert_eq!(restarted.handle(tree.request(5, 9).as_bytes(), NEW_YEAR - 1000).status(), 503);
    assert_eq!(restarted.handle(tree.request(5, 9).as_bytes(), 0).status(), 503);
    assert_eq!(restarted.handle(tree.request(5, 9).as_bytes(), NEW_YEAR).status(), 200);

    let store = Arc::new(DirectoryStore::open(directory.path()).unwrap());
    assert!(matches!(
        Witness::open(store, vec![witness_signer(2)], Vec::new()),
        Err(WitnessError::OtherWitness { .. })
    ));
}

#[test]
fn a_damaged_state_stops_a_witness_instead_of_beginning_anew() {
    let store = Arc::new(MemoryStore::new());
    Witness::create(store.as_ref(), &[witness_signer(1)]).unwrap();
    let open = |store: &Arc<MemoryStore>| {
        Witness::open(store.clone(), vec![witness_signer(1)], vec![WitnessedLog::of_key(log_vkey())])
    };
    let tree = SignedTree::new(5, "entry");
    let witness = open(&store).unwrap();
    assert_eq!(witness.handle(tree.request(0, 5).as_bytes(), NEW_YEAR).status(), 200);
    let key = Key::new(format!("witness/{}/checkpoint", Hash::of(LOG))).unwrap();
    for damage in ["", "x", &tree.note(5).to_string()] {
        store.overwrite(&key, Some(damage.as_bytes().to_vec()));
        assert!(matches!(open(&store), Err(WitnessError::State(_))), "{damage}");
        assert_eq!(witness.handle(tree.request(5, 5).as_bytes(), NEW_YEAR).status(), 503);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_requests_that_race_from_one_size_exactly_one_wins() {
    let clock = TestClock::new();
    let url = serve_witness(1, &clock).await + "/add-checkpoint";
    let tree = SignedTree::new(64, "entry");
    assert_eq!(post(&url, tree.request(0, 8)).await.status, 200);
    let racing = (9..=40).map(|size| post(&url, tree.request(8, size)));
    let statuses: Vec<u16> = futures_util::future::join_all(racing).await.iter().map(|a| a.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_comes_too_often_has_to_wait_and_others_need_not() {
    let (clock, store) = (TestClock::new(), Arc::new(MemoryStore::new()));
    let rate = Rate { events: 2, per: Duration::from_secs(60) };
    Witness::create(store.as_ref(), &[witness_signer(1)]).unwrap();
    let log = WitnessedLog { rate, ..WitnessedLog::of_key(log_vkey()) };
    let witness = Arc::new(Witness::open(store, vec![witness_signer(1)], vec![log]).unwrap());
    let url = serve(witness_router(witness, clock.clone())).await + "/add-checkpoint";
    let tree = SignedTree::new(9, "entry");
    assert_eq!(post(&url, tree.request(0, 5)).await.status, 200);
    // What is not cosigned does not count.
    assert_eq!(post(&url, tree.request(0, 5)).await.status, 409);
    assert_eq!(post(&url, tree.request(5, 6)).await.status, 200);
    let turned_away = post(&url, tree.request(6, 7)).await;
    assert_eq!((turned_away.status, turned_away.header("retry-after")), (429, "30"));
    clock.advance(30);
    assert_eq!(post(&url, tree.request(6, 7)).await.status, 200);
}

#[test]
fn a_witness_with_two_keys_answers_with_both() {
    let store = Arc::new(MemoryStore::new());
    let keys = || {
        vec![
            signer("witness.example/w1", SignatureType::CosignatureEd25519, 1),
            signer("witness.example/w1", SignatureType::CosignatureMlDsa44, 2),
        ]
    };
    Witness::create(store.as_ref(), &keys()).unwrap();
    let witness = Witness::open(store, keys(), vec![WitnessedLog::of_key(log_vkey())]).unwrap();
    let tree = SignedTree::new(5, "entry");
    let answer = witness.handle(tree.request(0, 5).as_bytes(), TestClock::new().now());
    let lines = NoteSignature::parse_lines(&answer.body()).unwrap();
    assert_eq!(lines.len(), 2);
    let mut note = tree.note(5);
    for line in lines {
        note.add(line).unwrap();
    }
    let vkeys: Vec<_> = witness.vkeys().collect();
    assert_eq!(note.verify(vkeys).unwrap().len(), 2);
    let wrong = [signer("w", SignatureType::Ed25519, 1)];
    assert!(matches!(Witness::create(&MemoryStore::new(), &wrong), Err(WitnessError::NotACosigner(_))));
    assert!(matches!(Witness::create(&MemoryStore::new(), &[]), Err(WitnessError::NoKey)));
}
