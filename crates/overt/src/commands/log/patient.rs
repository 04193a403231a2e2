//! Connections that get on: one on which no byte was sent or taken for a while is closed. Whoever opens many and says
//! nothing, or asks for much and does not read it, holds nothing for longer.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// How long a connection may stand still. Longer than any answer of ours takes: witnesses are waited for for half of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A listener for such connections.
pub(super) struct PatientListener<L>(pub(super) L);

/// Where a connection comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(SocketAddr);

/// A connection that is given up when it stands still.
pub(super) struct Patient<S> {
    stream: S,
    over: Pin<Box<Sleep>>,
}

impl<S> Patient<S> {
    fn wait<T>(&mut self, context: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.over.as_mut().reset(Instant::now() + PATIENCE);
            return done;
        }
        self.over.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.wait(context, done)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wait(context, done)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Flushing what is flushed is no progress, so it moves the end only when it was waited for.
        match Pin::new(&mut self.stream).poll_flush(context) {
            Poll::Pending => self.wait(context, Poll::Pending),
            done @ Poll::Ready(_) => done,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<L: Listener<Io: Unpin>> Listener for PatientListener<L> {
    type Io = Patient<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, from) = self.0.accept().await;
        (Patient { stream, over: Box::pin(sleep(PATIENCE)) }, from)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl<L: Listener<Io: Unpin, Addr = SocketAddr>> Connected<IncomingStream<'_, PatientListener<L>>> for Peer {
    fn connect_info(stream: IncomingStream<'_, PatientListener<L>>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Tells handlers where a connection comes from as a plain one would.
pub(super) fn with_peers(router: Router) -> Router {
    router.layer(from_fn(async |mut request: Request, next: Next| -> Response {
        if let Some(ConnectInfo(Peer(address))) = request.extensions().get::<ConnectInfo<Peer>>().copied() {
            request.extensions_mut().insert(ConnectInfo(address));
        }
        next.run(request).await
    }))
}

/// For a router behind a proxy: whoever it names last in `X-Forwarded-For` is whom handlers are told.
pub(crate) fn behind_proxy(router: Router) -> Router {
    router.layer(from_fn(async |mut request: Request, next: Next| -> Response {
        let named = request.headers().get_all("x-forwarded-for").into_iter().next_back();
        let last = named.and_then(|value| value.to_str().ok()).and_then(|text| text.rsplit(',').next());
        if let Some(address) = last.and_then(|last| last.trim().parse::<IpAddr>().ok()) {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, 0)));
        }
        next.run(request).await
    }))
}
