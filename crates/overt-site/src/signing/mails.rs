//! The mails that signing sends, word for word.

use overt_record::record::Capacity;
use overt_record::{Name, Text};

use super::form::{SealedForm, Shown};
use crate::index::StatementView;
use crate::private::Private;
use crate::row::timestamp;

/// The longest part of a statement's text that a mail carries, in bytes: all of it, for nearly every statement.
const MOST_TEXT: usize = 48 * 1024;

/// How the signature will stand in the list.
pub(super) fn signature_line(form: &SealedForm) -> String {
    let name = match (form.shown, &form.name) {
        (Shown::Name, Some(name)) => name.to_string(),
        _ => return format!("A person at {}", form.domain),
    };
    let mut line = name;
    for part in [&form.role, &form.affiliation].into_iter().flatten() {
        line.push_str(&format!(", {part}"));
    }
    if let Some(country) = form.country {
        line.push_str(&format!(", {country}"));
    }
    let domain = &form.domain;
    match form.capacity {
        Capacity::Person => format!("{line} (address at {domain} confirmed)"),
        Capacity::Organisation => format!("{line} (organisation; address at {domain} confirmed)"),
    }
}

/// The mail with the link that signs.
pub(super) fn to_sign(
    private: &Private,
    statement: &StatementView,
    form: &SealedForm,
    secret: &str,
    expires: u64,
) -> (Name, Text) {
    let text = &statement.text[..statement.text.floor_char_boundary(MOST_TEXT)];
    let kept = match form.shown {
        Shown::Name => "",
        Shown::DomainOnly => {
            "\nYour name is not published. It is kept, encrypted, for 30 days after the signature to look into doubts, and \
             then deleted.\n"
        }
    };
    let words = format!(
        "Somebody, you we hope, asked to sign this statement at {site}:\n\n    {title} (version {version})\n    {page}\n\n\
         The signature would stand in the public list as\n\n    {line}\n\nTo sign, open this link and press the button \
         there. It works once, until {expires}:\n\n    {link}\n{kept}\nIf this was not you, do nothing: without the link \
         nobody signs, and your address is deleted when it expires. The signature can be withdrawn at any time; what was \
         published may have been copied by others.\n\nThe statement, in the words that you would sign:\n\n{text}\n",
        site = private.identity.name,
        title = statement.title,
        version = statement.version,
        page = private.url(&format!("statements/{}", statement.record)),
        line = signature_line(form),
        expires = timestamp(expires),
        link = private.url(&format!("confirm/{secret}")),
    );
    (subject(&format!("Please confirm: {}", statement.title)), prose(&words))
}

/// The mail with the link that withdraws. It is the same whether the address has signed or not.
pub(super) fn to_withdraw(
    private: &Private,
    statement: &StatementView,
    secret: &str,
    expires: u64,
) -> (Name, Text) {
    let words = format!(
        "Somebody, you we hope, asked to withdraw a signature of this address at {site} under\n\n    {title}\n    {page}\n\n\
         To see which signatures there are, and to withdraw, open this link. It works once, until {expires}:\n\n    {link}\n\n\
         If this was not you, do nothing.\n",
        site = private.identity.name,
        title = statement.title,
        page = private.url(&format!("statements/{}", statement.record)),
        expires = timestamp(expires),
        link = private.url(&format!("confirm/{secret}")),
    );
    (subject(&format!("Withdraw a signature: {}", statement.title)), prose(&words))
}

fn subject(words: &str) -> Name {
    // Subjects begin with words of our own, so something is left.
    Name::cleaned(words).unwrap_or_else(|| unreachable_words(Name::new("Please confirm")))
}

fn prose(words: &str) -> Text {
    Text::cleaned(words).unwrap_or_else(|| unreachable_words(Text::new("Please see the site.")))
}

fn unreachable_words<T, E: std::fmt::Debug>(words: Result<T, E>) -> T {
    match words {
        Ok(words) => words,
        Err(error) => unreachable!("plain words may stand anywhere: {error:?}"),
    }
}
