//! Names and answers that want to be more than text.

use super::*;

const SAMPLES: &str = r#"{"id":"../../etc/passwd","question":"question 0","target":"yes"}
{"id":"..","question":"question 1","target":"yes"}
{"id":".","question":"question 2","target":"yes"}
{"id":"~","question":"question 3","target":"yes"}
{"id":"<script>alert(1)</script>\"'","question":"\u202eevil <img src=x onerror=alert(1)>","target":"yes"}
{"id":"a b?c#d%2Fe&amp;","question":"</textarea></script><style>*{display:none}</style>","target":"yes"}
{"id":"\u0000\u001b[2J\n","question":"question 6 {{ 7 * 7 }}","target":"yes"}"#;

fn hostile(text: &str) -> Result<String, Failure> {
    Ok(match text {
        "question 0" => "x".repeat(3 << 20),
        "question 1" => "\u{202e}\u{2066}\u{200b}\u{e0041}".repeat(10_000),
        _ => format!("<script>alert(1)</script>{text}</pre></div></main>\u{0}\u{7}\u{202e}"),
    })
}

#[test]
fn every_sample_is_reached_by_the_link_in_the_list_and_nothing_it_says_is_markup() {
    let site = Site::new();
    let run = site.run("alpha", SAMPLES, &Table { name: "<b>&\u{202e}", reply: hostile });
    site.page("/");
    site.page(&format!("/runs/{run}"));
    let list = site.page(&format!("/runs/{run}/samples"));
    let links: Vec<&str> = (list.all("a").filter_map(|link| link.get("href")))
        .filter(|href| href.starts_with(&format!("/runs/{run}/samples/")))
        .collect();
    assert_eq!(links.len(), 7);
    for link in links {
        let page = site.page(link);
        assert!(page.all("script").count() == 1 && page.all("img").count() == 0, "{link}");
        let turned = ['\u{202e}', '\u{2066}', '\u{200b}', '\u{e0041}', '\u{0}', '\u{7}'];
        assert!(page.all("html").all(|html| !html.text.contains(turned)), "{link}");
        assert!(page.all("title").all(|title| !title.text.contains('<') || title.text.contains("<script>")));
    }
}

#[test]
fn a_long_answer_is_cut_and_the_rest_has_an_address_as_plain_text() {
    let site = Site::new();
    let run = site.run("alpha", SAMPLES, &Table { name: "t", reply: hostile });
    let list = site.page(&format!("/runs/{run}/samples"));
    let (_, html) = site.get(&list.link("passwd"));
    assert!(html.len() < 100_000, "{} bytes", html.len());
    let page = Document::checked(&html);
    let reply = site.send(ask(&page.link("Read all of it")));
    assert_eq!(reply.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(reply.headers()["x-content-type-options"], "nosniff");
    assert_eq!(text(reply).len(), 3 << 20);
    let row = site.send(ask(&page.link("The whole row as JSON")));
    assert_eq!(row.headers()["content-type"], "text/plain; charset=utf-8");
}

#[test]
fn paths_lead_nowhere_but_to_what_was_listed() {
    let site = Site::new();
    let run = site.run("alpha", &samples(4), &system());
    std::fs::write(site.home.path().join("secret"), "secret").unwrap();
    std::fs::write(site.runs().join(&run).join("secret"), "secret").unwrap();
    #[cfg(unix)]
    {
        let parquet = site.runs().join(&run).join("openings.json");
        std::os::unix::fs::symlink(site.home.path().join("secret"), parquet).unwrap();
    }
    for path in [
        "/runs/..",
        "/runs/%2e%2e",
        "/runs/~..",
        "/runs/%2Fetc",
        "/runs/..%2F",
        "/runs/.",
        "/runs/%00",
        &format!("/runs/{run}%2F..%2F{run}"),
        &format!("/runs/{run}/files/secret"),
        &format!("/runs/{run}/files/openings.json"),
        &format!("/runs/{run}/files/..%2Fsecret"),
        &format!("/runs/{run}/files/..%2F..%2Fsecret"),
        &format!("/runs/{run}/files/"),
        &format!("/runs/{run}/samples/alpha/none/0"),
        &format!("/runs/{run}/samples/alpha/s001/1"),
        &format!("/runs/{run}/samples/alpha/s001/-1"),
        &format!("/runs/{run}/samples/beta/s001/0"),
        &format!("/runs/{run}/samples/alpha/s001/0/texts/message-9"),
        &format!("/runs/{run}/samples/alpha/s001/0/texts/secret"),
        "/assets/overt.css",
        "/assets/..%2F..%2Fsecret",
        "/nothing",
    ] {
        let (status, body) = site.get(path);
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(!body.contains("secret\n") && body != "secret", "{path}");
        Document::checked(&body);
    }
}

#[test]
fn a_hostile_manifest_is_shown_as_text() {
    let site = Site::new();
    let run = site.run("alpha", &samples(12), &system());
    let path = site.runs().join(&run).join("run.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let evil = "\u{0}<script>alert(1)</script>\u{202e}\"'>\n";
    for pointer in [
        "/id",
        "/created",
        "/system/name",
        "/system/model",
        "/system/base_url",
        "/tasks/0/name",
        "/tasks/0/title",
        "/tasks/0/version",
        "/tasks/0/dataset/source",
        "/tasks/0/metrics/0/title",
        "/tasks/0/metrics/0/interval/method",
        "/overt/version",
    ] {
        *manifest.pointer_mut(pointer).unwrap() = evil.into();
    }
    manifest["host"][evil] = evil.into();
    manifest["notes"] = serde_json::json!([evil]);
    manifest["requirements"] = serde_json::json!([{ "expression": evil, "held": null, "reason": evil }]);
    manifest["tasks"][0]["stopped"] = evil.into();
    manifest["tasks"][0]["metrics"][0]["value"] = (-1e308).into();
    std::fs::write(&path, manifest.to_string()).unwrap();
    for path in [
        "/".to_owned(),
        format!("/runs/{run}"),
        format!("/runs/{run}/samples"),
        format!("/compare?run={run}&run={run}"),
    ] {
        let page = site.page(&path);
        assert_eq!(page.all("script").count(), 1, "{path}");
        assert!(page.all("body").all(|body| !body.text.contains(['\u{202e}', '\u{0}'])), "{path}");
    }
    let list = site.page(&format!("/runs/{run}/samples"));
    site.page(&list.link("s001"));
}
