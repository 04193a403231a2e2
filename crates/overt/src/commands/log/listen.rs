//! Serving over HTTP until somebody asks for an end.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::crowd::Comers;
use super::patient::{PatientListener, Peer, with_peers};
use crate::commands::ask::unless_ended;
use crate::failure::Failure;

/// How long requests in flight may take once the end was asked for.
const GRACE: Duration = Duration::from_secs(10);

/// A runtime with a thread for each core.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| Failure::undecided(format!("the runtime cannot be started: {error}")))
}

/// Takes the address, and says which one it is: port 0 is any that is free.
pub(crate) fn bind(runtime: &Runtime, address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let failed = |error: io::Error| {
        Failure::usage(format!(
            "cannot listen on {address}\n  cause  {error}\n  next   another one with --listen, or end what listens there"
        ))
    };
    let listener = runtime.block_on(TcpListener::bind(address)).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Serves until Ctrl-C or a polite request to end; then no connection is taken any more, and what is in flight may end.
pub(crate) async fn serve(listener: TcpListener, router: Router) -> Result<(), Failure> {
    serve_from(listener, Comers::Themselves, router).await
}

/// The same for connections of any kind.
pub(crate) async fn serve_from<L>(listener: L, comers: Comers, router: Router) -> Result<(), Failure>
where
    L: Listener<Io: Unpin, Addr = SocketAddr>,
{
    let service = with_peers(router).into_make_service_with_connect_info::<Peer>();
    let (ending, mut ended) = watch::channel(false);
    let signal = async move {
        unless_ended(std::future::pending::<()>()).await;
        ending.send_replace(true);
    };
    let serving = axum::serve(PatientListener::new(listener, comers), service).with_graceful_shutdown(signal);
    let overdue = async {
        // An error means that the server has ended, which the other branch sees.
        let _ = ended.wait_for(|ending| *ending).await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = async { serving.await } => {
            served.map_err(|error| Failure::undecided(format!("the server has ended: {error}")))
        }
        () = overdue => Ok(()),
    }
}

/// Ends what runs in the background.
pub(crate) fn end(runtime: Runtime) {
    runtime.shutdown_timeout(GRACE);
}
