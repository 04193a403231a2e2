//! How many requests a second a site makes durable, and how fast it finds one of a million names.
//!
//! `cargo bench -p overt-site` prints one line for each measurement. `OVERT_BENCH_NAMES` sets how many names there are.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints its measurements, and stops where one fails"
)]

#[allow(dead_code, reason = "the tests need more of it")]
#[path = "../tests/site/world.rs"]
mod world;

use std::path::Path;
use std::time::{Duration, Instant};

use overt_record::Hash;
use overt_site::index::{Believed, Index, PageSize, Seek};
use rusqlite::{Connection, params};

const GIVEN: [&str; 16] = [
    "anna", "li", "jose", "amara", "ivan", "fatima", "john", "wei", "maria", "omar", "sofia", "ravi", "emma",
    "kofi", "lena", "yuki",
];

fn main() {
    let names =
        std::env::var("OVERT_BENCH_NAMES").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    tokio::runtime::Runtime::new().unwrap().block_on(writing());
    let directory = tempfile::tempdir().unwrap();
    searching(&directory.path().join("index.sqlite"), names);
}

/// Requests to sign, each answered when it is on the disk: one after the other, and many at once. Then confirmations, each
/// answered when the signature is in the log and in the index; the log is in memory.
async fn writing() {
    let world = world::World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    let asked = |number: usize| {
        world::form(statement, &format!("Reader {}", letters(number)), &format!("a@d{number}.example"))
    };
    let begun = Instant::now();
    for number in 0..200 {
        site.signing().request(&asked(number), None).await.unwrap();
    }
    rate("requests, one by one", 200, begun);
    let begun = Instant::now();
    let requests = (200..2200).map(|number| {
        let (site, form) = (site.clone(), asked(number));
        tokio::spawn(async move { site.signing().request(&form, None).await.unwrap() })
    });
    for request in requests.collect::<Vec<_>>() {
        request.await.unwrap();
    }
    rate("requests, 2000 at once", 2000, begun);
    let mails = world::Mailboxes::default().fetch(&site).await;
    let begun = Instant::now();
    let confirmations = mails.iter().map(|mail| {
        let (site, secret) = (site.clone(), world::secret(mail));
        tokio::spawn(async move {
            site.signing().confirm(&secret, overt_site::signing::MailboxIs::Own).await.unwrap()
        })
    });
    for confirmation in confirmations.collect::<Vec<_>>() {
        confirmation.await.unwrap();
    }
    rate("confirmations, most held", mails.len(), begun);
}

/// A number as letters: digits in a name are odd.
fn letters(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect()
}

fn rate(what: &str, count: usize, begun: Instant) {
    println!("{what:40} {:9.0} a second", count as f64 / begun.elapsed().as_secs_f64());
}

/// A name that few others have, made of words that many have.
fn someone(number: u64) -> (String, String) {
    let given = GIVEN[(number % 16) as usize];
    let family = format!("reader{}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 50_021);
    (format!("{given} {family}"), format!("university of town{}", number % 3000))
}

/// Fills the tables as the index fills them, without signing a million records first.
fn fill(path: &Path, of: &Hash, names: u64) {
    drop(Index::open(path, Believed::default()).unwrap());
    let mut connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA foreign_keys=0; PRAGMA synchronous=0").unwrap();
    let transaction = connection.transaction().unwrap();
    {
        let mut row = transaction
            .prepare("INSERT INTO endorsement VALUES (?1, ?2, ?3, ?4, ?5, NULL, ?6, NULL, 'person', 'email_domain', \
                      'example.edu', 'vouched', ?3, 0, ?3)")
            .unwrap();
        let mut words =
            transaction.prepare("INSERT INTO signatory_word(rowid, words) VALUES (?, ?)").unwrap();
        // What was measured against: a folded column that is looked through.
        transaction
            .execute_batch("CREATE TABLE folded(idx INTEGER PRIMARY KEY, of BLOB, words TEXT)")
            .unwrap();
        let mut folded = transaction.prepare("INSERT INTO folded VALUES (?, ?, ?)").unwrap();
        for number in 1..=names {
            let (name, affiliation) = someone(number);
            let digest = Hash::of(number.to_be_bytes());
            let place = number.cast_signed();
            row.execute(params![place, of.as_bytes(), digest.as_bytes(), place, name, affiliation]).unwrap();
            let text = format!("{name} {affiliation}");
            words.execute(params![place, text]).unwrap();
            folded.execute(params![place, of.as_bytes(), text]).unwrap();
        }
    }
    transaction.commit().unwrap();
}

fn searching(path: &Path, names: u64) {
    let of = Hash::of("the statement");
    let begun = Instant::now();
    fill(path, &of, names);
    println!("fill            {names} names in {:.1} s", begun.elapsed().as_secs_f64());
    let index = Index::open(path, Believed::default()).unwrap();
    let size = PageSize::default();
    for (what, position) in [("first page", 0), ("page in the middle", names / 2), ("last page", names - 50)]
    {
        let page = || index.signatories(&of, Seek::Behind(position), size).unwrap().items.len();
        report(what, page);
    }
    let rare = someone(names / 2).0;
    for text in [rare.as_str(), "anna", "university of", "town17 univ", "rea", "nobody"] {
        let page = || index.search_signatories(&of, text, Seek::Start, size).unwrap().items.len();
        report(&format!("search {text:?}"), page);
    }
    let connection = Connection::open(path).unwrap();
    for text in [rare.as_str(), "anna", "nobody"] {
        let select =
            "SELECT idx FROM folded WHERE of = ? AND instr(' ' || words, ' ' || ?) > 0 ORDER BY idx LIMIT 51";
        let scan = || {
            let mut select = connection.prepare_cached(select).unwrap();
            let rows = select.query_map(params![of.as_bytes(), text], |row| row.get::<_, i64>(0)).unwrap();
            rows.count()
        };
        report(&format!("looked through for {text:?}"), scan);
    }
    let bytes = std::fs::metadata(path).unwrap().len();
    println!("on disk         {} MB", bytes / 1_000_000);
}

/// The median of some tries.
fn report(what: &str, mut run: impl FnMut() -> usize) {
    let mut found = 0;
    let mut times: Vec<Duration> = (0..9)
        .map(|_| {
            let begun = Instant::now();
            found = run();
            begun.elapsed()
        })
        .collect();
    times.sort();
    println!("{what:40} {:9.3} ms  {found} found", times[4].as_secs_f64() * 1000.0);
}
