//! Who is of an account, in which role, and which facilities they see.

use std::collections::BTreeMap;

use super::people::ROLE;
use super::sessions::SessionsSince;
use crate::db::PersonNumber;
use crate::db::{AccountScope, DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

/// Somebody who comes into an account, or what they are from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberTerms {
    /// As `accounts::UserRole` writes it; never `super_admin`, which is no account's to give.
    pub role: String,
    /// Ids of facilities and regions; `None`: all there are and will be.
    pub places: Option<Vec<String>>,
    /// When it ends, milliseconds since 1970.
    pub until_ms: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    person: i64,
    pub user_id: String,
    pub email: String,
    pub name: String,
    /// As `accounts::UserRole` writes it.
    pub role: String,
    /// Whether they may not come into this account.
    pub disabled: bool,
    pub all_facilities: bool,
    /// Whether the account is theirs.
    pub is_owner: bool,
    /// When they came into the account, milliseconds since 1970.
    pub created_ms: i64,
    pub until_ms: Option<i64>,
    pub signed_in_ms: Option<i64>,
    pub sessions: i64,
}

impl_from_row!(MemberRow {
    person,
    user_id,
    email,
    name,
    role,
    disabled,
    all_facilities,
    is_owner,
    created_ms,
    until_ms,
    signed_in_ms,
    sessions
});

impl MemberRow {
    pub fn person(&self) -> PersonNumber {
        PersonNumber::of(self.person)
    }
}

/// Sessions count that were begun and last used after these times.
const MEMBER: &str = "SELECT p.person, p.id AS user_id, p.email, p.name, @ROLE@ AS role, \
    (m.disabled_ms IS NOT NULL) AS disabled, m.all_facilities, \
    EXISTS (SELECT 1 FROM accounts a WHERE a.account = m.account AND a.owner = m.person) AS is_owner, \
    m.since_ms AS created_ms, m.until_ms, m.seen_ms AS signed_in_ms, \
    (SELECT COUNT(*) FROM sessions s WHERE s.account = m.account AND s.person = m.person \
     AND s.created_ms > $1 AND s.used_ms > $2) AS sessions \
    FROM members m JOIN people p ON p.person = m.person";

/// Everybody of the account, those who may sign in first, then by name.
pub async fn list_members(
    conn: &mut ScopedConnection,
    since: SessionsSince,
) -> Result<Vec<MemberRow>, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "{} WHERE m.account = $3 ORDER BY m.disabled_ms IS NOT NULL, p.name, p.id",
        MEMBER.replace("@ROLE@", ROLE)
    );
    all!(conn, MemberRow, sqlx::AssertSqlSafe(sql), since.begun_ms, since.used_ms, scope.key())
}

pub async fn find_member(
    conn: &mut ScopedConnection,
    user_id: &str,
    since: SessionsSince,
) -> Result<Option<MemberRow>, DbError> {
    let scope = conn.scope();
    let sql = format!("{} WHERE m.account = $3 AND p.id = $4", MEMBER.replace("@ROLE@", ROLE));
    opt!(
        conn,
        MemberRow,
        sqlx::AssertSqlSafe(sql),
        since.begun_ms,
        since.used_ms,
        scope.key(),
        user_id.to_owned()
    )
}

/// One member of the account, by e-mail address in lower case.
pub async fn find_by_email(conn: &mut ScopedConnection, email: &str) -> Result<Option<MemberRow>, DbError> {
    let scope = conn.scope();
    let sql = format!("{} WHERE m.account = $3 AND p.email = $4", MEMBER.replace("@ROLE@", ROLE));
    opt!(conn, MemberRow, sqlx::AssertSqlSafe(sql), 0, 0, scope.key(), email.to_owned())
}

/// The facilities and regions that a member sees, by id, where they do not see all.
pub async fn list_places(conn: &mut ScopedConnection, person: PersonNumber) -> Result<Vec<String>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT place FROM member_places WHERE account = $1 AND person = $2 ORDER BY place";
    let rows = all!(conn, (String,), sql, scope.key(), person.key())?;
    Ok(rows.into_iter().map(|(place,)| place).collect())
}

pub async fn all_places(conn: &mut ScopedConnection) -> Result<BTreeMap<PersonNumber, Vec<String>>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT person, place FROM member_places WHERE account = $1 ORDER BY person, place";
    let mut places: BTreeMap<PersonNumber, Vec<String>> = BTreeMap::new();
    for (person, place) in all!(conn, (i64, String), sql, scope.key())? {
        places.entry(PersonNumber::of(person)).or_default().push(place);
    }
    Ok(places)
}

pub async fn insert_member(
    conn: &mut ScopedConnection,
    person: PersonNumber,
    terms: &MemberTerms,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO members (account, person, role, all_facilities, since_ms, until_ms) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    let (role, all_facilities) = (terms.role.clone(), terms.places.is_none());
    exec!(conn, sql, scope.key(), person.key(), role, all_facilities, now_ms, terms.until_ms)?;
    save_places(conn, person, terms).await
}

pub async fn change_member(
    conn: &mut ScopedConnection,
    person: PersonNumber,
    terms: &MemberTerms,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql =
        "UPDATE members SET role = $1, all_facilities = $2, until_ms = $3 WHERE account = $4 AND person = $5";
    let (role, all_facilities) = (terms.role.clone(), terms.places.is_none());
    if exec!(conn, sql, role, all_facilities, terms.until_ms, scope.key(), person.key())? == 0 {
        return Ok(false);
    }
    save_places(conn, person, terms).await?;
    Ok(true)
}

async fn save_places(
    conn: &mut ScopedConnection,
    person: PersonNumber,
    terms: &MemberTerms,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "DELETE FROM member_places WHERE account = $1 AND person = $2";
    exec!(conn, sql, scope.key(), person.key())?;
    for place in terms.places.iter().flatten() {
        let sql =
            "INSERT INTO member_places (account, person, place) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        exec!(conn, sql, scope.key(), person.key(), place.clone())?;
    }
    Ok(())
}

/// How many may come into the account and administer it.
pub async fn count_admins(conn: &mut ScopedConnection) -> Result<i64, DbError> {
    let scope = conn.scope();
    let sql = "SELECT COUNT(*) FROM members m JOIN people p ON p.person = m.person WHERE m.account = $1 \
               AND m.role = 'account_admin' AND m.until_ms IS NULL AND m.disabled_ms IS NULL AND p.disabled_ms IS NULL";
    Ok(opt!(conn, (i64,), sql, scope.key())?.map_or(0, |(count,)| count))
}

/// Keeps a member out since a time, or lets them in (`None`). Whether that was news.
pub async fn set_disabled(
    conn: &mut ScopedConnection,
    person: PersonNumber,
    since_ms: Option<i64>,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE members SET disabled_ms = $1 WHERE account = $2 AND person = $3 \
               AND (disabled_ms IS NULL) <> $4";
    Ok(exec!(conn, sql, since_ms, scope.key(), person.key(), since_ms.is_none())? > 0)
}

pub async fn mark_signed_out(
    conn: &mut ScopedConnection,
    person: PersonNumber,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE members SET signed_out_ms = $1 WHERE account = $2 AND person = $3";
    exec!(conn, sql, now_ms, scope.key(), person.key()).map(drop)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipRow {
    account: i64,
    account_id: String,
    pub account_name: String,
    /// As `accounts::UserRole` writes it.
    pub role: String,
    pub seen_ms: Option<i64>,
    pub signed_out_ms: Option<i64>,
}

impl_from_row!(MembershipRow { account, account_id, account_name, role, seen_ms, signed_out_ms });

impl MembershipRow {
    pub fn scope(&self) -> Result<AccountScope, DbError> {
        AccountScope::read(self.account, &self.account_id)
    }
}

/// The accounts that a person may come into, the one they were in last first.
pub async fn platform_of_person(
    conn: &mut PlatformConnection,
    person: PersonNumber,
    now_ms: i64,
) -> Result<Vec<MembershipRow>, DbError> {
    let sql = format!(
        "SELECT m.account, a.id AS account_id, a.name AS account_name, {ROLE} AS role, m.seen_ms, m.signed_out_ms FROM members m \
         JOIN people p ON p.person = m.person JOIN accounts a ON a.account = m.account \
         WHERE m.person = $1 AND m.disabled_ms IS NULL AND p.disabled_ms IS NULL \
         AND (m.until_ms IS NULL OR m.until_ms > $2) ORDER BY COALESCE(m.seen_ms, 0) DESC, m.account"
    );
    all!(conn, MembershipRow, sqlx::AssertSqlSafe(sql), person.key(), now_ms)
}
