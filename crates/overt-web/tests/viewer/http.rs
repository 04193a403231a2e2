//! What every reply carries, and which requests get none.

use super::*;

#[test]
fn every_reply_has_strict_headers() {
    let site = Site::new();
    let run = site.run("alpha", &samples(4), &system());
    for path in ["/", &format!("/runs/{run}"), &format!("/runs/{run}/files/run.json"), "/nothing", "/compare"]
    {
        let reply = site.send(ask(path));
        let header = |name: &str| reply.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'") && !policy.contains("unsafe"),
            "{path}"
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-cache"),
        ] {
            assert_eq!(header(name), value, "{path}");
        }
        assert!(
            reply.headers().get("access-control-allow-origin").is_none()
                && header("permissions-policy").contains("camera=()")
        );
    }
}

#[test]
fn only_this_machine_reads_and_only_reads() {
    let site = Site::new();
    let status = |request: Request<Body>| site.send(request).status();
    for host in ["example.org", "localhost.example.org", "10.0.0.1:80", ""] {
        let request = Request::get("/").header("host", host).body(Body::empty()).unwrap();
        assert_eq!(status(request), StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
    assert_eq!(status(Request::get("/").body(Body::empty()).unwrap()), StatusCode::MISDIRECTED_REQUEST);
    let twice = Request::get("/")
        .header("host", "localhost")
        .header("host", "example.org")
        .body(Body::empty())
        .unwrap();
    assert_eq!(status(twice), StatusCode::MISDIRECTED_REQUEST);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"] {
        let request = Request::builder()
            .method(method)
            .uri("/")
            .header("host", "localhost")
            .body(Body::empty())
            .unwrap();
        assert_eq!(status(request), StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
    let from = |site: &str, mode: &str| {
        let request = Request::get("/").header("host", "localhost").header("sec-fetch-site", site);
        status(request.header("sec-fetch-mode", mode).body(Body::empty()).unwrap())
    };
    assert_eq!(from("cross-site", "no-cors"), StatusCode::FORBIDDEN);
    assert_eq!(from("cross-site", "navigate"), StatusCode::OK);
    assert_eq!(from("same-origin", "cors"), StatusCode::OK);
    let long = format!("/?text={}", "x".repeat(20_000));
    assert_eq!(status(ask(&long)), StatusCode::URI_TOO_LONG);
}

#[test]
fn a_page_that_has_not_changed_is_not_sent_again_and_others_are_packed() {
    let site = Site::new();
    let run = site.run("alpha", &samples(30), &system());
    let path = format!("/runs/{run}/samples");
    let with = |name: &str, value: &str| {
        site.send(
            Request::get(&path).header("host", "localhost").header(name, value).body(Body::empty()).unwrap(),
        )
    };
    let plain = site.send(ask(&path));
    let tag = plain.headers()["etag"].to_str().unwrap().to_owned();
    let html = text(plain);
    let again = with("if-none-match", &format!("\"other\", {tag}"));
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(text(again), "");
    assert_eq!(with("if-none-match", "\"other\"").status(), StatusCode::OK);

    let packed = with("accept-encoding", "br, gzip;q=0.8");
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert_eq!(packed.headers()["etag"], tag);
    let bytes = packed.into_body().collect().now_or_never_unwrap();
    assert!(bytes.len() < html.len() / 3);
    let mut unpacked = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*bytes), &mut unpacked).unwrap();
    assert_eq!(unpacked, html);
    assert!(with("accept-encoding", "gzip;q=0").headers().get("content-encoding").is_none());
}

#[test]
fn assets_are_cached_for_ever_under_names_that_change_with_them() {
    let site = Site::new();
    let page = site.page("/");
    let links = page.all("link").filter_map(|link| link.get("href"));
    for path in links.chain(page.all("script").filter_map(|script| script.get("src"))) {
        let reply = site.send(ask(path));
        assert_eq!(reply.status(), StatusCode::OK);
        assert_eq!(reply.headers()["cache-control"], "public, max-age=31536000, immutable");
    }
}
