//! What a domain publishes, read.

use std::collections::BTreeSet;

use overt_record::{KeyId, PublicKey};

/// More keys than this a domain does not need.
const MOST: usize = 64;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// The keys in a text: blocks of PEM, and lines that are a key's id in hexadecimal. Whatever else stands there is passed
/// over, and so is what comes after the 64th key.
pub(super) fn keys_in(text: &str) -> BTreeSet<KeyId> {
    let mut keys = BTreeSet::new();
    let mut block: Option<String> = None;
    for line in text.lines().map(str::trim) {
        if keys.len() == MOST {
            break;
        }
        match &mut block {
            _ if line == BEGIN => block = Some(format!("{BEGIN}\n")),
            Some(pem) => {
                pem.push_str(line);
                pem.push('\n');
                if line == END {
                    keys.extend(PublicKey::from_pem(pem).ok().map(|key| key.id()));
                    block = None;
                }
            }
            None => keys.extend(line.parse::<KeyId>().ok()),
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use overt_record::{Algorithm, PrivateKey};

    use super::keys_in;

    fn key(seed: u8) -> overt_record::PublicKey {
        PrivateKey::generate(Algorithm::Ed25519, &[seed; 32]).public()
    }

    #[test]
    fn keys_stand_as_pem_or_as_ids_among_other_words() {
        let text = format!("# Our keys\r\n\r\n{}\n  {}  \nand more\n", key(1).to_pem().unwrap(), key(2).id());
        assert_eq!(keys_in(&text), [key(1).id(), key(2).id()].into());
        let crlf = key(1).to_pem().unwrap().replace('\n', "\r\n");
        assert_eq!(keys_in(&crlf), [key(1).id()].into());
    }

    #[test]
    fn what_is_no_key_is_passed_over_and_keys_have_an_end() {
        let pem = key(1).to_pem().unwrap();
        let broken = pem.replace("MCow", "MCox");
        for text in
            ["", "deadbeef", "-----BEGIN PUBLIC KEY-----", &pem[..pem.len() - 4], &broken, "<html>\u{0}"]
        {
            assert!(keys_in(text).is_empty(), "{text}");
        }
        // A block that never ends takes nothing that begins after it with it.
        assert_eq!(keys_in(&format!("-----BEGIN PUBLIC KEY-----\nAAAA\n{pem}")), [key(1).id()].into());
        let many: Vec<String> =
            (0..200_u32).map(|n| overt_record::Hash::of(n.to_string()).to_string()).collect();
        assert_eq!(keys_in(&many.join("\n")).len(), 64);
    }
}
