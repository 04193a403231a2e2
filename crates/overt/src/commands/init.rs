//! `overt init`: the files that a project begins with.

use std::fs;
use std::path::{Path, PathBuf};

use overt_task::scaffold;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

pub(crate) fn run(name: &str, output: &mut Output) -> Result<Exit, Failure> {
    let mut files = scaffold(name).map_err(Failure::usage)?;
    let workflow = include_str!("init/oversight.yml").replace("NAME", name);
    files.extend([
        (PathBuf::from("overt.toml"), include_str!("init/overt.toml").to_owned()),
        (PathBuf::from(".github/workflows/oversight.yml"), workflow),
        // Evidence is worth keeping; what an unfinished run leaves is not.
        (PathBuf::from("runs/.gitignore"), "journal.jsonl\n*.tmp\n".to_owned()),
    ]);
    write_new(&files, output)?;
    output.note(format!(
        "  next   overt task check {name}/{name}.yaml\n         overt eval {name}/{name}.yaml\n         overt check --require \
         '{name}.accuracy >= 0.5'"
    ));
    Ok(Exit::Yes)
}

/// Writes files that are not there yet: all of them or, if one is taken, none.
pub(crate) fn write_new(files: &[(PathBuf, String)], output: &mut Output) -> Result<(), Failure> {
    if let Some((taken, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(Failure::usage(format!(
            "{} is there already\n  next  choose another name, or move it away; nothing was written",
            taken.display()
        )));
    }
    for (path, text) in files {
        if let Some(directory) = path.parent().filter(|directory| *directory != Path::new("")) {
            fs::create_dir_all(directory).map_err(|source| Failure::file("create", directory, source))?;
        }
        fs::write(path, text).map_err(|source| Failure::file("write", path, source))?;
        output.say(format!("  wrote  {}", path.display()));
    }
    Ok(())
}
