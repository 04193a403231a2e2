//! A witness under any sequence of requests, from a log with two histories: all that it cosigns is one history (P2).
//!
//! Each step is four bytes: what to do, from which size, to which size, and how to spoil it.
#![no_main]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use overt_log::admission::Rate;
use overt_log::store::MemoryStore;
use overt_log::witness::{Answer, Witness, WitnessedLog};
use overt_record::add_checkpoint::AddCheckpoint;
use overt_record::checkpoint::Checkpoint;
use overt_record::merkle::{ConsistencyProof, MemoryTree, TreeHead, leaf_hash};
use overt_record::note::{KeyName, Note};
use overt_record::signer::NoteSigner;
use overt_record::{Hash, SignatureType};

const ORIGIN: &str = "log.example";
const SIZE: u64 = 24;
/// The histories have so many leaves in common.
const COMMON: u64 = 5;

struct World {
    histories: [MemoryTree; 2],
    /// By history and size; signing them once is quick enough, signing them in every step is not.
    notes: [Vec<Note>; 2],
    log: NoteSigner,
}

fn signer(name: &str, signature_type: SignatureType, seed: u8) -> NoteSigner {
    let name = KeyName::parse(name).expect("it is a name");
    NoteSigner::from_seed(name, signature_type, &[seed; 32]).expect("every seed makes a key")
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let log = signer(ORIGIN, SignatureType::Ed25519, 1);
    let history = |name: char| {
        let leaf = |n| if n < COMMON { format!("leaf {n}") } else { format!("leaf {n}{name}") };
        (0..SIZE).map(|n| leaf_hash(leaf(n).as_bytes())).collect::<MemoryTree>()
    };
    let histories = ['a', 'b'].map(history);
    let notes = histories.each_ref().map(|tree| (0..=SIZE).map(|size| signed(&log, tree, size)).collect());
    World { histories, notes, log }
});

fn signed(log: &NoteSigner, tree: &MemoryTree, size: u64) -> Note {
    let head = tree.head_at(size).expect("the tree is as large");
    let checkpoint = Checkpoint::new(ORIGIN, head).expect("the origin is one line");
    let mut note = Note::new(checkpoint.to_string()).expect("a checkpoint makes a note");
    log.sign_note(&mut note, 0).expect("there is room for a signature");
    note
}

fn open(store: &Arc<MemoryStore>) -> Witness {
    let rate = Rate { events: 1000, per: Duration::from_secs(1) };
    let log = WitnessedLog { origin: ORIGIN.to_owned(), vkeys: vec![WORLD.log.vkey().clone()], rate };
    let signers = vec![signer("witness.example", SignatureType::CosignatureEd25519, 2)];
    Witness::open(store.clone(), signers, vec![log]).expect("the state is as the witness left it")
}

fn request(history: usize, old: u64, new: u64, spoil: u8) -> Vec<u8> {
    let proof = WORLD.histories[history].prove_consistency(old, new);
    let mut hashes = proof.map_or_else(|_| Vec::new(), |proof| proof.hashes().to_vec());
    match spoil {
        1 => drop(hashes.pop()),
        2 => hashes.push(Hash::of("one too many")),
        3 => hashes.reverse(),
        _ => {}
    }
    let note = WORLD.notes[history][new as usize].clone();
    let proof = ConsistencyProof::new(hashes).expect("so small a tree has short proofs");
    let mut body =
        AddCheckpoint::new(old, proof, note).expect("so small a tree has short proofs").to_string();
    if let Some(at) = usize::from(spoil).checked_sub(8).map(|at| at % body.len())
        && body.is_char_boundary(at)
        && body.is_char_boundary(at + 1)
    {
        body.replace_range(at..=at, "x");
    }
    body.into_bytes()
}

fuzz_target!(|steps: &[u8]| {
    let store = Arc::new(MemoryStore::new());
    Witness::create(store.as_ref(), &[signer("witness.example", SignatureType::CosignatureEd25519, 2)])
        .expect("the store is empty");
    let mut witness = open(&store);
    let mut cosigned: Vec<TreeHead> = Vec::new();
    let mut now = 1_795_536_000_000;
    for step in steps.as_chunks::<4>().0.iter().take(64) {
        let [what, old, new, spoil] = *step;
        let (old, new) = (u64::from(old) % (SIZE + 1), u64::from(new) % (SIZE + 1));
        let old = if spoil & 1 == 0 { cosigned.last().map_or(0, |head| head.size) } else { old };
        match what % 8 {
            0 => witness = open(&store),
            1 => now = u64::from_le_bytes([old as u8, new as u8, spoil, 0, 0xa1, 1, 0, 0]),
            2 => drop(witness.handle(&steps[..steps.len().min(usize::from(spoil))], now)),
            _ => {
                let body = request(usize::from(what / 8 % 2), old, new, spoil / 2);
                let answer = witness.handle(&body, now);
                if let Answer::Cosigned(signatures) = &answer {
                    let note = AddCheckpoint::parse(&body).expect("it was cosigned").note().clone();
                    let checkpoint = Checkpoint::parse(note.text()).expect("it was cosigned");
                    let by_witness = witness.vkeys().next().expect("there is a key");
                    let held = by_witness.verify(note.text(), signatures[0].bytes());
                    assert_eq!(held, Ok(Some(now / 1000)));
                    cosigned.push(checkpoint.head());
                }
            }
        }
    }
    assert!(cosigned.is_sorted_by_key(|head| head.size), "a tree shrank");
    let is_of = |tree: &MemoryTree| cosigned.iter().all(|head| tree.head_at(head.size) == Ok(*head));
    assert!(WORLD.histories.iter().any(is_of), "two histories were cosigned: {cosigned:?}");
    let kept = witness.checkpoint(&Hash::of(ORIGIN)).expect("the state can be read");
    let kept = kept.map(|note| Checkpoint::parse(note.text()).expect("it was cosigned").head());
    assert_eq!(kept, cosigned.last().copied());
});
