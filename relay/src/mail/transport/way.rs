//! Which way mails leave, as the settings name it.

use std::path::PathBuf;

/// What the settings name that is no way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.rule())]
pub enum TransportFault {
    Way,
    Sender,
    Unsubscribe,
    /// Whoever sends by Resend, or signs in at a mail server, has a secret.
    NoSecret,
    Address,
    /// `outgoing.roots` cannot be read.
    Roots,
}

impl TransportFault {
    /// What the settings must have instead.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Way => {
                "mail.send reads smtp://[user@]host[:port], smtps://[user@]host[:port], resend: or folder:DIR; a password stands in \
                 mail.password_file alone"
            }
            Self::Sender => "mail.from reads name@host.example or Name <name@host.example>",
            Self::Unsubscribe => "mail.unsubscribe reads name@host.example",
            Self::NoSecret => {
                "mail.password_file names a file with the password of the user in mail.send, or the key of Resend, in one line of ASCII"
            }
            Self::Address => "mail.resend_url reads https://host; http:// goes to 127.0.0.1 alone",
            Self::Roots => "outgoing.roots names a file with certificates of authorities, PEM",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// The connection begins in the clear, and nothing is said before it is encrypted (RFC 3207).
    Start,
    /// Encrypted from its first byte (RFC 8314).
    Implicit,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpServer {
    pub host: String,
    pub port: u16,
    pub user: Option<String>,
    pub tls: SmtpTls,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailWay {
    /// Files, which another program takes.
    Folder(PathBuf),
    Smtp(SmtpServer),
    Resend,
}

impl MailWay {
    /// Reads `mail.send`. A password never stands in it.
    pub fn parse(setting: &str) -> Result<Self, TransportFault> {
        let (scheme, rest) = setting.split_once(':').ok_or(TransportFault::Way)?;
        let (tls, port) = match scheme {
            "folder" if !rest.is_empty() => return Ok(Self::Folder(rest.into())),
            "resend" if rest.is_empty() => return Ok(Self::Resend),
            "smtp" => (SmtpTls::Start, 587),
            "smtps" => (SmtpTls::Implicit, 465),
            _ => return Err(TransportFault::Way),
        };
        let rest = rest.strip_prefix("//").ok_or(TransportFault::Way)?;
        // Users are often addresses themselves: the last sign ends them.
        let (user, server) = match rest.rsplit_once('@') {
            Some((user, server)) => (Some(user), server),
            None => (None, rest),
        };
        let (host, port) = match server.rsplit_once(':') {
            Some((host, port)) if !server.ends_with(']') => {
                (host, port.parse().ok().filter(|port| *port > 0).ok_or(TransportFault::Way)?)
            }
            _ => (server, port),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_host = !host.is_empty()
            && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'));
        let is_user = user.is_none_or(|user| !user.is_empty() && !user.contains(':'));
        if !is_host || !is_user {
            return Err(TransportFault::Way);
        }
        Ok(Self::Smtp(SmtpServer { host: host.to_owned(), port, user: user.map(str::to_owned), tls }))
    }

    /// Whether it opens with a secret of `mail.password_file`.
    pub fn needs_secret(&self) -> bool {
        match self {
            Self::Folder(_) => false,
            Self::Smtp(server) => server.user.is_some(),
            Self::Resend => true,
        }
    }

    /// As the database has it of each mail.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Folder(_) => "folder",
            Self::Smtp(_) => "smtp",
            Self::Resend => "resend",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(host: &str, port: u16, user: Option<&str>, tls: SmtpTls) -> MailWay {
        MailWay::Smtp(SmtpServer { host: host.to_owned(), port, user: user.map(str::to_owned), tls })
    }

    #[test]
    fn each_way_is_read() {
        for (setting, way) in [
            ("folder:/var/mails", MailWay::Folder("/var/mails".into())),
            ("resend:", MailWay::Resend),
            ("smtp://mail.example", smtp("mail.example", 587, None, SmtpTls::Start)),
            ("smtp://me@mail.example:25", smtp("mail.example", 25, Some("me"), SmtpTls::Start)),
            (
                "smtps://me@linden.example@mail.example",
                smtp("mail.example", 465, Some("me@linden.example"), SmtpTls::Implicit),
            ),
            ("smtps://[::1]:4650", smtp("::1", 4650, None, SmtpTls::Implicit)),
            ("smtps://[::1]", smtp("::1", 465, None, SmtpTls::Implicit)),
        ] {
            assert_eq!(MailWay::parse(setting), Ok(way), "{setting}");
        }
    }

    #[test]
    fn what_is_no_way_is_refused() {
        for setting in [
            "",
            "folder:",
            "resend:key",
            "smtp:host",
            "smtp://",
            "smtp://host:0",
            "smtp://host:x",
            "smtp://me:secret@host",
            "smtp://@host",
            "smtp://ho st",
            "smtp://host/path",
            "http://host",
        ] {
            assert_eq!(MailWay::parse(setting), Err(TransportFault::Way), "{setting}");
        }
    }
}
