//! Signed-in browsers.

use record::tree::Hash;

use super::people::{ROLE, ReaderChoice};
use crate::db::PersonNumber;
use crate::db::{
    AccountScope, DbError, PlatformConnection, ReadScope, ScopedConnection, all, exec, impl_from_row, opt,
};

/// Sessions of one person: an older one ends when one more begins.
const SESSIONS_MAX: i64 = 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    account: i64,
    account_id: String,
    person: i64,
    pub user_id: String,
    pub name: String,
    pub email: String,
    /// Their role, as `accounts::UserRole` writes it.
    pub role: String,
    all_facilities: bool,
    pub until_ms: Option<i64>,
    /// Whether the account is theirs.
    pub is_owner: bool,
    pub account_name: String,
    /// What they have chosen, and what the account has.
    locale: Option<String>,
    zone: Option<String>,
    account_locale: Option<String>,
    account_zone: Option<String>,
    pub accent: Option<String>,
    /// SHA-256 of the picture at their head.
    logo: Option<Vec<u8>>,
    /// When they signed in, milliseconds since 1970.
    pub created_ms: i64,
    /// When it was last used, milliseconds since 1970.
    pub used_ms: i64,
    pub reauth_ms: i64,
    /// Whether the account demands a second factor.
    pub demands_factor: bool,
    pub has_factor: bool,
    /// Who signed them in; absent of a password or a link.
    pub provider: Option<String>,
    pub provider_factor: bool,
    /// Whether they ever set a password.
    pub has_password: bool,
    /// Whether the account wants them signed in otherwise than they are.
    pub is_barred: bool,
}

impl_from_row!(SessionRow {
    account,
    account_id,
    person,
    user_id,
    name,
    email,
    role,
    all_facilities,
    until_ms,
    is_owner,
    account_name,
    locale,
    zone,
    account_locale,
    account_zone,
    accent,
    logo,
    created_ms,
    used_ms,
    reauth_ms,
    demands_factor,
    has_factor,
    provider,
    provider_factor,
    has_password,
    is_barred
});

impl SessionRow {
    pub fn scope(&self) -> Result<AccountScope, DbError> {
        AccountScope::read(self.account, &self.account_id)
    }

    pub fn read_scope(&self) -> Result<ReadScope, DbError> {
        let scope = self.scope()?;
        Ok(if self.all_facilities { scope.into() } else { ReadScope::of_member(scope, self.person()) })
    }

    /// SHA-256 of the picture at the head of the account's pages.
    pub fn logo(&self) -> Option<Hash> {
        self.logo.as_ref().and_then(|logo| <[u8; 32]>::try_from(logo.as_slice()).ok()).map(Hash)
    }

    pub fn person(&self) -> PersonNumber {
        PersonNumber::of(self.person)
    }

    pub fn own_choice(&self) -> ReaderChoice {
        ReaderChoice { locale: self.locale.clone(), zone: self.zone.clone() }
    }

    pub fn account_choice(&self) -> ReaderChoice {
        ReaderChoice { locale: self.account_locale.clone(), zone: self.account_zone.clone() }
    }
}

/// Sessions that were begun and last used after these times, milliseconds since 1970, are over at none of their ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionsSince {
    pub begun_ms: i64,
    pub used_ms: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSession<'a> {
    /// SHA-256 of the cookie's secret.
    pub digest: Hash,
    pub person: PersonNumber,
    /// When they signed in, milliseconds since 1970.
    pub created_ms: i64,
    pub reauth_ms: i64,
    pub network: &'a str,
    pub agent: &'a str,
    pub provider: Option<&'a ProviderSignIn>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSignIn {
    pub provider: String,
    pub showed_factor: bool,
    /// When it says that they showed that it is them, milliseconds since 1970; absent where it does not say.
    pub shown_ms: Option<i64>,
}

/// Whether a session `s` of a person `p` may not show the account `a`, because a provider signs people of that domain in. The owner
/// who has a second factor may: with both, they come in when the provider does not let anybody.
const BARRED: &str = "EXISTS (SELECT 1 FROM oidc_providers v \
    JOIN oidc_domains d ON d.account = v.account AND d.provider = v.provider \
    WHERE v.account = s.account AND v.enforced AND d.proven_ms IS NOT NULL AND p.email LIKE '%@' || d.domain \
    AND (s.provider IS NULL OR s.provider <> v.provider)) \
    AND NOT (COALESCE(a.owner = s.person, FALSE) AND EXISTS (SELECT 1 FROM factors x WHERE x.person = s.person))";

/// Keeps a new session; the person's oldest ones in the account beyond a bound end.
pub async fn insert_session(
    conn: &mut ScopedConnection,
    new: &NewSession<'_>,
    now_ms: i64,
) -> Result<(), DbError> {
    let (account, person) = (conn.scope().key(), new.person.key());
    let sql = "INSERT INTO sessions (account, digest, person, created_ms, used_ms, reauth_ms, network, agent, \
               provider, provider_factor) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let (network, agent) = (new.network.to_owned(), new.agent.to_owned());
    let digest = new.digest.0.to_vec();
    let (provider, factor) = (
        new.provider.map(|sign_in| sign_in.provider.clone()),
        new.provider.is_some_and(|sign_in| sign_in.showed_factor),
    );
    let (created_ms, reauth_ms) = (new.created_ms, new.reauth_ms);
    exec!(
        conn, sql, account, digest, person, created_ms, now_ms, reauth_ms, network, agent, provider, factor
    )?;
    let sql = "DELETE FROM sessions WHERE account = $1 AND person = $2 AND digest NOT IN \
               (SELECT digest FROM sessions WHERE account = $3 AND person = $4 \
                ORDER BY created_ms DESC, digest LIMIT $5)";
    exec!(conn, sql, account, person, account, person, SESSIONS_MAX).map(drop)
}

pub async fn platform_find(
    conn: &mut PlatformConnection,
    digest: Hash,
    now_ms: i64,
) -> Result<Option<SessionRow>, DbError> {
    let sql = format!(
        "SELECT s.account, a.id AS account_id, s.person, p.id AS user_id, p.name, p.email, {ROLE} AS role, \
         m.all_facilities, m.until_ms, COALESCE(a.owner = s.person, FALSE) AS is_owner, a.name AS account_name, p.locale, p.zone, a.locale AS account_locale, a.zone AS account_zone, a.accent, a.logo, s.created_ms, \
         s.used_ms, s.reauth_ms, \
         a.second_factor AS demands_factor, EXISTS (SELECT 1 FROM factors x WHERE x.person = s.person) AS has_factor, \
         s.provider, s.provider_factor, {BARRED} AS is_barred, \
         EXISTS (SELECT 1 FROM credentials c WHERE c.person = s.person AND c.password_hash <> '') AS has_password \
         FROM sessions s \
         JOIN people p ON p.person = s.person \
         JOIN members m ON m.account = s.account AND m.person = s.person \
         JOIN accounts a ON a.account = s.account \
         WHERE s.digest = $1 AND p.disabled_ms IS NULL AND m.disabled_ms IS NULL \
         AND (m.until_ms IS NULL OR m.until_ms > $2)"
    );
    opt!(conn, SessionRow, sqlx::AssertSqlSafe(sql), digest.0.to_vec(), now_ms)
}

/// From where and with what a session was begun that is no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedSession {
    pub network: String,
    pub agent: String,
}

impl_from_row!(EndedSession { network, agent });

/// Ends a session, for another one that takes its place. `None`: it was over already.
pub async fn platform_take(
    conn: &mut PlatformConnection,
    digest: Hash,
) -> Result<Option<EndedSession>, DbError> {
    let sql = "DELETE FROM sessions WHERE digest = $1 RETURNING network, agent";
    opt!(conn, EndedSession, sql, digest.0.to_vec())
}

/// A browser as its person's list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// Hex of the beginning of its digest: enough to name it among one's own.
    pub mark: String,
    pub created_ms: i64,
    pub used_ms: i64,
    pub network: String,
    pub agent: String,
}

/// The browsers in which a person is signed in, to whichever account, the one used last first.
pub async fn platform_list(
    conn: &mut PlatformConnection,
    person: PersonNumber,
    since: SessionsSince,
) -> Result<Vec<(Hash, OpenSession)>, DbError> {
    let sql = "SELECT digest, created_ms, used_ms, network, agent FROM sessions WHERE person = $1 AND created_ms > $2 AND used_ms > $3 ORDER BY used_ms DESC, digest";
    let rows = all!(conn, Columns, sql, person.key(), since.begun_ms, since.used_ms)?;
    rows.into_iter().map(read_open).collect()
}

type Columns = (Vec<u8>, i64, i64, String, String);

fn read_open((digest, created_ms, used_ms, network, agent): Columns) -> Result<(Hash, OpenSession), DbError> {
    let digest = <[u8; 32]>::try_from(digest).map_err(|_| DbError::stored("session", "its digest is cut"))?;
    let digest = Hash(digest);
    let mark = digest.to_string()[..16].to_owned();
    Ok((digest, OpenSession { mark, created_ms, used_ms, network, agent }))
}

pub async fn touch_session(conn: &mut ScopedConnection, digest: Hash, now_ms: i64) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE sessions SET used_ms = $1 WHERE account = $2 AND digest = $3";
    exec!(conn, sql, now_ms, scope.key(), digest.0.to_vec()).map(drop)
}

pub async fn mark_confirmed(conn: &mut ScopedConnection, digest: Hash, now_ms: i64) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE sessions SET reauth_ms = $1 WHERE account = $2 AND digest = $3";
    exec!(conn, sql, now_ms, scope.key(), digest.0.to_vec()).map(drop)
}

pub async fn delete_session(conn: &mut ScopedConnection, digest: Hash) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "DELETE FROM sessions WHERE account = $1 AND digest = $2";
    exec!(conn, sql, scope.key(), digest.0.to_vec()).map(drop)
}

pub async fn delete_of_member(conn: &mut ScopedConnection, person: PersonNumber) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "DELETE FROM sessions WHERE account = $1 AND person = $2";
    exec!(conn, sql, scope.key(), person.key()).map(drop)
}

pub async fn delete_of_provider(conn: &mut ScopedConnection, provider: &str) -> Result<u64, DbError> {
    let scope = conn.scope();
    let sql = "DELETE FROM sessions WHERE account = $1 AND provider = $2";
    exec!(conn, sql, scope.key(), provider.to_owned())
}

pub async fn platform_delete_provided(
    conn: &mut PlatformConnection,
    person: PersonNumber,
) -> Result<(), DbError> {
    exec!(conn, "DELETE FROM sessions WHERE person = $1 AND provider IS NOT NULL", person.key()).map(drop)
}

pub async fn platform_delete_of_person(
    conn: &mut PlatformConnection,
    person: PersonNumber,
) -> Result<(), DbError> {
    exec!(conn, "DELETE FROM sessions WHERE person = $1", person.key()).map(drop)
}

/// Ends every session of a person but one, in all accounts.
pub async fn platform_delete_others(
    conn: &mut PlatformConnection,
    person: PersonNumber,
    stays: Hash,
) -> Result<(), DbError> {
    let sql = "DELETE FROM sessions WHERE person = $1 AND digest <> $2";
    exec!(conn, sql, person.key(), stays.0.to_vec()).map(drop)
}

pub async fn platform_delete_all(conn: &mut PlatformConnection) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM sessions")
}

/// Ends sessions of every account that were begun or last used before these times.
pub async fn platform_delete_ended(
    conn: &mut PlatformConnection,
    begun_ms: i64,
    used_ms: i64,
) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM sessions WHERE created_ms < $1 OR used_ms < $2", begun_ms, used_ms)
}
