//! Who may see what: sign-in with its limits, sessions, devices, API tokens, roles, and the log of what they did.

pub mod access_log;
pub mod counters;
pub mod device;
pub mod lock_out;
pub mod password;
pub mod people;
pub mod permission;
pub mod programs;
pub mod retention;
pub mod session;
pub mod sign_in;
pub mod token;

use std::fmt;
use std::str::FromStr;

use crate::db::AccountScope;

/// What a person may do at the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserRole {
    /// Runs the platform; in their own account they may do what an account's admin may.
    SuperAdmin,
    /// All of an account.
    AccountAdmin,
    /// Reads.
    Auditor,
}

impl UserRole {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::SuperAdmin, Self::AccountAdmin, Self::Auditor];
}

impl fmt::Display for UserRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SuperAdmin => "super_admin",
            Self::AccountAdmin => "account_admin",
            Self::Auditor => "auditor",
        })
    }
}

impl FromStr for UserRole {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|role| role.to_string() == text);
        known.ok_or("a role is super_admin, account_admin or auditor")
    }
}

/// A person who is signed in.
#[derive(Debug, Clone)]
pub struct AccountUser {
    /// What they may touch.
    pub scope: AccountScope,
    /// Their id, as it stands in the database.
    pub user_id: String,
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// What they may do.
    pub role: UserRole,
    /// Their account's name.
    pub account_name: String,
    /// When they signed in, milliseconds since 1970.
    pub since_ms: i64,
    /// The session's secret.
    pub token: session::SessionToken,
}

/// A program with an API token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiProgram {
    /// What it may touch.
    pub scope: AccountScope,
    /// The token's id.
    pub token_id: String,
    /// What the token is for.
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
}
