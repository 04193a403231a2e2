//! Asking the questions of a report, one after the other.
//!
//! What is asked next follows from the answers so far, so the form is looked at again after each. Questions that must be
//! answered come first in their step; the others are offered together.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};

use overt_record::Timestamp;
use overt_report::Draft;
use overt_report::form::{Channel, Field, Form, Input, Labels, Step, StepId};

use crate::text::{count, worded};

/// Columns of what explains a question.
const WIDTH: usize = 100;

/// Whether the questions came to their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// All that apply were asked.
    All,
    /// Whoever answers had enough.
    Enough,
}

/// Asks what is open in a draft. Answers are kept in it as they come.
pub(super) fn ask(
    draft: &mut Draft,
    now: Timestamp,
    input: &mut impl BufRead,
    output: &mut impl Write,
) -> io::Result<Asked> {
    let labels = Labels::english();
    let mut done: BTreeSet<String> = BTreeSet::new();
    let mut offered: BTreeSet<StepId> = BTreeSet::new();
    let mut told: Option<StepId> = None;
    loop {
        let form = Form::of(draft, Channel::Signed, now, &labels);
        let Some((step, field)) = next(&form, &done, &offered) else { return Ok(Asked::All) };
        if told != Some(step.id) {
            told = Some(step.id);
            writeln!(output, "\n{}", step.title)?;
            if !step.help.is_empty() {
                writeln!(output, "{}", worded(&step.help, WIDTH, "  "))?;
            }
        }
        match field {
            Next::Question(field) => {
                let Some(values) = one(field, input, output)? else { return enough(output) };
                let words: Vec<&str> = values.iter().map(String::as_str).collect();
                if let Err(problem) = draft.set(&field.id, &words) {
                    writeln!(output, "  {}", problem.message)?;
                    continue;
                }
                let form = Form::of(draft, Channel::Signed, now, &labels);
                match form.problems.iter().find(|problem| problem.field == field.id) {
                    Some(problem) => writeln!(output, "  {}", problem.message)?,
                    None => drop(done.insert(field.id.clone())),
                }
            }
            Next::More(more) => {
                let more = count(more as u64, "more question");
                write!(output, "\n  {more} may be left out. Yes to answer, Enter to go on: ")?;
                output.flush()?;
                let Some(answer) = line(input)? else { return enough(output) };
                if answer.trim().starts_with(['y', 'Y']) {
                    offered.insert(step.id);
                } else {
                    let left_out: Vec<String> = open(step, &done).map(|field| field.id.clone()).collect();
                    done.extend(left_out);
                }
            }
        }
    }
}

fn enough(output: &mut impl Write) -> io::Result<Asked> {
    writeln!(output)?;
    Ok(Asked::Enough)
}

enum Next<'a> {
    Question(&'a Field),
    /// So many that may be left out.
    More(usize),
}

/// What is asked next: in the first step with something open, what is needed, then the rest if it is wanted.
fn next<'a>(
    form: &'a Form,
    done: &BTreeSet<String>,
    offered: &BTreeSet<StepId>,
) -> Option<(&'a Step, Next<'a>)> {
    let step = form.steps.iter().find(|step| open(step, done).next().is_some())?;
    let needed = open(step, done).find(|field| field.needed || field.problem.is_some());
    let next = match needed.or_else(|| open(step, done).next().filter(|_| offered.contains(&step.id))) {
        Some(field) => Next::Question(field),
        None => Next::More(open(step, done).count()),
    };
    Some((step, next))
}

/// Fields of a step that were not asked and have no right answer yet.
fn open<'a>(step: &'a Step, done: &BTreeSet<String>) -> impl Iterator<Item = &'a Field> {
    step.fields.iter().filter(|field| {
        let answered = !field.values.is_empty() && field.problem.is_none();
        field.input != Input::Measured && !answered && !done.contains(&field.id)
    })
}

/// Asks one question; `None` at the end of the input.
fn one(field: &Field, input: &mut impl BufRead, output: &mut impl Write) -> io::Result<Option<Vec<String>>> {
    let public = if field.public { "" } else { " (private)" };
    writeln!(output, "\n  {}{public}", field.label)?;
    if !field.help.is_empty() {
        writeln!(output, "{}", worded(&field.help, WIDTH, "    "))?;
    }
    for (number, choice) in (1..).zip(&field.choices) {
        writeln!(output, "    {number:>2}  {}", choice.label)?;
    }
    let how = match (field.choices.is_empty(), field.input) {
        (false, input) if input.is_many() => "numbers, separated by commas",
        (false, _) => "a number",
        (true, Input::Prose) => "text; a line with a single dot ends it",
        (true, input) if input.is_many() => "separated by commas",
        (true, _) => "one line",
    };
    let leave = if field.needed { "" } else { "; Enter leaves it out" };
    write!(output, "  {how}{leave}: ")?;
    output.flush()?;
    let Some(text) = (if field.input == Input::Prose { prose(input)? } else { line(input)? }) else {
        return Ok(None);
    };
    let list = field.input.is_many() || !field.choices.is_empty();
    let words: Vec<String> = if list {
        text.split(',').map(|word| chosen(field, word.trim())).collect()
    } else {
        vec![text.trim().to_owned()]
    };
    Ok(Some(words.into_iter().filter(|word| !word.is_empty()).collect()))
}

/// The choice of a number, or what was typed.
fn chosen(field: &Field, word: &str) -> String {
    let number = word.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let choice = number.and_then(|index| field.choices.get(index));
    choice.map_or_else(|| word.to_owned(), |choice| choice.value.clone())
}

fn line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut text = String::new();
    Ok((input.read_line(&mut text)? > 0).then_some(text))
}

/// Lines up to one that is a single dot, or up to an empty first one.
fn prose(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut text = String::new();
    while let Some(next) = line(input)? {
        if next.trim() == "." || (text.is_empty() && next.trim().is_empty()) {
            return Ok(Some(text));
        }
        text.push_str(&next);
    }
    Ok((!text.is_empty()).then_some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(draft: &mut Draft, answers: &str) -> (Asked, String) {
        let now = "2026-11-24T16:00:00Z".parse().unwrap();
        let mut said = Vec::new();
        let asked = ask(draft, now, &mut answers.as_bytes(), &mut said).unwrap();
        (asked, String::from_utf8(said).unwrap())
    }

    #[test]
    fn answers_are_asked_again_until_they_are_right_and_kept_when_the_input_ends() {
        let mut draft = Draft::default();
        let (end, said) = asked(&mut draft, "9\nno\n2\n2\n");
        assert_eq!(end, Asked::Enough);
        assert!(said.contains("yes or no"), "{said}");
        let class = &draft.classification;
        assert_eq!(
            (class.real_world_harm, class.malicious_use, class.csam),
            (Some(false), Some(false), Some(false))
        );
        let (_, said) = asked(&mut draft, "");
        assert!(!said.contains("Was somebody harmed"), "what was answered is not asked again\n{said}");
    }

    #[test]
    fn a_report_about_sexual_abuse_of_children_asks_for_no_content() {
        let mut draft = Draft::default();
        let (_, said) = asked(&mut draft, "no\nno\nyes\n");
        assert!(!said.contains("Steps to reproduce"), "{said}");
        assert_eq!(draft.classification.csam, Some(true));
    }

    #[test]
    fn prose_ends_with_a_dot() {
        let lines = |text: &str| prose(&mut text.as_bytes()).unwrap();
        assert_eq!(lines("a\n\nb\n.\nrest"), Some("a\n\nb\n".to_owned()));
        assert_eq!((lines("\n"), lines("")), (Some(String::new()), None));
    }
}
