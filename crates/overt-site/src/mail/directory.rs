//! Mails as files: for demonstrations, and for sites whose mail somebody else fetches.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use super::{Doing, Mail, MailError, Mailer, Sender, message};

/// Writes each mail into a directory, as `<id>.eml`.
#[derive(Clone, Debug)]
pub struct DirectoryMailer {
    directory: PathBuf,
    sender: Sender,
}

impl DirectoryMailer {
    /// Mails into a directory that is there.
    pub fn new(directory: PathBuf, sender: Sender) -> Self {
        Self { directory, sender }
    }

    fn write(&self, mail: &Mail) -> Result<(), MailError> {
        let later =
            |error: std::io::Error| MailError::Later(format!("{}: {error}", self.directory.display()));
        let text = message(mail, &self.sender)?.formatted();
        // Ids are hexadecimal digits, so the name stays in the directory.
        let plain = !mail.id.is_empty() && mail.id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = plain.then_some(&mail.id).ok_or_else(|| MailError::Refused("its id is none".into()))?;
        let (temporary, path) =
            (self.directory.join(format!(".{id}.new")), self.directory.join(format!("{id}.eml")));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&temporary).map_err(later)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(later)?;
        fs::rename(&temporary, &path).map_err(later)?;
        // The name lasts, too: the outbox forgets the mail now.
        File::open(&self.directory).and_then(|directory| directory.sync_all()).map_err(later)
    }
}

impl Mailer for DirectoryMailer {
    fn send<'a>(&'a self, mail: &'a Mail) -> Doing<'a, Result<(), MailError>> {
        Box::pin(async move {
            let (mailer, mail) = (self.clone(), mail.clone());
            let written = tokio::task::spawn_blocking(move || mailer.write(&mail)).await;
            written.unwrap_or_else(|_| Err(MailError::Later("it was given up".into())))
        })
    }
}
