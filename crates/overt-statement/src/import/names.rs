//! The names under a letter.

use overt_record::record::ListedName;
use overt_record::{Name, dsse};

use super::lines::{Line, single_spaced};
use super::{BadLetter, LetterFault};

/// What stands above the names. Compared in lower case, without `#` before it or a colon after it.
const HEADINGS: [&str; 7] =
    ["signatories", "signatures", "signed", "signed by", "signers", "list of signatories", "the undersigned"];

/// A line with one number and one of these words states how many have signed.
const TOTAL_WORDS: [&str; 7] =
    ["signatories", "signatory", "signatures", "signature", "signers", "signer", "signed"];

/// A total has at most so many digits: it stays within what JSON's numbers hold.
const MAX_TOTAL_DIGITS: usize = 15;

/// What a listing needs beside its names: source, digests, issuer.
const RESERVED_BYTES: usize = 64 << 10;

#[derive(Default)]
pub(super) struct Signatories {
    pub(super) names: Vec<ListedName>,
    pub(super) stated_total: Option<u64>,
}

/// Whether the line is the heading of a list of names.
pub(super) fn is_heading(line: &Line<'_>) -> bool {
    let words = line.words.trim_start_matches('#').trim_end_matches(':').trim().to_lowercase();
    HEADINGS.contains(&words.as_str())
}

/// Reads the lines below the heading.
pub(super) fn read(heading: &Line<'_>, lines: &[Line<'_>]) -> Result<Signatories, BadLetter> {
    let mut names = Vec::new();
    let mut places = Vec::new();
    let mut total: Option<(u64, usize)> = None;
    let mut room = dsse::MAX_PAYLOAD - RESERVED_BYTES;
    for line in lines.iter().filter(|line| !line.is_blank()) {
        if let Some(numbered) = line.numbered() {
            follows(numbered.number, &places).map_err(|fault| fault.at(line.number))?;
            let name = name(numbered.words).map_err(|fault| fault.at(line.number))?;
            room = room.checked_sub(size(&name)).ok_or(LetterFault::TooManyNames.at(line.number))?;
            names.push(name);
            places.push(line.number);
        } else if let Some(stated) = stated_total(line.words) {
            if let Some((_, first)) = total.replace((stated, line.number)) {
                return Err(LetterFault::SecondTotal(first).at(line.number));
            }
        } else {
            return Err(LetterFault::NotAName.at(line.number));
        }
    }
    let listed = names.len() as u64;
    match total {
        _ if names.is_empty() => Err(LetterFault::NoNames.at(heading.number)),
        Some((stated, line)) if stated < listed => {
            Err(LetterFault::MoreThanStated { stated, listed }.at(line))
        }
        _ => Ok(Signatories { names, stated_total: total.map(|(stated, _)| stated) }),
    }
}

/// Whether the number is the next one; `places` has the line of each before it.
fn follows(number: u64, places: &[usize]) -> Result<(), LetterFault> {
    let expected = places.len() as u64 + 1;
    let earlier = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    match earlier.and_then(|earlier| places.get(earlier)) {
        Some(first) => Err(LetterFault::DuplicateNumber { number, first: *first }),
        None if number == expected => Ok(()),
        None => Err(LetterFault::OutOfOrder { expected, found: number }),
    }
}

/// `name, affiliation`: the first comma separates them, further ones belong to the affiliation.
fn name(words: &str) -> Result<ListedName, LetterFault> {
    let (name, affiliation) = words.split_once(',').unwrap_or((words, ""));
    let (name, affiliation) = (single_spaced(name), single_spaced(affiliation));
    if name.is_empty() {
        return Err(LetterFault::EmptyName);
    }
    let affiliation = (!affiliation.is_empty()).then(|| Name::new(affiliation)).transpose()?;
    Ok(ListedName { name: Name::new(name)?, affiliation })
}

/// The bytes that a name takes in a record's payload, with the comma after it.
fn size(name: &ListedName) -> usize {
    // Strings alone: their JSON can always be written.
    serde_json::to_vec(name).map_or(usize::MAX, |json| json.len() + 1)
}

/// The number in a line such as `See all 1,821 signatures`.
fn stated_total(words: &str) -> Option<u64> {
    let lower = words.to_lowercase();
    let mut parts = lower.split(|c: char| !c.is_alphabetic());
    if !parts.any(|word| TOTAL_WORDS.contains(&word)) {
        return None;
    }
    let (number, rest) = first_number(words)?;
    let single = !rest.contains(|c: char| c.is_ascii_digit());
    if single && number.len() <= MAX_TOTAL_DIGITS { number.parse().ok() } else { None }
}

/// The digits of the first number, without the marks between groups of three, and what follows it.
fn first_number(words: &str) -> Option<(String, &str)> {
    let start = words.find(|c: char| c.is_ascii_digit())?;
    let digits = |words: &str| words.bytes().take_while(u8::is_ascii_digit).count();
    let mut end = start + digits(&words[start..]);
    let mut number = words[start..end].to_owned();
    let grouped = number.len() <= 3;
    while let Some(mark) = words[end..].chars().next().filter(|c| grouped && is_group_mark(*c)) {
        let from = end + mark.len_utf8();
        if digits(&words[from..]) != 3 {
            break;
        }
        end = from + 3;
        number.push_str(&words[from..end]);
    }
    Some((number, &words[end..]))
}

const fn is_group_mark(c: char) -> bool {
    matches!(c, ',' | '.' | ' ' | '\'' | '’' | '\u{A0}' | '\u{202F}')
}
