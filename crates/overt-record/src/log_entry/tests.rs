use super::*;

fn entry(refs: usize) -> LogEntry {
    let kind = "evaluation".parse().unwrap();
    let time = Timestamp::from_unix(1_795_536_000).unwrap();
    LogEntry::new(kind, time, Hash::of("commit"), Hash::of("key").into(), vec![Hash::of("ref"); refs])
        .unwrap()
}

#[test]
fn a_leaf_is_written_as_the_design_says() {
    let (commit, key, reference) = (Hash::of("commit"), Hash::of("key"), Hash::of("ref"));
    let expected = format!(
        r#"{{"commit":"{commit}","key":"{key}","kind":"evaluation","refs":["{reference}"],"time":"2026-11-24T16:00:00Z","v":1}}"#
    );
    assert_eq!(entry(1).to_bytes().unwrap(), expected.as_bytes());
}

#[test]
fn the_largest_leaf_fits_and_every_leaf_survives() {
    let widest = LogEntry { kind: "a".repeat(32).parse().unwrap(), ..entry(MAX_REFS) };
    assert!(widest.to_bytes().unwrap().len() <= MAX_ENTRY);
    for leaf in (0..=MAX_REFS).map(entry).chain([widest]) {
        assert_eq!(leaf.to_bytes().unwrap(), json::to_canonical(&leaf).unwrap());
        assert_eq!(LogEntry::parse(&leaf.to_bytes().unwrap()), Ok(leaf.clone()));
        let opening = LogOpening { leaf, salt: Salt::from_bytes([1; 32]) };
        assert_eq!(LogOpening::parse(&opening.to_bytes().unwrap()), Ok(opening));
    }
}

#[test]
fn a_ninth_reference_does_not_fit() {
    let nine = vec![Hash::of("ref"); 9];
    let leaf = entry(0);
    assert_eq!(
        LogEntry::new(leaf.kind, leaf.time, leaf.commit, leaf.key, nine),
        Err(BadEntry::TooManyRefs(9))
    );
}

#[test]
fn hostile_leaves_are_refused() {
    let honest = String::from_utf8(entry(1).to_bytes().unwrap()).unwrap();
    for (from, to) in [
        ("\"v\":1", "\"v\":2"),
        ("\"v\":1", "\"v\":0"),
        ("\"v\":1", "\"v\":-1"),
        ("\"v\":1", "\"v\":1.0"),
        ("\"v\":1", "\"v\":\"1\""),
        ("\"v\":1", "\"v\":null"),
        (",\"v\":1", ""),
        ("\"v\":1", "\"v\":1,\"x\":1"),
        ("\"v\":1", "\"v\":1,\"v\":1"),
        ("evaluation", "Evaluation"),
        ("evaluation", ""),
        ("evaluation", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("2026-11-24", "2026-02-30"),
        ("16:00:00Z", "16:00:00+00:00"),
        (",\"kind\"", ", \"kind\""),
        ("\"refs\":[", "\"refs\":[null,"),
        ("\"refs\":[", "\"refs\":["),
    ] {
        let changed = honest.replacen(from, to, 1);
        assert_eq!(LogEntry::parse(changed.as_bytes()).is_ok(), changed == honest, "{changed}");
    }
    for bytes in [b"".as_slice(), b"null", b"[]", b"{}", b"\xff", &[b' '; MAX_ENTRY + 1]] {
        assert!(LogEntry::parse(bytes).is_err());
        assert!(LogOpening::parse(bytes).is_err());
    }
}

#[test]
fn a_list_is_not_read_as_an_object() {
    let leaf = serde_json::to_value(entry(1)).unwrap();
    let fields = ["v", "kind", "time", "commit", "key", "refs"].map(|name| leaf[name].clone());
    let in_order = serde_json::json!(fields);
    assert_eq!(LogEntry::parse(in_order.to_string().as_bytes()), Err(BadEntry::NotExact));

    let salt = Salt::from_bytes([1; 32]);
    let whole = LogOpening { leaf: entry(1), salt };
    let whole = String::from_utf8(whole.to_bytes().unwrap()).unwrap();
    let leaf = String::from_utf8(entry(1).to_bytes().unwrap()).unwrap();
    let salt = serde_json::to_string(&salt).unwrap();
    for changed in [whole.replace(&leaf, &in_order.to_string()), format!("[{leaf},{salt}]")] {
        assert_eq!(LogOpening::parse(changed.as_bytes()), Err(BadEntry::NotExact), "{changed}");
    }
}

#[test]
fn the_commitment_depends_on_salt_and_record() {
    let salt = Salt::from_bytes([1; 32]);
    let by_hand = [b"overt/commit/v1\0".as_slice(), &[1; 32], Hash::of("record").as_bytes()].concat();
    assert_eq!(commitment(&salt, &Hash::of("record")), Hash::of(by_hand));
    assert_ne!(
        commitment(&salt, &Hash::of("record")),
        commitment(&Salt::from_bytes([2; 32]), &Hash::of("record"))
    );
}
