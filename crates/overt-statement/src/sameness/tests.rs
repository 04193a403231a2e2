#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use core::net::IpAddr;

use overt_record::{Name, Timestamp};
use proptest::prelude::*;

use super::*;

fn name(name: &str) -> Name {
    Name::new(name).unwrap()
}

fn folded(words: &str) -> String {
    FoldedName::of(&name(words)).as_str().to_owned()
}

#[test]
fn folding_takes_away_what_people_write_differently() {
    for (written, expected) in [
        ("Dr. José O’Neill-Łuczak", "dr jose oneill luczak"),
        ("JOSE\u{301} O'NEILL", "jose oneill"),
        ("Ｊａｎｅ Doe", "jane doe"),
        ("Straße", "strasse"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
        ("Işıl İnan", "isil inan"),
        ("Ærøskøbing Þór", "aeroskobing thor"),
        ("Đặng Văn", "dang van"),
        ("Ёлкин", "елкин"),
        ("מֹשֶׁה", "משה"),
        ("हिन्दी", "हिन्दी"),
        ("AI Now (NYU), Inc.", "ai now nyu inc"),
        ("★★★", "★★★"),
    ] {
        assert_eq!(folded(written), expected, "{written}");
    }
}

#[test]
fn a_name_is_like_another_in_the_strongest_way_alone() {
    let mut known = Known::default();
    let people = [
        ("Jane Doe", Some("Example Lab")),
        ("Jane Doe", None),
        ("Doe, Jane", None),
        ("Jane Dое", None), // о and е are Cyrillic
        ("Friedrich Müller", None),
        ("Li Wei", None),
        ("Somebody Else", None),
    ];
    for (place, (person, affiliation)) in people.into_iter().enumerate() {
        assert_eq!(known.add(&name(person), affiliation.map(name).as_ref()), place);
    }
    let like = |person: &str, affiliation: Option<&str>| {
        let found = known.like(&name(person), affiliation.map(name).as_ref());
        found.into_iter().map(|likeness| (likeness.with, likeness.how)).collect::<Vec<_>>()
    };
    assert_eq!(
        like("JANE DOE", Some("example lab")),
        [(0, How::NameAndAffiliation), (1, How::Name), (2, How::Words), (3, How::Looks)]
    );
    assert_eq!(
        like("Jane Doe", Some("Another")),
        [(0, How::Name), (1, How::Name), (2, How::Words), (3, How::Looks)]
    );
    assert_eq!(like("Friedrich Mueller", None), [(4, How::Near { edits: 1 })]);
    assert_eq!(
        like("Freidrich Mueler", None),
        [(4, How::Near { edits: 1 })].map(|(at, _)| (at, How::Near { edits: 2 }))
    );
    assert_eq!(like("Li Wen", None), [], "short names one letter apart are two people's");
    assert_eq!(like("Nobody", None), []);
}

#[test]
fn the_rules_for_near_names_go_from_the_longest() {
    assert!(NEAR_RULES.is_sorted_by(|a, b| a.from_length > b.from_length));
    // Shorter by as many letters as are allowed, there is still a name.
    assert!(NEAR_RULES.iter().all(|rule| rule.edits < rule.from_length));
}

#[test]
fn odd_names_are_pointed_out() {
    for (written, expected) in [
        ("Jane Doe", vec![]),
        ("Яндекс Research", vec![]),
        ("John Smith III", vec![]),
        ("J\u{430}ne Doe", vec![Oddity::MixedScripts]),
        ("★ 12345", vec![Oddity::NoLetters, Oddity::Digits]),
        ("https://example.org", vec![Oddity::Address]),
        ("jane@example.org", vec![Oddity::Address]),
        ("Buy at WWW.example.org", vec![Oddity::Address]),
        ("user4711", vec![Oddity::Digits]),
    ] {
        assert_eq!(oddities(&name(written)), expected, "{written}");
    }
}

#[test]
fn networks_forget_the_rest_of_the_address() {
    for (address, network) in [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
    ] {
        assert_eq!(Network::from(address.parse::<IpAddr>().unwrap()).to_string(), network);
    }
}

fn signing(seconds: u64, domain: &str, host: u8) -> Signing {
    let network = IpAddr::from([192, 0, host, 1]);
    Signing {
        at: Timestamp::from_unix(1_000_000 + seconds).unwrap(),
        domain: Some(domain.to_owned()),
        network: Some(network.into()),
    }
}

const THREE_A_MINUTE: BurstRule =
    BurstRule { dimension: Dimension::Domain, seconds: 60, at_least: 3, why: "a test" };

#[test]
fn a_burst_is_as_long_as_the_rule_holds() {
    let times = [0, 500, 30, 560, 61, 90, 1000, 700];
    let signings: Vec<_> = times.iter().map(|seconds| signing(*seconds, "example.org", 1)).collect();
    let found = bursts(&signings, &[THREE_A_MINUTE]);
    // 30, 61 and 90 lie within a minute; 0, 30 and 61 do not.
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].signings, [2, 4, 5]);
    assert_eq!((found[0].from, found[0].to), (signings[2].at, signings[5].at));
    assert_eq!(found[0].shared, Shared::Domain("example.org".to_owned()));
}

#[test]
fn two_bursts_with_a_pause_between_them_are_two() {
    let times = [0, 1, 2, 3, 500, 501, 502];
    let signings: Vec<_> = times.iter().map(|seconds| signing(*seconds, "example.org", 1)).collect();
    let found: Vec<_> =
        bursts(&signings, &[THREE_A_MINUTE]).into_iter().map(|burst| burst.signings).collect();
    assert_eq!(found, [vec![0, 1, 2, 3], vec![4, 5, 6]]);
}

#[test]
fn what_is_shared_decides_who_is_counted_together() {
    let signings: Vec<_> = (0..40)
        .map(|at| signing(at, if at % 2 == 0 { "gmail.com" } else { "example.org" }, (at % 4) as u8))
        .collect();
    let found = |dimension| {
        let rule = BurstRule { dimension, ..THREE_A_MINUTE };
        bursts(&signings, &[rule])
            .into_iter()
            .map(|burst| (burst.shared, burst.signings.len()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found(Dimension::Domain),
        [(Shared::Domain("example.org".to_owned()), 20)],
        "anybody is at gmail.com"
    );
    assert_eq!(found(Dimension::Network).len(), 4);
    assert_eq!(found(Dimension::Statement), [(Shared::Statement, 40)]);
    let unknown = vec![Signing { domain: None, network: None, ..signings[0].clone() }; 9];
    assert!(bursts(&unknown, &BURST_RULES).iter().all(|burst| burst.shared != Shared::Domain(String::new())));
}

#[test]
fn the_rules_that_a_site_begins_with_find_a_flood_and_no_trickle() {
    let flood: Vec<_> = (0..400).map(|at| signing(at, "made-up.example", 1)).collect();
    assert_eq!(bursts(&flood, &BURST_RULES).len(), 4);
    let trickle: Vec<_> = (0..100).map(|at| signing(at * 3600, "example.org", (at % 200) as u8)).collect();
    assert_eq!(bursts(&trickle, &BURST_RULES), []);
}

proptest! {
    #[test]
    fn folding_twice_is_folding_once(words in "\\PC{1,20}") {
        if let Ok(name) = Name::new(words) {
            let once = FoldedName::of(&name);
            if let Ok(again) = Name::new(once.as_str()) {
                prop_assert_eq!(FoldedName::of(&again), once);
            }
        }
    }

    /// By the definition, in quadratic time.
    #[test]
    fn bursts_are_what_the_rule_says(times in prop::collection::vec(0..400_u64, 0..30)) {
        let signings: Vec<_> = times.iter().map(|at| signing(*at, "example.org", 1)).collect();
        let mut expected = std::collections::BTreeSet::new();
        for from in &times {
            let within: Vec<_> = (0..times.len()).filter(|at| times[*at] >= *from && times[*at] - from <= 60).collect();
            if within.len() >= 3 {
                expected.extend(within);
            }
        }
        let found: std::collections::BTreeSet<_> =
            bursts(&signings, &[THREE_A_MINUTE]).into_iter().flat_map(|burst| burst.signings).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_known_name_is_found_again_however_it_is_written(words in "[A-Za-zé]{1,8} [A-Zß-ý'’]{1,8}") {
        let mut known = Known::default();
        known.add(&name(&words), None);
        let shouted = name(&words.to_uppercase());
        prop_assert_eq!(known.like(&shouted, None), [Likeness { with: 0, how: How::Name }]);
    }
}
