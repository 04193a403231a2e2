//! `[site]` in `overt.toml`: who a site is, and how it sends mail.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use overt_record::{KeyId, Name};
use overt_site::mail::{DirectoryMailer, Encryption, Mailer, Sender, SmtpMailer, SmtpOptions};
use overt_statement::MailAddress;
use overt_web::civic::Behind;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::environment::{config_file, variable};
use crate::failure::Failure;

/// Whom mails are from that nobody is to answer: RFC 2606 keeps the name free.
const NOBODY: &str = "site@overt.invalid";

/// What the file says; everything may be absent.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SiteSettings {
    /// The site's name.
    pub(crate) name: Option<String>,
    /// Its public address.
    pub(crate) url: Option<String>,
    /// Who answers for it: a mail address or an address of a page.
    pub(crate) contact: Option<String>,
    /// What it is for: a paragraph.
    pub(crate) introduction: Option<String>,
    /// The key of the keyring that signs its records.
    pub(crate) key: Option<String>,
    /// The key of the keyring that signs its log.
    pub(crate) log_key: Option<String>,
    /// Whose cosignatures are asked for: a file.
    pub(crate) policy: Option<PathBuf>,
    /// Who may add what to its log: a file.
    pub(crate) admission: Option<PathBuf>,
    /// Ids of keys, beside its own, whose redactions the log carries out.
    authorities: Vec<String>,
    /// Ids of keys whose records may have files beside the log, sent over HTTP; `*` for every key.
    files_from: Vec<String>,
    /// Ids of keys that it signed with before.
    earlier_keys: Vec<String>,
    /// A proxy of the operator's stands in front, and names whoever asks last in `X-Forwarded-For`.
    behind_proxy: bool,
    /// Whether domains are asked if they publish the keys of those who claim them; they are.
    ask_domains: Option<bool>,
    mail: MailSettings,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MailSettings {
    from: Option<String>,
    server: Option<String>,
    port: Option<u16>,
    encryption: Encrypted,
    user: Option<String>,
    password_env: Option<String>,
    directory: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encrypted {
    Tls,
    #[default]
    StartTls,
    None,
}

#[derive(Default, Deserialize)]
struct File {
    #[serde(default)]
    site: SiteSettings,
}

impl SiteSettings {
    /// What the nearest `overt.toml` says; nothing, if there is none. Paths in it start from its folder.
    pub(crate) fn read() -> Result<Self, Failure> {
        let Some((path, text)) = config_file()? else { return Ok(Self::default()) };
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder)
            .map_err(|error| Failure::usage(format!("{error}\n  file   {}", path.display())))
    }

    fn parse(text: &str, folder: &Path) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| format!("[site]: {error}"))?;
        let mut site = file.site;
        for path in [&mut site.policy, &mut site.admission, &mut site.mail.directory].into_iter().flatten() {
            *path = folder.join(&*path);
        }
        Ok(site)
    }

    /// The site's name, in records and in mails.
    pub(crate) fn name(&self) -> Result<Name, Failure> {
        let name = self.name.as_deref().unwrap_or("An overt site");
        Name::new(name).map_err(|error| wrong("name", &error.to_string()))
    }

    /// The key that signs its records, by its name in the keyring.
    pub(crate) fn key(&self) -> &str {
        self.key.as_deref().unwrap_or("site")
    }

    /// The key that signs its log.
    pub(crate) fn log_key(&self) -> &str {
        self.log_key.as_deref().unwrap_or("site-log")
    }

    /// Keys whose redactions are carried out for every record, beside its own.
    pub(crate) fn authorities(&self) -> Result<BTreeSet<KeyId>, Failure> {
        ids("authorities", &self.authorities)
    }

    /// The part of the admission rules that says whose files are taken in over HTTP.
    pub(crate) fn files_rule(&self) -> Result<String, Failure> {
        if self.files_from.is_empty() {
            return Ok(String::new());
        }
        if self.admission.is_some() {
            return Err(wrong("files_from", "the admission file says whose files are taken, under [files]"));
        }
        let named = self.files_from.iter().filter(|key| *key != "*").cloned().collect::<Vec<_>>();
        let keys: Vec<String> = if named.len() < self.files_from.len() {
            vec!["\"*\"".to_owned()]
        } else {
            ids("files_from", &named)?.iter().map(|id| format!("\"{id}\"")).collect()
        };
        Ok(format!("[files]\nkeys = [{}]\n", keys.join(", ")))
    }

    /// Keys that it signed with before.
    pub(crate) fn earlier_keys(&self) -> Result<BTreeSet<KeyId>, Failure> {
        ids("earlier_keys", &self.earlier_keys)
    }

    /// Who connections come from.
    pub(crate) fn behind(&self) -> Behind {
        if self.behind_proxy { Behind::Proxy } else { Behind::Nothing }
    }

    /// Whether domains are asked which keys they publish.
    pub(crate) fn asks_domains(&self) -> bool {
        self.ask_domains.unwrap_or(true)
    }

    /// Where mails go as files: where the command line says, where the file says, or, without a server, with the site.
    pub(crate) fn mail_directory(&self, flag: Option<&Path>, data: &Path) -> Option<PathBuf> {
        let mail = &self.mail;
        let named = flag.map(Path::to_owned).or_else(|| mail.directory.clone());
        named.or_else(|| mail.server.is_none().then(|| data.join("mails")))
    }

    /// What sends mails into a directory, or to the server.
    pub(crate) fn mailer(&self, directory: Option<&Path>) -> Result<Box<dyn Mailer>, Failure> {
        let mail = &self.mail;
        let from = match (&mail.from, directory) {
            (Some(from), _) => from,
            (None, Some(_)) => NOBODY,
            (None, None) => return Err(wrong("mail.from", "it is needed: whom are mails from?")),
        };
        let address = MailAddress::parse(from).map_err(|error| wrong("mail.from", &error.to_string()))?;
        let sender = Sender { name: self.name()?, address };
        if let Some(directory) = directory {
            std::fs::create_dir_all(directory).map_err(|error| Failure::file("create", directory, error))?;
            return Ok(Box::new(DirectoryMailer::new(directory.to_owned(), sender)));
        }
        let options = SmtpOptions {
            host: mail.server.clone().ok_or_else(|| wrong("mail.server", "it is needed"))?,
            port: mail.port.unwrap_or(match mail.encryption {
                Encrypted::Tls => 465,
                Encrypted::StartTls => 587,
                Encrypted::None => 25,
            }),
            encryption: match mail.encryption {
                Encrypted::Tls => Encryption::Tls,
                Encrypted::StartTls => Encryption::StartTls,
                Encrypted::None => Encryption::None,
            },
            credentials: self.credentials()?,
        };
        let mailer =
            SmtpMailer::new(options, sender).map_err(|error| wrong("mail.server", &error.to_string()))?;
        Ok(Box::new(mailer))
    }

    fn credentials(&self) -> Result<Option<(String, Zeroizing<String>)>, Failure> {
        match (&self.mail.user, &self.mail.password_env) {
            (None, None) => Ok(None),
            (Some(user), Some(name)) => {
                let password = variable(name).ok_or_else(|| {
                    wrong(
                        "mail.password_env",
                        &format!("the variable {name} is not set, and holds the password"),
                    )
                })?;
                Ok(Some((user.clone(), Zeroizing::new(password))))
            }
            _ => Err(wrong("mail.user", "user and password_env stand together, or neither of them")),
        }
    }
}

fn ids(field: &str, texts: &[String]) -> Result<BTreeSet<KeyId>, Failure> {
    let id = |text: &String| {
        text.parse().map_err(|_| wrong(field, &format!("{text:?} is no key id; `overt key show` prints it")))
    };
    texts.iter().map(id).collect()
}

fn wrong(field: &str, why: &str) -> Failure {
    Failure::usage(format!(
        "[site] {field}: {why}\n  file   overt.toml\n  next   docs/site.md has the settings"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SiteSettings, String> {
        SiteSettings::parse(text, Path::new("/etc/site"))
    }

    #[test]
    fn a_file_without_settings_is_a_site_that_writes_its_mails_into_a_directory() {
        let site = parse("[eval]\nmodel = \"a\"\n").unwrap();
        assert_eq!((site.key(), site.log_key()), ("site", "site-log"));
        let directory = site.mail_directory(None, Path::new("data"));
        assert_eq!(directory.as_deref(), Some(Path::new("data/mails")));
        assert_eq!(
            site.mail_directory(Some(Path::new("x")), Path::new("data")).as_deref(),
            Some(Path::new("x"))
        );
    }

    #[test]
    fn paths_start_from_the_folder_of_the_file_and_a_server_gets_the_mails() {
        let site =
            parse("[site]\npolicy = \"a.policy\"\n[site.mail]\nserver = \"mail.example.org\"\n").unwrap();
        assert_eq!(site.policy.as_deref(), Some(Path::new("/etc/site/a.policy")));
        assert_eq!(site.mail_directory(None, Path::new("data")), None);
        let refused = site.mailer(None).err().unwrap().message;
        assert!(refused.contains("mail.from"), "{refused}");
    }

    #[test]
    fn whose_files_are_taken_is_a_part_of_the_admission_rules_and_said_in_one_place() {
        let rule =
            |text: &str| parse(&format!("[site]\n{text}\n")).unwrap().files_rule().map_err(|f| f.message);
        let id = "ab".repeat(32);
        assert_eq!(rule(""), Ok(String::new()));
        assert_eq!(rule(&format!("files_from = [\"{id}\"]")), Ok(format!("[files]\nkeys = [\"{id}\"]\n")));
        assert_eq!(
            rule(&format!("files_from = [\"*\", \"{id}\"]")),
            Ok("[files]\nkeys = [\"*\"]\n".to_owned())
        );
        assert!(rule("files_from = [\"me\"]").unwrap_err().contains("no key id"));
        let twice = rule("files_from = [\"*\"]\nadmission = \"a.toml\"").unwrap_err();
        assert!(twice.contains("the admission file says"), "{twice}");
    }

    #[test]
    fn a_slip_of_the_fingers_is_told_with_its_line() {
        for (text, words) in [
            ("[site]\nurll = \"x\"\n", "urll"),
            ("[site]\nname = 3\n", "string"),
            ("[site.mail]\nencryption = \"ssl\"\n", "ssl"),
            ("[site.mail]\npassword = \"secret\"\n", "password"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(words) && error.contains("line 2"), "{error}");
        }
        let site = parse("[site]\nauthorities = [\"me\"]\n").unwrap();
        assert!(site.authorities().unwrap_err().message.contains("no key id"));
        let site = parse("[site.mail]\nserver = \"a\"\nfrom = \"x@example.org\"\nuser = \"u\"\n").unwrap();
        assert!(site.mailer(None).err().unwrap().message.contains("password_env"));
    }
}
