//! What a list is asked for, read from an address: asked again by the address that it makes, it is the same.
#![no_main]

use axum::extract::Query;
use axum::http::Uri;
use libfuzzer_sys::fuzz_target;
use overt_web::kit::link::{segment, unsegment};
use overt_web::view::{Asked, Filter};

fn asked(address: &str) -> Option<Asked> {
    let uri: Uri = address.parse().ok()?;
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&uri).ok()?;
    Some(Asked::new(pairs))
}

fuzz_target!(|text: &str| {
    let part = segment(text);
    assert!(!["", ".", ".."].contains(&&*part), "a browser loses it");
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
    assert!(part.bytes().all(kept));
    let decoded = asked(&format!("/?part={part}")).expect("an address");
    // Values that are far too long, or hold a NUL, are left out.
    assert!(decoded.get("part").is_none_or(|part| unsegment(part) == text));

    let Some(question) = asked(&format!("/?{text}")) else { return };
    assert!(question.page() >= 1);
    let (filter, unread) = Filter::read(&question);
    let address = filter.query().on("/");
    let again = asked(&address).expect("what was written is an address");
    let (again, still_unread) = Filter::read(&again);
    assert_eq!(again, filter, "{address}");
    assert!(still_unread.is_empty(), "{address}: {still_unread:?} of {unread:?}");
    assert!(filter.from.into_iter().chain(filter.to).all(f64::is_finite));
});
