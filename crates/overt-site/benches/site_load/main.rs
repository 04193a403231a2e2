//! What `bench/site.sh` measures with: a statement that very many signed, people who sign by mail, and a system that
//! answers at once, for making a large run.
//!
//! ```text
//! site_load answer                             prints its address, and answers until it is ended
//! site_load crowd SITE HOME SIGNATORIES        fills the log of a site that is not served; prints the statement's digest,
//!                                              and writes those of others, which nobody signed, into SITE/../statements
//! site_load sign  URL MAILS STATEMENTS PEOPLE CONNECTIONS
//!                                              signs over HTTP, each person by the mail that came for them
//! ```
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench prints its measurements, and stops where one fails"
)]

mod answers;
mod client;
mod crowd;
mod sign;

use std::path::Path;

fn main() {
    // `cargo bench` adds a flag of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["answer"] => runtime().block_on(answers::serve()),
        ["crowd", site, home, people] => {
            runtime().block_on(crowd::fill(Path::new(site), Path::new(home), people.parse().unwrap()));
        }
        ["sign", url, mails, statements, people, connections] => {
            let load = sign::Load {
                host: url.trim_start_matches("http://").trim_end_matches('/').to_owned(),
                mails: mails.into(),
                statements: std::fs::read_to_string(statements).unwrap().lines().map(str::to_owned).collect(),
                people: people.parse().unwrap(),
                connections: connections.parse().unwrap(),
            };
            runtime().block_on(sign::measure(load));
        }
        // Also what `cargo bench` of everything does.
        _ => println!("site_load: bench/site.sh says what to ask"),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}
