//! Signing by mail.

use std::net::IpAddr;

use overt_record::Hash;
use overt_record::record::{Capacity, Verification};
use overt_site::Site;
use overt_site::index::{EntryState, PageSize, Seek, SignatoryView, Standing};
use overt_site::language::Language;
use overt_site::signing::{
    BadForm, CheckYourMail, Confirmed, LinkError, LookState, MailboxIs, Shown, SigningError, SigningForm,
};

use crate::world::{HOUR, Mailboxes, World, ask, form, name, secret};

fn list(site: &Site, statement: &Hash) -> Vec<SignatoryView> {
    site.index().signatories(statement, Seek::Start, PageSize::clamped(500)).unwrap().items
}

fn names(site: &Site, statement: &Hash) -> Vec<String> {
    list(site, statement).into_iter().map(|signatory| signatory.name.unwrap_or_default()).collect()
}

async fn sign(site: &Site, form: &SigningForm, mailbox_is: MailboxIs) -> Hash {
    let secret = ask(site, form).await;
    match site.signing().confirm(&secret, mailbox_is).await.unwrap() {
        Confirmed::Published { record, .. } => record,
        other => panic!("{other:?}"),
    }
}

fn link_error(found: Result<Confirmed, SigningError>) -> LinkError {
    match found {
        Err(SigningError::Link(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_speaks_the_language_in_which_it_was_asked_for_and_so_does_its_link() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    let table = [
        (Language::English, "Please confirm: ", "asked to sign this statement", "confirmed)", "?lang=en"),
        (Language::German, "Bitte bestätigen: ", "diese Erklärung unterschreiben", "bestätigt)", "?lang=de"),
        (Language::French, "Veuillez confirmer : ", "signer cette déclaration", "confirmée)", "?lang=fr"),
    ];
    let mailboxes = Mailboxes::default();
    for (language, title, asked, line, link) in table {
        let form = SigningForm { language, ..form(statement, "A Reader", "reader@example.edu") };
        site.signing().request(&form, None).await.unwrap();
        let mail = mailboxes.fetch(&site).await.pop().unwrap();
        let text = mail.text.as_str();
        assert!(mail.subject.as_str().starts_with(title), "{}", mail.subject);
        assert!(text.contains(asked) && text.contains(line), "{text}");
        let (_, rest) = text.split_once("/confirm/").unwrap();
        let end = rest.split_whitespace().next().unwrap();
        assert_eq!(end.find('?').map_or("", |at| &end[at..]), link);
        // The statement is in its own words, whatever the language of the mail.
        let words = site.index().statement(&statement).unwrap().unwrap().text;
        assert!(text.contains(words.trim()), "{text}");
    }
    let address = crate::world::address("reader@example.edu");
    site.signing().request_withdrawal(&statement, &address, Language::German, None).await.unwrap();
    let mail = mailboxes.fetch(&site).await.pop().unwrap();
    assert!(mail.subject.as_str().starts_with("Eine Unterschrift zurücknehmen: "), "{}", mail.subject);
    assert!(mail.text.as_str().contains("Er gilt einmal, bis "), "{}", mail.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_in_the_list_when_its_link_was_confirmed_and_not_before() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    let asked = form(statement, "A Reader", "reader@example.edu");
    let link = ask(&site, &asked).await;
    assert!(names(&site, &statement).is_empty());

    let look = site.signing().look(&link).unwrap();
    assert_eq!(look.state, LookState::Open);
    let line = |language| look.line.as_ref().unwrap().words(language);
    assert_eq!(line(Language::English), "A Reader (address at example.edu confirmed)");
    assert!(line(Language::French).ends_with("example.edu confirmée)"));
    // A mail scanner that looks a hundred times signs nothing.
    (0..100).for_each(|_| drop(site.signing().look(&link).unwrap()));
    assert!(names(&site, &statement).is_empty());

    let confirmed = site.signing().confirm(&link, MailboxIs::Own).await.unwrap();
    let Confirmed::Published { record, index } = confirmed else { panic!("{confirmed:?}") };
    let found = list(&site, &statement);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].record, found[0].index, found[0].number), (record, index, 1));
    assert_eq!((found[0].checked, found[0].standing), (Verification::EmailDomain, Standing::Vouched));
    assert_eq!(found[0].domain.as_deref(), Some("example.edu"));
    assert_eq!(site.signing().look(&link).unwrap().state, LookState::Used { record: Some(record) });
    let counts = site.index().signature_counts(&statement).unwrap();
    assert_eq!((counts.len(), counts[0].signatures), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_has_the_words_that_are_signed() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    let mut asked = form(statement, "A Reader", "reader@example.edu");
    asked.role = Some(name("Librarian"));
    asked.affiliation = Some(name("Example Library"));
    site.signing().request(&asked, None).await.unwrap();
    let mails = Mailboxes::default().fetch(&site).await;
    let text = mails[0].text.as_str();
    for words in [
        "A Reader, Librarian, Example Library (address at example.edu confirmed)",
        "Evaluations need evidence that anybody can check.\n\nWe ask for it.",
        "https://sign.example.org/confirm/",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_and_an_unknown_address_get_the_same_answer_and_the_same_mail() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    sign(&site, &form(statement, "A Reader", "known@example.edu"), MailboxIs::Own).await;
    let mut mails = Vec::new();
    for at in ["known@example.edu", "other@example.edu"] {
        let answer = site.signing().request(&form(statement, "A Reader", at), None).await.unwrap();
        assert_eq!(answer, CheckYourMail);
        assert_eq!(site.outbox().waiting().unwrap(), 1);
        let mail = Mailboxes::default().fetch(&site).await.remove(0);
        mails.push(mail.text.as_str().replace(&secret(&mail), "SECRET"));
    }
    assert_eq!(mails[0], mails[1]);
    let mut mails = Vec::new();
    for at in ["known@example.edu", "another@example.edu"] {
        site.signing()
            .request_withdrawal(&statement, &crate::world::address(at), Language::English, None)
            .await
            .unwrap();
        let mail = Mailboxes::default().fetch(&site).await.remove(0);
        mails.push(mail.text.as_str().replace(&secret(&mail), "SECRET"));
    }
    assert_eq!(mails[0], mails[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_expired_were_used_or_were_made_up_sign_nothing() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    let first = ask(&site, &form(statement, "A Reader", "a@example.edu")).await;
    let second = ask(&site, &form(statement, "B Reader", "b@example.edu")).await;
    site.signing().confirm(&first, MailboxIs::Own).await.unwrap();
    assert_eq!(link_error(site.signing().confirm(&first, MailboxIs::Own).await), LinkError::Used);

    let mut forged = second.clone();
    let last = if forged.pop() == Some('0') { '1' } else { '0' };
    forged.push(last);
    for secret in [forged.as_str(), "", "0", &"f".repeat(10_000), "' OR 1=1 --", "\0"] {
        assert_eq!(link_error(site.signing().confirm(secret, MailboxIs::Own).await), LinkError::Unknown);
        assert!(matches!(site.signing().look(secret), Err(SigningError::Link(LinkError::Unknown))));
    }
    world.clock.advance(48 * HOUR);
    assert_eq!(link_error(site.signing().confirm(&second, MailboxIs::Own).await), LinkError::Expired);
    site.tidy().await.unwrap();
    assert_eq!(link_error(site.signing().confirm(&second, MailboxIs::Own).await), LinkError::Unknown);
    assert_eq!(names(&site, &statement), ["A Reader"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_press_the_button_at_once_sign_once() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    let link = ask(&site, &form(statement, "A Reader", "a@example.edu")).await;
    let (one, two) = tokio::join!(
        site.signing().confirm(&link, MailboxIs::Own),
        site.signing().confirm(&link, MailboxIs::Own)
    );
    assert!(one.is_ok() ^ two.is_ok(), "{one:?} {two:?}");
    assert_eq!(list(&site, &statement).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_is_one_signatory_and_the_new_entry_replaces_the_old_one() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    let first = sign(&site, &form(statement, "A Reader", "a.reader@gmail.com"), MailboxIs::Own).await;
    let first_index = site.index().signatory(&first).unwrap().unwrap().index;
    for at in ["areader+letters@gmail.com", "A.R.E.A.D.E.R@googlemail.com", "a.reader@gmail.com"] {
        world.clock.advance(HOUR);
        sign(&site, &form(statement, "Anna Reader", at), MailboxIs::Own).await;
        assert_eq!(names(&site, &statement), ["Anna Reader"]);
    }
    // What was replaced is gone, with a redaction that says by what.
    let entry = site.index().entry(first_index).unwrap().unwrap();
    assert_eq!((entry.state, entry.record), (EntryState::TakenDown, None));
    let view = site.index().record(&first).unwrap().unwrap();
    assert_eq!(view.redactions.len(), 1);
    assert!(view.redactions[0].corrected_by.is_some());
    let counts = site.index().signature_counts(&statement).unwrap();
    assert_eq!(counts.iter().map(|count| count.signatures).sum::<u64>(), 1);
    // Elsewhere a dot or a sub-domain is another mailbox.
    sign(&site, &form(statement, "B Reader", "b.reader@example.edu"), MailboxIs::Own).await;
    sign(&site, &form(statement, "C Reader", "breader@example.edu"), MailboxIs::Own).await;
    assert_eq!(list(&site, &statement).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_behind_one_mailbox_both_sign() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    let at = "family@example.net";
    sign(&site, &form(statement, "A Reader", at), MailboxIs::Own).await;
    let link = ask(&site, &form(statement, "B Reader", at)).await;
    let standing = site.signing().look(&link).unwrap().standing;
    assert_eq!(standing[0].name.as_deref(), Some("A Reader"));
    site.signing().confirm(&link, MailboxIs::Shared).await.unwrap();
    assert_eq!(names(&site, &statement), ["A Reader", "B Reader"]);
    // Each of them can sign again, whatever they say of the mailbox, and stays one.
    world.clock.advance(HOUR);
    for (who, mailbox_is) in [
        ("A Reader", MailboxIs::Shared),
        ("B Reader", MailboxIs::Own),
        ("b reader", MailboxIs::Shared),
        ("A READER", MailboxIs::Own),
    ] {
        sign(&site, &form(statement, who, at), mailbox_is).await;
        assert_eq!(list(&site, &statement).len(), 2, "{who}");
        world.clock.advance(12 * HOUR);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_behind_one_mailbox_is_held() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    for number in 0..5 {
        world.clock.advance(12 * HOUR);
        let link = ask(&site, &form(statement, &format!("Reader {number}"), "all@example.net")).await;
        let confirmed = site.signing().confirm(&link, MailboxIs::Shared).await.unwrap();
        assert_eq!(matches!(confirmed, Confirmed::Held), number >= 3, "{number}: {confirmed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_signature_is_gone_and_only_its_own_address_withdraws_it() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    let a = sign(&site, &form(statement, "A Reader", "a@example.edu"), MailboxIs::Own).await;
    let b = sign(&site, &form(statement, "B Reader", "b@example.edu"), MailboxIs::Own).await;
    let link = |at: &'static str| {
        let site = site.clone();
        async move {
            site.signing()
                .request_withdrawal(&statement, &crate::world::address(at), Language::English, None)
                .await
                .unwrap();
            secret(&Mailboxes::default().fetch(&site).await[0])
        }
    };
    let stranger = link("c@example.edu").await;
    assert!(site.signing().look(&stranger).unwrap().standing.is_empty());
    let of_b = link("B+x@example.edu").await;
    for (secret, record) in [(&stranger, &a), (&of_b, &a)] {
        let found = site.signing().withdraw(secret, record).await;
        assert!(matches!(found, Err(SigningError::Link(LinkError::NoSignature))), "{found:?}");
    }
    assert_eq!(link_error(site.signing().confirm(&of_b, MailboxIs::Own).await), LinkError::OtherAct);
    assert_eq!(site.signing().look(&of_b).unwrap().standing[0].record, b);
    site.signing().withdraw(&of_b, &b).await.unwrap();
    assert_eq!(names(&site, &statement), ["A Reader"]);
    assert!(matches!(site.signing().withdraw(&of_b, &b).await, Err(SigningError::Link(LinkError::Used))));
    // Who has withdrawn may sign again; the number of the withdrawn one is not given again.
    world.clock.advance(HOUR);
    sign(&site, &form(statement, "B Reader", "b@example.edu"), MailboxIs::Own).await;
    assert_eq!(list(&site, &statement).iter().map(|s| s.number).collect::<Vec<_>>(), [1, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_without_a_name_shows_a_domain_that_says_something() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    let mut asked = form(statement, "A Reader", "a@example.edu");
    asked.role = Some(name("Librarian"));
    asked.shown = Shown::DomainOnly;
    let link = ask(&site, &asked).await;
    assert_eq!(
        site.signing().look(&link).unwrap().line.map(|line| line.words(Language::English)).as_deref(),
        Some("A person at example.edu")
    );
    site.signing().confirm(&link, MailboxIs::Own).await.unwrap();
    let found = list(&site, &statement).remove(0);
    assert_eq!((found.name, found.role, found.domain.as_deref()), (None, None, Some("example.edu")));
    asked.address = crate::world::address("a@gmail.com");
    let refused = site.signing().request(&asked, None).await;
    assert!(matches!(refused, Err(SigningError::Form(BadForm::NamelessPublicProvider))));
    asked.shown = Shown::Name;
    asked.capacity = Capacity::Organisation;
    let refused = site.signing().request(&asked, None).await;
    assert!(matches!(refused, Err(SigningError::Form(BadForm::OrganisationWithAffiliation))));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_gets_few_mails_and_one_network_asks_only_so_often() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    for number in 0..20 {
        let asked = form(statement, "A Reader", &format!("reader+{number}@example.edu"));
        assert_eq!(site.signing().request(&asked, None).await.unwrap(), CheckYourMail);
    }
    assert_eq!(Mailboxes::default().fetch(&site).await.len(), 5);
    world.clock.advance(24 * HOUR + 1);
    ask(&site, &form(statement, "A Reader", "reader@example.edu")).await;

    let from = |last: u8| Some(IpAddr::from([192, 0, 2, last]));
    let mut refused = 0;
    for number in 0..100 {
        let asked = form(statement, "A Reader", &format!("r{number}@example.edu"));
        refused += usize::from(matches!(
            site.signing().request(&asked, from(number)).await,
            Err(SigningError::TooOften(_))
        ));
    }
    assert_eq!(refused, 40);
    assert!(
        site.signing()
            .request(&form(statement, "A Reader", "x@example.edu"), Some(IpAddr::from([198, 51, 100, 1])))
            .await
            .is_ok()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_statement_can_not_be_signed() {
    let world = World::new();
    let site = world.site();
    let found = site.signing().request(&form(Hash::of("nothing"), "A Reader", "a@example.edu"), None).await;
    assert!(matches!(found, Err(SigningError::NoStatement(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_signatures_in_a_minute_most_are_held() {
    let world = World::new();
    let site = world.site();
    let statement = world.statement(&site).await;
    let mailboxes = Mailboxes::default();
    let requests = (0..1000).map(|number| {
        // Each at a domain of its own, so that only the statement is common to them.
        let asked = form(statement, &format!("Reader {}", letters(number)), &format!("a@d{number}.example"));
        let site = site.clone();
        tokio::spawn(async move { site.signing().request(&asked, None).await.unwrap() })
    });
    for request in requests.collect::<Vec<_>>() {
        request.await.unwrap();
    }
    let mails = mailboxes.fetch(&site).await;
    assert_eq!(mails.len(), 1000);
    let confirms = mails.iter().map(|mail| {
        let (site, secret) = (site.clone(), secret(mail));
        tokio::spawn(async move { site.signing().confirm(&secret, MailboxIs::Own).await.unwrap() })
    });
    let mut held = 0;
    for confirm in confirms.collect::<Vec<_>>() {
        held += usize::from(matches!(confirm.await.unwrap(), Confirmed::Held));
    }
    assert_eq!(held, 1000 - 299);
    assert_eq!(site.moderation().waiting().unwrap(), 701);
    let counted: u64 =
        site.index().signature_counts(&statement).unwrap().iter().map(|count| count.signatures).sum();
    assert_eq!(counted, 299);
}

/// A number as letters: digits in a name are odd.
fn letters(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_and_no_withheld_name_stands_readable_on_the_disk() {
    let world = World::new();
    let directory = world.directory.path().join("site");
    let site = world.site();
    let statement = world.statement(&site).await;
    let mut asked = form(statement, "Unmistakable Nameless", "unmistakable@example.edu");
    asked.shown = Shown::DomainOnly;
    site.signing().request(&asked, None).await.unwrap();
    let on_disk = || {
        let mut bytes = Vec::new();
        for file in std::fs::read_dir(&directory).unwrap().flatten() {
            bytes.extend(std::fs::read(file.path()).unwrap_or_default());
        }
        String::from_utf8_lossy(&bytes).to_lowercase()
    };
    assert!(!on_disk().contains("unmistakable"));
    let link = secret(&Mailboxes::default().fetch(&site).await[0]);
    site.signing().confirm(&link, MailboxIs::Own).await.unwrap();
    assert!(!on_disk().contains("unmistakable"));
}
