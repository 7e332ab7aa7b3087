//! People who sign in, of any number of accounts, and what proves that it is them.

use record::ids::UserId;

use crate::db::PersonNumber;
use crate::db::{DbError, PlatformConnection, ScopedConnection, exec, impl_from_row, opt};

/// Whoever runs the platform is its admin in the accounts whose admin they are, and only there.
pub(in crate::db) const ROLE: &str = "CASE WHEN p.platform_role = 'super_admin' AND m.role = 'account_admin' THEN 'super_admin' ELSE m.role END";

pub async fn platform_old_hash(conn: &mut PlatformConnection) -> Result<Option<String>, DbError> {
    let sql = "SELECT password_hash FROM credentials WHERE password_hash LIKE 'pbkdf2%' LIMIT 1";
    Ok(opt!(conn, (String,), sql)?.map(|(hash,)| hash))
}

/// In which locale, by its tag, and zone, by its name, a person or an account reads; what they chose none of is found elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReaderChoice {
    pub locale: Option<String>,
    pub zone: Option<String>,
}

pub async fn platform_save_choice(
    conn: &mut PlatformConnection,
    person: PersonNumber,
    choice: &ReaderChoice,
) -> Result<(), DbError> {
    let ReaderChoice { locale, zone } = choice.clone();
    exec!(conn, "UPDATE people SET locale = $1, zone = $2 WHERE person = $3", locale, zone, person.key())
        .map(drop)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson<'a> {
    pub id: UserId,
    pub email: &'a str,
    pub name: &'a str,
    /// Since when it is known that mail reaches them there, milliseconds since 1970.
    pub verified_ms: Option<i64>,
    /// `super_admin` of whoever runs the platform.
    pub platform_role: Option<&'a str>,
    /// PHC string of argon2id.
    pub password_hash: &'a str,
}

#[derive(Clone, PartialEq, Eq)]
pub struct PersonCredentials {
    person: i64,
    pub id: String,
    pub name: String,
    /// PHC string of argon2id.
    pub password_hash: String,
}

impl_from_row!(PersonCredentials { person, id, name, password_hash });

impl PersonCredentials {
    pub fn person(&self) -> PersonNumber {
        PersonNumber::of(self.person)
    }
}

impl std::fmt::Debug for PersonCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PersonCredentials({})", self.id)
    }
}

pub async fn platform_insert(
    conn: &mut PlatformConnection,
    new: &NewPerson<'_>,
    now_ms: i64,
) -> Result<PersonNumber, DbError> {
    let sql = "INSERT INTO people (id, email, verified_ms, name, platform_role, created_ms) \
               VALUES ($1, $2, $3, $4, $5, $6) RETURNING person";
    let (email, name) = (new.email.to_owned(), new.name.to_owned());
    let role = new.platform_role.map(str::to_owned);
    let row = opt!(conn, (i64,), sql, new.id.to_string(), email, new.verified_ms, name, role, now_ms)?;
    let (number,) = row.ok_or_else(|| DbError::stored("person", "they got no number"))?;
    platform_set_password(conn, PersonNumber::of(number), new.password_hash, now_ms).await?;
    Ok(PersonNumber::of(number))
}

/// The person with this e-mail address, in lower case, who may sign in.
pub async fn platform_by_email(
    conn: &mut PlatformConnection,
    email: &str,
) -> Result<Option<PersonCredentials>, DbError> {
    let sql = "SELECT p.person, p.id, p.name, c.password_hash FROM people p JOIN credentials c ON c.person = p.person \
               WHERE p.email = $1 AND p.disabled_ms IS NULL";
    opt!(conn, PersonCredentials, sql, email.to_owned())
}

pub async fn platform_numbered(
    conn: &mut PlatformConnection,
    person: PersonNumber,
) -> Result<Option<PersonCredentials>, DbError> {
    let sql = "SELECT p.person, p.id, p.name, c.password_hash FROM people p JOIN credentials c ON c.person = p.person \
               WHERE p.person = $1 AND p.disabled_ms IS NULL";
    opt!(conn, PersonCredentials, sql, person.key())
}

/// The number of whoever has this e-mail address, in lower case, whether they may sign in or not.
pub async fn platform_find(
    conn: &mut PlatformConnection,
    email: &str,
) -> Result<Option<PersonNumber>, DbError> {
    let row = opt!(conn, (i64,), "SELECT person FROM people WHERE email = $1", email.to_owned())?;
    Ok(row.map(|(number,)| PersonNumber::of(number)))
}

/// The e-mail address of a person who may sign in.
pub async fn platform_email(
    conn: &mut PlatformConnection,
    person: PersonNumber,
) -> Result<Option<String>, DbError> {
    let sql = "SELECT email FROM people WHERE person = $1 AND disabled_ms IS NULL";
    Ok(opt!(conn, (String,), sql, person.key())?.map(|(email,)| email))
}

pub async fn platform_set_password(
    conn: &mut PlatformConnection,
    person: PersonNumber,
    hash: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO credentials (person, password_hash, set_ms) VALUES ($1, $2, $3) \
               ON CONFLICT (person) DO UPDATE SET password_hash = excluded.password_hash, set_ms = excluded.set_ms";
    exec!(conn, sql, person.key(), hash.to_owned(), now_ms).map(drop)
}

pub async fn platform_renew_hash(
    conn: &mut PlatformConnection,
    read: &PersonCredentials,
    hash: &str,
) -> Result<(), DbError> {
    let sql = "UPDATE credentials SET password_hash = $1 WHERE person = $2 AND password_hash = $3";
    exec!(conn, sql, hash.to_owned(), read.person, read.password_hash.clone()).map(drop)
}

/// Whether it is known that mail to their address reaches a person.
pub async fn platform_is_verified(
    conn: &mut PlatformConnection,
    person: PersonNumber,
) -> Result<bool, DbError> {
    let sql = "SELECT verified_ms FROM people WHERE person = $1 AND verified_ms IS NOT NULL";
    Ok(opt!(conn, (i64,), sql, person.key())?.is_some())
}

pub async fn platform_verify(
    conn: &mut PlatformConnection,
    person: PersonNumber,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "UPDATE people SET verified_ms = $1 WHERE person = $2 AND verified_ms IS NULL";
    exec!(conn, sql, now_ms, person.key()).map(drop)
}

pub async fn mark_signed_in(
    conn: &mut ScopedConnection,
    person: PersonNumber,
    now_ms: i64,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE members SET seen_ms = $1 WHERE account = $2 AND person = $3 AND disabled_ms IS NULL \
               AND (until_ms IS NULL OR until_ms > $4)";
    if exec!(conn, sql, now_ms, scope.key(), person.key(), now_ms)? == 0 {
        return Ok(false);
    }
    let sql = "UPDATE people SET signed_in_ms = $1 WHERE person = $2 AND disabled_ms IS NULL";
    Ok(exec!(conn, sql, now_ms, person.key())? > 0)
}
