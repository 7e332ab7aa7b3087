//! People of the old web app who come into an account, as an operator orders it.

use std::collections::{BTreeMap, BTreeSet};

use record::ids::{AccountId, FacilityId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{AdminError, AdminHandler, read_zone};
use crate::accounts::UserRole;
use crate::accounts::members::import::{DjangoDump, ImportedFacility, OldPerson};
use crate::db::PersonNumber;
use crate::db::person::members::MemberTerms;
use crate::db::person::people::NewPerson;
use crate::db::{self, PlatformReason, ScopedConnection};

/// What an order brings at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldAccount {
    pub facilities: Vec<ImportedFacility>,
    pub people: Vec<OldPerson>,
    pub zone: String,
}

/// People, or facilities, of one order: as many as fit what the admin socket takes, with their hashes.
const PART: usize = 200;

impl OldAccount {
    /// A dump as orders: the facilities first, then the people, each with those that were theirs.
    pub fn parts_of(dump: &DjangoDump, zone: &str) -> Vec<Self> {
        let facilities = dump.facilities.chunks(PART).map(|facilities| Self {
            facilities: facilities.to_vec(),
            people: Vec::new(),
            zone: zone.to_owned(),
        });
        let people = dump.people.chunks(PART).map(|people| {
            let named: BTreeSet<&String> = people.iter().flat_map(|person| &person.facilities).collect();
            let facilities = dump.facilities.iter().filter(|facility| named.contains(&facility.number));
            Self { facilities: facilities.cloned().collect(), people: people.to_vec(), zone: zone.to_owned() }
        });
        facilities.chain(people).collect()
    }
}

/// The password of somebody whose old one cannot be looked at: nothing fits it.
const NO_PASSWORD: &str = "";

impl AdminHandler {
    /// Makes the facilities that are not there by name, and everybody whose address is new. All of it or nothing.
    pub(super) async fn import_people(
        &self,
        account: AccountId,
        old: &OldAccount,
    ) -> Result<Value, AdminError> {
        read_zone(&old.zone)?;
        let (scope, now_ms) = (self.scope(account).await?, self.clock.now_ms());
        let mut tx = self.db.platform_write(PlatformReason::Operator).await?;
        let (mut known, mut made) = (Vec::new(), Vec::new());
        for person in &old.people {
            if db::person::people::platform_find(&mut tx, &person.email).await?.is_some() {
                known.push(person.email.as_str());
                continue;
            }
            let new = NewPerson {
                id: self.ulid(),
                email: &person.email,
                name: &person.name,
                verified_ms: None,
                platform_role: None,
                password_hash: person.hash.as_deref().unwrap_or(NO_PASSWORD),
            };
            made.push((person, db::person::people::platform_insert(&mut tx, &new, now_ms).await?));
        }
        let mut tx = tx.enter(scope).await?;
        let (places, facilities) = self.import_facilities(&mut tx, old, now_ms).await?;
        for (person, number) in &made {
            self.import_member(&mut tx, person, *number, &places).await?;
        }
        tx.commit().await?;
        let people = made.iter().map(|(person, _)| *person);
        Ok(json!({
            "imported": made.len(), "facilities": facilities, "known": known,
            "no_password": list_emails(people.clone(), |person| person.hash.is_none()),
            "no_facility": list_emails(people, |person| person.facilities.is_empty() && person.role != UserRole::AccountAdmin.key()),
        }))
    }

    async fn import_facilities(
        &self,
        tx: &mut ScopedConnection,
        old: &OldAccount,
        now_ms: i64,
    ) -> Result<(BTreeMap<String, String>, usize), AdminError> {
        let there = db::facility::facilities::list_facilities(tx).await?;
        let mut by_name: BTreeMap<String, String> =
            there.into_iter().map(|row| (row.name, row.facility)).collect();
        let (mut places, mut made) = (BTreeMap::new(), 0);
        for facility in &old.facilities {
            let id = match by_name.get(&facility.name) {
                Some(id) => id.clone(),
                None => {
                    let id = FacilityId::new(now_ms, self.random.bytes());
                    let zone = read_zone(facility.zone.as_deref().unwrap_or(&old.zone))?;
                    db::facility::facilities::insert_facility(tx, id, &facility.name, &zone, now_ms).await?;
                    self.audit(tx, "facility create", &facility.name, Some(id)).await?;
                    made += 1;
                    by_name.insert(facility.name.clone(), id.to_string());
                    id.to_string()
                }
            };
            places.insert(facility.number.clone(), id);
        }
        Ok((places, made))
    }

    async fn import_member(
        &self,
        tx: &mut ScopedConnection,
        person: &OldPerson,
        number: PersonNumber,
        places: &BTreeMap<String, String>,
    ) -> Result<(), AdminError> {
        let role: UserRole = person.role.parse().map_err(|e: &str| AdminError::Value(e.to_owned()))?;
        if role == UserRole::SuperAdmin {
            return Err(AdminError::Value("nobody is imported as the platform's admin".into()));
        }
        let seen = person.facilities.iter().filter_map(|number| places.get(number).cloned()).collect();
        let places = (role != UserRole::AccountAdmin).then_some(seen);
        let terms = MemberTerms { role: role.to_string(), places, until_ms: None };
        db::person::members::insert_member(tx, number, &terms, self.clock.now_ms()).await?;
        if role == UserRole::AccountAdmin {
            db::account::accounts::set_first_owner(tx, number).await?;
        }
        self.audit(tx, "admin import", &person.email, None).await
    }
}

fn list_emails<'a>(
    people: impl Iterator<Item = &'a OldPerson>,
    lacks: fn(&OldPerson) -> bool,
) -> Vec<&'a str> {
    people.filter(|&person| lacks(person)).map(|person| person.email.as_str()).collect()
}
