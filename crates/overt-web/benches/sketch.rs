//! What a large run costs to look at: `cargo bench -p overt-web --bench sketch -- [SAMPLES]`, a million unless said otherwise.
//!
//! The run is made by the real engine first, which takes most of the time and is not measured.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::unnecessary_wraps,
    reason = "a benchmark says what it finds, and stops where it cannot go on"
)]

#[path = "../tests/viewer/made.rs"]
#[allow(dead_code, reason = "the tests make unfinished runs, too")]
mod made;

use std::time::Instant;

use overt_eval::Systems;
use overt_schema::Failure;
use overt_web::view::{Asked, Filter, RunView};

use made::{Table, Until, make, settings, task};

fn answer(text: &str) -> Result<String, Failure> {
    let yes = text.len().is_multiple_of(3);
    Ok(if yes { "yes, that is so, and there is more to be said about it" } else { "no, not at all" }.into())
}

fn main() {
    let samples: usize = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let home = tempfile::tempdir().unwrap();
    let row = |i: usize| {
        let lang = ["en", "fr", "de", "ja"][i % 4];
        format!(
            r#"{{"id":"sample-{i:07}","question":"What about {}?","target":"yes","lang":"{lang}"}}"#,
            "x".repeat(i % 50)
        )
    };
    let rows: Vec<String> = (0..samples).map(row).collect();
    let task = task(home.path(), "large", &rows.join("\n"));
    let system = Table { name: "table", reply: answer };
    let run = make(
        &home.path().join("runs"),
        (None, vec![task]),
        settings(None, None),
        Systems::alone(&system),
        Until::TheEnd,
    );

    let view = timed("glance through the run", || RunView::open(&run).unwrap());
    let rows = view.sketch.len();
    let per_row = view.memory() as f64 / rows as f64;
    println!("{rows} rows, {:.1} MB, {per_row:.1} bytes a row", view.memory() as f64 / 1e6);
    for query in [
        "",
        "page=10000",
        "score=0",
        "tag=lang=fr&score=1&sort=-tokens",
        "sort=score&page=10000",
        "text=nowhere to be found",
        "text=said about",
    ] {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let asked = Asked::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let (filter, _) = Filter::read(&asked);
        timed(&format!("a page of {query:?}"), || view.page(&filter, asked.page(), 0).unwrap());
    }
    let middle = (rows / 2) as u64;
    let (filter, _) = Filter::read(&Asked::new([("sort".to_owned(), "score".to_owned())]));
    timed("neighbours in a sorted list", || view.neighbours(&filter, middle).unwrap());
    timed("one sample", || view.row("large", &format!("sample-{middle:07}"), 0).unwrap());
    timed("results by group", || view.grouped("lang").unwrap());
}

fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let made = run();
    println!("{:>9.1} ms  {what}", began.elapsed().as_secs_f64() * 1e3);
    made
}
