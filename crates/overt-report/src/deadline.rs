//! The clock: by when laws and codes want a report.
//!
//! A rule is a line of [`rules`](self) with the place where it stands. Periods in days count as so many times 24 hours
//! from the moment of awareness, which is the earliest reading: Regulation (EEC, Euratom) No 1182/71, Article 3, gives
//! more for some of them (the day of the event doesn't count, the last day counts to its end), and whoever relies on that
//! asks a lawyer. All times are UTC, so no change of clocks moves a date. Nothing here judges whether a rule applies.

mod rules;

use overt_record::Timestamp;
use overt_record::record::{Deadline, Regime, ReportStage};
use serde::{Deserialize, Serialize};

use self::rules::{Period, RULES, Rule, Start};
use crate::draft::Draft;
use crate::when;

/// What stands beside every date.
pub const NO_ADVICE: &str = "This is arithmetic and no legal advice: whether a rule applies to you, and from when its \
    period runs, is for you and your lawyers to say.";

/// What happened, as the rules part it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consequence {
    /// Somebody died.
    Death,
    /// Serious harm to somebody's health.
    Health,
    /// Serious and irreversible disruption of critical infrastructure.
    CriticalInfrastructure,
    /// A widespread infringement (AI Act, Article 3(61)).
    WidespreadInfringement,
    /// Infringement of obligations under Union law that protect fundamental rights.
    FundamentalRights,
    /// Serious harm to property or the environment.
    PropertyOrEnvironment,
    /// A serious breach of cybersecurity, the exfiltration of weights among them.
    Cybersecurity,
    /// Imminent risk of death or serious physical injury.
    ImminentDanger,
    /// Another that a rule covers.
    Other,
}

impl Consequence {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Death,
        Self::Health,
        Self::CriticalInfrastructure,
        Self::WidespreadInfringement,
        Self::FundamentalRights,
        Self::PropertyOrEnvironment,
        Self::Cybersecurity,
        Self::ImminentDanger,
        Self::Other,
    ];
}

/// Where the clock stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// When whoever has to report became aware of it.
    pub aware_at: Timestamp,
    /// What happened.
    pub consequences: Vec<Consequence>,
    /// When the first report was sent.
    pub initial_sent: Option<Timestamp>,
    /// When the last report was sent.
    pub last_sent: Option<Timestamp>,
    /// When it was resolved.
    pub resolved: Option<Timestamp>,
}

/// A report that is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Due {
    /// Which law or code.
    pub regime: Regime,
    /// Which report.
    pub report: ReportStage,
    /// By when.
    pub due: Timestamp,
    /// When it was sent, if that is known: with two addressees it isn't.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<Timestamp>,
    /// To whom.
    pub to: &'static str,
    /// The rule in a few words.
    pub rule: &'static str,
    /// Where it stands.
    pub citation: &'static str,
    /// [`NO_ADVICE`].
    pub note: &'static str,
}

/// Why no date could be reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoDate {
    /// After the year 9999.
    #[error("a report would be due after the year 9999; look at the date of awareness")]
    PastCalendar,
    /// The rules are not here.
    #[error("the periods of this law or code are not known here; enter its dates yourself")]
    UnknownRegime,
}

impl Clock {
    /// The reports that a law or a code wants, the earliest first. Of several periods for the same report to the same
    /// addressee the shortest counts. What happened may fall under none of its rules: then there is none.
    ///
    /// # Errors
    /// When a date lies after the year 9999, or the regime is [`Regime::Other`].
    pub fn dues(&self, regime: Regime) -> Result<Vec<Due>, NoDate> {
        if regime == Regime::Other {
            return Err(NoDate::UnknownRegime);
        }
        let mut dues: Vec<Due> = Vec::new();
        for rule in RULES.iter().filter(|rule| rule.regime == regime && self.falls_under(rule)) {
            let Some(due) = self.due(rule)? else { continue };
            match dues.iter_mut().find(|other| (other.report, other.to) == (due.report, due.to)) {
                Some(other) if due.due < other.due => *other = due,
                Some(_) => {}
                None => dues.push(due),
            }
        }
        dues.sort_by_key(|due| (due.due, due.report));
        // With two addressees it isn't known which of them has it.
        if dues.iter().filter(|due| due.report == ReportStage::Initial).count() > 1 {
            for due in &mut dues {
                due.sent = None;
            }
        }
        Ok(dues)
    }

    fn falls_under(&self, rule: &Rule) -> bool {
        self.consequences.iter().any(|consequence| rule.covers.contains(consequence))
    }

    fn due(&self, rule: &Rule) -> Result<Option<Due>, NoDate> {
        let start = match rule.start {
            Start::Awareness => self.aware_at,
            // Until the first report is sent, the day when it is due stands for it.
            Start::LastReport if self.resolved.is_none() => match self.last_sent.max(self.initial_sent) {
                Some(sent) => sent,
                None => self.first_due(rule.regime)?,
            },
            Start::LastReport => return Ok(None),
            Start::Resolution => match self.resolved {
                Some(resolved) => resolved,
                None => return Ok(None),
            },
        };
        let sent = (rule.report == ReportStage::Initial).then_some(self.initial_sent).flatten();
        let Rule { regime, report, to, words, citation, .. } = *rule;
        let due = after(start, rule.period)?;
        Ok(Some(Due { regime, report, due, sent, to, rule: words, citation, note: NO_ADVICE }))
    }

    fn first_due(&self, regime: Regime) -> Result<Timestamp, NoDate> {
        let first = RULES.iter().filter(|rule| {
            rule.regime == regime && rule.report == ReportStage::Initial && self.falls_under(rule)
        });
        let dates = first.map(|rule| after(self.aware_at, rule.period)).collect::<Result<Vec<_>, _>>()?;
        Ok(dates.into_iter().min().unwrap_or(self.aware_at))
    }
}

fn after(start: Timestamp, period: Period) -> Result<Timestamp, NoDate> {
    let hours = match period {
        Period::Hours(hours) => hours,
        Period::Days(days) => days * 24,
        Period::Weeks(weeks) => weeks * 7 * 24,
    };
    let seconds = start.to_unix().checked_add(u64::from(hours) * 3600);
    seconds.and_then(Timestamp::from_unix).ok_or(NoDate::PastCalendar)
}

impl Due {
    /// As a record writes it.
    pub fn to_deadline(&self) -> Deadline {
        Deadline { regime: self.regime, report: self.report, due: self.due, sent: self.sent }
    }
}

impl Draft {
    /// The clock for a law or a code as the draft's private answers set it; `None` without a date of awareness. A day
    /// counts from its beginning.
    pub fn clock(&self, regime: Regime) -> Option<Clock> {
        let plan = &self.coordination;
        let sent = || plan.sent.iter().filter(|sent| sent.regime == Some(regime));
        let initial = sent().filter(|sent| sent.report == Some(ReportStage::Initial));
        Some(Clock {
            aware_at: when::moment(&plan.aware_at)?,
            consequences: plan.consequences.clone(),
            initial_sent: initial.filter_map(|sent| when::moment(&sent.at)).min(),
            last_sent: sent().filter_map(|sent| when::moment(&sent.at)).max(),
            resolved: when::moment(&plan.resolved_at),
        })
    }
}
