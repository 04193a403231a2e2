//! `overt site` and `overt index`: what is done with a site while it is not served.

use overt_site::remove_index;
use serde_json::json;

use super::log::listen;
use super::serve::{HERE, OpenSite, Opening, SiteSettings};
use crate::cli::{ExportSiteArgs, IndexCommand, SiteArgs, SiteCommand};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs::LogFile;
use crate::output::{Output, STRONG, styled};
use crate::text::{bytes, count, line};

mod token;

pub(crate) fn run(command: &SiteCommand, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        SiteCommand::Init(args) => init(args, output),
        SiteCommand::Export(args) => export(args, output),
        SiteCommand::Token(command) => token::run(command, output),
    }
}

fn init(args: &SiteArgs, output: &mut Output) -> Result<Exit, Failure> {
    let (environment, settings) = (Environment::read()?, SiteSettings::read()?);
    let opening = Opening::new(&environment, &settings, args, HERE)?;
    if opening.begin(output)? {
        made(&opening, output);
    } else {
        output
            .say(format!("  site    there is one already in {}; it was left as it is", args.data.display()));
    }
    output.note(format!("  next    overt serve --data {}", args.data.display()));
    Ok(Exit::Yes)
}

/// Says what a new site consists of.
pub(super) fn made(opening: &Opening<'_>, output: &mut Output) {
    let (settings, data) = (opening.settings, &opening.args.data);
    output.say(format!("  made    {}", styled(STRONG, &data.display().to_string())));
    if let Ok(file) = LogFile::read(&data.join("log")) {
        output.say(format!("  log     {}", line(file.origin(), 100)));
        output.say(format!("  policy  {}", data.join("log/log.policy").display()));
    }
    output.note(format!(
        "  keys    {} and {} in {}; keep copies of them and of {} where this disk is not",
        settings.key(),
        settings.log_key(),
        opening.environment.home.join("keys").display(),
        data.join("secret.key").display()
    ));
    output.note("");
}

/// Opens a site that is there, for a command that is done soon.
fn open<T>(args: &SiteArgs, act: impl AsyncFnOnce(&OpenSite) -> Result<T, Failure>) -> Result<T, Failure> {
    with_index(args, Index::AsItIs, act)
}

/// What becomes of the index before a site is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Index {
    AsItIs,
    Anew,
}

fn with_index<T>(
    args: &SiteArgs,
    index: Index,
    act: impl AsyncFnOnce(&OpenSite) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let (environment, settings) = (Environment::read()?, SiteSettings::read()?);
    if LogFile::find(&args.data.join("log"))?.is_none() {
        return Err(Failure::usage(format!(
            "there is no site in {}\n  next   overt site init --data {}, or another directory with --data",
            args.data.display(),
            args.data.display()
        )));
    }
    let opening = Opening::new(&environment, &settings, args, HERE)?;
    let data = opening.data()?;
    if index == Index::Anew {
        remove_index(&data).map_err(|error| Failure::file("remove", &data.index(), error))?;
    }
    let open = opening.open_with(data)?;
    let runtime = listen::runtime()?;
    let done = runtime.block_on(async {
        open.site.follow().await.map_err(Failure::undecided)?;
        act(&open).await
    });
    listen::end(runtime);
    drop(open);
    done
}

pub(crate) fn index(command: &IndexCommand, output: &mut Output) -> Result<Exit, Failure> {
    let IndexCommand::Rebuild { site, json: as_json } = command;
    let position =
        with_index(site, Index::Anew, async |open| open.site.index().position().map_err(Failure::undecided))?;
    if *as_json {
        output.json(&json!({ "entries": position.next, "unreadable": position.unreadable }));
        return Ok(Exit::Yes);
    }
    output.say(format!("  index   {} of the log taken in", count(position.next, "record")));
    if position.unreadable > 0 {
        output.say(format!("  passed  over {} that cannot be read", count(position.unreadable, "body")));
    }
    Ok(Exit::Yes)
}

fn export(args: &ExportSiteArgs, output: &mut Output) -> Result<Exit, Failure> {
    let written = open(&args.site, async |open| {
        let written = overt_web::site::export(&open.pages, open.router.clone(), &args.out).await;
        written.map_err(|error| match error {
            error @ overt_web::site::ExportError::NotAnExport(_) => Failure::usage(error),
            error => Failure::undecided(error),
        })
    })?;
    if args.json {
        output.json(&json!({ "files": written.files, "changed": written.changed, "bytes": written.bytes }));
        return Ok(Exit::Yes);
    }
    output.say(format!("  wrote   {}", styled(STRONG, &args.out.display().to_string())));
    output.say(format!(
        "  files   {}, {} of them new or changed; {}",
        count(written.files, "file"),
        written.changed,
        bytes(written.bytes)
    ));
    Ok(Exit::Yes)
}
