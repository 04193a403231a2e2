//! Serves the runs of a directory: `cargo run -p overt-web --example view -- DIRECTORY [PORT]`.

use std::path::PathBuf;

use overt_web::server::{ViewerSettings, serve, viewer};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let root = PathBuf::from(arguments.next().unwrap_or_else(|| "runs".into()));
    let port = arguments.next().and_then(|port| port.parse().ok()).unwrap_or(8765_u16);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let settings = ViewerSettings { root, memory: 256 << 20, version: env!("CARGO_PKG_VERSION").into() };
    serve(listener, viewer(settings), std::future::pending()).await
}
