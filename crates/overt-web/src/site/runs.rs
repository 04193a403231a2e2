//! The pages of runs whose files are here: the viewer's own, under the address of their record.

use std::path::PathBuf;
use std::sync::Arc;

use maud::html;
use overt_record::Hash;

use super::laid_out::LaidOut;
use super::records::digest;
use super::state::Site;
use super::wrong::Wrong;
use crate::kit::{Crumb, Page};
use crate::pages::Place;
use crate::server::{RunPages, comparison};
use crate::view::{Asked, RunView, ViewError, download};

/// Runs that are compared at most.
const COMPARED: usize = 8;

/// A run that can be looked at.
pub(super) struct Opened {
    pub(super) view: Arc<RunView>,
    pub(super) place: Place,
}

/// The run of a record.
pub(super) fn open(site: &Site, record: &Hash) -> Result<Opened, Wrong> {
    let (folder, name) = folder(site, record)?;
    let view = site.shelf().open(&folder)?;
    Ok(Opened { view, place: place(record, &name) })
}

/// Where its files are laid out, and what the run is called.
fn folder(site: &Site, record: &Hash) -> Result<(PathBuf, String), Wrong> {
    let found = site.found(record)?;
    let Some(signed) = &found.signed else {
        site.forget_laid_out(record)?;
        return Err(Wrong::Gone);
    };
    let name = found.view.entry.as_ref().and_then(|entry| entry.title.clone()).unwrap_or_default();
    match site.laid_out(&found.view, signed)? {
        LaidOut::Here(folder) => Ok((folder, name)),
        LaidOut::Elsewhere => {
            Err(Wrong::Missing("copy of the files of this run; its record stands by itself"))
        }
        LaidOut::TakenDown => Err(Wrong::Gone),
        LaidOut::Refused(_) => {
            Err(Wrong::Missing("copy of the files of this run that agrees with its record"))
        }
    }
}

fn place(record: &Hash, name: &str) -> Place {
    let base = format!("/evaluations/{record}");
    Place {
        compare: Some(format!("{base}#compare")),
        base,
        name: name.to_owned(),
        trail: vec![Crumb::new("Home", "/"), Crumb::new("Evaluations", "/evaluations")],
        section: "/evaluations".into(),
    }
}

fn with_run<T>(
    site: &Site,
    record: &str,
    make: impl FnOnce(RunPages<'_>) -> Result<T, ViewError>,
) -> Result<T, Wrong> {
    let Opened { view, place } = open(site, &digest(record)?)?;
    Ok(make(RunPages { view: &view, place: &place })?)
}

pub(super) fn overview(site: &Site, record: &str, asked: &Asked) -> Result<Page, Wrong> {
    let more = html! {
        h2 id="evidence" { "Evidence" }
        p { "These are the files of a signed record: " a href={ "/evaluations/" (record) } { "who measured this, and what it does not show" } "." }
    };
    with_run(site, record, |pages| Ok(pages.overview(asked, more)))
}

pub(super) fn samples(site: &Site, record: &str, asked: &Asked) -> Result<Page, Wrong> {
    with_run(site, record, |pages| pages.samples(asked))
}

/// One sample, as addresses name it.
pub(super) struct SampleName<'a> {
    pub(super) task: &'a str,
    pub(super) id: &'a str,
    pub(super) epoch: u32,
}

pub(super) fn sample(site: &Site, record: &str, name: &SampleName<'_>, asked: &Asked) -> Result<Page, Wrong> {
    with_run(site, record, |pages| pages.sample(name.task, name.id, name.epoch, asked, html! {}))
}

pub(super) fn text(site: &Site, record: &str, name: &SampleName<'_>, part: &str) -> Result<String, Wrong> {
    with_run(site, record, |pages| pages.text(name.task, name.id, name.epoch, part))
}

/// The path of a file of a run.
pub(super) fn file(site: &Site, record: &str, name: &str) -> Result<PathBuf, Wrong> {
    let (folder, _) = folder(site, &digest(record)?)?;
    download(&folder, name).ok_or(Wrong::Missing("such file"))
}

pub(super) fn compare(site: &Site, asked: &Asked) -> Result<Page, Wrong> {
    let mut runs = Vec::new();
    for record in asked.all("run").take(COMPARED) {
        let Opened { view, place } = open(site, &digest(record)?)?;
        runs.push((view, place, record.to_owned()));
    }
    if runs.len() < 2 {
        let why = "A comparison is of two or more evaluations: the page of an evaluation offers those that asked the same tasks.";
        return Err(Wrong::Asked(why.into()));
    }
    Ok(comparison("/compare", &runs, asked)?)
}
