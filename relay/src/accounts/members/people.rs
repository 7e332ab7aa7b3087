//! What an admin or the operator does about people of an account: take them in, give them a role and facilities, sign them out
//! everywhere, keep them out, let them in again, hand the account over.

use std::collections::BTreeSet;

use record::ids::UserId;
use serde::{Deserialize, Serialize};

use super::member_grant::{MemberGrant, write_grant};
use crate::accounts::credentials::lock_out;
use crate::accounts::permission::Permission;
use crate::accounts::records::access_log::{AccessLog, AccessRecord, OPERATOR};
use crate::accounts::records::person_log::{SafetyNotices, list_scopes};
use crate::accounts::{AccountUser, UserRole};
use crate::db::PersonNumber;
use crate::db::person::members::{MemberRow, MemberTerms};
use crate::db::person::people::NewPerson;
use crate::db::person::sessions::SessionsSince;
use crate::db::{self, AccountScope, DbError, PlatformConnection, ScopedConnection};
use crate::mail::MailLetter;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonAct {
    /// End their sessions and delete their devices: a phone was lost.
    SignOut,
    /// They may not sign in any more.
    Disable,
    Enable,
    /// Send mail to their address again, from which it came back.
    MailAgain,
}

impl PersonAct {
    pub const ALL: [Self; 4] = [Self::SignOut, Self::Disable, Self::Enable, Self::MailAgain];

    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.key() == key)
    }

    pub fn key(self) -> &'static str {
        match self {
            Self::SignOut => "sign-out",
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::MailAgain => "mail-again",
        }
    }

    /// As the access log calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::SignOut => "admin sign-out",
            Self::Disable => "admin disable",
            Self::Enable => "admin enable",
            Self::MailAgain => "admin mail-again",
        }
    }
}

pub fn may_act_on(role: UserRole, theirs: UserRole) -> bool {
    role.holds(Permission::ManagePeople)
        && match theirs {
            UserRole::SuperAdmin => role == UserRole::SuperAdmin,
            theirs => role.may_grant(theirs),
        }
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum PeopleError {
    /// The account has nobody like that.
    #[error("the account has nobody with this address")]
    NoSuch,
    /// Somebody signs in with this address, and nothing shows that it is theirs.
    #[error(
        "somebody signs in here with this address, and no mail has shown that it is theirs; set their password anew where they are, or choose another address"
    )]
    Unverified,
    Known,
    /// Their role, or what they see, is more than that of whoever acts.
    NotYours,
    Owner,
    LastAdmin,
    /// A facility or region that is none, or is not whoever acts' to give.
    NoSuchPlace,
    #[error(transparent)]
    Db(#[from] DbError),
}

#[derive(Debug, Clone, Copy)]
pub struct ActingPerson<'a> {
    /// As the access log calls them.
    pub who: &'a str,
    /// `None`: the operator, who may do anything.
    pub member: Option<&'a AccountUser>,
    pub log: AccessLog<'a>,
}

/// Somebody who comes into an account with a password of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember<'a> {
    pub id: UserId,
    pub email: &'a str,
    pub name: &'a str,
    /// Since when it is known that mail to them arrives, milliseconds since 1970.
    pub verified_ms: Option<i64>,
    pub role: UserRole,
    /// PHC string of argon2id; of no use where the address is somebody's already.
    pub password_hash: &'a str,
}

/// Takes somebody into an account, in a transaction that continues as the account's. The first of an account is its owner. Whether
/// the person was known before: then their name and password stay.
pub async fn add_member(
    mut tx: PlatformConnection,
    scope: AccountScope,
    new: &NewMember<'_>,
    now_ms: i64,
) -> Result<(ScopedConnection, bool), PeopleError> {
    let is_platform = new.role == UserRole::SuperAdmin;
    let known = db::person::people::platform_find(&mut tx, new.email).await?;
    let person = match known {
        Some(person) if !db::person::people::platform_is_verified(&mut tx, person).await? => {
            return Err(PeopleError::Unverified);
        }
        Some(person) => person,
        None => {
            let row = NewPerson {
                id: new.id,
                email: new.email,
                name: new.name,
                verified_ms: new.verified_ms,
                platform_role: is_platform.then_some(UserRole::SuperAdmin.key()),
                password_hash: new.password_hash,
            };
            db::person::people::platform_insert(&mut tx, &row, now_ms).await?
        }
    };
    let mut tx = tx.enter(scope).await?;
    let role = if is_platform { UserRole::AccountAdmin } else { new.role };
    let terms = MemberTerms { role: role.to_string(), places: None, until_ms: None };
    match db::person::members::insert_member(&mut tx, person, &terms, now_ms).await {
        Err(error) if error.is_conflict() => return Err(PeopleError::Known),
        inserted => inserted?,
    }
    if role == UserRole::AccountAdmin {
        db::account::accounts::set_first_owner(&mut tx, person).await?;
    }
    Ok((tx, known.is_some()))
}

/// Gives somebody another password, for an operator who was asked in person: they are signed out everywhere, and wait for nothing that
/// was tried with the old one. `hash` is that of the new one.
pub async fn set_password(
    mut tx: PlatformConnection,
    (scope, log, who): (AccountScope, AccessLog<'_>, &str),
    email: &str,
    hash: &str,
) -> Result<ScopedConnection, PeopleError> {
    let person = db::person::people::platform_find(&mut tx, email).await?.ok_or(PeopleError::NoSuch)?;
    replace_password(&mut tx, person, email, hash, log.clock.now_ms()).await?;
    let mut tx = tx.enter(scope).await?;
    // Of another account's people nothing is said here: neither that they are there.
    db::person::members::find_by_email(&mut tx, email).await?.ok_or(PeopleError::NoSuch)?;
    log.write_act(&mut tx, AccessRecord { who, act: "admin set-password", about: email, facility: None })
        .await?;
    Ok(tx)
}

/// Removes all second factors of somebody, for an operator who was informed in person that phone and recovery codes are lost. They are
/// signed out everywhere.
pub async fn forget_factors(
    mut tx: PlatformConnection,
    scope: AccountScope,
    notices: SafetyNotices<'_>,
    email: &str,
) -> Result<ScopedConnection, PeopleError> {
    let now_ms = notices.log.clock.now_ms();
    let person = db::person::people::platform_find(&mut tx, email).await?.ok_or(PeopleError::NoSuch)?;
    db::person::factors::platform_delete_all(&mut tx, person).await?;
    db::person::mail_links::platform_end_links(&mut tx, person).await?;
    db::person::second_steps::end_of_person(&mut tx, person).await?;
    db::person::sessions::platform_delete_of_person(&mut tx, person).await?;
    db::person::devices::forget_device(&mut tx, person, None).await?;
    let link = format!("{}/app/me", notices.public_url);
    let letter = MailLetter::factors_forgotten(now_ms, link);
    notices.mail.post(&mut tx, None, email, &letter).await?;
    let mut scopes = list_scopes(&mut tx, person, now_ms).await?;
    let mut tx = tx.enter(scope).await?;
    db::person::members::find_by_email(&mut tx, email).await?.ok_or(PeopleError::NoSuch)?;
    if !scopes.contains(&scope) {
        scopes.push(scope);
    }
    let record = AccessRecord { who: OPERATOR, act: "admin forget-factors", about: email, facility: None };
    Ok(notices.log.write_in_each(tx, &scopes, record).await?)
}

/// Another password: what was signed in by the old one, or tried at it, is over.
pub(in crate::accounts) async fn replace_password(
    tx: &mut PlatformConnection,
    person: PersonNumber,
    email: &str,
    hash: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    db::person::people::platform_set_password(tx, person, hash, now_ms).await?;
    db::person::sessions::platform_delete_of_person(tx, person).await?;
    db::person::devices::forget_device(tx, person, None).await?;
    db::person::mail_links::platform_end_links(tx, person).await?;
    db::person::second_steps::end_of_person(tx, person).await?;
    lock_out::end_waits(tx, email).await
}

/// The member with this address, where whoever acts may do something about them.
async fn find_subject(
    tx: &mut ScopedConnection,
    by: ActingPerson<'_>,
    email: &str,
) -> Result<MemberRow, PeopleError> {
    // Two admins who disable each other at once must not both succeed.
    db::account::accounts::lock_account(tx).await?;
    let found = db::person::members::find_by_email(tx, email).await?.ok_or(PeopleError::NoSuch)?;
    let Some(member) = by.member else { return Ok(found) };
    if !may_act_on(member.role, UserRole::of_row(&found.role)?) || (found.is_owner && !member.is_owner) {
        return Err(PeopleError::NotYours);
    }
    let theirs = if found.all_facilities {
        None
    } else {
        Some(db::person::members::list_places(tx, found.person()).await?)
    };
    if !may_grant_places(tx, by, theirs.as_deref()).await? {
        return Err(PeopleError::NotYours);
    }
    Ok(found)
}

/// Whether whoever acts sees all of these places themselves; `None`: every one there is.
pub(in crate::accounts) async fn may_grant_places(
    tx: &mut ScopedConnection,
    by: ActingPerson<'_>,
    places: Option<&[String]>,
) -> Result<bool, DbError> {
    let Some(member) = by.member.filter(|member| member.reads.is_limited()) else { return Ok(true) };
    let Some(places) = places else { return Ok(false) };
    Ok(is_within(places, &db::facility::facilities::seen_places(tx, member.person).await?))
}

/// Whether somebody who sees these places sees some of one's own, and no others.
fn is_within(places: &[String], own: &BTreeSet<String>) -> bool {
    !places.is_empty() && places.iter().all(|place| own.contains(place))
}

/// The members whom a member may see, each with their places (`None`: every facility): everybody where they see every facility, else
/// those who see some of theirs and no others, and themselves.
pub async fn list_visible(
    conn: &mut ScopedConnection,
    visitor: &AccountUser,
    alive: SessionsSince,
) -> Result<Vec<(MemberRow, Option<Vec<String>>)>, DbError> {
    let own = match visitor.reads.is_limited() {
        true => Some(db::facility::facilities::seen_places(conn, visitor.person).await?),
        false => None,
    };
    let mut places_of = db::person::members::all_places(conn).await?;
    let mut visible = Vec::new();
    for row in db::person::members::list_members(conn, alive).await? {
        let places =
            if row.all_facilities { None } else { Some(places_of.remove(&row.person()).unwrap_or_default()) };
        let is_theirs =
            own.as_ref().is_none_or(|own| places.as_ref().is_some_and(|some| is_within(some, own)));
        if is_theirs || row.person() == visitor.person {
            visible.push((row, places));
        }
    }
    Ok(visible)
}

/// Does it, in a transaction of the caller's, with its row in the access log.
/// What an act about a member changes within the account, with its row in the access log. An address is nobody's alone: that mail goes
/// there again is written by the caller.
pub async fn change_member(
    tx: &mut ScopedConnection,
    by: ActingPerson<'_>,
    email: &str,
    act: PersonAct,
) -> Result<(), PeopleError> {
    let found = find_subject(tx, by, email).await?;
    let person = found.person();
    match act {
        PersonAct::SignOut | PersonAct::MailAgain => {}
        PersonAct::Disable if found.is_owner && by.member.is_some() => return Err(PeopleError::Owner),
        PersonAct::Disable => {
            db::person::members::set_disabled(tx, person, Some(by.log.clock.now_ms())).await?;
            require_an_admin(tx).await?;
            db::person::invitations::revoke_made_by(tx, email, by.log.clock.now_ms()).await?;
        }
        PersonAct::Enable => drop(db::person::members::set_disabled(tx, person, None).await?),
    }
    if matches!(act, PersonAct::SignOut | PersonAct::Disable) {
        // Neither does a browser come back that shows another account of theirs.
        db::person::members::mark_signed_out(tx, person, by.log.clock.now_ms()).await?;
        db::person::sessions::delete_of_member(tx, person).await?;
        db::person::devices::forget_device(tx, person, None).await?;
        db::person::second_steps::end_of_person(tx, person).await?;
    }
    Ok(by
        .log
        .write_act(tx, AccessRecord { who: by.who, act: act.word(), about: email, facility: None })
        .await?)
}

async fn require_an_admin(tx: &mut ScopedConnection) -> Result<(), PeopleError> {
    if db::person::members::count_admins(tx).await? == 0 { Err(PeopleError::LastAdmin) } else { Ok(()) }
}

/// Gives a member another role, or other facilities, with its row in the access log.
pub async fn change_terms(
    tx: &mut ScopedConnection,
    by: ActingPerson<'_>,
    email: &str,
    grant: &MemberGrant,
) -> Result<(), PeopleError> {
    let found = find_subject(tx, by, email).await?;
    if found.is_owner && (grant.role != UserRole::AccountAdmin || grant.until_ms.is_some()) {
        return Err(PeopleError::Owner);
    }
    require_grant(tx, by, grant).await?;
    db::person::members::change_member(tx, found.person(), &grant.terms()).await?;
    // What they invited others to by then may be more than they could grant now.
    db::person::invitations::revoke_made_by(tx, email, by.log.clock.now_ms()).await?;
    require_an_admin(tx).await?;
    let about = format!("{email} {}", write_grant(grant));
    Ok(by
        .log
        .write_act(tx, AccessRecord { who: by.who, act: "member change", about: &about, facility: None })
        .await?)
}

/// Refuses what whoever acts may not grant, and places that are none.
pub(in crate::accounts) async fn require_grant(
    tx: &mut ScopedConnection,
    by: ActingPerson<'_>,
    grant: &MemberGrant,
) -> Result<(), PeopleError> {
    require_role_and_places(tx, by, grant).await?;
    // Nobody whose own time ends lets anybody stay longer.
    let end_ms = by.member.and_then(|member| member.until_ms);
    if end_ms.is_some_and(|end_ms| grant.until_ms.is_none_or(|until_ms| until_ms > end_ms)) {
        return Err(PeopleError::NotYours);
    }
    let known = db::facility::facilities::all_places(tx).await?;
    let mut granted = grant.places.iter().flatten();
    if granted.any(|place| !known.contains(place)) || grant.is_of_nothing() {
        return Err(PeopleError::NoSuchPlace);
    }
    Ok(())
}

/// Refuses a role above that of whoever acts, facilities that they do not see, and an admin of the account who sees only some of it.
pub(in crate::accounts) async fn require_role_and_places(
    tx: &mut ScopedConnection,
    by: ActingPerson<'_>,
    grant: &MemberGrant,
) -> Result<(), PeopleError> {
    let role = grant.role;
    if by.member.is_some_and(|member| !member.role.may_grant(role)) || role == UserRole::SuperAdmin {
        return Err(PeopleError::NotYours);
    }
    let is_whole = grant.places.is_none();
    if role == UserRole::AccountAdmin && !is_whole
        || !may_grant_places(tx, by, grant.places.as_deref()).await?
    {
        return Err(PeopleError::NotYours);
    }
    Ok(())
}

/// Hands the account over to another of its admins, by its owner or the operator.
pub async fn hand_over(
    tx: &mut ScopedConnection,
    by: ActingPerson<'_>,
    email: &str,
) -> Result<(), PeopleError> {
    db::account::accounts::lock_account(tx).await?;
    let found = db::person::members::find_by_email(tx, email).await?.ok_or(PeopleError::NoSuch)?;
    let is_admin = matches!(UserRole::of_row(&found.role)?, UserRole::AccountAdmin | UserRole::SuperAdmin);
    if by.member.is_some_and(|member| !member.is_owner) || !is_admin || found.disabled {
        return Err(PeopleError::NotYours);
    }
    db::account::accounts::set_owner(tx, found.person()).await?;
    Ok(by
        .log
        .write_act(tx, AccessRecord { who: by.who, act: "account hand-over", about: email, facility: None })
        .await?)
}
