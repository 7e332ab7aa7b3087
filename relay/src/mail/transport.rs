//! The transports for mail. So far one: into a folder, from which another program takes it, or in which somebody reads it.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

use super::render::MailText;

/// Why a mail did not leave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailFailure {
    #[error("{0}")]
    Passing(String),
    #[error("{0}")]
    Final(String),
}

/// What the settings name that is no way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportFault {
    #[error("mail.send reads folder:DIR")]
    Way,
    #[error("mail.from reads name@host.example or Name <name@host.example>")]
    Sender,
}

#[derive(Debug, Clone)]
pub struct MailTransport {
    folder: PathBuf,
    from: Mailbox,
    host: String,
}

impl MailTransport {
    /// `way`: `folder:DIR`; `from`: who sends; `host`: of the relay's public address.
    pub fn read(setting: &str, from: &str, host: &str) -> Result<Self, TransportFault> {
        let folder =
            setting.strip_prefix("folder:").filter(|dir| !dir.is_empty()).ok_or(TransportFault::Way)?;
        let from = from.parse().map_err(|_| TransportFault::Sender)?;
        Ok(Self { folder: folder.into(), from, host: host.to_owned() })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) async fn send(
        &self,
        mail: &str,
        address: &str,
        text: MailText,
        made_ms: i64,
    ) -> Result<(), MailFailure> {
        let message = self.build(mail, address, text, made_ms)?;
        let (folder, name) = (self.folder.clone(), format!("{mail}.eml"));
        let written = tokio::task::spawn_blocking(move || write_mail(&folder, &name, &message)).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                Err(MailFailure::Passing(format!("write into {}: {error}", self.folder.display())))
            }
            Err(error) => Err(MailFailure::Passing(error.to_string())),
        }
    }

    fn build(&self, mail: &str, address: &str, text: MailText, made_ms: i64) -> Result<Vec<u8>, MailFailure> {
        let to: Address =
            address.parse().map_err(|_| MailFailure::Final("the address is none".to_owned()))?;
        let made = u64::try_from(made_ms).map(std::time::Duration::from_millis).unwrap_or_default();
        let auto =
            HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .date(std::time::UNIX_EPOCH + made)
            .message_id(Some(format!("<{mail}@{}>", self.host)))
            .raw_header(auto)
            .subject(text.subject)
            .multipart(MultiPart::alternative_plain_html(text.text, text.html));
        Ok(message.map_err(|error| MailFailure::Final(error.to_string()))?.formatted())
    }
}

/// Whole or not at all, for its owner's eyes: it may have a link in it. A second try writes the same file.
fn write_mail(folder: &Path, name: &str, message: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let unfinished = folder.join(format!(".{name}.part"));
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(message)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, folder.join(name))?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn text(subject: &str) -> MailText {
        MailText { subject: subject.to_owned(), text: "Plain\n".to_owned(), html: "<p>Plain</p>".to_owned() }
    }

    #[tokio::test]
    async fn a_mail_is_a_file_of_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let setting = format!("folder:{}", folder.path().join("mails").display());
        let transport =
            MailTransport::read(&setting, "CleanTrack <no-reply@relay.example>", "relay.example").unwrap();
        for _ in 0..2 {
            transport.send("01ABC", "ana@linden.example", text("Größe"), 1_795_204_920_000).await.unwrap();
        }
        let file = folder.path().join("mails/01ABC.eml");
        let written = std::fs::read_to_string(&file).unwrap();
        for line in [
            "To: ana@linden.example",
            "Message-ID: <01ABC@relay.example>",
            "Auto-Submitted: auto-generated",
            "Plain",
        ] {
            assert!(written.contains(line), "{written}");
        }
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path().join("mails")).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn an_address_is_no_header() {
        let folder = tempfile::tempdir().unwrap();
        let setting = format!("folder:{}", folder.path().display());
        let transport = MailTransport::read(&setting, "no-reply@relay.example", "relay.example").unwrap();
        let sent = transport.send("01ABC", "a@b.example\r\nBcc: x@y.example", text("S"), 0).await;
        assert!(matches!(sent, Err(MailFailure::Final(_))), "{sent:?}");
        transport.send("01ABD", "a@b.example", text("S\r\nBcc: x@y.example"), 0).await.unwrap();
        let written = std::fs::read_to_string(folder.path().join("01ABD.eml")).unwrap();
        assert!(!written.lines().any(|line| line.starts_with("Bcc")), "{written}");
    }

    #[test]
    fn what_is_no_way_is_refused() {
        for (setting, from, fault) in [
            ("smtp:host", "a@b.example", TransportFault::Way),
            ("folder:", "a@b.example", TransportFault::Way),
            ("folder:/x", "nobody", TransportFault::Sender),
        ] {
            assert_eq!(MailTransport::read(setting, from, "h").unwrap_err(), fault);
        }
    }
}
