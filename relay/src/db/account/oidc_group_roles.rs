//! What people become whom a provider says to be in a group.

use crate::db::{DbError, ScopedConnection, all, exec, impl_from_row, opt};

/// What a value of a provider's claim makes of somebody who comes for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRoleRow {
    pub provider: String,
    pub value: String,
    /// As `accounts::UserRole` writes it.
    pub role: String,
    /// As `accounts::oidc::groups` writes it.
    pub place: String,
}

impl_from_row!(GroupRoleRow { provider, value, role, place });

pub async fn list_group_roles(conn: &mut ScopedConnection) -> Result<Vec<GroupRoleRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT provider, value, role, place FROM oidc_group_roles WHERE account = $1 \
               ORDER BY provider, value, role, place";
    all!(conn, GroupRoleRow, sql, scope.key())
}

pub async fn list_of_provider(
    conn: &mut ScopedConnection,
    provider: &str,
) -> Result<Vec<GroupRoleRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT provider, value, role, place FROM oidc_group_roles WHERE account = $1 AND provider = $2 \
               ORDER BY value, role, place";
    all!(conn, GroupRoleRow, sql, scope.key(), provider.to_owned())
}

pub async fn has_group_roles(conn: &mut ScopedConnection, provider: &str) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "SELECT COUNT(*) FROM oidc_group_roles WHERE account = $1 AND provider = $2";
    Ok(opt!(conn, (i64,), sql, scope.key(), provider.to_owned())?.is_some_and(|(count,)| count > 0))
}

pub async fn insert_group_role(conn: &mut ScopedConnection, new: GroupRoleRow) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO oidc_group_roles (account, provider, value, role, place) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT DO NOTHING";
    let GroupRoleRow { provider, value, role, place } = new;
    Ok(exec!(conn, sql, scope.key(), provider, value, role, place)? == 1)
}

pub async fn delete_group_role(conn: &mut ScopedConnection, old: GroupRoleRow) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "DELETE FROM oidc_group_roles WHERE account = $1 AND provider = $2 AND value = $3 AND role = $4 \
               AND place = $5";
    let GroupRoleRow { provider, value, role, place } = old;
    Ok(exec!(conn, sql, scope.key(), provider, value, role, place)? == 1)
}
