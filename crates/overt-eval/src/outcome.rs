//! What became of a sample: how it follows from what came back, and whether a row says what it shows.
//!
//! One path, entered from two sides: a run classifies by these rules, and whoever checks a row afterwards asks them again.
//! Otherwise a wrong answer could be published as a failure of somebody else's, which counts as missing and not as wrong.

use overt_schema::{Answer, Finish, Outcome, Score};

/// The outcome of an answer, by why it ended.
pub(crate) fn of_finish(finish: Finish) -> Outcome {
    match finish {
        Finish::Stop | Finish::ToolCalls | Finish::Unknown => Outcome::Ok,
        Finish::Length => Outcome::Truncated,
        Finish::ContentFilter => Outcome::ContentFiltered,
        Finish::Refusal => Outcome::Refused,
    }
}

/// The outcome of an answer before anybody tried to score it.
pub(crate) fn of_answer(outcome: Outcome) -> Outcome {
    if outcome == Outcome::InvalidFormat { Outcome::Ok } else { outcome }
}

/// The outcome once the scorers have seen the answer: `invalid_format` if none of them could read it.
pub(crate) fn of_scored(outcome: Outcome, scores: &[Score]) -> Outcome {
    let unread = !scores.is_empty() && scores.iter().all(|score| score.unparsed);
    if outcome == Outcome::Ok && unread { Outcome::InvalidFormat } else { outcome }
}

/// In what an answer contradicts its own outcome, if it does: an output beside a failure, a failure without an attempt
/// that failed, an end that the provider calls otherwise. `scores` are those of the task's scorers, none for a judge's
/// reply.
pub fn contradiction(answer: &Answer, scores: &[Score]) -> Option<String> {
    let why = match &answer.output {
        Some(_) => of_answered(answer, scores),
        None => of_failed(answer),
    };
    why.map(|why| format!("`{}`, {why}", answer.outcome.as_str()))
}

/// An answer that is there.
fn of_answered(answer: &Answer, scores: &[Score]) -> Option<String> {
    let given = of_answer(answer.outcome);
    let ends = [Finish::Stop, Finish::Length, Finish::ContentFilter, Finish::Refusal].map(of_finish);
    if !ends.contains(&given) {
        return Some("and there is an answer".into());
    }
    if answer.error.is_some() || answer.attempts.last().is_some_and(|attempt| attempt.failure.is_some()) {
        return Some("with an answer whose last attempt failed".into());
    }
    if let Some(reason) = &answer.finish_reason {
        let end = Finish::of_reason(reason);
        // A refusal may come in a field of its own, beside a usual end; and not every word is known.
        if given != Outcome::Refused && end != Finish::Unknown && of_finish(end) != given {
            return Some(format!("and the provider says `{reason}`"));
        }
    }
    let scored = of_scored(given, scores);
    (scored != answer.outcome).then(|| format!("and the scorers make it `{}`", scored.as_str()))
}

/// An answer that is not there.
fn of_failed(answer: &Answer) -> Option<String> {
    let Answer { outcome, tool_calls, finish_reason, logprobs, attempts, .. } = answer;
    if outcome.has_answer() {
        return Some("and there is no answer".into());
    }
    if !tool_calls.is_empty() || finish_reason.is_some() || logprobs.is_some() {
        return Some("and no answer, but a part of one".into());
    }
    // No attempt of these two is known: the one was never asked, the other failed elsewhere.
    if matches!(outcome, Outcome::Skipped | Outcome::ToolError) {
        let asked = *outcome == Outcome::Skipped && !attempts.is_empty();
        return asked.then(|| "and it was asked".into());
    }
    let Some(last) = attempts.last() else { return Some("and nobody was asked".into()) };
    match last.failure.map(Outcome::from) {
        None => Some("and its last attempt brought an answer, which is not here".into()),
        Some(failed) if failed != *outcome => {
            Some(format!("and its last attempt failed as `{}`", failed.as_str()))
        }
        Some(_) => (last.message != answer.error)
            .then(|| "and its error is another one than that of its last attempt".into()),
    }
}

#[cfg(test)]
mod tests {
    use overt_schema::{Attempt, FailureKind};

    use super::*;

    fn attempt(failure: Option<FailureKind>) -> Attempt {
        let message = failure.map(|_| "it broke".to_owned());
        Attempt { started_ms: 1, took_ms: 1.0, failure, message, status: None, request_id: None }
    }

    fn failed(kind: FailureKind) -> Answer {
        Answer {
            outcome: kind.into(),
            output: None,
            attempts: vec![attempt(Some(kind))],
            error: Some("it broke".into()),
            ..Answer::of_text("")
        }
    }

    fn answered(outcome: Outcome, reason: Option<&str>) -> Answer {
        let attempts = vec![attempt(Some(FailureKind::Timeout)), attempt(None)];
        Answer { outcome, attempts, finish_reason: reason.map(Into::into), ..Answer::of_text("four") }
    }

    fn score(unparsed: bool) -> Score {
        Score { scorer: "s".into(), value: Some(0.0), answer: None, explanation: None, unparsed }
    }

    #[test]
    fn what_a_run_writes_does_not_contradict_itself() {
        for kind in [
            FailureKind::Timeout,
            FailureKind::RateLimited,
            FailureKind::Provider,
            FailureKind::ContextExceeded,
            FailureKind::ContentFiltered,
            FailureKind::Rejected,
        ] {
            assert_eq!(contradiction(&failed(kind), &[]), None, "{kind:?}");
        }
        for (outcome, reason) in [
            (Outcome::Ok, Some("stop")),
            (Outcome::Ok, Some("a word of the future")),
            (Outcome::Ok, Some("tool_use")),
            (Outcome::Ok, None),
            (Outcome::Truncated, Some("max_tokens")),
            (Outcome::ContentFiltered, Some("content_filter: self_harm (medium)")),
            (Outcome::Refused, Some("refusal")),
            (Outcome::Refused, Some("stop")),
        ] {
            assert_eq!(
                contradiction(&answered(outcome, reason), &[score(false)]),
                None,
                "{outcome:?} {reason:?}"
            );
        }
        let unread = answered(Outcome::InvalidFormat, Some("stop"));
        assert_eq!(contradiction(&unread, &[score(true), score(true)]), None);
        assert_eq!(contradiction(&Answer::of_text("from a file"), &[]), None);
    }

    #[test]
    fn an_answer_cannot_pass_for_a_failure_nor_a_failure_for_an_answer() {
        let told = |answer: &Answer, scores: &[Score], words: &str| {
            let why = contradiction(answer, scores).unwrap_or_else(|| panic!("{answer:?} passes"));
            assert!(why.contains(words), "{why}");
        };
        for outcome in [
            Outcome::Timeout,
            Outcome::RateLimited,
            Outcome::ProviderError,
            Outcome::ContextExceeded,
            Outcome::ToolError,
            Outcome::Skipped,
        ] {
            told(&answered(outcome, Some("stop")), &[score(false)], "there is an answer");
            // Its output is taken away, and the rest is left.
            told(&Answer { output: None, ..answered(outcome, Some("stop")) }, &[], "part of one");
        }
        let gone = Answer { output: None, ..answered(Outcome::Timeout, None) };
        told(&gone, &[], "brought an answer, which is not here");
        told(&answered(Outcome::ContentFiltered, Some("stop")), &[], "the provider says `stop`");
        told(&answered(Outcome::Ok, Some("length")), &[], "the provider says `length`");
        told(&answered(Outcome::InvalidFormat, None), &[score(true), score(false)], "make it `ok`");
        told(&answered(Outcome::Ok, None), &[score(true)], "make it `invalid_format`");
        told(&Answer { output: None, ..Answer::of_text("") }, &[], "there is no answer");
        told(
            &Answer { outcome: Outcome::ContextExceeded, ..failed(FailureKind::Timeout) },
            &[],
            "as `timeout`",
        );
        told(&Answer { attempts: Vec::new(), ..failed(FailureKind::Timeout) }, &[], "nobody was asked");
        told(&Answer { error: Some("other".into()), ..failed(FailureKind::Timeout) }, &[], "its error");
        told(&Answer { outcome: Outcome::Skipped, ..failed(FailureKind::Timeout) }, &[], "it was asked");
        told(
            &Answer { output: Some("four".into()), ..failed(FailureKind::Timeout) },
            &[],
            "there is an answer",
        );
        let both = Answer { error: Some("it broke".into()), ..answered(Outcome::Ok, None) };
        told(&both, &[], "last attempt failed");
    }

    #[test]
    fn what_one_scorer_could_not_read_another_may() {
        assert_eq!(of_scored(of_answer(Outcome::InvalidFormat), &[score(false)]), Outcome::Ok);
        assert_eq!(of_scored(of_answer(Outcome::Ok), &[score(true)]), Outcome::InvalidFormat);
        assert_eq!(of_scored(of_answer(Outcome::Truncated), &[score(true)]), Outcome::Truncated);
    }
}
