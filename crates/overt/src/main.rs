//! overt: open, verifiable oversight of AI systems. The command line.
//!
//! Parse, call, print. What a command does lives in the libraries; what it says lives here.

mod cli;
mod commands;
mod domains;
mod environment;
mod exit;
mod failure;
mod keyring;
mod logs;
mod looks;
mod moments;
mod outfile;
mod output;
mod planned;
mod progress;
mod report;
mod results;
mod runs;
mod signing;
mod text;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::exit::Exit;
use crate::output::{BAD, Output, styled};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let quiet = match &cli.command {
        Command::Eval(args) => args.ask.quiet,
        Command::Resume(args) => args.ask.quiet,
        _ => false,
    };
    let mut output = Output::new(quiet);
    let result = match &cli.command {
        Command::Eval(args) => commands::eval::run(args, &mut output),
        Command::Resume(args) => commands::resume::run(args, &mut output),
        Command::Show(args) => commands::show::run(args, &mut output),
        Command::Score(args) => commands::score::run(args, &mut output),
        Command::Compare(args) => commands::compare::run(args, &mut output),
        Command::View(args) => commands::view::run(args, &mut output),
        Command::Statement(command) => commands::statement::run(command, &mut output),
        Command::Report(command) => commands::report::run(command, &mut output),
        Command::Serve(args) => commands::serve::run(args, &mut output),
        Command::Site(command) => commands::site::run(command, &mut output),
        Command::Index(command) => commands::site::index(command, &mut output),
        Command::Check(args) => commands::check::run(args, &mut output),
        Command::Init { name } => commands::init::run(name, &mut output),
        Command::Completions { shell } => Ok(commands::shell::completions(*shell, &mut output)),
        Command::Man { directory } => commands::shell::man(directory, &mut output),
        Command::Plan(args) => commands::plan::run(args, &mut output),
        Command::Publish(args) => commands::publish::run(args, &mut output),
        Command::Verify(args) => commands::verify::run(args, &mut output),
        Command::Reveal(args) => commands::reveal::run(args, &mut output),
        Command::Reproduce(args) => commands::reproduce::run(args, &mut output),
        Command::Key(command) => commands::key::run(command, &mut output),
        Command::Log(command) => commands::log::run(command, &mut output),
        Command::Witness(command) => commands::witness::run(command, &mut output),
        Command::Task(command) => commands::task::run(command, &mut output),
        Command::Data(command) => commands::data::run(command, &mut output),
        Command::Judge(command) => commands::judge::run(command, &mut output),
        Command::Model(command) => commands::model::run(command, &mut output),
    };
    if let Some(error) = output.lost() {
        let message = format!("{}: the result could not be written: {error}", styled(BAD, "error"));
        output.warn(message);
        return Exit::Undecided.into();
    }
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output.warn(format!("{}: {}", styled(BAD, "error"), text::harmless(&failure.message)));
            failure.exit.into()
        }
    }
}

/// Help and version go to standard output and end well; mistakes go to standard error.
fn usage(error: &clap::Error) -> ExitCode {
    // Nobody can be told that the stream is closed.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage.into() } else { Exit::Yes.into() }
}
