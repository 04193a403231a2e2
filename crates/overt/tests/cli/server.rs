//! A local server that speaks the OpenAI dialect and misbehaves on order.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;
use serde_json::{Value, json};

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Answers with this text.
    Text(String),
    /// Answers with this body.
    Json(Value),
    /// An error with this status, headers and body.
    Error(u16, Vec<(&'static str, String)>, String),
    /// Half of an answer's JSON, in a well-formed HTTP message.
    Cut,
    /// Nothing, for a minute.
    Silence,
}

type Script = dyn Fn(&str, u32) -> Reply + Send + Sync;

struct Shared {
    script: Box<Script>,
    latency: Duration,
    /// How often each prompt was asked.
    asked: Mutex<HashMap<String, u32>>,
    keys: Mutex<Vec<String>>,
    bodies: Mutex<Vec<Value>>,
}

/// A running server; it stops when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    /// `script` gets the last user message and how often it was asked before (0 the first time).
    pub(crate) fn start(
        latency: Duration,
        script: impl Fn(&str, u32) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            script: Box::new(script),
            latency,
            asked: Mutex::default(),
            keys: Mutex::default(),
            bodies: Mutex::default(),
        });
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let router =
            axum::Router::new().route("/v1/chat/completions", post(answer)).with_state(Arc::clone(&shared));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { address, shared, _runtime: runtime }
    }

    /// A server that answers every question at once and rightly.
    pub(crate) fn obedient() -> Self {
        Self::start(Duration::ZERO, |prompt, _| Reply::Text(format!("echo {prompt}")))
    }

    /// The name under which overt asks it.
    pub(crate) fn model(&self) -> String {
        format!("fake@http://{}/v1", self.address)
    }

    /// Its entry in `overt.toml` under a name, to which settings can be added.
    pub(crate) fn entry(&self, name: &str) -> String {
        format!("[systems.{name}]\nbase_url = \"http://{}/v1\"\nmodel = \"{name}\"\n", self.address)
    }

    /// How many requests came.
    pub(crate) fn requests(&self) -> u32 {
        self.asked().values().sum()
    }

    /// How often each prompt was asked.
    pub(crate) fn asked(&self) -> HashMap<String, u32> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// The requests, in the order of their arrival.
    pub(crate) fn bodies(&self) -> Vec<Value> {
        self.shared.bodies.lock().unwrap().clone()
    }

    /// The `Authorization` headers seen.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.shared.keys.lock().unwrap().clone()
    }
}

async fn answer(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(key) = headers.get("authorization") {
        shared.keys.lock().unwrap().push(key.to_str().unwrap_or_default().to_owned());
    }
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let prompt = request["messages"].as_array().and_then(|messages| messages.last());
    let prompt = prompt.and_then(|message| message["content"].as_str()).unwrap_or_default().to_owned();
    shared.bodies.lock().unwrap().push(request);
    let before = {
        let mut asked = shared.asked.lock().unwrap();
        let count = asked.entry(prompt.clone()).or_default();
        *count += 1;
        *count - 1
    };
    tokio::time::sleep(shared.latency).await;
    respond((shared.script)(&prompt, before)).await
}

async fn respond(reply: Reply) -> Response {
    let ok = |text: &str| {
        json!({
            "id": "chatcmpl-1", "object": "chat.completion", "model": "fake-1", "system_fingerprint": "fp_1",
            "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": text } }],
            "usage": { "prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10 }
        })
        .to_string()
    };
    let build = |status: StatusCode, headers: &[(&'static str, String)], body: String| {
        let mut response = Response::builder().status(status).header("content-type", "application/json");
        for (name, value) in headers {
            response = response.header(*name, value);
        }
        response.body(Body::from(body)).unwrap()
    };
    match reply {
        Reply::Text(text) => build(StatusCode::OK, &[("x-request-id", "req-1".into())], ok(&text)),
        Reply::Json(body) => build(StatusCode::OK, &[], body.to_string()),
        Reply::Error(status, headers, body) => build(StatusCode::from_u16(status).unwrap(), &headers, body),
        Reply::Cut => {
            let whole = ok("never read");
            build(StatusCode::OK, &[], whole[..whole.len() / 2].to_owned())
        }
        Reply::Silence => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            build(StatusCode::OK, &[], String::new())
        }
    }
}
