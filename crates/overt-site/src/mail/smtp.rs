//! Mails by SMTP.

use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use zeroize::Zeroizing;

use super::{Doing, Mail, MailError, Mailer, Sender, message};

/// How long a server may take for one step.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Where and how mail is handed over.
pub struct SmtpOptions {
    /// The server's name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub encryption: Encryption,
    /// User and password, if the server asks for them.
    pub credentials: Option<(String, Zeroizing<String>)>,
}

/// Whether a connection is encrypted. Where it is to be and can't, nothing is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte (port 465, RFC 8314).
    Tls,
    /// From `STARTTLS` on (port 587).
    StartTls,
    /// Not. For a server on the same machine.
    None,
}

/// Hands mails to a server.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Sender,
}

impl SmtpMailer {
    /// A mailer for a server. Nothing is connected yet.
    ///
    /// # Errors
    /// When the server's name can't be one.
    pub fn new(options: SmtpOptions, sender: Sender) -> Result<Self, MailError> {
        let refused = |error: lettre::transport::smtp::Error| MailError::Refused(error.to_string());
        let parameters = || TlsParameters::new(options.host.clone()).map_err(refused);
        let tls = match options.encryption {
            Encryption::Tls => Tls::Wrapper(parameters()?),
            Encryption::StartTls => Tls::Required(parameters()?),
            Encryption::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&options.host)
            .port(options.port)
            .tls(tls)
            .timeout(Some(TIMEOUT))
            .hello_name(ClientId::Domain(sender.address.domain().to_owned()));
        if let Some((user, password)) = options.credentials {
            builder = builder.credentials(Credentials::new(user, password.to_string()));
        }
        Ok(Self { transport: builder.build(), sender })
    }

    async fn hand_over(&self, mail: &Mail) -> Result<(), MailError> {
        let message = message(mail, &self.sender)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(MailError::Refused(describe(&error))),
            Err(error) => Err(MailError::Later(describe(&error))),
        }
    }
}

/// A server's words, without what it may have put in of the recipient's address.
fn describe(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("the server answered {code}"),
        None if error.is_timeout() => "the server did not answer in time".into(),
        None if error.is_tls() => format!("no encrypted connection: {error}"),
        None => "the connection failed".into(),
    }
}

impl Mailer for SmtpMailer {
    fn send<'a>(&'a self, mail: &'a Mail) -> Doing<'a, Result<(), MailError>> {
        Box::pin(self.hand_over(mail))
    }
}
