//! The run behind an evaluation: its files, if they are here, and others to set beside it.

use maud::{Markup, html};
use overt_log::client::Source;
use overt_record::Hash;
use overt_record::record::Evaluation;

use crate::kit::text::{inline, plain};
use crate::kit::{Choice, Definitions, select};
use crate::site::laid_out::LaidOut;
use crate::site::outcome::moment;
use crate::site::state::Site;
use crate::site::wrong::Wrong;

/// Other evaluations that are offered for comparison at most.
const OFFERED: usize = 50;
/// Evaluations of a task that are looked through for those.
const LOOKED_THROUGH: usize = 200;

pub(super) fn the_run(record: &Hash, evaluation: &Evaluation, files: &LaidOut) -> Markup {
    let base = format!("/evaluations/{record}");
    html! {
        h2 id="the-run" { "The run" }
        @match files {
            LaidOut::Here(_) => {
                p {
                    a href={ (base) "/samples" } { "All samples" } " · "
                    a href={ (base) "/samples?outcome=failed" } { "Samples without an answer" } " · "
                    a href={ (base) "/samples?sort=score" } { "Lowest scores first" } " · "
                    a href={ (base) "/run" } { "The whole run: settings, scores, files" }
                }
                p.note { "Before they were shown here, these files were checked against the signed record: every answer was scored again, and every result computed again." }
            }
            _ => p { "The files of the run are not here. The record stands by itself; whoever has the files can check them against it with " code { "overt verify" } "." },
        }
        (identity(evaluation))
    }
}

fn identity(evaluation: &Evaluation) -> Markup {
    let system = &evaluation.system;
    let code = |text: &str| html! { code { (inline(text, 200)) } };
    Definitions::new()
        .with("run", code(evaluation.run.id.as_str()))
        .with("began", moment(evaluation.run.created))
        .with("finished", moment(evaluation.run.finished))
        .with("model", code(system.model.as_str()))
        .with_some("address", system.base_url.as_ref().map(|url| code(url.as_str())))
        .with_some("weights", system.artefact.as_ref().map(|weights| html! {
            (code(weights.file.as_str())) " " (crate::kit::digest("the digest of the weights", &weights.sha256.to_string()))
        }))
        .with("asked with", html! { "overt " (inline(evaluation.overt.version.as_str(), 40)) })
        .with("seed", html! { (evaluation.settings.seed.to_string()) })
        .with("samples are bound by", crate::kit::digest("the root of the samples", &evaluation.samples.root.to_string()))
        .render()
}

/// Others that asked the same tasks and whose files are here too, to be set beside this one.
pub(super) fn comparison(
    site: &Site,
    record: &Hash,
    evaluation: &Evaluation,
    files: &LaidOut,
) -> Result<Markup, Wrong> {
    if !matches!(files, LaidOut::Here(_)) {
        return Ok(html! {});
    }
    let mut choices: Vec<Choice> = Vec::new();
    for task in evaluation.tasks.iter().take(8) {
        let Some(found) = site.index().task(task.name.as_str())? else { continue };
        for other in found.evaluations.iter().take(LOOKED_THROUGH).filter(|other| other.record != *record) {
            let value = other.record.to_string();
            if choices.len() < OFFERED
                && !choices.iter().any(|choice| choice.value == value)
                && has_files(site, &other.record)?
            {
                let words = format!("{} by {}, {}", other.name, other.issuer, &other.time.to_string()[..10]);
                choices.push(Choice::new(value, plain(&words, 120)));
            }
        }
    }
    Ok(html! {
        h2 id="compare" { "Compare" }
        @if choices.is_empty() { p { "No other evaluation whose files are here asked one of these tasks." } } @else {
            form.filters method="get" action="/compare" {
                input type="hidden" name="run" value=(record);
                (select("run", "With", &choices, ""))
                button.button { "Compare sample by sample" }
            }
        }
    })
}

/// Whether an evaluation's files are here; one that was never looked at is looked up, not laid out.
fn has_files(site: &Site, record: &Hash) -> Result<bool, Wrong> {
    let view = site.index().record(record)?;
    let Some(entry) = view.and_then(|view| view.entry) else { return Ok(false) };
    let commit = site.entry(entry.index)?.commit;
    let source = Source::Store(site.sources().store.clone());
    Ok(Site::wait(overt_log::files::listed(&source, &commit))?.is_some())
}
