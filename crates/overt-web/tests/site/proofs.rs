//! What a site hands out can be checked without it.

use axum::http::StatusCode;
use overt_record::policy::{Freshness, Policy};
use overt_record::{Bundle, Verifier};

use crate::world::full;

#[tokio::test]
async fn the_bundle_of_every_record_verifies_offline_under_the_sites_policy() {
    let (world, logged) = full().await;
    let policy = Policy::parse(world.policy.as_bytes()).unwrap();
    for (kind, record) in &logged {
        let reply = world.get(&format!("/records/{record}.overt.json")).await;
        assert_eq!(reply.status, StatusCode::OK, "{kind}");
        let report = Verifier::default().with_policy(&policy, Freshness::AnyAge).verify(&reply.bytes);
        assert!(report.passed() && report.logged.is_some(), "{kind}: {:?}", report.checks);
        assert_eq!(report.record.unwrap().digest, *record, "{kind}");
        // The two halves are the same evidence.
        let signed = world.get(&format!("/records/{record}.sigstore.json")).await;
        let proof = world.get(&format!("/records/{record}.tlog-proof")).await;
        let halves = Verifier::default()
            .with_policy(&policy, Freshness::AnyAge)
            .verify_with_proof(&signed.bytes, &proof.bytes);
        assert!(halves.passed() && halves.logged.is_some(), "{kind}: {:?}", halves.checks);
        assert_eq!(Bundle::parse(&reply.bytes).unwrap().proof.unwrap().to_string().into_bytes(), proof.bytes);
        assert_eq!(reply.header("access-control-allow-origin"), "*");
    }
}

#[tokio::test]
async fn a_records_page_has_what_a_browser_needs_to_check_it() {
    let (world, logged) = full().await;
    let record = logged["statement"];
    let page = world.get(&format!("/records/{record}")).await.text();
    assert!(page.contains(&format!("data-bundle=\"/records/{record}.overt.json\"")), "{page}");
    let verifier = page.split("data-verifier=\"").nth(1).unwrap().split('"').next().unwrap();
    let script = world.get(verifier).await;
    assert_eq!(
        script.bytes,
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/verify.js")).unwrap()
    );
    assert!(
        script.header("content-type").starts_with("text/javascript")
            && script.header("cache-control").contains("immutable")
    );
    // The site's policy is in the form, to be replaced by the reader's.
    assert!(
        page.contains(world.policy.lines().next().unwrap()) && page.contains("this site’s own word"),
        "{page}"
    );
    let policy = world.get("/about/policy.txt").await;
    assert_eq!(policy.text(), world.policy);
}

#[tokio::test]
async fn the_verifier_of_the_page_says_the_same_as_ours() {
    let Ok(node) = std::process::Command::new("node").arg("--version").output() else {
        eprintln!("skipped: there is no node");
        return;
    };
    assert!(node.status.success());
    let (world, logged) = full().await;
    let (verifier, policy, bundle) =
        (world.path("verify.mjs"), world.path("site.policy"), world.path("record.overt.json"));
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/verify.js"), &verifier).unwrap();
    std::fs::write(&policy, world.get("/about/policy.txt").await.bytes).unwrap();
    for (kind, record) in &logged {
        std::fs::write(&bundle, world.get(&format!("/records/{record}.overt.json")).await.bytes).unwrap();
        let ran = std::process::Command::new("node")
            .arg(&verifier)
            .arg(&bundle)
            .arg("--policy")
            .arg(&policy)
            .output()
            .unwrap();
        assert!(ran.status.success(), "{kind}: {}", String::from_utf8_lossy(&ran.stdout));
    }
}
