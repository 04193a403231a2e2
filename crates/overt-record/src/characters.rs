//! Which characters people's words may carry, so that what is signed is what is seen.
//!
//! Sources: Unicode Technical Report 36 (security considerations) and Standard Annex 31 (identifiers; section 2.3 on
//! joiners), the property Default_Ignorable_Code_Point, and "Trojan Source" (Boucher and Anderson 2023, CVE-2021-42574).
//! Letters that look alike from one script to another are no matter of single characters: see [`crate::Name::mixes_scripts`].

use unicode_normalization::char::is_combining_mark;

/// More marks on one letter than any script needs; beyond it they spill over the lines around.
const MAX_MARKS: usize = 4;

/// Why a character may not stand where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CharacterFault {
    /// C0 and C1 controls: they drive terminals.
    #[error("a control character")]
    Control,
    /// Embeddings, overrides and isolates reorder the text around them.
    #[error("a character that changes the direction of the text around it")]
    Direction,
    /// It shows nothing, so two texts that look the same differ.
    #[error("an invisible character")]
    Invisible,
    /// A joiner where no script needs one.
    #[error("a joiner that joins no letters")]
    Joiner,
    /// A space other than the ordinary one.
    #[error("a space that is not the ordinary one (U+0020)")]
    Space,
    /// Each font shows its own.
    #[error("a character of the private use area")]
    PrivateUse,
    /// It stands for nothing.
    #[error("a code point that is no character")]
    Noncharacter,
    /// Letters buried under marks.
    #[error("one combining mark too many, or one without a letter before it")]
    Marks,
}

/// A character that may not stand where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault} (U+{:04X}, at byte {position}); remove it", u32::from(*.character))]
pub struct BadCharacter {
    /// Where it stands, in bytes from the start.
    pub position: usize,
    /// Which it is.
    pub character: char,
    /// What is wrong with it.
    pub fault: CharacterFault,
}

/// Where the words stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One line that names something: the strictest rules.
    Line,
    /// Prose: line breaks, tabs, direction marks and the joiners of emoji may stand too.
    Prose,
}

/// The first character that may not stand where it does.
pub(crate) fn first_fault(text: &str, form: Form) -> Option<BadCharacter> {
    let mut before = None;
    let mut marks = 0;
    let mut rest = text.char_indices().peekable();
    while let Some((position, character)) = rest.next() {
        marks = if is_combining_mark(character) { marks + 1 } else { 0 };
        let stacked =
            marks > MAX_MARKS || (marks > 0 && before.is_none_or(|before: char| before.is_whitespace()));
        let fault = if is_joiner(character) && form == Form::Line {
            let after = rest.peek().map(|(_, after)| *after);
            let joins = before.is_some_and(uses_joiners) && after.is_some_and(uses_joiners);
            (!joins).then_some(CharacterFault::Joiner)
        } else if stacked && !is_invisible(character) {
            Some(CharacterFault::Marks)
        } else {
            fault_of(character, form)
        };
        if let Some(fault) = fault {
            return Some(BadCharacter { position, character, fault });
        }
        before = Some(character);
    }
    None
}

fn fault_of(character: char, form: Form) -> Option<CharacterFault> {
    match character {
        '\n' | '\t' if form == Form::Prose => None,
        _ if character.is_control() => Some(CharacterFault::Control),
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => Some(CharacterFault::Direction),
        // Marks that only settle the side of a neighbour: Arabic and Hebrew prose needs them, a name does not.
        '\u{200E}' | '\u{200F}' | '\u{061C}' => (form == Form::Line).then_some(CharacterFault::Direction),
        // Emoji: joiners and the choice between text and picture.
        '\u{200C}' | '\u{200D}' | '\u{FE0E}' | '\u{FE0F}' if form == Form::Prose => None,
        _ if is_invisible(character) => Some(CharacterFault::Invisible),
        '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => {
            (form == Form::Line).then_some(CharacterFault::Space)
        }
        '\u{2028}' | '\u{2029}' => Some(CharacterFault::Control),
        '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}' => {
            Some(CharacterFault::PrivateUse)
        }
        '\u{FDD0}'..='\u{FDEF}' => Some(CharacterFault::Noncharacter),
        _ if u32::from(character) & 0xFFFE == 0xFFFE => Some(CharacterFault::Noncharacter),
        _ => None,
    }
}

const fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200C}' | '\u{200D}')
}

/// Default_Ignorable_Code_Point without the joiners and direction marks treated above, and three that show nothing in
/// practice: the annotation characters, the object replacement character and the blank Braille pattern.
const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{00AD}'
            | '\u{034F}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206A}'..='\u{206F}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFC}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Blocks of the scripts whose spelling needs joiners (Annex 31, section 2.3): Arabic, Syriac, the scripts of India
/// and its neighbours, Mongolian.
const fn uses_joiners(character: char) -> bool {
    matches!(character, '\u{0620}'..='\u{08FF}' | '\u{0900}'..='\u{0DFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{18AF}')
}

/// The scripts whose letters are most often taken for each other's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alphabet {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Cherokee,
}

/// Which of them a letter belongs to.
pub(crate) const fn alphabet(letter: char) -> Option<Alphabet> {
    match letter {
        'A'..='Z' | 'a'..='z' | '\u{00C0}'..='\u{024F}' | '\u{1E00}'..='\u{1EFF}' => Some(Alphabet::Latin),
        '\u{0370}'..='\u{03FF}' | '\u{1F00}'..='\u{1FFF}' => Some(Alphabet::Greek),
        '\u{0400}'..='\u{052F}' | '\u{1C80}'..='\u{1C8F}' | '\u{A640}'..='\u{A69F}' => {
            Some(Alphabet::Cyrillic)
        }
        '\u{0530}'..='\u{058F}' => Some(Alphabet::Armenian),
        '\u{13A0}'..='\u{13FF}' | '\u{AB70}'..='\u{ABBF}' => Some(Alphabet::Cherokee),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str, form: Form) -> Option<CharacterFault> {
        first_fault(text, form).map(|bad| bad.fault)
    }

    #[test]
    fn what_hides_or_reorders_is_refused_in_lines_and_in_prose() {
        for (character, why) in [
            ('\0', CharacterFault::Control),
            ('\x1b', CharacterFault::Control),
            ('\r', CharacterFault::Control),
            ('\u{7F}', CharacterFault::Control),
            ('\u{9B}', CharacterFault::Control),
            ('\u{2028}', CharacterFault::Control),
            ('\u{202E}', CharacterFault::Direction),
            ('\u{2066}', CharacterFault::Direction),
            ('\u{AD}', CharacterFault::Invisible),
            ('\u{200B}', CharacterFault::Invisible),
            ('\u{2060}', CharacterFault::Invisible),
            ('\u{3164}', CharacterFault::Invisible),
            ('\u{FEFF}', CharacterFault::Invisible),
            ('\u{E0041}', CharacterFault::Invisible),
            ('\u{E000}', CharacterFault::PrivateUse),
            ('\u{10FFFD}', CharacterFault::PrivateUse),
            ('\u{FFFF}', CharacterFault::Noncharacter),
            ('\u{1FFFE}', CharacterFault::Noncharacter),
        ] {
            for form in [Form::Line, Form::Prose] {
                assert_eq!(
                    fault(&format!("a{character}b"), form),
                    Some(why),
                    "U+{:04X}",
                    u32::from(character)
                );
            }
        }
    }

    #[test]
    fn prose_may_break_lines_mark_directions_and_show_emoji() {
        for text in ["a\nb\tc", "שלום\u{200F}!", "a\u{A0}%", "👩\u{200D}💻", "❤\u{FE0F}"] {
            assert_eq!(fault(text, Form::Prose), None, "{text:?}");
            assert!(fault(text, Form::Line).is_some(), "{text:?}");
        }
    }

    #[test]
    fn the_worlds_names_may_stand_in_a_line() {
        for text in [
            "José Núñez",
            "Nguyễn Thị Ánh",
            "Jose\u{301}",
            "山田太郎",
            "Зоя Ященко",
            "می\u{200C}خواهم",
            "क\u{94D}\u{200D}ष",
            "O’Brien & Söhne, Ltd. (™)",
            "תַּלְמוּד",
            "🦀 crab",
        ] {
            assert_eq!(first_fault(text, Form::Line), None, "{text:?}");
        }
    }

    #[test]
    fn joiners_stand_between_letters_that_join_and_nowhere_else_in_a_line() {
        for text in ["pay\u{200D}pal", "\u{200C}می", "می\u{200C}", "a\u{200C}\u{200C}b"] {
            assert_eq!(fault(text, Form::Line), Some(CharacterFault::Joiner), "{text:?}");
        }
    }

    #[test]
    fn marks_do_not_pile_up() {
        assert_eq!(fault(&format!("a{}", "\u{301}".repeat(4)), Form::Line), None);
        assert_eq!(fault(&format!("a{}", "\u{301}".repeat(5)), Form::Prose), Some(CharacterFault::Marks));
        assert_eq!(fault("\u{301}a", Form::Line), Some(CharacterFault::Marks));
        assert_eq!(fault("a \u{301}", Form::Line), Some(CharacterFault::Marks));
    }
}
