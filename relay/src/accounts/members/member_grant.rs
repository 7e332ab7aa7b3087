//! What somebody becomes in an account, and how the access log has it.

use crate::accounts::UserRole;
use crate::db::person::members::MemberTerms;

const ALL: &str = "all";
const NONE: &str = "none";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberGrant {
    pub role: UserRole,
    /// Ids of facilities and regions; `None`: all there are and will be.
    pub places: Option<Vec<String>>,
    /// When it ends, milliseconds since 1970.
    pub until_ms: Option<i64>,
}

impl MemberGrant {
    /// Whether both were granted by one form, submitted twice within a minute.
    pub(in crate::accounts) fn is_like(&self, other: &Self) -> bool {
        let ends_alike = match (self.until_ms, other.until_ms) {
            (Some(one), Some(two)) => one.abs_diff(two) < 60_000,
            (one, two) => one == two,
        };
        ends_alike && self.role == other.role && self.places == other.places
    }

    pub fn is_of_nothing(&self) -> bool {
        self.places.as_ref().is_some_and(Vec::is_empty)
    }

    pub fn terms(&self) -> MemberTerms {
        MemberTerms { role: self.role.to_string(), places: self.places.clone(), until_ms: self.until_ms }
    }
}

/// What a line of the log says that somebody became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GrantText<'a> {
    /// Whose it is, where the line is not their own.
    pub email: Option<&'a str>,
    pub role: UserRole,
    /// Ids of facilities and regions; `None`: all.
    pub places: Option<Vec<&'a str>>,
}

/// A grant as the log has it: role and places.
pub(in crate::accounts) fn write_grant(grant: &MemberGrant) -> String {
    let places = match &grant.places {
        None => ALL.to_owned(),
        Some(places) if places.is_empty() => NONE.to_owned(),
        Some(places) => places.join(","),
    };
    format!("{} {places}", grant.role)
}

impl<'a> GrantText<'a> {
    pub(crate) fn read(act: &str, about: &'a str) -> Option<Self> {
        let (email, grant) = match act {
            "invite" | "member change" => {
                let (email, grant) = about.split_once(' ')?;
                (Some(email), grant)
            }
            "oidc join" => (None, about),
            _ => return None,
        };
        let (role, places) = grant.split_once(' ')?;
        let places = match places {
            ALL => None,
            NONE => Some(Vec::new()),
            ids => Some(ids.split(',').collect()),
        };
        Some(Self { email, role: role.parse().ok()?, places })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for places in [None, Some(Vec::new()), Some(vec!["A".to_owned(), "B".to_owned()])] {
            for role in UserRole::ALL {
                let grant = MemberGrant { role, places: places.clone(), until_ms: None };
                let own = write_grant(&grant);
                let read = GrantText::read("oidc join", &own).unwrap();
                assert_eq!((read.email, read.role), (None, role));
                assert_eq!(
                    read.places,
                    places.as_ref().map(|ids| ids.iter().map(String::as_str).collect::<Vec<_>>())
                );
                let of_another = format!("dana@north.example {own}");
                let read = GrantText::read("invite", &of_another).unwrap();
                assert_eq!((read.email, read.role), (Some("dana@north.example"), role));
            }
        }
    }

    #[test]
    fn what_is_no_grant_stays_as_it_is() {
        for (act, about) in [
            ("invite", "dana@north.example"),
            ("invite", "dana@north.example king all"),
            ("member change", ""),
            ("region create", "technician all"),
        ] {
            assert_eq!(GrantText::read(act, about), None, "{act} {about}");
        }
    }
}
