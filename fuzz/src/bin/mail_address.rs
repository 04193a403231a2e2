//! An address that is read is written the same and read as the same one, holds nothing that a mail would obey, and is one
//! mailbox in every spelling that is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_record::Name;
use overt_statement::{MailAddress, Target};

const SALT: [u8; 32] = [7; 32];

fuzz_target!(|text: &str| {
    let Ok(address) = MailAddress::parse(text) else { return };
    let written = address.exposed();
    let again = MailAddress::parse(&written).expect("what was written can be read");
    assert!(again == address && again.exposed() == written);
    assert!(written.len() <= MailAddress::MAX_LENGTH);
    // A line of a mail's head or of SMTP ends, parts or quotes at these.
    assert!(written.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>()[],;:\\\"".contains(&byte)));
    let (local, domain) = written.split_once('@').expect("an address has an @");
    assert!(!local.is_empty() && local.len() <= 64 && !domain.contains('@') && domain == address.domain());
    assert!(domain.contains('.') && domain.split('.').all(|label| !label.is_empty() && label.len() <= 63));
    assert_eq!(domain, domain.to_ascii_lowercase());
    assert_eq!(text.trim().split('@').next(), Some(local), "before the @ nothing is changed");
    assert!(!format!("{address:?}").contains(domain));

    let commitment = address.commitment(&SALT);
    let (mailbox, _) = local.split_once('+').unwrap_or((local, ""));
    let tagged = format!("{local}+x@{domain}");
    for other in
        [written.to_ascii_uppercase(), written.to_ascii_lowercase(), tagged, format!("{mailbox}@{domain}")]
    {
        // An address that has nothing before its + is known by the whole of it.
        if mailbox.is_empty()
            && other != written.to_ascii_uppercase()
            && other != written.to_ascii_lowercase()
        {
            continue;
        }
        if let Ok(other) = MailAddress::parse(&other) {
            assert_eq!(other.commitment(&SALT), commitment);
        }
    }
    assert_ne!(address.commitment(&[8; 32]), commitment);
    let name = Name::new("A Reader").expect("a name");
    assert_ne!(address.shared_commitment(&SALT, &name), commitment);
    if let Some(target) = Target::new(&format!("mailto:{written}")) {
        assert!(!target.as_str().contains(['?', '%', '&', '\'']));
    }
});
