//! `overt view`: pages over runs.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

/// Browse runs in the browser, on this machine alone
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  overt view                      the runs in ./runs
  overt view runs/20261124T…      one run
  overt view --listen 127.0.0.1:8000 --no-open

Nothing leaves this machine, and nothing is changed. A run that goes on is followed.")]
pub(crate) struct ViewArgs {
    /// A directory of runs, or one run
    #[arg(value_name = "DIR", default_value = "runs")]
    pub(crate) directory: PathBuf,
    /// Where to listen: an address of this machine that nobody else reaches; port 0 is any that is free
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Print the address, and don't open the browser
    #[arg(long)]
    pub(crate) no_open: bool,
}
