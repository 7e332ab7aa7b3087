//! The ways on which mails leave: `way` reads which, `folder`, `smtp` and `resend` are one each.

mod folder;
mod pace;
mod resend;
mod smtp;
mod way;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

pub use self::way::{MailWay, SmtpServer, SmtpTls, TransportFault};
use self::{folder::MailFolder, resend::ResendClient, smtp::SmtpClient};
use super::brand::MailBrand;
use super::render::MailText;

/// What a failure means for the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Nothing was sent: it is tried again.
    Passing,
    /// It may have left, and nobody said so.
    Unclear,
    /// Nothing is taken for so many milliseconds.
    Busy { wait_ms: i64 },
    /// This mail is not taken, however often it is tried.
    Final,
}

/// Why a mail did not leave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}")]
pub struct MailFailure {
    pub kind: FailureKind,
    /// Of what kind the answer was, for logs: it names no person.
    pub code: String,
    /// In the words of the provider or receiver, which may name one.
    pub answer: String,
}

impl MailFailure {
    pub(super) fn new(kind: FailureKind, code: impl Into<String>, answer: impl fmt::Display) -> Self {
        let answer = answer.to_string().chars().filter(|c| !c.is_control()).take(ANSWER_CHARS_MAX).collect();
        Self { kind, code: code.into(), answer }
    }

    /// One of ours, which names nobody.
    pub(super) fn of_relay(kind: FailureKind, words: impl Into<String>) -> Self {
        let words = words.into();
        Self { kind, answer: words.clone(), code: words }
    }
}

const ANSWER_CHARS_MAX: usize = 300;

/// A mail that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenMail {
    /// As the provider names it.
    pub provider_id: Option<String>,
}

/// Who sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSender {
    from: Mailbox,
    /// Of the relay's public address.
    host: String,
    /// What stands before the paths of its pages.
    pages_url: String,
    /// Where a mail that wants no more of a topic may go, beside the relay's own page.
    unsubscribe: Option<Address>,
}

impl MailSender {
    /// `from`: an address, or a name with one in angle brackets.
    pub fn read(from: &str, host: &str) -> Result<Self, TransportFault> {
        let (name, address) = match from.trim().strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
            Some((name, address)) => (name.trim().trim_matches('"').trim(), address),
            None => ("", from.trim()),
        };
        let email = address.parse().map_err(|_| TransportFault::Sender)?;
        if name.contains(['<', '>', '"']) || name.contains(char::is_control) {
            return Err(TransportFault::Sender);
        }
        let name = Some(name).filter(|name| !name.is_empty()).map(str::to_owned);
        let pages_url = format!("https://{host}");
        Ok(Self { from: Mailbox::new(name, email), host: host.to_owned(), pages_url, unsubscribe: None })
    }

    /// Where whoever wants no more of a topic goes: pages behind `pages_url`, or an address.
    pub fn with_exits(self, pages_url: String, unsubscribe: Option<&str>) -> Result<Self, TransportFault> {
        let address = unsubscribe.map(str::parse).transpose();
        let unsubscribe = address.map_err(|_| TransportFault::Unsubscribe)?;
        Ok(Self { pages_url, unsubscribe, ..self })
    }

    /// The domain that receivers hold the mail against.
    pub fn domain(&self) -> &str {
        self.from.email.domain()
    }
}

/// What the settings say of a provider beside its name.
#[derive(Clone, Default)]
pub struct ProviderAccess {
    /// Of `mail.password_file`.
    pub secret: Option<String>,
    pub resend_url: String,
    /// How far apart requests to Resend leave, of this process.
    pub pace: Duration,
    /// A file with authorities that are trusted beside those of the internet, PEM.
    pub roots: Option<PathBuf>,
}

/// A mail on its way out.
pub(super) struct OutgoingMail<'a> {
    pub(super) mail: &'a str,
    pub(super) kind: &'a str,
    pub(super) address: &'a str,
    pub(super) text: MailText,
    /// Where its topic is stopped.
    pub(super) exit_url: Option<String>,
    /// Of the account that it is of.
    pub(super) brand: Option<&'a MailBrand>,
    pub(super) made_ms: i64,
}

#[derive(Debug, Clone)]
enum OpenWay {
    Folder(MailFolder),
    Smtp(SmtpClient),
    Resend(ResendClient),
}

#[derive(Debug, Clone)]
pub struct MailTransport {
    sender: MailSender,
    way: OpenWay,
    word: &'static str,
}

impl MailTransport {
    pub fn open(way: MailWay, sender: MailSender, access: &ProviderAccess) -> Result<Self, TransportFault> {
        if way.needs_secret() && access.secret.is_none() {
            return Err(TransportFault::NoSecret);
        }
        let word = way.word();
        let way = match way {
            MailWay::Folder(folder) => OpenWay::Folder(MailFolder::new(folder)),
            MailWay::Smtp(server) => OpenWay::Smtp(SmtpClient::new(server, &sender.host, access)?),
            MailWay::Resend => OpenWay::Resend(ResendClient::new(access)?),
        };
        Ok(Self { sender, way, word })
    }

    pub(super) fn host(&self) -> &str {
        &self.sender.host
    }

    /// The page that stops a topic, by the secret of a mail's link.
    pub(super) fn exit_url(&self, secret: &str) -> String {
        format!("{}{EXIT_PATH}{secret}", self.sender.pages_url)
    }

    /// The relay's own address, under the name of the account that a mail is of.
    fn sender_of(&self, mail: &OutgoingMail<'_>) -> Mailbox {
        let from = &self.sender.from;
        let Some(brand) = mail.brand else { return from.clone() };
        let account: String = brand.name.chars().filter(|c| !matches!(c, '<' | '>' | '"')).collect();
        let name = [Some(account.as_str()), from.name.as_deref()].into_iter().flatten().collect::<Vec<_>>();
        Mailbox::new(Some(name.join(" · ")), from.email.clone())
    }

    /// What stands in a mail's head beside who, when and what: no program answers it (RFC 3834), and how a topic is stopped by a button
    /// of the program in which it is read (RFC 8058).
    fn list_headers(&self, mail: &OutgoingMail<'_>) -> Vec<(&'static str, String)> {
        let mut headers = vec![("Auto-Submitted", "auto-generated".to_owned())];
        if let Some(url) = &mail.exit_url {
            let address =
                self.sender.unsubscribe.iter().map(|to| format!(", <mailto:{to}?subject=unsubscribe>"));
            headers.push(("List-Unsubscribe", format!("<{url}>{}", address.collect::<String>())));
            headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
        }
        headers
    }

    /// As the database has it of each mail.
    pub fn word(&self) -> &'static str {
        self.word
    }

    /// For how long after a first try whose end is not known the same mail may be handed over again. Resend knows it again by its key
    /// for 24 hours; a mail server never does, and a few times within minutes is what its own software does. A file is the same file.
    pub fn sure_ms(&self) -> Option<i64> {
        match self.way {
            OpenWay::Folder(_) => None,
            OpenWay::Smtp(_) => Some(10 * 60_000),
            OpenWay::Resend(_) => Some(20 * 3_600_000),
        }
    }

    /// How long nothing is taken yet, where that was said or follows from failures.
    pub async fn pause_ms(&self) -> Option<i64> {
        match &self.way {
            OpenWay::Folder(_) => None,
            OpenWay::Smtp(client) => client.pace().long_wait_ms().await,
            OpenWay::Resend(client) => client.pace().long_wait_ms().await,
        }
    }

    /// Hands a mail over. The same one again is the same file, the same `Message-ID`, the same idempotency key.
    pub(super) async fn send(&self, mail: OutgoingMail<'_>) -> Result<TakenMail, MailFailure> {
        let to: Address = mail
            .address
            .parse()
            .map_err(|_| MailFailure::of_relay(FailureKind::Final, "the address is none"))?;
        match &self.way {
            OpenWay::Folder(folder) => {
                let message = self.build(&mail, to)?;
                folder.send(mail.mail, message.formatted()).await
            }
            OpenWay::Smtp(client) => {
                let message = self.build(&mail, to.clone())?;
                client.send(&self.sender.from.email, to, &message.formatted()).await
            }
            OpenWay::Resend(client) => {
                client.send(&self.sender_of(&mail), &mail, self.list_headers(&mail)).await
            }
        }
    }

    fn build(&self, mail: &OutgoingMail<'_>, to: Address) -> Result<Message, MailFailure> {
        let made = u64::try_from(mail.made_ms).map(Duration::from_millis).unwrap_or_default();
        let mut builder = Message::builder()
            .from(self.sender_of(mail))
            .to(Mailbox::new(None, to))
            .date(std::time::UNIX_EPOCH + made)
            .message_id(Some(format!("<{}@{}>", mail.mail, self.sender.host)))
            .subject(&mail.text.subject);
        for (name, value) in self.list_headers(mail) {
            builder = builder.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
        }
        let (text, html) = (mail.text.text.clone(), mail.text.html.clone());
        let body = match mail.brand.and_then(|brand| brand.logo.clone()) {
            None => MultiPart::alternative_plain_html(text, html),
            Some(logo) => {
                let picture = Attachment::new_inline_with_name(LOGO_ID.to_owned(), LOGO_FILE.to_owned());
                let picture =
                    picture.body(logo, ContentType::parse("image/png").unwrap_or(ContentType::TEXT_PLAIN));
                let page = MultiPart::related().singlepart(SinglePart::html(html)).singlepart(picture);
                MultiPart::alternative().singlepart(SinglePart::plain(text)).multipart(page)
            }
        };
        let message = builder.multipart(body);
        message.map_err(|error| MailFailure::new(FailureKind::Final, "it cannot be written", error))
    }
}

/// By which a mail's page names the picture that goes with it.
const LOGO_ID: &str = "logo";
pub(super) const LOGO_SRC: &str = "cid:logo";
const LOGO_FILE: &str = "logo.png";

/// Of the page that stops a topic, before the secret of a mail's link.
pub const EXIT_PATH: &str = "/u/";

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn outgoing(subject: &str) -> OutgoingMail<'_> {
        let text = MailText {
            subject: subject.to_owned(),
            text: "Plain\n".to_owned(),
            html: "<p>Plain</p>".to_owned(),
        };
        OutgoingMail {
            mail: "01ABC",
            kind: "reset",
            address: "ana@linden.example",
            text,
            exit_url: None,
            brand: None,
            made_ms: 1_795_204_920_000,
        }
    }

    fn sender() -> MailSender {
        MailSender::read("CleanTrack <no-reply@relay.example>", "relay.example").unwrap()
    }

    #[test]
    fn a_way_opens_with_what_it_needs() {
        let open = |setting: &str, secret: Option<&str>, url: &str| {
            let access = ProviderAccess {
                secret: secret.map(str::to_owned),
                resend_url: url.to_owned(),
                ..ProviderAccess::default()
            };
            MailTransport::open(MailWay::parse(setting).unwrap(), sender(), &access)
        };
        let url = "https://api.resend.example";
        assert!(open("folder:/x", None, url).is_ok());
        assert!(open("smtp://mail.example", None, url).is_ok());
        assert!(open("resend:", Some("re_1"), url).is_ok());
        assert!(open("resend:", Some("re_1"), "http://127.0.0.1:9").is_ok());
        for (setting, secret, url, fault) in [
            ("smtp://me@mail.example", None, url, TransportFault::NoSecret),
            ("resend:", None, url, TransportFault::NoSecret),
            ("resend:", Some("re_1"), "http://api.resend.example", TransportFault::Address),
            ("resend:", Some("re_1"), "nothing", TransportFault::Address),
        ] {
            assert_eq!(open(setting, secret, url).unwrap_err(), fault, "{setting} {url}");
        }
        let shown = format!("{:?}", open("resend:", Some("re_SECRET"), url).unwrap());
        let shown = format!("{shown}{:?}", open("smtp://me@mail.example", Some("S3CRET"), url).unwrap());
        assert!(!shown.contains("SECRET") && !shown.contains("S3CRET"), "{shown}");
        for (from, name) in [
            ("a@b.example", None),
            ("<a@b.example>", None),
            ("Müller, Station 5 (Nord) <a@b.example>", Some("Müller, Station 5 (Nord)")),
            ("\"Müller\" <a@b.example>", Some("Müller")),
        ] {
            let read = MailSender::read(from, "h").unwrap().from;
            assert_eq!(
                (read.name.as_deref(), read.email.to_string().as_str()),
                (name, "a@b.example"),
                "{from}"
            );
        }
        for wrong in
            ["nobody", "A <nobody>", "A <a@b.example> B", "A\r\nBcc: <a@b.example>", "A<B <a@b.example>"]
        {
            assert_eq!(MailSender::read(wrong, "h").unwrap_err(), TransportFault::Sender, "{wrong}");
        }
    }

    #[tokio::test]
    async fn an_address_is_no_header() {
        let folder = tempfile::tempdir().unwrap();
        let way = MailWay::Folder(folder.path().to_owned());
        let transport = MailTransport::open(way, sender(), &ProviderAccess::default()).unwrap();
        let address = "a@b.example\r\nBcc: x@y.example";
        let sent = transport.send(OutgoingMail { address, ..outgoing("S") }).await;
        assert_eq!(sent.unwrap_err().kind, FailureKind::Final);
        transport.send(outgoing("S\r\nBcc: x@y.example")).await.unwrap();
        let written = std::fs::read_to_string(folder.path().join("01ABC.eml")).unwrap();
        assert!(!written.lines().any(|line| line.starts_with("Bcc")), "{written}");
        for line in [
            "To: ana@linden.example",
            "Message-ID: <01ABC@relay.example>",
            "Auto-Submitted: auto-generated",
            "Plain",
        ] {
            assert!(written.contains(line), "{written}");
        }
    }

    #[tokio::test]
    async fn a_picture_goes_with_the_mail_that_shows_it() {
        let folder = tempfile::tempdir().unwrap();
        let way = MailWay::Folder(folder.path().to_owned());
        let transport = MailTransport::open(way, sender(), &ProviderAccess::default()).unwrap();
        let brand = MailBrand {
            name: "Linden \"Health\"".to_owned(),
            logo: Some(b"\x89PNG".to_vec()),
            ..MailBrand::default()
        };
        transport.send(OutgoingMail { brand: Some(&brand), ..outgoing("S") }).await.unwrap();
        let written = std::fs::read_to_string(folder.path().join("01ABC.eml")).unwrap();
        for line in [
            "multipart/alternative",
            "multipart/related",
            "Content-ID: <logo>",
            "Content-Type: image/png",
            "iVBORw",
        ] {
            assert!(written.contains(line), "{line}: {written}");
        }
        let from = transport.sender_of(&OutgoingMail { brand: Some(&brand), ..outgoing("S") });
        assert_eq!(from.name.as_deref(), Some("Linden Health · CleanTrack"));
        assert_eq!(from.email.to_string(), "no-reply@relay.example");
    }

    #[tokio::test]
    async fn a_topic_is_stopped_by_the_button_of_a_mail_program() {
        let folder = tempfile::tempdir().unwrap();
        let way = MailWay::Folder(folder.path().to_owned());
        let pages = "https://relay.example:8443".to_owned();
        let sender = sender().with_exits(pages.clone(), Some("stop@relay.example")).unwrap();
        let transport = MailTransport::open(way, sender, &ProviderAccess::default()).unwrap();
        let exit_url = Some(transport.exit_url(&"x".repeat(43)));
        transport.send(OutgoingMail { exit_url, ..outgoing("S") }).await.unwrap();
        let written = std::fs::read_to_string(folder.path().join("01ABC.eml")).unwrap();
        let unfolded = written.replace("\r\n ", " ");
        let line = format!(
            "List-Unsubscribe: <https://relay.example:8443/u/{}>, <mailto:stop@relay.example?subject=unsubscribe>\r\n",
            "x".repeat(43)
        );
        assert!(unfolded.contains(&line), "{unfolded}");
        assert!(unfolded.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), "{unfolded}");
        let wrong = MailSender::read("a@b.example", "h").unwrap().with_exits(pages, Some("nobody\r\nX: y"));
        assert_eq!(wrong.unwrap_err(), TransportFault::Unsubscribe);
    }
}
