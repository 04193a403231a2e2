//! Dates reckoned by hand.

use overt_record::Timestamp;
use overt_record::record::{Regime, ReportStage};
use overt_report::deadline::{Clock, Consequence, NO_ADVICE, NoDate};

use crate::answers::complete;

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn clock(aware: &str, consequences: &[Consequence]) -> Clock {
    Clock {
        aware_at: at(aware),
        consequences: consequences.to_vec(),
        initial_sent: None,
        last_sent: None,
        resolved: None,
    }
}

fn dates(clock: &Clock, regime: Regime) -> Vec<(ReportStage, String)> {
    let dues = clock.dues(regime).unwrap();
    assert!(dues.iter().all(|due| due.note == NO_ADVICE && !due.citation.is_empty()));
    dues.iter().map(|due| (due.report, due.due.to_string())).collect()
}

fn initial(time: &str) -> Vec<(ReportStage, String)> {
    vec![(ReportStage::Initial, time.to_owned())]
}

#[test]
fn article_73_gives_fifteen_ten_and_two_days() {
    use Consequence as C;
    for (aware, what, due) in [
        // 2028 is a leap year: 20 + 15 - 29.
        ("2028-02-20T10:00:00Z", C::Health, "2028-03-06T10:00:00Z"),
        ("2028-02-20T10:00:00Z", C::Death, "2028-03-01T10:00:00Z"),
        ("2028-02-28T10:00:00Z", C::CriticalInfrastructure, "2028-03-01T10:00:00Z"),
        // 2027 is none, nor is 2100.
        ("2027-02-20T10:00:00Z", C::FundamentalRights, "2027-03-07T10:00:00Z"),
        ("2027-02-20T10:00:00Z", C::Death, "2027-03-02T10:00:00Z"),
        ("2100-02-27T00:00:00Z", C::WidespreadInfringement, "2100-03-01T00:00:00Z"),
        // Ends of months and of a year.
        ("2026-01-31T23:59:59Z", C::PropertyOrEnvironment, "2026-02-15T23:59:59Z"),
        ("2026-12-20T08:00:00Z", C::Health, "2027-01-04T08:00:00Z"),
        // Clocks in Europe change on 29 March 2026, those in UTC don't.
        ("2026-03-28T23:30:00Z", C::CriticalInfrastructure, "2026-03-30T23:30:00Z"),
    ] {
        assert_eq!(dates(&clock(aware, &[what]), Regime::AiAct73), initial(due), "{aware} {what:?}");
    }
}

#[test]
fn of_several_periods_the_shortest_counts_with_its_citation() {
    let all = [Consequence::Health, Consequence::Death, Consequence::CriticalInfrastructure];
    let dues = clock("2026-11-01T00:00:00Z", &all).dues(Regime::AiAct73).unwrap();
    assert_eq!(dues.len(), 1);
    assert_eq!(
        (dues[0].due, dues[0].citation),
        (at("2026-11-03T00:00:00Z"), "Regulation (EU) 2024/1689, Article 73(3)")
    );
}

#[test]
fn what_a_rule_does_not_cover_has_no_date() {
    let clock = clock("2026-11-01T00:00:00Z", &[Consequence::Other, Consequence::ImminentDanger]);
    assert_eq!(dates(&clock, Regime::AiAct73), Vec::new());
    assert_eq!(dates(&clock, Regime::GpaiCode), Vec::new());
    assert_eq!(clock.dues(Regime::Other), Err(NoDate::UnknownRegime));
}

#[test]
fn the_code_wants_a_first_report_one_every_four_weeks_and_a_last_one() {
    let mut clock = clock("2026-11-20T12:00:00Z", &[Consequence::Cybersecurity, Consequence::Health]);
    let stage = |stage, time: &str| (stage, time.to_owned());
    // Five days; the next four weeks after it.
    assert_eq!(
        dates(&clock, Regime::GpaiCode),
        [
            stage(ReportStage::Initial, "2026-11-25T12:00:00Z"),
            stage(ReportStage::Intermediate, "2026-12-23T12:00:00Z")
        ]
    );
    clock.initial_sent = Some(at("2026-11-22T00:00:00Z"));
    assert_eq!(dates(&clock, Regime::GpaiCode)[1], stage(ReportStage::Intermediate, "2026-12-20T00:00:00Z"));
    assert_eq!(clock.dues(Regime::GpaiCode).unwrap()[0].sent, clock.initial_sent);
    clock.last_sent = Some(at("2026-12-18T00:00:00Z"));
    assert_eq!(dates(&clock, Regime::GpaiCode)[1], stage(ReportStage::Intermediate, "2027-01-15T00:00:00Z"));
    // Resolved: 31 days of January and 28 of February are 59; one more.
    clock.resolved = Some(at("2026-12-31T00:00:00Z"));
    assert_eq!(dates(&clock, Regime::GpaiCode)[1..], [stage(ReportStage::Final, "2027-03-01T00:00:00Z")]);
    // In a leap year it is the 29th.
    clock.resolved = Some(at("2027-12-31T00:00:00Z"));
    assert_eq!(dates(&clock, Regime::GpaiCode)[1..], [stage(ReportStage::Final, "2028-02-29T00:00:00Z")]);
    for (what, days) in [
        (Consequence::CriticalInfrastructure, "2026-11-22T12:00:00Z"),
        (Consequence::Death, "2026-11-30T12:00:00Z"),
        (Consequence::Health, "2026-12-05T12:00:00Z"),
    ] {
        assert_eq!(dates(&self::clock("2026-11-20T12:00:00Z", &[what]), Regime::GpaiCode)[0].1, days);
    }
}

#[test]
fn the_states_count_days_and_hours() {
    let slow = clock("2026-11-20T12:00:00Z", &[Consequence::Other]);
    assert_eq!(dates(&slow, Regime::CaliforniaSb53), initial("2026-12-05T12:00:00Z"));
    assert_eq!(dates(&slow, Regime::NewYorkRaise), initial("2026-11-23T12:00:00Z"));
    // Danger: within a day to somebody who can act, and to the office besides.
    let mut fast = clock("2026-11-30T18:00:00Z", &[Consequence::ImminentDanger]);
    fast.initial_sent = Some(at("2026-12-01T00:00:00Z"));
    // Which of the two has it isn't known.
    assert!(fast.dues(Regime::CaliforniaSb53).unwrap().iter().all(|due| due.sent.is_none()));
    let stage = |time: &str| (ReportStage::Initial, time.to_owned());
    assert_eq!(
        dates(&fast, Regime::CaliforniaSb53),
        [stage("2026-12-01T18:00:00Z"), stage("2026-12-15T18:00:00Z")]
    );
    assert_eq!(
        dates(&fast, Regime::NewYorkRaise),
        [stage("2026-12-01T18:00:00Z"), stage("2026-12-03T18:00:00Z")]
    );
}

#[test]
fn the_end_of_the_calendar_is_an_error() {
    let late = clock("9999-12-30T00:00:00Z", &[Consequence::Death]);
    assert_eq!(late.dues(Regime::AiAct73), Err(NoDate::PastCalendar));
}

#[test]
fn a_draft_sets_the_clock_and_the_dates_go_into_the_record() {
    let mut draft = complete();
    draft.set("coordination.awareAt", &["2026-11-20"]).unwrap();
    draft.set("coordination.consequences", &["death"]).unwrap();
    draft.set("coordination.resolvedAt", &[]).unwrap();
    let dues = draft.clock(Regime::AiAct73).unwrap().dues(Regime::AiAct73).unwrap();
    assert_eq!(dues[0].to_deadline().due, at("2026-11-30T00:00:00Z"));
    draft.coordination.sent.clear();
    for (field, answer) in [("regime", "gpai_code"), ("report", "initial"), ("at", "2026-11-22")] {
        draft.set(&format!("coordination.sent.0.{field}"), &[answer]).unwrap();
    }
    // What was sent under one rule says nothing of another.
    assert_eq!(draft.clock(Regime::AiAct73).unwrap().initial_sent, None);
    let dues = draft.clock(Regime::GpaiCode).unwrap().dues(Regime::GpaiCode).unwrap();
    assert_eq!(dues[0].sent, Some(at("2026-11-22T00:00:00Z")));
    assert_eq!(dues[1].due, at("2026-12-20T00:00:00Z"));
    draft.set("coordination.awareAt", &[]).unwrap();
    assert_eq!(draft.clock(Regime::AiAct73), None);
}
