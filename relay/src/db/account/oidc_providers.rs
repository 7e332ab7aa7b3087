//! Who signs an account's people in, and for which domains.

use record::ids::AccountId;

use crate::db::{AccountScope, DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordUse {
    Allowed,
    Barred,
}

#[derive(Clone, PartialEq, Eq)]
pub struct ProviderRow {
    account: i64,
    account_id: String,
    pub account_name: String,
    pub provider: String,
    /// entra, okta, google, other.
    pub preset: String,
    pub issuer: String,
    pub client_id: String,
    pub seal_n: i64,
    pub secret: Vec<u8>,
    /// Of people who come in a proven domain and were never here, where no group of theirs says more.
    pub role: String,
    pub claim: String,
    /// A user name in a proven domain is somebody's address.
    pub user_names: bool,
    pub enforced: bool,
    pub metadata: String,
    pub fetched_ms: i64,
}

impl_from_row!(ProviderRow {
    account,
    account_id,
    account_name,
    provider,
    preset,
    issuer,
    client_id,
    seal_n,
    secret,
    role,
    claim,
    user_names,
    enforced,
    metadata,
    fetched_ms
});

impl std::fmt::Debug for ProviderRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProviderRow({} {})", self.preset, self.provider)
    }
}

impl ProviderRow {
    pub fn scope(&self) -> Result<AccountScope, DbError> {
        AccountScope::read(self.account, &self.account_id)
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct NewProvider {
    pub provider: String,
    pub preset: &'static str,
    pub issuer: String,
    pub client_id: String,
    pub seal_n: i64,
    pub secret: Vec<u8>,
    pub role: &'static str,
    pub claim: String,
    pub user_names: bool,
    pub metadata: String,
    pub fetched_ms: i64,
}

const PROVIDER: &str = "SELECT v.account, a.id AS account_id, a.name AS account_name, v.provider, v.preset, v.issuer, v.client_id, \
    v.seal_n, v.secret, v.role, v.claim, v.user_names, v.enforced, v.metadata, v.fetched_ms FROM oidc_providers v JOIN accounts a ON a.account = v.account";

pub async fn list_providers(conn: &mut ScopedConnection) -> Result<Vec<ProviderRow>, DbError> {
    let scope = conn.scope();
    let sql = format!("{PROVIDER} WHERE v.account = $1 ORDER BY v.provider");
    all!(conn, ProviderRow, sqlx::AssertSqlSafe(sql), scope.key())
}

pub async fn find_provider(
    conn: &mut ScopedConnection,
    provider: &str,
) -> Result<Option<ProviderRow>, DbError> {
    let scope = conn.scope();
    let sql = format!("{PROVIDER} WHERE v.account = $1 AND v.provider = $2");
    opt!(conn, ProviderRow, sqlx::AssertSqlSafe(sql), scope.key(), provider.to_owned())
}

pub async fn platform_find(
    conn: &mut PlatformConnection,
    provider: &str,
) -> Result<Option<ProviderRow>, DbError> {
    let sql = format!("{PROVIDER} WHERE v.provider = $1");
    opt!(conn, ProviderRow, sqlx::AssertSqlSafe(sql), provider.to_owned())
}

/// The providers of the account that somebody names who is not signed in.
pub async fn platform_of_account(
    conn: &mut PlatformConnection,
    account: AccountId,
) -> Result<Vec<ProviderRow>, DbError> {
    let sql = format!("{PROVIDER} WHERE a.id = $1 ORDER BY v.provider");
    all!(conn, ProviderRow, sqlx::AssertSqlSafe(sql), account.to_string())
}

/// The provider that signs in whoever has an address in this domain, where somebody proved that it is theirs.
pub async fn platform_of_domain(
    conn: &mut PlatformConnection,
    domain: &str,
) -> Result<Option<ProviderRow>, DbError> {
    let sql = format!(
        "{PROVIDER} JOIN oidc_domains d ON d.account = v.account AND d.provider = v.provider \
         WHERE d.domain = $1 AND d.proven_ms IS NOT NULL"
    );
    opt!(conn, ProviderRow, sqlx::AssertSqlSafe(sql), domain.to_owned())
}

pub async fn insert_provider(
    conn: &mut ScopedConnection,
    new: NewProvider,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO oidc_providers (account, provider, preset, issuer, client_id, seal_n, secret, role, claim, user_names, enforced, \
               metadata, fetched_ms, made_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, FALSE, $11, $12, $13)";
    let NewProvider {
        provider,
        preset,
        issuer,
        client_id,
        seal_n,
        secret,
        role,
        claim,
        user_names,
        metadata,
        fetched_ms,
    } = new;
    let account = scope.key();
    exec!(
        conn, sql, account, provider, preset, issuer, client_id, seal_n, secret, role, claim, user_names,
        metadata, fetched_ms, now_ms
    )
    .map(drop)
}

pub async fn change_provider(conn: &mut ScopedConnection, new: NewProvider) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE oidc_providers SET preset = $1, issuer = $2, client_id = $3, seal_n = $4, secret = $5, role = $6, \
               claim = $7, user_names = $8, metadata = $9, fetched_ms = $10 WHERE account = $11 AND provider = $12";
    let NewProvider {
        provider,
        preset,
        issuer,
        client_id,
        seal_n,
        secret,
        role,
        claim,
        user_names,
        metadata,
        fetched_ms,
    } = new;
    let account = scope.key();
    let changed = exec!(
        conn, sql, preset, issuer, client_id, seal_n, secret, role, claim, user_names, metadata, fetched_ms,
        account, provider
    )?;
    Ok(changed == 1)
}

pub async fn save_metadata(
    conn: &mut ScopedConnection,
    provider: &str,
    metadata: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE oidc_providers SET metadata = $1, fetched_ms = $2 WHERE account = $3 AND provider = $4";
    exec!(conn, sql, metadata.to_owned(), now_ms, scope.key(), provider.to_owned()).map(drop)
}

pub async fn set_password_use(
    conn: &mut ScopedConnection,
    provider: &str,
    passwords: PasswordUse,
) -> Result<bool, DbError> {
    let (scope, enforced) = (conn.scope(), passwords == PasswordUse::Barred);
    let sql =
        "UPDATE oidc_providers SET enforced = $1 WHERE account = $2 AND provider = $3 AND enforced <> $4";
    Ok(exec!(conn, sql, enforced, scope.key(), provider.to_owned(), enforced)? == 1)
}

/// Takes a provider away, with its domains and what was begun with it. Whether it was there.
pub async fn delete_provider(conn: &mut ScopedConnection, provider: &str) -> Result<bool, DbError> {
    let (account, provider) = (conn.scope().key(), provider.to_owned());
    for sql in [
        "DELETE FROM oidc_group_roles WHERE account = $1 AND provider = $2",
        "DELETE FROM oidc_domains WHERE account = $1 AND provider = $2",
        "DELETE FROM oidc_flows WHERE account = $1 AND provider = $2",
    ] {
        exec!(conn, sql, account, provider.clone())?;
    }
    let sql = "DELETE FROM oidc_providers WHERE account = $1 AND provider = $2";
    Ok(exec!(conn, sql, account, provider)? == 1)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainRow {
    pub domain: String,
    pub provider: String,
    pub token: String,
    pub proven_ms: Option<i64>,
}

impl_from_row!(DomainRow { domain, provider, token, proven_ms });

pub async fn list_domains(conn: &mut ScopedConnection) -> Result<Vec<DomainRow>, DbError> {
    let scope = conn.scope();
    let sql =
        "SELECT domain, provider, token, proven_ms FROM oidc_domains WHERE account = $1 ORDER BY domain";
    all!(conn, DomainRow, sql, scope.key())
}

pub async fn insert_domain(
    conn: &mut ScopedConnection,
    provider: &str,
    domain: &str,
    token: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql =
        "INSERT INTO oidc_domains (account, domain, provider, token, made_ms) VALUES ($1, $2, $3, $4, $5)";
    exec!(conn, sql, scope.key(), domain.to_owned(), provider.to_owned(), token.to_owned(), now_ms).map(drop)
}

pub async fn prove_domain(conn: &mut ScopedConnection, domain: &str, now_ms: i64) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql =
        "UPDATE oidc_domains SET proven_ms = $1 WHERE account = $2 AND domain = $3 AND proven_ms IS NULL";
    Ok(exec!(conn, sql, now_ms, scope.key(), domain.to_owned())? == 1)
}

pub async fn delete_domain(
    conn: &mut ScopedConnection,
    provider: &str,
    domain: &str,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "DELETE FROM oidc_domains WHERE account = $1 AND provider = $2 AND domain = $3";
    Ok(exec!(conn, sql, scope.key(), provider.to_owned(), domain.to_owned())? == 1)
}

/// Whether the account's owner has a second factor, with which they come in when no provider lets anybody.
pub async fn platform_owner_has_factor(
    conn: &mut PlatformConnection,
    scope: AccountScope,
) -> Result<bool, DbError> {
    let sql = "SELECT COUNT(*) FROM accounts a JOIN factors x ON x.person = a.owner WHERE a.account = $1";
    Ok(opt!(conn, (i64,), sql, scope.key())?.is_some_and(|(count,)| count > 0))
}
