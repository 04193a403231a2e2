//! A log's files over HTTP, as C2SP tlog-tiles wants them.

use std::io::Read as _;

use overt_log::client::{LogClient, Target};
use overt_log::follow::{FollowState, Follower, Next};
use overt_log::serve::log_router;
use overt_log::{Identity, collect_partials};
use overt_record::policy::Policy;
use overt_record::tile::{EntryBundle, tiles_of};

use crate::world::{TestClock, TestLog, get, get_with, log_vkey, post, serve, source};

async fn served(log: &TestLog) -> String {
    serve(log_router(log.open_door(), log.clock.clone(), None)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_served_with_the_headers_of_the_specification() {
    let clock = TestClock::new();
    let log = TestLog::create(&clock, Identity::BYTES);
    log.fill("entry", 0..300).await;
    let url = served(&log).await;

    let checkpoint = get(&format!("{url}/checkpoint")).await;
    assert_eq!(checkpoint.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(checkpoint.header("cache-control"), "public, max-age=2");
    let tag = checkpoint.header("etag");
    assert_eq!(get_with(&format!("{url}/checkpoint"), "if-none-match", tag).await.status, 304);

    for tile in tiles_of(300) {
        let found = get(&format!("{url}/{tile}")).await;
        assert_eq!(found.status, 200, "{tile}");
        assert_eq!(found.header("content-type"), "application/octet-stream");
        assert!(found.header("cache-control").contains("immutable"));
        if tile.to_string().contains("entries") {
            let bundle = EntryBundle::parse(&found.body).unwrap();
            assert_eq!(bundle.entries().len(), usize::from(tile.width()));
            let zipped = get_with(&format!("{url}/{tile}"), "accept-encoding", "gzip").await;
            assert_eq!(zipped.header("content-encoding"), "gzip");
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(&zipped.body[..]).read_to_end(&mut plain).unwrap();
            assert_eq!(plain, found.body);
            let packed = get_with(&format!("{url}/{tile}"), "accept-encoding", "gzip, zstd").await;
            assert_eq!(
                (packed.header("content-encoding"), packed.header("vary")),
                ("zstd", "accept-encoding")
            );
            assert_eq!(zstd::bulk::decompress(&packed.body, found.body.len()).unwrap(), found.body);
        } else {
            assert_eq!(found.body.len(), 32 * usize::from(tile.width()));
        }
    }
    let absent = [
        "tile/0/001",
        "tile/0/001.p/45",
        "tile/0/000.p/256",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/00/000",
        "tile/0/0",
        "tile/0/002.p/1",
        "tile/64/000",
        "tile/2/000.p/1",
        "tile/entries/x000/000",
        "tile/data/000",
        "tile/0/../lock",
        "tile/0/%30%30%30",
        "lock",
        "staging",
        "tile",
        "tile/",
        "tile/-1/000",
    ];
    for path in absent {
        assert_eq!(get(&format!("{url}/{path}")).await.status, 404, "{path}");
    }
    assert_eq!(post(&format!("{url}/checkpoint"), "x").await.status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_door_answers_any_bytes_with_their_index_and_the_same_bytes_with_the_same() {
    let clock = TestClock::new();
    let log = TestLog::create(&clock, Identity::BYTES);
    let url = served(&log).await + "/add";
    let first = post(&url, "one").await;
    assert_eq!(
        (first.status, first.text(), first.header("content-type")),
        (200, "0", "text/plain; charset=utf-8")
    );
    assert_eq!(post(&url, "two").await.text(), "1");
    assert_eq!(post(&url, "one").await.text(), "0");
    assert_eq!(post(&format!("{url}?wait=published"), vec![0_u8; 1024]).await.text(), "2");
    assert_eq!(post(&url, vec![0_u8; 1025]).await.status, 413);
    assert_eq!(post(&format!("{url}?wait=witnessed"), "x").await.status, 400);
    assert_eq!(post(&format!("{url}?wait=for-ever"), "x").await.status, 400);
    let many = (0..200).map(|number| post(&url, format!("{}", number % 50)));
    let answers = futures_util::future::join_all(many).await;
    let mut indexes: Vec<u64> = answers.iter().map(|answer| answer.text().parse().unwrap()).collect();
    for (number, index) in indexes.iter().enumerate() {
        assert_eq!(*index, indexes[number % 50]);
    }
    indexes.sort_unstable();
    indexes.dedup();
    assert_eq!(indexes, (3..53).collect::<Vec<u64>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_proves_the_same_over_http_and_from_the_store_also_when_partial_tiles_are_gone() {
    let clock = TestClock::new();
    let log = TestLog::create(&clock, Identity::BYTES);
    log.fill("entry", 0..200).await;
    let url = served(&log).await;
    let policy = Policy::of_logs([log_vkey()]);
    let http = LogClient::new(source(&url), policy.clone(), clock.clone());
    let store = LogClient::new(overt_log::client::Source::Store(log.store.clone()), policy, clock.clone());
    let early = http.checkpoint().await.unwrap();
    for (from, to) in [(200, 257), (257, 700)] {
        log.fill("entry", from..to).await;
        collect_partials(log.store.as_ref(), 0, to).unwrap();
        for index in [0, 199, 255, to - 1] {
            assert_eq!(http.prove(index).await.unwrap(), store.prove(index).await.unwrap());
        }
    }
    assert!(http.prove(700).await.is_err());
    // An older checkpoint is still good for its tree.
    http.remember(early.clone()).await;
    assert_eq!(http.checkpoint().await.unwrap().head.size, 700);
}

#[tokio::test(flavor = "multi_thread")]
async fn following_gives_every_entry_once_across_a_restart() {
    let clock = TestClock::new();
    let log = TestLog::create(&clock, Identity::BYTES);
    log.fill("entry", 0..300).await;
    let url = served(&log).await;
    let client = || LogClient::new(source(&url), Policy::of_logs([log_vkey()]), clock.clone());
    let mut seen: Vec<Vec<u8>> = Vec::new();
    let mut follower = Follower::resume(client(), FollowState::start()).await.unwrap();
    while let Some(batch) = follower.next_batch().await.unwrap() {
        assert_eq!(batch.first, seen.len() as u64);
        seen.extend(batch.entries);
    }
    let state = follower.state().to_text();
    log.fill("entry", 300..600).await;
    let resumed = Follower::resume(client(), FollowState::parse(state.as_bytes()).unwrap()).await.unwrap();
    let rest = std::sync::Mutex::new(Vec::new());
    resumed
        .run(|batch| {
            let mut rest = rest.lock().unwrap();
            rest.extend(batch.entries);
            std::future::ready(if rest.len() == 300 { Next::Stop } else { Next::More })
        })
        .await
        .unwrap();
    seen.extend(rest.into_inner().unwrap());
    let mut texts: Vec<String> = seen.into_iter().map(|entry| String::from_utf8(entry).unwrap()).collect();
    texts.sort();
    let mut expected: Vec<String> = (0..600).map(|index| format!("entry {index}")).collect();
    expected.sort();
    assert_eq!(texts, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_fetches_no_tile_twice() {
    let clock = TestClock::new();
    let log = TestLog::create(&clock, Identity::BYTES);
    log.fill("entry", 0..1000).await;
    let asked = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = asked.clone();
    let note = move |request: axum::extract::Request, next: axum::middleware::Next| {
        noted.lock().unwrap().push(request.uri().path().to_owned());
        next.run(request)
    };
    let router = log_router(log.open_door(), log.clock.clone(), None).layer(axum::middleware::from_fn(note));
    let client = LogClient::new(source(&serve(router).await), Policy::of_logs([log_vkey()]), clock);
    client.prove(300).await.unwrap();
    let asked = asked.lock().unwrap().clone();
    let distinct: std::collections::BTreeSet<&String> = asked.iter().collect();
    assert_eq!(distinct.len(), asked.len(), "{asked:?}");
    assert_eq!(
        asked.len(),
        1 + 2 + 2,
        "a checkpoint, the edge, the tile and the bundle of the entry: {asked:?}"
    );
}

#[test]
fn a_target_is_a_directory_or_an_address() {
    assert_eq!("logs/mine".parse(), Ok(Target::Directory("logs/mine".into())));
    let url = |text: &str| match text.parse() {
        Ok(Target::Url(url)) => url.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(url("https://log.example/a"), "https://log.example/a/");
    assert_eq!(url("https://log.example"), "https://log.example/");
    for wrong in
        ["", "ftp://log.example", "https://", "https://log.example/?x", "https://log.example/#x", "://"]
    {
        assert!(wrong.parse::<Target>().is_err(), "{wrong}");
    }
}
