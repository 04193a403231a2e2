//! `overt view`: runs in the browser.

use std::io::IsTerminal as _;
use std::process::{Command, Stdio};

use overt_web::server::{ViewerSettings, viewer};

use super::log::listen;
use crate::cli::ViewArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Output, STRONG, styled};

/// Bytes of memory for runs that were looked at: six runs of a million samples.
const MEMORY: usize = 256 << 20;

pub(crate) fn run(args: &ViewArgs, output: &mut Output) -> Result<Exit, Failure> {
    if !args.listen.ip().is_loopback() {
        return Err(Failure::usage(format!(
            "{} can be reached from elsewhere, and the viewer asks nobody who they are\n  next   listen on 127.0.0.1 or [::1]; `overt serve` is for the public",
            args.listen.ip()
        )));
    }
    if !args.directory.is_dir() {
        return Err(Failure::usage(format!(
            "there are no runs\n  where  {}\n  next   overt eval, or name the directory with the runs: overt view DIR",
            args.directory.display()
        )));
    }
    let runtime = listen::runtime()?;
    let (listener, address) = listen::bind(&runtime, args.listen)?;
    let url = format!("http://{address}/");
    output.say(format!("  viewing  {}", args.directory.display()));
    output.say(format!("  at       {}", styled(STRONG, &url)));
    output.note("  Ctrl-C ends it");
    if !args.no_open && std::io::stdout().is_terminal() {
        open(&url);
    }
    let settings = ViewerSettings {
        root: args.directory.clone(),
        memory: MEMORY,
        version: env!("CARGO_PKG_VERSION").into(),
    };
    let served = runtime.block_on(listen::serve(listener, viewer(settings)));
    listen::end(runtime);
    served.map(|()| Exit::Yes)
}

/// Opens the browser, if there is one: the address stands on the screen in any case.
fn open(url: &str) {
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[url])
    } else if cfg!(windows) {
        ("cmd", &["/C", "start", "", url])
    } else {
        ("xdg-open", &[url])
    };
    let _ = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
}
