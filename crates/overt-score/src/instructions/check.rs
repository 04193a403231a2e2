//! One instruction: whether an answer follows it, whether it can be decided at all, and its name.

use overt_schema::Instruction;

use super::{counting, form, lines};

/// Whether the answer (trimmed, in normal form C) follows the instruction.
///
/// An empty answer follows nothing: it obeys "no commas" as little as it obeys anything else.
pub(super) fn follows(instruction: &Instruction, answer: &str) -> bool {
    if answer.is_empty() {
        return false;
    }
    match instruction {
        Instruction::Words { min, max } => within(counting::words(answer).count(), *min, *max),
        Instruction::Sentences { min, max } => within(counting::sentences(answer), *min, *max),
        Instruction::Paragraphs { min, max } => within(counting::paragraphs(answer), *min, *max),
        Instruction::Occurrences { text, min, max } => {
            within(counting::occurrences(answer, text), *min, *max)
        }
        Instruction::ListItems { count, style } => is(lines::list_items(answer, *style), *count),
        Instruction::Sections { count } => lines::sections(answer).is_some_and(|found| is(found, *count)),
        Instruction::Postscript {} => lines::has_postscript(answer),
        Instruction::Title {} => lines::has_title(answer),
        Instruction::Placeholders { min } => within(lines::placeholders(answer), Some(*min), None),
        Instruction::Contains { texts } => texts.iter().all(|text| counting::occurrences(answer, text) > 0),
        Instruction::Avoids { texts } => texts.iter().all(|text| counting::occurrences(answer, text) == 0),
        Instruction::AvoidsLetter { letter } => form::avoids_letter(answer, *letter),
        Instruction::StartsWith { text } => form::starts_with(answer, text),
        Instruction::EndsWith { text } => form::ends_with(answer, text),
        Instruction::Uppercase {} => form::is_uppercase(answer),
        Instruction::Lowercase {} => form::is_lowercase(answer),
        Instruction::Json { keys } => form::is_json(answer, keys),
        Instruction::Quoted {} => form::is_quoted(answer),
        Instruction::NoCommas {} => form::has_no_commas(answer),
        Instruction::OneOf { texts } => form::is_one_of(answer, texts),
        Instruction::DigitsOnly {} => form::is_digits(answer),
        Instruction::Alphabetical {} => form::is_alphabetical(answer),
    }
}

/// Why an instruction can't be decided, if it can't.
pub(super) fn is_decidable(instruction: &Instruction) -> Result<(), &'static str> {
    let bounds = |min: Option<u64>, max: Option<u64>| match (min, max) {
        (None, None) => Err("an instruction that counts needs `min` or `max`"),
        (Some(min), Some(max)) if min > max => Err("an instruction has a `min` above its `max`"),
        _ => Ok(()),
    };
    let texts = |texts: &[String]| {
        if texts.is_empty() || texts.iter().any(|text| text.trim().is_empty()) {
            Err("an instruction needs texts that are not empty")
        } else {
            Ok(())
        }
    };
    match instruction {
        Instruction::Words { min, max }
        | Instruction::Sentences { min, max }
        | Instruction::Paragraphs { min, max } => bounds(*min, *max),
        Instruction::Occurrences { text, min, max } => {
            texts(std::slice::from_ref(text)).and_then(|()| bounds(*min, *max))
        }
        Instruction::Contains { texts: list }
        | Instruction::Avoids { texts: list }
        | Instruction::OneOf { texts: list } => texts(list),
        Instruction::StartsWith { text } | Instruction::EndsWith { text } => {
            texts(std::slice::from_ref(text))
        }
        _ => Ok(()),
    }
}

/// The instruction's kind, as it stands in a task.
pub(super) fn name(instruction: &Instruction) -> &'static str {
    match instruction {
        Instruction::Words { .. } => "words",
        Instruction::Sentences { .. } => "sentences",
        Instruction::Paragraphs { .. } => "paragraphs",
        Instruction::ListItems { .. } => "list_items",
        Instruction::Contains { .. } => "contains",
        Instruction::Avoids { .. } => "avoids",
        Instruction::AvoidsLetter { .. } => "avoids_letter",
        Instruction::Occurrences { .. } => "occurrences",
        Instruction::StartsWith { .. } => "starts_with",
        Instruction::EndsWith { .. } => "ends_with",
        Instruction::Uppercase {} => "uppercase",
        Instruction::Lowercase {} => "lowercase",
        Instruction::Json { .. } => "json",
        Instruction::Quoted {} => "quoted",
        Instruction::NoCommas {} => "no_commas",
        Instruction::Title {} => "title",
        Instruction::Placeholders { .. } => "placeholders",
        Instruction::OneOf { .. } => "one_of",
        Instruction::DigitsOnly {} => "digits_only",
        Instruction::Alphabetical {} => "alphabetical",
        Instruction::Postscript {} => "postscript",
        Instruction::Sections { .. } => "sections",
    }
}

fn within(count: usize, min: Option<u64>, max: Option<u64>) -> bool {
    let count = count as u64;
    min.is_none_or(|min| count >= min) && max.is_none_or(|max| count <= max)
}

fn is(count: usize, expected: u64) -> bool {
    count as u64 == expected
}
