//! A browser checks a record on its page, under the page's own strict policy for scripts.

use std::path::PathBuf;
use std::process::Command;

use crate::world::{World, full};

/// Debian's Chromium, if it is there.
fn chromium() -> Option<PathBuf> {
    let found = ["/usr/bin/chromium", "/usr/bin/chromium-browser"]
        .map(PathBuf::from)
        .into_iter()
        .find(|path| path.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: there is no chromium");
    }
    found
}

/// What a page says after its scripts ran.
async fn seen(world: &World, chromium: PathBuf, path: &str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{path}", listener.local_addr().unwrap());
    let server =
        tokio::spawn(overt_web::server::serve(listener, world.router.clone(), std::future::pending()));
    let profile = format!("--user-data-dir={}", world.path("profile").display());
    let ran = tokio::task::spawn_blocking(move || {
        Command::new(chromium)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--dump-dom",
                "--virtual-time-budget=20000",
            ])
            .args([&profile, &url])
            .output()
            .unwrap()
    });
    let ran = ran.await.unwrap();
    server.abort();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_checks_a_signature_by_itself_and_says_what_holds() {
    let Some(chromium) = chromium() else { return };
    let (world, logged) = full().await;
    let page = seen(&world, chromium, &format!("/records/{}", logged["endorsement"])).await;
    assert!(page.contains("Every check that was made holds"), "{page}");
    assert!(page.contains("a log that you trust signed the tree") && !page.contains("badge bad"), "{page}");
}
