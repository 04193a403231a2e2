//! What the log costs: durable signed appends with 1 to 1,024 writers beside the disk's and the processor's own limits, the
//! way to an offline proof, bytes written, a cold start, and `fsck` beside a plain hash of the same bytes.
//!
//! `bench/log.sh` runs it; the folder is given with `BENCH_DIR`, the number of entries of the large log with `BENCH_LARGE`. With
//! `BENCH_WRITERS` only the signed appends of so many writers are measured.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark says what went wrong and ends"
)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use overt_log::admission::{AdmissionRules, Door, SUBMISSION, Submission};
use overt_log::client::{LogClient, Source};
use overt_log::sequencer::Idle;
use overt_log::store::{DirectoryStore, Object, Store};
use overt_log::{Clock as _, Identity, Key, Limits, Log, LogKeys, SystemClock, fsck};
use overt_record::note::KeyName;
use overt_record::policy::Policy;
use overt_record::record::{Change, Header, Issuer, KeyChange};
use overt_record::signer::NoteSigner;
use overt_record::{
    Algorithm, Hash, Name, PrivateKey, Record, Salt, SignatureType, Timestamp, dsse, in_toto, sigstore,
};

fn keys() -> Arc<LogKeys> {
    let name = KeyName::parse("log.example.org/bench").unwrap();
    Arc::new(
        LogKeys::new(NoteSigner::from_seed(name, SignatureType::Ed25519, &[7; 32]).unwrap(), None).unwrap(),
    )
}

fn store(folder: &Path) -> Arc<dyn Store> {
    fs::create_dir_all(folder).unwrap();
    Arc::new(DirectoryStore::open(folder).unwrap())
}

/// A log that does not exist yet.
fn begin(folder: &Path, identity: Identity) -> (Arc<dyn Store>, Arc<Log>) {
    let store = store(folder);
    Idle::create(store.clone(), keys(), SystemClock.now()).unwrap();
    let log = Log::open(store.clone(), keys(), Arc::new(SystemClock), identity, Limits::default()).unwrap();
    (store, Arc::new(log))
}

fn envelope() -> (dsse::Envelope, PrivateKey) {
    let key = PrivateKey::generate(Algorithm::Ed25519, &[9; 32]);
    let issuer = Issuer { name: Name::new("A laboratory").unwrap(), key: key.public(), uri: None };
    let issued_at = Timestamp::from_unix(1_780_000_000).unwrap();
    let change = Change::Introduce { holder: issuer.name.clone(), possession: None };
    let body = KeyChange { key: key.public(), change, effective: issued_at, explanation: None };
    let record = Record::new(Header { issuer, issued_at }, body).unwrap();
    let payload = record.to_payload().unwrap();
    (dsse::Envelope::sign(in_toto::PAYLOAD_TYPE, payload, &key).unwrap(), key)
}

/// Submissions that differ by their salts: each is checked, logged and stored for itself.
fn submissions(count: u64) -> Vec<Submission> {
    let bundle = sigstore::Bundle::new(envelope().0);
    let of = |number: u64| {
        let mut salt = [0; 32];
        salt[..8].copy_from_slice(&number.to_be_bytes());
        Submission::new(Salt::from_bytes(salt), &bundle).unwrap()
    };
    (0..count).map(of).collect()
}

fn quantile(sorted: &[Duration], share: f64) -> Duration {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    format!(
        "p50 {:.2} ms, p99 {:.2} ms",
        quantile(&times, 0.5).as_secs_f64() * 1e3,
        quantile(&times, 0.99).as_secs_f64() * 1e3
    )
}

/// How long this thread has had a processor, whatever else the machine does.
fn processor_time() -> Duration {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(statistics.split(' ').next().unwrap().parse().unwrap())
}

fn baselines(folder: &Path) {
    let path = folder.join("fsync");
    let mut file = fs::File::create(&path).unwrap();
    let block = [1; 4096];
    let once = |file: &mut fs::File| {
        let start = Instant::now();
        file.write_all(&block).unwrap();
        file.sync_data().unwrap();
        start.elapsed()
    };
    let times: Vec<Duration> = (0..500).map(|_| once(&mut file)).collect();
    let rate = 500.0 / times.iter().sum::<Duration>().as_secs_f64();
    println!("append 4 KiB and fdatasync: {rate:.0} a second, {}", spread(times));
    let (envelope, key) = envelope();
    let (start, public) = (processor_time(), key.public());
    let rounds = 20_000;
    for _ in 0..rounds {
        envelope.verify(&public).unwrap();
    }
    println!(
        "verify an envelope's Ed25519 signature: {:.0} a second on one core",
        f64::from(rounds) / processor_time().saturating_sub(start).as_secs_f64()
    );
}

/// What the door does for a submission before the log has it: reading, checking, writing in its one spelling.
fn checks() {
    let body = submissions(1)[0].to_bytes().unwrap();
    let rounds = 20_000;
    let start = processor_time();
    for _ in 0..rounds {
        let submission = Submission::parse(&body).unwrap();
        submission.verify().unwrap();
        submission.to_bytes().unwrap();
    }
    println!(
        "read, check and write a submission of {} bytes: {:.0} a second on one core",
        body.len(),
        f64::from(rounds) / processor_time().saturating_sub(start).as_secs_f64()
    );
}

/// What a batch waits for: eight files of 8 KiB, durable under their names, stored at once and one after the other.
fn flushes(folder: &Path) {
    let store = store(folder);
    let key = |round: u32, file: u32| Key::new(format!("round/{round}/{file}")).unwrap();
    let objects = |round| (0..8).map(|file| Object { key: key(round, file), bytes: vec![1; 8192] }).collect();
    let each = |round: u32, put: &dyn Fn(&[Object])| {
        let objects: Vec<Object> = objects(round);
        let start = Instant::now();
        put(&objects);
        start.elapsed()
    };
    let at_once = |objects: &[Object]| store.put_all(objects).unwrap();
    let in_turn = |objects: &[Object]| {
        for object in objects {
            store.put_new(&object.key, &object.bytes).unwrap();
        }
    };
    println!("store 8 files at once: {}", spread((0..200).map(|round| each(round, &at_once)).collect()));
    println!("one after the other: {}", spread((200..400).map(|round| each(round, &in_turn)).collect()));
}

/// Durable signed appends; every submission's signature is verified, and its answer awaited.
fn signed(folder: &Path, writers: usize, count: u64, runtime: &tokio::runtime::Runtime) {
    let (store, log) = begin(folder, SUBMISSION);
    let door =
        Arc::new(Door::new(log.clone(), store, Arc::new(SystemClock), AdmissionRules::everyone()).unwrap());
    let all: Arc<Vec<Vec<u8>>> =
        Arc::new(submissions(count).iter().map(|one| one.to_bytes().unwrap()).collect());
    let next = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let times = runtime.block_on(async {
        let one = |_| {
            let (door, all, next) = (door.clone(), all.clone(), next.clone());
            tokio::spawn(async move {
                let mut times = Vec::new();
                while let Some(body) = all.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    let start = Instant::now();
                    door.submit(body.clone(), None).await.unwrap();
                    times.push(start.elapsed());
                }
                times
            })
        };
        let tasks: Vec<_> = (0..writers).map(one).collect();
        let mut times = Vec::new();
        for task in tasks {
            times.extend(task.await.unwrap());
        }
        times
    });
    let rate = count as f64 / start.elapsed().as_secs_f64();
    let (bytes, files) = size(folder);
    println!(
        "signed, {writers} writers: {rate:.0} a second, add to durable {}; {:.0} bytes in {:.2} files for each entry",
        spread(times),
        bytes as f64 / count as f64,
        files as f64 / count as f64
    );
}

/// From submitting to a proof in hand that verifies offline, one after the other.
fn proofs(folder: &Path, count: u64, runtime: &tokio::runtime::Runtime) {
    let (store, log) = begin(folder, SUBMISSION);
    let door =
        Arc::new(Door::new(log, store.clone(), Arc::new(SystemClock), AdmissionRules::everyone()).unwrap());
    let policy = Policy::of_logs([keys().signer().vkey().clone()]);
    let client = LogClient::new(Source::Store(store), policy, Arc::new(SystemClock)).with_door(door);
    let mut times = Vec::new();
    for submission in submissions(count) {
        let start = Instant::now();
        runtime.block_on(async {
            let index = client.add(&submission).await.unwrap();
            client.prove_submission(index, &submission).await.unwrap();
        });
        times.push(start.elapsed());
    }
    println!("add to offline proof, one writer: {}", spread(times));
}

/// Appends without signatures, 4096 in flight; then a cold start, and `fsck` beside a hash of the same bytes.
fn large(folder: &Path, count: u64, runtime: &tokio::runtime::Runtime) {
    let (store, log) = begin(folder, Identity::BYTES);
    let next = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    runtime.block_on(async {
        let one = |_| {
            let (log, next) = (log.clone(), next.clone());
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let mut entry = format!("entry {number:>10} ").into_bytes();
                    entry.resize(200, b'.');
                    log.add(entry).await.unwrap();
                }
            })
        };
        for task in (0..4096).map(one).collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "unsigned entries of 200 bytes, 4096 in flight: {:.0} a second over {count}",
        count as f64 / seconds
    );
    Arc::into_inner(log).unwrap().close();
    let start = Instant::now();
    let log =
        Log::open(store.clone(), keys(), Arc::new(SystemClock), Identity::BYTES, Limits::default()).unwrap();
    println!("cold start of a log of {count} entries: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    log.close();
    let start = Instant::now();
    let report = fsck(store.as_ref(), keys().signer().vkey()).unwrap();
    assert!(report.is_sound());
    let checked = start.elapsed();
    let (bytes, _) = size(folder);
    let start = Instant::now();
    hash(folder);
    let hashed = start.elapsed();
    println!(
        "fsck: {:.2} s for {:.0} MB; SHA-256 of the same files, one after the other: {:.2} s",
        checked.as_secs_f64(),
        bytes as f64 / 1e6,
        hashed.as_secs_f64()
    );
}

fn walk(folder: &Path, each: &mut impl FnMut(PathBuf)) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { walk(&path, each) } else { each(path) }
    }
}

fn size(folder: &Path) -> (u64, u64) {
    let (mut bytes, mut files) = (0, 0);
    walk(folder, &mut |path| {
        bytes += fs::metadata(path).unwrap().len();
        files += 1;
    });
    (bytes, files)
}

fn hash(folder: &Path) {
    walk(folder, &mut |path| {
        std::hint::black_box(Hash::of(fs::read(path).unwrap()));
    });
}

fn main() {
    let given = std::env::var_os("BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let scene = tempfile::tempdir_in(given).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    if let Some(writers) = number("BENCH_WRITERS") {
        signed(&scene.path().join("signed"), writers, 60_000, &runtime);
        return;
    }
    baselines(scene.path());
    checks();
    flushes(&scene.path().join("flushes"));
    for (writers, count) in [(1, 1_000), (16, 20_000), (64, 60_000), (256, 100_000), (1024, 100_000)] {
        let folder = scene.path().join(writers.to_string());
        signed(&folder, writers, count, &runtime);
        fs::remove_dir_all(folder).unwrap();
    }
    proofs(&scene.path().join("proofs"), 500, &runtime);
    let count = number("BENCH_LARGE").unwrap_or(1_000_000);
    large(&scene.path().join("large"), count as u64, &runtime);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(line) = status.lines().find(|line| line.starts_with("VmHWM")) {
        println!("peak memory of all of this: {}", line.trim_start_matches("VmHWM:").trim());
    }
}
