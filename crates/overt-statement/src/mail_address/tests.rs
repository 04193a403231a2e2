#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use proptest::prelude::*;

use super::*;

const SALT: [u8; 32] = [3; 32];

fn commitment(address: &str) -> Hash {
    MailAddress::parse(address).unwrap().commitment(&SALT)
}

#[test]
fn an_address_keeps_its_name_and_has_its_domain_in_ascii() {
    for (typed, exposed) in [
        ("a@example.org", "a@example.org"),
        ("  First.Last@Example.ORG\n", "First.Last@example.org"),
        ("o'neill+tag@sub.example.org", "o'neill+tag@sub.example.org"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@XN--bcher-kva.example", "a@xn--bcher-kva.example"),
        ("a@例え.テスト", "a@xn--r8jz45g.xn--zckzah"),
    ] {
        assert_eq!(MailAddress::parse(typed).unwrap().exposed(), exposed, "{typed}");
    }
}

#[test]
fn what_is_no_address_is_refused_for_its_reason() {
    let long = "x".repeat(65);
    let longer = format!("a@{}org", "example.".repeat(40));
    let labels = format!("a@{}.example", "x".repeat(64));
    for (typed, why) in [
        ("", NotAMailAddress::At),
        ("example.org", NotAMailAddress::At),
        ("@example.org", NotAMailAddress::At),
        ("a@", NotAMailAddress::At),
        ("a@b@example.org", NotAMailAddress::At),
        ("a b@example.org", NotAMailAddress::Local),
        (".a@example.org", NotAMailAddress::Local),
        ("a..b@example.org", NotAMailAddress::Local),
        ("a.@example.org", NotAMailAddress::Local),
        ("\"a\"@example.org", NotAMailAddress::Local),
        ("a\r\nBcc: b@example.org", NotAMailAddress::Local),
        ("a,b@example.org", NotAMailAddress::Local),
        ("é@example.org", NotAMailAddress::Local),
        ("a@example", NotAMailAddress::Domain),
        ("a@localhost", NotAMailAddress::Domain),
        ("a@127.0.0.1", NotAMailAddress::Domain),
        ("a@[127.0.0.1]", NotAMailAddress::Domain),
        ("a@example.org.", NotAMailAddress::Domain),
        ("a@.example.org", NotAMailAddress::Domain),
        ("a@-a.example", NotAMailAddress::Domain),
        ("a@a_b.example", NotAMailAddress::Domain),
        ("a@exa mple.org", NotAMailAddress::Domain),
        ("a@xn--a.example", NotAMailAddress::Domain),
        ("a@example.org\r\nBcc: x", NotAMailAddress::Domain),
        (&labels, NotAMailAddress::Domain),
        (&format!("{long}@example.org"), NotAMailAddress::TooLong),
        (&longer, NotAMailAddress::TooLong),
    ] {
        assert_eq!(MailAddress::parse(typed), Err(why), "{typed:?}");
    }
}

#[test]
fn spellings_of_one_mailbox_are_one_signatory() {
    for (one, other) in [
        ("a@example.org", "A@EXAMPLE.org"),
        ("a@example.org", "a+letters@example.org"),
        ("first.last@gmail.com", "FirstLast+x@googlemail.com"),
        ("a@icloud.com", "a@me.com"),
        ("a.b-c_d@proton.me", "abcd@proton.me"),
        ("a@yandex.ru", "a@ya.ru"),
    ] {
        assert_eq!(commitment(one), commitment(other), "{one} {other}");
    }
    for (one, other) in [
        ("a@example.org", "b@example.org"),
        ("a@example.org", "a@example.net"),
        ("a.b@example.org", "ab@example.org"),
        ("a.b@yandex.ru", "ab@yandex.ru"),
        ("a@proton.me", "a@protonmail.com"),
        ("+a@example.org", "+b@example.org"),
        ("-@proton.me", "_@proton.me"),
    ] {
        assert_ne!(commitment(one), commitment(other), "{one} {other}");
    }
    // As the record's own definition has it.
    assert_eq!(commitment("a+x@example.org"), email_commitment(&SALT, "a@example.org"));
}

#[test]
fn people_who_share_a_mailbox_are_told_apart_by_their_names() {
    let shared = |address: &str, name: &str| {
        MailAddress::parse(address).unwrap().shared_commitment(&SALT, &Name::new(name).unwrap())
    };
    let one = shared("family@example.org", "José Example");
    assert_eq!(one, shared("Family+x@example.org", "jose example"));
    assert_ne!(one, shared("family@example.org", "Ana Example"));
    assert_ne!(one, commitment("family@example.org"));
}

#[test]
fn an_address_does_not_show_itself() {
    let address = MailAddress::parse("secret.person@private.example").unwrap();
    let shown = format!("{address:?} {:?}", Some(&address));
    assert!(!shown.contains("secret") && !shown.contains("private"), "{shown}");
    let error = MailAddress::parse("secret person@private.example").unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("secret") && !shown.contains("private"), "{shown}");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_what_is_read_is_safe_in_a_header(typed in "\\PC{0,30}|[a-z+.@é\r\n ]{0,20}|[a-z]{1,5}@[a-zü.-]{1,20}") {
        if let Ok(address) = MailAddress::parse(&typed) {
            let exposed = address.exposed();
            prop_assert!(exposed.bytes().all(|b| b.is_ascii_graphic()), "{exposed}");
            prop_assert!(!exposed.contains([',', ';', ':', '<', '>', '"', '(', ')', '\\']), "{exposed}");
            // What was read can be read again, and is the same.
            prop_assert_eq!(MailAddress::parse(&exposed), Ok(address));
        }
    }
}
