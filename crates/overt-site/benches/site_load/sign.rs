//! Signing by mail as people do it: the form, the mail, the link, the button.
//!
//! Each signs from a network and with a domain of their own, and no statement gets so many that its signatures would be
//! held; so what is measured ends in the log.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc};

use crate::client::{Client, Person, between};
use crate::crowd::letters;

pub(crate) struct Load {
    pub(crate) host: String,
    pub(crate) mails: PathBuf,
    pub(crate) statements: Vec<String>,
    pub(crate) people: u64,
    pub(crate) connections: u64,
}

/// When each step was over, and how long its request took.
#[derive(Default)]
struct Steps(std::sync::Mutex<Vec<(Instant, Duration)>>);

impl Steps {
    fn took(&self, begun: Instant) {
        self.0.lock().unwrap().push((Instant::now(), begun.elapsed()));
    }

    fn report(&self, what: &str, begun: Instant) {
        let mut steps = self.0.lock().unwrap();
        steps.sort_by_key(|(_, took)| *took);
        let quantile = |share: f64| steps[((steps.len() - 1) as f64 * share) as usize].1.as_secs_f64() * 1e3;
        let end = steps.iter().map(|(end, _)| *end).max().unwrap();
        let rate = steps.len() as f64 / end.duration_since(begun).as_secs_f64();
        println!(
            "{what:42} {rate:7.0} a second   p50 {:6.1} ms   p99 {:6.1} ms",
            quantile(0.5),
            quantile(0.99)
        );
    }
}

/// Asks for all links first, then fetches the mails, then presses all buttons; and then the same with everything at once.
pub(crate) async fn measure(load: Load) {
    let load = Arc::new(load);
    let run = u64::from(std::process::id());
    let begun = Instant::now();
    let asked = ask_all(&load, run, 0..load.people).await;
    asked.report("forms accepted (link and mail durable)", begun);
    let (sender, mut mails) = mpsc::unbounded_channel();
    let reading = tokio::spawn(read_mails(load.mails.clone(), load.people, sender));
    let mut links = Vec::new();
    while let Some(link) = mails.recv().await {
        links.push(link);
    }
    reading.await.unwrap();
    println!(
        "{:42} {:7.0} a second",
        "mails handed over, since the first form",
        links.len() as f64 / begun.elapsed().as_secs_f64()
    );
    let (sender, receiver) = mpsc::unbounded_channel();
    for link in links {
        sender.send(link).unwrap();
    }
    drop(sender);
    let begun = Instant::now();
    let confirmed = confirm_all(&load, receiver).await;
    confirmed.report("signatures confirmed, in the log, listed", begun);

    let (sender, receiver) = mpsc::unbounded_channel();
    let begun = Instant::now();
    let reading = tokio::spawn(read_mails(load.mails.clone(), load.people, sender));
    let (asked, confirmed) =
        tokio::join!(ask_all(&load, run, load.people..2 * load.people), confirm_all(&load, receiver));
    reading.await.unwrap();
    asked.report("all at once: forms accepted", begun);
    confirmed.report("all at once: from form to log and list", begun);
}

async fn ask_all(load: &Arc<Load>, run: u64, people: std::ops::Range<u64>) -> Steps {
    let (steps, next, end) = (Arc::new(Steps::default()), Arc::new(AtomicU64::new(people.start)), people.end);
    let workers = (0..load.connections).map(|_| {
        let (load, steps, next) = (load.clone(), steps.clone(), next.clone());
        tokio::spawn(async move {
            let mut client = Client::connect(&load.host).await;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= end {
                    break;
                }
                ask(&mut client, &load, run, number, &steps).await;
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
    Arc::into_inner(steps).unwrap()
}

async fn ask(client: &mut Client, load: &Load, run: u64, number: u64, steps: &Steps) {
    let statement = &load.statements[number as usize % load.statements.len()];
    let path = format!("/statements/{statement}/sign");
    let mut person = person(number);
    let token = client.form(&path, &mut person).await;
    let word = format!("{}{}", letters(run), letters(number).to_lowercase());
    let form = format!(
        "form-token={token}&name=Reader+{word}&shown=name&capacity=person&affiliation=University+of+{word}\
         &address=reader%40{}.example&agreed=yes",
        word.to_lowercase()
    );
    let begun = Instant::now();
    let reply = client.send(&path, &form, &mut person).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    steps.took(begun);
}

/// Networks are told apart by the first 24 bits.
fn person(number: u64) -> Person {
    let address = format!("{}.{}.{}.1", 11 + number / 65_536, number / 256 % 256, number % 256);
    Person { address, cookie: None }
}

async fn confirm_all(load: &Arc<Load>, links: mpsc::UnboundedReceiver<String>) -> Steps {
    let (steps, links) = (Arc::new(Steps::default()), Arc::new(Mutex::new(links)));
    let workers = (0..load.connections).map(|worker| {
        let (load, steps, links) = (load.clone(), steps.clone(), links.clone());
        tokio::spawn(async move {
            let mut client = Client::connect(&load.host).await;
            loop {
                let link = links.lock().await.recv().await;
                let Some(secret) = link else { break };
                let (path, mut person) = (format!("/confirm/{secret}"), person(worker));
                let token = client.form(&path, &mut person).await;
                let begun = Instant::now();
                let reply = client.send(&path, &format!("form-token={token}"), &mut person).await;
                assert_eq!(reply.status, 200, "{}", reply.text);
                assert!(reply.text.contains("is in the log and in the list"), "{}", reply.text);
                steps.took(begun);
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
    Arc::into_inner(steps).unwrap()
}

/// The secrets of so many links, out of mails that the site writes as files.
async fn read_mails(directory: PathBuf, people: u64, links: mpsc::UnboundedSender<String>) {
    let mut found = 0;
    let mut quiet = Instant::now();
    while found < people {
        let directory = directory.clone();
        let secrets = tokio::task::spawn_blocking(move || take_mails(&directory)).await.unwrap();
        if !secrets.is_empty() {
            quiet = Instant::now();
        }
        assert!(quiet.elapsed() < Duration::from_secs(60), "only {found} of {people} mails came");
        found += secrets.len() as u64;
        for secret in secrets {
            links.send(secret).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn take_mails(directory: &Path) -> Vec<String> {
    let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mails: BTreeMap<PathBuf, String> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "eml"))
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap().replace("=\r\n", "")))
        .collect();
    let take = |(path, mail): (PathBuf, String)| {
        fs::remove_file(path).unwrap();
        let secret = between(&mail, "/confirm/", "?").expect("a mail has a link");
        secret.split_whitespace().next().unwrap().to_owned()
    };
    mails.into_iter().map(take).collect()
}
