//! From a record to a draft that corrects it or carries it on.

use overt_record::Hash;
use overt_record::record::{Incident, IncidentDetails, IncidentKind, Intent};

use crate::draft::{
    Attack, Cause, Classification, DeadlineItem, Draft, DraftSystem, Event, EvidenceItem, Impact, PolicyItem,
    Proof, Reporter, Response, TaxonomyItem,
};
use crate::when;

/// A draft that says what a record says, and updates it. What is private is asked anew: the record has none of it.
pub fn to_draft(incident: &Incident, record: Hash) -> Draft {
    let none = IncidentDetails::default();
    let details = incident.details.as_deref().unwrap_or(&none);
    Draft {
        classification: Classification {
            real_world_harm: Some(incident.kind == IncidentKind::Incident),
            malicious_use: Some(details.intent == Some(Intent::Malicious)),
            csam: Some(false),
            csam_acknowledged: None,
            kind: Some(incident.kind),
        },
        systems: systems(incident),
        event: event(incident, details),
        evidence: proof(incident, details),
        impact: impact(incident, details),
        attack: Attack {
            resources: details.attacker_resources.clone(),
            objectives: details.attacker_objectives.clone(),
        },
        cause: cause(incident, details),
        response: response(incident, details),
        reporter: Reporter { relation: Some(incident.reporter), ..Reporter::default() },
        updates: record.to_string(),
        ..Draft::default()
    }
}

fn words<T: ToString>(value: Option<&T>) -> String {
    value.map(T::to_string).unwrap_or_default()
}

fn list<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(T::to_string).collect()
}

fn systems(incident: &Incident) -> Vec<DraftSystem> {
    let systems = incident.systems.iter().map(|system| DraftSystem {
        name: system.name.to_string(),
        version: words(system.version.as_ref()),
        model: words(system.model.as_ref()),
        access: words(system.access.as_ref()),
        developers: list(&system.developers),
        deployers: list(&system.deployers),
        sha256: words(system.sha256.as_ref()),
        purl: words(system.purl.as_ref()),
        fixed_in: words(system.fixed_in.as_ref()),
    });
    systems.collect()
}

fn event(incident: &Incident, details: &IncidentDetails) -> Event {
    let within = details.occurred_within;
    let policies = details.policies.iter();
    Event {
        title: incident.title.to_string(),
        description: incident.description.to_string(),
        language: incident.language.to_string(),
        expected: words(details.expected.as_ref()),
        actual: words(details.actual.as_ref()),
        occurred_at: incident.occurred_at.map(|time| when::write(time, within)).unwrap_or_default(),
        ended_at: words(incident.ended_at.as_ref()),
        discovered_at: words(incident.discovered_at.as_ref()),
        discovery: incident.discovery,
        intent: details.intent.filter(|intent| *intent != Intent::Malicious),
        countries: list(&incident.countries),
        places: list(&details.places),
        relation_to_harm: words(incident.relation_to_harm.as_ref()),
        chain_of_events: words(details.chain_of_events.as_ref()),
        policies: policies
            .map(|policy| PolicyItem { uri: policy.uri.to_string(), reason: words(policy.reason.as_ref()) })
            .collect(),
    }
}

fn proof(incident: &Incident, details: &IncidentDetails) -> Proof {
    let items = incident.evidence.iter().map(|evidence| EvidenceItem {
        title: evidence.title.to_string(),
        uri: words(evidence.uri.as_ref()),
        sha256: words(evidence.sha256.as_ref()),
    });
    Proof {
        steps_to_reproduce: words(incident.steps_to_reproduce.as_ref()),
        recurrence: words(details.recurrence.as_ref()),
        records: list(&incident.records),
        measured_prevalence: details.measured_prevalence.clone(),
        also_seen_on: list(&details.also_seen_on),
        items: items.collect(),
    }
}

fn impact(incident: &Incident, details: &IncidentDetails) -> Impact {
    let taxonomies = incident.taxonomies.iter();
    Impact {
        severity: Some(incident.severity),
        oecd_severity: incident.oecd_severity,
        prevalence: incident.prevalence,
        harms: incident.harms.clone(),
        stakeholders: incident.stakeholders.clone(),
        harmed_parties: list(&details.harmed_parties),
        harm_quantity: words(details.harm_quantity.as_ref()),
        serious: incident.serious.clone(),
        rights: list(&details.rights),
        principles: details.principles.clone(),
        critical_infrastructure: list(&details.critical_infrastructure),
        industries: list(&details.industries),
        business_functions: list(&details.business_functions),
        breadth: details.breadth,
        autonomy: details.autonomy,
        tasks: details.tasks.clone(),
        novelty: details.novelty,
        taxonomies: taxonomies
            .map(|entry| TaxonomyItem { scheme: entry.scheme.to_string(), id: entry.id.to_string() })
            .collect(),
        cvss: words(details.cvss.as_ref()),
    }
}

fn cause(incident: &Incident, details: &IncidentDetails) -> Cause {
    let root = details.root_cause.clone().unwrap_or_default();
    Cause {
        factors: incident.factors.clone(),
        outputs: words(root.outputs.as_ref()),
        contributing: words(root.factors.as_ref()),
        inputs: words(root.inputs.as_ref()),
        mitigation_failures: words(root.mitigation_failures.as_ref()),
        training_data: words(details.training_data.as_ref()),
        model: words(details.model.as_ref()),
        usage_rights: words(details.usage_rights.as_ref()),
        interaction: words(details.interaction.as_ref()),
        monitoring: words(details.monitoring.as_ref()),
    }
}

fn response(incident: &Incident, details: &IncidentDetails) -> Response {
    let deadlines = incident.deadlines.iter().map(|deadline| DeadlineItem {
        regime: Some(deadline.regime),
        report: Some(deadline.report),
        due: deadline.due.to_string(),
        sent: words(deadline.sent.as_ref()),
    });
    Response {
        status: Some(incident.status),
        actions: words(incident.response.as_ref()),
        recommendations: words(details.recommendations.as_ref()),
        additional: words(details.additional.as_ref()),
        deadlines: deadlines.collect(),
    }
}
