//! Words in tables: safe in Markdown, in HTML made from it, and in a spreadsheet.

/// The words as one cell of a Markdown table, or as running text: nothing in them is markup.
pub(super) fn cell(words: &str) -> String {
    let mut cell = String::new();
    for character in words.chars() {
        match character {
            '\n' => cell.push_str("<br>"),
            '\t' => cell.push(' '),
            '&' => cell.push_str("&amp;"),
            '<' => cell.push_str("&lt;"),
            '>' => cell.push_str("&gt;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '!' | '~' | '$' | '^' => {
                cell.push('\\');
                cell.push(character);
            }
            _ => cell.push(character),
        }
    }
    cell
}

/// The words as one cell of CSV (RFC 4180), which a spreadsheet takes for words and not for a formula.
pub(super) fn csv(words: &str) -> String {
    let formula = words.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let words = words.replace('"', "\"\"");
    format!("\"{}{words}\"", if formula { "'" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_no_markup_and_no_formula() {
        assert_eq!(cell("a|b\n<script>[x](y)`*"), r"a\|b<br>&lt;script&gt;\[x\]\(y\)\`\*");
        assert_eq!(csv("=1+1"), "\"'=1+1\"");
        assert_eq!(csv("say \"no\", twice"), "\"say \"\"no\"\", twice\"");
    }
}
