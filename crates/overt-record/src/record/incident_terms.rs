//! The words with which incidents are classified, so that they can be counted and exported.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! terms {
    ($($(#[$doc:meta])* $name:ident { $($(#[$term:meta])* $variant:ident),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$term])* $variant),+ }

        impl $name {
            /// All of them, in the order in which they are shown.
            pub const ALL: &[Self] = &[$(Self::$variant),+];
        }
    )+};
}

terms! {
    /// What kind of report it is.
    IncidentKind {
        /// A property of the system that could do harm.
        Flaw,
        /// A flaw that somebody can exploit.
        Vulnerability,
        /// Harm was done.
        Incident,
        /// Harm could have been done.
        NearMiss,
        /// Circumstances in which harm could be done.
        Hazard,
    }

    /// How bad (FLARE-AI).
    Severity {
        /// Not known.
        NotSure,
        /// Hardly worth a report.
        Negligible,
        /// Little.
        Low,
        /// Some.
        Medium,
        /// Much.
        High,
        /// Lives, livelihoods, or many people.
        Critical,
    }

    /// How bad, in the grades of the OECD.
    OecdSeverity {
        /// Could become an incident.
        Hazard,
        /// Could become a serious incident.
        SeriousHazard,
        /// Harm was done.
        Incident,
        /// Serious harm was done.
        SeriousIncident,
        /// A community or society can't cope with it alone.
        Disaster,
    }

    /// How often (FLARE-AI).
    Prevalence {
        /// Not known.
        NotSure,
        /// Seen once.
        Isolated,
        /// Seldom.
        Rare,
        /// Now and then.
        Occasional,
        /// Often.
        Common,
        /// Nearly always.
        Widespread,
    }

    /// Which harm (FLARE-AI; two more from Article 3(49) of the AI Act).
    HarmKind {
        /// To the mind.
        Psychological,
        /// To money.
        Financial,
        /// To a good name.
        Reputational,
        /// To body or life.
        Physical,
        /// To rights.
        RightsViolation,
        /// Some are treated worse.
        Discrimination,
        /// Something false is believed.
        Misinformation,
        /// To things.
        Property,
        /// To the environment.
        Environment,
        /// Another.
        Other,
    }

    /// Who was harmed or could be (FLARE-AI).
    Stakeholder {
        /// Those who use the system.
        EndUsers,
        /// Its maker or operator.
        AiCompany,
        /// Those who study it.
        Researchers,
        /// Everybody.
        GeneralPublic,
        /// Certain groups.
        SpecificGroups,
        /// What a society runs on.
        Infrastructure,
        /// Others.
        Other,
    }

    /// The cases of a serious incident in Article 3(49) of the EU's AI Act.
    SeriousIncident {
        /// (a) Death, or serious harm to health.
        DeathOrHealth,
        /// (b) Serious and irreversible disruption of critical infrastructure.
        CriticalInfrastructure,
        /// (c) Infringement of obligations that protect fundamental rights.
        FundamentalRights,
        /// (d) Serious harm to property or the environment.
        PropertyOrEnvironment,
    }

    /// How it was found (FLARE-AI).
    Discovery {
        /// Somebody saw it while using the system.
        UserObservation,
        /// Monitoring showed it.
        Monitoring,
        /// A test showed it.
        Testing,
        /// Somebody else reported it.
        ExternalReport,
        /// A program found it.
        AutomatedAnalysis,
    }

    /// Where it stands.
    IncidentStatus {
        /// Reported to whom it concerns.
        Reported,
        /// They answered.
        Acknowledged,
        /// It is being looked into or repaired.
        InProgress,
        /// Repaired.
        Fixed,
        /// Somebody concerned says that it is not so.
        Disputed,
        /// Not repaired, and not going to be.
        Accepted,
        /// The reporter takes it back.
        Withdrawn,
    }

    /// How the reporter stands to the system.
    ReporterRelation {
        /// Uses it.
        User,
        /// Was harmed by it.
        Affected,
        /// Studies it.
        Researcher,
        /// Made it.
        Developer,
        /// Runs it.
        Deployer,
        /// Works, or worked, for its maker or operator.
        Employee,
        /// Writes about it.
        Journalist,
        /// Oversees it.
        Authority,
        /// Another.
        Other,
    }

    /// What it is put down to (FLARE-AI).
    Factor {
        /// The training data.
        TrainingData,
        /// How the model is built.
        ModelArchitecture,
        /// How it was tuned.
        FineTuning,
        /// How the system around it is designed.
        SystemDesign,
        /// How it is used through its interface.
        UserInterface,
        /// Its filters.
        ContentFiltering,
        /// Its safeguards.
        SafetyMeasures,
        /// How a user set it up.
        UserMisconfiguration,
        /// What somebody else attached to it.
        ThirdPartyIntegration,
        /// Something else.
        Other,
    }

    /// How exactly a time is known that is not known to the second.
    Precision {
        /// To the day.
        Day,
        /// To the month.
        Month,
        /// To the year.
        Year,
    }

    /// How the system was used when it happened.
    Intent {
        /// As it was meant to be.
        AsMeant,
        /// In a way that it was not meant for, without bad intent.
        Misuse,
        /// To do harm.
        Malicious,
    }

    /// Whether the weakness is known (FLARE-AI).
    Novelty {
        /// Others have written it down; `taxonomies` says where.
        Documented,
        /// It is new, as far as the reporter knows.
        New,
    }

    /// What somebody has to have in hand to exploit it (FLARE-AI).
    AttackerResource {
        /// Training data or feedback.
        TrainingData,
        /// What the model or the system is made from.
        ModelSupplyChain,
        /// Questions, and all of the model.
        WhiteBox,
        /// Questions alone.
        BlackBox,
        /// Questions, and a part of the model.
        GreyBox,
        /// What an application or a plug-in is made from.
        ApplicationSupplyChain,
        /// What an application or a plug-in gives out.
        ApplicationOutput,
        /// Something else.
        Other,
    }

    /// What somebody who exploits it is after (FLARE-AI).
    AttackerObjective {
        /// That the system doesn't work.
        Availability,
        /// That it works otherwise.
        Integrity,
        /// What it knows.
        Privacy,
        /// What it is not meant to be used for.
        Abuse,
        /// Something else.
        Other,
    }

    /// How far the system is spread (OECD, Framework for the Classification of AI Systems, 2022).
    Breadth {
        /// A pilot.
        Pilot,
        /// One organisation or one country.
        Narrow,
        /// One sector.
        Broad,
        /// Across countries and sectors.
        Widespread,
    }

    /// How far the system acts alone (OECD, the same).
    Autonomy {
        /// It informs; people act.
        None,
        /// It acts when people agree.
        Low,
        /// It acts unless people object.
        Medium,
        /// It acts without people.
        High,
    }

    /// What the system does (OECD, the same; the last two are ours).
    SystemTask {
        /// Puts names to images, sounds, texts.
        Recognition,
        /// Finds events and outliers.
        EventDetection,
        /// Says what will be.
        Forecasting,
        /// Fits content to a person.
        Personalisation,
        /// Talks with people.
        InteractionSupport,
        /// Looks for the best way to a goal.
        GoalDrivenOptimisation,
        /// Infers from what is known.
        Reasoning,
        /// Makes texts, images, sounds, programs.
        ContentGeneration,
        /// Something else.
        Other,
    }

    /// The values of the OECD's AI Principles (2019, revised 2024).
    Principle {
        /// 1.1 Inclusive growth, sustainable development and well-being.
        WellBeing,
        /// 1.2 Respect for the rule of law, human rights and democratic values, with fairness and privacy.
        HumanRights,
        /// 1.3 Transparency and explainability.
        Transparency,
        /// 1.4 Robustness, security and safety.
        Safety,
        /// 1.5 Accountability.
        Accountability,
    }

    /// A law or a code that demands reports.
    Regime {
        /// Article 73 of the EU's AI Act: serious incidents of high-risk systems.
        AiAct73,
        /// Measure 9.3 of the EU's code of practice for general-purpose AI.
        GpaiCode,
        /// California, Business and Professions Code, section 22757.13 (SB 53).
        CaliforniaSb53,
        /// New York, General Business Law, section 1422 (RAISE).
        NewYorkRaise,
        /// Another; a note in the description says which.
        Other,
    }

    /// Which report.
    ReportStage {
        /// The first.
        Initial,
        /// One in between.
        Intermediate,
        /// The last.
        Final,
    }
}
