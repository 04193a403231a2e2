//! An existing letter, read from plain text.
//!
//! A letter that was signed elsewhere comes as a file like this, and is read without guessing: whatever does not fit is
//! an error with its line, so that no name is lost in silence.
//!
//! ```text
//! Title
//!
//! Paragraphs, with blank lines between them.
//!
//!   1. Lists in the text are numbered from 1, or bulleted.
//!   2. They become lists in Markdown.
//!
//! Signatories
//!
//!   1. Name, affiliation (the first comma separates them)
//!   2. Name
//!
//! See all 1821 signatures
//! ```

mod bad_letter;
mod lines;
mod names;
mod prose;

use overt_record::record::{ListedName, Listing, ListingSource, MediaType, PublicStatement};
use overt_record::{Hash, Link, Name, Text, dsse};

pub use self::bad_letter::{BadLetter, LetterFault};
use self::lines::Line;

/// A letter as its file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its first line.
    pub title: Name,
    /// The text between title and signatories, in CommonMark: it reads as the file does, with its lists as lists.
    pub text: Text,
    /// The names under it, in the file's order; none if it has no list.
    pub names: Vec<ListedName>,
    /// How many have signed, as the file states it.
    pub stated_total: Option<u64>,
    /// Digest of the file's bytes.
    pub sha256: Hash,
}

impl Letter {
    /// The most bytes that a file may have: as many as the listing that would come of it.
    pub const MAX_BYTES: usize = dsse::MAX_PAYLOAD;

    /// Reads a file. Lines end with `\n` or `\r\n`; a byte order mark at its start is passed over.
    ///
    /// # Errors
    /// With the first line that is not as it should be.
    pub fn read(file: &[u8]) -> Result<Self, BadLetter> {
        let lines = lines::of(file)?;
        let (title, rest) = title(&lines)?;
        let (prose, heading, names) = parts(rest);
        let text = prose::to_markdown(prose)?;
        let Some(words) = text else {
            let line = heading.or(rest.first()).or(lines.last()).map_or(1, |line| line.number);
            return Err(LetterFault::NoText.at(line));
        };
        let begins = prose.iter().find(|line| !line.is_blank()).map_or(1, |line| line.number);
        let text = Text::new(words).map_err(|bad| LetterFault::Words(bad).at(begins))?;
        let signatories = heading.map(|heading| names::read(heading, names)).transpose()?.unwrap_or_default();
        Ok(Self {
            title,
            text,
            names: signatories.names,
            stated_total: signatories.stated_total,
            sha256: Hash::of(file),
        })
    }

    /// The letter's text as the body of a record.
    pub fn statement(&self, language: Name, version: Name) -> PublicStatement {
        PublicStatement {
            title: self.title.clone(),
            language,
            version,
            replaces: None,
            translates: None,
            media_type: MediaType::Markdown,
            sha256: Hash::of(self.text.as_str()),
            text: self.text.clone(),
        }
    }

    /// The letter's names as the body of a record under the statement `of`, with the address where the file was found;
    /// `None` if it lists no names.
    pub fn listing(&self, of: Hash, uri: Option<Link>) -> Option<Listing> {
        (!self.names.is_empty()).then(|| Listing {
            of,
            source: ListingSource { title: self.title.clone(), sha256: self.sha256, uri },
            stated_total: self.stated_total,
            names: self.names.clone(),
        })
    }
}

/// The first line that is not blank, which stands alone.
fn title<'a>(lines: &'a [Line<'a>]) -> Result<(Name, &'a [Line<'a>]), BadLetter> {
    let first = lines.iter().position(|line| !line.is_blank()).ok_or(LetterFault::NoTitle.at(1))?;
    let (line, rest) = (&lines[first], &lines[first + 1..]);
    let alone = rest.first().is_none_or(Line::is_blank);
    if !alone || names::is_heading(line) {
        return Err(LetterFault::NoTitle.at(line.number));
    }
    let title = Name::new(line.single_spaced()).map_err(|bad| LetterFault::Words(bad).at(line.number))?;
    Ok((title, rest))
}

/// The prose, and the last heading of signatories with what follows it.
fn parts<'a>(lines: &'a [Line<'a>]) -> (&'a [Line<'a>], Option<&'a Line<'a>>, &'a [Line<'a>]) {
    let blank_before = |at: usize| at == 0 || lines[at - 1].is_blank();
    let heading = (0..lines.len()).rev().find(|at| names::is_heading(&lines[*at]) && blank_before(*at));
    match heading {
        Some(at) => (&lines[..at], Some(&lines[at]), &lines[at + 1..]),
        None => (lines, None, &[]),
    }
}

#[cfg(test)]
mod tests;
