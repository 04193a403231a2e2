//! Killed at any moment, a site keeps everything that it said yes to: records, signatures, reports.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use overt_log::admission::Submission;
use overt_record::{Bundle, Salt};
use serde_json::Value;

use crate::log::{Serving, statement};
use crate::visitor::{Visitor, between};
use crate::workspace::Workspace;

/// How often the site is killed.
const KILLS: u64 = 7;

/// How many hand in reports.
const REPORTERS: u64 = 16;

const LETTER: &str = "A Letter\n\nWe ask for evidence that anybody can check.\n";

/// A report of a flaw, step by step.
const REPORT: [&[(&str, &str)]; 8] = [
    &[
        ("a.classification.realWorldHarm", "no"),
        ("a.classification.maliciousUse", "no"),
        ("a.classification.csam", "no"),
        ("a.classification.kind", "flaw"),
    ],
    &[("a.systems.0.name", "Example Assistant"), ("a.systems.0.developers", "A laboratory")],
    &[
        ("a.event.title", "Wrong dose of a common painkiller"),
        ("a.event.description", "The assistant names the dose for an adult."),
        ("a.event.language", "en"),
    ],
    &[("a.evidence.stepsToReproduce", "Ask for the dose for a child.")],
    &[
        ("a.impact.severity", "high"),
        ("a.impact.prevalence", "common"),
        ("a.impact.harms", "physical"),
        ("a.impact.stakeholders", "end_users"),
    ],
    &[("a.response.status", "reported")],
    &[("a.reporter.relation", "researcher"), ("a.reporter.email", "reporter@example.edu")],
    &[("a.coordination.disclosure", "undecided"), ("a.coordination.recipients.0.name", "A laboratory")],
];

/// Everything that a site said yes to.
#[derive(Default)]
struct Promised {
    /// Records that were submitted, with their places in the log.
    records: Vec<(Vec<u8>, u64)>,
    /// Addresses to which a link was promised.
    links: Vec<String>,
    /// Digests of signatures that are in the log and in the list.
    signatures: Vec<String>,
    /// Numbers of reports.
    reports: Vec<u64>,
}

impl Promised {
    fn add(&mut self, other: Self) {
        self.records.extend(other.records);
        self.links.extend(other.links);
        self.signatures.extend(other.signatures);
        self.reports.extend(other.reports);
    }
}

/// A site, and those who come to it at the same time, each from a network and with a name of their own.
struct Crowd {
    workspace: Workspace,
    letter: String,
    /// Reports that have only to be handed in: drafts with the site's seal, each of another reporter.
    reports: Vec<Vec<(String, String)>>,
    comers: AtomicU64,
}

impl Crowd {
    fn new() -> Self {
        let workspace = Workspace::new();
        workspace.write("overt.toml", "[site]\nbehind_proxy = true\n");
        workspace.run(&["site", "init", "--no-passphrase"], 0);
        workspace.write("letter.txt", LETTER);
        let import = ["statement", "import", "letter.txt", "--log", "site/log", "--key", "site"];
        let (said, _) = workspace.run(&import, 0);
        let letter = said.lines().find_map(|line| line.trim().strip_prefix("record  ")).unwrap().to_owned();
        let serving = Serving::start(&workspace, &["serve"]);
        let reporter = |number| {
            let visitor = Visitor::of(&serving.url).coming_from(format!("10.255.{number}.7"));
            filled_in(&visitor, &format!("reporter{number}@example.edu"))
        };
        let reports = (0..REPORTERS).map(reporter).collect();
        Self { workspace, letter, reports, comers: AtomicU64::new(0) }
    }

    /// Somebody new: a visitor, and their number.
    fn comer(&self, url: &str) -> (Visitor, u64) {
        let number = self.comers.fetch_add(1, Ordering::Relaxed);
        let address = format!("10.{}.{}.7", number / 256, number % 256);
        (Visitor::of(url).coming_from(address), number)
    }

    /// One submits records until nobody answers any more.
    fn submit(&self, url: &str) -> Promised {
        let mut promised = Promised::default();
        loop {
            let (visitor, number) = self.comer(url);
            let body = submission(&self.workspace, &format!("r{number}"));
            let Some(answer) = visitor.exchange("POST", "/add", "application/json", &body) else {
                return promised;
            };
            assert_eq!(answer.status, 200, "{}", answer.text);
            promised.records.push((body, answer.text.parse().unwrap()));
        }
    }

    /// One after the other asks for a link, waits for it, and signs.
    fn sign(&self, url: &str) -> Promised {
        let mut promised = Promised::default();
        while self.one_signs(url, &mut promised).is_some() {}
        promised
    }

    fn one_signs(&self, url: &str, promised: &mut Promised) -> Option<()> {
        let (visitor, number) = self.comer(url);
        let word = letters(number);
        let (name, address) = (format!("Reader {word}"), format!("reader@{word}.example"));
        let path = format!("/statements/{}/sign", self.letter);
        let token = token_of(&visitor.try_get(&path)?.text);
        let form = [
            ("form-token", token.as_str()),
            ("name", &name),
            ("shown", "name"),
            ("capacity", "person"),
            ("address", &address),
            ("agreed", "yes"),
        ];
        let sent = visitor.try_post(&path, &form)?;
        assert_eq!(sent.status, 200, "{}", sent.text);
        promised.links.push(address.clone());
        let secret = loop {
            if let Some(secret) = self.mails().get(&address) {
                break secret.clone();
            }
            visitor.try_get("/healthz")?;
            std::thread::sleep(Duration::from_millis(10));
        };
        let path = format!("/confirm/{secret}");
        let token = token_of(&visitor.try_get(&path)?.text);
        let done = visitor.try_post(&path, &[("form-token", &token)])?;
        assert_eq!(done.status, 200, "{}", done.text);
        assert!(done.text.contains("is in the log and in the list"), "{}", done.text);
        promised.signatures.push(between(&done.text, "/signatures/", "?").unwrap());
        Some(())
    }

    /// One hands in reports.
    fn report(&self, url: &str) -> Promised {
        let mut promised = Promised::default();
        while self.one_reports(url, &mut promised).is_some() {}
        promised
    }

    fn one_reports(&self, url: &str, promised: &mut Promised) -> Option<()> {
        let (visitor, number) = self.comer(url);
        let report = &self.reports[usize::try_from(number % REPORTERS).unwrap()];
        let token = token_of(&visitor.try_get("/report")?.text);
        let mut form = vec![("form-token", token.as_str()), ("go", "send")];
        form.extend(report.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let sent = visitor.try_post("/report", &form)?;
        if sent.status == 429 {
            // This reporter has had as many mails as one gets in a day.
            return Some(());
        }
        let number = between(&sent.text, "This is report ", ".");
        promised.reports.push(number.unwrap_or_else(|| panic!("{}", sent.text)).parse().unwrap());
        Some(())
    }

    /// Everybody at once, until the site dies after so long.
    fn until_it_dies(&self, after: Duration) -> Promised {
        let serving = Serving::start(&self.workspace, &["serve"]);
        let url = serving.url.clone();
        let (crowd, url) = (self, url.as_str());
        std::thread::scope(|scope| {
            let mut all = Vec::new();
            for _ in 0..3 {
                all.push(scope.spawn(move || crowd.submit(url)));
                all.push(scope.spawn(move || crowd.sign(url)));
            }
            all.push(scope.spawn(move || crowd.report(url)));
            std::thread::sleep(after);
            // SIGKILL.
            drop(serving);
            let mut promised = Promised::default();
            for one in all {
                promised.add(one.join().unwrap());
            }
            promised
        })
    }

    /// Secrets of the links in all mails that were written, by whom or what the mail is for.
    fn mails(&self) -> BTreeMap<String, String> {
        let files = fs::read_dir(self.workspace.path().join("site/mails")).into_iter().flatten().flatten();
        let paths =
            files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|end| end == "eml"));
        let open = |path| {
            let mail = fs::read_to_string(path).unwrap().replace("=\r\n", "");
            let (to, subject) =
                (between(&mail, "To: ", "\r\n").unwrap(), between(&mail, "Subject: ", "\r\n")?);
            let what = if subject.starts_with("Report ") { "/report/" } else { "/confirm/" };
            let name = if what == "/report/" { between(&subject, "Report ", ":")? } else { to };
            let link = between(&mail, what, "\r\n")?;
            Some((name, link.split_whitespace().next()?.to_owned()))
        };
        paths.filter_map(open).collect()
    }
}

/// The token of a page's form.
fn token_of(page: &str) -> String {
    between(page, "name=\"form-token\" value=\"", "\"").unwrap_or_else(|| panic!("no form\n{page}"))
}

/// Fills in a report to its last look, and keeps what the form carries.
fn filled_in(visitor: &Visitor, address: &str) -> Vec<(String, String)> {
    let mut page = visitor.get("/report").text;
    let carried = |page: &str| {
        ["form-token", "draft", "seal", "step"].map(|name| {
            let value = between(page, &format!("name=\"{name}\" value=\""), "\"").unwrap_or_default();
            (name.to_owned(), value.replace("&quot;", "\"").replace("&lt;", "<").replace("&amp;", "&"))
        })
    };
    for answers in REPORT {
        let carried = carried(&page);
        let mut form: Vec<(&str, &str)> =
            carried.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        form.extend(answers);
        form.iter_mut().filter(|(name, _)| *name == "a.reporter.email").for_each(|field| field.1 = address);
        form.push(("go", "next"));
        page = visitor.try_post("/report", &form).unwrap().text;
    }
    let carried = carried(&page);
    assert_eq!(carried[3].1, "review", "{page}");
    carried[1..].to_vec()
}

/// A signed statement, as it is submitted.
fn submission(workspace: &Workspace, name: &str) -> Vec<u8> {
    let bundle = Bundle::parse(workspace.read(&statement(workspace, name)).as_bytes()).unwrap();
    let salt = Salt::from(bundle.envelope.digest());
    let bundle = overt_record::sigstore::Bundle::new(bundle.envelope);
    Submission::new(salt, &bundle).unwrap().to_bytes().unwrap()
}

/// A number as letters: a name with digits would wait for a moderator.
fn letters(number: u64) -> String {
    number.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect()
}

/// The list of a statement as programs get it.
fn listed(visitor: &Visitor, letter: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut next = String::new();
    loop {
        let path = format!("/api/v1/statements/{letter}/signatories?limit=500{next}");
        let page: Value = serde_json::from_str(&visitor.get(&path).text).unwrap();
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_u64() {
            Some(behind) => next = format!("&after={behind}"),
            None => return all,
        }
    }
}

#[test]
fn kill_9_of_a_site_under_load_loses_nothing_that_it_said_yes_to() {
    let crowd = Crowd::new();
    let mut promised = Promised::default();
    let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..KILLS {
        // Marsaglia's xorshift: the same moments each time, as far as a machine allows.
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        promised.add(crowd.until_it_dies(Duration::from_millis(200 + chance % 500)));
        crowd.workspace.run(&["log", "fsck", "site/log"], 0);
    }
    let count = [promised.records.len(), promised.signatures.len(), promised.reports.len()];
    assert!(count.iter().all(|kind| *kind > 0), "nobody was answered, so this shows nothing: {count:?}");

    let serving = Serving::start(&crowd.workspace, &["serve"]);
    let visitor = Visitor::of(&serving.url);
    for (body, index) in &promised.records {
        let comer = crowd.comer(&serving.url).0;
        let again = comer.exchange("POST", "/add", "application/json", body).unwrap();
        assert_eq!((again.status, again.text), (200, index.to_string()));
        assert_eq!(visitor.get(&format!("/log/{index}")).status, 200);
    }
    for signature in &promised.signatures {
        let page = visitor.get(&format!("/statements/{}/signatures/{signature}", crowd.letter));
        assert_eq!(page.status, 200, "{signature}: {}", page.text);
        assert_eq!(visitor.get(&format!("/records/{signature}.overt.json")).status, 200);
    }
    // Whatever mail was not sent when the site died is sent now.
    let begin = Instant::now();
    let expected: Vec<String> =
        promised.reports.iter().map(u64::to_string).chain(promised.links.iter().cloned()).collect();
    let mails = loop {
        let mails = crowd.mails();
        match expected.iter().find(|name| !mails.contains_key(*name)) {
            None => break mails,
            Some(name) => assert!(begin.elapsed() < Duration::from_secs(30), "no mail for {name}"),
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    for number in &promised.reports {
        let page = visitor.get(&format!("/report/{}", mails[&number.to_string()]));
        assert!(page.text.contains(&format!("<h1>Report {number}</h1>")), "{number}: {}", page.text);
    }

    // The log is sound, and the index says of it what a new one says.
    let (before, checkpoint) = (listed(&visitor, &crowd.letter), visitor.get("/checkpoint").text);
    let digests: Vec<&str> = before.iter().filter_map(|signed| signed["record"].as_str()).collect();
    assert!(promised.signatures.iter().all(|signature| digests.contains(&signature.as_str())));
    let said = serving.end();
    assert!(!said.contains("error"), "{said}");
    crowd.workspace.run(&["log", "fsck", "site/log"], 0);
    let (rebuilt, _) = crowd.workspace.run(&["index", "rebuild", "--json"], 0);
    let rebuilt: Value = serde_json::from_str(&rebuilt).unwrap();
    assert_eq!(rebuilt["entries"].to_string(), checkpoint.lines().nth(1).unwrap());
    assert_eq!(rebuilt["unreadable"], 0);
    let serving = Serving::start(&crowd.workspace, &["serve"]);
    assert_eq!(listed(&Visitor::of(&serving.url), &crowd.letter), before);
}
