//! Connections that get on: one on which next to nothing was sent or taken for a while is closed, and there are only so many
//! at once ([`Crowd`]). Whoever opens many and says nothing, or a letter now and then, or asks for much and does not read it,
//! holds little, and not for long.

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

use super::crowd::{Comers, Crowd, Place};

/// How long a connection may stand still. Longer than any answer of ours takes: witnesses are waited for for half of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The bytes that have to move in that time: fewer than any request and its answer have.
const LEAST: usize = 128;

/// A listener for such connections.
pub(super) struct PatientListener<L> {
    listener: L,
    crowd: Crowd,
}

impl<L> PatientListener<L> {
    pub(super) fn new(listener: L, comers: Comers) -> Self {
        Self { listener, crowd: Crowd::new(comers) }
    }
}

/// Where a connection comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(SocketAddr);

/// A connection that is given up when it stands still.
pub(super) struct Patient<S> {
    stream: S,
    over: Pin<Box<Sleep>>,
    /// Bytes since `over` was set.
    moved: usize,
    _place: Place,
}

impl<S> Patient<S> {
    fn new(stream: S, place: Place) -> Self {
        Self { stream, over: Box::pin(sleep(PATIENCE)), moved: 0, _place: place }
    }

    fn wait<T>(
        &mut self,
        context: &mut Context<'_>,
        done: Poll<io::Result<T>>,
        moved: usize,
    ) -> Poll<io::Result<T>> {
        self.moved = self.moved.saturating_add(moved);
        if done.is_ready() {
            return done;
        }
        while self.over.as_mut().poll(context).is_ready() {
            if self.moved < LEAST {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.moved = 0;
            self.over.as_mut().reset(Instant::now() + PATIENCE);
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let done = Pin::new(&mut self.stream).poll_read(context, buffer);
        let moved = buffer.filled().len() - before;
        self.wait(context, done, moved)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(context, bytes);
        let moved = if let Poll::Ready(Ok(moved)) = done { moved } else { 0 };
        self.wait(context, done, moved)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.stream).poll_flush(context);
        self.wait(context, done, 0)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<L: Listener<Io: Unpin, Addr = SocketAddr>> Listener for PatientListener<L> {
    type Io = Patient<L::Io>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        let mut free = self.crowd.free().await;
        loop {
            let (stream, from) = self.listener.accept().await;
            match self.crowd.take(free, from.ip()) {
                Some(place) => return (Patient::new(stream, place), from),
                // It is closed.
                None => free = self.crowd.free().await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    async fn connected() -> (Patient<DuplexStream>, DuplexStream) {
        let crowd = Crowd::new(Comers::Proxy);
        let place = crowd.take(crowd.free().await, [192, 0, 2, 1].into()).unwrap();
        let (ours, theirs) = duplex(1 << 20);
        (Patient::new(ours, place), theirs)
    }

    /// After how long a connection is given up on which so many bytes come each so many seconds; at most an hour.
    async fn lasts(bytes: usize, each: u64) -> Option<Duration> {
        let (mut ours, mut theirs) = connected().await;
        let begun = Instant::now();
        let sending = async {
            loop {
                sleep(Duration::from_secs(each)).await;
                theirs.write_all(&vec![b'x'; bytes]).await.unwrap();
            }
        };
        let reading = async {
            let mut buffer = [0; 4096];
            loop {
                match ours.read(&mut buffer).await {
                    Err(error) => return (error.kind(), begun.elapsed()),
                    Ok(read) => assert_eq!(read, bytes),
                }
            }
        };
        tokio::select! {
            (kind, after) = reading => {
                assert_eq!(kind, io::ErrorKind::TimedOut);
                Some(after)
            }
            () = sending => None,
            () = sleep(Duration::from_secs(3600)) => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn silence_and_a_letter_now_and_then_are_given_up_and_a_slow_line_is_not() {
        assert_eq!(lasts(1, 100).await, Some(PATIENCE));
        // A letter a second is 60 bytes a minute.
        assert!(lasts(1, 1).await.is_some_and(|after| after <= 2 * PATIENCE));
        assert_eq!(lasts(200, 30).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_who_takes_nothing_is_given_up() {
        let (mut ours, theirs) = connected().await;
        let begun = Instant::now();
        let written = ours.write_all(&vec![0; 8 << 20]).await;
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() <= 3 * PATIENCE);
        drop(theirs);
    }
}
