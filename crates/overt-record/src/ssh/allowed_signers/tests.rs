use proptest::prelude::*;

use super::*;
use crate::ssh::parse_public;

const ED25519: &str = include_str!("../../../tests/data/ssh/ed25519.pub");
const P256: &str = include_str!("../../../tests/data/ssh/ecdsa.pub");
const RSA: &str = include_str!("../../../tests/data/ssh/rsa.pub");

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn one(line: &str) -> AllowedSigner {
    let list = AllowedSigners::parse(line).unwrap();
    assert_eq!(list.skipped(), []);
    list.signers()[0].clone()
}

fn reason(line: &str) -> String {
    let list = AllowedSigners::parse(line).unwrap();
    assert_eq!((list.signers().len(), list.skipped().len()), (0, 1), "{line}");
    list.skipped()[0].reason.clone()
}

/// After the example of ssh-keygen(1).
#[test]
fn the_list_says_whom_a_key_speaks_for() {
    let [ed25519, p256, rsa] = [ED25519, P256, RSA].map(str::trim);
    let text = format!(
        "# Comments allowed at start of line\n\
         user1@example.com,user2@example.com {ed25519}\n\
            \t\n\
         *@example.com cert-authority {ed25519}\n\
         user2@example.com namespaces=\"file,overt-*\" {p256}\n\
         \"white space\" valid-after=\"20260101Z\",valid-before=\"202612312359\" {ed25519}\n\
         someone {rsa}"
    );
    let list = AllowedSigners::parse(&text).unwrap();
    let (key, other) = (parse_public(ED25519).unwrap(), parse_public(P256).unwrap());
    let find = |key, namespace, time| list.principals(key, namespace, at(time)).collect::<Vec<_>>();
    let users = ["user1@example.com", "user2@example.com"];
    assert_eq!(find(&key, "file", "2025-12-31T23:59:59Z"), users);
    assert_eq!(find(&key, "file", "2026-01-01T00:00:00Z"), [users[0], users[1], "white space"]);
    assert_eq!(find(&key, "file", "2026-12-31T23:59:00Z").len(), 3);
    assert_eq!(find(&key, "file", "2026-12-31T23:59:01Z").len(), 2);
    assert_eq!(find(&other, "overt-dsse-v1", "2026-01-01T00:00:00Z"), ["user2@example.com"]);
    assert!(find(&other, "git", "2026-01-01T00:00:00Z").is_empty());
    let skipped: Vec<_> =
        list.skipped().iter().map(|skipped| (skipped.line, skipped.reason.as_str())).collect();
    assert_eq!(skipped.len(), 2);
    assert_eq!(skipped[0], (4, "certificates (cert-authority) are not read here"));
    assert_eq!(skipped[1].0, 7);
    assert!(skipped[1].1.contains("ssh-rsa"));
}

#[test]
fn patterns_are_those_of_ssh_config() {
    let signer = one(&format!("*@example.com,!root@*,a?c {ED25519}"));
    for (name, about) in [
        ("me@example.com", true),
        ("@example.com", true),
        ("root@example.com", false),
        ("me@example.org", false),
        ("abc", true),
        ("ac", false),
        ("", false),
    ] {
        assert_eq!(signer.is_about(name), about, "{name}");
    }
    assert!(!one(&format!("!me {ED25519}")).is_about("you"), "an exception alone allows nobody");
    assert!(one(&format!("* {ED25519}")).is_about(""));
}

#[test]
fn options_may_stand_in_one_word_or_in_several_and_in_any_case() {
    for options in [
        "NAMESPACES=\"a\",valid-after=\"20200101\"",
        "namespaces=\"a\" Valid-After=\"20200101000000Z\"",
        "valid-after=\"202001010000z\" namespaces=\"a\"",
    ] {
        let signer = one(&format!("me {options} {ED25519}"));
        assert!(signer.allows("a", at("2020-01-01T00:00:00Z")), "{options}");
        assert!(
            !signer.allows("a", at("2019-12-31T23:59:59Z"))
                && !signer.allows("b", at("2021-01-01T00:00:00Z"))
        );
    }
    let quoted = one(&format!("me namespaces=\"a b,c\\\"d\" {ED25519}"));
    assert!(
        quoted.allows("a b", at("2020-01-01T00:00:00Z")) && quoted.allows("c\"d", at("2020-01-01T00:00:00Z"))
    );
}

#[test]
fn a_line_that_cannot_be_used_is_skipped_with_the_reason() {
    for (options, part) in [
        ("unknown", "unknown"),
        ("no-touch-required=\"x\"", "no-touch-required"),
        ("cert-authority,namespaces=\"a\"", "cert-authority"),
        ("namespaces", "needs a value"),
        ("namespaces=a", "needs a value"),
        ("namespaces=\"a", "a quote is not closed"),
        ("namespaces=\"a\"b", "needs a value"),
        ("namespaces=\"\"", "an empty name"),
        ("namespaces=\"a,,b\"", "an empty name"),
        ("namespaces=\"a\",namespaces=\"b\"", "twice"),
        ("namespaces=\"a\",", "not known"),
        ("valid-after=\"2020\"", "is not a time"),
        ("valid-after=\"20201301\"", "is not a time"),
        ("valid-after=\"20200230\"", "is not a time"),
        ("valid-after=\"20200101 \"", "is not a time"),
        ("valid-after=\"\u{e9}0200101\"", "is not a time"),
        ("valid-after=\"2020010124\"", "is not a time"),
        ("valid-after=\"202001012400\"", "is not a time"),
        ("valid-after=\"20200101\",valid-before=\"20200101\"", "not after"),
    ] {
        let reason = reason(&format!("me {options} {ED25519}"));
        assert!(reason.contains(part), "{options}: {reason}");
    }
    for line in
        ["me", "me ssh-ed25519", "me ssh-ed25519 AAAA", "ssh-ed25519 AAAA", "\"me", ", ssh-ed25519 AAAA"]
    {
        reason(line);
    }
}

#[test]
fn the_size_of_a_list_is_bounded() {
    assert!(AllowedSigners::parse(&"#".repeat(MAX_FILE)).is_ok());
    assert!(AllowedSigners::parse(&"#".repeat(MAX_FILE + 1)).is_err());
}

#[test]
fn a_pattern_of_many_stars_is_quick() {
    let pattern = format!("{}b", "*a".repeat(2_000));
    let signer = one(&format!("{pattern} {ED25519}"));
    assert!(!signer.is_about(&"a".repeat(20_000)));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[\"\\\\, =a-z!*?\n-]{0,60}", other: String) {
        for text in [text, other] {
            let list = AllowedSigners::parse(&text).unwrap();
            prop_assert!(list.signers().is_empty());
        }
    }

    #[test]
    fn a_pattern_matches_as_the_regular_way_would(pattern in "[ab*?]{0,8}", name in "[ab]{0,8}") {
        fn plainly(pattern: &[u8], name: &[u8]) -> bool {
            match (pattern, name) {
                ([], []) => true,
                ([b'*', rest @ ..], _) => (0..=name.len()).any(|skip| plainly(rest, &name[skip..])),
                ([b'?', rest @ ..], [_, tail @ ..]) => plainly(rest, tail),
                ([a, rest @ ..], [b, tail @ ..]) if a == b => plainly(rest, tail),
                _ => false,
            }
        }
        let expected = plainly(pattern.as_bytes(), name.as_bytes());
        prop_assert_eq!(matches(std::slice::from_ref(&pattern), &name), expected);
    }
}
