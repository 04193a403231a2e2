//! Reports of incidents and flaws.

use overt_report::Draft;
use overt_site::Site;
use overt_site::accounts::{Holder, Role};
use overt_site::index::{IncidentFilter, PageSize, Seek};
use overt_site::reports::{ReportError, ReportState};

use crate::world::{HOUR, Mailboxes, World, secret};

fn moderator() -> Holder {
    Holder { name: "A Moderator".into(), role: Role::Moderator }
}

fn draft() -> Draft {
    let mut draft = Draft::default();
    for (field, answer) in [
        ("classification.realWorldHarm", "no"),
        ("classification.maliciousUse", "no"),
        ("classification.csam", "no"),
        ("classification.kind", "flaw"),
        ("systems.0.name", "Example Assistant"),
        ("systems.0.developers", "A laboratory"),
        ("event.title", "Wrong dose of a common painkiller"),
        ("event.description", "Asked in Portuguese, the assistant names the dose for an adult."),
        ("event.language", "en"),
        ("evidence.stepsToReproduce", "Ask for the dose for a child, in Portuguese."),
        ("impact.severity", "high"),
        ("impact.prevalence", "common"),
        ("impact.harms", "physical"),
        ("impact.stakeholders", "end_users"),
        ("response.status", "reported"),
        ("reporter.relation", "researcher"),
        ("reporter.name", "Unmistakable Reporter"),
        ("reporter.email", "reporter@example.edu"),
        ("coordination.disclosure", "undecided"),
        ("coordination.recipients.0.name", "A laboratory"),
    ] {
        draft.set(field, &[answer]).unwrap();
    }
    draft
}

/// Hands in a report, and returns the secret that came by mail.
async fn submit(site: &Site, draft: &Draft) -> String {
    let status = site.reports().submit(draft, None).await.unwrap();
    assert_eq!(status.state, ReportState::Unconfirmed);
    let mails = Mailboxes::default().fetch(site).await;
    assert!(!mails[0].text.as_str().contains("painkiller"), "a mail repeats nothing of the report");
    secret(&mails[0])
}

fn waiting(site: &Site) -> Vec<i64> {
    site.reports().waiting(&moderator(), 0).unwrap().iter().map(|item| item.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_others_name_gets_few_mails() {
    let world = World::new();
    let site = world.site();
    let mut draft = draft();
    for tag in 0..5 {
        // Sub-addresses count as one.
        draft.set("reporter.email", &[&format!("victim+{tag}@example.edu")]).unwrap();
        site.reports().submit(&draft, None).await.unwrap();
    }
    let refused = site.reports().submit(&draft, None).await.unwrap_err();
    assert!(matches!(refused, ReportError::AddressTooOften(_)), "{refused}");
    assert_eq!(Mailboxes::default().fetch(&site).await.len(), 5);
    draft.set("reporter.email", &["another@example.edu"]).unwrap();
    site.reports().submit(&draft, None).await.unwrap();
    world.clock.advance(24 * HOUR);
    draft.set("reporter.email", &["victim@example.edu"]).unwrap();
    site.reports().submit(&draft, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_report_becomes_an_incident_without_its_reporter() {
    let world = World::new();
    let site = world.site();
    let link = submit(&site, &draft()).await;
    assert!(waiting(&site).is_empty());
    assert!(matches!(site.reports().read(&moderator(), 1).await, Err(ReportError::NoReport)));
    assert_eq!(site.reports().confirm(&link).await.unwrap().state, ReportState::Waiting);
    assert_eq!(waiting(&site), [1]);
    assert_eq!(site.reports().read(&moderator(), 1).await.unwrap(), draft());

    let decided = site.reports().publish(&moderator(), 1, "well founded").await.unwrap();
    let filter = IncidentFilter { system: Some("example ass".into()), ..IncidentFilter::default() };
    let found = site.index().incidents(&filter, Seek::Start, PageSize::default()).unwrap().items;
    assert_eq!(Some(found[0].record), decided.record);
    let status = site.reports().status(&link).unwrap();
    assert_eq!((status.state, status.record), (ReportState::Published, decided.record));
    // The report is deleted; whom to ask is kept for a while.
    assert!(matches!(site.reports().read(&moderator(), 1).await, Err(ReportError::State(_))));
    let contact = site.reports().contact(&moderator(), 1, "the maker has a question").await.unwrap();
    assert_eq!(contact.email.as_str(), "reporter@example.edu");
    world.clock.advance(91 * 24 * HOUR);
    site.tidy().await.unwrap();
    assert!(site.reports().contact(&moderator(), 1, "again").await.is_err());
    let acts: Vec<_> = site.audit().lines(None, 10).unwrap().into_iter().map(|line| line.act).collect();
    assert_eq!(acts, ["read contact", "publish report", "read report"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_published_before_its_embargo_ends() {
    let world = World::new();
    let site = world.site();
    let mut draft = draft();
    draft.set("coordination.embargoUntil", &["2026-01-03"]).unwrap();
    let link = submit(&site, &draft).await;
    site.reports().confirm(&link).await.unwrap();
    for _ in 0..2 {
        let early = site.reports().publish(&moderator(), 1, "well founded").await;
        assert!(matches!(early, Err(ReportError::Embargo(_))), "{early:?}");
        world.clock.advance(35 * HOUR);
    }
    world.clock.advance(2 * HOUR);
    site.reports().publish(&moderator(), 1, "well founded").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_taken_back_refused_or_forgotten() {
    let world = World::new();
    let site = world.site();
    let link = submit(&site, &draft()).await;
    assert_eq!(site.reports().take_back(&link).await.unwrap().state, ReportState::Withdrawn);
    assert!(matches!(site.reports().take_back(&link).await, Err(ReportError::State(_))));
    assert_eq!(site.reports().confirm(&link).await.unwrap().state, ReportState::Withdrawn);

    world.clock.advance(HOUR);
    let link = submit(&site, &draft()).await;
    site.reports().confirm(&link).await.unwrap();
    site.reports().refuse(&moderator(), 2, "known already").await.unwrap();
    assert_eq!(site.reports().status(&link).unwrap().reason.as_deref(), Some("known already"));

    let link = submit(&site, &draft()).await;
    world.clock.advance(48 * HOUR);
    site.tidy().await.unwrap();
    assert!(matches!(site.reports().status(&link), Err(ReportError::NoReport)));
    assert!(matches!(site.reports().status(""), Err(ReportError::NoReport)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_lacks_something_says_what_and_is_not_kept() {
    let world = World::new();
    let site = world.site();
    let found = site.reports().submit(&Draft::default(), None).await;
    assert!(matches!(&found, Err(ReportError::Problems(problems)) if !problems.is_empty()), "{found:?}");
    assert_eq!(site.outbox().waiting().unwrap(), 0);
}
