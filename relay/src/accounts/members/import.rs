//! People of the old web app: what a dump of its database says of them, read before anything is written.
//!
//! A dump is what Django's `dumpdata` writes: a JSON list of rows with `model`, `pk` and `fields`. Only users and facilities are read,
//! one row at a time: years of cleaning logs are between them.

use std::fmt;
use std::io::Read;

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::accounts::credentials::django_hash::DjangoHash;
use crate::accounts::{UserRole, email_address, visible_name};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedFacility {
    pub number: String,
    pub name: String,
    /// Its IANA zone, where the old app had one.
    pub zone: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldPerson {
    pub email: String,
    pub name: String,
    /// As [`UserRole::key`] writes it; never that of the platform.
    pub role: String,
    /// Their password as the old app kept it, where it can be looked at.
    pub hash: Option<String>,
    pub facilities: Vec<String>,
}

impl fmt::Debug for OldPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OldPerson({})", self.email)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DjangoDump {
    pub facilities: Vec<ImportedFacility>,
    pub people: Vec<OldPerson>,
    /// Rows that are nobody here: somebody without an address, or who was kept out.
    pub left_out: Vec<String>,
}

/// Why a dump was not read.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    #[error("this is no dump of the old web app (the output of `manage.py dumpdata`, JSON): {0}")]
    Json(#[from] serde_json::Error),
    #[error("this dump holds {} accounts ({}): name one with --from", .0.len(), .0.join(", "))]
    Accounts(Vec<String>),
    #[error("nobody in this dump is of account {0}")]
    NoAccount(String),
    #[error("nobody in this dump signs in: it has no row of a model `user`")]
    Empty,
}

/// Reads a dump: of the account with this number there; of the only one that it holds where none is named.
pub fn read_dump(dump: impl Read, account: Option<&str>) -> Result<DjangoDump, DumpError> {
    let mut reader = serde_json::Deserializer::from_reader(std::io::BufReader::new(dump));
    let rows = reader.deserialize_seq(DumpVisitor)?;
    reader.end()?;
    if rows.users.is_empty() {
        return Err(DumpError::Empty);
    }
    let mut accounts: Vec<String> = rows.users.iter().filter_map(DumpRow::account).collect();
    accounts.sort();
    accounts.dedup();
    let account = match account {
        Some(named) if accounts.iter().any(|found| found == named) => Some(named.to_owned()),
        Some(named) => return Err(DumpError::NoAccount(named.to_owned())),
        None if accounts.len() > 1 => return Err(DumpError::Accounts(accounts)),
        None => accounts.pop(),
    };
    let mut read = DjangoDump::default();
    for row in rows.facilities.iter().filter(|row| row.is_of(account.as_deref())) {
        read.facilities.extend(row.to_facility());
    }
    for row in rows.users.iter().filter(|row| row.is_of(account.as_deref())) {
        // Whoever is of no account there, such as who ran the app, is of none here.
        let is_nobodys = account.is_some() && row.account().is_none();
        match row.to_person().filter(|_| !is_nobodys) {
            Some(person) => read.people.push(person),
            None => read.left_out.push(row.label()),
        }
    }
    Ok(read)
}

#[derive(Default)]
struct DumpRows {
    users: Vec<DumpRow>,
    facilities: Vec<DumpRow>,
}

struct DumpVisitor;

impl<'de> Visitor<'de> for DumpVisitor {
    type Value = DumpRows;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<DumpRows, A::Error> {
        let mut rows = DumpRows::default();
        while let Some(row) = list.next_element::<DumpRow>()? {
            match row.model.rsplit('.').next().unwrap_or_default().to_lowercase().as_str() {
                "user" | "customuser" => rows.users.push(row),
                "facility" => rows.facilities.push(row),
                _ => {}
            }
        }
        Ok(rows)
    }
}

#[derive(Deserialize)]
struct DumpRow {
    model: String,
    #[serde(default)]
    pk: Value,
    #[serde(default, deserialize_with = "read_fields")]
    fields: RowFields,
}

/// The members that a row may have; names as apps of that time have them.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RowFields {
    email: Option<String>,
    username: Option<String>,
    name: Option<String>,
    full_name: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    password: Option<String>,
    role: Option<String>,
    is_active: Option<bool>,
    is_superuser: Option<bool>,
    account: Value,
    facility: Value,
    facilities: Vec<Value>,
    timezone: Option<String>,
    time_zone: Option<String>,
}

/// Fields of other models may have these names and other types: they are nothing then.
fn read_fields<'de, D: Deserializer<'de>>(from: D) -> Result<RowFields, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum AnyFields {
        Known(Box<RowFields>),
        Other(IgnoredAny),
    }
    Ok(match AnyFields::deserialize(from)? {
        AnyFields::Known(fields) => *fields,
        AnyFields::Other(IgnoredAny) => RowFields::default(),
    })
}

/// A number or an id as a text; `None` of nothing.
fn read_key(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

impl DumpRow {
    fn account(&self) -> Option<String> {
        read_key(&self.fields.account)
    }

    /// Of the account that is read, or of none that is named.
    fn is_of(&self, account: Option<&str>) -> bool {
        self.account().is_none_or(|own| account.is_none_or(|read| own == read))
    }

    fn label(&self) -> String {
        let fields = &self.fields;
        let named = [&fields.email, &fields.username].into_iter().flatten().find(|text| !text.is_empty());
        named.cloned().unwrap_or_else(|| read_key(&self.pk).unwrap_or_else(|| "?".to_owned()))
    }

    fn to_facility(&self) -> Option<ImportedFacility> {
        let zone = self.fields.time_zone.clone().or_else(|| self.fields.timezone.clone());
        Some(ImportedFacility {
            number: read_key(&self.pk)?,
            name: visible_name(self.fields.name.as_deref()?)?,
            zone: zone.and_then(|zone| record::compliance::zone_name(&zone)),
        })
    }

    fn to_person(&self) -> Option<OldPerson> {
        let fields = &self.fields;
        if fields.is_active == Some(false) {
            return None;
        }
        let address = fields.email.as_deref().and_then(email_address);
        let email = address.or_else(|| fields.username.as_deref().and_then(email_address))?;
        let whole = [fields.first_name.as_deref(), fields.last_name.as_deref()];
        let whole = whole.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let names = [fields.full_name.as_deref(), fields.name.as_deref(), Some(&*whole), Some(&*email)];
        let name = names.into_iter().flatten().find_map(visible_name)?;
        let numbers = fields.facilities.iter().chain(std::iter::once(&fields.facility));
        Some(OldPerson {
            name,
            role: self.role().key().to_owned(),
            hash: fields.password.clone().filter(|hash| DjangoHash::parse(hash).is_some()),
            facilities: numbers.filter_map(read_key).collect(),
            email,
        })
    }

    /// What they become: a role that is not known is the one that may least. Nobody becomes the platform's.
    fn role(&self) -> UserRole {
        let role = self.fields.role.as_deref().unwrap_or_default().to_lowercase().replace([' ', '-'], "_");
        match role.as_str() {
            "super_admin" | "superadmin" | "account_admin" | "admin" | "owner" => UserRole::AccountAdmin,
            _ if self.fields.is_superuser == Some(true) => UserRole::AccountAdmin,
            "facility_admin" | "facility_manager" | "manager" => UserRole::FacilityAdmin,
            "biomed" => UserRole::Biomed,
            _ => UserRole::Technician,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = r#"[
      {"model": "accounts.account", "pk": 1, "fields": {"name": "Linden Health"}},
      {"model": "facilities.facility", "pk": 3, "fields": {"name": "Linden Valley", "account": 1, "time_zone": "Europe/Berlin"}},
      {"model": "facilities.facility", "pk": 4, "fields": {"name": "Linden Hill", "account": 1, "time_zone": "Mars/North"}},
      {"model": "facilities.facility", "pk": 9, "fields": {"name": "Elsewhere", "account": 2}},
      {"model": "accounts.user", "pk": 5, "fields": {"email": "Priya@Linden.example", "first_name": "Priya", "last_name": "Nair",
        "password": "pbkdf2_sha256$1000$seasalt$DrdiWD40lyBuydnjvZiDrdQMx1S1mOA9O0QYex0R6ww=", "role": "Super Admin", "account": 1}},
      {"model": "accounts.user", "pk": 6, "fields": {"email": "tom@linden.example", "password": "!x", "role": "technician",
        "account": 1, "facilities": [3, 4]}},
      {"model": "accounts.user", "pk": 7, "fields": {"email": "gone@linden.example", "is_active": false, "account": 1}},
      {"model": "accounts.user", "pk": 8, "fields": {"username": "nobody", "account": 1}},
      {"model": "accounts.user", "pk": 1, "fields": {"email": "root@vendor.example", "is_superuser": true, "account": null}},
      {"model": "cleaning.cleaninglog", "pk": 1, "fields": {"role": 7, "facility": {"odd": true}, "notes": "wheel"}}
    ]"#;

    #[test]
    fn users_and_facilities_of_a_dump() {
        let read = read_dump(DUMP.as_bytes(), None).unwrap();
        let facilities: Vec<_> =
            read.facilities.iter().map(|f| (&*f.number, &*f.name, f.zone.as_deref())).collect();
        assert_eq!(facilities, [("3", "Linden Valley", Some("Europe/Berlin")), ("4", "Linden Hill", None)]);
        let [priya, tom] = &read.people[..] else { panic!("{:?}", read.people) };
        assert_eq!(
            (&*priya.email, &*priya.name, &*priya.role),
            ("priya@linden.example", "Priya Nair", "account_admin")
        );
        assert!(priya.hash.is_some() && priya.facilities.is_empty());
        assert_eq!((&*tom.name, &*tom.role, &tom.hash), ("tom@linden.example", "technician", &None));
        assert_eq!(tom.facilities, ["3", "4"]);
        assert_eq!(read.left_out, ["gone@linden.example", "nobody", "root@vendor.example"]);
        assert!(!format!("{priya:?}").contains("pbkdf2"), "a hash is shown to nobody");
    }

    #[test]
    fn one_account_of_several_is_named() {
        let two = DUMP.replacen(r#""account": 1, "facilities""#, r#""account": 2, "facilities""#, 1);
        assert!(
            matches!(read_dump(two.as_bytes(), None), Err(DumpError::Accounts(found)) if found == ["1", "2"])
        );
        let read = read_dump(two.as_bytes(), Some("2")).unwrap();
        assert_eq!(read.people.len(), 1);
        assert_eq!(read.facilities[0].name, "Elsewhere");
        assert!(matches!(read_dump(two.as_bytes(), Some("7")), Err(DumpError::NoAccount(_))));
    }

    #[test]
    fn other_files_are_none() {
        for wrong in ["", "{}", "[1]", "[] []", r#"[{"pk": 1}]"#] {
            assert!(matches!(read_dump(wrong.as_bytes(), None), Err(DumpError::Json(_))), "{wrong}");
        }
        assert!(matches!(read_dump("[]".as_bytes(), None), Err(DumpError::Empty)));
    }
}
