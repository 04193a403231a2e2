//! Servers that throttle, asked by many at once in real time.
//!
//! How busy a server is kept, to the percent, is tested on a clock without jitter (`gate/pace.rs`); here the bounds
//! leave room for a machine that has other things to do.

#![allow(clippy::print_stdout, reason = "what was measured, for whoever runs this with --nocapture")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use overt_eval::System;
use overt_model::{BaseUrl, HttpSettings, HttpSystem, Limits};
use overt_schema::{FailureKind, Retry};

use super::request;

/// How a server refuses.
#[derive(Clone, Copy)]
enum Manner {
    /// By a bucket of its own: so many in a second, so many at once; it may state what is left.
    Rate { per_second: f64, burst: f64, states: bool },
    /// More than so many at once get 503.
    Crowd(usize),
}

struct Server {
    manner: Manner,
    level: f64,
    at: Instant,
    inside: usize,
    passed: u32,
    refused: u32,
    /// In the second half, when what was to be learned is learned.
    refused_late: u32,
    start: Instant,
}

type Shared = Arc<Mutex<Server>>;

const LENGTH: Duration = Duration::from_secs(3);

async fn reply(State(server): State<Shared>) -> impl IntoResponse {
    let mut headers = HeaderMap::new();
    let admitted = {
        let mut server = server.lock().unwrap();
        let now = Instant::now();
        let admitted = match server.manner {
            Manner::Rate { per_second, burst, states } => {
                let gathered = (now - server.at).as_secs_f64() * per_second;
                server.level = (server.level + gathered).min(burst);
                server.at = now;
                let admitted = server.level >= 1.0;
                server.level -= if admitted { 1.0 } else { 0.0 };
                if states {
                    let reset = format!("{}ms", ((burst - server.level) / per_second * 1e3).ceil());
                    for (name, value) in [
                        ("x-ratelimit-limit-requests", burst.to_string()),
                        ("x-ratelimit-remaining-requests", server.level.floor().to_string()),
                        ("x-ratelimit-reset-requests", reset),
                    ] {
                        headers.insert(name, value.parse().unwrap());
                    }
                }
                admitted
            }
            Manner::Crowd(most) => server.inside < most,
        };
        if admitted {
            server.passed += 1;
            server.inside += 1;
        } else {
            server.refused += 1;
            server.refused_late += u32::from(now - server.start > LENGTH / 2);
        }
        admitted
    };
    if admitted {
        tokio::time::sleep(Duration::from_millis(20)).await;
        server.lock().unwrap().inside -= 1;
        return (StatusCode::OK, headers, super::fake::completion("42"));
    }
    let status = match server.lock().unwrap().manner {
        Manner::Rate { .. } => StatusCode::TOO_MANY_REQUESTS,
        Manner::Crowd(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, headers, r#"{"error":{"message":"slow down"}}"#.to_owned())
}

async fn start(manner: Manner) -> (BaseUrl, Shared) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = BaseUrl::parse(&format!("http://{}/v1", listener.local_addr().unwrap())).unwrap();
    let now = Instant::now();
    let level = if let Manner::Rate { burst, .. } = manner { burst } else { 0.0 };
    let server =
        Server { manner, level, at: now, inside: 0, passed: 0, refused: 0, refused_late: 0, start: now };
    let server = Arc::new(Mutex::new(server));
    let router = Router::new().route("/v1/chat/completions", post(reply)).with_state(Arc::clone(&server));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (base_url, server)
}

/// Asks with many at once, each pausing after a failure as the engine does; returns how many answers came.
async fn besiege(base_url: BaseUrl, limits: Limits) -> u32 {
    let settings = HttpSettings::new("mock", "mock-1", base_url).within(&limits);
    let system = HttpSystem::new(settings).unwrap();
    let end = Instant::now() + LENGTH;
    let ask = async || {
        let mut answers = 0;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            match tokio::time::timeout(left, system.generate(request())).await {
                Ok(Ok(_)) => answers += 1,
                Ok(Err(failure)) => {
                    assert!(matches!(failure.kind, FailureKind::RateLimited | FailureKind::Provider));
                    assert_eq!(failure.retry, Retry::Backoff);
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Err(_elapsed) => {}
            }
        }
        answers
    };
    futures_util::future::join_all((0..64).map(|_| ask())).await.into_iter().sum()
}

fn told(server: &Shared) -> (f64, f64, f64) {
    let Server { passed, refused, refused_late, .. } = *server.lock().unwrap();
    println!("{passed} passed, {refused} refused, {refused_late} of them late");
    (passed.into(), refused.into(), refused_late.into())
}

#[tokio::test]
async fn a_server_that_only_refuses_is_kept_busy_without_a_storm() {
    let (base_url, server) = start(Manner::Rate { per_second: 100.0, burst: 10.0, states: false }).await;
    besiege(base_url, Limits::default()).await;
    let (passed, refused, late) = told(&server);
    assert!(passed > 0.6 * 310.0, "{passed}");
    assert!(refused < 64.0 + 0.15 * passed, "{refused}");
    assert!(late < 0.1 * passed, "{late}");
}

#[tokio::test]
async fn a_server_that_says_what_is_left_hardly_has_to_refuse() {
    let (base_url, server) = start(Manner::Rate { per_second: 100.0, burst: 100.0, states: true }).await;
    besiege(base_url, Limits::default()).await;
    let (passed, refused, _) = told(&server);
    assert!(passed > 0.6 * 400.0, "{passed}");
    assert!(refused < 0.05 * passed, "{refused}");
}

#[tokio::test]
async fn a_rate_that_the_user_sets_is_never_refused() {
    let (base_url, server) = start(Manner::Rate { per_second: 100.0, burst: 30.0, states: false }).await;
    let limits = Limits { requests_per_minute: Some(5400.0), ..Limits::default() };
    besiege(base_url, limits).await;
    let (passed, refused, _) = told(&server);
    assert!(passed > 0.6 * 270.0, "{passed}");
    assert!(refused < 0.02 * passed, "{refused}");
}

#[tokio::test]
async fn a_server_that_bears_only_a_few_at_once_gets_a_few() {
    let (base_url, server) = start(Manner::Crowd(8)).await;
    besiege(base_url, Limits::default()).await;
    let (passed, refused, late) = told(&server);
    assert!(passed > 300.0, "{passed} of 1200 at most");
    assert!(refused < 200.0 + 0.15 * passed, "{refused}");
    assert!(late < 0.15 * passed, "{late}");
}

#[tokio::test]
async fn a_server_that_bears_all_is_not_held_back() {
    let (base_url, server) = start(Manner::Rate { per_second: 1e9, burst: 1e9, states: true }).await;
    let answers = besiege(base_url, Limits::default()).await;
    let (passed, refused, _) = told(&server);
    assert!(refused < 0.5 && f64::from(answers) <= passed, "{refused}");
}
