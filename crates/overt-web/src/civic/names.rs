//! Signatories and states in words.

use maud::{Markup, html};
use overt_record::record::{Capacity, Verification};
use overt_site::index::{SignatoryView, SignatureCount, Standing};
use overt_site::reports::ReportState;

use super::language::{Language, Says as _, Variable};
use crate::kit::text::{inline, plain};

/// The longest name that a list shows whole, in characters.
const NAME: usize = 120;

/// A signature as a printed letter has it: the name, then who that is.
pub(super) fn signatory(language: Language, signed: &SignatoryView) -> Markup {
    let more = [&signed.role, &signed.affiliation, &signed.country];
    html! {
        @match &signed.name {
            Some(name) => { span.name { (inline(name, NAME)) } }
            None => { span.name { (nameless(language, signed)) } }
        }
        @for part in more.into_iter().flatten() { ", " (inline(part, NAME)) }
    }
}

fn nameless(language: Language, signed: &SignatoryView) -> String {
    let domain = plain(signed.domain.as_deref().unwrap_or("—"), NAME);
    language.say_with("say-nameless", &[("domain", Variable::Words(&domain))])
}

/// What was checked of a signatory, and whose word that is.
pub(super) fn checked(language: Language, signed: &SignatoryView) -> String {
    let domain = plain(signed.domain.as_deref().unwrap_or("—"), NAME);
    let id = kind(signed.checked, signed.standing, signed.capacity);
    language.say_with(id, &[("domain", Variable::Words(&domain))])
}

/// What may have been checked, in words; the order is that of [`search_kind`].
const KINDS: [&str; 6] =
    ["say-mail-person", "say-mail-organisation", "say-domain-key", "say-key", "say-nothing", "say-own-key"];

/// What stands in words where the domain goes.
const DOMAIN: &str = "{domain}";

/// The words that a list of signatures is written with, for the script that searches an export.
pub(crate) fn search_words() -> serde_json::Value {
    let language = Language::English;
    let say = |id| language.say_with(id, &[("domain", Variable::Words(DOMAIN))]);
    serde_json::json!({
        "checked": KINDS.map(say),
        "nameless": say("say-nameless"),
        "proof": language.say("statement-proof"),
        "nobody": language.say("statement-none-found"),
    })
}

/// Which of those words say what was checked of a signatory.
pub(crate) fn search_kind(signed: &SignatoryView) -> usize {
    let id = kind(signed.checked, signed.standing, signed.capacity);
    KINDS.iter().position(|known| *known == id).unwrap_or(KINDS.len() - 1)
}

fn kind(checked: Verification, standing: Standing, capacity: Capacity) -> &'static str {
    match (checked, standing, capacity) {
        (Verification::EmailDomain, _, Capacity::Person) => "say-mail-person",
        (Verification::EmailDomain, _, Capacity::Organisation) => "say-mail-organisation",
        (Verification::DomainKey, ..) => "say-domain-key",
        (Verification::Key, ..) => "say-key",
        (Verification::Nothing, Standing::Vouched, _) => "say-nothing",
        (Verification::Nothing, ..) => "say-own-key",
    }
}

/// The heading of a count.
pub(super) fn counted(language: Language, count: &SignatureCount) -> String {
    let id = match (count.checked, count.standing, count.capacity) {
        (Verification::EmailDomain, _, Capacity::Person) => "say-count-mail-person",
        (Verification::EmailDomain, _, Capacity::Organisation) => "say-count-mail-organisation",
        (Verification::DomainKey, ..) => "say-count-domain-key",
        (Verification::Key, ..) => "say-count-key",
        (Verification::Nothing, Standing::Vouched, _) => "say-count-nothing",
        (Verification::Nothing, ..) => "say-count-own-key",
    };
    language.say(id)
}

/// How a report stands.
pub(super) const fn state(state: ReportState) -> &'static str {
    match state {
        ReportState::Unconfirmed => "not confirmed yet",
        ReportState::Waiting => "waiting for a moderator",
        ReportState::Published => "published",
        ReportState::Refused => "not published",
        ReportState::Withdrawn => "taken back",
    }
}
