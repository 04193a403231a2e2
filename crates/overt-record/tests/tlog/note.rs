use overt_record::note::{KeyName, MAX_NOTE_BYTES, MAX_SIGNATURES, Note, NoteError, NoteSignature};
use overt_record::{SignatureType, VerifierKey};
use proptest::prelude::*;

use crate::keys::{log, signer, witness};

/// The example of C2SP signed-note.
const EXAMPLE_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE: &str = "This is an example message.\n\n— example.com/foo \
    Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

#[test]
fn the_example_of_the_specification_verifies() {
    let key = VerifierKey::parse(EXAMPLE_KEY).unwrap();
    let note = Note::parse(EXAMPLE.as_bytes()).unwrap();
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(note.verify([&key]).unwrap()[0].key, &key);
    assert_eq!(note.to_string(), EXAMPLE);
}

#[test]
fn text_and_signatures_part_at_the_last_empty_line() {
    let verse = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n— \
        quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
    let note = Note::parse(verse.as_bytes()).unwrap();
    assert!(note.text().ends_with("ed è subito sera.\n") && note.text().contains("\n\n"));
    assert_eq!(note.to_string(), verse);
    // What looks like a signature above the last empty line is text.
    let inner = format!("{EXAMPLE}\n— b AAAAAAA=\n");
    let note = Note::parse(inner.as_bytes()).unwrap();
    assert_eq!((note.text(), note.signatures().len()), (EXAMPLE, 1));
    let more = Note::parse("a\n\n\n— b AAAAAAA=\n".as_bytes()).unwrap();
    assert_eq!(more.text(), "a\n\n");
    assert_eq!(Note::parse("\n\n— b AAAAAAA=\n".as_bytes()).unwrap().text(), "\n");
}

#[test]
fn malformed_notes_are_refused_with_the_reason() {
    let end = "\n— b AAAAAAA=\n";
    let large = format!("{}\n{end}", "x".repeat(MAX_NOTE_BYTES));
    let table: Vec<(Vec<u8>, NoteError)> = vec![
        (b"".to_vec(), NoteError::NoEmptyLine),
        (b"\n".to_vec(), NoteError::NoEmptyLine),
        (b"a\n".to_vec(), NoteError::NoEmptyLine),
        (end.into(), NoteError::NoEmptyLine),
        (b"a\n\n".to_vec(), NoteError::NoSignatures),
        (format!("a\n{end}\n").into(), NoteError::NoSignatures),
        (b"\xff\n\n".to_vec(), NoteError::NotUtf8),
        (format!("a\r\n{end}").into(), NoteError::ControlCharacter),
        (format!("a\t\n{end}").into(), NoteError::ControlCharacter),
        (format!("a\0\n{end}").into(), NoteError::ControlCharacter),
        (large.into(), NoteError::TooLarge),
        ("a\n\n— b AAAAAAA=".into(), NoteError::NoSignatures),
        (
            format!("a\n\n{}", "— b AAAAAAA=\n".repeat(MAX_SIGNATURES + 1)).into(),
            NoteError::TooManySignatures,
        ),
    ];
    for (bad, error) in table {
        assert_eq!(Note::parse(&bad), Err(error), "{:.60?}", String::from_utf8_lossy(&bad));
    }
    let lines = [
        "",
        "—",
        "— ",
        "— b",
        "— b ",
        "—  AAAAAAA=",
        "- b AAAAAAA=",
        "—b AAAAAAA=",
        "— b  AAAAAAA=",
        "— b AAAAAAA= ",
        "— b AAAAAAA",
        "— b AAAAAA==",
        "— b AAAA",
        "— b AAAAAAB=",
        "— b A-AAAAA=",
        "— a+b AAAAAAA=",
        "— a\u{a0}b AAAAAAA=",
        "— \u{3000} AAAAAAA=",
        " — b AAAAAAA=",
        "\u{feff}— b AAAAAAA=",
    ];
    for line in lines.iter().skip(1) {
        let bad = format!("a\n{end}{line}\n");
        assert_eq!(Note::parse(bad.as_bytes()), Err(NoteError::Signature(2)), "{line:?}");
        assert!(NoteSignature::parse_lines(&format!("{line}\n")).is_err());
    }
    assert!(NoteSignature::parse_lines("").is_err() && NoteSignature::parse_lines("\n").is_err());
    let most = format!("a\n\n{}", "— b AAAAAAA=\n".repeat(MAX_SIGNATURES));
    assert_eq!(Note::parse(most.as_bytes()).unwrap().to_string(), most);
}

#[test]
fn notes_that_could_not_be_read_back_are_not_made() {
    assert_eq!(Note::new(""), Err(NoteError::UnendedText));
    assert_eq!(Note::new("a"), Err(NoteError::UnendedText));
    assert_eq!(Note::new("a\r\n"), Err(NoteError::ControlCharacter));
    assert_eq!(Note::new("a\n".repeat(MAX_NOTE_BYTES)), Err(NoteError::TooLarge));
    for bad in ["", " ", "a b", "a+b", "a\nb", "a\0b", "a\u{2028}b"] {
        assert!(KeyName::parse(bad).is_err(), "{bad:?}");
    }
    let mut full = Note::new("a\n".repeat(MAX_NOTE_BYTES / 2 - 20)).unwrap();
    let before = full.clone();
    assert!(log().sign_note(&mut full, 0).is_err());
    assert_eq!(full, before);
    let mut note = Note::new("a\n").unwrap();
    for seed in 0..=MAX_SIGNATURES {
        let signature = signer("b", SignatureType::Ed25519, seed as u8).sign(note.text(), 0).unwrap();
        let expected = if seed < MAX_SIGNATURES { Ok(()) } else { Err(NoteError::TooManySignatures) };
        assert_eq!(note.add(signature.clone()), expected);
        assert_eq!(note.add(signature), expected, "the same signature again changes nothing");
    }
    assert_eq!(Note::parse(note.to_string().as_bytes()), Ok(note));
}

#[test]
fn a_known_key_that_fails_rejects_the_note_and_an_unknown_one_is_ignored() {
    let (log, other) = (log(), signer("other", SignatureType::Ed25519, 2));
    let mut note = Note::new("a\n").unwrap();
    log.sign_note(&mut note, 0).unwrap();
    assert_eq!(note.verify([other.vkey()]), Err(NoteError::NotSigned));
    assert_eq!(note.verify([]), Err(NoteError::NotSigned));
    assert_eq!(note.verify([other.vkey(), log.vkey()]).unwrap().len(), 1);
    // A second line by another key that was made for another text.
    let strayed = other.sign("b\n", 0).unwrap();
    note.add(strayed).unwrap();
    assert_eq!(note.verify([log.vkey()]).unwrap().len(), 1, "unknown: ignored");
    let error = note.verify([log.vkey(), other.vkey()]).unwrap_err();
    assert!(matches!(error, NoteError::BadSignature { .. }), "known: rejected");
    // The same name with another id, and the same id with another name, are other keys.
    let same_name = signer(log.vkey().name().as_str(), SignatureType::CosignatureEd25519, 1);
    assert_eq!(note.verify([same_name.vkey()]), Err(NoteError::NotSigned));
    let renamed = note.to_string().replace("overt.example/test", "overt.example/text");
    assert_eq!(Note::parse(renamed.as_bytes()).unwrap().verify([log.vkey()]), Err(NoteError::NotSigned));
}

#[test]
fn the_answer_of_a_witness_is_read_as_lines() {
    let text = "o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    let signatures = [witness(1).sign(text, 5).unwrap(), witness(2).sign(text, 6).unwrap()];
    let body: String = signatures.iter().map(ToString::to_string).collect();
    assert_eq!(NoteSignature::parse_lines(&body).unwrap(), signatures);
}

proptest! {
    #[test]
    fn every_accepted_note_is_written_the_same(
        text in "([^\\x00-\\x1f]{0,9}\n){1,4}",
        lines in prop::collection::vec("(— [a-zé/]{1,3} [A-Za-z0-9+/]{8}([A-Za-z0-9+/]{3}=)?|\\PC{0,5})", 1..4),
        end in "\n?",
    ) {
        let whole = format!("{text}\n{}{end}", lines.join("\n"));
        if let Ok(note) = Note::parse(whole.as_bytes()) {
            prop_assert_eq!(note.to_string(), whole);
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Note::parse(&bytes);
    }

    #[test]
    fn a_signed_text_reads_back_and_no_changed_bit_passes(text in "([^\\x00-\\x1f]{0,5}\n){1,3}", bit in any::<prop::sample::Index>()) {
        let mut note = Note::new(text).unwrap();
        log().sign_note(&mut note, 0).unwrap();
        let mut bytes = note.to_string().into_bytes();
        let read = Note::parse(&bytes);
        prop_assert_eq!(read.as_ref(), Ok(&note));
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let passes = Note::parse(&bytes).is_ok_and(|note| note.verify([log().vkey()]).is_ok());
        prop_assert!(!passes);
    }
}
