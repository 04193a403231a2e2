//! A prevalence out of an evaluation's record.

use overt_record::record::Evaluation;
use overt_record::{Decimal, Hash};
use overt_report::prevalence::{NoPrevalence, Shows, measured};

/// The evaluation of the examples of records.
fn evaluation() -> Evaluation {
    let vectors = std::fs::read_to_string("../../docs/records.md").unwrap();
    let start = vectors.find("\n## `evaluation`").unwrap();
    let block = vectors[start..].split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    serde_json::from_str(block).unwrap()
}

#[test]
fn a_rate_becomes_so_many_of_so_many() {
    let mut evaluation = evaluation();
    let task = evaluation.tasks[0].name.clone();
    let found = &mut evaluation.tasks[0].metrics[0];
    (found.n, found.value) = (60, Decimal::new(0.3));
    let name = found.name.clone();
    let interval = found.interval.as_mut().unwrap();
    (interval.low, interval.high) = (Decimal::new(0.2).unwrap(), Decimal::new(0.42).unwrap());
    let wrong = measured(&evaluation, Hash::of("r"), &task, &name, Shows::Wrong).unwrap();
    assert_eq!((wrong.count, wrong.of, wrong.record), (18, 60, Hash::of("r")));
    assert_eq!((wrong.interval.low.to_f64(), wrong.interval.high.to_f64()), (0.2, 0.42));
    let right = measured(&evaluation, Hash::of("r"), &task, &name, Shows::Right).unwrap();
    assert_eq!((right.count, right.of), (42, 60));
    assert!(
        (right.interval.low.to_f64() - 0.58).abs() < 1e-12
            && (right.interval.high.to_f64() - 0.8).abs() < 1e-12
    );
}

#[test]
fn what_is_no_share_is_refused() {
    let base = evaluation();
    let (task, name) = (base.tasks[0].name.clone(), base.tasks[0].metrics[0].name.clone());
    let with = |n: u64, value: Option<f64>| {
        let mut changed = base.clone();
        let found = &mut changed.tasks[0].metrics[0];
        (found.n, found.value) = (n, value.and_then(Decimal::new));
        measured(&changed, Hash::of("r"), &task, &name, Shows::Wrong)
    };
    assert!(matches!(with(60, Some(0.305)), Err(NoPrevalence::NoShare(..))));
    assert!(matches!(with(60, Some(4.5)), Err(NoPrevalence::NoShare(..))));
    assert!(matches!(with(60, Some(-0.5)), Err(NoPrevalence::NoShare(..))));
    assert!(matches!(with(0, Some(0.0)), Err(NoPrevalence::NoShare(..))));
    assert!(matches!(with(60, None), Err(NoPrevalence::NoInterval(_))));
    let other = "another".parse().unwrap();
    assert!(matches!(
        measured(&base, Hash::of("r"), &task, &other, Shows::Wrong),
        Err(NoPrevalence::Unknown { .. })
    ));
    let mut bare = base.clone();
    bare.tasks[0].metrics[0].interval = None;
    (bare.tasks[0].metrics[0].n, bare.tasks[0].metrics[0].value) = (4, Decimal::new(0.5));
    assert!(matches!(
        measured(&bare, Hash::of("r"), &task, &name, Shows::Wrong),
        Err(NoPrevalence::NoInterval(_))
    ));
}
