//! Who may see what: sign-in with its limits, sessions, devices, API tokens, roles, and the log of what they did.

pub mod accent;
pub mod authentication;
pub mod counters;
pub mod credentials;
pub mod logo;
pub mod members;
pub mod notices;
pub mod oidc;
pub mod permission;
pub mod programs;
pub mod records;
pub mod retention;
pub mod slug;
pub mod switches;
#[cfg(test)]
pub(crate) mod test_authenticator;
mod webauthn;

use std::fmt;
use std::str::FromStr;

use record::tree::Hash;
use reqwest::Url;

use crate::accounts::credentials::token::TokenScope;
use crate::db::PersonNumber;
use crate::db::person::people::ReaderChoice;
use crate::db::{AccountScope, DbError, ReadScope};

/// RFC 5321 §4.5.3.1.3, without the angle brackets.
const EMAIL_BYTES_MAX: usize = 254;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserRole {
    /// Runs the platform; in an account whose admin they are they may do what its admin may.
    SuperAdmin,
    AccountAdmin,
    FacilityAdmin,
    Biomed,
    Technician,
    Auditor,
    /// Runs the platform, and sees an account that is none of theirs while it is open to them. No account grants it.
    Support,
}

impl UserRole {
    pub const ALL: [Self; 6] = [
        Self::SuperAdmin,
        Self::AccountAdmin,
        Self::FacilityAdmin,
        Self::Biomed,
        Self::Technician,
        Self::Auditor,
    ];

    /// As the database, commands and forms have it.
    pub fn key(self) -> &'static str {
        match self {
            Self::SuperAdmin => "super_admin",
            Self::AccountAdmin => "account_admin",
            Self::FacilityAdmin => "facility_admin",
            Self::Biomed => "biomed",
            Self::Technician => "technician",
            Self::Auditor => "auditor",
            Self::Support => "support",
        }
    }

    pub fn of_row(key: &str) -> Result<Self, DbError> {
        if key == Self::Support.key() {
            return Ok(Self::Support);
        }
        key.parse().map_err(|e| DbError::stored("role", e))
    }
}

impl fmt::Display for UserRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl FromStr for UserRole {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|role| role.key() == text);
        known.ok_or("a role is super_admin, account_admin, facility_admin, biomed, technician or auditor")
    }
}

#[derive(Debug, Clone)]
pub struct AccountUser {
    pub scope: AccountScope,
    pub reads: ReadScope,
    pub person: PersonNumber,
    pub user_id: String,
    pub name: String,
    pub email: String,
    pub role: UserRole,
    pub is_owner: bool,
    /// When their time in it ends, milliseconds since 1970.
    pub until_ms: Option<i64>,
    pub account_name: String,
    pub own_choice: ReaderChoice,
    /// Of the account, for whoever has chosen nothing.
    pub account_choice: ReaderChoice,
    pub accent: Option<String>,
    /// SHA-256 of the picture at their head.
    pub logo: Option<Hash>,
    /// When they signed in, milliseconds since 1970.
    pub since_ms: i64,
    pub reauth_ms: i64,
    pub has_factor: bool,
    /// Whether the account demands one of them that they do not have.
    pub lacks_factor: bool,
    /// The provider that signed them in: their session shows its account only. Absent of a password or a link.
    pub came_by: Option<String>,
    /// Whether they ever set a password.
    pub has_password: bool,
    /// Whether the account wants them signed in by its provider, and they are not: they see nothing but their own page.
    pub is_barred: bool,
    pub notices: notices::PageNotices,
    pub token: credentials::session::SessionToken,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiProgram {
    pub account: AccountScope,
    pub reads: ReadScope,
    pub scope: TokenScope,
    pub token_id: String,
    pub name: String,
}

/// A name that people can read, without the spaces around it; `None` where it is none.
pub fn visible_name(name: &str) -> Option<String> {
    let name = name.trim();
    let fits = !name.is_empty()
        && name.chars().count() <= record::limits::NAME_CHARS_MAX
        && !name.contains(char::is_control);
    fits.then(|| name.to_owned())
}

/// An e-mail address in lower case, without the spaces around it; `None` where it is none. A domain with letters beyond ASCII is kept as
/// name servers and mail servers know it (A-labels, RFC 5891): no mail leaves for any other form of it.
pub fn email_address(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let email = match email.split_once('@') {
        Some((local, host)) if !host.is_ascii() => format!("{local}@{}", read_host(host)?),
        _ => email,
    };
    let fits = email.len() <= EMAIL_BYTES_MAX
        && email.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty()
                && host.contains('.')
                && !host.starts_with('.')
                && !host.ends_with('.')
                && !host.contains('@')
        })
        && !email.contains(|c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"')
        });
    fits.then_some(email)
}

/// The address that somebody typed of whom the relay may know: as it keeps addresses, or as it stands where it is none.
pub fn known_address(text: &str) -> String {
    email_address(text).unwrap_or_else(|| text.trim().to_lowercase())
}

/// A host with letters of any script, as A-labels.
fn read_host(host: &str) -> Option<String> {
    let is_name = host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
    let url = Url::parse(&format!("http://{host}")).ok().filter(|_| is_name)?;
    url.host_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_one_spelling() {
        for role in UserRole::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        assert!("admin".parse::<UserRole>().is_err());
    }

    #[test]
    fn addresses_are_plain_and_in_lower_case() {
        assert_eq!(email_address(" Priya@Linden.example ").as_deref(), Some("priya@linden.example"));
        assert_eq!(email_address("Eva@Klinik-Süd.example").as_deref(), Some("eva@xn--klinik-sd-x9a.example"));
        let long = format!("{}@linden.example", "a".repeat(250));
        for wrong in [
            "",
            "priya",
            "@linden.example",
            "priya@linden",
            "a@b@c.d",
            "a b@c.d",
            "a@c.d\r\nBcc: x",
            "<a@c.d>",
            "a@süd.example/x",
            "a@süd.example:1",
            "a@süd .example",
            "a@x@süd.example",
            &long,
        ] {
            assert_eq!(email_address(wrong), None, "{wrong}");
        }
    }
}
