//! What is odd about a name on its own.

use overt_record::Name;

/// Something about a name that a person should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oddity {
    /// One word has letters of alphabets that look alike ([`Name::mixes_scripts`]).
    MixedScripts,
    /// There is no letter in it.
    NoLetters,
    /// It has the form of an address: of the web, of mail, or a handle.
    Address,
    /// It has a row of three digits or more.
    Digits,
}

/// What is odd about a name; nothing for most.
pub fn oddities(name: &Name) -> Vec<Oddity> {
    let words = name.as_str();
    let lower = words.to_lowercase();
    let address = words.contains('@') || ["://", "www.", "http"].iter().any(|part| lower.contains(part));
    let digits = words.split(|c: char| !c.is_numeric()).any(|row| row.chars().count() >= 3);
    let found = [
        (name.mixes_scripts(), Oddity::MixedScripts),
        (!words.contains(char::is_alphabetic), Oddity::NoLetters),
        (address, Oddity::Address),
        (digits, Oddity::Digits),
    ];
    found.into_iter().filter_map(|(holds, oddity)| holds.then_some(oddity)).collect()
}
