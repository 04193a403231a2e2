use overt_record::VerifierKey;
use overt_record::merkle::{InclusionProof, MemoryTree, ProofError, leaf_hash};
use overt_record::note::NoteError;
use overt_record::policy::{Freshness, Policy, Quorum};
use overt_record::tlog_proof::{MAX_EXTRA_BYTES, TlogProof, TlogProofError};
use proptest::prelude::*;

use crate::keys::{log, signed, witness};
use crate::vectors::{Vectors, leaf};

fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}\n").into_bytes()
}

/// A proof that entry `index` is in a log of `size`, cosigned by witness 1.
fn proof(index: u64, size: u64) -> TlogProof {
    let tree: MemoryTree = (0..size).map(leaf).collect();
    let note = signed(tree.head(), &[(&log(), 0), (&witness(1), 1000)]);
    TlogProof::new(index, tree.prove_inclusion(index, size).unwrap(), note)
}

fn policy(witness_number: u8) -> Policy {
    let text = format!(
        "log {}\nwitness w {}\nquorum w\n#overt max-cosignature-age 60\n",
        log().vkey(),
        witness(witness_number).vkey()
    );
    Policy::parse(text.as_bytes()).unwrap()
}

#[test]
fn the_proofs_of_our_vectors_verify() {
    let Some(v) = Vectors::load() else { return };
    let log = VerifierKey::parse(&v.vkeys.log_ed25519).unwrap();
    let text = format!("log {log}\nwitness w {}\nquorum w\n", v.vkeys.witness_ed25519);
    let policy = Policy::parse(text.as_bytes()).unwrap();
    assert_eq!(v.tlog_proof.len(), 3);
    for vector in &v.tlog_proof {
        let proof = TlogProof::parse(vector.text.as_bytes()).unwrap();
        assert_eq!(proof.to_string(), vector.text);
        let entry = hex::decode(&vector.leaf_hex).unwrap();
        let logged = proof.verify(&entry, &policy, Freshness::AnyAge).unwrap();
        assert_eq!((logged.index, logged.leaf), (vector.index, leaf_hash(&entry)));
        assert_eq!(logged.assessment.cosigned[0].timestamp, v.timestamp);
        let by_log = Policy::of_logs([log.clone()]);
        let logged = proof.verify(&entry, &by_log, Freshness::AnyAge).unwrap();
        assert_eq!(logged.assessment.quorum, Quorum::NotRequired);
    }
}

#[test]
fn each_check_can_fail() {
    let (proof, policy_one) = (proof(4, 9), policy(1));
    let verify = |proof: &TlogProof, entry: &[u8], policy: &Policy, freshness| {
        proof.verify(entry, policy, freshness).map(|logged| logged.index)
    };
    assert_eq!(verify(&proof, &entry(4), &policy_one, Freshness::AsOf(1060)), Ok(4));
    let other_entry = verify(&proof, &entry(5), &policy_one, Freshness::AnyAge);
    assert!(matches!(other_entry, Err(TlogProofError::Inclusion(ProofError::Root { .. }))));
    let stale = verify(&proof, &entry(4), &policy_one, Freshness::AsOf(1061));
    assert!(matches!(stale, Err(TlogProofError::Quorum(_))));
    let unseen = verify(&proof, &entry(4), &policy(2), Freshness::AnyAge);
    assert!(matches!(unseen, Err(TlogProofError::Quorum(_))));
    let no_log = verify(&proof, &entry(4), &Policy::of_logs([]), Freshness::AnyAge);
    assert!(matches!(no_log, Err(TlogProofError::NotAssessed(_))));
    let moved = TlogProof::new(5, proof.inclusion().clone(), proof.note().clone());
    assert!(verify(&moved, &entry(4), &policy_one, Freshness::AnyAge).is_err());
    let short = TlogProof::new(4, InclusionProof::default(), proof.note().clone());
    assert!(verify(&short, &entry(4), &policy_one, Freshness::AnyAge).is_err());
    let beyond = TlogProof::new(u64::MAX, proof.inclusion().clone(), proof.note().clone());
    assert!(verify(&beyond, &entry(4), &policy_one, Freshness::AnyAge).is_err());
}

#[test]
fn extra_data_is_carried_and_bounded() {
    let plain = proof(0, 2);
    let with = plain.clone().with_extra(b"salt".to_vec()).unwrap();
    assert!(with.to_string().starts_with("c2sp.org/tlog-proof@v1\nextra c2FsdA==\nindex 0\n"));
    let read = TlogProof::parse(with.to_string().as_bytes()).unwrap();
    assert_eq!((read.extra(), &read), (Some(b"salt".as_slice()), &with));
    assert_eq!(plain.clone().with_extra(vec![]), Err(TlogProofError::Extra));
    assert_eq!(plain.clone().with_extra(vec![0; MAX_EXTRA_BYTES + 1]), Err(TlogProofError::TooLarge));
    let most = plain.with_extra(vec![0; MAX_EXTRA_BYTES]).unwrap();
    assert_eq!(TlogProof::parse(most.to_string().as_bytes()), Ok(most));
}

#[test]
fn malformed_proofs_are_refused_with_the_reason() {
    let good = proof(0, 2).to_string();
    let hash = leaf(1).to_base64();
    let hash_line = format!("{hash}\n\n");
    assert!(good.contains(&hash_line));
    let changed = |from: &str, to: &str| good.replacen(from, to, 1);
    let many = format!("{hash}\n").repeat(65) + "\n";
    let table = [
        (String::new(), TlogProofError::Header),
        (changed("@v1", "@v2"), TlogProofError::Header),
        (changed("c2sp", " c2sp"), TlogProofError::Header),
        (changed("@v1\n", "@v1\r\n"), TlogProofError::Header),
        ("c2sp.org/tlog-proof@v1".into(), TlogProofError::Header),
        ("c2sp.org/tlog-proof@v1\n".into(), TlogProofError::Index),
        (changed("index", "extra \nindex"), TlogProofError::Extra),
        (changed("index", "extra AB==\nindex"), TlogProofError::Extra),
        (changed("index", "extra A A=\nindex"), TlogProofError::Extra),
        (changed("index", "extra AA==\nextra AA==\nindex"), TlogProofError::Index),
        (changed("index", "\nindex"), TlogProofError::Index),
        (changed("index 0", "index 00"), TlogProofError::Index),
        (changed("index 0", "index"), TlogProofError::Index),
        (changed("index 0", "index -0"), TlogProofError::Index),
        (changed("index 0", "index  0"), TlogProofError::Index),
        (changed("index 0", "index 18446744073709551616"), TlogProofError::Index),
        (changed(&hash_line, &format!("{hash}\n")), TlogProofError::Hashes),
        (changed(&hash_line, &format!("{hash} \n\n")), TlogProofError::Hashes),
        (changed(&hash_line, &format!("{}\n\n", &hash[..40])), TlogProofError::Hashes),
        (changed(&hash_line, &many), TlogProofError::Hashes),
        (
            changed(&hash_line, "\n\n"),
            TlogProofError::Inclusion(ProofError::Length { expected: 1, found: 0 }),
        ),
    ];
    for (bad, error) in table.iter().take(table.len() - 1) {
        assert_eq!(TlogProof::parse(bad.as_bytes()).as_ref(), Err(error), "{bad}");
    }
    let cut = good.trim_end();
    assert_eq!(TlogProof::parse(cut.as_bytes()), Err(TlogProofError::Note(NoteError::NoSignatures)));
    assert!(matches!(TlogProof::parse(b"\xff"), Err(TlogProofError::Note(NoteError::NotUtf8))));
    assert_eq!(TlogProof::parse(&vec![b'x'; 2 << 20]), Err(TlogProofError::TooLarge));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_proof_reads_back_and_verifies(size in 1_u64..300, at in any::<prop::sample::Index>(), extra in prop::collection::vec(any::<u8>(), 1..40)) {
        let index = at.index(size as usize) as u64;
        let proof = proof(index, size).with_extra(extra).unwrap();
        let read = TlogProof::parse(proof.to_string().as_bytes()).unwrap();
        prop_assert_eq!(&read, &proof);
        prop_assert!(read.verify(&entry(index), &policy(1), Freshness::AnyAge).is_ok());
    }

    #[test]
    fn no_changed_bit_of_a_proof_passes(bit in any::<prop::sample::Index>()) {
        let mut bytes = proof(4, 9).to_string().into_bytes();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let policy = policy(1);
        let passes = TlogProof::parse(&bytes)
            .is_ok_and(|proof| proof.verify(&entry(4), &policy, Freshness::AnyAge).is_ok());
        prop_assert!(!passes);
    }

    #[test]
    fn what_is_read_is_written_the_same(middle in "(extra [A-Za-z]{4}\n)?(index [0-9]{1,2}\n)?(\n)?") {
        let good = proof(0, 1).to_string();
        let note = good.split_once("\n\n").unwrap().1;
        let text = format!("c2sp.org/tlog-proof@v1\n{middle}\n{note}");
        if let Ok(proof) = TlogProof::parse(text.as_bytes()) {
            prop_assert_eq!(proof.to_string(), text);
        }
    }
}
