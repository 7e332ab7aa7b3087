//! What somebody becomes who comes for the first time in a proven domain: as the groups say that the provider puts them in, where the
//! account's admin has said what those make of anybody; else the role that the admin chose, and no facility.

use std::collections::BTreeSet;

use crate::accounts::UserRole;
use crate::accounts::members::member_grant::MemberGrant;
use crate::db::DbError;
use crate::db::account::oidc_group_roles::GroupRoleRow;

pub const FIRST_CLAIM: &str = "groups";
pub const GROUPS_MAX: usize = 200;
const NAME_BYTES_MAX: usize = 255;

/// Roles that a group may give, the highest first. Whoever is an admin is one because the account's admin said so of that very group;
/// an auditor comes for a time, which no group says.
pub const GROUP_ROLES: [UserRole; 4] =
    [UserRole::AccountAdmin, UserRole::FacilityAdmin, UserRole::Biomed, UserRole::Technician];

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupPlace {
    Every,
    Nothing,
    One(String),
}

impl GroupPlace {
    pub fn key(&self) -> &str {
        match self {
            Self::Every => "all",
            Self::Nothing => "none",
            Self::One(place) => place,
        }
    }

    pub fn of_key(key: &str) -> Self {
        match key {
            "all" => Self::Every,
            "none" => Self::Nothing,
            place => Self::One(place.to_owned()),
        }
    }
}

pub fn read_group_role(key: &str) -> Option<UserRole> {
    GROUP_ROLES.into_iter().find(|role| role.key() == key)
}

/// The name of a claim; the usual one where a form names none.
pub fn read_claim(text: &str) -> Option<String> {
    let name = text.trim();
    let fits = name.len() <= NAME_BYTES_MAX && name.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| if name.is_empty() { FIRST_CLAIM } else { name }.to_owned())
}

pub fn read_group(text: &str) -> Option<String> {
    let name = text.trim();
    let fits = (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.contains(char::is_control);
    fits.then(|| name.to_owned())
}

/// The groups that a verified token names: a text, or a list of texts. Any other value names none.
pub fn claimed_groups(payload: &[u8], claim: &str) -> BTreeSet<String> {
    let read: serde_json::Value = serde_json::from_slice(payload).unwrap_or_default();
    match read.get(claim) {
        Some(serde_json::Value::String(one)) => BTreeSet::from([one.clone()]),
        Some(serde_json::Value::Array(many)) => {
            many.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// What these groups make of somebody, of the places that the account has: the highest role that any of them gives, and what all of
/// them that give this role let somebody see. `otherwise`: the role of whoever is in none of them, who sees nothing yet.
pub fn judge_groups(
    rows: &[GroupRoleRow],
    claimed: &BTreeSet<String>,
    otherwise: UserRole,
    known: &BTreeSet<String>,
) -> Result<MemberGrant, DbError> {
    let mut matched = Vec::new();
    for row in rows.iter().filter(|row| claimed.contains(&row.value)) {
        let rank = GROUP_ROLES.iter().position(|role| role.key() == row.role);
        let rank = rank.ok_or_else(|| DbError::stored("role of a group", row.role.clone()))?;
        matched.push((rank, GroupPlace::of_key(&row.place)));
    }
    let Some(highest) = matched.iter().map(|(rank, _)| *rank).min() else {
        return Ok(MemberGrant { role: otherwise, places: Some(Vec::new()), until_ms: None });
    };
    let role = GROUP_ROLES[highest];
    let of_role: Vec<&GroupPlace> =
        matched.iter().filter(|(rank, _)| *rank == highest).map(|(_, place)| place).collect();
    let sees_all = role == UserRole::AccountAdmin || of_role.contains(&&GroupPlace::Every);
    let places: BTreeSet<String> = of_role
        .into_iter()
        .filter_map(|place| match place {
            GroupPlace::One(id) => known.get(id).cloned(),
            GroupPlace::Every | GroupPlace::Nothing => None,
        })
        .collect();
    let places = if sees_all { None } else { Some(places.into_iter().collect()) };
    Ok(MemberGrant { role, places, until_ms: None })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(value: &str, role: &str, place: &str) -> GroupRoleRow {
        GroupRoleRow { provider: "p".into(), value: value.into(), role: role.into(), place: place.into() }
    }

    fn judge(rows: &[GroupRoleRow], claimed: &[&str]) -> (String, Option<Vec<String>>) {
        let claimed = claimed.iter().map(|one| (*one).to_owned()).collect();
        let known = ["F1", "F2", "R1"].map(str::to_owned).into();
        let grant = judge_groups(rows, &claimed, UserRole::Technician, &known).unwrap();
        (grant.role.to_string(), grant.places)
    }

    #[test]
    fn the_highest_role_wins_whatever_the_order() {
        let mut rows = vec![
            row("nurses", "technician", "F1"),
            row("nurses", "technician", "F2"),
            row("biomed", "biomed", "R1"),
            row("biomed-all", "biomed", "all"),
            row("gone", "biomed", "F9"),
            row("it", "account_admin", "all"),
            row("lead", "facility_admin", "none"),
        ];
        for _ in 0..rows.len() {
            rows.rotate_left(1);
            fn owned_places(places: &[&str]) -> Option<Vec<String>> {
                Some(places.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>())
            }
            for (claimed, role, places) in [
                (&[] as &[&str], "technician", owned_places(&[])),
                (&["else", "IT", "nurses "], "technician", owned_places(&[])),
                (&["nurses"], "technician", owned_places(&["F1", "F2"])),
                (&["nurses", "biomed"], "biomed", owned_places(&["R1"])),
                (&["biomed", "biomed-all"], "biomed", None),
                (&["gone"], "biomed", owned_places(&[])),
                (&["biomed-all", "lead"], "facility_admin", owned_places(&[])),
                (&["nurses", "it", "lead"], "account_admin", None),
            ] {
                assert_eq!(judge(&rows, claimed), (role.to_owned(), places), "{claimed:?}");
            }
        }
    }

    #[test]
    fn a_claim_of_any_other_shape_names_no_group() {
        fn claimed_by(value: &serde_json::Value) -> Vec<String> {
            let payload = json!({"groups": value, "sub": "x"}).to_string();
            claimed_groups(payload.as_bytes(), "groups").into_iter().collect::<Vec<_>>()
        }
        assert_eq!(claimed_by(&json!("it")), ["it"]);
        assert_eq!(claimed_by(&json!(["a", "b", "a", 7, null, ["it"], {"it": "it"}])), ["a", "b"]);
        for none in [json!(null), json!(7), json!({"it": true}), json!([["it"]]), json!([])] {
            assert!(claimed_by(&none).is_empty(), "{none}");
        }
        assert_eq!(claimed_by(&json!("it, biomed")), ["it, biomed"], "one text is one group");
        let many: Vec<String> = (0..10_000).map(|n| format!("group {n}")).collect();
        assert_eq!(claimed_by(&json!(many)).len(), 10_000);
        assert!(claimed_groups(b"[1]", "groups").is_empty() && claimed_groups(b"x", "groups").is_empty());
        assert!(claimed_groups(br#"{"a": {"groups": ["it"]}}"#, "groups").is_empty());
    }

    #[test]
    fn names_of_claims_and_groups_are_read() {
        assert_eq!(read_claim(" ").as_deref(), Some("groups"));
        assert_eq!(
            read_claim("https://hospital.example/roles").as_deref(),
            Some("https://hospital.example/roles")
        );
        assert_eq!((read_claim("a b"), read_claim(&"x".repeat(256))), (None, None));
        assert_eq!(read_group(" CT Biomed ").as_deref(), Some("CT Biomed"));
        assert_eq!((read_group(" "), read_group("a\u{7}b")), (None, None));
        for role in UserRole::ALL {
            let is_given = !matches!(role, UserRole::SuperAdmin | UserRole::Auditor);
            assert_eq!(read_group_role(role.key()).is_some(), is_given, "{role}");
        }
        for key in ["all", "none", "01JD0000000000000000000000"] {
            assert_eq!(GroupPlace::of_key(key).key(), key);
        }
    }
}
