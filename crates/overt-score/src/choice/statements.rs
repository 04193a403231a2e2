//! The places where an answer states its choice: "the answer is (B)", "I would choose B", "B is correct", `\boxed{B}`,
//! a line with nothing but a letter.

use std::sync::LazyLock;

use regex::Regex;

use super::letters::{self, letter_at};
use super::options::{Choices, unique};
use super::reading::Reading;

/// The most statements that are looked at, counted from the end.
const STATEMENTS: usize = 32;

/// The most bytes of a statement.
const LENGTH: usize = 600;

/// Marks behind which a choice is stated.
static MARK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i)\\boxed\s*\{"#,
        r#"|\b(?:answer|option|choice|response|solution|selection|pick|antwort|lösung|réponse|respuesta|risposta|resposta|"#,
        r#"odpowiedź|antwoord|svar|cevap|ответ)\b["')]*\s*(?:(?:is|was|would be|should be|must be|will be|has to be|"#,
        r#"ist|wäre|lautet|est|es|è|é|jest|är)\b(?:\s*clearly|\s*definitely|\s*most likely|\s*probably)?\s*:?|[:=]|\s-\s)"#,
        r#"|\b(?:i|we)\b(?:'d|'ll|\s+would|\s+will|\s+should|\s+must|\s+have\s+to|\s+can|\s+am\s+going\s+to)?(?:\s+\w+ly)?\s+"#,
        r#"(?:choose|chose|pick|select|go\s+with|going\s+with|opt\s+for|vote\s+for|say|answer)\b\s*:?"#,
        r#"|(?:答案|正解|答え|解答|정답|답)(?:应该|應該|应|應)?(?:是|为|為|は|은)?\s*:?|(?:我)?(?:选择|選擇|选|選)\s*:?"#,
        r#"|(?:الإجابة|الجواب)(?:\s+الصحيحة)?(?:\s+هي)?\s*:?|उत्तर\s*:?"#,
    ))
    .ok()
});

/// A letter that is called right.
static CALLED_RIGHT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"[(\[]?\b([A-Z])\b[)\]]?\.?(?:\s+\([^()\n]{1,200}\))?\s+(?:is|would be|must be|seems|appears)(?:\s+to\s+be)?(?:\s+clearly|\s+probably|\s+likely|\s+definitely)?\s+",
        r"(?:the\s+)?(?:most\s+|only\s+|best\s+|likely\s+)*(?:correct|right|best|answer|appropriate|accurate|suitable|true)\b",
    ))
    .ok()
});

/// A line with nothing but a letter.
static LONE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?m)^[ \t("'\[]*([A-Z])[)"'\].:]*[ \t]*\r?$"#).ok());

/// What the answer's last statement says; [`Reading::Nothing`] if it makes none.
pub(super) fn last_statement(text: &str, choices: &Choices) -> Reading {
    let mut said = marked(text, choices);
    said.extend(called_right(text, choices));
    said.extend(lone_lines(text, choices));
    said.into_iter().max_by_key(|(place, _)| *place).map_or(Reading::Nothing, |(_, reading)| reading)
}

fn marked(text: &str, choices: &Choices) -> Vec<(usize, Reading)> {
    let Some(mark) = MARK.as_ref() else { return Vec::new() };
    let marks: Vec<usize> = mark.find_iter(text).map(|mark| mark.end()).collect();
    let read = |&end: &usize| match behind(&text[end..], choices) {
        Reading::Nothing => None,
        reading => Some((end, reading)),
    };
    // The last mark with a reading wins, so the search can stop there.
    marks.iter().rev().take(STATEMENTS).find_map(read).into_iter().collect()
}

/// What stands behind a mark: a letter, else the text of exactly one choice in its sentence.
fn behind(rest: &str, choices: &Choices) -> Reading {
    let rest = &rest[..rest.floor_char_boundary(rest.len().min(LENGTH))];
    let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '"' | '\''));
    let how = "read from the answer's last statement";
    if is_negation(trimmed) {
        return Reading::Nothing;
    }
    match letters::stated(trimmed, choices, how) {
        Reading::Nothing => {}
        reading => return reading,
    }
    if let Some(index) = choices.begins(trimmed) {
        return with_alternative(trimmed, index, choices, how);
    }
    let sentence = sentence(trimmed);
    match choices.mentioned(sentence).as_slice() {
        [] => Reading::Nothing,
        [index] => Reading::Chosen { index: *index, how },
        _ => Reading::Contradiction("the answer's statement names several choices"),
    }
}

/// "Paris or Lyon" names two.
fn with_alternative(statement: &str, index: usize, choices: &Choices, how: &'static str) -> Reading {
    let clause = sentence(statement);
    let clause = clause.split([',', ';']).next().unwrap_or(clause);
    let joined = [" or ", " and ", " oder ", " ou ", " o "].iter().any(|joint| clause.contains(joint));
    let others = choices.mentioned(clause).into_iter().filter(|&other| other != index).count();
    if joined && others > 0 {
        Reading::Contradiction("the answer's statement names several choices")
    } else {
        Reading::Chosen { index, how }
    }
}

fn is_negation(statement: &str) -> bool {
    let word = statement.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    ["not", "never", "neither", "nicht", "pas", "no"].iter().any(|no| word.eq_ignore_ascii_case(no))
        && !matches!(statement.as_bytes().get(word.len()), None | Some(b'.' | b',' | b'!' | b'\n'))
}

fn sentence(text: &str) -> &str {
    let line = text.split('\n').next().unwrap_or(text);
    line.find(". ").map_or(line, |end| &line[..end])
}

fn called_right(text: &str, choices: &Choices) -> Option<(usize, Reading)> {
    let captures = CALLED_RIGHT.as_ref()?.captures_iter(text).last()?;
    let letter = letter_at(captures.get(1)?.as_str(), choices)?;
    let place = captures.get(0)?.end();
    Some((place, letters::judge(letter, "", choices, "read from the letter that the answer calls right")))
}

fn lone_lines(text: &str, choices: &Choices) -> Option<(usize, Reading)> {
    let lines: Vec<(usize, usize)> = LONE
        .as_ref()?
        .captures_iter(text)
        .filter_map(|line| Some((line.get(0)?.end(), letter_at(line.get(1)?.as_str(), choices)?.index)))
        .filter(|(_, index)| *index < choices.len())
        .collect();
    let &(place, last) = lines.last()?;
    let same =
        unique(lines.iter().map(|(_, index)| *index).filter(|index| *index != last).chain([last])).is_some();
    let reading = if same {
        Reading::Chosen { index: last, how: "read from a line of its own" }
    } else {
        Reading::Contradiction("the answer names several choices")
    };
    Some((place, reading))
}
