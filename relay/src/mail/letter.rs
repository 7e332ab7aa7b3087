//! What each kind of mail says, as its row stores it until it has been sent.

use serde::{Deserialize, Serialize};

/// A mail's facts; its words are made just before it leaves.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum MailLetter {
    Invitation {
        account: String,
        by: String,
        /// As `accounts::UserRole` writes it.
        role: String,
        link: String,
        expires_ms: i64,
    },
    /// Somebody made an account, and shows by the link that the address is theirs.
    SignUp {
        link: String,
        expires_ms: i64,
    },
    AddressKnown {
        link: String,
    },
    Reset {
        link: String,
        expires_ms: i64,
    },
    SignInLink {
        link: String,
        expires_ms: i64,
    },
    /// Somebody asked for a password or a link at an address that nobody has.
    NobodyKnown {
        link: String,
    },
    NewDevice {
        at_ms: i64,
        network: String,
        agent: String,
        link: String,
    },
    PasswordChanged {
        at_ms: i64,
        link: String,
    },
    /// A second factor was added or removed, or recovery codes were generated again.
    FactorChanged {
        at_ms: i64,
        link: String,
    },
    /// Codes of somebody's second step were wrong too often.
    WrongCodes {
        at_ms: i64,
        network: String,
        link: String,
    },
    /// The operator took all second factors of somebody away.
    FactorsForgotten {
        at_ms: i64,
        link: String,
    },
    /// Somebody came into an account by its provider who was never here. `role`: as `accounts::UserRole` writes it.
    NewColleague {
        account: String,
        who: String,
        role: String,
        sees_nothing: bool,
        link: String,
    },
    /// A passkey was refused because its counter went back: there may be a copy of it.
    PasskeyCopied {
        at_ms: i64,
        name: String,
        link: String,
    },
    /// Somebody signs in by a provider from now on. `host`: of the provider.
    IdentityLinked {
        at_ms: i64,
        host: String,
        link: String,
    },
    /// Whoever runs the platform opened an account that nobody had opened to them.
    SupportAccess {
        by: String,
        reason: String,
        until_ms: i64,
        link: String,
    },
    /// A webhook takes nothing any more. `failing_ms`: since when nothing arrived; absent, its receiver said that it is gone.
    WebhookOff {
        account: String,
        host: String,
        failing_ms: Option<i64>,
        link: String,
    },
}

impl std::fmt::Debug for MailLetter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MailLetter({})", self.kind())
    }
}

impl MailLetter {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Invitation { .. } => "invitation",
            Self::SignUp { .. } => "sign-up",
            Self::AddressKnown { .. } => "address-known",
            Self::Reset { .. } => "reset",
            Self::SignInLink { .. } => "sign-in-link",
            Self::NobodyKnown { .. } => "nobody-known",
            Self::NewDevice { .. } => "new-device",
            Self::PasswordChanged { .. } => "password-changed",
            Self::FactorChanged { .. } => "factor-changed",
            Self::WrongCodes { .. } => "wrong-codes",
            Self::FactorsForgotten { .. } => "factors-forgotten",
            Self::NewColleague { .. } => "new-colleague",
            Self::PasskeyCopied { .. } => "passkey-copied",
            Self::IdentityLinked { .. } => "identity-linked",
            Self::SupportAccess { .. } => "support-access",
            Self::WebhookOff { .. } => "webhook-off",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_read_as_it_was_written_and_shows_no_link() {
        let letter = MailLetter::Reset { link: "https://relay.example/reset/S3CRET".into(), expires_ms: 7 };
        let body = serde_json::to_string(&letter).unwrap();
        assert!(body.contains(&format!(r#""kind":"{}""#, letter.kind())), "{body}");
        assert_eq!(serde_json::from_str::<MailLetter>(&body).unwrap(), letter);
        assert!(!format!("{letter:?}").contains("S3CRET"));
    }
}
