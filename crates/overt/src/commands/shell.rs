//! `overt completions` and `overt man`: the command line for shells and for `man`, made from its definition.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Prints what makes a shell complete overt's commands and flags.
pub(crate) fn completions(shell: Shell, output: &mut Output) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "overt", &mut script);
    output.say(String::from_utf8_lossy(&script).trim_end());
    Exit::Yes
}

/// Writes a page for each command into a directory.
pub(crate) fn man(directory: &Path, output: &mut Output) -> Result<Exit, Failure> {
    std::fs::create_dir_all(directory).map_err(|source| Failure::file("create", directory, source))?;
    let mut command = Cli::command();
    command.build();
    pages(&command, "overt", directory, output)?;
    Ok(Exit::Yes)
}

fn pages(command: &clap::Command, name: &str, directory: &Path, output: &mut Output) -> Result<(), Failure> {
    let path = directory.join(format!("{name}.1"));
    let page = || -> io::Result<()> {
        let mut page = Vec::new();
        // Without an owned name the page of `overt task new` would be called `new`.
        clap_mangen::Man::new(command.clone()).title(name.to_owned()).render(&mut page)?;
        std::fs::File::create(&path)?.write_all(&page)
    };
    page().map_err(|source| Failure::file("write", &path, source))?;
    output.say(format!("  wrote  {}", path.display()));
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        pages(inner, &format!("{name}-{}", inner.get_name()), directory, output)?;
    }
    Ok(())
}
