//! What an admin or the operator does to somebody of an account: sign them out everywhere, keep them out, let them in again.

use serde::{Deserialize, Serialize};

use super::UserRole;
use super::access_log::{AccessLog, AccessRecord};
use super::lock_out;
use super::permission::Permission;
use crate::db::{self, DbError, ScopedConnection};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonAct {
    /// End their sessions and forget their devices: a phone was lost.
    SignOut,
    /// They may not sign in any more.
    Disable,
    /// They may again.
    Enable,
}

impl PersonAct {
    const ALL: [Self; 3] = [Self::SignOut, Self::Disable, Self::Enable];

    /// Of what a form says.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.key() == key)
    }

    /// As a form or an address has it.
    pub fn key(self) -> &'static str {
        match self {
            Self::SignOut => "sign-out",
            Self::Disable => "disable",
            Self::Enable => "enable",
        }
    }

    /// As the access log calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::SignOut => "admin sign-out",
            Self::Disable => "admin disable",
            Self::Enable => "admin enable",
        }
    }
}

/// Whether one role may do anything about another.
pub fn may_act_on(role: UserRole, theirs: UserRole) -> bool {
    role.holds(Permission::ManagePeople) && (theirs != UserRole::SuperAdmin || role == UserRole::SuperAdmin)
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The account has nobody like that.
    #[error("the account has nobody with this address")]
    NoSuch,
    /// Only whoever runs the platform may do anything about another one who does.
    #[error("this is a platform admin, about whom an account's admin may do nothing")]
    SuperAdmin,
    /// Nobody would be left who can let people in.
    #[error("this is the last admin who may sign in; make or enable another one first")]
    LastAdmin,
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Gives somebody another password, as the operator does who was told in person: they are signed out everywhere, and wait for
/// nothing that was tried with the old one. `hash` is that of the new one.
///
/// # Errors
/// Why not; then the transaction is to be dropped.
pub async fn set_password(
    tx: &mut ScopedConnection,
    (log, who): (AccessLog<'_>, &str),
    email: &str,
    hash: &str,
) -> Result<(), PeopleError> {
    let found = db::users::id_and_role(tx, email).await?;
    let (user_id, _) = found.ok_or(PeopleError::NoSuch)?;
    db::users::set_password(tx, &user_id, hash).await?;
    db::sessions::delete_of_user(tx, &user_id).await?;
    db::devices::forget_device(tx, &user_id, None).await?;
    lock_out::end_waits(tx, email).await?;
    Ok(log.write_act(tx, AccessRecord { who, act: "admin set-password", about: email }).await?)
}

/// Does it, in a transaction of the caller's, with its row in the access log. `role` is that of whoever does it; `None` is
/// the operator, who may do anything.
///
/// # Errors
/// Why not; then the transaction is to be dropped.
pub async fn change_role(
    tx: &mut ScopedConnection,
    (log, who, role): (AccessLog<'_>, &str, Option<UserRole>),
    email: &str,
    act: PersonAct,
) -> Result<(), PeopleError> {
    // Two admins who disable each other at once must not both succeed.
    db::accounts::lock_account(tx).await?;
    let found = db::users::id_and_role(tx, email).await?;
    let (user_id, theirs) = found.ok_or(PeopleError::NoSuch)?;
    let theirs: UserRole = theirs.parse().map_err(|e| DbError::stored("role", e))?;
    if role.is_some_and(|role| !may_act_on(role, theirs)) {
        return Err(PeopleError::SuperAdmin);
    }
    match act {
        PersonAct::SignOut => {}
        PersonAct::Disable => {
            db::users::set_disabled(tx, &user_id, true).await?;
            let admins = [UserRole::AccountAdmin, UserRole::SuperAdmin].map(|role| role.to_string());
            if db::users::count_users(tx, [&admins[0], &admins[1]]).await? == 0 {
                return Err(PeopleError::LastAdmin);
            }
        }
        PersonAct::Enable => drop(db::users::set_disabled(tx, &user_id, false).await?),
    }
    if act != PersonAct::Enable {
        db::sessions::delete_of_user(tx, &user_id).await?;
        db::devices::forget_device(tx, &user_id, None).await?;
    }
    Ok(log.write_act(tx, AccessRecord { who, act: act.word(), about: email }).await?)
}
