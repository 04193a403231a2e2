//! The rules, each with the place where it stands.

use overt_record::record::{Regime, ReportStage};

use super::Consequence::{
    self, CriticalInfrastructure, Cybersecurity, Death, FundamentalRights, Health, ImminentDanger,
    PropertyOrEnvironment, WidespreadInfringement,
};

/// A length of time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Period {
    Hours(u32),
    Days(u32),
    Weeks(u32),
}

/// From when it runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    Awareness,
    LastReport,
    Resolution,
}

/// A period of a law or a code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) regime: Regime,
    pub(super) report: ReportStage,
    pub(super) covers: &'static [Consequence],
    pub(super) start: Start,
    pub(super) period: Period,
    pub(super) to: &'static str,
    pub(super) words: &'static str,
    pub(super) citation: &'static str,
}

const MARKET_AUTHORITY: &str = "the market surveillance authority of the Member State where it occurred";
const AI_OFFICE: &str = "the AI Office and, as appropriate, national competent authorities";
const CAL_OES: &str = "California's Office of Emergency Services";
const APPROPRIATE: &str = "an authority that can act, such as the police";
const NEW_YORK: &str = "the office at New York's Department of Financial Services";

/// What the AI Act calls a serious incident (Article 3(49)), and a widespread infringement (Article 3(61)).
const SERIOUS: &[Consequence] = &[
    Death,
    Health,
    CriticalInfrastructure,
    WidespreadInfringement,
    FundamentalRights,
    PropertyOrEnvironment,
];

/// What measure 9.3 of the code names.
const CODE: &[Consequence] =
    &[Death, Health, CriticalInfrastructure, FundamentalRights, PropertyOrEnvironment, Cybersecurity];

/// A "critical safety incident" is defined by each act; that it is one is the reporter's judgement.
const CRITICAL: &[Consequence] = Consequence::ALL;

const fn first(
    regime: Regime,
    to: &'static str,
    covers: &'static [Consequence],
    period: Period,
    words: &'static str,
    citation: &'static str,
) -> Rule {
    Rule {
        regime,
        report: ReportStage::Initial,
        covers,
        start: Start::Awareness,
        period,
        to,
        words,
        citation,
    }
}

pub(super) const RULES: &[Rule] = &[
    first(
        Regime::AiAct73,
        MARKET_AUTHORITY,
        SERIOUS,
        Period::Days(15),
        "at once when a causal link is likely, and not later than 15 days after awareness; it may be incomplete (73(5))",
        "Regulation (EU) 2024/1689, Article 73(2)",
    ),
    first(
        Regime::AiAct73,
        MARKET_AUTHORITY,
        &[WidespreadInfringement, CriticalInfrastructure],
        Period::Days(2),
        "at once, and not later than two days after awareness of a widespread infringement or a disruption of critical \
         infrastructure; it may be incomplete (73(5))",
        "Regulation (EU) 2024/1689, Article 73(3)",
    ),
    first(
        Regime::AiAct73,
        MARKET_AUTHORITY,
        &[Death],
        Period::Days(10),
        "at once when a causal link is suspected, and not later than ten days after awareness of a death; it may be \
         incomplete (73(5))",
        "Regulation (EU) 2024/1689, Article 73(4)",
    ),
    first(
        Regime::GpaiCode,
        AI_OFFICE,
        &[CriticalInfrastructure],
        Period::Days(2),
        "items (1) to (7) of measure 9.2, not later than two days after awareness of the model's involvement",
        "Code of Practice for General-Purpose AI (2025), Safety and Security, measure 9.3, initial report, point (1)",
    ),
    first(
        Regime::GpaiCode,
        AI_OFFICE,
        &[Cybersecurity],
        Period::Days(5),
        "items (1) to (7) of measure 9.2, not later than five days after awareness of the model's involvement",
        "Code of Practice for General-Purpose AI (2025), Safety and Security, measure 9.3, initial report, point (2)",
    ),
    first(
        Regime::GpaiCode,
        AI_OFFICE,
        &[Death],
        Period::Days(10),
        "items (1) to (7) of measure 9.2, not later than ten days after awareness of the model's involvement",
        "Code of Practice for General-Purpose AI (2025), Safety and Security, measure 9.3, initial report, point (3)",
    ),
    first(
        Regime::GpaiCode,
        AI_OFFICE,
        &[Health, FundamentalRights, PropertyOrEnvironment],
        Period::Days(15),
        "items (1) to (7) of measure 9.2, not later than 15 days after awareness of the model's involvement",
        "Code of Practice for General-Purpose AI (2025), Safety and Security, measure 9.3, initial report, point (4)",
    ),
    Rule {
        regime: Regime::GpaiCode,
        report: ReportStage::Intermediate,
        covers: CODE,
        start: Start::LastReport,
        period: Period::Weeks(4),
        to: AI_OFFICE,
        words: "while it is not resolved, at least every four weeks after the initial report",
        citation: "Code of Practice for General-Purpose AI (2025), Safety and Security, measure 9.3, intermediate report",
    },
    Rule {
        regime: Regime::GpaiCode,
        report: ReportStage::Final,
        covers: CODE,
        start: Start::Resolution,
        period: Period::Days(60),
        to: AI_OFFICE,
        words: "all items of measure 9.2, not later than 60 days after it is resolved",
        citation: "Code of Practice for General-Purpose AI (2025), Safety and Security, measure 9.3, final report",
    },
    first(
        Regime::CaliforniaSb53,
        CAL_OES,
        CRITICAL,
        Period::Days(15),
        "within 15 days of discovering a critical safety incident",
        "California Business and Professions Code, section 22757.13 (SB 53)",
    ),
    first(
        Regime::CaliforniaSb53,
        APPROPRIATE,
        &[ImminentDanger],
        Period::Hours(24),
        "within 24 hours, if it poses an imminent risk of death or serious physical injury",
        "California Business and Professions Code, section 22757.13 (SB 53)",
    ),
    first(
        Regime::NewYorkRaise,
        NEW_YORK,
        CRITICAL,
        Period::Hours(72),
        "within 72 hours of learning of a critical safety incident",
        "New York General Business Law, section 1422 (RAISE Act)",
    ),
    first(
        Regime::NewYorkRaise,
        APPROPRIATE,
        &[ImminentDanger],
        Period::Hours(24),
        "within 24 hours, if it poses an imminent risk of death or serious physical injury",
        "New York General Business Law, section 1422 (RAISE Act)",
    ),
];
