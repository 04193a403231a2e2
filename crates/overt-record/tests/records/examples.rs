//! One record of each type, as the documentation shows them.

use overt_record::record::{
    Alarm, Artefact, Authority, Body, Build, Capacity, Change, Claim, Comparison, Dataset, Deadline,
    Direction, Discovery, Endorsement, Estimate, Evaluation, Evaluator, Evidence, FollowedPlan, HarmKind,
    Header, ImplicatedSystem, Incident, IncidentDetails, IncidentKind, IncidentStatus, Intent, Interval,
    Issuer, KeyChange, KeyReason, ListedName, Listing, ListingSource, MeasuredPrevalence, MediaType, Metric,
    NewRun, Observed, OtherRun, OtherRunStatus, Plan, PlannedSystem, PlannedTask, Possession, Prevalence,
    PublicStatement, Reach, Redaction, RedactionReason, Regime, Relationship, ReportStage, ReporterRelation,
    Reproduction, Requirement, Run, SampleIds, Samples, Scope, Settings, Severity, Signatory, Stakeholder,
    System, SystemTask, TaskResult, Test, Verdict, Verification, Watch, Window, email_commitment,
};
use overt_record::{
    Algorithm, Decimal, Hash, Name, PrivateKey, Record, SampleLeaf, SampleSecret, Text, sample_root,
};

pub(crate) fn key() -> PrivateKey {
    PrivateKey::generate(Algorithm::Ed25519, &[1; 32])
}

pub(crate) fn other_key() -> PrivateKey {
    PrivateKey::generate(Algorithm::P256, &[2; 32])
}

pub(crate) fn header() -> Header {
    let uri = Some("https://example.org/evaluations".parse().unwrap());
    Header {
        issuer: Issuer { name: name("Example Institute"), key: key().public(), uri },
        issued_at: "2026-11-24T16:00:00Z".parse().unwrap(),
    }
}

/// A record of each type.
pub(crate) fn all() -> Vec<Record> {
    let bodies: [Body; 10] = [
        evaluation().into(),
        plan().into(),
        reproduction().into(),
        alarm().into(),
        incident().into(),
        statement().into(),
        endorsement().into(),
        listing().into(),
        redaction().into(),
        key_change().into(),
    ];
    bodies.map(|body| Record::new(header(), body).unwrap()).into()
}

/// The two parts of each sample of the evaluation's run.
pub(crate) const ROWS: [(&str, &str); 4] = [
    (r#"{"index":0,"outcome":"ok","scores":[1]}"#, r#"{"index":0,"output":"No."}"#),
    (r#"{"index":1,"outcome":"ok","scores":[0]}"#, r#"{"index":1,"output":"Sure: …"}"#),
    (r#"{"index":2,"outcome":"refused","scores":[1]}"#, r#"{"index":2,"output":"I can't."}"#),
    (r#"{"index":3,"outcome":"timeout","scores":[]}"#, r#"{"index":3,"output":null}"#),
];

pub(crate) fn secret() -> SampleSecret {
    SampleSecret::from_bytes([5; 32])
}

pub(crate) fn leaves() -> Vec<SampleLeaf> {
    let leaf =
        |(i, (shown, content)): (u64, &(&str, &str))| secret().leaf(i, shown.as_bytes(), content.as_bytes());
    (0..).zip(&ROWS).map(leaf).collect()
}

fn evaluation() -> Evaluation {
    Evaluation {
        run: Run {
            id: name("20261124T150203Z-over-refusal-smollm2-135m"),
            created: "2026-11-24T15:02:03Z".parse().unwrap(),
            finished: "2026-11-24T15:04:10Z".parse().unwrap(),
            manifest_sha256: Hash::of("run.json"),
        },
        evaluator: Evaluator {
            relationship: Relationship::ThirdParty,
            limitations: Some(text("English only; one phrasing of each question.")),
            conflicts_of_interest: None,
        },
        overt: Build { version: name("0.1.0"), build: name("x86_64-unknown-linux-gnu") },
        system: system(),
        suite: None,
        settings: settings(),
        tasks: vec![TaskResult {
            name: name("over-refusal"),
            title: name("Refusing harmless questions"),
            version: name("1.0.0"),
            task_sha256: Hash::of("task"),
            template_sha256: Hash::of("template"),
            dataset: dataset(),
            generation: [(name("max_tokens"), text("256")), (name("temperature"), text("0"))].into(),
            epochs: 1,
            planned: 4,
            stopped: None,
            outcomes: [(name("ok"), 2), (name("refused"), 1), (name("timeout"), 1)].into(),
            metrics: vec![metric()],
        }],
        judge: None,
        requirements: vec![Requirement {
            expression: text("over-refusal.rate <= 0.10"),
            held: None,
            reason: text(
                "the interval [0.2077, 0.9385] lies above 0.10, but 3 samples are too few to decide",
            ),
        }],
        answers_from: None,
        samples: Samples { count: 4, root: sample_root(leaves()).root, withheld: 1 },
        files: [
            (name("samples.parquet"), Hash::of("samples.parquet")),
            (name("tasks.json"), Hash::of("tasks.json")),
        ]
        .into(),
        plan: Some(FollowedPlan {
            record: Hash::of("the plan"),
            origin: name("log.example.org/2026"),
            index: 4711,
            number: 2,
            other_runs: vec![OtherRun {
                number: 1,
                status: OtherRunStatus::Unfinished,
                manifest_sha256: None,
                record: None,
            }],
            deviations: vec![text("The first run was stopped when the disk was full.")],
        }),
        corrects: None,
        notes: Vec::new(),
    }
}

fn system() -> System {
    System {
        name: name("smollm2-135m"),
        reach: Reach::Local,
        model: name("SmolLM2-135M-Instruct"),
        base_url: None,
        artefact: Some(artefact()),
        engine: Some(name("llama.cpp b6123")),
        system_prompt: None,
        details: [(name("context"), text("2048")), (name("threads"), text("2"))].into(),
        observed: Observed::default(),
        identity_sha256: Hash::of("identity"),
    }
}

fn artefact() -> Artefact {
    Artefact {
        file: name("smollm2-135m-instruct-q4_1.gguf"),
        sha256: Hash::of("weights"),
        bytes: 98_563_072,
        quantisation: name("Q4_1"),
        transformed: None,
    }
}

fn metric() -> Metric {
    Metric {
        name: name("rate"),
        title: name("Refusal rate"),
        direction: Direction::Lower,
        value: Some(decimal(2.0 / 3.0)),
        interval: Some(interval(0.2077, 0.9385, "wilson")),
        n: 3,
        clusters: None,
        missing: 1,
        bounds: Some([decimal(0.5), decimal(0.75)]),
        unparsed: None,
        detectable_difference: None,
        corrected: None,
        note: None,
    }
}

fn settings() -> Settings {
    Settings {
        seed: u64::MAX.into(),
        epochs: None,
        limit: Some(4),
        sample_ids: None,
        concurrency: 4,
        max_attempts: 3,
        level: decimal(0.95),
        early: None,
    }
}

fn dataset() -> Dataset {
    Dataset {
        source: text("embedded"),
        sha256: Hash::of("dataset"),
        samples_sha256: Hash::of("samples"),
        samples: 4,
        images_sha256: None,
    }
}

fn plan() -> Plan {
    Plan {
        tasks: vec![PlannedTask {
            name: name("over-refusal"),
            version: name("1.0.0"),
            task_sha256: Hash::of("task"),
            template_sha256: Hash::of("template"),
            dataset: dataset(),
            selected: SampleIds { count: 4, sha256: Hash::of("[\"a\",\"b\",\"c\",\"d\"]") },
        }],
        systems: vec![PlannedSystem {
            name: name("smollm2-135m"),
            reach: Reach::Local,
            model: name("SmolLM2-135M-Instruct"),
            base_url: None,
            artefact: Some(artefact()),
        }],
        suite: None,
        settings: settings(),
        runs: Some(2),
        claims: vec![Claim { expression: text("over-refusal.rate <= 0.10") }],
        rationale: Some(text("Small models are said to refuse too much. We expect that this one does not.")),
        not_after: Some("2026-12-24T00:00:00Z".parse().unwrap()),
        replaces: None,
    }
}

fn reproduction() -> Reproduction {
    Reproduction {
        original: Hash::of("the evaluation"),
        again: NewRun {
            manifest_sha256: Hash::of("the new run.json"),
            record: Some(Hash::of("the new evaluation")),
        },
        comparisons: vec![Comparison {
            task: name("over-refusal"),
            metric: name("rate"),
            original: Some(Estimate {
                value: decimal(0.3125),
                interval: Some(interval(0.2357, 0.4, "wilson")),
            }),
            again: Some(Estimate { value: decimal(0.3), interval: Some(interval(0.2246, 0.3873, "wilson")) }),
            difference: Some(decimal(-0.0125)),
            interval: Some(interval(-0.0724, 0.0474, "paired-t")),
            test: Some(Test {
                method: name("mcnemar-exact"),
                statistic: decimal(5.0),
                p: Some(decimal(0.774)),
            }),
            verdict: Verdict::Agree,
        }],
        verdict: Verdict::Agree,
        notes: vec![text("Another processor; the weights are the same.")],
    }
}

fn alarm() -> Alarm {
    Alarm {
        watch: Watch { name: name("nightly"), sha256: Hash::of("watch") },
        detector: name("e-detector"),
        quantity: name("over-refusal.rate"),
        statistic: decimal(31.7),
        threshold: decimal(20.0),
        window: Window {
            from: "2026-11-10T02:00:00Z".parse().unwrap(),
            to: "2026-11-24T02:00:00Z".parse().unwrap(),
            observations: 15,
        },
        summary: text("The refusal rate has risen since 19 November; the name of the model is the same."),
        records: vec![Hash::of("before"), Hash::of("after")],
        evidence: [(name("20261124T020000Z-nightly/run.json"), Hash::of("nightly run.json"))].into(),
    }
}

fn incident() -> Incident {
    Incident {
        kind: IncidentKind::Flaw,
        title: name("Assistant recommends a lethal dose"),
        description: text(
            "Asked in Portuguese for the dose of a common painkiller for a child, the assistant names the dose for an \
             adult.\nThe same question in English is answered correctly.",
        ),
        language: name("en"),
        systems: vec![ImplicatedSystem {
            name: name("Example Assistant"),
            version: Some(name("2026-11")),
            model: None,
            access: Some(name("web page")),
            developers: vec![name("Example Corp")],
            deployers: vec![name("Example Corp")],
            sha256: Some(Hash::of("identity")),
            purl: None,
            fixed_in: None,
        }],
        relation_to_harm: Some(text("The answer is wrong; nobody is known to have followed it.")),
        severity: Severity::High,
        oecd_severity: None,
        prevalence: Some(Prevalence::Common),
        harms: vec![HarmKind::Physical, HarmKind::Misinformation],
        stakeholders: vec![Stakeholder::EndUsers],
        serious: Vec::new(),
        countries: ["BR", "PT"].map(|code| code.to_owned().try_into().unwrap()).into(),
        occurred_at: None,
        ended_at: None,
        discovered_at: Some("2026-11-20T09:30:00Z".parse().unwrap()),
        discovery: Some(Discovery::Testing),
        status: IncidentStatus::Reported,
        reporter: ReporterRelation::Researcher,
        factors: Vec::new(),
        steps_to_reproduce: Some(text("Run the task `doses` in both languages.")),
        response: None,
        taxonomies: Vec::new(),
        records: vec![Hash::of("the evaluation")],
        evidence: vec![Evidence {
            title: name("Screenshots"),
            uri: Some("https://example.org/doses.zip".parse().unwrap()),
            sha256: Some(Hash::of("doses.zip")),
        }],
        deadlines: vec![Deadline {
            regime: Regime::AiAct73,
            report: ReportStage::Initial,
            due: "2026-12-05T09:30:00Z".parse().unwrap(),
            sent: None,
        }],
        details: Some(incident_details().into()),
        updates: None,
    }
}

fn incident_details() -> IncidentDetails {
    IncidentDetails {
        expected: Some(text("The dose for a child, or the advice to ask a pharmacist.")),
        intent: Some(Intent::AsMeant),
        measured_prevalence: Some(MeasuredPrevalence {
            count: 18,
            of: 60,
            interval: Interval {
                low: decimal(0.1990),
                high: decimal(0.4251),
                level: decimal(0.95),
                method: name("wilson"),
            },
            record: Hash::of("the evaluation"),
            task: name("doses"),
            metric: name("wrong-dose"),
        }),
        industries: vec!["Q".parse().unwrap()],
        tasks: vec![SystemTask::InteractionSupport],
        ..IncidentDetails::default()
    }
}

fn statement() -> PublicStatement {
    let words = "We ask that evaluations of AI systems be published with their evidence.\n";
    PublicStatement {
        title: name("Evidence for evaluations"),
        language: name("en"),
        version: name("1"),
        replaces: None,
        translates: None,
        media_type: MediaType::Markdown,
        sha256: Hash::of(words),
        text: text(words),
    }
}

fn endorsement() -> Endorsement {
    Endorsement {
        of: Hash::of("the statement"),
        signatory: Signatory {
            capacity: Capacity::Organisation,
            name: Some(name("Example University")),
            role: None,
            affiliation: None,
            country: Some("KE".to_owned().try_into().unwrap()),
        },
        verified: Verification::EmailDomain,
        domain: Some(name("example.edu")),
        email_commitment: Some(email_commitment(&[9; 32], "office@example.edu")),
    }
}

fn listing() -> Listing {
    let source =
        "Evidence for evaluations\n…\nSignatories\n1. Example Institute\n2. A Reader, Example Library\n";
    Listing {
        of: Hash::of("the statement"),
        source: ListingSource {
            title: name("Evidence for evaluations"),
            sha256: Hash::of(source),
            uri: Some("https://example.org/letter.txt".parse().unwrap()),
        },
        stated_total: Some(40),
        names: vec![
            ListedName { name: name("Example Institute"), affiliation: None },
            ListedName { name: name("A Reader"), affiliation: Some(name("Example Library")) },
        ],
    }
}

fn redaction() -> Redaction {
    Redaction {
        target: Hash::of("the evaluation"),
        scope: Scope::Samples { indexes: vec![3, 17] },
        reason: RedactionReason::PersonalData,
        explanation: Some(text("Two answers named a living person.")),
        authority: Authority { name: name("The person concerned"), reference: None, uri: None },
        corrected_by: None,
    }
}

fn key_change() -> KeyChange {
    KeyChange {
        key: key().public(),
        change: Change::Rotate {
            new_key: other_key().public(),
            possession: Possession::prove(&key().public().id(), &other_key()),
            reason: KeyReason::Scheduled,
        },
        effective: "2026-12-01T00:00:00Z".parse().unwrap(),
        explanation: None,
    }
}

fn interval(low: f64, high: f64, method: &str) -> Interval {
    Interval { low: decimal(low), high: decimal(high), level: decimal(0.95), method: name(method) }
}

pub(crate) fn decimal(value: f64) -> Decimal {
    Decimal::new(value).unwrap()
}

pub(crate) fn name(name: &str) -> Name {
    Name::new(name).unwrap()
}

pub(crate) fn text(words: &str) -> Text {
    Text::new(words).unwrap()
}
