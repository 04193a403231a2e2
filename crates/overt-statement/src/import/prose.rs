//! A letter's prose, turned into CommonMark that reads the same.

use super::lines::Line;
use super::{BadLetter, LetterFault};

/// The prose as CommonMark; `None` if there is none.
pub(super) fn to_markdown(lines: &[Line<'_>]) -> Result<Option<String>, BadLetter> {
    let mut writer = Writer::default();
    for line in lines {
        writer.line(line).map_err(|fault| fault.at(line.number))?;
    }
    Ok((!writer.out.is_empty()).then_some(writer.out))
}

#[derive(Default)]
struct Writer {
    out: String,
    /// Whether a blank line came before the line that is written.
    parted: bool,
    /// The list whose items are being written.
    list: Option<List>,
    /// What parts the marks of numbered lists from their numbers: two lists in a row that had the same would be one.
    full_stop: bool,
}

#[derive(Clone, Copy)]
struct List {
    indent: usize,
    mark: Mark,
    /// The width of the last item's mark: what belongs to the item stands so far in.
    width: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Bullet,
    /// The last item's number.
    Number(u64),
}

impl Writer {
    fn line(&mut self, line: &Line<'_>) -> Result<(), LetterFault> {
        if line.is_blank() {
            self.parted = true;
            return Ok(());
        }
        match self.item(line)? {
            Some((mark, words)) => self.write_item(line.indent, mark, words),
            None => self.write_prose(line),
        }
        self.parted = false;
        Ok(())
    }

    /// The mark of the item that the line begins, if it begins one.
    fn item<'a>(&self, line: &Line<'a>) -> Result<Option<(Mark, &'a str)>, LetterFault> {
        let numbered = line.numbered().filter(|numbered| !numbered.words.is_empty());
        let (mark, words) = match (line.bulleted(), numbered) {
            (Some(words), _) => (Mark::Bullet, words),
            (None, Some(numbered)) => (Mark::Number(numbered.number), numbered.words),
            (None, None) => return Ok(None),
        };
        let begins = matches!(mark, Mark::Bullet | Mark::Number(1));
        match self.list {
            Some(list) if line.indent > list.indent => Err(LetterFault::NestedList),
            Some(list) => match (list.mark, mark) {
                (Mark::Number(last), Mark::Number(found))
                    if found != 1 && found != last.saturating_add(1) =>
                {
                    Err(LetterFault::OutOfOrder { expected: last.saturating_add(1), found })
                }
                (Mark::Bullet, Mark::Number(found)) if found != 1 => Ok(None),
                _ => Ok(Some((mark, words))),
            },
            // A paragraph may well begin with a year and a full stop.
            None => Ok(begins.then_some((mark, words))),
        }
    }

    fn write_item(&mut self, indent: usize, mark: Mark, words: &str) {
        let goes_on = match (self.list.map(|list| list.mark), mark) {
            (Some(Mark::Bullet), Mark::Bullet) => true,
            (Some(Mark::Number(_)), Mark::Number(found)) => found != 1,
            _ => false,
        };
        if !goes_on && matches!(mark, Mark::Number(_)) {
            self.full_stop = !self.full_stop;
        }
        let written = match mark {
            Mark::Bullet => "- ".to_owned(),
            Mark::Number(number) => format!("{number}{} ", if self.full_stop { '.' } else { ')' }),
        };
        self.part(!goes_on || self.parted);
        self.list = Some(List { indent, mark, width: written.len() });
        self.out.push_str(&written);
        escape(words, &mut self.out);
        self.out.push('\n');
    }

    fn write_prose(&mut self, line: &Line<'_>) {
        // After a blank line, only what stands further in than the list belongs to its last item.
        if self.parted && self.list.is_some_and(|list| line.indent <= list.indent) {
            self.list = None;
        }
        self.part(self.parted);
        let width = self.list.map_or(0, |list| list.width);
        self.out.extend(std::iter::repeat_n(' ', width));
        escape(line.words, &mut self.out);
        self.out.push('\n');
    }

    fn part(&mut self, parted: bool) {
        if parted && !self.out.is_empty() {
            self.out.push('\n');
        }
    }
}

/// Writes a line so that CommonMark reads it as the words that it is.
fn escape(words: &str, out: &mut String) {
    let digits = words.bytes().take_while(u8::is_ascii_digit).count();
    for (at, c) in words.char_indices() {
        let means_something = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' => true,
            '&' => is_entity(&words[at..]),
            '#' | '+' | '-' | '=' | '>' | '~' => at == 0,
            '.' | ')' => digits > 0 && at == digits,
            _ => false,
        };
        if means_something {
            out.push('\\');
        }
        out.push(c);
    }
}

/// Whether the text begins with an entity, such as `&amp;` or `&#38;`.
fn is_entity(text: &str) -> bool {
    let name = text[1..].split(';').next().unwrap_or_default();
    let ends = text[1..].len() > name.len();
    ends && !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#')
}
