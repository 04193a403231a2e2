//! The table of fields: where each stands, how it is answered, when it applies, when it is needed, who sees it.
//!
//! Their order is the order of the form. `*` stands for the number of an entry.

use super::{Choices, Facts, Input, StepId};

/// One field of the form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    pub(crate) id: &'static str,
    pub(crate) step: StepId,
    pub(crate) input: Input,
    pub(crate) applies: fn(&Facts) -> bool,
    pub(crate) needed: fn(&Facts) -> bool,
    /// An entry that has begun needs it.
    pub(crate) of_entry: bool,
    pub(crate) public: bool,
}

impl Spec {
    const fn new(step: StepId, id: &'static str, input: Input) -> Self {
        Self { id, step, input, applies: ordinary, needed: never, of_entry: false, public: true }
    }

    const fn private(self) -> Self {
        Self { public: false, ..self }
    }

    const fn when(self, applies: fn(&Facts) -> bool) -> Self {
        Self { applies, ..self }
    }

    const fn need(self, needed: fn(&Facts) -> bool) -> Self {
        Self { needed, ..self }
    }

    const fn of_entry(self) -> Self {
        Self { of_entry: true, ..self }
    }

    /// How it is answered: where content must not be kept, no free words are.
    pub(crate) const fn input_for(&self, facts: &Facts) -> Input {
        match self.input {
            Line if facts.csam => Input::PlainName,
            Lines if facts.csam => PlainNames,
            input => input,
        }
    }
}

const fn always(_: &Facts) -> bool {
    true
}

const fn never(_: &Facts) -> bool {
    false
}

const fn ordinary(facts: &Facts) -> bool {
    !facts.csam
}

const fn csam(facts: &Facts) -> bool {
    facts.csam
}

const fn harm(facts: &Facts) -> bool {
    ordinary(facts) && facts.harm
}

const fn exploitable(facts: &Facts) -> bool {
    ordinary(facts) && facts.exploitable
}

const fn malicious(facts: &Facts) -> bool {
    ordinary(facts) && facts.malicious
}

const fn harmless_use(facts: &Facts) -> bool {
    ordinary(facts) && !facts.malicious
}

const fn insider(facts: &Facts) -> bool {
    ordinary(facts) && facts.insider
}

const fn has_duty(facts: &Facts) -> bool {
    ordinary(facts) && facts.has_duty
}

const fn measured(facts: &Facts) -> bool {
    ordinary(facts) && facts.evaluated
}

const fn shown_by_words(facts: &Facts) -> bool {
    !facts.evaluated
}

const fn answered_by_maker(facts: &Facts) -> bool {
    facts.answered_by_maker
}

const fn plans_disclosure(facts: &Facts) -> bool {
    ordinary(facts) && facts.plans_disclosure
}

const fn discloses(facts: &Facts) -> bool {
    ordinary(facts) && (facts.plans_disclosure || facts.disclosed)
}

const fn disclosed(facts: &Facts) -> bool {
    ordinary(facts) && facts.disclosed
}

const fn by_site(facts: &Facts) -> bool {
    facts.by_site
}

use Choices as C;
use Input::{
    Countries, Country, Cvss, Digest, Digests, Email, Industries, Language, Line, Lines, Link, Measured,
    MediaType, Moment, One, PlainNames, Prose, Purl, Several, Time, YesNo,
};
use StepId::{
    Attack, Cause, Disclosure, Duties, Event, Evidence, Harm, Impact, Kind, Reporter, System, Withheld,
};

/// All fields.
pub(crate) const FIELDS: &[Spec] = &[
    Spec::new(Kind, "classification.realWorldHarm", YesNo).when(always).need(always).private(),
    Spec::new(Kind, "classification.maliciousUse", YesNo).when(always).need(always).private(),
    Spec::new(Kind, "classification.csam", YesNo).when(always).need(always).private(),
    Spec::new(Kind, "classification.kind", One(C::Kind)).when(always).need(ordinary),
    Spec::new(Kind, "updates", Digest),
    Spec::new(Withheld, "classification.csamAcknowledged", YesNo).when(csam).need(always).private(),
    Spec::new(Withheld, "withheld.reportedTo", PlainNames).when(csam).private(),
    Spec::new(Withheld, "withheld.hashes", Digests).when(csam).private(),
    Spec::new(System, "systems.*.name", Line).when(always).need(always),
    Spec::new(System, "systems.*.model", Line).when(always),
    Spec::new(System, "systems.*.version", Line).when(always),
    Spec::new(System, "systems.*.access", Line),
    Spec::new(System, "systems.*.developers", Lines).when(always),
    Spec::new(System, "systems.*.deployers", Lines),
    Spec::new(System, "systems.*.purl", Purl),
    Spec::new(System, "systems.*.sha256", Digest),
    Spec::new(System, "systems.*.fixedIn", Line),
    Spec::new(Event, "event.title", Line).need(always),
    Spec::new(Event, "event.description", Prose).need(always),
    Spec::new(Event, "event.language", Language).need(always),
    Spec::new(Event, "event.expected", Prose),
    Spec::new(Event, "event.actual", Prose),
    Spec::new(Event, "event.occurredAt", Time).need(harm),
    Spec::new(Event, "event.endedAt", Moment),
    Spec::new(Event, "event.discoveredAt", Moment).when(always),
    Spec::new(Event, "event.discovery", One(C::Discovery)).need(harm),
    Spec::new(Event, "event.intent", One(C::Intent)).when(harmless_use),
    Spec::new(Event, "event.policies.*.uri", Link).of_entry(),
    Spec::new(Event, "event.policies.*.reason", Prose),
    Spec::new(Evidence, "evidence.stepsToReproduce", Prose).need(shown_by_words),
    Spec::new(Evidence, "evidence.recurrence", Prose),
    Spec::new(Evidence, "evidence.records", Digests),
    Spec::new(Evidence, "evidence.measuredPrevalence", Measured).when(measured),
    Spec::new(Evidence, "evidence.alsoSeenOn", Lines),
    Spec::new(Evidence, "evidence.items.*.title", Line).of_entry(),
    Spec::new(Evidence, "evidence.items.*.uri", Link),
    Spec::new(Evidence, "evidence.items.*.sha256", Digest),
    Spec::new(Evidence, "coordination.proofOfConcept", Prose).private(),
    Spec::new(Evidence, "attachments.*.name", Line).private().of_entry(),
    Spec::new(Evidence, "attachments.*.mediaType", MediaType).private().of_entry(),
    Spec::new(Evidence, "attachments.*.size", Input::Bytes).private().of_entry(),
    Spec::new(Evidence, "attachments.*.sha256", Digest).private().of_entry(),
    Spec::new(Impact, "impact.severity", One(C::Severity)).need(always),
    Spec::new(Impact, "impact.oecdSeverity", One(C::OecdSeverity)),
    Spec::new(Impact, "impact.prevalence", One(C::Prevalence)).need(always),
    Spec::new(Impact, "impact.harms", Several(C::Harm)).need(always),
    Spec::new(Impact, "impact.stakeholders", Several(C::Stakeholder)).need(always),
    Spec::new(Impact, "impact.novelty", One(C::Novelty)),
    Spec::new(Impact, "impact.taxonomies.*.scheme", Line).of_entry(),
    Spec::new(Impact, "impact.taxonomies.*.id", Line).of_entry(),
    Spec::new(Impact, "impact.principles", Several(C::Principle)),
    Spec::new(Impact, "impact.industries", Industries),
    Spec::new(Impact, "impact.businessFunctions", Lines),
    Spec::new(Impact, "impact.breadth", One(C::Breadth)),
    Spec::new(Impact, "impact.autonomy", One(C::Autonomy)),
    Spec::new(Impact, "impact.tasks", Several(C::SystemTask)),
    Spec::new(Harm, "event.relationToHarm", Prose).when(harm).need(always),
    Spec::new(Harm, "impact.harmedParties", Lines).when(harm),
    Spec::new(Harm, "impact.harmQuantity", Prose).when(harm),
    Spec::new(Harm, "event.countries", Countries).when(harm),
    Spec::new(Harm, "event.places", Lines).when(harm),
    Spec::new(Harm, "event.chainOfEvents", Prose).when(harm),
    Spec::new(Harm, "impact.serious", Several(C::Serious)).when(harm),
    Spec::new(Harm, "impact.rights", Lines).when(harm),
    Spec::new(Harm, "impact.criticalInfrastructure", Lines).when(harm),
    Spec::new(Attack, "attack.resources", Several(C::AttackerResource)).when(exploitable).need(malicious),
    Spec::new(Attack, "attack.objectives", Several(C::AttackerObjective)).when(exploitable).need(malicious),
    Spec::new(Attack, "impact.cvss", Cvss).when(exploitable),
    Spec::new(Cause, "response.status", One(C::Status)).need(always),
    Spec::new(Cause, "response.actions", Prose).need(answered_by_maker),
    Spec::new(Cause, "cause.factors", Several(C::Factor)),
    Spec::new(Cause, "cause.outputs", Prose).when(insider),
    Spec::new(Cause, "cause.contributing", Prose).when(insider),
    Spec::new(Cause, "cause.inputs", Prose).when(insider),
    Spec::new(Cause, "cause.mitigationFailures", Prose).when(insider),
    Spec::new(Cause, "cause.trainingData", Prose),
    Spec::new(Cause, "cause.model", Prose),
    Spec::new(Cause, "cause.usageRights", Prose),
    Spec::new(Cause, "cause.interaction", Prose),
    Spec::new(Cause, "cause.monitoring", Prose).when(insider),
    Spec::new(Cause, "response.recommendations", Prose),
    Spec::new(Cause, "response.additional", Prose),
    Spec::new(Duties, "coordination.regimes", Several(C::Regime)).when(has_duty).private(),
    Spec::new(Duties, "coordination.consequences", Several(C::Consequence)).when(has_duty).private(),
    Spec::new(Duties, "coordination.awareAt", Moment).when(has_duty).private(),
    Spec::new(Duties, "coordination.sent.*.regime", One(C::Regime)).when(has_duty).private().of_entry(),
    Spec::new(Duties, "coordination.sent.*.report", One(C::Stage)).when(has_duty).private().of_entry(),
    Spec::new(Duties, "coordination.sent.*.at", Moment).when(has_duty).private().of_entry(),
    Spec::new(Duties, "coordination.resolvedAt", Moment).when(has_duty).private(),
    Spec::new(Duties, "response.deadlines.*.regime", One(C::Regime)).when(has_duty).of_entry(),
    Spec::new(Duties, "response.deadlines.*.report", One(C::Stage)).when(has_duty).of_entry(),
    Spec::new(Duties, "response.deadlines.*.due", Moment).when(has_duty).of_entry(),
    Spec::new(Duties, "response.deadlines.*.sent", Moment).when(has_duty),
    Spec::new(Reporter, "reporter.relation", One(C::Relation)).when(always).need(always),
    Spec::new(Reporter, "reporter.email", Email).when(always).need(by_site).private(),
    Spec::new(Reporter, "reporter.name", Line).private(),
    Spec::new(Reporter, "reporter.organisation", Line).private(),
    Spec::new(Reporter, "reporter.country", Country).when(always).private(),
    Spec::new(Disclosure, "coordination.disclosure", One(C::Disclosure)).need(always).private(),
    Spec::new(Disclosure, "coordination.embargoUntil", Moment).when(plans_disclosure).private(),
    Spec::new(Disclosure, "coordination.embargoDetails", Prose).when(plans_disclosure).private(),
    Spec::new(Disclosure, "coordination.disclosedAt", Moment).when(discloses).need(disclosed).private(),
    Spec::new(Disclosure, "coordination.disclosureLink", Link).when(disclosed).private(),
    Spec::new(Disclosure, "coordination.recipients.*.name", Line).need(always).private(),
    Spec::new(Disclosure, "coordination.recipients.*.contact", Line).private(),
    Spec::new(Disclosure, "coordination.timeline.*.at", Moment).private().of_entry(),
    Spec::new(Disclosure, "coordination.timeline.*.what", Prose).private().of_entry(),
    Spec::new(Disclosure, "coordination.acknowledgements.*.by", Line).private().of_entry(),
    Spec::new(Disclosure, "coordination.acknowledgements.*.at", Moment).private(),
    Spec::new(Disclosure, "coordination.consent.*.to", One(C::Target)).private().of_entry(),
    Spec::new(Disclosure, "coordination.consent.*.parts", Several(C::Part)).private().of_entry(),
];
