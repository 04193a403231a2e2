//! What a publisher could write into a run's files, and whether checking them finds it out.
//!
//! Every run here is a real one, by the engine; its publisher then changes what they like, and signs it anew: digests,
//! Merkle root and record always fit.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use overt_record::verify::Outcome;
use overt_schema::Settings;
use serde_json::{Value, json};

mod files;
mod forged;
mod made;
mod planned;

use forged::{Forged, fails, passes};
use made::{Made, Said, settings};

/// Twelve samples: right, wrong, failed, cut off and filtered ones.
fn mixed() -> Made {
    Made::of(made::PLAIN, 12, settings(), |question| match question.trim_start_matches('q') {
        "1" => Said::Failure,
        "2" => Said::Cut,
        "3" => Said::Filtered,
        "4" | "5" => Said::Text("no"),
        _ => Said::Text("yes"),
    })
}

#[test]
fn an_honest_run_passes_every_check_whatever_became_of_its_samples() {
    let made = mixed();
    let checks = Forged::of(&made).check();
    for id in ["files", "manifest", "sample-tree", "prompts", "outcomes", "scores", "metrics"] {
        passes(&checks, id);
    }
    assert!(!checks.iter().any(|check| check.id == "judge"), "nobody judged");
    let outcomes = checks.iter().find(|check| check.id == "outcomes").unwrap();
    assert_eq!(
        outcomes.detail,
        "11 fit the answers, attempts and errors beside them; not those of 1 withheld samples"
    );
}

#[test]
fn a_wrong_answer_cannot_be_published_as_a_failure() {
    let made = mixed();
    // Sample 4 is wrong. Each of these would make it a missing one, with results that follow from it.
    let outcome = |line: &mut Value, outcome: &str| {
        line["shown"]["outcome"] = outcome.into();
        line["content"]["answer"]["outcome"] = outcome.into();
    };
    let told = |change: &dyn Fn(&mut Value), words: &str| {
        let checks = Forged::of(&made).sample(4, |line| change(line)).check();
        fails(&checks, "outcomes", words);
    };
    for failure in ["provider_error", "timeout", "rate_limited", "context_exceeded", "tool_error", "skipped"]
    {
        told(&|line| outcome(line, failure), "and there is an answer");
    }
    told(&|line| outcome(line, "content_filtered"), "and the provider says `stop`");
    told(&|line| outcome(line, "truncated"), "and the provider says `stop`");
    told(&|line| outcome(line, "invalid_format"), "and the scorers make it `ok`");
    let without_output = |line: &mut Value| {
        outcome(line, "timeout");
        line["content"]["answer"]["output"] = Value::Null;
    };
    told(&without_output, "and no answer, but a part of one");
    let without_end = |line: &mut Value| {
        without_output(line);
        line["content"]["answer"].as_object_mut().unwrap().remove("finish_reason");
    };
    told(&without_end, "its last attempt brought an answer, which is not here");
    let unasked = |line: &mut Value| {
        without_end(line);
        line["content"]["answer"]["attempts"] = json!([]);
    };
    told(&unasked, "and nobody was asked");
    let empty = |line: &mut Value| line["content"]["answer"]["output"] = Value::Null;
    told(&empty, "and there is no answer");
}

#[test]
fn a_conversation_that_was_cut_short_is_no_answer_to_its_last_question() {
    let made = Made::of(made::TWO_TURNS, 4, settings(), |_| Said::Text("yes"));
    passes(&Forged::of(&made).check(), "prompts");
    let cut = |line: &mut Value| line["content"]["messages"].as_array_mut().unwrap().truncate(1);
    fails(&Forged::of(&made).sample(2, cut).check(), "prompts", "it ends before the task's last question");
}

#[test]
fn a_judge_is_asked_what_the_rubric_says_of_the_answer_and_once() {
    let made = Made::of(made::JUDGED, 6, settings(), |question| {
        Said::Text(if question.ends_with('2') { "no" } else { "yes" })
    });
    let checks = Forged::of(&made).check();
    passes(&checks, "judge");
    passes(&checks, "scores");
    let judge = checks.iter().find(|check| check.id == "judge").unwrap();
    assert!(judge.detail.starts_with("10 questions made again"), "twice for each of five: {}", judge.detail);
    let told = |change: &dyn Fn(&mut Value), words: &str| {
        let judgements = |line: &mut Value| change(&mut line["content"]["judgements"]);
        fails(&Forged::of(&made).sample(2, judgements).check(), "judge", words);
    };
    let kinder = |judgements: &mut Value| {
        let text = judgements[0]["messages"][1]["content"].as_str().unwrap().replace("no", "yes");
        judgements[0]["messages"][1]["content"] = text.into();
    };
    told(&kinder, "was told something else than the rubric says");
    told(&|judgements| *judgements = json!([judgements[0]]), "was not asked for its vote 1");
    told(&|judgements| judgements.as_array_mut().unwrap().clear(), "was not asked for its vote 0");
    let twice = |judgements: &mut Value| {
        let first = judgements[0].clone();
        judgements.as_array_mut().unwrap().push(first);
    };
    told(&twice, "was asked twice for its vote 0");
    let third = |judgements: &mut Value| {
        let mut third = judgements[0].clone();
        third["vote"] = 2.into();
        judgements.as_array_mut().unwrap().push(third);
    };
    told(&third, "asked more than the rubric says");
    // A verdict that one dislikes is called a failure of the judge.
    let dropped = |line: &mut Value| line["content"]["judgements"][0]["answer"]["outcome"] = "timeout".into();
    fails(&Forged::of(&made).sample(2, dropped).check(), "outcomes", "`timeout`, and there is an answer");
}

#[test]
fn where_every_sample_is_withheld_nothing_is_said_of_outcomes_and_judges() {
    let made = Made::of(made::JUDGED, 3, Settings { seed: 2, ..settings() }, |_| Said::Text("yes"));
    let checks = Forged::withholding(&made, |_| true).check();
    for id in ["prompts", "judge", "outcomes"] {
        let check = checks.iter().find(|check| check.id == id).unwrap();
        assert_eq!(check.outcome, Outcome::NotChecked, "{id}: {}", check.detail);
    }
    passes(&checks, "metrics");
}
