//! What is written down of a person in the access log of each account of theirs, for it opens all of them.

use super::access_log::{AccessLog, AccessRecord};
use crate::db::PersonNumber;
use crate::db::person::members;
use crate::db::{AccountScope, DbError, PlatformConnection, ScopedConnection};
use crate::mail::MailOutbox;

/// What notifying people needs where nobody is signed in.
#[derive(Debug, Clone, Copy)]
pub struct SafetyNotices<'a> {
    pub log: AccessLog<'a>,
    pub mail: &'a MailOutbox,
    pub public_url: &'a str,
}

/// The accounts that a person may come into, in an order that is the same for everybody who writes in all of them.
pub(in crate::accounts) async fn list_scopes(
    tx: &mut PlatformConnection,
    person: PersonNumber,
    now_ms: i64,
) -> Result<Vec<AccountScope>, DbError> {
    let rows = members::platform_of_person(tx, person, now_ms).await?;
    let mut scopes = rows.iter().map(members::MembershipRow::scope).collect::<Result<Vec<_>, _>>()?;
    scopes.sort_by_key(|scope| scope.key());
    Ok(scopes)
}

impl AccessLog<'_> {
    /// An act, in its transaction, in the log of each of these accounts.
    pub(in crate::accounts) async fn write_in_each(
        &self,
        mut tx: ScopedConnection,
        scopes: &[AccountScope],
        record: AccessRecord<'_>,
    ) -> Result<ScopedConnection, DbError> {
        for scope in scopes {
            tx = tx.enter_next(*scope).await?;
            self.write_act(&mut tx, record).await?;
        }
        Ok(tx)
    }
}
