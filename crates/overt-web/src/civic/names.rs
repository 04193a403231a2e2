//! Signatories and states in words.

use maud::{Markup, html};
use overt_record::record::{Capacity, Verification};
use overt_site::index::{SignatoryView, SignatureCount, Standing};
use overt_site::reports::ReportState;

use super::language::{Language, Variable};
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
