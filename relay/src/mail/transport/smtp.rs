//! To a mail server (RFC 5321), encrypted or not at all. Step by step, because what a refusal means is told by the step and by its
//! enhanced code (RFC 3463): many servers say at the recipient what concerns sender, host or quota, and with it every mail.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};

use super::pace::SendPace;
use super::{FailureKind, MailFailure, ProviderAccess, SmtpServer, SmtpTls, TakenMail, TransportFault};

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Until the server takes the content: before that nothing left.
const BEGIN_WITHIN: Duration = Duration::from_secs(45);
/// Servers look into a mail before they say that they have it, and whoever does not wait for it sends it twice (RFC 5321, 4.5.3.2.6).
const RECEIPT_WITHIN: Duration = Duration::from_secs(300);
const FAREWELL_WITHIN: Duration = Duration::from_secs(2);
/// Both send the password as it is: the connection is encrypted.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

#[derive(Clone)]
pub(super) struct SmtpClient {
    server: SmtpServer,
    hello: ClientId,
    credentials: Option<Credentials>,
    tls: TlsParameters,
    pace: Arc<SendPace>,
}

impl fmt::Debug for SmtpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SmtpClient").field(&self.server).finish()
    }
}

fn read_tls(host: &str, roots: Option<&Path>) -> Result<TlsParameters, TransportFault> {
    let mut builder: TlsParametersBuilder =
        TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::WebpkiRoots);
    if let Some(file) = roots {
        let pem = std::fs::read(file).map_err(|_| TransportFault::Roots)?;
        let roots = Certificate::from_pem(&pem).map_err(|_| TransportFault::Roots)?;
        builder = builder.add_root_certificate(roots);
    }
    builder.build().map_err(|_| TransportFault::Roots)
}

/// At which step of a conversation something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SmtpStep {
    /// Connection, encryption, sign-in, sender: it is the same with every mail.
    Server,
    Recipient,
    /// From the first byte of the content until its receipt.
    Content,
}

impl SmtpStep {
    fn word(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Recipient => "recipient",
            Self::Content => "content",
        }
    }
}

/// That the mailbox is not there, or that this content is not what a server can take.
const OF_RECIPIENT: [&str; 7] = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.6.0"];

/// The code at the beginning of an answer's text, such as `5.1.1`.
fn find_enhanced(text: &str) -> Option<&str> {
    let first = text.split_whitespace().next()?;
    let is_code = first.split('.').count() == 3
        && first.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
    is_code.then_some(first)
}

/// What an answer, or its lack, means for the mail.
fn judge_status(step: SmtpStep, status: Option<u16>, enhanced: Option<&str>) -> FailureKind {
    let is_of_recipient = match (enhanced, status) {
        (Some(code), _) => OF_RECIPIENT.contains(&code),
        // No such user, without saying so by a code.
        (None, status) => step == SmtpStep::Recipient && matches!(status, Some(550 | 551 | 553)),
    };
    match (step, status) {
        (SmtpStep::Recipient | SmtpStep::Content, Some(500..=599)) if is_of_recipient => FailureKind::Final,
        // The server has all of it, perhaps.
        (SmtpStep::Content, None) => FailureKind::Unclear,
        _ => FailureKind::Passing,
    }
}

fn judge_error(step: SmtpStep, error: &Error) -> MailFailure {
    let answer = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let (status, enhanced) = (error.status().map(u16::from), find_enhanced(&answer));
    let status_text = status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let code = format!("{} {status_text} {}", step.word(), enhanced.unwrap_or_default());
    MailFailure::new(judge_status(step, status, enhanced), code.trim_end(), error)
}

impl SmtpClient {
    pub(super) fn new(
        server: SmtpServer,
        own_host: &str,
        access: &ProviderAccess,
    ) -> Result<Self, TransportFault> {
        let credentials = server.user.clone().zip(access.secret.clone());
        let credentials = credentials.map(|(user, password)| Credentials::new(user, password));
        let tls = read_tls(&server.host, access.roots.as_deref())?;
        let (hello, pace) = (ClientId::Domain(own_host.to_owned()), Arc::new(SendPace::new(Duration::ZERO)));
        Ok(Self { server, hello, credentials, tls, pace })
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let address = (self.server.host.as_str(), self.server.port);
        let implicit = (self.server.tls == SmtpTls::Implicit).then(|| self.tls.clone());
        let within = Some(CONNECT_WITHIN);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, within, &self.hello, implicit, None).await?;
        if self.server.tls == SmtpTls::Start {
            // An error where the server does not offer it: nothing is sent in the clear.
            connection.starttls(self.tls.clone(), &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    pub(super) fn pace(&self) -> &SendPace {
        &self.pace
    }

    pub(super) async fn send(
        &self,
        from: &Address,
        to: Address,
        message: &[u8],
    ) -> Result<TakenMail, MailFailure> {
        let begun = limit_step(BEGIN_WITHIN, FailureKind::Passing, self.begin_mail(from, to)).await;
        let mut connection = match begun {
            Ok(connection) => connection,
            Err((step, failure)) => {
                if step == SmtpStep::Server {
                    self.pace.count_failure().await;
                }
                return Err(failure);
            }
        };
        self.pace.count_success().await;
        let content = async {
            let sent = connection.message(message).await;
            sent.map(drop).map_err(|error| (SmtpStep::Content, judge_error(SmtpStep::Content, &error)))
        };
        let sent = limit_step(RECEIPT_WITHIN, FailureKind::Unclear, content).await;
        // What was said of the mail holds, whatever becomes of the farewell.
        let _ = tokio::time::timeout(FAREWELL_WITHIN, connection.abort()).await;
        sent.map(|()| TakenMail { provider_id: None }).map_err(|(_, failure)| failure)
    }

    /// A connection that takes the content of a mail next.
    async fn begin_mail(
        &self,
        from: &Address,
        to: Address,
    ) -> Result<AsyncSmtpConnection, (SmtpStep, MailFailure)> {
        fn judge_at(step: SmtpStep) -> impl Fn(Error) -> (SmtpStep, MailFailure) {
            move |error| (step, judge_error(step, &error))
        }
        let mut connection = self.connect().await.map_err(judge_at(SmtpStep::Server))?;
        let mut parameters = Vec::new();
        let addresses: [&str; 2] = [from.as_ref(), to.as_ref()];
        if !addresses.iter().all(|address| address.is_ascii()) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let words = "the mail server takes no addresses with letters beyond ASCII (SMTPUTF8)";
                return Err((SmtpStep::Recipient, MailFailure::of_relay(FailureKind::Final, words)));
            }
            parameters.push(MailParameter::SmtpUtfEight);
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let sender = Mail::new(Some(from.clone()), parameters);
        connection.command(sender).await.map_err(judge_at(SmtpStep::Server))?;
        connection.command(Rcpt::new(to, Vec::new())).await.map_err(judge_at(SmtpStep::Recipient))?;
        connection.command(Data).await.map_err(judge_at(SmtpStep::Recipient))?;
        Ok(connection)
    }
}

async fn limit_step<T>(
    length: Duration,
    kind: FailureKind,
    work: impl Future<Output = Result<T, (SmtpStep, MailFailure)>>,
) -> Result<T, (SmtpStep, MailFailure)> {
    tokio::time::timeout(length, work).await.unwrap_or_else(|_| {
        let words = format!("the mail server was silent for {} s", length.as_secs());
        Err((SmtpStep::Server, MailFailure::of_relay(kind, words)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Postfix says at the recipient what it has against sender, host and relaying, others what they have against the whole account.
    #[test]
    fn only_what_is_said_of_a_mailbox_ends_its_mail() {
        use FailureKind::{Final, Passing, Unclear};
        use SmtpStep::{Content, Recipient, Server};
        for (step, status, enhanced, kind) in [
            (Recipient, Some(550), Some("5.1.1"), Final),
            (Recipient, Some(550), None, Final),
            (Recipient, Some(554), None, Passing),
            (Recipient, Some(554), Some("5.7.1"), Passing),
            (Recipient, Some(553), Some("5.7.1"), Passing),
            (Recipient, Some(550), Some("5.1.8"), Passing),
            (Recipient, Some(451), Some("4.2.1"), Passing),
            (Recipient, None, None, Passing),
            (Content, Some(550), Some("5.4.5"), Passing),
            (Content, Some(550), None, Passing),
            (Content, Some(550), Some("5.1.1"), Final),
            (Content, None, None, Unclear),
            (Server, Some(550), Some("5.1.1"), Passing),
            (Server, Some(535), Some("5.7.8"), Passing),
        ] {
            assert_eq!(judge_status(step, status, enhanced), kind, "{step:?} {status:?} {enhanced:?}");
        }
    }

    #[test]
    fn an_enhanced_code_is_read_at_the_beginning_alone() {
        for (text, code) in [
            ("5.1.1 <ana@linden.example> no such user", Some("5.1.1")),
            ("5.1.10", Some("5.1.10")),
            ("no such user 5.1.1", None),
            ("5.1 x", None),
            ("5..1", None),
            ("192.0.2.1 is listed", None),
            ("", None),
        ] {
            assert_eq!(find_enhanced(text), code, "{text}");
        }
    }
}
