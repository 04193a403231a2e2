//! The gate as requests meet it, on a clock that tests turn.

use hyper::header::HeaderName;

use super::*;

fn gate(requests_per_minute: Option<f64>, tokens_per_minute: Option<f64>) -> Gate {
    Gate::new(&Limits { concurrency: None, requests_per_minute, tokens_per_minute }, &USUAL)
}

const ANSWERED: End = End::Answered { written: 5, all: 10 };

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
}

#[tokio::test(start_paused = true)]
async fn without_limits_nobody_waits() {
    let gate = gate(None, None);
    let start = Instant::now();
    let passes: Vec<Pass<'_>> = futures_util::future::join_all((0..1000).map(|_| gate.enter(1e6))).await;
    for pass in passes {
        pass.settle(ANSWERED, None);
    }
    assert_eq!(Instant::now(), start);
}

#[tokio::test(start_paused = true)]
async fn requests_per_minute_are_kept_and_used_up() {
    let gate = gate(Some(600.0), None);
    let start = Instant::now();
    for _ in 0..601 {
        gate.enter(10.0).await.settle(ANSWERED, None);
    }
    let took = start.elapsed().as_secs_f64();
    assert!((59.0..61.0).contains(&took), "{took} s for 600 requests at 600 a minute");
}

#[tokio::test(start_paused = true)]
async fn tokens_per_minute_count_what_was_used_and_not_what_was_feared() {
    let gate = gate(None, Some(6000.0));
    let start = Instant::now();
    for _ in 0..101 {
        // Feared: 1000 tokens; used: 10. A hundred times 10 is ten seconds' worth.
        gate.enter(1000.0).await.settle(ANSWERED, None);
    }
    let took = start.elapsed().as_secs_f64();
    assert!((9.0..11.0).contains(&took), "{took}");
    for _ in 0..11 {
        gate.enter(1000.0).await.settle(End::Answered { written: 0, all: 0 }, None);
    }
    let took = start.elapsed().as_secs_f64() - took;
    assert!((95.0..105.0).contains(&took), "where the server doesn't tell, the estimate counts: {took}");
}

#[tokio::test(start_paused = true)]
async fn who_waits_goes_in_the_order_of_arrival() {
    let gate = gate(Some(60.0), None);
    let order = Mutex::new(Vec::new());
    let ask = async |number: usize| {
        tokio::time::sleep(Duration::from_millis(number as u64)).await;
        let pass = gate.enter(1.0).await;
        order.lock().unwrap().push(number);
        pass.settle(ANSWERED, None);
    };
    futures_util::future::join_all((0..20).map(ask)).await;
    assert_eq!(*order.lock().unwrap(), (0..20).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_holds_up_nobody() {
    let gate = gate(Some(60.0), None);
    gate.enter(1.0).await.settle(ANSWERED, None);
    for _ in 0..5 {
        let given_up = tokio::time::timeout(Duration::from_millis(10), gate.enter(1.0)).await;
        assert!(given_up.is_err());
    }
    assert_eq!(gate.waiting.load(Ordering::Relaxed), 0);
    let start = Instant::now();
    gate.enter(1.0).await.settle(ANSWERED, None);
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn what_the_server_says_is_left_is_not_overdrawn() {
    let gate = gate(None, None);
    let said = headers(&[
        ("x-ratelimit-limit-requests", "100"),
        ("x-ratelimit-remaining-requests", "3"),
        ("x-ratelimit-reset-requests", "97s"),
    ]);
    let (first, second) = (gate.enter(1.0).await, gate.enter(1.0).await);
    first.settle(ANSWERED, Some(&said));
    // One that the server had not counted is in flight, so two are left, and one comes back in each second.
    let start = Instant::now();
    let passes = [gate.enter(1.0).await, gate.enter(1.0).await];
    assert_eq!(Instant::now(), start);
    let late = gate.enter(1.0).await;
    assert!(start.elapsed() > Duration::from_millis(900), "{:?}", start.elapsed());
    drop((second, passes, late));
}

#[tokio::test(start_paused = true)]
async fn a_long_pause_stops_everybody_and_ends() {
    let gate = gate(None, None);
    gate.enter(1.0).await.settle(End::Throttled(Some(20.0)), None);
    let start = Instant::now();
    gate.enter(1.0).await.settle(ANSWERED, None);
    let waited = start.elapsed().as_secs_f64();
    assert!((20.0..26.0).contains(&waited), "{waited}");
}

#[tokio::test(start_paused = true)]
async fn an_overloaded_server_gets_fewer_and_the_next_enters_when_one_leaves() {
    let gate = gate(None, None);
    let mut passes = Vec::new();
    for _ in 0..10 {
        passes.push(gate.enter(1.0).await);
    }
    passes.pop().unwrap().settle(End::Overloaded(None), None);
    let late = tokio::time::timeout(Duration::from_secs(3600), gate.enter(1.0)).await;
    assert!(late.is_err(), "nine are in flight, and seven may be");
    let leave = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        passes.truncate(6);
    };
    let (pass, ()) = tokio::join!(gate.enter(1.0), leave);
    pass.settle(ANSWERED, None);
}

#[tokio::test(start_paused = true)]
async fn hostile_headers_stop_nobody_for_good() {
    let gate = gate(None, None);
    for (limit, remaining, reset) in [
        ("0", "0", "0"),
        ("1", "0", "9999999999h"),
        ("1e300", "0", "1e300"),
        ("-1", "x", "y"),
        ("0", "0", "119s"),
    ] {
        let said = headers(&[
            ("x-ratelimit-limit-requests", limit),
            ("x-ratelimit-remaining-requests", remaining),
            ("x-ratelimit-reset-requests", reset),
            ("x-ratelimit-limit-tokens", limit),
            ("x-ratelimit-remaining-tokens", remaining),
            ("x-ratelimit-reset-tokens", reset),
        ]);
        for end in [ANSWERED, End::Throttled(None), End::Overloaded(None), End::Other] {
            gate.enter(10.0).await.settle(end, Some(&said));
        }
    }
    let start = Instant::now();
    for _ in 0..3 {
        gate.enter(10.0).await.settle(ANSWERED, None);
    }
    assert!(start.elapsed() < Duration::from_secs(500), "{:?}", start.elapsed());
}

#[test]
fn an_end_is_told_from_its_failure() {
    let failure = |kind, status, retry| {
        End::of(&Err(Failure { kind, message: String::new(), retry, status, request_id: None }))
    };
    assert_eq!(failure(FailureKind::RateLimited, Some(429), Retry::After(7.0)), End::Throttled(Some(7.0)));
    assert_eq!(failure(FailureKind::Provider, Some(529), Retry::Backoff), End::Overloaded(None));
    assert_eq!(failure(FailureKind::Timeout, None, Retry::Backoff), End::Overloaded(None));
    assert_eq!(failure(FailureKind::Provider, Some(500), Retry::Backoff), End::Other);
    assert_eq!(failure(FailureKind::Rejected, Some(429), Retry::Never), End::Other);
}

/// What passing costs where nothing throttles. Bounds are far from what is measured (a few hundred nanoseconds), so
/// that only a real mistake fails on a busy machine.
#[tokio::test]
async fn passing_costs_next_to_nothing_where_nothing_throttles() {
    let gate = gate(None, None);
    let none = HeaderMap::new();
    let start = std::time::Instant::now();
    for _ in 0..100_000 {
        gate.enter(100.0).await.settle(ANSWERED, Some(&none));
    }
    let each = start.elapsed() / 100_000;
    println!("{each:?} each");
    assert!(each < Duration::from_micros(20), "{each:?}");
}
