//! Schemathesis reads the API's description and asks whatever it can think of.

use std::path::PathBuf;
use std::process::Command;

use crate::world::full;

/// The program of the environment that `script/setup --check` makes, if it is there.
fn program() -> Option<PathBuf> {
    let named = std::env::var_os("OVERT_INTEROP").map(PathBuf::from);
    let environment =
        named.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/overt/interop")))?;
    let program = environment.join("bin/schemathesis");
    if program.is_file() {
        return Some(program);
    }
    eprintln!("SKIPPED: there is no {}; `script/setup --check` installs it", program.display());
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schemathesis_finds_no_answer_that_is_not_described() {
    let Some(program) = program() else { return };
    let (world, _) = full().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server =
        tokio::spawn(overt_web::server::serve(listener, world.router.clone(), std::future::pending()));
    let folder = world.directory.path().to_owned();
    let ran = tokio::task::spawn_blocking(move || {
        Command::new(program)
            .current_dir(folder)
            .args(["run", &format!("{url}/api/v1/openapi.json"), "--url", &url, "--no-color", "--seed", "7"])
            .args(["--max-examples", "12", "--phases", "examples,coverage,fuzzing", "--generation-deterministic"])
            .args(["--suppress-health-check", "all", "--continue-on-failure"])
            .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"])
            .output()
            .unwrap()
    });
    let ran = ran.await.unwrap();
    server.abort();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
}
