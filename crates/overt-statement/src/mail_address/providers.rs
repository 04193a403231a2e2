//! What is known about providers of mail.

/// A provider that delivers several spellings of an address to one mailbox.
struct Provider {
    /// Its domains; where all lead to one mailbox, the first is the canonical one.
    domains: &'static [&'static str],
    /// Whether an address at one of the domains is the same at the others.
    across: Across,
    /// Characters before the @ that make no difference.
    ignored: &'static [char],
}

#[derive(PartialEq, Eq)]
enum Across {
    OneMailbox,
    Several,
}

/// Only what the provider is known to do: of two people whose addresses were taken for one, the second could not sign.
const PROVIDERS: [Provider; 4] = [
    // "Dots don't matter in Gmail addresses" (Gmail Help); googlemail.com is its name where gmail.com was taken.
    Provider { domains: &["gmail.com", "googlemail.com"], across: Across::OneMailbox, ignored: &['.'] },
    // Addresses at me.com and mac.com are addresses at icloud.com too (Apple Support, "iCloud email addresses").
    Provider { domains: &["icloud.com", "me.com", "mac.com"], across: Across::OneMailbox, ignored: &[] },
    // Dots, hyphens and underscores are not part of the name that is looked up. One account may have the names of
    // another kind at another of the domains, so these stay apart.
    Provider {
        domains: &["proton.me", "protonmail.com", "protonmail.ch", "pm.me"],
        across: Across::Several,
        ignored: &['.', '-', '_'],
    },
    // A mailbox has the same name at all domains of the service (Yandex Help, "Mailbox aliases").
    Provider {
        domains: &["yandex.ru", "yandex.com", "yandex.by", "yandex.kz", "ya.ru"],
        across: Across::OneMailbox,
        ignored: &[],
    },
];

/// Domains at which anybody gets an address: many signatures from one of them say nothing.
const PUBLIC: [&str; 30] = [
    "126.com",
    "163.com",
    "aol.com",
    "fastmail.com",
    "free.fr",
    "gmail.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "laposte.net",
    "libero.it",
    "live.com",
    "mac.com",
    "mail.ru",
    "mailbox.org",
    "me.com",
    "naver.com",
    "outlook.com",
    "pm.me",
    "posteo.de",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "t-online.de",
    "web.de",
    "yahoo.com",
    "yandex.com",
    "yandex.ru",
];

/// Whether anybody gets an address at the domain, so that it says nothing about who somebody is.
pub fn is_public_provider(domain: &str) -> bool {
    PUBLIC.binary_search(&domain).is_ok()
}

/// The spelling that stands for all that lead to the same mailbox.
pub(super) fn canonical(mailbox: &str, domain: &str) -> String {
    let Some(provider) = PROVIDERS.iter().find(|provider| provider.domains.contains(&domain)) else {
        return format!("{mailbox}@{domain}");
    };
    let kept: String = mailbox.chars().filter(|c| !provider.ignored.contains(c)).collect();
    let name = if kept.is_empty() { mailbox } else { &kept };
    let domain = match (&provider.across, provider.domains.first()) {
        (Across::OneMailbox, Some(first)) => first,
        _ => domain,
    };
    format!("{name}@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_public_providers_is_sorted() {
        assert!(PUBLIC.is_sorted());
        assert!(is_public_provider("gmail.com") && !is_public_provider("example.edu"));
    }
}
