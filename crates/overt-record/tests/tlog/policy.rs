use overt_record::Hash;
use overt_record::SignatureType;
use overt_record::merkle::TreeHead;
use overt_record::note::{Note, NoteError};
use overt_record::policy::{Freshness, NotAssessed, Policy, PolicyFault, Quorum, Shortfall};
use proptest::prelude::*;

use crate::keys::{ORIGIN, log, signed, signer, witness};

const HEAD: fn() -> TreeHead = || TreeHead { size: 3, root: Hash::of("root") };

/// The policy of the specification's example: two of X1 to X3, and any of Y1 to Y3.
fn example() -> Policy {
    let mut text = format!("# Who is believed\nlog {} https://overt.example/log/\n\n", log().vkey());
    for (name, number) in [("X1", 1), ("X2", 2), ("X3", 3)] {
        text += &format!(" witness\t{name}  {} \n", witness(number).vkey());
    }
    text += "group X-witnesses 2 X1 X2 X3\n";
    for (name, number) in [("Y1", 4), ("Y2", 5), ("Y3", 6)] {
        text += &format!("witness {name} {} https://w.example/\n", witness(number).vkey());
    }
    text += "group Y-witnesses any Y1 Y2 Y3\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n";
    text += "#overt max-cosignature-age 3600\n";
    Policy::parse(text.as_bytes()).unwrap()
}

fn note(witnesses: &[(u8, u64)]) -> Note {
    let mut note = signed(HEAD(), &[(&log(), 0)]);
    for (number, timestamp) in witnesses {
        witness(*number).sign_note(&mut note, *timestamp).unwrap();
    }
    note
}

#[test]
fn the_example_of_the_specification_is_read_and_judged() {
    let policy = example();
    assert_eq!(policy.logs()[0].url.as_deref(), Some("https://overt.example/log/"));
    assert_eq!((policy.witnesses().len(), policy.max_cosignature_age()), (6, Some(3600)));
    let note = note(&[(1, 10), (3, 20), (5, 30), (9, 40)]);
    let assessment = policy.assess(&note, Freshness::AnyAge).unwrap();
    assert_eq!(assessment.quorum, Quorum::Met);
    assert_eq!(assessment.checkpoint.head(), HEAD());
    assert_eq!(assessment.log_keys, [log().vkey()]);
    let cosigned: Vec<(&str, u64)> =
        assessment.cosigned.iter().map(|c| (c.witness.name.as_str(), c.timestamp)).collect();
    assert_eq!(cosigned, [("X1", 10), ("X3", 20), ("Y2", 30)]);
}

#[test]
fn what_is_missing_is_said_group_by_group() {
    let note = note(&[(2, 10)]);
    let policy = example();
    let assessment = policy.assess(&note, Freshness::AnyAge).unwrap();
    let shortfall = |name: &str, needed, having, lacking: &[&str]| Shortfall {
        name: name.to_owned(),
        needed,
        having,
        lacking: lacking.iter().map(|&name| name.to_owned()).collect(),
    };
    let expected = vec![
        shortfall("X-and-Y", 2, 0, &["X-witnesses", "Y-witnesses"]),
        shortfall("X-witnesses", 2, 1, &["X1", "X3"]),
        shortfall("Y-witnesses", 1, 0, &["Y1", "Y2", "Y3"]),
    ];
    assert_eq!(assessment.quorum, Quorum::Missing(expected));
    assert!(!assessment.quorum.holds());
}

#[test]
fn old_cosignatures_are_shown_and_do_not_count() {
    let policy = example();
    let note = note(&[(1, 1000), (1, 5000), (2, 1399), (3, 1400), (4, 9000)]);
    let at = |now| policy.assess(&note, Freshness::AsOf(now)).unwrap();
    let fresh: Vec<bool> = at(5000).cosigned.iter().map(|cosigned| cosigned.is_fresh).collect();
    assert_eq!(fresh, [true, false, true, true]);
    assert!(at(5000).quorum.holds() && !at(5001).quorum.holds());
    assert_eq!(at(5000).cosigned[0].timestamp, 5000, "the newest of a witness counts");
    assert!(policy.assess(&note, Freshness::AnyAge).unwrap().quorum.holds());
    assert!(!at(u64::MAX).quorum.holds());
}

#[test]
fn only_the_log_of_the_origin_counts() {
    let policy = example();
    let unknown = Err(NotAssessed::UnknownLog { origin: ORIGIN.to_owned() });
    let witnessed_only = signed(HEAD(), &[(&witness(1), 1)]);
    assert_eq!(policy.assess(&witnessed_only, Freshness::AnyAge), unknown);
    let strange = signed(HEAD(), &[(&signer("strange", SignatureType::Ed25519, 7), 1)]);
    assert_eq!(policy.assess(&strange, Freshness::AnyAge), unknown);
    // A known log may not sign in another's name.
    let other = signer("other.example", SignatureType::Ed25519, 7);
    let both = Policy::of_logs([log().vkey().clone(), other.vkey().clone()]);
    assert_eq!(both.assess(&signed(HEAD(), &[(&other, 0)]), Freshness::AnyAge), unknown);
    // Nor does a good signature help where another known key's fails.
    let mut forged = note(&[]);
    forged.add(witness(1).sign("other\ntext\n", 1).unwrap()).unwrap();
    let error = policy.assess(&forged, Freshness::AnyAge).unwrap_err();
    assert!(matches!(error, NotAssessed::Note(NoteError::BadSignature { .. })));
    let mut prose = Note::new("no checkpoint\n").unwrap();
    log().sign_note(&mut prose, 0).unwrap();
    assert!(matches!(policy.assess(&prose, Freshness::AnyAge), Err(NotAssessed::Checkpoint(_))));
}

#[test]
fn a_log_may_sign_with_ml_dsa_and_witnesses_too() {
    let log = signer(ORIGIN, SignatureType::CosignatureMlDsa44, 3);
    let seer = signer("seer", SignatureType::CosignatureMlDsa44, 4);
    let text = format!("log {}\nwitness seer {}\nquorum seer\n", log.vkey(), seer.vkey());
    let policy = Policy::parse(text.as_bytes()).unwrap();
    let note = signed(HEAD(), &[(&log, 0), (&seer, 77)]);
    let assessment = policy.assess(&note, Freshness::AsOf(u64::MAX)).unwrap();
    assert_eq!((assessment.cosigned[0].timestamp, assessment.quorum), (77, Quorum::Met));
    let alone = signed(HEAD(), &[(&log, 0)]);
    let missing = policy.assess(&alone, Freshness::AnyAge).unwrap().quorum;
    let expected = "seer has 0 of 1 cosignatures; there is none of seer";
    assert!(matches!(missing, Quorum::Missing(shortfalls) if shortfalls[0].to_string() == expected));
}

#[test]
fn a_policy_without_witnesses_says_so() {
    let none = Policy::parse(b"quorum none\n").unwrap();
    assert!(none.assess(&note(&[]), Freshness::AnyAge).is_err(), "no log is known");
    let policy = none.with_logs([log().vkey().clone()]);
    assert_eq!(policy, Policy::of_logs([log().vkey().clone()]));
    assert_eq!(policy.assess(&note(&[(1, 1)]), Freshness::AnyAge).unwrap().quorum, Quorum::NotRequired);
}

#[test]
fn malformed_policies_are_refused_with_line_and_reason() {
    let (l, a, b) = (log().vkey().to_string(), witness(1).vkey().to_string(), witness(2).vkey().to_string());
    // The same public key under another name, and as another type.
    let again = signer("again", SignatureType::CosignatureEd25519, 101).vkey().to_string();
    let two = format!("witness A {a}\nwitness B {b}\n");
    let form = |text| move |fault: &PolicyFault| *fault == PolicyFault::Form(text);
    type Check = Box<dyn Fn(&PolicyFault) -> bool>;
    let is = |expected: PolicyFault| -> Check { Box::new(move |fault| *fault == expected) };
    let undefined = |name: &str| is(PolicyFault::Undefined(name.to_owned()));
    let taken = |name: &str| is(PolicyFault::NameTaken(name.to_owned()));
    let threshold = || -> Check { Box::new(|fault| matches!(fault, PolicyFault::Threshold { .. })) };
    let table: Vec<(String, usize, Check)> = vec![
        (String::new(), 1, is(PolicyFault::NoQuorum)),
        ("\n\n".into(), 2, is(PolicyFault::NoQuorum)),
        ("quorum none".into(), 1, is(PolicyFault::UnendedLine)),
        ("quorum none\nquorum none\n".into(), 2, is(PolicyFault::SecondQuorum)),
        ("quorum\n".into(), 1, Box::new(form("quorum <name>|none"))),
        ("quorum none none\n".into(), 1, Box::new(form("quorum <name>|none"))),
        ("quorum A\n".into(), 1, undefined("A")),
        (format!("quorum A\n{two}"), 1, undefined("A")),
        ("Quorum none\n".into(), 1, is(PolicyFault::Keyword("Quorum".into()))),
        ("quorum\u{a0}none\n".into(), 1, is(PolicyFault::Keyword("quorum\u{a0}none".into()))),
        ("quorum none\r\n".into(), 1, is(PolicyFault::ControlCharacter)),
        ("quorum none\n# \x7f\n".into(), 2, is(PolicyFault::ControlCharacter)),
        ("log\n".into(), 1, Box::new(form("log <vkey> [<url>]"))),
        (format!("log {l} u v\n"), 1, Box::new(form("log <vkey> [<url>]"))),
        (format!("log {l}\nlog {l}\n"), 2, is(PolicyFault::DuplicateKey)),
        ("log x\n".into(), 1, Box::new(|fault| matches!(fault, PolicyFault::Vkey(_)))),
        (format!("witness A {l}\n"), 1, is(PolicyFault::NotACosigner)),
        ("witness A\n".into(), 1, Box::new(form("witness <name> <vkey> [<url>]"))),
        (format!("witness A {a} u v\n"), 1, Box::new(form("witness <name> <vkey> [<url>]"))),
        (format!("witness A {a}\nwitness A {b}\n"), 2, taken("A")),
        (format!("witness A {a}\nwitness B {a}\n"), 2, is(PolicyFault::DuplicateKey)),
        (format!("witness A {a}\nwitness B {again}\n"), 2, is(PolicyFault::DuplicateKey)),
        (format!("witness none {a}\n"), 1, taken("none")),
        (format!("{two}group none all A B\n"), 3, taken("none")),
        (format!("{two}group A all A B\n"), 3, taken("A")),
        (format!("{two}group G all\n"), 3, Box::new(form("group <name> all|any|<k> <name>..."))),
        (format!("{two}group G all A C\n"), 3, undefined("C")),
        (format!("{two}group G all A none\n"), 3, undefined("none")),
        (format!("{two}group G all G\n"), 3, undefined("G")),
        (format!("{two}group G all A A\n"), 3, is(PolicyFault::MemberTwice("A".into()))),
        (format!("{two}group G all A B\ngroup H any A\n"), 4, is(PolicyFault::MemberTwice("A".into()))),
        (format!("{two}group G 0 A B\n"), 3, threshold()),
        (format!("{two}group G 3 A B\n"), 3, threshold()),
        (format!("{two}group G +1 A B\n"), 3, threshold()),
        (format!("{two}group G ALL A B\n"), 3, threshold()),
        (format!("{two}group G 99999999999999999999 A B\n"), 3, threshold()),
        ("#overt\n".into(), 1, is(PolicyFault::Pragma)),
        ("#overt max-cosignature-age\n".into(), 1, is(PolicyFault::Pragma)),
        ("#overt max-cosignature-age 1h\n".into(), 1, is(PolicyFault::Pragma)),
        ("#overt max-cosignature-age -1\n".into(), 1, is(PolicyFault::Pragma)),
        ("#overt max-age 1\n".into(), 1, is(PolicyFault::Pragma)),
        ("#overt max-cosignature-age 1\n#overt max-cosignature-age 1\n".into(), 2, is(PolicyFault::Pragma)),
        (format!("# {}\n", "x".repeat(1 << 20)), 1, is(PolicyFault::TooLarge)),
    ];
    for (text, line, check) in table {
        let error = Policy::parse(text.as_bytes()).expect_err(&text);
        assert!(error.line == line && check(&error.fault), "{error:?} for {text:.200}");
    }
    let long = Policy::parse(format!("quorum {}\n", "x".repeat(100_000)).as_bytes()).unwrap_err();
    assert!(long.to_string().len() < 200, "a message is short, whatever the file");
    assert_eq!(Policy::parse(b"log \xff\n").unwrap_err().fault, PolicyFault::NotUtf8);
}

#[test]
fn comments_may_be_anything() {
    let text = b"  # \xff \xe9t\xe9\n#overtly no pragma\n# overt max-age\n#\n\t \n\t#overt max-cosignature-age 7 \nquorum none\n";
    assert_eq!(Policy::parse(text).unwrap().max_cosignature_age(), Some(7));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(lines in prop::collection::vec("(log|witness|group|quorum|#overt)?[ \\ta-z0-9]{0,20}", 0..6)) {
        let _ = Policy::parse((lines.join("\n") + "\n").as_bytes());
    }

    #[test]
    fn k_of_n_holds_exactly_from_k_on(n in 1_u8..6, k in 1_u8..6, mask: u8) {
        prop_assume!(k <= n);
        let numbers: Vec<u8> = (1..=n).collect();
        let mut text = format!("log {}\n", log().vkey());
        for number in &numbers {
            text += &format!("witness w{number} {}\n", witness(*number).vkey());
        }
        let names: Vec<String> = numbers.iter().map(|number| format!("w{number}")).collect();
        text += &format!("group g {k} {}\nquorum g\n", names.join(" "));
        let policy = Policy::parse(text.as_bytes()).unwrap();
        let there: Vec<(u8, u64)> =
            numbers.into_iter().filter(|number| mask >> number & 1 == 1).map(|number| (number, 1)).collect();
        let assessment = policy.assess(&note(&there), Freshness::AnyAge);
        prop_assert_eq!(assessment.unwrap().quorum.holds(), there.len() >= k.into());
    }
}
