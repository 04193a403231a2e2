//! What stands in lines of its own: list items, sections, a postscript; and marks in brackets.

use overt_schema::ListStyle;

/// The style and the content of a line that is an item of a list.
pub(super) fn item(line: &str) -> Option<(ListStyle, &str)> {
    let line = line.trim_start();
    if let Some(rest) = line.strip_prefix(['-', '*', '•', '–', '+'])
        && rest.starts_with([' ', '\t'])
        && !rest.trim().is_empty()
    {
        return Some((ListStyle::Bullet, rest.trim()));
    }
    // Models print numbers in bold: `**1.** text`.
    let plain = line.trim_start_matches('*');
    let digits = plain.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || digits > 4 {
        return None;
    }
    let rest = plain[digits..].strip_prefix(['.', ')'])?.trim_start_matches('*');
    (rest.starts_with([' ', '\t']) && !rest.trim().is_empty()).then(|| (ListStyle::Numbered, rest.trim()))
}

/// How many lines are items of a list, of one style or of either.
pub(super) fn list_items(answer: &str, style: Option<ListStyle>) -> usize {
    answer.lines().filter_map(item).filter(|(found, _)| style.is_none_or(|style| style == *found)).count()
}

/// How many sections lines of three asterisks separate; `None` if one of them is empty.
pub(super) fn sections(answer: &str) -> Option<usize> {
    let mut count = 1;
    let mut filled = false;
    for line in answer.lines() {
        let line = line.trim();
        if matches!(line, "***" | "* * *") {
            if !std::mem::take(&mut filled) {
                return None;
            }
            count += 1;
        } else {
            filled |= !line.is_empty();
        }
    }
    filled.then_some(count)
}

/// Whether a line begins with `P.S.` and goes on.
pub(super) fn has_postscript(answer: &str) -> bool {
    answer.lines().any(|line| {
        let line = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_'));
        let rest = line.strip_prefix("P.S.").or_else(|| line.strip_prefix("P. S."));
        rest.is_some_and(|rest| rest.chars().any(char::is_alphanumeric))
    })
}

/// Whether there is a title between double angle brackets, on one line.
pub(super) fn has_title(answer: &str) -> bool {
    answer.lines().any(|line| {
        let inner = line.split_once("<<").and_then(|(_, rest)| rest.split_once(">>"));
        inner.is_some_and(|(title, _)| title.chars().any(char::is_alphanumeric))
    })
}

/// How many placeholders in square brackets there are, each on one line and not empty.
pub(super) fn placeholders(answer: &str) -> usize {
    answer.lines().map(placeholders_in).sum()
}

fn placeholders_in(line: &str) -> usize {
    let mut count = 0;
    let mut open: Option<usize> = None;
    for (at, c) in line.char_indices() {
        match c {
            '[' => open = Some(at + 1),
            ']' => {
                if let Some(start) = open.take() {
                    count += usize::from(line[start..at].chars().any(char::is_alphanumeric));
                }
            }
            _ => {}
        }
    }
    count
}
