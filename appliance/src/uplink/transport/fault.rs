//! Where a transport to the relay fails, as types.

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportFault {
    #[error("the name {host} is not found: {why}")]
    Name { host: String, why: String },
    /// Refused, reset, no route.
    #[error("{to} takes no connection: {why}")]
    NotConnected { to: String, why: String },
    /// Nothing came back, not even a refusal.
    #[error("{to} does not answer: what is sent there is dropped")]
    Silent { to: String },
    /// A connection is open, and what is sent over it is lost: all of it, or what is larger than a greeting.
    #[error("{to} takes a connection, and loses what is sent over it")]
    Stalled { to: String },
    /// It requires a password, and none is set.
    #[error("the proxy wants a user name and a password")]
    ProxyPassword,
    #[error("the proxy does not take this user name and password")]
    ProxyPasswordWrong,
    /// It takes no password as this box can send it.
    #[error("the proxy signs in only by {offered}, which this box does not speak")]
    ProxyScheme { offered: String },
    #[error("the proxy answered {status} and opened no way to the relay")]
    ProxyRefused { status: u16 },
    /// It closed the connection, or speaks another protocol.
    #[error("the proxy ended the connection, or is no HTTP proxy")]
    ProxyCut,
    /// The certificate is not the relay's.
    #[error("the certificate is signed by {issuer:?}, not for the relay: somebody reads this connection")]
    Inspected { issuer: String },
    /// Trusted by the settings, but the server did not ask for the box's own certificate.
    #[error("{issuer:?} ends the connection on its way and does not pass on this box's certificate")]
    Intercepted { issuer: String },
    /// The relay, or a server in its place, did not accept the box's certificate.
    #[error("this box's certificate was not taken: {why}")]
    CertificateRefused { why: String },
    /// The relay got none.
    #[error("the relay got no certificate of this box")]
    CertificateMissing,
    /// The relay knows the certificate, and this box is not in service there.
    #[error("this box is not in service at the relay")]
    NotInService,
    /// Something else answered, or the relay is not ready.
    #[error("the answer was {status}, which is not this relay's")]
    OtherAnswer { status: u16 },
    #[error("the connection broke: {why}")]
    Broken { why: String },
}

impl TransportFault {
    /// In one word, for words of pages and for programs.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Name { .. } => "name",
            Self::NotConnected { .. } => "not-connected",
            Self::Silent { .. } => "silent",
            Self::Stalled { .. } => "stalled",
            Self::ProxyPassword => "proxy-password",
            Self::ProxyPasswordWrong => "proxy-password-wrong",
            Self::ProxyScheme { .. } => "proxy-scheme",
            Self::ProxyRefused { .. } => "proxy-refused",
            Self::ProxyCut => "proxy-cut",
            Self::Inspected { .. } => "inspected",
            Self::Intercepted { .. } => "intercepted",
            Self::CertificateRefused { .. } => "certificate-refused",
            Self::CertificateMissing => "certificate-missing",
            Self::NotInService => "not-in-service",
            Self::OtherAnswer { .. } => "other-answer",
            Self::Broken { .. } => "broken",
        }
    }

    /// What it is about: a name, an address, an issuer, a number.
    pub fn subject(&self) -> String {
        match self {
            Self::Name { host: subject, .. }
            | Self::NotConnected { to: subject, .. }
            | Self::Silent { to: subject }
            | Self::Stalled { to: subject }
            | Self::ProxyScheme { offered: subject }
            | Self::Inspected { issuer: subject }
            | Self::Intercepted { issuer: subject }
            | Self::CertificateRefused { why: subject }
            | Self::Broken { why: subject } => subject.clone(),
            Self::ProxyRefused { status } | Self::OtherAnswer { status } => status.to_string(),
            Self::ProxyPassword
            | Self::ProxyPasswordWrong
            | Self::ProxyCut
            | Self::CertificateMissing
            | Self::NotInService => String::new(),
        }
    }

    /// Whether another transport may do better: it is not the relay that says no.
    pub fn is_of_transport(&self) -> bool {
        !matches!(self, Self::NotInService)
    }
}

/// The innermost cause says what happened; what is around it says only that something did.
pub(in crate::uplink) fn error_reason(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
