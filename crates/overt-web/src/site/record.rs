//! Any record: what it says, what it points to, what points to it, and how to check all of that.

use maud::{Markup, html};
use overt_record::Hash;
use overt_record::bundle;
use overt_site::index::{RecordView, RedactionView};

use super::lists::{seek, size, turning};
use super::outcome::{best_path, claimed, day, kind_words, moment, record_path};
use super::record_words::words;
use super::records::{Signed, digest};
use super::reply;
use super::state::Site;
use super::wrong::Wrong;
use crate::kit::link::Query;
use crate::kit::number::{count, grouped};
use crate::kit::text::{inline, visible};
use crate::kit::{
    Align, CHECK, Column, Crumb, Definitions, Page, Table, Tone, VERIFIER, aside, digest as short,
    digest_full,
};
use crate::view::Asked;

/// A record's page, or one of the files that prove it.
pub(super) fn reply(site: &Site, name: &str, asked: &Asked) -> Result<axum::response::Response, Wrong> {
    let file = FORMS.iter().find_map(|(ending, form)| name.strip_suffix(ending).map(|hex| (hex, *form)));
    match file {
        None => Ok(reply::page(site.frame(), &page(site, name, asked)?)),
        Some((hex, form)) => {
            let record = digest(hex)?;
            let found = site.found(&record)?;
            let signed = found.signed.ok_or(Wrong::Gone)?;
            let (media_type, bytes) = form.of(site, &signed)?;
            Ok(reply::bytes(media_type, bytes))
        }
    }
}

/// The files of a record.
#[derive(Clone, Copy)]
enum Form {
    Bundle,
    Sigstore,
    Proof,
}

const FORMS: [(&str, Form); 3] =
    [(".overt.json", Form::Bundle), (".sigstore.json", Form::Sigstore), (".tlog-proof", Form::Proof)];

impl Form {
    fn of(self, site: &Site, signed: &Signed) -> Result<(&'static str, Vec<u8>), Wrong> {
        let damaged = |error: &dyn std::fmt::Display| Wrong::Damaged(error.to_string());
        Ok(match self {
            Self::Bundle => (bundle::MEDIA_TYPE, site.bundle(signed)?),
            Self::Sigstore => {
                let bytes = signed.submission.bundle().to_json().map_err(|error| damaged(&error))?;
                ("application/vnd.dev.sigstore.bundle.v0.3+json", bytes)
            }
            Self::Proof => ("text/plain; charset=utf-8", site.proof(signed)?.to_string().into_bytes()),
        })
    }
}

fn page(site: &Site, text: &str, asked: &Asked) -> Result<Page, Wrong> {
    let record = digest(text)?;
    let found = site.found(&record)?;
    let Some(signed) = &found.signed else { return Err(taken_down(site, &found.view)?) };
    let kind = kind_words(signed.entry.kind.as_str());
    let header = signed.verified.record.header();
    let title =
        found.view.entry.as_ref().and_then(|entry| entry.title.clone()).filter(|title| !title.is_empty());
    let content = html! {
        h1 { @match &title { Some(title) => (inline(title, 120)), None => { (capital(&kind)) } } }
        p.lede {
            (capital(&kind)) " by " (claimed(header.issuer.name.as_str())) ", logged " (moment(signed.entry.time)) "."
            @if best_path(signed.entry.kind.as_str(), &record) != record_path(&record) {
                " " a href=(best_path(signed.entry.kind.as_str(), &record)) { "Its own page tells it better" } "."
            }
        }
        (partial_redactions(site, &found.view))
        h2 id="says" { "What it says" }
        (words(site, &signed.verified.record))
        (relations(site, &found.view, signed, asked)?)
        (proofs(site, &found.view, signed))
    };
    let name = title.unwrap_or_else(|| capital(&kind));
    let trail = vec![Crumb::new("Home", "/"), Crumb::new("Log", "/log"), Crumb::here(&*name)];
    Ok(Page::new(name, content).trail(trail).section("/log"))
}

fn capital(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// What it points to, and what points to it.
fn relations(site: &Site, view: &RecordView, signed: &Signed, asked: &Asked) -> Result<Markup, Wrong> {
    let seek = seek(asked);
    let found = site.index().referrers(&view.record, None, seek, size())?;
    let columns = vec![
        Column::new("Record", Align::Start),
        Column::new("Type", Align::Start),
        Column::new("By", Align::Start),
        Column::new("Logged", Align::Date),
    ];
    let mut table = Table::new("Entries that point to this record, oldest first", columns);
    for entry in &found.items {
        let title = entry
            .title
            .clone()
            .filter(|title| !title.is_empty())
            .unwrap_or_else(|| format!("entry {}", entry.index));
        table.push(vec![
            html! { a href={ "/log/" (entry.index) } { (inline(&title, 80)) } },
            html! { (kind_words(entry.kind.as_str())) },
            html! { @match &entry.issuer { Some(issuer) => (claimed(issuer)), None => span.faint { "taken down" } } },
            day(entry.time),
        ]);
    }
    let refs = signed.entry.refs();
    Ok(html! {
        @if !refs.is_empty() {
            h2 id="refs" { "What it points to" }
            ul { @for target in refs { li { (target_link(site, target)?) } } }
        }
        @if view.referrers > 0 {
            h2 id="referrers" { "What points to it" }
            p { (grouped(view.referrers)) " entr" @if view.referrers == 1 { "y" } @else { "ies" } " of the log." }
            @if !table.is_empty() { (table.render()) }
            (turning(&record_path(&view.record), &Query::new(), seek, found.next))
        }
    })
}

fn target_link(site: &Site, target: &Hash) -> Result<Markup, Wrong> {
    let known = site.index().record(target)?;
    Ok(match known.as_ref().and_then(|view| view.entry.as_ref()) {
        Some(entry) => html! {
            a href=(best_path(entry.kind.as_str(), target)) { (inline(entry.title.as_deref().unwrap_or("—"), 100)) }
            " (" (kind_words(entry.kind.as_str())) ", " (site.record_link(target)) ")"
        },
        None if known.is_some() => html! { (site.record_link(target)) " (taken down)" },
        None => {
            html! { (short("the digest of a record", &target.to_string())) " (not in this log, or its body is gone)" }
        }
    })
}

/// Redactions of a record that is still there, by somebody who has a say: of a part of it. Anybody can sign one of anything;
/// what they say is not told here, and how many there are is.
fn partial_redactions(site: &Site, view: &RecordView) -> Markup {
    let own = view.entry.as_ref().map(|entry| entry.key);
    let authorities = &site.sources().authorities;
    let (told, others): (Vec<&RedactionView>, Vec<&RedactionView>) = (view.redactions.iter())
        .partition(|redaction| Some(redaction.key) == own || authorities.contains(&redaction.key));
    html! {
        @for redaction in told.into_iter().take(20) { (aside(Tone::Mark, &why(site, redaction))) }
        @if !others.is_empty() {
            p.note {
                "Keys that have no say in it have signed " (count(others.len() as u64, "redaction"))
                " of this record, which change nothing; they are among the entries that point to it."
            }
        }
    }
}

fn why(site: &Site, redaction: &RedactionView) -> Markup {
    let reason = serde_json::to_value(redaction.reason)
        .ok()
        .and_then(|word| word.as_str().map(|word| word.replace('_', " ")));
    html! {
        p {
            strong { "Redaction" } " of " @match redaction.scope.as_str() { "record" => "the whole record", "samples" => "samples", _ => "files" }
            ", logged " (moment(redaction.time)) ", demanded by " (claimed(&redaction.authority))
            ", reason: " (reason.unwrap_or_default()) ". "
            a href={ "/log/" (redaction.index) } { "The redaction’s own entry" } "."
        }
        @if let Some(explanation) = &redaction.explanation { p { (visible(explanation)) } }
        @if let Some(instead) = &redaction.corrected_by { p { "In its place stands " (site.record_link(instead)) "." } }
    }
}

/// The page of a record whose body is gone.
pub(super) fn taken_down(site: &Site, view: &RecordView) -> Result<Wrong, Wrong> {
    site.forget_laid_out(&view.record)?;
    let hex = view.record.to_string();
    // Whoever has a say comes first, also if strangers were there before.
    let mut redactions: Vec<&RedactionView> = view.redactions.iter().collect();
    redactions.sort_by_key(|redaction| !site.sources().authorities.contains(&redaction.key));
    let content = html! {
        h1 { "A record that is not here" }
        p.lede {
            "If it was in this log, its entry and every proof of it stay, so that it existed stays provable; what it said is gone. "
            "A redaction alone does not show that there was one: anybody can sign one, of anything."
        }
        @for redaction in redactions.iter().take(20) { (aside(Tone::Mark, &why(site, redaction))) }
        @if view.redactions.is_empty() { p { "Its body is missing or damaged; no redaction says why." } }
        (Definitions::new()
            .with("record", digest_full("the digest of the record", &hex))
            .with("entries that point to it", html! { (grouped(view.referrers)) })
            .render())
        p { "What was taken down, and why, is on the " a href="/log?kind=redaction" { "list of redactions" } " of " (inline(&site.settings().name, 60)) "." }
    };
    let trail = vec![Crumb::new("Home", "/"), Crumb::new("Log", "/log"), Crumb::here("Not here")];
    Ok(Wrong::TakenDown(Box::new(
        Page::new("A record that is not here", content).trail(trail).section("/log"),
    )))
}

/// How to check a record: the files, in the browser, and offline.
pub(super) fn proofs(site: &Site, view: &RecordView, signed: &Signed) -> Markup {
    let path = record_path(&view.record);
    let bundle = format!("{path}.overt.json");
    let header = signed.verified.record.header();
    let facts = Definitions::new()
        .with("record", digest_full("the digest of the record", &view.record.to_string()))
        .with("issuer’s key", digest_full("the id of the key", &signed.verified.key.to_string()))
        .with_some("more about the issuer", header.issuer.uri.as_ref().map(|uri| html! {
            a href=(uri.as_str()) rel="nofollow noopener noreferrer external" { (inline(uri.as_str(), 120)) }
        }))
        .with("issued", html! { (moment(header.issued_at)) " by the issuer’s clock" })
        .with("logged", html! { (moment(signed.entry.time)) " at " a href={ "/log/" (signed.index) } { "index " (grouped(signed.index)) } })
        .render();
    html! {
        h2 id="proof" { "Proof" }
        p {
            "Whoever has the bundle can check, without this site, that the key signed exactly this, and that the log has it. "
            a href=(bundle) download { "The bundle" } " (" code { ".overt.json" } ") · "
            a href={ (path) ".sigstore.json" } download { "the signed record alone" } " · "
            a href={ (path) ".tlog-proof" } download { "the log’s proof alone" }
        }
        (facts)
        (in_browser(site, &bundle))
        (offline(site, &bundle))
    }
}

/// The check in the visitor's browser; shown only where there is JavaScript.
fn in_browser(site: &Site, bundle: &str) -> Markup {
    html! {
        section hidden data-bundle=(bundle) data-verifier=(VERIFIER.path) aria-labelledby="checked-here" {
            h3 id="checked-here" { "Checked in your browser" }
            p {
                "Your browser fetches the bundle and checks it by itself. Whose log and whose key it believes, you decide: the policy below is "
                strong { "this site’s own word" } ", so paste one that you got elsewhere if you can."
            }
            p role="status" {}
            ol.checks {}
            form {
                details {
                    summary { "What is believed" }
                    div.field {
                        label for="policy" { "Policy: the logs and witnesses to believe (C2SP tlog-policy)" }
                        textarea id="policy" name="policy" rows="6" spellcheck="false" autocomplete="off" { (site.sources().policy) }
                    }
                    div.field {
                        label for="trust" { "Keys of issuers to trust (OpenSSH allowed_signers); may be empty" }
                        textarea id="trust" name="trust" rows="4" spellcheck="false" autocomplete="off" {}
                    }
                    p { button.button { "Check again" } }
                }
            }
            script type="module" src=(CHECK.path) {}
        }
    }
}

fn offline(site: &Site, bundle: &str) -> Markup {
    let name = bundle.rsplit('/').next().unwrap_or(bundle);
    let url = site.address(bundle);
    html! {
        details {
            summary { "Check it offline" }
            p { "With overt, or with the one JavaScript file that this page uses, on any machine:" }
            pre { code {
                "curl -O " (url) "\n"
                "curl -o site.policy " (site.address("/about/policy.txt")) "\n"
                "overt verify " (name) " --policy site.policy\n"
                "\n"
                "curl -o verify.mjs " (site.address(&VERIFIER.path)) "\n"
                "node verify.mjs " (name) " --policy site.policy\n"
            } }
            p { "A policy from this site is the word of this site. Better: one from the witnesses, or from somebody who watches the log." }
        }
    }
}
