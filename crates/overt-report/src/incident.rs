//! From a draft to the record, and back for a correction.
//!
//! Only what is public crosses: [`to_incident`] names each field that it takes, and none of them is private.

mod back;

use std::fmt::Display;
use std::str::FromStr;

use overt_record::record::{
    Classified, Deadline, Evidence, ImplicatedSystem, Incident, IncidentDetails, Intent, Policy, Precision,
    RootCause,
};
use overt_record::{Name, Timestamp};

pub use self::back::to_draft;
use crate::draft::{DeadlineItem, Draft, DraftSystem, EvidenceItem, PolicyItem, TaxonomyItem};
use crate::form::{Channel, Problem, check, relevant};
use crate::when;

/// The record of a report, without anything private and without answers to questions that don't apply.
///
/// # Errors
/// Everything that is missing or wrong; always, if it is about sexual abuse of children: no record is made of that.
pub fn to_incident(draft: &Draft, channel: Channel, now: Timestamp) -> Result<Incident, Vec<Problem>> {
    let mut problems = check(draft, channel, now);
    if draft.classification.csam == Some(true) {
        let none = "no record is made of a report about sexual abuse of children";
        problems.push(Problem::wrong("classification.csam", none));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut taking = Taking::default();
    let incident = taking.incident(&relevant(draft, channel));
    // What `check` lets through is read; should the two ever differ, nothing is dropped in silence.
    match incident {
        Some(incident) if taking.problems.is_empty() => Ok(incident),
        _ => Err(taking.problems),
    }
}

/// Reads words into the record's types, and remembers where that failed.
#[derive(Default)]
struct Taking {
    problems: Vec<Problem>,
}

impl Taking {
    fn maybe<T: FromStr>(&mut self, field: impl Display, words: &str) -> Option<T> {
        if words.is_empty() {
            return None;
        }
        let read = words.parse().ok();
        if read.is_none() {
            self.problems.push(Problem::wrong(field.to_string(), "it can't be read"));
        }
        read
    }

    fn must<T: FromStr>(&mut self, field: impl Display, words: &str) -> Option<T> {
        if words.is_empty() {
            self.problems.push(Problem::wrong(field.to_string(), "it is missing"));
        }
        self.maybe(field, words)
    }

    fn term<T>(&mut self, field: &str, term: Option<T>) -> Option<T> {
        if term.is_none() {
            self.problems.push(Problem::wrong(field, "it is missing"));
        }
        term
    }

    fn many<T: FromStr>(&mut self, field: &str, words: &[String]) -> Vec<T> {
        words.iter().filter_map(|word| self.maybe(field, word)).collect()
    }

    fn moment(&mut self, field: impl Display, words: &str) -> Option<Timestamp> {
        if words.is_empty() {
            return None;
        }
        let time = when::moment(words);
        if time.is_none() {
            self.problems.push(Problem::wrong(field.to_string(), "it can't be read"));
        }
        time
    }

    fn incident(&mut self, draft: &Draft) -> Option<Incident> {
        let Draft { classification, event, evidence, impact, response, .. } = draft;
        let occurred = when::read(&event.occurred_at);
        let details = self.details(draft, occurred.and_then(|(_, within)| within));
        let kind = self.term("classification.kind", classification.kind);
        let title = self.must("event.title", &event.title);
        let description = self.must("event.description", &event.description);
        let language = self.must("event.language", &event.language);
        let severity = self.term("impact.severity", impact.severity);
        let status = self.term("response.status", response.status);
        let reporter = self.term("reporter.relation", draft.reporter.relation);
        let systems =
            draft.systems.iter().enumerate().filter_map(|(index, system)| self.system(index, system));
        let systems = systems.collect();
        let countries = event.countries.iter().filter(|country| !country.is_empty());
        let countries = countries.filter_map(|country| country.clone().try_into().ok()).collect();
        let deadlines =
            response.deadlines.iter().enumerate().filter_map(|(i, item)| self.deadline(i, item)).collect();
        let taxonomies =
            impact.taxonomies.iter().enumerate().filter_map(|(i, item)| self.taxonomy(i, item)).collect();
        let shown =
            evidence.items.iter().enumerate().filter_map(|(i, item)| self.evidence(i, item)).collect();
        Some(Incident {
            kind: kind?,
            title: title?,
            description: description?,
            language: language?,
            systems,
            relation_to_harm: self.maybe("event.relationToHarm", &event.relation_to_harm),
            severity: severity?,
            oecd_severity: impact.oecd_severity,
            prevalence: impact.prevalence,
            harms: impact.harms.clone(),
            stakeholders: impact.stakeholders.clone(),
            serious: impact.serious.clone(),
            countries,
            occurred_at: occurred.map(|(time, _)| time),
            ended_at: self.moment("event.endedAt", &event.ended_at),
            discovered_at: self.moment("event.discoveredAt", &event.discovered_at),
            discovery: event.discovery,
            status: status?,
            reporter: reporter?,
            factors: draft.cause.factors.clone(),
            steps_to_reproduce: self.maybe("evidence.stepsToReproduce", &evidence.steps_to_reproduce),
            response: self.maybe("response.actions", &response.actions),
            taxonomies,
            records: self.many("evidence.records", &evidence.records),
            evidence: shown,
            deadlines,
            details: (details != IncidentDetails::default()).then(|| details.into()),
            updates: self.maybe("updates", &draft.updates),
        })
    }

    fn details(&mut self, draft: &Draft, occurred_within: Option<Precision>) -> IncidentDetails {
        let Draft { classification, event, evidence, impact, attack, cause, response, .. } = draft;
        let malicious = classification.malicious_use == Some(true);
        let policies =
            event.policies.iter().enumerate().filter_map(|(i, item)| self.policy(i, item)).collect();
        let root_cause = RootCause {
            outputs: self.maybe("cause.outputs", &cause.outputs),
            factors: self.maybe("cause.contributing", &cause.contributing),
            inputs: self.maybe("cause.inputs", &cause.inputs),
            mitigation_failures: self.maybe("cause.mitigationFailures", &cause.mitigation_failures),
        };
        IncidentDetails {
            expected: self.maybe("event.expected", &event.expected),
            actual: self.maybe("event.actual", &event.actual),
            occurred_within,
            places: self.many("event.places", &event.places),
            chain_of_events: self.maybe("event.chainOfEvents", &event.chain_of_events),
            intent: if malicious { Some(Intent::Malicious) } else { event.intent },
            attacker_resources: attack.resources.clone(),
            attacker_objectives: attack.objectives.clone(),
            novelty: impact.novelty,
            cvss: self.maybe("impact.cvss", &impact.cvss),
            policies,
            recurrence: self.maybe("evidence.recurrence", &evidence.recurrence),
            measured_prevalence: evidence.measured_prevalence.clone(),
            also_seen_on: self.many("evidence.alsoSeenOn", &evidence.also_seen_on),
            harmed_parties: self.many("impact.harmedParties", &impact.harmed_parties),
            harm_quantity: self.maybe("impact.harmQuantity", &impact.harm_quantity),
            rights: self.many("impact.rights", &impact.rights),
            principles: impact.principles.clone(),
            critical_infrastructure: self
                .many("impact.criticalInfrastructure", &impact.critical_infrastructure),
            industries: self.many("impact.industries", &impact.industries),
            business_functions: self.many("impact.businessFunctions", &impact.business_functions),
            breadth: impact.breadth,
            autonomy: impact.autonomy,
            tasks: impact.tasks.clone(),
            training_data: self.maybe("cause.trainingData", &cause.training_data),
            model: self.maybe("cause.model", &cause.model),
            usage_rights: self.maybe("cause.usageRights", &cause.usage_rights),
            interaction: self.maybe("cause.interaction", &cause.interaction),
            root_cause: (root_cause != RootCause::default()).then_some(root_cause),
            recommendations: self.maybe("response.recommendations", &response.recommendations),
            monitoring: self.maybe("cause.monitoring", &cause.monitoring),
            additional: self.maybe("response.additional", &response.additional),
        }
    }

    fn system(&mut self, index: usize, system: &DraftSystem) -> Option<ImplicatedSystem> {
        let field = |name: &str| format!("systems.{index}.{name}");
        Some(ImplicatedSystem {
            name: self.must(field("name"), &system.name)?,
            version: self.maybe(field("version"), &system.version),
            model: self.maybe(field("model"), &system.model),
            access: self.maybe(field("access"), &system.access),
            developers: self.many::<Name>(&field("developers"), &system.developers),
            deployers: self.many::<Name>(&field("deployers"), &system.deployers),
            sha256: self.maybe(field("sha256"), &system.sha256),
            purl: self.maybe(field("purl"), &system.purl),
            fixed_in: self.maybe(field("fixedIn"), &system.fixed_in),
        })
    }

    /// An entry without a word says nothing; one that has begun is complete, or `check` has said so.
    fn policy(&mut self, index: usize, item: &PolicyItem) -> Option<Policy> {
        if *item == PolicyItem::default() {
            return None;
        }
        let uri = self.must(format!("event.policies.{index}.uri"), &item.uri)?;
        Some(Policy { uri, reason: self.maybe(format!("event.policies.{index}.reason"), &item.reason) })
    }

    fn taxonomy(&mut self, index: usize, item: &TaxonomyItem) -> Option<Classified> {
        if *item == TaxonomyItem::default() {
            return None;
        }
        let scheme = self.must(format!("impact.taxonomies.{index}.scheme"), &item.scheme)?;
        Some(Classified { scheme, id: self.must(format!("impact.taxonomies.{index}.id"), &item.id)? })
    }

    fn evidence(&mut self, index: usize, item: &EvidenceItem) -> Option<Evidence> {
        if *item == EvidenceItem::default() {
            return None;
        }
        let field = |name: &str| format!("evidence.items.{index}.{name}");
        Some(Evidence {
            title: self.must(field("title"), &item.title)?,
            uri: self.maybe(field("uri"), &item.uri),
            sha256: self.maybe(field("sha256"), &item.sha256),
        })
    }

    fn deadline(&mut self, index: usize, item: &DeadlineItem) -> Option<Deadline> {
        if *item == DeadlineItem::default() {
            return None;
        }
        let field = |name: &str| format!("response.deadlines.{index}.{name}");
        Some(Deadline {
            regime: self.term(&field("regime"), item.regime)?,
            report: self.term(&field("report"), item.report)?,
            due: self.moment(field("due"), &item.due)?,
            sent: self.moment(field("sent"), &item.sent),
        })
    }
}
