//! Signers, checkpoints and verifier keys: what the other tests sign with, and what is held about keys themselves.

use overt_record::checkpoint::{Checkpoint, CheckpointError};
use overt_record::cosignature::MAX_TIMESTAMP;
use overt_record::merkle::TreeHead;
use overt_record::note::{KeyName, Note};
use overt_record::signer::{NoteSigner, SignError};
use overt_record::{Hash, SignatureType, VerifierKey, VkeyError};
use proptest::prelude::*;

use crate::vectors::{self, Vectors};

pub(crate) const ORIGIN: &str = "overt.example/test";

pub(crate) fn signer(name: &str, signature_type: SignatureType, seed: u8) -> NoteSigner {
    NoteSigner::from_seed(KeyName::parse(name).unwrap(), signature_type, &[seed; 32]).unwrap()
}

/// The log of the tests.
pub(crate) fn log() -> NoteSigner {
    signer(ORIGIN, SignatureType::Ed25519, 1)
}

/// The witness of that number.
pub(crate) fn witness(number: u8) -> NoteSigner {
    signer(&format!("witness.example/{number}"), SignatureType::CosignatureEd25519, number + 100)
}

/// A checkpoint signed by the signers, each at its time.
pub(crate) fn signed(head: TreeHead, signers: &[(&NoteSigner, u64)]) -> Note {
    let mut note = Note::new(Checkpoint::new(ORIGIN, head).unwrap().to_string()).unwrap();
    for (signer, timestamp) in signers {
        signer.sign_note(&mut note, *timestamp).unwrap();
    }
    note
}

#[test]
fn signatures_and_messages_are_those_of_our_vectors() {
    let Some(v) = Vectors::load() else { return };
    let make = |name: &str, signature_type, seed: &Hash| {
        NoteSigner::from_seed(KeyName::parse(name).unwrap(), signature_type, seed.as_bytes()).unwrap()
    };
    let log = make(&v.origin, SignatureType::Ed25519, &v.seeds.log_ed25519);
    let log_mldsa = make(&v.origin, SignatureType::CosignatureMlDsa44, &v.seeds.log_mldsa44);
    let witness = make(&v.witness, SignatureType::CosignatureEd25519, &v.seeds.witness_ed25519);
    let witness_mldsa = make(&v.witness, SignatureType::CosignatureMlDsa44, &v.seeds.witness_mldsa44);
    let texts =
        [&v.vkeys.log_ed25519, &v.vkeys.log_mldsa44, &v.vkeys.witness_ed25519, &v.vkeys.witness_mldsa44];
    for (signer, text) in [&log, &log_mldsa, &witness, &witness_mldsa].into_iter().zip(texts) {
        assert_eq!(&signer.vkey().to_string(), text);
        assert_eq!(&VerifierKey::parse(text).unwrap(), signer.vkey());
    }
    assert_eq!(v.checkpoints.len(), 30);
    for c in &v.checkpoints {
        let head = vectors::head(c.size, &c.root);
        let checkpoint = Checkpoint::new(v.origin.as_str(), head).unwrap();
        let mut note = Note::new(checkpoint.to_string()).unwrap();
        log.sign_note(&mut note, v.timestamp).unwrap();
        assert_eq!(note.to_string(), c.note);
        assert_eq!(Checkpoint::parse(note.text()), Ok(checkpoint));
        assert_eq!(witness.sign(note.text(), v.timestamp).unwrap().to_string(), c.cosig_ed25519_line);
        // The messages, read as what the keys really check: any other message would not verify.
        let text = String::from_utf8(hex::decode(&c.cosig_ed25519_message_hex).unwrap()).unwrap();
        assert_eq!(text, format!("cosignature/v1\ntime {}\n{}", v.timestamp, note.text()));
        let message = hex::decode(&c.cosig_mldsa44_message_hex).unwrap();
        assert_eq!(message, mldsa44_message(&v.witness, v.timestamp, &v.origin, head));
        let lines = [(&witness_mldsa, &c.cosig_mldsa44_line), (&log_mldsa, &c.log_mldsa44_line)];
        for (signer, line) in lines.into_iter().filter_map(|(signer, line)| Some((signer, line.as_ref()?))) {
            let whole = format!("{}{line}", c.note);
            let verified =
                Note::parse(whole.as_bytes()).unwrap().verify([signer.vkey(), log.vkey()]).unwrap();
            assert_eq!(verified.len(), 2);
            assert_eq!((verified[0].timestamp, verified[1].timestamp), (None, Some(v.timestamp)));
            // The vectors' signatures are randomised; ours are not, and hold too.
            let ours = signer.sign(note.text(), v.timestamp).unwrap();
            assert_eq!(signer.vkey().verify(note.text(), ours.bytes()).unwrap(), Some(v.timestamp));
            assert_eq!(ours, signer.sign(note.text(), v.timestamp).unwrap());
        }
    }
}

/// The TLS encoding of `cosigned_message`, written down a second time.
fn mldsa44_message(cosigner: &str, timestamp: u64, origin: &str, head: TreeHead) -> Vec<u8> {
    let short = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
    [
        b"subtree/v1\n\0".to_vec(),
        short(cosigner),
        timestamp.to_be_bytes().to_vec(),
        short(origin),
        vec![0; 8],
        head.size.to_be_bytes().to_vec(),
        head.root.as_bytes().to_vec(),
    ]
    .concat()
}

#[test]
fn malformed_keys_are_refused() {
    let good = log().vkey().to_string();
    assert_eq!(VerifierKey::parse(&good).unwrap().to_string(), good);
    let [name, id, material] = good.splitn(3, '+').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let long = "A".repeat(1 << 20);
    let malformed = [
        String::new(),
        "+".into(),
        "++".into(),
        name.into(),
        format!("{name}+{id}"),
        format!("{name}+{id}+"),
        format!("{name}+{}+{material}", id.to_uppercase()),
        format!("{name}+{}+{material}", &id[1..]),
        format!("{name}+0x{}+{material}", &id[2..]),
        format!("{name}+{id}+{material}="),
        format!("{name}+{id}+{material}\n"),
        format!("{name}+{id}+ {material}"),
        format!("{name}+{id}+{long}"),
        format!("x+{good}"),
    ];
    for bad in malformed {
        assert_eq!(VerifierKey::parse(&bad), Err(VkeyError::Malformed), "{bad:.200}");
    }
    for bad in
        [format!("+{id}+{material}"), format!("a b+{id}+{material}"), format!("a\u{2003}b+{id}+{material}")]
    {
        assert!(matches!(VerifierKey::parse(&bad), Err(VkeyError::Name(_))), "{bad}");
    }
    for bad in [format!("other+{id}+{material}"), format!("{name}+00000000+{material}")] {
        assert!(matches!(VerifierKey::parse(&bad), Err(VkeyError::Id { .. })), "{bad}");
    }
    // 0x02 followed by anything, and a private type.
    for (bad, byte) in [("AgAA", 2), ("/wAA", 255), ("AAAA", 0)] {
        let text = format!("{name}+{id}+{bad}");
        assert_eq!(VerifierKey::parse(&text), Err(VkeyError::UnknownType(byte)));
    }
}

#[test]
fn keys_that_sign_everything_and_second_spellings_are_refused() {
    let name = KeyName::parse("weak").unwrap();
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut unreduced = [0xff; 32]; // y = 2^255 - 19 + 3 is 3 again
    unreduced[0] = 0xf0;
    unreduced[31] = 0x7f;
    for bad in [&identity[..], &[0; 32], &unreduced, &[0xff; 32], &[], &[1; 31], &[1; 33]] {
        for signature_type in [SignatureType::Ed25519, SignatureType::CosignatureEd25519] {
            let key = VerifierKey::new(name.clone(), signature_type, bad);
            assert_eq!(key, Err(VkeyError::PublicKey(name.clone())), "{bad:02x?}");
        }
    }
    for length in [0, 32, 1311, 1313] {
        let key = VerifierKey::new(name.clone(), SignatureType::CosignatureMlDsa44, &vec![7; length]);
        assert_eq!(key, Err(VkeyError::PublicKey(name.clone())));
    }
    let long = KeyName::parse(&"n".repeat(256)).unwrap();
    let key = NoteSigner::from_seed(long.clone(), SignatureType::CosignatureMlDsa44, &[1; 32]);
    assert_eq!(key.unwrap_err(), VkeyError::LongName(long));
}

#[test]
fn what_cannot_be_cosigned_is_not() {
    let head = TreeHead { size: 1, root: Hash::of("") };
    let text = Checkpoint::new(ORIGIN, head).unwrap().to_string();
    let late = MAX_TIMESTAMP + 1;
    assert_eq!(witness(1).sign(&text, late), Err(SignError::Timestamp(late)));
    assert!(log().sign(&text, late).is_ok()); // type 0x01 states no time
    let mldsa = signer("w", SignatureType::CosignatureMlDsa44, 9);
    assert_eq!(mldsa.sign("no checkpoint\n", 1), Err(SignError::NotACheckpoint));
    let long = Checkpoint::new("o".repeat(256), head).unwrap().to_string();
    assert_eq!(mldsa.sign(&long, 1), Err(SignError::NotACheckpoint));
    // A signature says its time, and no other.
    let signature = witness(1).sign(&text, MAX_TIMESTAMP).unwrap();
    assert_eq!(witness(1).vkey().verify(&text, signature.bytes()), Ok(Some(MAX_TIMESTAMP)));
    // Even a true signature does not hold with a time that none can state.
    let raw = signer("raw", SignatureType::Ed25519, 101);
    for (time, holds) in [(MAX_TIMESTAMP, true), (late, false)] {
        let message = format!("cosignature/v1\ntime {time}\n{text}");
        let bytes = [&time.to_be_bytes(), raw.sign(&message, 0).unwrap().bytes()].concat();
        assert_eq!(witness(1).vkey().verify(&text, &bytes).is_ok(), holds);
    }
    assert!(witness(1).vkey().verify(&text, &signature.bytes()[..7]).is_err());
    assert_eq!(format!("{:?}", witness(1)).matches("101").count(), 0, "no secret is shown");
}

#[test]
fn an_extension_line_is_signed_by_ed25519_and_not_by_ml_dsa() {
    let plain = Checkpoint::new(ORIGIN, TreeHead { size: 1, root: Hash::of("") }).unwrap().to_string();
    let extended = format!("{plain}extension\n");
    let mldsa = signer("w", SignatureType::CosignatureMlDsa44, 9);
    let signature = mldsa.sign(&plain, 5).unwrap();
    assert_eq!(mldsa.vkey().verify(&extended, signature.bytes()), Ok(Some(5)));
    let signature = witness(1).sign(&plain, 5).unwrap();
    assert!(witness(1).vkey().verify(&extended, signature.bytes()).is_err());
}

#[test]
fn checkpoints_have_one_spelling() {
    let root = Hash::of("").to_base64();
    let good = format!("o\n0\n{root}\n");
    assert_eq!(Checkpoint::parse(&good).unwrap().to_string(), good);
    let extended = format!("o p+q\n18446744073709551615\n{root}\nx\ny\n");
    let read = Checkpoint::parse(&extended).unwrap();
    assert_eq!((read.to_string(), read.extensions()), (extended, &["x".to_owned(), "y".to_owned()][..]));
    for bad in ["", "\n", "o\n", "o\n0\n", &format!("o\n0\n{root}"), "o\n0"] {
        assert!(Checkpoint::parse(bad).is_err(), "{bad:?}");
    }
    for bad in ["", "00", "01", "+1", "-1", " 1", "1 ", "1.0", "0x1", "１", "18446744073709551616"] {
        assert!(Checkpoint::parse(&format!("o\n{bad}\n{root}\n")).is_err(), "{bad:?}");
    }
    for bad in ["", "AA==", &root[..43], &format!("{root}="), &format!(" {root}"), &root.replace('=', "")] {
        let error = Checkpoint::parse(&format!("o\n1\n{bad}\n")).unwrap_err();
        assert!(matches!(error, CheckpointError::Root(_) | CheckpointError::EmptyLine(3)), "{bad:?}");
    }
    for bad in [format!("\n1\n{root}\n"), format!("o\n1\n{root}\n\n"), format!("o\n1\n{root}\n\nx\n")] {
        assert!(matches!(Checkpoint::parse(&bad), Err(CheckpointError::EmptyLine(_))), "{bad:?}");
    }
    for bad in [format!("o\r\n1\n{root}\n"), format!("o\n1\n{root}\n\t\n"), format!("o\0\n1\n{root}\n")] {
        assert!(matches!(Checkpoint::parse(&bad), Err(CheckpointError::ControlCharacter(_))), "{bad:?}");
    }
    let head = TreeHead { size: 1, root: Hash::of("") };
    assert!(Checkpoint::new("", head).is_err() && Checkpoint::new("a\nb", head).is_err());
}

proptest! {
    #[test]
    fn a_checkpoint_reads_back(origin in "[^\\x00-\\x1f]{1,30}", size: u64, root: [u8; 32]) {
        let checkpoint = Checkpoint::new(origin, TreeHead { size, root: root.into() }).unwrap();
        prop_assert_eq!(Checkpoint::parse(&checkpoint.to_string()), Ok(checkpoint));
    }

    #[test]
    fn a_checkpoint_that_is_read_is_written_the_same(text in "(o|\\PC{0,4})\n(0|1|[0-9]{1,3})\n[A-Za-z0-9+/]{42}[A-P]=\n(x?\n)?") {
        if let Ok(checkpoint) = Checkpoint::parse(&text) {
            prop_assert_eq!(checkpoint.to_string(), text);
        }
    }

    #[test]
    fn every_key_reads_back(name in "[a-z./é]{1,20}", seed: [u8; 32], which in 0_usize..3) {
        let types =
            [SignatureType::Ed25519, SignatureType::CosignatureEd25519, SignatureType::CosignatureMlDsa44];
        let signer = NoteSigner::from_seed(KeyName::parse(&name).unwrap(), types[which], &seed).unwrap();
        let read = VerifierKey::parse(&signer.vkey().to_string());
        prop_assert_eq!(read.as_ref(), Ok(signer.vkey()));
    }

    #[test]
    fn no_changed_bit_of_a_signature_passes(bit in any::<prop::sample::Index>(), which in 0_usize..3) {
        let types =
            [SignatureType::Ed25519, SignatureType::CosignatureEd25519, SignatureType::CosignatureMlDsa44];
        let signer = signer("s", types[which], 8);
        let text = Checkpoint::new(ORIGIN, TreeHead { size: 1, root: Hash::of("") }).unwrap().to_string();
        let mut bytes = signer.sign(&text, 12).unwrap().bytes().to_vec();
        prop_assert!(signer.vkey().verify(&text, &bytes).is_ok());
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(signer.vkey().verify(&text, &bytes).is_err());
    }

    #[test]
    fn no_text_makes_the_key_reader_panic(text in "\\PC{0,40}(\\+[0-9a-f]{8}\\+[A-Za-z0-9+/=]{0,48})?") {
        if let Ok(key) = VerifierKey::parse(&text) {
            prop_assert_eq!(key.to_string(), text);
        }
    }
}
